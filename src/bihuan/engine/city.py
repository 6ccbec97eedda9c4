"""Kernels over a whole city: roll-ups up the tree and penalties by heading. Sums run in one fixed order.

Series of one indicator lie side by side from `start` on; `state & hidden` says which of them are unknown and count nowhere.
Input c of an inner node is series c where c >= 0, else what inner node -1 - c has gathered; inputs stand in order, deepest
nodes first.
"""

import numpy as np
import numpy.typing as npt

from bihuan.engine.events import F64, I8, I64

I32 = npt.NDArray[np.int32]
U16 = npt.NDArray[np.uint16]


def gather(a: F64, b: F64, first: I64, child: I64, found: F64) -> None:
    """Sum, count and maximum of two rows of values at every inner node: `found[node, sum|known|max of a, then of b]`.

    Two rows at once, for a sum in order waits for each addition.
    """
    for n in range(len(first) - 1):
        sum_a, known_a, most_a = 0.0, 0.0, -np.inf
        sum_b, known_b, most_b = 0.0, 0.0, -np.inf
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


def seen(value: F64, state: U16, hidden: int, out: F64) -> None:
    """The values of one indicator, NaN where unknown."""
    for u in range(len(out)):
        out[u] = value[u] if state[u] & hidden == 0 else np.nan


def add_up(
    value: F64,
    state: U16,
    hidden: int,
    size: int,
    start: I64,
    how: I64,
    per: I64,
    first: I64,
    child: I64,
    out: F64,
    known: I32,
) -> None:
    """Roll up indicators over the same `size` series each as `how` says (numbers of `rollup.How`). No data is NaN.

    `per` is where the denominators of a ratio start.
    """
    found = np.empty((len(first) - 1, 6))
    a, b, c, d = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    alone = -1
    for i in range(len(how)):
        s = start[i]
        if how[i] == 3:  # RATIO
            seen(value[s : s + size], state[s : s + size], hidden, c)
            seen(value[per[i] : per[i] + size], state[per[i] : per[i] + size], hidden, d)
            for u in range(size):
                both = c[u] == c[u] and d[u] == d[u]
                c[u], d[u] = c[u] if both else np.nan, d[u] if both else np.nan
            gather(c, d, first, child, found)
            for n in range(len(first) - 1):
                out[i, n] = found[n, 0] / found[n, 3] if found[n, 3] != 0.0 else np.nan
                known[i, n] = int(found[n, 1])
        elif alone < 0:
            alone = i
            seen(value[s : s + size], state[s : s + size], hidden, a)
        else:
            seen(value[s : s + size], state[s : s + size], hidden, b)
            gather(a, b, first, child, found)
            settle(how[alone], found, 0, out[alone], known[alone])
            settle(how[i], found, 3, out[i], known[i])
            alone = -1
    if alone >= 0:
        gather(a, a, first, child, found)
        settle(how[alone], found, 0, out[alone], known[alone])


def settle(how: int, found: F64, half: int, out: F64, known: I32) -> None:
    """The sum (0), mean (1) or maximum (2) of one row, and how many values it stands on."""
    for n in range(len(out)):
        many = found[n, half + 1]
        known[n] = int(many)
        if many == 0.0:
            out[n] = np.nan
        elif how == 1:
            out[n] = found[n, half] / many
        else:
            out[n] = found[n, half + how]


def penalise(
    level: I8,
    state: U16,
    hidden: int,
    size: int,
    start: I64,
    rows: I64,
    first_of: I64,
    points: I64,
    leaf: I64,
    leaf_column: I64,
    first: I64,
    child: I64,
    node: I64,
    node_column: I64,
    total: I32,
    known: I32,
    worst: npt.NDArray[np.int16],
) -> None:
    """Add points, known series and the worst rank (0: none known, 1: calm, ...) at and below every place to `rows`.

    Indicators over the same `size` series each: those that count in `rows[r]` start at `start[first_of[r]]` and on.
    `points[rank]` are what a rank has more than the one below; ranks above the last have no more. Of the columns,
    `leaf_column` take a single series (`leaf`), `node_column` what an inner node (`node`) gathers. One short loop a step, over
    series that lie side by side, so that each does many at once.
    """
    mark, worsts = np.empty(size, dtype=np.int16), np.empty(size, dtype=np.int16)
    sums, counts = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
    inner = len(first) - 1
    sum_at, count_at, worst_at = np.empty(inner, np.int32), np.empty(inner, np.int32), np.empty(inner, np.int16)
    for r in range(len(rows)):
        sums[:], counts[:], worsts[:] = 0, 0, 0
        for i in range(first_of[r], first_of[r + 1]):
            ranks, states = level[start[i] : start[i] + size], state[start[i] : start[i] + size]
            for u in range(size):
                mark[u] = (ranks[u] + 1) * ((states[u] & hidden) == 0)
            for u in range(size):
                worsts[u] = max(worsts[u], mark[u])
            for u in range(size):
                counts[u] += mark[u] > 0
            for rank in range(len(points)):
                step = points[rank]
                if step != 0:
                    for u in range(size):
                        sums[u] += step * (mark[u] > rank)
        for n in range(inner):
            all_sum, all_count, all_worst = 0, 0, 0
            for c in range(first[n], first[n + 1]):
                below = child[c]
                if below >= 0:
                    all_sum, all_count = all_sum + sums[below], all_count + counts[below]
                    all_worst = max(all_worst, worsts[below])
                else:
                    all_sum, all_count = all_sum + sum_at[-1 - below], all_count + count_at[-1 - below]
                    all_worst = max(all_worst, worst_at[-1 - below])
            sum_at[n], count_at[n], worst_at[n] = all_sum, all_count, all_worst
        of_total, of_known, of_worst = total[rows[r]], known[rows[r]], worst[rows[r]]
        for n in range(len(node)):
            column = node_column[n]
            of_total[column] += sum_at[node[n]]
            of_known[column] += count_at[node[n]]
            of_worst[column] = max(of_worst[column], worst_at[node[n]])
        for n in range(len(leaf)):
            column = leaf_column[n]
            of_total[column] += sums[leaf[n]]
            of_known[column] += counts[leaf[n]]
            of_worst[column] = max(of_worst[column], worsts[leaf[n]])


HELPERS = (gather, seen, settle)
