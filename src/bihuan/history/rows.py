"""Readings in memory as sorted columns: merging, repeated ones out, and what has come in but is not yet written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bihuan.history.contract import F64, I32, I64, U8, Snapshot
from bihuan.model.readings import Batch

LONG_RUN = 16
"""Rows in order, on average, from which on merging is quicker than sorting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Columns of one length. `indicator` and `place` are indexes into their names, which are in ascending order."""

    indicators: tuple[str, ...]
    places: tuple[str, ...]
    indicator: I32
    place: I32
    at: I64
    value: F64
    quality: U8

    def __len__(self) -> int:
        return len(self.at)

    def chosen(self, rows: npt.NDArray[np.bool_] | I64 | slice) -> "Rows":
        """These rows, under the same names."""
        return Rows(
            indicators=self.indicators,
            places=self.places,
            indicator=self.indicator[rows],
            place=self.place[rows],
            at=self.at[rows],
            value=self.value[rows],
            quality=self.quality[rows],
        )

    def between(self, since: int, until: int) -> "Rows":
        inside = (self.at >= since) & (self.at <= until)
        return self if inside.all() else self.chosen(inside)


NO_ROWS = Rows(
    indicators=(),
    places=(),
    indicator=np.empty(0, np.int32),
    place=np.empty(0, np.int32),
    at=np.empty(0, np.int64),
    value=np.empty(0, np.float64),
    quality=np.empty(0, np.uint8),
)


def merged(parts: Sequence[Rows]) -> Rows:
    """All rows by indicator, place and time. `parts` are in the order they came in: of equal rows the first stays."""
    parts = [part for part in parts if len(part)] or [NO_ROWS]
    indicators, indicator = _renamed([(part.indicators, part.indicator) for part in parts])
    places, place = _renamed([(part.places, part.place) for part in parts])
    at, value, quality = (np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "value", "quality"))
    rows = Rows(indicators=indicators, places=places, indicator=indicator, place=place, at=at, value=value, quality=quality)
    return _sorted(rows)


def newest_of_each(rows: Rows) -> Snapshot:
    """The last row of each place; `rows` are of one indicator, sorted."""
    last = np.flatnonzero(np.diff(rows.place, append=-1))
    places = tuple(rows.places[code] for code in rows.place[last].tolist())
    return Snapshot(places, rows.value[last], rows.quality[last], rows.at[last])


def _renamed(columns: list[tuple[tuple[str, ...], I32]]) -> tuple[tuple[str, ...], I32]:
    """The codes of all columns under one list of names."""
    if all(names == columns[0][0] for names, _ in columns):
        return columns[0][0], np.concatenate([codes for _, codes in columns])
    names = tuple(sorted({name for names, _ in columns for name in names}))
    rank = {name: number for number, name in enumerate(names)}
    ranks = [np.fromiter((rank[name] for name in own), np.int32, len(own)) for own, _ in columns]
    return names, np.concatenate([own[codes] for own, (_, codes) in zip(ranks, columns, strict=True)])


def _sorted(rows: Rows) -> Rows:
    if not len(rows):
        return rows
    series = rows.indicator.astype(np.int64) * len(rows.places) + rows.place
    since, until = int(rows.at.min()), int(rows.at.max())
    span = until - since + 1
    if (int(series.max()) + 1) * span < 2**63:
        key = series * span + (rows.at - since)
        step = np.diff(key)
        if (step > 0).all():
            return rows
        order = _in_order(key, step)
        new = np.diff(key[order]) != 0
    else:
        order = np.lexsort((rows.at, series))
        new = (np.diff(series[order]) != 0) | (np.diff(rows.at[order]) != 0)
    return rows.chosen(order if new.all() else order[np.concatenate(([True], new))])


def _in_order(key: I64, step: I64) -> I64:
    """The order of keys from 0, of which equal ones stay as they are. `step` is how much more the next is."""
    if np.count_nonzero(step < 0) * LONG_RUN < len(key):
        return np.argsort(key, kind="stable")  # merges what is in order already
    # By 16 bits at a time, the lowest first: numpy sorts those without comparing.
    order = np.argsort(key.astype(np.uint16), kind="stable")
    for shift in range(16, int(key.max()).bit_length(), 16):
        order = order[np.argsort((key >> shift).astype(np.uint16)[order], kind="stable")]
    return order


class Buffer:
    """What came in and is not written yet, in the order it came. Not safe for threads: its owner locks."""

    def __init__(self) -> None:
        self.count = 0
        self._chunks: list[Batch] = []

    def add(self, batch: Batch) -> None:
        self._chunks.append(batch)
        self.count += len(batch)

    def empty(self) -> None:
        self.count, self._chunks = 0, []

    def series(self, indicator: str, place: str, since: int, until: int) -> tuple[I64, F64, U8]:
        """at, value, quality in the order they came."""
        parts = [(NO_ROWS.at, NO_ROWS.value, NO_ROWS.quality)]
        for batch in self._chunks:
            if (number := batch.numbering.number(indicator, place)) >= 0:
                rows = (batch.series == number) & (batch.at >= since) & (batch.at <= until)
                parts.append((batch.at[rows], batch.value[rows], batch.quality[rows]))
        ats, values, qualities = zip(*parts, strict=True)
        return np.concatenate(ats), np.concatenate(values), np.concatenate(qualities)

    def indicator(self, indicator: str, since: int, until: int) -> Rows:
        """The rows of one indicator, sorted, without repeated ones."""
        chosen = []
        for batch in self._chunks:
            first, end = batch.numbering.span(indicator)
            rows = (batch.series >= first) & (batch.series < end) & (batch.at >= since) & (batch.at <= until)
            if rows.any():
                chosen.append((batch, rows))
        return _of_batches(chosen)

    def all(self) -> Rows:
        """All rows, sorted, without repeated ones."""
        return _of_batches([(batch, slice(None)) for batch in self._chunks])


def _of_batches(chosen: Sequence[tuple[Batch, npt.NDArray[np.bool_] | slice]]) -> Rows:
    """Rows of batches, sorted; those that number alike are put together first."""
    if len({batch.numbering.digest for batch, _ in chosen}) == 1:
        return _sorted(_unsorted(chosen))
    # Batch by batch: of equal rows the first that came stays, and numberings may take turns.
    return merged([_unsorted([one]) for one in chosen])


def _unsorted(chosen: Sequence[tuple[Batch, npt.NDArray[np.bool_] | slice]]) -> Rows:
    """Rows of batches that number alike."""
    numbering = chosen[0][0].numbering
    series, at, value, quality = (
        np.concatenate([getattr(batch, name)[rows] for batch, rows in chosen]) for name in ("series", "at", "value", "quality")
    )
    ranks = np.empty(len(numbering.indicators), np.int32)
    order = sorted(range(len(ranks)), key=numbering.indicators.__getitem__)
    ranks[order] = np.arange(len(ranks), dtype=np.int32)
    return Rows(
        indicators=tuple(numbering.indicators[block] for block in order),
        places=numbering.places,
        indicator=ranks[numbering.block_of[series]],
        place=numbering.place_of(series),
        at=at,
        value=value,
        quality=quality,
    )
