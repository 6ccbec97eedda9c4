"""Kernels over a whole city, [indicators, units]: roll-ups up the tree and penalties by track. Sums run in one fixed order."""

import numpy as np
import numpy.typing as npt

from bihuan.engine.events import F64, I8, I64


def gather(a: F64, b: F64, inner: I64, first: I64, child: I64, found: F64) -> None:
    """Sum, count and maximum of two rows of values at every inner node, children in rising order, deepest nodes first.

    `found[node, sum|known|max of a, then of b]`. A child that is itself an inner node stands as -1 - its place in `inner`.
    Two rows at once, for a sum in order waits for each addition.
    """
    for n in range(len(inner)):
        x, y = a[inner[n]], b[inner[n]]
        sum_a, known_a, most_a = (0.0 + x, 1.0, x) if x == x else (0.0, 0.0, -np.inf)
        sum_b, known_b, most_b = (0.0 + y, 1.0, y) if y == y else (0.0, 0.0, -np.inf)
        for c in range(first[n], first[n + 1]):
            if child[c] >= 0:
                x, y = a[child[c]], b[child[c]]
                most_a, most_b = x if x > most_a else most_a, y if y > most_b else most_b
                sum_a += x if x == x else 0.0
                sum_b += y if y == y else 0.0
                known_a += 1.0 if x == x else 0.0
                known_b += 1.0 if y == y else 0.0
            else:
                below = -1 - child[c]
                sum_a, known_a = sum_a + found[below, 0], known_a + found[below, 1]
                sum_b, known_b = sum_b + found[below, 3], known_b + found[below, 4]
                most_a, most_b = max(most_a, found[below, 2]), max(most_b, found[below, 5])
        found[n, 0], found[n, 1], found[n, 2] = sum_a, known_a, most_a
        found[n, 3], found[n, 4], found[n, 5] = sum_b, known_b, most_b


def add_up(value: F64, level: I8, how: I64, per: I64, inner: I64, first: I64, child: I64, out: F64) -> None:
    """Roll up every row as `how` says (numbers of `rollup.How`). No data is NaN."""
    found = np.empty((len(inner), 6))
    a, b = np.empty(value.shape[1]), np.empty(value.shape[1])
    alone = -1
    for i in range(len(how)):
        if how[i] == 3:  # WORST
            for u in range(len(a)):
                a[u] = level[i, u]
            gather(a, a, inner, first, child, found)
            out[i] = found[:, 2]
        elif how[i] == 4:  # RATIO
            for u in range(len(a)):
                x, y = value[i, u], value[per[i], u]
                both = x == x and y == y
                a[u], b[u] = x if both else np.nan, y if both else np.nan
            gather(a, b, inner, first, child, found)
            for n in range(len(inner)):
                out[i, n] = found[n, 0] / found[n, 3] if found[n, 3] != 0.0 else np.nan
        elif alone < 0:
            alone = i
        else:
            gather(value[alone], value[i], inner, first, child, found)
            settle(how[alone], found, 0, out[alone])
            settle(how[i], found, 3, out[i])
            alone = -1
    if alone >= 0:
        gather(value[alone], value[alone], inner, first, child, found)
        settle(how[alone], found, 0, out[alone])


def settle(how: int, found: F64, half: int, out: F64) -> None:
    """The sum (0), mean (1) or maximum (2) of one row."""
    for n in range(len(out)):
        known = found[n, half + 1]
        if known == 0.0:
            out[n] = np.nan
        elif how == 1:
            out[n] = found[n, half] / known
        else:
            out[n] = found[n, half + how]


def penalise(
    level: I8,
    state: npt.NDArray[np.uint16],
    hidden: int,
    order: I64,
    first: I64,
    points: I64,
    total: npt.NDArray[np.int32],
    known: npt.NDArray[np.int32],
    worst: npt.NDArray[np.int16],
) -> None:
    """Add up points, known series and the worst rank (0: none known, 1: calm, ...) of the rows of each track, by unit.

    `points[rank]` are what a rank has more than the one below; ranks above the last have no more. One short loop a step,
    over units that lie side by side, so that each does many at once.
    """
    units = level.shape[1]
    mark = np.empty(units, dtype=np.int16)
    for track in range(len(first) - 1):
        sums, counts, worsts = total[track], known[track], worst[track]
        for n in range(first[track], first[track + 1]):
            ranks, states = level[order[n]], state[order[n]]
            for u in range(units):
                mark[u] = (ranks[u] + 1) * ((states[u] & hidden) == 0)
            for u in range(units):
                worsts[u] = max(worsts[u], mark[u])
            for u in range(units):
                counts[u] += mark[u] > 0
            for rank in range(len(points)):
                step = points[rank]
                if step != 0:
                    for u in range(units):
                        sums[u] += step * (mark[u] > rank)


HELPERS = (gather, settle)
