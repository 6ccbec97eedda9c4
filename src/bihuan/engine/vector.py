"""The sweeps of `kernel.py` and `city.py` in numpy, for machines without numba: other ways, the same answers."""

import numpy as np
import numpy.typing as npt

from bihuan.engine import kernel
from bihuan.engine.events import F64, I8, I64, U8, Bools
from bihuan.engine.kernel import DIRTY, LARGEST, SAID, UNKNOWN, Clock, Flat, Kernels, Limits
from bihuan.engine.tables import LATEST, NEVER

WIDE = 256
"""Rows rolled up in one go."""


def blocks_of(series: I64, limits: Limits) -> I64:
    block: I64
    if limits.magic:
        block = series * limits.magic >> limits.bits
        return block
    block = limits.page[series >> limits.shift].astype(np.int64)
    while (beyond := series >= limits.start[block + 1]).any():
        block += beyond
    return block


def moves(bits: U8, v: F64, block: I64, limits: Limits) -> Bools:
    """Whether any rung's condition to change over holds, thresholds being their block's."""
    out = np.zeros(len(v), dtype=np.bool_)
    edges = limits.edges[block]
    for r in range(edges.shape[1]):
        raises = (edges[:, r, 0] <= v) & (v <= edges[:, r, 1])
        clears = ~raises & (edges[:, r, 2] <= v) & (v <= edges[:, r, 3])
        out |= np.where(bits >> r & 1, clears, raises)
    return out


def first_pass(
    series: I64, at: I64, value: F64, quality: U8, now: int, flat: Flat, limits: Limits, clock: Clock, rows: I64
) -> tuple[int, int]:
    """As `kernel.first_pass`, but series that come twice are candidates and first readings need not be."""
    block = blocks_of(series, limits)
    evidence = (limits.accept[block] >> np.minimum(quality, 63) & 1) > 0
    good = (np.abs(value) <= LARGEST) & (at >= 0) & (at <= LATEST) & evidence
    taken = np.flatnonzero(good)
    s, t, v, block = series[taken], at[taken], value[taken] + 0.0, block[taken]
    ordered = s[np.argsort(s, kind="stable")]
    once = ~np.isin(s, ordered[1:][ordered[1:] == ordered[:-1]])
    flags, bits, before = flat.flags[s], flat.active[s], flat.at[s]
    plain = (flags == 0) & once
    calm = (t > before) & (bits == 0) & (limits.calm[block, 0] <= v) & (v <= limits.calm[block, 1])
    new = calm & (flags == UNKNOWN) & once & ~kernel.gone_silent(t, limits.stale[block], now)
    quiet = (calm & plain) | new
    on = np.flatnonzero(plain & (t > before) & (bits > 0))
    quiet[on] = ~moves(bits[on], v[on], block[on], limits)
    flat.at[s[quiet]] = t[quiet]
    flat.value[s[quiet]] = v[quiet]
    flat.flags[s[new]] = 0
    if new.any():
        np.minimum.at(clock.heard, block[new], t[new])
        clock.due[0] = min(clock.due[0], (t[new] + limits.stale[block[new]] + 1).min())
    left = taken[~quiet]
    rows[: len(left)] = left
    flat.flags[series[left]] |= DIRTY
    return len(left), len(series) - len(taken)


def unsettled(flat: Flat, limits: Limits, blocks: I64, first: int, rows: I64) -> tuple[int, int]:
    k, done = 0, first
    for block in blocks[first:].tolist():
        part = slice(limits.start[block], limits.start[block + 1])
        if k + part.stop - part.start > len(rows):
            break
        value, (low, high) = flat.value[part], limits.calm[block].tolist()
        s = np.flatnonzero((flat.state[part] > 0) | (value < low) | (value > high))
        rows[k : k + len(s)] = s + part.start
        k, done = k + len(s), done + 1
    s = rows[:k]
    flags = flat.flags[s]
    s = s[np.where(flags == 0, moves(flat.active[s], flat.value[s], blocks_of(s, limits), limits), flags & UNKNOWN == 0)]
    rows[: len(s)] = s
    return done, len(s)


def silences(now: int, began: int, flat: Flat, limits: Limits, clock: Clock, blocks: I64, rows: I64) -> int:
    k = 0
    for block in blocks.tolist():
        part = slice(limits.start[block], limits.start[block + 1])
        heard = flat.at[part]
        never = began if limits.expect[block] else NEVER
        heard = np.where(flat.flags[part] & SAID, NEVER, np.where(heard < 0, never, heard))
        silent = kernel.gone_silent(heard, limits.stale[block], now)
        s = np.flatnonzero(silent)
        rows[k : k + len(s)] = s + part.start
        k += len(s)
        clock.heard[block] = heard[~silent].min(initial=NEVER)
    return k


def add_up(value: F64, level: I8, how: I64, per: I64, inner: I64, first: I64, child: I64, out: F64) -> None:
    """As `city.add_up`: node by node in its order, all rows of a kind at once, child after child."""
    for kind in range(5):
        rows = np.flatnonzero(how == kind)
        for low in range(0, len(rows), WIDE):
            part = rows[low : low + WIDE]
            own = (level if kind == 3 else value)[part].T.astype(np.float64)
            if kind == 4:
                below = value[per[part]].T
                own, below = np.where(np.isnan(below), np.nan, own), np.where(np.isnan(own), np.nan, below)
                above, parts = _gather(own, inner, first, child)[0], _gather(below, inner, first, child)[0]
                np.divide(above, parts, out=(found := np.full(above.shape, np.nan)), where=parts != 0)
            else:
                total, known, most = _gather(own, inner, first, child)
                found = total / np.maximum(known, 1.0) if kind == 1 else most if kind > 1 else total
                found = np.where(known > 0, found, np.nan)
            out[part] = found.T


def _gather(own: F64, inner: I64, first: I64, child: I64) -> tuple[F64, F64, F64]:
    """Sum, count and maximum at the inner nodes, [node, row], children in rising order."""
    some = ~np.isnan(own)
    leaf = np.where(some, own, 0.0) + 0.0, some.astype(np.float64), np.where(some, own, -np.inf)
    total, known, most = (column[inner] for column in leaf)
    for n in range(len(inner)):
        for c in child[first[n] : first[n + 1]].tolist():
            x, y, z = (column[c] for column in leaf) if c >= 0 else (total[-1 - c], known[-1 - c], most[-1 - c])
            total[n] += x
            known[n] += y
            np.maximum(most[n], z, out=most[n])
    return total, known, most


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
    sums = np.zeros(129, dtype=np.int32)
    sums[1 : 1 + len(points)] = np.cumsum(points)
    sums[1 + len(points) :] = points.sum()
    for track in range(len(first) - 1):
        for row in order[first[track] : first[track + 1]]:
            mark = (level[row] + np.int16(1)) * (state[row] & hidden == 0)
            np.maximum(worst[track], mark, out=worst[track])
            known[track] += mark > 0
            total[track] += sums[mark]


KERNELS = Kernels(
    first_pass=first_pass,
    unsettled=unsettled,
    silences=silences,
    second_pass=kernel.second_pass,
    look_again=kernel.look_again,
    forget=kernel.forget,
    move_in=kernel.move_in,
    add_up=add_up,
    penalise=penalise,
)
