"""Gauges: what the views may read off the loop's columns."""

import numpy as np

from bihuan.engine.events import F64, I64
from bihuan.engine.rollup import Rolled, RollUp
from bihuan.engine.score import Card, Scores
from bihuan.engine.tables import Fold, Missing, WindowSpec
from bihuan.loop.turn import Loop
from bihuan.model.times import HOUR

_HOUR = WindowSpec(fold=Fold.SUM, over=HOUR, missing=Missing.ZERO)


class Gauges:
    """The newest values of the loop's columns, as the views ask for them."""

    def __init__(self, loop: Loop) -> None:
        self._state = loop.states[0]
        self._columns = self._state.columns
        self._number = self._columns.numbering.number
        self._hours: dict[str, tuple[tuple[int, int], int, F64]] = {}
        """Sums of an hour by indicator, with the time and the count of readings they hold for, and the first series."""

    def newest(self, indicator: str, place: str) -> tuple[float, int] | None:
        number, engine = self._number(indicator, place), self._columns.engine
        if number < 0 or engine.at[number] < 0:
            return None
        return float(engine.value[number]), int(engine.at[number])

    def window(self, indicator: str, place: str, rung: int) -> float | None:
        number = self._number(indicator, place)
        value = None if number < 0 else float(self._columns.engine.window_value(rung, number)[0])
        return None if value is None or value != value else value

    def hour_sum(self, indicator: str, place: str) -> float | None:
        """Millimetres of the last hour. None for what is not measured in them, for the silent, and where no ladder looks
        back so far that the readings are still there."""
        columns, rules = self._columns, self._state.rules
        number = self._number(indicator, place)
        if number < 0 or rules.indicators[indicator].unit != "mm" or columns.engine.unknown[number]:
            return None
        stamp = (columns.now, self.readings)
        if indicator not in self._hours or self._hours[indicator][0] != stamp:
            first, end = columns.numbering.span(indicator)
            self._hours[indicator] = stamp, first, columns.engine.held(_HOUR, np.arange(first, end))
        _, first, sums = self._hours[indicator]
        value = float(sums[number - first])
        return None if value != value else value

    def known(self, indicator: str, place: str) -> bool:
        number = self._number(indicator, place)
        return number >= 0 and not self._columns.engine.unknown[number]

    def heard(self, everyone: bool) -> I64:
        found: I64 = self._state.heard(everyone)
        return found

    def rolled_up(self, plan: RollUp, indicators: I64) -> Rolled:
        rolled: Rolled = self._columns.engine.rolled_up(plan, indicators)
        return rolled

    def scores(self, card: Card) -> Scores:
        scores: Scores = self._columns.engine.scores(card)
        return scores

    @property
    def newest_at(self) -> int | None:
        at = self._state.newest_at
        return None if at < 0 else int(at)

    @property
    def readings(self) -> int:
        return int(self._state.readings)

    @property
    def silent(self) -> int:
        return int(self._state.silences)

    @property
    def series(self) -> int:
        return int(self._columns.numbering.count)
