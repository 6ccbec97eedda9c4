"""Gauges: what the views may read off the loop's columns."""

import numpy as np

from bihuan.engine.events import F64
from bihuan.engine.tables import Fold, Missing, WindowSpec
from bihuan.loop.turn import Loop
from bihuan.model.times import HOUR

_HOUR = WindowSpec(fold=Fold.SUM, over=HOUR, missing=Missing.ZERO)


class Gauges:
    """The newest values of the loop's columns, as the views ask for them."""

    def __init__(self, loop: Loop) -> None:
        self._state = loop.states[0]
        self._columns = self._state.columns
        self._hours: dict[str, tuple[tuple[int, int], int, F64]] = {}
        """Sums of an hour by indicator, with the time and the count of readings they hold for, and the first series."""

    def newest(self, indicator: str, place: str) -> tuple[float, int] | None:
        number = self._columns.index.get(f"{indicator}@{place}")
        engine = self._columns.engine
        if number is None or engine.at[number] < 0:
            return None
        return float(engine.value[number]), int(engine.at[number])

    def window(self, indicator: str, place: str, rung: int) -> float | None:
        number = self._columns.index.get(f"{indicator}@{place}")
        value = None if number is None else float(self._columns.engine.window_value(rung, number)[0])
        return None if value is None or value != value else value

    def hour_sum(self, indicator: str, place: str) -> float | None:
        """Millimetres of the last hour. None for what is not measured in them, for the silent, and where no ladder looks
        back so far that the readings are still there."""
        columns, rules = self._columns, self._state.rules
        number = columns.index.get(f"{indicator}@{place}")
        if number is None or rules.indicators[indicator].unit != "mm" or columns.engine.unknown[number]:
            return None
        stamp = (columns.now, self.readings)
        if indicator not in self._hours or self._hours[indicator][0] != stamp:
            spots = rules.subjects(rules.indicators[indicator])
            first = columns.index[f"{indicator}@{spots[0]}"]
            self._hours[indicator] = stamp, first, columns.engine.held(_HOUR, np.arange(first, first + len(spots)))
        _, first, sums = self._hours[indicator]
        value = float(sums[number - first])
        return None if value != value else value

    def known(self, indicator: str, place: str) -> bool:
        number = self._columns.index.get(f"{indicator}@{place}")
        return number is not None and not self._columns.engine.unknown[number]

    @property
    def newest_at(self) -> int | None:
        at = int(self._columns.engine.at.max(initial=-1))
        return None if at < 0 else at

    @property
    def readings(self) -> int:
        return int(self._state.readings)

    @property
    def silent(self) -> int:
        return int(self._state.silent.sum())

    @property
    def series(self) -> int:
        return len(self._columns.series)
