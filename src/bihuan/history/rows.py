"""Readings in memory as sorted columns: merging, repeated ones out, and what has come in but is not yet written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from bihuan.history.contract import F64, I32, I64, U8, Snapshot
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch
from bihuan.model.times import HOUR

T = TypeVar("T", bound=np.generic)

Chosen = npt.NDArray[np.bool_] | I64 | slice
"""Rows of a batch."""

MOST_PIECES = 1 << 16
"""What can be told apart by 16 bits."""

KEPT = 4
"""Numberings whose order is kept, at the most."""

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

    def chosen(self, rows: Chosen) -> "Rows":
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
        if (key[1:] > key[:-1]).all():
            return rows
        order = _in_order(key)
        new = np.diff(key[order]) != 0
    else:
        order = np.lexsort((rows.at, series))
        new = (np.diff(series[order]) != 0) | (np.diff(rows.at[order]) != 0)
    return rows.chosen(order if new.all() else order[np.concatenate(([True], new))])


def _in_order(key: I64) -> I64:
    """The order of keys from 0, of which equal ones stay as they are."""
    if np.count_nonzero(key[1:] < key[:-1]) * LONG_RUN < len(key):
        return np.argsort(key, kind="stable")  # merges what is in order already
    # By 16 bits at a time, the lowest first: numpy sorts those without comparing.
    order = np.argsort(key.astype(np.uint16), kind="stable")
    for shift in range(16, int(key.max()).bit_length(), 16):
        order = order[np.argsort((key >> shift).astype(np.uint16)[order], kind="stable")]
    return order


class Buffer:
    """What came in and is not written yet, in the order it came. Not safe for threads: its owner locks."""

    def __init__(self, chunks: Iterable[Batch] = ()) -> None:
        self.count = 0
        self._chunks: list[Batch] = []
        self._newest: list[int] = []
        """The newest time up to each of the chunks."""
        self._first = 0
        """The newest time of the first chunk."""
        for batch in chunks:
            self.add(batch)

    def add(self, batch: Batch) -> None:
        newest = int(batch.at.max())
        if not self._chunks:
            self._first = newest
        self._newest.append(max(newest, self._newest[-1]) if self._newest else newest)
        self._chunks.append(batch)
        self.count += len(batch)

    @property
    def span(self) -> tuple[int, int]:
        """From the newest reading of the first batch to the newest of all: old stragglers do not widen it."""
        return (self._first, self._newest[-1]) if self._chunks else (0, 0)

    def copy(self) -> "Buffer":
        """What is in it now; batches never change."""
        twin = Buffer()
        twin.count, twin._first, twin._chunks, twin._newest = self.count, self._first, self._chunks[:], self._newest[:]
        return twin

    def drop(self, taken: "Buffer") -> None:
        """Forget what was in it when `taken` was copied."""
        left = Buffer(self._chunks[len(taken._chunks) :])
        self.count, self._first, self._chunks, self._newest = left.count, left._first, left._chunks, left._newest

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

    def hours(self) -> list[int]:
        """The hours since 1970 in which it has rows."""
        hours: set[int] = set()
        for batch in self._chunks:
            first, last = _first_and_last_hour(batch)
            hours.update([first] if first == last else np.unique(batch.at // HOUR).tolist())
        return sorted(hours)

    def pieces(self, hour: int, most: int) -> Iterator[Rows]:
        """As `all`, those of one hour, piece after piece: whole indicators, of about `most` rows unless one has more.

        What a piece needs fits a processor's cache, is used again for the next, and keeps no other thread waiting long.
        """
        batches = [inside for batch in self._chunks if len(inside := _in_hour(batch, hour))]
        if len({batch.numbering.digest for batch in batches}) == 1:
            for piece in _cut(batches, most):
                yield _of_batches(piece)
        else:
            yield _of_batches([(batch, slice(None)) for batch in batches])


def _first_and_last_hour(batch: Batch) -> tuple[int, int]:
    return int(batch.at.min()) // HOUR, int(batch.at.max()) // HOUR


def _in_hour(batch: Batch, hour: int) -> Batch:
    if _first_and_last_hour(batch) == (hour, hour):
        return batch
    return _chosen(batch, (batch.at >= hour * HOUR) & (batch.at < (hour + 1) * HOUR))


def _chosen(batch: Batch, rows: Chosen) -> Batch:
    columns = {name: getattr(batch, name)[rows] for name in ("series", "at", "value", "quality")}
    return Batch(numbering=batch.numbering, source=batch.source, **columns)


def _cut(batches: Sequence[Batch], most: int) -> Iterator[list[tuple[Batch, Chosen]]]:
    """The rows of batches that number alike, cut between indicators in the order of their names."""
    numbering = batches[0].numbering
    blocks = [numbering.block_of.take(batch.series) for batch in batches]
    counts = np.zeros(len(numbering.indicators), np.int64)
    for block in blocks:
        counts += np.bincount(block, minlength=len(counts))
    order = _order(numbering).blocks
    piece_of = np.empty(len(order), np.uint16)
    piece_of[order] = _pieces(counts[order], most)
    cuts: list[list[tuple[Batch, Chosen]]] = [[] for _ in range(int(piece_of.max()) + 1)]
    for batch, block in zip(batches, blocks, strict=True):
        piece = piece_of.take(block)
        changes = np.flatnonzero(piece[1:] != piece[:-1]) + 1
        if (piece[changes] < piece[changes - 1]).any():
            turned = np.argsort(piece, kind="stable")  # of 16 bits: numpy sorts those without comparing
            batch, piece = _chosen(batch, turned), piece[turned]
            changes = np.flatnonzero(piece[1:] != piece[:-1]) + 1
        for begin, end in pairwise([0, *changes.tolist(), len(piece)]):
            cuts[piece[begin]].append((batch, slice(begin, end)))
    return (cut for cut in cuts if cut)


def _pieces(counts: I64, most: int) -> list[int]:
    """Of each indicator, in order, which piece it is in, given its rows."""
    out, number, size = [], 0, 0
    for count in counts.tolist():
        if size and size + count > most and number < MOST_PIECES - 1:
            number, size = number + 1, 0
        size += count
        out.append(number)
    return out


def _of_batches(chosen: Sequence[tuple[Batch, Chosen]]) -> Rows:
    """Rows of batches, sorted; those that number alike are put together first."""
    if len({batch.numbering.digest for batch, _ in chosen}) == 1:
        return _by_number(chosen) or _sorted(_unsorted(chosen))
    # Batch by batch: of equal rows the first that came stays, and numberings may take turns.
    return merged([_unsorted([one]) for one in chosen])


def _by_number(chosen: Sequence[tuple[Batch, Chosen]]) -> Rows | None:
    """Rows of batches that number alike, sorted by number before they get names: half the work, and that of most rows.

    None where times lie too far apart for one key.
    """
    numbering = chosen[0][0].numbering
    names, at = _order(numbering), _joined(chosen, "at", np.int64)
    since, until = (int(at.min()), int(at.max())) if len(at) else (0, 0)
    span = until - since + 1
    if numbering.count * span >= 2**63:
        return None
    series = _joined(chosen, "series", np.int64)
    block = numbering.block_of.take(series).astype(np.intp)
    place = series + names.in_lists.take(block)
    key = names.begins.take(block) + names.places_before.take(place)
    first = int(key.min(initial=numbering.count))
    key -= first  # the smaller they are, the quicker they are sorted
    key *= span
    key += at
    key -= since
    value, quality = _joined(chosen, "value", np.float64), _joined(chosen, "quality", np.uint8)
    if not (key[1:] > key[:-1]).all():
        order = _in_order(key)
        key = key.take(order)
        new = key[1:] != key[:-1]
        if not new.all():
            kept = np.concatenate(([True], new))
            order, key = order[kept], key[kept]
        place, at, value, quality = place.take(order), at.take(order), value.take(order), quality.take(order)
    counts = np.diff(np.searchsorted(key, (names.ends - first) * span), prepend=0)
    return Rows(
        indicators=names.names,
        places=numbering.places,
        indicator=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        place=names.places.take(place),
        at=at,
        value=value,
        quality=quality,
    )


def _joined(chosen: Sequence[tuple[Batch, Chosen]], name: str, kind: type[T]) -> npt.NDArray[T]:
    """A column of all batches. Piece by piece: one call for all would keep every other thread waiting."""
    pieces = [getattr(batch, name)[rows] for batch, rows in chosen]
    out, end = np.empty(sum(map(len, pieces)), kind), 0
    for piece in pieces:
        out[end : end + len(piece)] = piece
        end += len(piece)
    return out


class _Order(NamedTuple):
    """How numbers go beside names. `lists` are the numbering's lists of places, one after the other."""

    blocks: list[int]
    """The blocks by the names of their indicators."""
    names: tuple[str, ...]
    """These names."""
    ranks: I32
    """Of each block where it stands among them."""
    begins: I64
    """Of each block how many series there are of indicators before it, by name."""
    ends: I64
    """By name: how many series there are up to this indicator, it included."""
    in_lists: I64
    """Of each block what its numbers lack to be positions in `lists`."""
    places: I32
    """Of each position in `lists` the code of its place."""
    places_before: I32
    """And how many places of its list are before it by name."""


@lru_cache(maxsize=KEPT)
def _order(numbering: Numbering) -> _Order:
    names, sizes = numbering.indicators, np.diff(numbering.starts)
    blocks = sorted(range(len(names)), key=names.__getitem__)
    ranks, begins = np.empty(len(names), np.int32), np.empty(len(names), np.int64)
    ranks[blocks] = np.arange(len(names), dtype=np.int32)
    ends = np.cumsum(sizes[blocks])
    begins[blocks] = ends - sizes[blocks]
    places, first = numbering.places_of_lists
    before = [np.argsort(np.argsort(mine)) for mine in np.split(places, np.cumsum([len(one) for one in numbering.lists])[:-1])]
    return _Order(
        blocks=blocks,
        names=tuple(names[block] for block in blocks),
        ranks=ranks,
        begins=begins,
        ends=ends,
        in_lists=first - numbering.starts[:-1],
        places=places,
        places_before=np.concatenate([*before, places[:0]]).astype(np.int32),
    )


def _unsorted(chosen: Sequence[tuple[Batch, Chosen]]) -> Rows:
    """Rows of batches that number alike."""
    numbering = chosen[0][0].numbering
    series, at, value, quality = (
        np.concatenate([getattr(batch, name)[rows] for batch, rows in chosen]) for name in ("series", "at", "value", "quality")
    )
    return _named(numbering, series, at, value, quality)


def _named(numbering: Numbering, series: I32, at: I64, value: F64, quality: U8) -> Rows:
    order = _order(numbering)
    return Rows(
        indicators=order.names,
        places=numbering.places,
        indicator=order.ranks[numbering.block_of[series]],
        place=numbering.place_of(series),
        at=at,
        value=value,
        quality=quality,
    )
