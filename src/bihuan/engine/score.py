"""Scores: how many points of penalty the series at and below a node carry on average, and the worst colour among them.

Ranks weigh points (0 for calm by custom); what is unknown counts nowhere, and where nothing is known there is no score.
A heading adds up the series of the headings under it: every series counts once, means are never averaged.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bihuan.engine import vector
from bihuan.engine.city import I32
from bihuan.engine.events import F64, I8, I64
from bihuan.engine.loops import Kernels
from bihuan.engine.rollup import Held, Spread, Tree


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """By heading and node (`Card.nodes`): mean penalty (NaN: nothing known), worst rank (-1), known series."""

    mean: F64
    worst: I8
    known: I32


@dataclass(frozen=True, kw_only=True, eq=False)
class Card:
    """What is scored: `heading` of each indicator (-1: of none), `headings` as a tree of them, `points` of each rank from 0
    on (higher ranks: as the last)."""

    spread: Spread
    heading: I64
    headings: Tree
    points: I64

    def __post_init__(self) -> None:
        assert len(self.points), "rank 0 has points too"
        assert len(self.heading) == len(self.spread.fan), "one heading an indicator"
        assert self.heading.max(initial=-1) < len(self.headings.parent), "a heading is one of the tree"

    @cached_property
    def nodes(self) -> I64:
        """Nodes with a series at or below them, by rising id: the columns of a score."""
        return np.unique(np.concatenate([np.empty(0, np.int64), *(fan.nodes for fan in self.spread.fans)]))

    @cached_property
    def expected(self) -> I64:
        """[headings, nodes]: how many series there are at and below each."""
        out = self._cells(np.int64)
        for number, fan in enumerate(self.spread.fans):
            mine = self.heading[(self.spread.fan == number) & (self.heading >= 0)]
            many = np.bincount(mine, minlength=len(out))
            out[:, np.searchsorted(self.nodes, fan.nodes)] += many[:, None] * fan.expected
        for one, above in self._upward:
            out[above] += out[one]
        return out

    @cached_property
    def _upward(self) -> list[tuple[int, int]]:
        """(heading, the one above it), deepest first."""
        parent = self.headings.parent.tolist()
        return [(one, parent[one]) for one in self.headings.upward if parent[one] >= 0]

    @cached_property
    def _rows(self) -> list[tuple[I64, I64, I64]]:
        """By fan: starts of its indicators in order of heading, the headings, and where each heading's starts begin."""
        out = []
        for number in range(len(self.spread.fans)):
            mine = np.flatnonzero((self.spread.fan == number) & (self.heading >= 0))
            mine = mine[np.argsort(self.heading[mine], kind="stable")]
            rows, first_of = np.unique(self.heading[mine], return_index=True)
            out.append((self.spread.start[mine], rows, np.append(first_of, len(mine)).astype(np.int64)))
        return out

    @cached_property
    def _columns(self) -> list[tuple[I64, I64, I64, I64, I64, I64]]:
        """By fan: single series and the columns they go to, inputs of inner nodes, inner nodes and their columns."""
        out = []
        for fan in self.spread.fans:
            column, single = np.searchsorted(self.nodes, fan.nodes).astype(np.int64), fan.source >= 0
            leaf, node = fan.source[single], -1 - fan.source[~single]
            out.append((leaf, column[single], fan.first, fan.child, node, column[~single]))
        return out

    def _cells(self, kind: npt.DTypeLike) -> npt.NDArray[np.signedinteger]:
        return np.zeros((len(self.headings.parent), len(self.nodes)), dtype=kind)

    def __call__(self, held: Held, kernels: Kernels = vector.KERNELS) -> Scores:
        total, known, worst = self._cells(np.int32), self._cells(np.int32), self._cells(np.int16)
        steps = np.diff(self.points, prepend=0).astype(np.int64)
        for fan, rows, columns in zip(self.spread.fans, self._rows, self._columns, strict=True):
            kernels.penalise(held.level, held.state, held.hidden, fan.size, *rows, steps, *columns, total, known, worst)
        for one, above in self._upward:
            total[above] += total[one]
            known[above] += known[one]
            np.maximum(worst[above], worst[one], out=worst[above])
        with np.errstate(invalid="ignore"):
            mean = total / known  # 0 / 0 is NaN: no data
        return Scores(mean=mean, worst=(worst - 1).astype(np.int8), known=known)
