"""The small city with its loop running in virtual time, and everything that went in and came out of it kept."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from tests.packs_for_tests import small_pack

from bihuan.loop.case import Case, Task
from bihuan.loop.life import of_task
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.errors import CommandRefused
from bihuan.model.facts import Body, Fact, PlanProposed, Proof
from bihuan.model.readings import QUALITIES, Batch, named
from bihuan.model.times import HOUR, MINUTE
from bihuan.pack.load import load
from bihuan.pack.rules import Rules

B = TypeVar("B", bound=Body)

START = 1_756_663_200_000  # 2025-09-01 02:00 in the city
GOOD_PROOF = Proof(text="done as asked", count=2, lon=106.6, lat=29.5)

EAST_TOWN, OTHER_EAST_TOWN = "1101", "1102"
UNDERPASS, WEST_UNDERPASS = "LP-1101-1", "LP-1201-1"


def batch_of(values: Iterable[tuple[str, int, float]], *, quality: str = "good", source: str = "test") -> Batch:
    """A batch of (series, at, value) rows."""
    rows = list(values)
    return named(
        [name for name, _, _ in rows],
        at=np.array([at for _, at, _ in rows], dtype=np.int64),
        value=np.array([value for _, _, value in rows], dtype=np.float64),
        quality=np.full(len(rows), QUALITIES.index(quality), dtype=np.uint8),
        source=source,
    )


class City:
    """`now` is the time of the last turn, `facts` are all that were written, `batches` all that were taken, by entry."""

    def __init__(self, packs: Mapping[str, Mapping[str, str]] | None = None, *, rules: Rules | None = None) -> None:
        self.rules = rules or load(packs or small_pack())
        self.loop = Loop(rules=self.rules, began=START)
        self.now = START
        self.facts: list[Fact] = []
        self.batches: dict[int, Batch] = {}
        self._keys = 0
        self._read: dict[str, int] = {}
        """Series -> when it was read last: a second reading of the same time would be a duplicate."""

    # what goes in

    def turn(self, *, batches: Sequence[Batch] = (), commands: Sequence[Command] = ()) -> list[Fact]:
        first = len(self.batches) + 1
        numbered = list(enumerate(batches, first))
        self.batches |= dict(numbered)
        facts = self.loop.turn(Inputs(batches=numbered, commands=commands), self.now)
        self.facts += facts
        return facts

    def wait(self, span: int) -> None:
        """Let time pass, with a turn whenever one is due and one at the end."""
        until = self.now + span
        while (due := self.loop.next_due()) is not None and due <= until:
            self.now = due
            self.turn()
        self.now = until
        self.turn()

    def read(self, values: Mapping[str, float], *, quality: str = "good") -> list[Fact]:
        """One reading of each named series, taken now."""
        self._read |= dict.fromkeys(values, self.now)
        return self.turn(batches=[batch_of(((name, self.now, value) for name, value in values.items()), quality=quality)])

    def keep_reading(self, values: Mapping[str, float], span: int, every: int = 5 * MINUTE) -> None:
        """The same readings again and again for a while, the first one now."""
        if any(self._read.get(name) == self.now for name in values):
            self.wait(every)
        until = self.now + span
        while True:
            self.read(values)
            if self.now + every > until:
                return
            self.wait(every)

    def command(self, actor: str, does: str, target: str, **said: object) -> Command:
        self._keys += 1
        return Command(key=f"key-{self._keys}", actor=actor, does=does, target=target, **said)  # type: ignore[arg-type]

    def do(self, actor: str, does: str, target: str, **said: object) -> list[Fact]:
        """A person's command now; it must be taken. Answers the facts it led to."""
        command = self.command(actor, does, target, **said)
        facts = self.turn(commands=[command])
        refused = self.loop.outcomes[command.key].refused
        assert refused is None, f"{actor} was refused to {does}: {refused}"
        return facts

    def refused(self, actor: str, does: str, target: str, **said: object) -> CommandRefused:
        """A person's command now; it must be refused, and lead to nothing but the record of it."""
        command = self.command(actor, does, target, **said)
        kinds = [fact.kind for fact in self.turn(commands=[command])]
        assert kinds == ["commanded", "command-was-refused"], kinds
        refused = self.loop.outcomes[command.key].refused
        assert refused is not None
        return refused

    # storms in short

    def flood(self, depth: float = 20.0, point: str = UNDERPASS) -> None:
        """Water at an underpass for as long as the blue rung asks: the ponding plan starts by itself."""
        self.keep_reading({f"ponding-depth@{point}": depth}, 5 * MINUTE)

    def drain(self, point: str = UNDERPASS) -> None:
        """No water for as long as the warning is kept."""
        self.keep_reading({f"ponding-depth@{point}": 0.0}, 10 * MINUTE)

    def rain(self, millimetres: float = 60.0, town: str = EAST_TOWN) -> str:
        """A cloudburst over one town; answers the proposal it led to."""
        self.keep_reading({f"rain@{town}": millimetres}, 0)
        return self.of(PlanProposed)[-1].proposal

    def finish(self, task: Task) -> None:
        """Whatever is still asked about a task, from signing to the check, with a minute between each."""
        while may := [may.does for may in of_task(self.rules, self.loop.book, task)]:
            self.wait(2 * MINUTE)
            actor = f"checker@{task.sent.verifier}" if task.state == "claimed" else f"crew@{task.unit}"
            self.do(actor, may[0], task.id, text="as it should be", proof=GOOD_PROOF if may[0] == "claim" else None)

    # what came out

    def of(self, kind: type[B]) -> list[B]:
        return [fact.body for fact in self.facts if isinstance(fact.body, kind)]

    def kinds(self) -> list[str]:
        return [fact.kind for fact in self.facts]

    def task(self, step: str, unit: str = "") -> Task:
        """The newest task of a step."""
        return [task for task in self.loop.book.tasks.values() if task.sent.step == step and unit in ("", task.unit)][-1]

    def case(self, type: str = "") -> Case:
        """The newest case (of a type)."""
        return [case for case in self.loop.book.cases.values() if type in ("", case.type)][-1]


__all__ = [
    "EAST_TOWN",
    "GOOD_PROOF",
    "HOUR",
    "MINUTE",
    "OTHER_EAST_TOWN",
    "START",
    "UNDERPASS",
    "WEST_UNDERPASS",
    "City",
    "batch_of",
]
