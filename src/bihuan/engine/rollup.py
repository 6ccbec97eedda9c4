"""Roll-ups over a tree of nodes: what is known at nodes, gathered at every node above. NaN is "no data", never 0.

Series stand at any node; a node's roll-up covers those at it and all below. What stands at a node comes first, then its
children in rising order of id, each with all below it, so that sums come out the same to the last bit. Unknown series
count nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from bihuan.engine import vector
from bihuan.engine.city import I32, U16
from bihuan.engine.events import F64, I8, I64
from bihuan.engine.kernel import HIDDEN
from bihuan.engine.loops import Kernels


class Tree:
    """A forest as parents: `parent[i]` is the node above node i, -1 for a root. Parents and children in any order.

    Raises ValueError when nodes go round in a circle or a parent is no node.
    """

    def __init__(self, parent: npt.ArrayLike) -> None:
        self.parent: I64 = np.asarray(parent, dtype=np.int64)
        size = len(self.parent)
        if size and not (self.parent.min() >= -1 and self.parent.max() < size):
            raise ValueError("a parent is the number of a node, or -1")
        layer = np.flatnonzero(self.parent < 0)
        layers, seen = [layer], len(layer)
        depth = np.full(size, -1)
        depth[layer] = 0
        while len(layer):
            layer = np.flatnonzero((depth < 0) & (depth[self.parent] == len(layers) - 1))
            depth[layer] = len(layers)
            layers.append(layer)
            seen += len(layer)
        if seen < size:
            raise ValueError("the nodes go round in a circle")
        self.upward: list[int] = np.concatenate(layers[::-1]).tolist()
        """Nodes, deepest first, by rising id within a depth."""


class Fan:
    """How the series of an indicator are gathered: `at[i]` is the node its series number i stands at.

    Nodes over a single series take it as it is; those over more are the inner nodes, at which something is added up.
    """

    def __init__(self, tree: Tree, at: npt.ArrayLike) -> None:
        inputs: dict[int, list[int]] = {}
        for series, node in enumerate(np.asarray(at).tolist()):
            inputs.setdefault(node, []).append(series)
        self.size = len(np.asarray(at))
        """Series of an indicator."""
        parent = tree.parent.tolist()
        under: dict[int, int] = {}
        sources: dict[int, int] = {}
        inner: list[list[int]] = []
        for node in tree.upward:
            if node not in inputs:
                continue
            mine = inputs[node]
            under[node] = under.get(node, 0) + sum(one >= 0 for one in mine)
            sources[node] = mine[0]
            if len(mine) > 1:
                sources[node] = -1 - len(inner)
                inner.append(mine)
            if parent[node] >= 0:
                source = sources[node]
                # A single series climbs on as itself: it must not be counted once more on the way.
                inputs.setdefault(parent[node], []).append(source)
                if source < 0:
                    under[parent[node]] = under.get(parent[node], 0) + under[node]
        nodes = sorted(sources)
        self.nodes: I64 = np.array(nodes, dtype=np.int64)
        """Those with a series at or below them, by rising id."""
        self.expected: I64 = np.array([under[node] for node in nodes], dtype=np.int64)
        """Series at or below each of `nodes`."""
        self.source: I64 = np.array([sources[node] for node in nodes], dtype=np.int64)
        """What each of `nodes` takes: a series, or -1 - the number of an inner node."""
        self.first: I64 = np.cumsum([0, *(len(mine) for mine in inner)], dtype=np.int64)
        self.child: I64 = np.array([one for mine in inner for one in mine], dtype=np.int64)
        """Inputs of the inner nodes: of number n those from `first[n]` up to `first[n + 1]`."""

    @property
    def inner(self) -> int:
        """How many inner nodes there are."""
        return len(self.first) - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """Where the series of a centre stand: indicators of the same places or things share a fan."""

    tree: Tree
    fans: tuple[Fan, ...]
    fan: I64
    """By indicator: the number of its fan."""
    start: I64
    """By indicator: its first dense id."""

    @classmethod
    def of(cls, tree: Tree, at: Sequence[Sequence[int]]) -> "Spread":
        """By indicator, in the order of dense ids: the node of each of its series."""
        known: dict[tuple[int, ...], int] = {}
        fan = [known.setdefault(tuple(nodes), len(known)) for nodes in at]
        start = np.cumsum([0, *(len(nodes) for nodes in at)], dtype=np.int64)[:-1]
        fans = tuple(Fan(tree, nodes) for nodes in known)
        return cls(tree=tree, fans=fans, fan=np.array(fan, dtype=np.int64), start=start)


class How(IntEnum):
    """How the values of one indicator are rolled up. The worst level of many series is a score's (`score.py`)."""

    SUM = 0
    MEAN = 1
    MAX = 2
    RATIO = 3
    """The sum of some indicators over that of others (`Share`), counted where all of them are known."""
    ALONE = 4
    """Not at all: a value stands for its own place only. Shares whose parts nobody knows, for those are never averaged."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """Columns of an engine, one entry a series; a series is unknown where its `state` has a bit of `hidden`."""

    value: F64
    level: I8
    state: U16
    hidden: int = HIDDEN

    def known(self, start: int, size: int) -> npt.NDArray[np.bool_]:
        unknown: npt.NDArray[np.bool_] = (self.state[start : start + size] & np.uint16(self.hidden)) == 0
        return unknown

    def values(self, start: int, size: int) -> F64:
        """The values of series that lie side by side, NaN where unknown."""
        return np.where(self.known(start, size), self.value[start : start + size], np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A ratio: `times` the sum of `over` by that of `per`, indicators by number with what each counts."""

    over: tuple[tuple[int, float], ...]
    per: tuple[tuple[int, float], ...]
    times: float = 1.0

    @property
    def plain(self) -> bool:
        """One indicator by another one, as they are."""
        return all(len(part) == 1 and part[0][1] == 1.0 for part in (self.over, self.per))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RollUp:
    """How a city is rolled up: `how` has an entry an indicator, `shares` one a ratio, about the same places as it is:
    ValueError where they are not."""

    spread: Spread
    how: I64
    shares: Mapping[int, Share] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ratio in np.flatnonzero(self.how == How.RATIO).tolist():
            share, fan = self.shares[ratio], self.spread.fan
            if any(fan[part] != fan[ratio] for part, _ in (*share.over, *share.per)):
                raise ValueError("a ratio is of indicators about the same places")

    def __call__(self, held: Held, indicators: I64 | None = None, kernels: Kernels = vector.KERNELS) -> "Rolled":
        """Of all indicators, or of those named by number. To be read before the columns move on."""
        asked = np.arange(len(self.how)) if indicators is None else indicators
        rows = dict[int, tuple[F64, I32]]()
        sums = [one for one in asked.tolist() if one in self.shares and not self.shares[one].plain]
        for number, fan in enumerate(self.spread.fans):
            mine = asked[(self.spread.fan[asked] == number) & ~np.isin(asked, sums)]
            self._add(rows, mine, fan, held, kernels)
            for one in sums:
                if self.spread.fan[one] == number:
                    rows[one] = self._summed(one, fan, held, kernels)
        return Rolled(plan=self, held=held, rows=rows)

    def _add(self, rows: dict[int, tuple[F64, I32]], mine: I64, fan: Fan, held: Held, kernels: Kernels) -> None:
        """All at once, as the columns are."""
        start, how = self.spread.start, self.how[mine]
        ratio, alone = how == How.RATIO, how == How.ALONE
        over, per = mine.copy(), mine.copy()
        for row in np.flatnonzero(ratio).tolist():
            share = self.shares[int(mine[row])]
            over[row], per[row] = share.over[0][0], share.per[0][0]
        out, known = np.empty((len(mine), fan.inner)), np.empty((len(mine), fan.inner), dtype=np.int32)
        how = np.where(alone, How.SUM, how)
        columns = held.value, held.state, held.hidden, fan.size
        kernels.add_up(*columns, start[over], how, start[per], fan.first, fan.child, out, known)
        out[ratio] *= np.array([self.shares[int(one)].times for one in mine[ratio]]).reshape(-1, 1)
        out[alone] = np.nan
        rows.update(zip(mine.tolist(), zip(out, known, strict=True), strict=True))

    def _summed(self, indicator: int, fan: Fan, held: Held, kernels: Kernels) -> tuple[F64, I32]:
        """A ratio of sums, worked out place by place and then added up like any other."""
        parts = np.concatenate(self.parts(indicator, held))
        out, known = np.empty((1, fan.inner)), np.empty((1, fan.inner), dtype=np.int32)
        zero, state = np.zeros(1, dtype=np.int64), np.zeros(len(parts), dtype=np.uint16)
        how, per = np.full(1, How.RATIO, dtype=np.int64), zero + fan.size
        kernels.add_up(parts, state, held.hidden, fan.size, zero, how, per, fan.first, fan.child, out, known)
        return out[0] * self.shares[indicator].times, known[0]

    def parts(self, indicator: int, held: Held) -> tuple[F64, F64]:
        """Numerator and denominator of a ratio at the places of its series, NaN where any part is unknown."""
        size, share = self.spread.fans[self.spread.fan[indicator]].size, self.shares[indicator]

        def summed(part: tuple[tuple[int, float], ...]) -> F64:
            columns = [weight * held.values(int(self.spread.start[one]), size) for one, weight in part]
            total: F64 = sum(columns[1:], start=columns[0])
            return total

        return summed(share.over), summed(share.per)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rolled:
    """What was rolled up. `rows`: by indicator, values and known series at its fan's inner nodes."""

    plan: RollUp
    held: Held
    rows: dict[int, tuple[F64, I32]]

    def at(self, indicator: int) -> tuple[F64, I64]:
        """Value (NaN: nothing known) and number of known series, at each of the `nodes` of the indicator's fan."""
        spread = self.plan.spread
        fan, start, how = spread.fans[spread.fan[indicator]], int(spread.start[indicator]), self.plan.how[indicator]
        alone = self.held.values(start, fan.size)
        counted = ~np.isnan(alone)
        if how == How.RATIO:
            above, below = self.plan.parts(indicator, self.held)
            counted = ~(np.isnan(above) | np.isnan(below))
            alone = np.divide(above, below, out=np.full(fan.size, np.nan), where=counted & (below != 0))
            alone *= self.plan.shares[indicator].times
        value, many = self.rows[indicator]
        leaf, node = np.maximum(fan.source, 0), np.maximum(-1 - fan.source, 0)
        single = fan.source >= 0
        value, many = (np.append(column, 0) for column in (value, many))  # so that there always is an entry to look at
        return np.where(single, alone[leaf], value[node]), np.where(single, counted[leaf], many[node])
