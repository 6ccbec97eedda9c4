"""The synthetic town played: through the whole loop, or through supervise alone with what the other stages would have written.

Both write the same facts of supervise, number for number; alone it is several times quicker, so that a hundred towns are
minutes. What was flagged, looked at again and estimated is then held against the truth that only the town knows.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bihuan.loop import supervise
from bihuan.loop.casebook import Casebook
from bihuan.loop.page import Page
from bihuan.loop.supervise.interval import Looked, Share, looked_at, sound_share
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import (
    AnyBody,
    CaseClosed,
    CaseFlagged,
    CaseRegistered,
    CaseReopened,
    CaseReported,
    CaseRouted,
    Commanded,
    Fact,
    PacksLoaded,
    PlanStarted,
    Proof,
    RecheckAsked,
    RecheckDone,
    RecheckDrawn,
    TaskClaimed,
    TaskSent,
    TaskSigned,
)
from bihuan.model.times import DAY, HOUR
from bihuan.pack.rules import Rules
from bihuan.replay.town import HONEST, KINDS, TOWN, Town, grid_code

AFTER = 8 * DAY
"""How long the town is watched after its last day: so that what was drawn then is looked at."""


class Stage(Protocol):
    """Something that takes commands and lets time pass; answers the facts of supervise, and of tasks sent."""

    def do(self, now: int, command: Command) -> Sequence[Fact]: ...

    def turn(self, now: int) -> Sequence[Fact]: ...

    def next_due(self) -> int | None: ...


class Whole:
    """The loop as it runs in a centre."""

    def __init__(self, rules: Rules, town: Town) -> None:
        self._loop = Loop(rules=rules, began=town.began)
        self._loop.turn(Inputs(), town.began)

    def do(self, now: int, command: Command) -> Sequence[Fact]:
        facts = self._loop.turn(Inputs(commands=(command,)), now)
        refused = self._loop.outcomes[command.key].refused
        assert refused is None, f"{command.actor} was refused to {command.does}: {refused}"
        return facts

    def turn(self, now: int) -> Sequence[Fact]:
        return self._loop.turn(Inputs(), now)

    def next_due(self) -> int | None:
        return self._loop.next_due()


class Alone:
    """Supervise and the casebook; plan and dispatch are played by what they write here, in their order."""

    def __init__(self, rules: Rules, town: Town) -> None:
        self._rules = rules
        self._book = Casebook()
        self._state = supervise.State(rules, town.began, self._book)
        self._seq = 0
        self._runs = 0
        self.turn(town.began, PacksLoaded(packs=rules.packs, digest=rules.digest))

    def next_due(self) -> int | None:
        return self._state.next_due()

    def do(self, now: int, command: Command) -> Sequence[Fact]:
        said = Commanded(
            key=command.key, does=command.does, target=command.target, text=command.text, proof=command.proof,
            place=command.place, choice=command.choice,
        )  # fmt: skip
        facts = self.turn(now, said, *self._effects(now, command), actor=command.actor)
        for fact in facts:
            if isinstance(fact.body, RecheckDone) and fact.body.found == "not-sound":
                return [*facts, *self.turn(now, *self._again(now, fact.body.case))]
        return facts

    def turn(self, now: int, *bodies: AnyBody, actor: str = "") -> Sequence[Fact]:
        page = Page(origin=self._rules.origin, after=self._seq, now=now, batches=(), fold=self._fold)
        for body in bodies:
            page.write(body, actor=actor if isinstance(body, Commanded) else "")
        seen = 0
        while True:
            news, seen = page.since(seen), len(page.facts)
            supervise.decide(self._state, news, page)
            if len(page.facts) == seen:
                return page.facts

    def _fold(self, fact: Fact) -> None:
        self._seq = fact.seq
        self._book.fold(fact)
        self._state.fold(fact)

    def _effects(self, now: int, command: Command) -> Iterable[AnyBody]:
        """What dispatch and plan answer a command with; supervise answers its own by itself."""
        unit = command.unit
        match command.does:
            case "report":
                proof = command.proof or Proof()
                yield CaseReported(
                    case=f"{self._rules.origin}-C{len(self._book.cases) + 1:05d}", case_type=command.target,
                    place=command.place, unit=f"{TOWN}.reception", register_by=now + DAY, text=command.text,
                    lon=proof.lon, lat=proof.lat,
                )  # fmt: skip
            case "register":
                case = self._book.cases[command.target]
                holder, self._runs = self._rules.above(case.place, "village"), self._runs + 1
                run = f"{self._rules.origin}-R{self._runs:05d}"
                yield CaseRegistered(case=case.id, unit=unit)
                yield CaseRouted(case=case.id, unit=holder, route="", matched="")
                yield PlanStarted(
                    run=run, plan=case.type, case_type=case.type, place=case.place, unit=holder, level="", matched="",
                    steps=(), case=case.id,
                )  # fmt: skip
                yield self._sent(now, case.id, run, command.to, case.place)
            case "sign":
                task = self._book.tasks[command.target]
                yield TaskSigned(task=task.id, case=task.sent.case, unit=unit, took=now - task.sent_at)
            case "claim":
                task = self._book.tasks[command.target]
                assert task.signed_at is not None
                yield TaskClaimed(
                    task=task.id, case=task.sent.case, unit=unit, proof=command.proof or Proof(),
                    after_signing=now - task.signed_at,
                )  # fmt: skip
            case _:
                pass

    def _sent(self, now: int, case: str, run: str, unit: str, place: str) -> TaskSent:
        done = self._rules.working.due(now, 7 * self._rules.working.day)
        return TaskSent(
            task=f"{self._rules.origin}-T{len(self._book.tasks) + 1:06d}", case=case, run=run, plan="", step="do", unit=unit,
            place=place, verifier=f"{TOWN}.inspection", sign_by=now + 2 * DAY, done_by=done, work=("done",),
        )  # fmt: skip

    def _again(self, now: int, id: str) -> Iterable[AnyBody]:
        case = self._book.cases[id]
        last = next(reversed(case.tasks.values())).sent
        assert case.closed_at is not None
        yield CaseReopened(
            case=id, case_type=case.type, place=case.place, unit=case.unit, level=case.level, closed_for=now - case.closed_at
        )
        yield self._sent(now, id, last.run, last.unit, case.place)


# --- playing --------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Played:
    """What came of a town. A claim is (row of its case, whether it was done over again); only first ones may be sham."""

    town: Town
    claims: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """Task -> the claim of it."""
    flags: dict[str, list[str]] = field(default_factory=dict)
    """Task -> its flags."""
    closings: list[tuple[int, bool, int]] = field(default_factory=list)
    """Row of the case, whether that was its second closing, and when."""
    draws: list[RecheckDrawn] = field(default_factory=list)
    found: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Draw -> case -> whether it was found sound."""
    row: dict[str, int] = field(default_factory=dict)
    supervised: list[Fact] = field(default_factory=list)
    """All facts of supervise."""


def play(stage: Stage, town: Town) -> Played:
    return _Player(stage, town).play()


class _Player:
    """The units of the town: they do what the town has for each case, and honestly over again what was found undone."""

    def __init__(self, stage: Stage, town: Town) -> None:
        self._stage = stage
        self._town = town
        self._events: list[tuple[int, int, str, int, str]] = []
        """When, order, verb, row of the case, target."""
        self._order = 0
        self._again: set[int] = set()
        self.played = Played(town=town)

    def _at(self, at: int, does: str, row: int, target: str) -> None:
        self._order += 1
        heapq.heappush(self._events, (at, self._order, does, row, target))

    def play(self) -> Played:
        end = self._town.until + AFTER
        for row, at in enumerate(self._town.reported.tolist()):
            self._at(at, "report", row, KINDS[int(self._town.kind[row])][0])
        while self._events and self._events[0][0] <= end:
            at = self._events[0][0]
            while (due := self._stage.next_due()) is not None and due < at:
                self._hear(self._stage.turn(due), due)
            at, order, does, row, target = heapq.heappop(self._events)
            facts = self._stage.do(at, self._command(f"k{order}", does, row, target))
            if does == "claim":
                self.played.claims[target] = row, row in self._again
                over = at + 6 * HOUR if row in self._again else int(self._town.verified[row])
                self._at(over, "verify", row, target)
            elif does == "sign":
                over = at + 2 * HOUR if row in self._again else int(self._town.claimed[row])
                self._at(over, "claim", row, target)
            self._hear(facts, at, row)
        return self.played

    def _hear(self, facts: Sequence[Fact], now: int, row: int = -1) -> None:
        town, played = self._town, self.played
        for fact in facts:
            if fact.body.stage == "supervise":
                played.supervised.append(fact)
            match fact.body:
                case CaseReported() as body:
                    played.row[body.case] = row
                    self._at(int(town.registered[row]), "register", row, body.case)
                case CaseReopened():
                    self._again.add(row)
                case TaskSent() as body:
                    self._at(now + 3 * HOUR if row in self._again else int(town.signed[row]), "sign", row, body.task)
                case CaseFlagged() as body:
                    played.flags.setdefault(body.task, []).append(body.flag)
                case CaseClosed():
                    played.closings.append((row, row in self._again, now))
                case RecheckDrawn() as body if body.until <= town.until:
                    played.draws.append(body)
                    played.found[body.draw] = {}
                case RecheckAsked() as body if body.draw in played.found:
                    asked = played.row[body.case]
                    self._at(now + int(town.looked_after[asked]), "found", asked, body.recheck)
                case RecheckDone() as body:
                    played.found[body.draw][body.case] = body.found == "sound"
                case _:
                    pass

    def _command(self, key: str, does: str, row: int, target: str) -> Command:
        town, unit = self._town, self._town.unit[row]
        match does:
            case "report":
                place, where = grid_code(int(town.grid[row])), Proof(lon=float(town.lon[row]), lat=float(town.lat[row]))
                return Command(key=key, actor=f"desk@{TOWN}", does=does, target=target, place=place, proof=where)
            case "register":
                return Command(key=key, actor=f"desk@{TOWN}.reception", does=does, target=target, to=unit)
            case "claim":
                return Command(key=key, actor=f"crew@{unit}", does=does, target=target, proof=self._proof(row, target))
            case "verify":
                return Command(key=key, actor=f"eye@{TOWN}.inspection", does=does, target=target)
            case "found":
                there = (row in self._again or int(town.sham[row]) == HONEST) != bool(town.misjudged[row])
                choice, text = ("sound", "") if there else ("not-sound", "nothing was done here")
                return Command(key=key, actor=f"eye@{TOWN}.audit", does=does, target=target, choice=choice, text=text)
            case _:
                return Command(key=key, actor=f"crew@{unit}", does=does, target=target)

    def _proof(self, row: int, task: str) -> Proof:
        town = self._town
        if row in self._again:
            return Proof(photo=f"over again {task}", lon=float(town.lon[row]), lat=float(town.lat[row]))
        return Proof(photo=town.photo[row], lon=float(town.proof_lon[row]), lat=float(town.proof_lat[row]))


# --- measuring ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What supervise knows of a town, held against the truth."""

    claims: int
    sham: int
    false_flags: float
    """Share of the honest claims that were flagged."""
    flagged_sham: float
    """Share of all sham claims that were flagged."""
    sampled_sham: int
    found_sham: float
    """Share of the sham closings in the sample that a flag or the look again found."""
    claimed: float
    """Share of the closings that are sound by what was claimed: all."""
    true: float
    share: Share

    @property
    def covers(self) -> bool:
        return self.share.low <= self.true <= self.share.high


def measure(played: Played) -> Measured:
    town = played.town
    sham_tasks = {task for task, (row, again) in played.claims.items() if not again and town.sham[row] != HONEST}
    honest = len(played.claims) - len(sham_tasks)
    flagged_rows = {played.claims[task][0] for task in played.flags if not played.claims[task][1]}
    counted = [(row, again) for row, again, at in played.closings if at < town.until]
    unsound = sum(not again and town.sham[row] != HONEST for row, again in counted)
    redone = {row: at for row, again, at in played.closings if again}
    sampled = found = 0
    parts: list[Looked] = []
    for draw in played.draws:
        known = played.found[draw.draw]
        parts += looked_at(draw.strata, known)
        for case, sound in known.items():
            row = played.row[case]
            if town.sham[row] != HONEST and redone.get(row, draw.until) >= draw.until:
                sampled += 1
                found += row in flagged_rows or not sound
    return Measured(
        claims=len(played.claims),
        sham=len(sham_tasks),
        false_flags=sum(task not in sham_tasks for task in played.flags) / honest,
        flagged_sham=sum(task in sham_tasks for task in played.flags) / max(1, len(sham_tasks)),
        sampled_sham=sampled,
        found_sham=found / max(1, sampled),
        claimed=1.0,
        true=1 - int(unsound) / len(counted),
        share=sound_share(parts),
    )
