"""What is asked of readings at rest, whatever keeps them, and the values it answers with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from bihuan.model.readings import Batch

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]

Columns = tuple[I64, F64, U8]
"""at, value, quality of one series."""

Period = Literal["day", "week", "month", "year"]
Fold = Literal["sum", "mean", "max", "min", "last", "count"]


class Snapshot(NamedTuple):
    """One indicator at one time: columns of one length, by place in order of names."""

    places: tuple[str, ...]
    value: F64
    quality: U8
    at: I64
    """When each was measured."""


class IndicatorColumns(NamedTuple):
    """One indicator over a time: rows by place in order of names, then by time."""

    places: tuple[str, ...]
    place: I32
    """Index into `places`."""
    at: I64
    value: F64
    quality: U8

    @classmethod
    def of_one(cls, place: str, columns: Columns) -> "IndicatorColumns":
        """Those of a single series."""
        at, value, quality = columns
        return cls((place,), np.zeros(len(at), np.int32), at, value, quality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the periods compared, `since` to `until` (not included); columns go with the comparison's places."""

    since: int
    until: int
    value: F64
    """NaN: missing, never 0."""
    count: I64
    """Readings behind each value; 0: missing."""
    left_out: tuple[str, ...]
    """Places that did not exist during all of it. Their value is NaN, and no total takes them in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """This period, the last one and the same one a year before, by place. A side is None where the calendar has no such
    period: 29 February a year before, or a week 53."""

    indicator: str
    places: tuple[str, ...]
    this: Side
    last: Side
    year: Side | None

    def change(self, side: Side | None) -> F64:
        """By place, how much more this period is than `side`, as a part of it: 0.1 is a tenth more. NaN: not to be said,
        because one of the two is missing or `side` is 0."""
        if side is None:
            return np.full(len(self.places), np.nan)
        before = np.where(side.value == 0, np.nan, side.value)
        return (self.this.value - before) / np.abs(before)

    def totals(self, side: Side | None) -> tuple[float, float, tuple[str, ...]]:
        """The sums of this period and of `side` over the places that have a value in both, and the places that do not.

        Only for what adds up. Both are NaN when no place has both.
        """
        if side is None:
            return np.nan, np.nan, self.places
        both = ~(np.isnan(self.this.value) | np.isnan(side.value))
        lacking = tuple(place for place, has in zip(self.places, both.tolist(), strict=True) if not has)
        if not both.any():
            return np.nan, np.nan, lacking
        return float(self.this.value[both].sum()), float(side.value[both].sum()), lacking


class Readings(Protocol):
    """Readings at rest. Both ends of a time asked for are included; of several readings of one series at one time the
    first that came in counts."""

    @property
    def through(self) -> int:
        """The last intake entry that is safe here."""

    def put(self, entry: int, batch: Batch) -> bool:
        """Take in the batch of intake entry `entry`, the one after the last, in memory; whether it is time to `flush`."""

    def add(self, entry: int, batch: Batch) -> None:
        """`put`, and `flush` when it is time."""

    def flush(self) -> None:
        """Write what is in memory. Any thread may, and putting and reading do not wait for it."""

    def read(self, indicator: str, place: str, since: int, until: int) -> Columns: ...

    def read_at(self, indicator: str, at: int, tolerance: int) -> Snapshot: ...

    def read_indicator(self, indicator: str, since: int, until: int) -> IndicatorColumns: ...

    def compare(
        self,
        indicator: str,
        period: Period,
        at: int,
        fold: Fold,
        *,
        zone: tzinfo,
        existed: Mapping[str, tuple[int, int]] | None = None,
    ) -> Comparison: ...

    def days(self) -> list[str]: ...

    def compact(self, day: str) -> int: ...

    def retire(self, keep: Mapping[str, int], now: int) -> int: ...

    def close(self) -> None: ...
