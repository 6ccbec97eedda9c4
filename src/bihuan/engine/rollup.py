"""Roll-ups over a tree of nodes: what is known at nodes, gathered at every node above. NaN is "no data", never 0.

Values may stand at any node; a node's roll-up covers its own value and all below it. Children are added in rising order of
id, deepest nodes first, so that sums come out the same to the last bit.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from bihuan.engine import vector
from bihuan.engine.events import F64, I8, I64
from bihuan.engine.kernel import Kernels


class Tree:
    """A forest as parents: `parent[i]` is the node above node i, -1 for a root. Parents and children in any order.

    Raises ValueError when nodes go round in a circle or a parent is no node.
    """

    def __init__(self, parent: I64) -> None:
        self.parent = np.asarray(parent, dtype=np.int64)
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
        self.upward = tuple(layers[:0:-1])
        """Nodes by depth, deepest first, roots left out."""

        self.inner = np.concatenate([[], *(np.unique(self.parent[layer]) for layer in self.upward)]).astype(np.int64)
        """Nodes that have children, deepest first, by rising id within a depth."""

    def _gather(self, own: F64, how: np.ufunc) -> F64:
        assert own.shape == self.parent.shape, "one value a node"
        for layer in self.upward:
            how.at(own, self.parent[layer], own[layer])
        return own

    def known(self, value: F64) -> F64:
        """How many values are known at or below each node."""
        return self._gather((~np.isnan(value)).astype(np.float64), np.add)

    def sum(self, value: F64) -> F64:
        total = self._gather(np.where(np.isnan(value), 0.0, value), np.add)
        return np.where(self.known(value) > 0, total, np.nan)

    def max(self, value: F64) -> F64:
        return self._gather(np.array(value, dtype=np.float64), np.fmax)

    def mean(self, value: F64) -> F64:
        """Mean of all known values at or below each node, each counting once (not a mean of means)."""
        return _divide(self.sum(value), self.known(value))

    def worst(self, rank: I8) -> I8:
        """Highest rank at or below each node."""
        worst: I8 = np.array(rank, dtype=np.int8)
        for layer in self.upward:
            np.maximum.at(worst, self.parent[layer], worst[layer])
        return worst

    def ratio(self, numerator: F64, denominator: F64) -> tuple[F64, F64, F64]:
        """Numerators, denominators (both added up, where both are known) and their ratio, NaN where nothing is counted."""
        both = ~(np.isnan(numerator) | np.isnan(denominator))
        above = self.sum(np.where(both, numerator, np.nan))
        below = self.sum(np.where(both, denominator, np.nan))
        return above, below, _divide(above, below)


def _divide(above: F64, below: F64) -> F64:
    out = np.full(len(above), np.nan)
    np.divide(above, below, out=out, where=below != 0)
    return out


class How(IntEnum):
    """How the values of one indicator are rolled up."""

    SUM = 0
    MEAN = 1
    MAX = 2
    WORST = 3
    """The highest rank, of the levels instead of the values."""
    RATIO = 4
    """The indicator's sum over that of another one, counted where both are known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RollUp:
    """How a city is rolled up: one entry of `how` an indicator, and of `per` (RATIO: by which indicator; else ignored)."""

    tree: Tree
    how: I64
    per: I64

    def __call__(self, value: F64, level: I8, kernels: Kernels = vector.KERNELS) -> F64:
        """[indicators, units] of values and levels to [indicators, `tree.inner`]. NaN is "no data"."""
        assert value.shape == level.shape == (len(self.how), len(self.tree.parent)), "a row an indicator, a column a node"
        inner, parent = self.tree.inner, self.tree.parent
        out = np.empty((len(value), len(inner)))
        slot = np.full(len(parent), -1)
        slot[inner] = np.arange(len(inner))
        child = np.flatnonzero(parent >= 0)
        child = child[np.argsort(slot[parent[child]], kind="stable")]
        first = np.searchsorted(slot[parent[child]], np.arange(len(inner) + 1))
        child = np.where(slot[child] >= 0, -1 - slot[child], child)
        kernels.add_up(value, level, self.how, self.per, inner, first, child, out)
        return out
