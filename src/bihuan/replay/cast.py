"""The cast: simulated posts that sign, arrive, work, send proof and verify. Seeded: one seed, one storm, one journal.

They are ordinary people: most are quick, some sign late, a few never do until somebody above asks, one in a hundred claims
without having worked, and inspectors find that out on the spot. What they do does not depend on the wall clock.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bihuan.model.commands import Command
from bihuan.model.facts import (
    CaseOpened,
    CaseReopened,
    CaseReported,
    CheckAsked,
    Fact,
    PlanProposed,
    Proof,
    ProposalOverdue,
    ResponseSeconded,
    TaskArrived,
    TaskEscalated,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    WarningCleared,
    WarningRaised,
)
from bihuan.model.times import MINUTE, SECOND
from bihuan.pack.rules import Rules

SHAM_EVERY = 120
"""About one task in so many is claimed without work; the third guard of the storm always is, so that every seed shows one."""

SAID = {
    "register": "情况属实，予以立案",
    "sign": "收到",
    "arrive": "已到达现场",
    "claim": "已按要求完成，现场情况正常",
    "verify": "现场核查属实",
    "send-back": "现场未见处置痕迹，请重新办理",
    "declare": "同意启动",
}


@dataclass(kw_only=True)
class Part:
    """How one task will go, drawn once when it is sent."""

    sent: TaskSent
    sham: bool
    sign_after: int
    work_share: float
    passes: bool
    tries: int = 0


@dataclass(order=True, slots=True)
class Cue:
    at: int
    order: int
    does: str = field(compare=False)
    target: str = field(compare=False)
    actor: str = field(compare=False)


class Cast:
    def __init__(self, rules: Rules, seed: int) -> None:
        self.rules = rules
        self.seed = seed
        self.played_by_people: set[str] = set()
        """Units a real person sits at: the cast leaves their tasks alone."""
        self._cues: list[Cue] = []
        self._order = 0
        self._parts: dict[str, Part] = {}
        self._warning: dict[str, str] = {}
        self._types: dict[str, str] = {}
        """Reported case -> its type."""
        self._on: set[str] = set()
        self._guards = 0

    def hear(self, facts: Sequence[Fact]) -> None:
        """Learn what happened and decide what to do about it, and when."""
        for fact in facts:
            now = fact.recorded_at
            match fact.body:
                case WarningRaised() as body:
                    self._on.add(body.warning)
                case WarningCleared() as body:
                    self._on.discard(body.warning)
                case CaseOpened() | CaseReopened() as body:
                    self._warning[body.case] = body.warning
                case CaseReported() as body:
                    share = self._draw("register", body.case).uniform(0.1, 0.6)
                    self._types[body.case] = body.case_type
                    self._cue(now + int(share * (body.register_by - now)), "register", body.case, f"checker@{body.unit}")
                case PlanProposed() as body:
                    quick = self._draw("answer", body.proposal).random() < 0.9
                    share = self._draw("answer-share", body.proposal).uniform(0.1, 0.6) if quick else 3.0
                    self._cue(now + int(share * (body.answer_by - now)), "declare", body.proposal, f"duty@{body.unit}")
                case ResponseSeconded() as body:
                    self._cue(now + MINUTE, "declare", body.proposal, self._other_post(body.unit))
                case ProposalOverdue() as body:
                    self._cue(now + 2 * MINUTE, "declare", body.proposal, f"duty@{body.to}")
                case TaskSent() as body:
                    self._get_task(now, body)
                case TaskEscalated(clock="sign") as body if not self._parts[body.task].sent.form:
                    self._cue(now + 3 * MINUTE, "sign", body.task, self._post(body.unit))
                case TaskSigned() as body if not self._parts[body.task].sent.form:  # a call is answered with that
                    self._after_signing(now, self._parts[body.task])
                case TaskArrived() as body:
                    self._work(now, self._parts[body.task])
                case CheckAsked() as body:
                    share = self._draw("check", f"{body.task}/{self._parts[body.task].tries}").uniform(0.15, 0.7)
                    self._cue(now + int(share * (body.due - now)), "check", body.task, f"checker@{body.unit}")
                case TaskSentBack() as body:
                    self._redo(now, self._parts[body.task])
                case _:
                    pass

    def next_at(self) -> int | None:
        return self._cues[0].at if self._cues else None

    def take(self, now: int) -> list[Command]:
        """What the cast does up to `now`."""
        out = []
        while self._cues and self._cues[0].at <= now:
            cue = heapq.heappop(self._cues)
            if cue.actor.partition("@")[2] not in self.played_by_people and (command := self._act(cue, now)):
                out.append(command)
        return out

    # how a task goes

    def _get_task(self, now: int, sent: TaskSent) -> None:
        draw = self._draw("task", sent.task)
        if sent.step == "guard":
            self._guards += 1
        sham = (sent.step == "guard" and self._guards == 3) or draw.randrange(SHAM_EVERY) == 0
        span = sent.sign_by - now
        luck = draw.random()
        share = draw.uniform(0.08, 0.7) if luck < 0.88 else draw.uniform(1.05, 1.7)
        self._parts[sent.task] = Part(
            sent=sent,
            sham=sham,
            sign_after=int(share * span),
            work_share=draw.uniform(0.25, 0.75) if luck < 0.95 else draw.uniform(0.9, 1.25),
            passes=not sham and draw.random() < 0.97,
        )
        if luck < 0.985:
            self._cue(now + self._parts[sent.task].sign_after, "sign", sent.task, self._post(sent.unit))

    def _after_signing(self, now: int, part: Part) -> None:
        sent = part.sent
        if part.sham:
            self._cue(now + 9 * SECOND, "arrive" if sent.arrive_by is not None else "claim", sent.task, self._post(sent.unit))
        elif sent.arrive_by is not None:
            span = max(sent.arrive_by - now, MINUTE)
            self._cue(now + int(span * part.work_share), "arrive", sent.task, self._post(sent.unit))
        else:
            self._work(now, part)

    def _work(self, now: int, part: Part) -> None:
        took = 11 * SECOND if part.sham else int(max(part.sent.done_by - now, 10 * MINUTE) * part.work_share)
        self._cue(now + took, "claim", part.sent.task, self._post(part.sent.unit))

    def _redo(self, now: int, part: Part) -> None:
        """Sent back by the check: this time the work is done."""
        part.sham, part.passes = False, True
        part.tries += 1
        self._cue(now + int((part.sent.done_by - part.sent.sign_by) * 0.4), "claim", part.sent.task, self._post(part.sent.unit))

    def _act(self, cue: Cue, now: int) -> Command | None:
        part = self._parts.get(cue.target)
        tries = part.tries if part else 0
        does = cue.does
        if does == "claim" and part is not None and not part.sham and self._still_wet(part):
            self._cue(now + 10 * MINUTE, "claim", cue.target, cue.actor)
            return None
        if does == "check":
            assert part is not None
            does = "verify" if part.passes else "send-back"
        proof = self._proof(part) if does == "claim" and part else None
        openings = self.rules.cases[self._types[cue.target]].openings if does == "register" else ()
        choice = openings[0].id if openings else ""
        key = f"cast/{self.seed}/{cue.target}/{does}/{tries}/{cue.order}"
        return Command(key=key, actor=cue.actor, does=does, target=cue.target, text=SAID[does], proof=proof, choice=choice)

    def _still_wet(self, part: Part) -> bool:
        """At a flooded point nobody says done while the water stands."""
        on = self._warning.get(part.sent.case, "") in self._on
        return on and part.sent.place in self.rules.things and self.rules.things[part.sent.place].kind == "low-point"

    def _proof(self, part: Part) -> Proof:
        wants = part.sent.proof
        spot = self.rules.things.get(part.sent.place) or self.rules.place_of(part.sent.place)
        draw = self._draw("proof", part.sent.task)
        return Proof(
            text=SAID["claim"] if "text" in wants else "",
            count=float(draw.randrange(1, 40)) if "count" in wants else None,
            lon=round(spot.lon + draw.uniform(-0.001, 0.001), 5) if "position" in wants else None,
            lat=round(spot.lat + draw.uniform(-0.001, 0.001), 5) if "position" in wants else None,
        )

    def _post(self, unit: str) -> str:
        known = self.rules.units.get(unit)
        return f"{'crew' if known and known.role else 'duty'}@{unit}"

    def _other_post(self, unit: str) -> str:
        """Who is the second of two: the duty officer above, or another post there."""
        above = self.rules.units[unit].parent
        return f"duty@{above}" if above else f"chief@{unit}"

    def _draw(self, what: str, target: str) -> Random:
        """A stream of its own for every decision: adding one decision never shifts another."""
        return Random(f"{self.seed}/{what}/{target}")  # noqa: S311 - a play, not a secret

    def _cue(self, at: int, does: str, target: str, actor: str) -> None:
        self._order += 1
        heapq.heappush(self._cues, Cue(at, self._order, does, target, actor))
