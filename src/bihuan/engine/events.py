"""Events: what the engine has to say, as columns. Ordered by row, then series, then kind."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

I8: TypeAlias = npt.NDArray[np.int8]
I32: TypeAlias = npt.NDArray[np.int32]
I64: TypeAlias = npt.NDArray[np.int64]
F64: TypeAlias = npt.NDArray[np.float64]
U8: TypeAlias = npt.NDArray[np.uint8]
Bools: TypeAlias = npt.NDArray[np.bool_]


class Kind(IntEnum):
    SILENT = 0
    RETURNED = 1
    LEVEL = 2
    LATE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `row` is the batch row behind it, -1 where only time passed.

    `before` and `after` are ranks, `rung` the index of the rung that decided (-1: none), `value` what that rung looked at.
    LEVEL: `since` is the evaluation at which the raise (clear) condition of `rung` began to hold.
    SILENT: `since` is the last reading, or when the engine began; `value` the newest value.
    RETURNED: `since` is the reading before the silence, or when the engine began; `value` the new reading.
    LATE: `before` is the level the series stands at, `after` the rank the late reading meets; `since` its time.
    `reading_at`: the newest reading by then (LATE: the late one), -1 if there never was one.
    """

    row: int
    series: int
    kind: Kind
    before: int
    after: int
    rung: int
    value: float
    since: int
    reading_at: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """The fields of `Event` as columns of one length; iterating gives `Event`s."""

    row: I64
    series: I64
    kind: I8
    before: I8
    after: I8
    rung: I8
    value: F64
    since: I64
    reading_at: I64

    def __len__(self) -> int:
        return len(self.row)

    def __iter__(self) -> Iterator[Event]:
        columns = [getattr(self, name).tolist() for name in COLUMNS]
        for row, series, kind, before, after, rung, value, since, reading_at in zip(*columns, strict=True):
            yield Event(
                row=row,
                series=series,
                kind=Kind(kind),
                before=before,
                after=after,
                rung=rung,
                value=value,
                since=since,
                reading_at=reading_at,
            )


COLUMNS: dict[str, type[np.generic]] = {
    "row": np.int64,
    "series": np.int64,
    "kind": np.int8,
    "before": np.int8,
    "after": np.int8,
    "rung": np.int8,
    "value": np.float64,
    "since": np.int64,
    "reading_at": np.int64,
}


NOTHING = Events(**{name: np.empty(0, dtype=dtype) for name, dtype in COLUMNS.items()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Applied:
    """What came of a batch; every row is counted once.

    `applied` moved its series on. `late` is older than what the series has; `duplicate` has the time of a reading the
    engine still remembers. `set_aside` is no evidence: a flag the block does not accept, a value that is not finite, or a
    time outside the engine's range.
    """

    events: Events
    applied: int
    late: int
    duplicate: int
    set_aside: int


@dataclass(slots=True)
class Gathered:
    """Chunks of event columns on their way to becoming Events."""

    chunks: dict[str, list[npt.NDArray[Any]]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, series: I64, kind: Kind, **columns: npt.ArrayLike) -> None:
        """Append one event for each of `series`; scalars are spread."""
        if not len(series):
            return
        columns |= {"series": series, "kind": kind}
        for name, chunk in self.chunks.items():
            chunk.append(np.broadcast_to(np.asarray(columns[name], dtype=COLUMNS[name]), series.shape))

    def add_columns(self, series: I64, **columns: npt.NDArray[Any]) -> None:
        """Append events whose columns are ready."""
        if len(series):
            columns |= {"series": series}
            for name, chunk in self.chunks.items():
                chunk.append(columns[name].astype(COLUMNS[name], copy=False))

    def events(self) -> Events:
        if not self.chunks["row"]:
            return NOTHING
        if len(self.chunks["row"]) == 1 and (np.diff(self.chunks["row"][0]) > 0).all():
            return Events(**{name: chunk[0] for name, chunk in self.chunks.items()})
        whole = {name: np.concatenate(chunk) for name, chunk in self.chunks.items()}
        order = np.lexsort((whole["kind"], whole["series"], whole["row"]))
        return Events(**{name: column[order] for name, column in whole.items()})
