"""A small city whose loop really runs, with the views folded after every turn as `app` does it."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from bihuan.engine.rollup import Rolled, RollUp
from bihuan.engine.score import Card, Scores
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import Fact, Proof
from bihuan.model.readings import Batch, named
from bihuan.model.times import MINUTE
from bihuan.pack.rules import Rules
from bihuan.views import Change, Views

START = 1_756_663_200_000  # 2025-09-01 02:00 in the city


class LoopGauges:
    """The loop's columns as gauges."""

    def __init__(self, loop: Loop) -> None:
        self._state = loop.states[0]
        self._columns = self._state.columns

    def _number(self, indicator: str, place: str) -> int:
        return self._columns.numbering.number(indicator, place)

    def newest(self, indicator: str, place: str) -> tuple[float, int] | None:
        number, engine = self._number(indicator, place), self._columns.engine
        return None if number < 0 or engine.at[number] < 0 else (float(engine.value[number]), int(engine.at[number]))

    def window(self, indicator: str, place: str, rung: int) -> float | None:
        value = float(self._columns.engine.window_value(rung, self._number(indicator, place))[0])
        return None if value != value else value

    def heard(self, everyone: bool) -> npt.NDArray[np.int64]:
        return self._state.heard(everyone)

    def rolled_up(self, plan: RollUp, indicators: npt.NDArray[np.int64]) -> Rolled:
        return self._columns.engine.rolled_up(plan, indicators)

    def scores(self, card: Card) -> Scores:
        return self._columns.engine.scores(card)

    @property
    def newest_at(self) -> int | None:
        at = int(self._columns.engine.at.max())
        return None if at < 0 else at

    readings = 0

    @property
    def silent(self) -> int:
        return 0

    @property
    def series(self) -> int:
        return self._columns.numbering.count


class City:
    """The small city at work. `now` is the time of the last turn; `facts` are all that were written."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.loop = Loop(rules=rules, began=START)
        self.views = Views(rules, self.loop.book, LoopGauges(self.loop))
        self.now = START
        self.facts: list[Fact] = []
        self.change: Change | None = None
        self._entry = 0
        self._keys = 0

    def _turn(self, at: int, batch: Batch | None = None, commands: Sequence[Command] = ()) -> list[Fact]:
        self._entry += batch is not None
        batches = [(self._entry, batch)] if batch is not None else []
        facts = self.loop.turn(Inputs(batches=batches, commands=commands), at)
        self.now = at
        if facts:
            self.facts += facts
            self.change = self.views.fold(facts)
        return facts

    def wait_until(self, at: int) -> None:
        """Let time pass, with a turn whenever one is due."""
        while (due := self.loop.next_due()) is not None and due <= at:
            self._turn(due)
        if at > self.now:
            self._turn(at)

    def wait(self, span: int) -> None:
        self.wait_until(self.now + span)

    def read(self, values: dict[str, float]) -> list[Fact]:
        """One reading of each named series now."""
        batch = named(
            list(values),
            at=np.full(len(values), self.now, dtype=np.int64),
            value=np.array(list(values.values()), dtype=np.float64),
            quality=np.zeros(len(values), dtype=np.uint8),
            source="test",
        )
        return self._turn(self.now, batch)

    def rain(self, values: dict[str, float], times: int = 1) -> None:
        """Rain on towns every five minutes, `times` times; the towns not named and all points report a dry 0."""
        for _ in range(times):
            self.wait(5 * MINUTE)
            dry = {f"{indicator.id}@{spot}": 0.0 for indicator, spot in self.rules.series()}
            self.read(dry | {f"rain@{town}": mm for town, mm in values.items()})

    def pond(self, point: str, depth_cm: float, times: int = 1) -> None:
        for _ in range(times):
            self.wait(5 * MINUTE)
            dry = {f"{indicator.id}@{spot}": 0.0 for indicator, spot in self.rules.series()}
            self.read(dry | {f"ponding-depth@{point}": depth_cm})

    def do(
        self,
        actor: str,
        does: str,
        target: str,
        text: str = "",
        proof: Proof | None = None,
        place: str = "",
        *,
        to: str = "",
        choice: str = "",
        span: int = 0,
    ) -> list[Fact]:
        self._keys += 1
        command = Command(
            key=f"k{self._keys}", actor=actor, does=does, target=target, text=text, proof=proof, place=place,
            to=to, choice=choice, span=span,
        )  # fmt: skip
        facts = self._turn(self.now, commands=[command])
        refused = self.loop.outcomes[command.key].refused
        assert refused is None, refused
        return facts

    def task(self, step: str, unit: str = "") -> str:
        """The newest task of a step."""
        found = [t.id for t in self.loop.book.tasks.values() if t.sent.step == step and unit in ("", t.unit)]
        return found[-1]

    def finish(self, task: str, minutes: int = 10) -> None:
        """Sign, arrive, work, claim and have it verified."""
        sent = self.loop.book.tasks[task].sent
        self.do(f"duty@{sent.unit}", "sign", task)
        if sent.arrive_by is not None:
            self.do(f"duty@{sent.unit}", "arrive", task)
        self.wait(minutes * MINUTE)
        self.do(f"duty@{sent.unit}", "claim", task, proof=Proof(text="done", count=2, lon=106.5, lat=29.5))
        self.do(f"duty@{sent.verifier}", "verify", task, text="seen on the spot")

    def kinds(self) -> set[str]:
        return {fact.kind for fact in self.facts}

    def newest(self, kind: str) -> Fact:
        return next(fact for fact in reversed(self.facts) if fact.kind == kind)


def encoded(shape: object) -> object:
    """As the screens get it."""
    return msgspec.json.decode(msgspec.json.encode(shape))
