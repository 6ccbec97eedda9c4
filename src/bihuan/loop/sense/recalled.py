"""Derived series over a time gone by: worked out of what is kept of their inputs, late readings too."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bihuan.loop.sense.derived import Derived, Rows
from bihuan.model.numbering import Numbering
from bihuan.pack.formulas import behind
from bihuan.pack.schema import Indicator

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]

Many = tuple[tuple[str, ...], I32, I64, F64, U8]
"""Places, and rows by place, then by time: place (an index into them), at, value, quality."""
Read = Callable[[str, int, int], Many]
"""Indicator, since, until (included) -> its readings at rest."""


class Recalled:
    """A derived indicator at some places. Asked for one time after the other, it goes on from what it had read: a long
    time in pieces is what it is at once, and only a piece of it is in memory."""

    def __init__(self, indicators: Mapping[str, Indicator], id: str, places: Sequence[str], read: Read) -> None:
        self._some = {one: indicators[one] for one in behind(indicators, id)}
        self._places, self._read = tuple(places), read
        self._numbering = Numbering((one, self._places) for one in self._some)
        self._first = self._numbering.span(id)[0]
        self._before = max(one.cadence for one in self._some.values())
        self._derived = Derived(self._some, self._numbering)
        self._next: int | None = None

    def __call__(self, since: int, until: int) -> Many:
        """Its readings from `since` to `until`, both included."""
        begin = since
        if since != self._next:
            # Of what came before, as much as its slowest input speaks for.
            self._derived, begin = Derived(self._some, self._numbering), since - self._before
        self._next = until + 1
        rows = self._derived.weave(self._sent(begin, until))
        place = rows.series - self._first
        mine = np.flatnonzero((place >= 0) & (place < len(self._places)) & (rows.at >= since))
        mine = mine[np.lexsort((rows.at[mine], place[mine]))]
        return self._places, place[mine].astype(np.int32), rows.at[mine], rows.value[mine], rows.quality[mine]

    def _sent(self, since: int, until: int) -> Rows:
        """What was sent of all inputs, by time."""
        known = {place: n for n, place in enumerate(self._places)}
        parts: list[tuple[I64, I64, F64, U8]] = []
        for id, indicator in self._some.items():
            if indicator.formula is None:
                places, place, at, value, quality = self._read(id, since, until)
                here = np.array([known.get(one, -1) for one in places], dtype=np.int64)[place]
                mine = here >= 0
                parts.append((self._numbering.span(id)[0] + here[mine], at[mine], value[mine], quality[mine]))
        series, at, value, quality = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(at, kind="stable")
        return Rows(series=series[order], at=at[order], value=value[order], quality=quality[order])
