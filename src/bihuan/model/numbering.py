"""Numbers of series: the names `indicator@place` in an order, without keeping a text for each."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

MOST_KEPT = 16
"""Translations from other numberings, and lists of names looked up, kept at the most."""

MOST_TEXT_KEPT = 1 << 20
"""Letters in a list of names that is kept at the most."""


class _Packed(msgspec.Struct, frozen=True):
    lists: tuple[tuple[str, ...], ...]
    blocks: tuple[tuple[str, int], ...]
    """Indicator, and which of the lists."""


_decode = msgspec.json.Decoder(_Packed).decode


class Numbering:
    """Series in blocks: those of one indicator at the places of a list, in its order; blocks share their lists.

    Numbers run from 0 through the blocks; an indicator has one block. Two numberings with one `digest` number alike. Any
    thread may ask: what is kept between calls is only ever filled with the same again.
    """

    def __init__(self, blocks: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        given = list(blocks)
        # Mostly one and the same tuple comes again: its texts are looked at once.
        seen: dict[int, int] = {}
        lists: dict[tuple[str, ...], int] = {}
        self.list_of: list[int] = []
        """By block, which of `lists` it is about."""
        for _, places in given:
            if id(places) not in seen:
                seen[id(places)] = lists.setdefault(places, len(lists))
            self.list_of.append(seen[id(places)])
        self.indicators: tuple[str, ...] = tuple(indicator for indicator, _ in given)
        self.lists: tuple[tuple[str, ...], ...] = tuple(lists)
        self.starts: I64 = np.cumsum([0, *(len(self.lists[n]) for n in self.list_of)], dtype=np.int64)
        """Where each block begins, and at last `count`."""
        self.count = int(self.starts[-1])
        self._kept: dict[str, I32] = {}
        self._found: dict[int, tuple[Sequence[str], dict[str, int], I64]] = {}
        assert len(self._block) == len(given), "an indicator has one block"

    @cached_property
    def packed(self) -> bytes:
        """All of it as JSON, for `unpacked`."""
        return msgspec.json.encode(_Packed(self.lists, tuple(zip(self.indicators, self.list_of, strict=True))))

    @classmethod
    def unpacked(cls, raw: bytes | memoryview) -> "Numbering":
        """Raises ValueError for bytes that `packed` did not give."""
        found = _decode(raw)
        if any(not 0 <= n < len(found.lists) for _, n in found.blocks):
            raise ValueError("a block is about a list that is not there")
        return cls((indicator, found.lists[n]) for indicator, n in found.blocks)

    @cached_property
    def digest(self) -> str:
        return sha256(self.packed).hexdigest()

    # one

    def name(self, number: int) -> str:
        indicator, place = self.pair(number)
        return f"{indicator}@{place}"

    def pair(self, number: int) -> tuple[str, str]:
        """Indicator and place."""
        block = bisect_right(self._begins, number) - 1
        return self.indicators[block], self.lists[self.list_of[block]][number - self._begins[block]]

    def pairs(self, numbers: npt.NDArray[Any]) -> list[tuple[str, str]]:
        return [self.pair(number) for number in numbers.tolist()]

    def number(self, indicator: str, place: str) -> int:
        """-1 where there is no such series."""
        block = self._block.get(indicator, -1)
        position = self._positions[self.list_of[block]].get(place, -1) if block >= 0 else -1
        return int(self.starts[block]) + position if position >= 0 else -1

    def span(self, indicator: str) -> tuple[int, int]:
        """The first number of an indicator, and the one after its last; the same twice where there is none."""
        block = self._block.get(indicator)
        return (0, 0) if block is None else (int(self.starts[block]), int(self.starts[block + 1]))

    @cached_property
    def _begins(self) -> list[int]:
        """`starts` for looking up one: a list is several times quicker at that."""
        begins: list[int] = self.starts.tolist()
        return begins

    @cached_property
    def _block(self) -> dict[str, int]:
        return {indicator: block for block, indicator in enumerate(self.indicators)}

    @cached_property
    def _positions(self) -> tuple[dict[str, int], ...]:
        return tuple({place: n for n, place in enumerate(places)} for places in self.lists)

    # many

    @cached_property
    def block_of(self) -> npt.NDArray[Any]:
        """Of each series the number of its block, in the narrowest type."""
        kind = np.min_scalar_type(max(1, len(self.indicators)))
        return np.repeat(np.arange(len(self.indicators), dtype=kind), np.diff(self.starts))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Every place that has a series, in order of codes."""
        return tuple(sorted({place for places in self.lists for place in places}))

    @cached_property
    def places_of_lists(self) -> tuple[I32, I64]:
        """The lists one after the other as indexes into `places`, and where the one of each block begins."""
        rank = {place: n for n, place in enumerate(self.places)}
        flat = np.array([rank[place] for places in self.lists for place in places], dtype=np.int32)
        begins = np.cumsum([0, *(len(places) for places in self.lists)], dtype=np.int64)
        return flat, begins[self.list_of] if self.list_of else begins[:0]

    def place_of(self, numbers: npt.NDArray[Any]) -> I32:
        """Of each series the index of its place in `places`."""
        flat, begins = self.places_of_lists
        places: I32 = flat[numbers + (begins - self.starts[:-1])[self.block_of[numbers]]]
        return places

    def first_of_places(self) -> I64:
        """The lowest number of each of `places`."""
        out = np.full(len(self.places), self.count, dtype=np.int64)
        flat, begins = self.places_of_lists
        for n in {n: block for block, n in reversed(list(enumerate(self.list_of)))}.values():
            mine = flat[begins[n] : begins[n] + self.starts[n + 1] - self.starts[n]]
            out[mine] = np.minimum(out[mine], np.arange(self.starts[n], self.starts[n + 1]))
        return out

    def counts(self) -> I64:
        """How many series each of `places` has."""
        out = np.zeros(len(self.places), dtype=np.int64)
        flat, _ = self.places_of_lists
        begin = 0
        for places, blocks in zip(self.lists, np.bincount(self.list_of, minlength=len(self.lists)), strict=True):
            out[flat[begin : begin + len(places)]] += blocks
            begin += len(places)
        return out

    def numbers(self, indicators: Sequence[str], indicator: I32, places: Sequence[str], place: I32) -> I64:
        """Numbers of rows by dictionary-encoded names, code -1 for none; -1 where there is no such series."""
        blocks = self._looked_up(indicators, self._block).take(indicator)
        codes = self._looked_up(places, self._codes).take(place)
        rows, position = self._position
        position = position.take(rows.take(blocks) + codes)
        found: I64 = self.starts.take(blocks) + position
        return found if position.min(initial=0) >= 0 else np.where(position >= 0, found, -1)

    def _looked_up(self, names: Sequence[str], known: dict[str, int]) -> I64:
        """What each of the names is, at last -1 for none. A tuple that comes again, as senders' dictionaries do, is not looked
        through again."""
        kept = self._found.get(id(names))
        if kept is not None and kept[0] is names and kept[1] is known:
            return kept[2]
        found = np.array([*(known.get(name, -1) for name in names), -1], np.int64)
        if isinstance(names, tuple) and sum(map(len, names)) <= MOST_TEXT_KEPT:
            if len(self._found) >= MOST_KEPT:
                self._found = {}
            self._found[id(names)] = (names, known, found)
        return found

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {place: n for n, place in enumerate(self.places)}

    @cached_property
    def _position(self) -> tuple[I64, I32]:
        """Of each block where its row begins in a table [lists, places], written row by row, and this table: where a place
        stands in a list, -1 where it does not. For what is unknown, block or place -1, there is a -1 too: rows end in one,
        and the last two, which are counted from the end, have nothing else."""
        out = np.full((len(self.lists) + 2, len(self.places) + 1), -1, np.int32)
        for n, places in enumerate(self.lists):
            out[n, [self._codes[place] for place in places]] = np.arange(len(places))
        return np.array([*self.list_of, -1], np.int64) * out.shape[1], out.ravel()

    def translated(self, other: "Numbering", numbers: npt.NDArray[Any]) -> I64:
        """Numbers of `other` as those of the same series here; -1 where there is no such series."""
        found: I64 = numbers
        if other is self or other.digest == self.digest:
            return found.astype(np.int64, copy=False)
        table = self._kept.get(other.digest)
        if table is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept = {}
            table = self._kept[other.digest] = self._table(other)
        found = table[numbers]
        return found.astype(np.int64, copy=False)

    def _table(self, other: "Numbering") -> I32:
        out = np.full(other.count, -1, dtype=np.int32)
        positions: dict[tuple[int, int], I64] = {}
        for n, (indicator, theirs) in enumerate(zip(other.indicators, other.list_of, strict=True)):
            block = self._block.get(indicator, -1)
            if block < 0:
                continue
            pair = (self.list_of[block], theirs)
            if pair not in positions:
                known = self._positions[pair[0]]
                positions[pair] = np.array([known.get(place, -1) for place in other.lists[theirs]], dtype=np.int64)
            mine = positions[pair]
            out[other.starts[n] : other.starts[n + 1]] = np.where(mine >= 0, self.starts[block] + mine, -1)
        return out


def numbered(names: Sequence[str]) -> tuple[Numbering, I32]:
    """A numbering of these series, and the number of each name."""
    places: dict[str, dict[str, int]] = {}
    found: list[tuple[str, int]] = []
    for name in names:
        indicator, _, place = name.partition("@")
        known = places.setdefault(indicator, {})
        found.append((indicator, known.setdefault(place, len(known))))
    numbering = Numbering((indicator, tuple(known)) for indicator, known in places.items())
    starts = dict(zip(numbering.indicators, numbering.starts.tolist(), strict=False))
    return numbering, np.array([starts[indicator] + n for indicator, n in found], dtype=np.int32)
