"""What looks odd about a claim, as facts: each flag says what was seen and from where on it is odd. None accuses anybody.

A flag carries figures and no sentence: whoever shows it says them in the reader's language (`views/flags.py`), and a fact
never needs to be translated.
Words and counts that come again are no flag: crews answer from forms, and "cleared, 2 bags" is true of many a morning.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bihuan.loop.case import Case, Task
from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import CaseReported, CaseSeconded, Fact, Figures, Proof, TaskClaimed
from bihuan.model.positions import metres_between
from bihuan.pack.rules import Rules
from bihuan.pack.schema import CaseType, OddHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Why a claim is flagged, and the facts besides the claim that it follows from."""

    flag: str
    figures: Figures
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

    def odd(self, unit: str, at: int, rule: OddHours) -> Figures | None:
        """What makes a moment odd for a unit; nothing where it is not, or too little is known of the unit."""
        habit = self._habits.get(unit)
        if habit is None or habit.claims < rule.least:
            return None
        hour, off = self._when(at)
        day = habit.off if off else habit.claims - habit.off
        around = sum(habit.hours[each] for each in {(hour + step) % 24 for step in range(-rule.near, rule.near + 1)})
        least = rule.share * habit.claims
        if around < least:
            return Figures(seen=float(around), limit=rule.share, claims=habit.claims, near=rule.near)
        if day < least:
            return Figures(seen=float(day), limit=rule.share, claims=habit.claims, off=off)
        return None


def flags(memory: Memory, rules: Rules, case: Case, task: Task, fact: Fact, body: TaskClaimed) -> Iterator[Flag]:
    """Everything odd about a claim that was just made; the thresholds are those of the type of the case."""
    kind = rules.cases[case.type]
    if body.after_signing < kind.sham and not task.sent_back:
        yield Flag(flag="claimed-at-once", figures=Figures(seen=float(body.after_signing), limit=float(kind.sham)))
    if body.proof == Proof():
        yield Flag(flag="no-proof", figures=Figures())
    if body.proof.photo and (first := memory.shown_before(body.proof.photo, fact.id)):
        yield Flag(flag="same-photo", figures=Figures(shown=first[1]), because=(first[0],))
    if away := _away(rules, kind, case, body.proof):
        yield Flag(flag="far-away", figures=away)
    if kind.odd_hours and (odd := _odd(memory, kind.odd_hours, task, body.unit, fact.at)):
        yield Flag(flag="odd-hours", figures=odd)


def _away(rules: Rules, kind: CaseType, case: Case, proof: Proof) -> Figures | None:
    """How far the proof was taken from where the case was reported, else from its thing or place, where that is too far."""
    known = case.place in rules.things or case.place in rules.places  # new packs may have dropped it
    spot = case.position or (rules.position(case.place) if known else None)
    if not kind.proof_metres or spot is None or proof.lon is None or proof.lat is None:
        return None
    metres = metres_between(spot, (proof.lon, proof.lat))
    return Figures(seen=float(round(metres)), limit=float(kind.proof_metres)) if metres > kind.proof_metres else None


def _odd(memory: Memory, rule: OddHours, task: Task, unit: str, at: int) -> Figures | None:
    """Whoever was sent out at an odd hour may report at one: trouble keeps no hours."""
    called = task.sent_back_at or task.sent_at
    return None if memory.odd(unit, called, rule) else memory.odd(unit, at, rule)
