"""Gauges: what the views may read off the loop's columns."""

from bihuan.loop.turn import Loop


class Gauges:
    """The newest values of the loop's columns, as the views ask for them."""

    def __init__(self, loop: Loop) -> None:
        self._state = loop.states[0]
        self._columns = self._state.columns

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
