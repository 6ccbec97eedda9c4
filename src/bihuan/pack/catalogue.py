"""The catalogue: a number for every series, in the order of dense ids, good as long as its digest is."""

from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator

F64 = npt.NDArray[np.float64]


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
    """The numbering of the rules, with what a value of each indicator may be. Any thread may ask."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.zone = rules.zone
        self.numbering = rules.numbering
        self.count = self.numbering.count
        self.indicators: tuple[Indicator, ...] = tuple(rules.indicators.values())
        """By block."""

    @property
    def digest(self) -> str:
        """Changes when a series gets another number, and only then."""
        return self.numbering.digest

    @cached_property
    def least(self) -> F64:
        return _bounds([indicator.least for indicator in self.indicators], -np.inf)

    @cached_property
    def most(self) -> F64:
        return _bounds([indicator.most for indicator in self.indicators], np.inf)

    @cached_property
    def derived(self) -> npt.NDArray[np.bool_] | None:
        """Of each block whether it is worked out by a formula, so that nobody may send it; None where none is."""
        found = np.array([indicator.formula is not None for indicator in self.indicators], dtype=np.bool_)
        return found if found.any() else None

    def view(self, indicator: str = "") -> CatalogueView | None:
        """All of it, or the one block of an indicator; None where no pack declares that."""
        known = self.numbering
        blocks = tuple(
            CatalogueBlock(indicator=name, start=start, count=len(known.lists[n]), places_of=f"set-{n + 1}")
            for name, start, n in zip(known.indicators, known.starts.tolist(), known.list_of, strict=False)
            if indicator in ("", name)
        )
        if indicator and not blocks:
            return None
        shown = {block.places_of for block in blocks}
        sets = {f"set-{n}": places for n, places in enumerate(known.lists, start=1) if f"set-{n}" in shown}
        return CatalogueView(catalogue=self.digest, count=self.count, sets=sets, blocks=blocks)


def _bounds(given: Sequence[float | None], missing: float) -> F64:
    return np.array([missing if bound is None else bound for bound in given], np.float64)
