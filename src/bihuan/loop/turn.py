"""One turn of the closed loop (一轮), and the whole product in one page.

Sense 感知 turns readings into levels. Warn 预警 gathers levels into warnings. Plan 预案 answers warnings with steps
for units. Dispatch 处置 sends the steps as tasks and takes what people report. Supervise 监督 watches the clocks, asks
others to check, and closes. Evaluate 评价 scores the units. Review 复盘 holds what happened against the plan.

A stage decides from its own state and from what is new, and its only way to reach another stage is to write a fact. One thing
is there for all to read besides: the newest readings (`page.newest`). `now` is data: nothing here knows what time it is. The
same rules and the same inputs give the same facts, byte for byte.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from bihuan.loop import dispatch, evaluate, plan, review, sense, supervise, warn
from bihuan.loop.casebook import Casebook
from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.page import Page
from bihuan.model.commands import DEEDS, Command
from bihuan.model.errors import CommandRefused
from bihuan.model.facts import Commanded, CommandWasRefused, Fact, PacksLoaded, ReadingsReceived, ReadingsSetAside
from bihuan.model.foreign import ForeignCases
from bihuan.model.readings import Batch
from bihuan.pack.rules import Rules

STAGES = (sense, warn, plan, dispatch, supervise, evaluate, review)

MOST_ROUNDS = 50
"""A turn that still writes after so many rounds is a defect in a stage, not a busy city."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What came in since the last turn: batches with their numbers in the intake log, and people's commands."""

    batches: Sequence[tuple[int, Batch]] = ()
    commands: Sequence[Command] = ()
    set_aside: Sequence[tuple[int, Batch, str]] = ()
    """Batches that no turn can take, with what they failed with: said in the journal, and passed over."""
    foreign: Sequence[ForeignCases] = ()
    """Cases of other systems' logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one command: the fact that records it, or why it was refused."""

    facts: tuple[str, ...] = ()
    refused: CommandRefused | None = None


@dataclass(kw_only=True)
class Loop(Hearer):
    """The loop of one centre. `began` is when it first ran: silence is counted from there.

    What a stage remembers is its `State`: nothing that is not in the facts it hears (and, for sense, in the readings).
    """

    rules: Rules
    began: int
    seq: int = 0
    entry: int = 0
    """The last entry of the intake log that a turn has taken, or set aside."""
    set_aside: set[int] = field(default_factory=set)
    """Entries of the intake log that no turn takes."""
    digest: str = ""
    """Of the packs the journal last named."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By idempotency key."""

    def __post_init__(self) -> None:
        self.book = Casebook()
        self.states: tuple[Any, ...] = tuple(stage.State(self.rules, self.began, self.book) for stage in STAGES)
        self.parts = (self.book, *self.states)

    def turn(self, inputs: Inputs, now: int) -> list[Fact]:
        """One pass over `inputs` at `now`: rounds through the seven stages until a round writes nothing."""
        page = Page(
            origin=self.rules.origin, after=self.seq, now=now, batches=inputs.batches, foreign=inputs.foreign, fold=self.fold
        )
        page.newest = self._sensed.newest
        if self.digest != self.rules.digest:
            page.write(PacksLoaded(packs=self.rules.packs, digest=self.rules.digest))
        for entry, batch, what in inputs.set_aside:
            page.write(ReadingsSetAside(entry=entry, digest=batch.digest, rows=len(batch), source=batch.source, what=what))
        for command in inputs.commands:
            if command.key not in self.outcomes:
                self._hear(page, command)
        seen = [0] * len(STAGES)
        for _ in range(MOST_ROUNDS):
            written = len(page.facts)
            for number, (stage, state) in enumerate(zip(STAGES, self.states, strict=True)):
                news, seen[number] = page.since(seen[number]), len(page.facts)
                stage.decide(state, news, page)
            if len(page.facts) == written:
                return page.facts
        raise AssertionError(f"the turn at {now} does not come to rest; last facts: {page.facts[-5:]}")

    def _hear(self, page: Page, command: Command) -> None:
        heard = page.hear(command)
        if command.does not in DEEDS:
            page.refuse(heard, f"nobody knows how to '{command.does}'", f"What people may do: {', '.join(DEEDS)}.")
        elif command.unit not in self.rules.units:
            page.refuse(heard, f"there is no unit '{command.unit}'", "Write who acts as post@unit, with the unit's id.")

    def next_due(self) -> int | None:
        """When the loop wants a turn even if nothing comes in: the earliest clock of any stage."""
        due = [moment for moment in (state.next_due() for state in self.states) if moment is not None]
        return min(due, default=None)

    def fold(self, fact: Fact) -> None:
        """Take one fact into every stage. This and the readings are all the state there is."""
        self.seq = fact.seq
        super().fold(fact)

    @hears(ReadingsReceived)
    def _receive(self, fact: Fact, body: ReadingsReceived) -> None:
        self.entry = max(self.entry, body.entry)

    @hears(ReadingsSetAside)
    def _set_aside(self, fact: Fact, body: ReadingsSetAside) -> None:
        self.entry = max(self.entry, body.entry)
        self.set_aside.add(body.entry)

    @hears(PacksLoaded)
    def _load(self, fact: Fact, body: PacksLoaded) -> None:
        self.digest = body.digest

    @hears(Commanded)
    def _command(self, fact: Fact, body: Commanded) -> None:
        self.outcomes[body.key] = Outcome(facts=(fact.id,))

    @hears(CommandWasRefused)
    def _refuse(self, fact: Fact, body: CommandWasRefused) -> None:
        refusal = CommandRefused(body.reason, where=body.target, remedy=body.remedy)
        self.outcomes[body.key] = Outcome(refused=refusal)

    def restore(self, facts: Iterable[Fact], batch_at: Callable[[int], Batch], after: int = 0) -> None:
        """Bring back the state after a stop: fold the journal's facts, apply the intake log's batches where the journal
        says they were taken. Rules may have changed meanwhile: what is then another level is said by the next turn.

        Facts up to sequence `after` are folded only: what their readings did was `put_back`.
        """
        for fact in facts:
            if fact.seq > after:
                self._sensed.relive(fact, batch_at)
            self.fold(fact)

    def older(self, given: ForeignCases) -> int:
        """How many of the cases of a foreign log are known as their source had them later: they would be passed over."""
        foreign = self.states[STAGES.index(dispatch)].foreign
        return sum(foreign.older(given.log, case) for case in given.cases)

    def warm(self) -> None:
        """Be ready for readings before the first come."""
        self._sensed.columns.engine.warm()

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """What the readings did to the columns, as `sense.State.saved`: all else that the loop knows is in the facts."""
        kept: dict[str, npt.NDArray[Any]] = self._sensed.saved()
        return kept

    def put_back(self, kept: Mapping[str, npt.NDArray[Any]], *, other_rules: bool = False) -> None:
        """Go on from `saved`, before anything is restored; where rules were others then, every series is looked at again.

        Raises ValueError where it is not complete, and where it is of other series though the rules are not others.
        """
        self._sensed.put_back(kept, other_rules=other_rules)

    @property
    def _sensed(self) -> Any:
        return self.states[STAGES.index(sense)]
