"""Where vital signs stand, as numbers: headings as a tree, and the places of one of the two trees with the series on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bihuan.engine.formula import Ratio
from bihuan.engine.rollup import How, RollUp, Share, Spread, Tree
from bihuan.pack.formulas import share_of
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator, Place, Words
from bihuan.views.known import NotFound
from bihuan.views.vital_shapes import Heading, Kind, TreeName

Key = tuple[Kind, str]
"""A heading: a plate and a track may share an id."""
ALL: Key = ("all", "")
UNFILED = "-"
"""The plate of indicators that no pack files under any."""

RolledUp = Literal["sum", "mean", "max", "worst", "ratio", "alone"]
HOW: dict[RolledUp, How] = {
    "sum": How.SUM,
    "mean": How.MEAN,
    "max": How.MAX,
    "worst": How.ALONE,  # the worst level is in every score; as a number it would look measured
    "ratio": How.RATIO,
    "alone": How.ALONE,
}


class Headings:
    """Plates, tracks and sub-tracks as one tree under "all", and where each indicator hangs."""

    def __init__(self, rules: Rules) -> None:
        self.keys: list[Key] = [ALL]
        self.words: list[Words] = [Words(zh="全部体征", en="All vital signs")]
        self.above = [-1]
        for plate in rules.plates.values():
            self._add(("plate", plate.id), plate.words, ALL)
        for track in rules.tracks.values():
            self._add(("track", track.id), track.words, ("plate", track.plate))
        for sub_track in rules.sub_tracks.values():
            self._add(("sub_track", sub_track.id), sub_track.words, ("track", sub_track.track))
        if any(rules.plate_of(indicator) is None for indicator in rules.indicators.values()):
            self._add(("plate", UNFILED), Words(zh="未归类", en="Unfiled"), ALL)
        self.tree = Tree(self.above)
        self.number = {key: number for number, key in enumerate(self.keys)}
        self.of = np.array([self._of(one) for one in rules.indicators.values()], dtype=np.int64)
        """By indicator: the narrowest heading it is filed under."""
        self.indicators = np.bincount(self.of, minlength=len(self.above))
        for one in self.tree.upward:
            if self.above[one] >= 0:
                self.indicators[self.above[one]] += self.indicators[one]

    def _add(self, key: Key, words: Words, above: Key) -> None:
        self.above.append(self.keys.index(above))
        self.keys.append(key)
        self.words.append(words)

    def _of(self, indicator: Indicator) -> int:
        filed: tuple[Key, ...] = (("sub_track", indicator.sub_track), ("track", indicator.track), ("plate", indicator.plate))
        return next((self.number[key] for key in filed if key[1]), self.number.get(("plate", UNFILED), 0))

    def at(self, key: Key | None) -> int:
        """Number of a heading; of all without a key. Raises NotFound."""
        number = self.number.get(key or ALL)
        if number is None:
            kind, id = key or ALL
            what = f"there is no {kind.replace('_', '-')} '{id}'"
            raise NotFound(what, where=kind, remedy="Take an id from the columns of /live/vitals.")
        return number

    def children(self, number: int) -> list[int]:
        return [child for child, above in enumerate(self.above) if above == number]

    def path(self, number: int) -> list[int]:
        out = [number]
        while (above := self.above[out[-1]]) >= 0:
            out.append(above)
        return out[::-1]

    def view(self, number: int) -> Heading:
        kind, id = self.keys[number]
        return Heading(kind=kind, id=id, words=self.words[number], indicators=int(self.indicators[number]))


@dataclass(frozen=True, kw_only=True)
class Way:
    """How an indicator is really rolled up."""

    how: RolledUp
    share: Ratio | None = None
    """Of which indicators a ratio is."""


def way_of(rules: Rules, indicator: Indicator) -> Way:
    """As the packs say; a ratio whose parts they do not name, or name about other places, stands alone at its own places."""
    if indicator.roll_up != "ratio":
        return Way(how=indicator.roll_up)
    share = share_of(indicator.formula) if indicator.formula else None
    if indicator.per:
        share = Ratio(over=((indicator.id, 1.0),), per=((indicator.per, 1.0),), times=1.0)
    mine = rules.subjects(indicator)
    parts = [id for id, _ in (*share.over, *share.per)] if share else []
    fits = all(id in rules.indicators and rules.subjects(rules.indicators[id]) == mine for id in parts)
    return Way(how="ratio", share=share) if share and fits else Way(how="alone")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The places of one of the two trees as nodes, in the order of declaration."""

    node: dict[str, int]
    above: list[int]
    children: dict[str, tuple[str, ...]]
    spread: Spread
    roll_up: RollUp

    def covers(self, node: int, other: int) -> bool:
        """Does node `other` lie at or under `node`?"""
        while other >= 0 and other != node:
            other = self.above[other]
        return other == node


def lay_out(rules: Rules, tree: TreeName) -> Layout:
    node = {code: number for number, code in enumerate(rules.places)}
    above = [node.get(parent_of(place, tree), -1) for place in rules.places.values()]
    children: dict[str, list[str]] = {}
    for place in rules.places.values():
        children.setdefault(parent_of(place, tree), []).append(place.code)
    stands = [tuple(node[rules.place_of(spot).code] for spot in spots) for spots in rules.numbering.lists]
    spread = Spread.of(Tree(above), [stands[number] for number in rules.numbering.list_of])
    number = {id: n for n, id in enumerate(rules.indicators)}
    ways = [way_of(rules, indicator) for indicator in rules.indicators.values()]
    roll_up = RollUp(
        spread=spread,
        how=np.array([HOW[way.how] for way in ways], dtype=np.int64),
        shares={n: _numbered(way.share, number) for n, way in enumerate(ways) if way.share},
    )
    below = {parent: tuple(codes) for parent, codes in children.items()}
    return Layout(node=node, above=above, children=below, spread=spread, roll_up=roll_up)


def _numbered(share: Ratio, number: Mapping[str, int]) -> Share:
    over, per = (tuple((number[id], weight) for id, weight in part) for part in (share.over, share.per))
    return Share(over=over, per=per, times=share.times)


def parent_of(place: Place, tree: TreeName) -> str:
    return place.duty_parent or place.parent if tree == "duty" else place.parent


def upward(rules: Rules, place: str, tree: TreeName) -> Iterator[str]:
    """Codes from a place up to the root."""
    step = rules.places.get(place)
    while step is not None:
        yield step.code
        step = rules.places.get(parent_of(step, tree))


def indicator_of(rules: Rules, id: str) -> Indicator:
    if (found := rules.indicators.get(id)) is None:
        raise NotFound(f"there is no indicator '{id}'", where="indicator", remedy="Take one from a column of /live/vitals.")
    return found


def check_place(rules: Rules, place: str) -> None:
    if place not in rules.places:
        remedy = "Take a code from /live/units, such as the root's."
        raise NotFound(f"there is no place '{place}'", where="place", remedy=remedy)


def spots_below(rules: Rules, indicator: str, place: str, tree: TreeName) -> tuple[str, ...]:
    """The subjects of an indicator at or below a place, or the thing itself. Raises NotFound for what is not there."""
    subjects = rules.subjects(indicator_of(rules, indicator))
    if place in rules.things:
        out = tuple(spot for spot in subjects if spot == place)
    else:
        check_place(rules, place)
        out = tuple(spot for spot in subjects if place in upward(rules, rules.place_of(spot).code, tree))
    if not out:
        what = f"'{indicator}' is not measured at or below '{place}'"
        raise NotFound(what, where="place", remedy="Ask for a place above it, or another indicator.")
    return out
