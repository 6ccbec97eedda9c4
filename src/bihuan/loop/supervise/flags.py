"""What looks odd about a claim, as facts: each flag says what was seen and from where on it is odd. None accuses anybody.

Words and counts that come again are no flag: crews answer from forms, and "cleared, 2 bags" is true of many a morning.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bihuan.loop.casebook import Case, Task
from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import CaseReported, CaseSeconded, Fact, Proof, TaskClaimed
from bihuan.model.positions import metres_between
from bihuan.model.times import span_text
from bihuan.pack.rules import Rules
from bihuan.pack.schema import CaseType, OddHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Why a claim is flagged, and the facts besides the claim that it follows from."""

    flag: str
    detail: str
    because: tuple[str, ...] = ()


@dataclass(slots=True)
class Habit:
    """When a unit reported work done: by hour of the day, and on days off (holidays too, make-up days not)."""

    claims: int = 0
    off: int = 0
    hours: list[int] = field(default_factory=lambda: [0] * 24)


class Memory(Hearer):
    """What claims are held against: photos shown before, and when each unit is used to report work done.

    Hour and kind of day are learned apart: together, most hours of a week would be new to an honest unit for months.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._photos: dict[str, tuple[str, str]] = {}
        """Photo -> the fact that brought it first, and the task or case it was brought for."""
        self._habits: dict[str, Habit] = {}
        self._fresh: list[tuple[str, int]] = []
        self._fresh_at = 0

    @hears(TaskClaimed)
    def _claim(self, fact: Fact, body: TaskClaimed) -> None:
        self._take_hour(body.unit, fact.at)
        self._see(body.proof.photo, fact.id, body.task)

    @hears(CaseReported, CaseSeconded)
    def _report(self, fact: Fact, body: CaseReported | CaseSeconded) -> None:
        self._see(body.photo, fact.id, body.case)

    def _see(self, photo: str, fact: str, of: str) -> None:
        if photo:
            self._photos.setdefault(photo, (fact, of))

    def _take_hour(self, unit: str, at: int) -> None:
        """Claims of the same moment do not teach each other: which comes first is no evidence."""
        if at != self._fresh_at:
            for other, when in self._fresh:
                hour, off = self._when(when)
                habit = self._habits.setdefault(other, Habit())
                habit.hours[hour] += 1
                habit.off += off
                habit.claims += 1
            self._fresh, self._fresh_at = [], at
        self._fresh.append((unit, at))

    def _when(self, at: int) -> tuple[int, bool]:
        """The hour of the day, and whether it is a day off."""
        moment = datetime.fromtimestamp(at / 1000, self._rules.zone)
        return moment.hour, not self._rules.working.works(moment.date())

    def shown_before(self, photo: str, fact: str) -> tuple[str, str] | None:
        """The fact that brought a photo before this one did, and for what."""
        first = self._photos.get(photo)
        return first if first is not None and first[0] != fact else None

    def odd(self, unit: str, at: int, rule: OddHours) -> str:
        """What makes a moment odd for a unit; empty where it is not, or too little is known of the unit."""
        habit = self._habits.get(unit)
        if habit is None or habit.claims < rule.least:
            return ""
        hour, off = self._when(at)
        day = habit.off if off else habit.claims - habit.off
        near = sum(habit.hours[each] for each in {(hour + step) % 24 for step in range(-rule.near, rule.near + 1)})
        for seen, what in ((near, f"within {rule.near} h of this hour"), (day, f"on {'days off' if off else 'working days'}")):
            if seen < rule.share * habit.claims:
                return f"{seen} of the unit's {habit.claims} earlier claims were {what}; fewer than {rule.share:.1%} is flagged"
        return ""


def flags(memory: Memory, rules: Rules, case: Case, task: Task, fact: Fact, body: TaskClaimed) -> Iterator[Flag]:
    """Everything odd about a claim that was just made; the thresholds are those of the type of the case."""
    kind = rules.cases[case.type]
    if body.after_signing < kind.sham and not task.sent_back:
        detail = f"claimed {span_text(body.after_signing)} after signing; less than {span_text(kind.sham)} is flagged"
        yield Flag(flag="claimed-at-once", detail=detail)
    if body.proof == Proof():
        yield Flag(flag="no-proof", detail="claimed without any proof")
    if body.proof.photo and (first := memory.shown_before(body.proof.photo, fact.id)):
        yield Flag(flag="same-photo", detail=f"the photo was shown before, for {first[1]}", because=(first[0],))
    if away := _away(rules, kind, case, body.proof):
        yield Flag(flag="far-away", detail=away)
    if kind.odd_hours and (odd := _odd(memory, kind.odd_hours, task, body.unit, fact.at)):
        yield Flag(flag="odd-hours", detail=odd)


def _away(rules: Rules, kind: CaseType, case: Case, proof: Proof) -> str:
    """How far the proof was taken from where the case was reported, else from its thing or place, where that is too far."""
    known = case.place in rules.things or case.place in rules.places  # new packs may have dropped it
    spot = case.position or (rules.position(case.place) if known else None)
    if not kind.proof_metres or spot is None or proof.lon is None or proof.lat is None:
        return ""
    metres = metres_between(spot, (proof.lon, proof.lat))
    if metres <= kind.proof_metres:
        return ""
    return f"the proof was taken {metres:.0f} m from the place of the case; more than {kind.proof_metres:g} m is flagged"


def _odd(memory: Memory, rule: OddHours, task: Task, unit: str, at: int) -> str:
    """Whoever was sent out at an odd hour may report at one: trouble keeps no hours."""
    called = task.sent_back_at or task.sent_at
    return "" if memory.odd(unit, called, rule) else memory.odd(unit, at, rule)
