"""The catalogue: a number for every series, in the order of dense ids, good as long as its digest is."""

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256

import msgspec
import numpy as np
import numpy.typing as npt

from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

MOST_NAMES = 1_000_000
"""Names kept at the most, some 80 MB, and as many places in tuples of them; beyond it all are forgotten and made anew."""


class CatalogueBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Series `start` .. `start + count - 1`: those of one indicator, at the places of a set, in the set's order."""

    indicator: str
    start: int
    count: int
    places_of: str


class CatalogueView(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue as it is handed out: lists of places stand once however many indicators share them."""

    catalogue: str
    count: int
    sets: dict[str, tuple[str, ...]]
    blocks: tuple[CatalogueBlock, ...]


class Catalogue:
    """`digest` changes with the packs and with the order of series. `count` series, ids from 0.

    Several threads may ask: what is kept between calls is only ever filled with the same again.
    """

    def __init__(self, rules: Rules) -> None:
        self.zone = rules.zone
        self.indicators: tuple[Indicator, ...] = tuple(rules.indicators.values())
        sets: dict[tuple[str, ...], str] = {}
        self._places: list[tuple[str, ...]] = []
        """By block; blocks about the same places share one tuple."""
        self._set_of: list[str] = []
        for indicator in self.indicators:
            places = rules.subjects(indicator)
            self._set_of.append(sets.setdefault(places, f"set-{len(sets) + 1}"))
            self._places.append(places)
        self._sets = {name: places for places, name in sets.items()}
        self._places = [self._sets[name] for name in self._set_of]
        sizes = [len(places) for places in self._places]
        self.starts: I64 = np.cumsum([0, *sizes], dtype=np.int64)
        self.count = int(self.starts[-1])
        self.block_of: I32 = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        """Number of the indicator of each series."""
        self.least: F64 = _bounds([indicator.least for indicator in self.indicators], -np.inf)
        self.most: F64 = _bounds([indicator.most for indicator in self.indicators], np.inf)
        self.digest = self._digest(rules.digest)
        self._names = np.full(self.count, None, dtype=object)
        self._tuples: dict[bytes, tuple[tuple[str, ...], I32]] = {}
        self._kept = 0

    def _digest(self, rules: str) -> str:
        out = sha256(rules.encode())
        for name, places in self._sets.items():
            out.update("\n".join(("", name, *places)).encode())
        for indicator, name in zip(self.indicators, self._set_of, strict=True):
            out.update(f"\n{indicator.id}@{name}".encode())
        return out.hexdigest()

    def view(self, indicator: str = "") -> CatalogueView | None:
        """All of it, or the one block of an indicator; None where no pack declares that."""
        blocks = tuple(
            CatalogueBlock(indicator=one.id, start=start, count=len(places), places_of=name)
            for one, start, places, name in zip(self.indicators, self.starts.tolist(), self._places, self._set_of, strict=False)
            if indicator in ("", one.id)
        )
        if indicator and not blocks:
            return None
        shown = {block.places_of for block in blocks}
        sets = {name: places for name, places in self._sets.items() if name in shown}
        return CatalogueView(catalogue=self.digest, count=self.count, sets=sets, blocks=blocks)

    # names to ids

    def ids(self, indicators: Sequence[str], indicator: I32, places: Sequence[str], place: I32) -> I64:
        """Ids of rows by dictionary-encoded names, code -1 for none; -1 where there is no such series."""
        blocks = np.array([*(self._block_by_name.get(name, -1) for name in indicators), -1], np.int64)[indicator]
        numbers = np.array([*(self._place_by_code.get(code, -1) for code in places), -1], np.int64)[place]
        # Both tables end in -1: whatever is unknown finds -1 there.
        position = self._position[self._set_numbers[blocks], numbers]
        return np.where((blocks >= 0) & (position >= 0), self.starts[blocks] + position, -1)

    @cached_property
    def _block_by_name(self) -> dict[str, int]:
        return {indicator.id: block for block, indicator in enumerate(self.indicators)}

    @cached_property
    def _place_by_code(self) -> dict[str, int]:
        codes = dict.fromkeys(code for places in self._sets.values() for code in places)
        return {code: number for number, code in enumerate(codes)}

    @cached_property
    def _set_numbers(self) -> I64:
        """Of each block which set it is about."""
        numbers = {name: number for number, name in enumerate(self._sets)}
        return np.array([*(numbers[name] for name in self._set_of), -1], np.int64)

    @cached_property
    def _position(self) -> I32:
        """[sets, places]: where a place stands in a set; -1 where it does not."""
        out = np.full((len(self._sets) + 1, len(self._place_by_code) + 1), -1, np.int32)
        for number, places in enumerate(self._sets.values()):
            out[number, [self._place_by_code[code] for code in places]] = np.arange(len(places))
        return out

    # ids to names

    def named(self, ids: I64) -> tuple[tuple[str, ...], I32]:
        """Series names in the order their ids first appear, and for each row the number of its own.

        Who sends the same ids again gets the same tuple, so that what is worked out of its names can be kept as well.
        """
        key = ids.tobytes()
        found = self._tuples.get(key)
        if found is None:
            if self._kept > MOST_NAMES:
                self._names, self._tuples, self._kept = np.full(self.count, None, dtype=object), {}, 0
            series, codes = first_seen(ids)
            codes.flags.writeable = False
            found = self._tuples[key] = (self._names_of(series), codes)
            self._kept += len(ids)
        return found

    def _names_of(self, ids: I64) -> tuple[str, ...]:
        known = self._names
        found: list[str | None] = known[ids].tolist()
        if None in found:
            self._make(known, ids[[name is None for name in found]])
            found = known[ids].tolist()
        return tuple(found)  # type: ignore[arg-type]

    def _make(self, known: npt.NDArray[np.object_], ids: I64) -> None:
        blocks = self.block_of[ids]
        rows = zip(ids.tolist(), blocks.tolist(), (ids - self.starts[blocks]).tolist(), strict=True)
        for number, block, place in rows:
            known[number] = f"{self.indicators[block].id}@{self._places[block][place]}"


def first_seen(ids: I64) -> tuple[I64, I32]:
    """Distinct ids in the order they first appear, and for each row the number of its own."""
    if len(ids) < 2 or bool((ids[1:] > ids[:-1]).all()):
        return ids, np.arange(len(ids), dtype=np.int32)
    known, first, of_row = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(known), np.int32)
    rank[order] = np.arange(len(known), dtype=np.int32)
    return known[order], rank[of_row]


def _bounds(given: Sequence[float | None], missing: float) -> F64:
    return np.array([missing if bound is None else bound for bound in given], np.float64)
