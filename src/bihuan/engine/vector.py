"""The sweeps of `kernel.py` and `city.py` in numpy, for machines without numba: other ways, the same answers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine import kernel
from bihuan.engine.city import I32, U16
from bihuan.engine.events import F64, I8, I64, U8, Bools
from bihuan.engine.kernel import DIRTY, LARGEST, SAID, UNKNOWN, WINDOWED
from bihuan.engine.layout import Limits, Store
from bihuan.engine.loops import Kernels
from bihuan.engine.tables import LATEST, NEVER
from bihuan.engine.vector_windows import take_quiet

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


def first_pass(series: I64, at: I64, value: F64, quality: U8, now: int, store: Store, rows: I64) -> tuple[int, int]:
    """As `kernel.first_pass`, but series that come twice are candidates and first readings need not be."""
    flat, limits, clock = store.flat, store.limits, store.clock
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
    windowed = np.flatnonzero((flags & WINDOWED > 0) & once & (t > before))
    if len(windowed):
        with np.errstate(over="ignore"):
            done = take_quiet(s[windowed], t[windowed], v[windowed], block[windowed], now, store)
        quiet[windowed[done]] = True
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


def unsettled(store: Store, first: int, rows: I64, marks: U8) -> tuple[int, int]:
    flat, limits = store.flat, store.limits
    k, done = 0, first
    for block in range(first, len(limits.stale)):
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


def silences(now: int, began: int, store: Store, blocks: I64, rows: I64) -> int:
    flat, limits = store.flat, store.limits
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
        store.clock.heard[block] = heard[~silent].min(initial=NEVER)
    return k


def sliding(now: int, store: Store, blocks: I64, rows: I64) -> int:
    limits = store.limits
    k = 0
    for block in blocks[limits.keep[blocks] > 0].tolist():
        start, ring = limits.start[block], limits.ring[block]
        slides = store.rings.slides[start + ring : limits.start[block + 1] + ring]
        s = np.flatnonzero(slides <= now)
        rows[k : k + len(s)] = s + start
        k += len(s)
        store.clock.slides[block] = slides[slides > now].min(initial=NEVER)
    return k


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
    """As `city.add_up`: node by node in its order, all rows of a kind at once, child after child."""
    side = np.arange(size)

    def seen(begin: I64) -> F64:
        ids = begin[:, None] + side
        return np.where(state[ids] & hidden == 0, value[ids], np.nan).T

    for kind in range(4):
        rows = np.flatnonzero(how == kind)
        for low in range(0, len(rows), WIDE):
            part = rows[low : low + WIDE]
            own = seen(start[part])
            if kind == 3:
                below = seen(per[part])
                own, below = np.where(np.isnan(below), np.nan, own), np.where(np.isnan(own), np.nan, below)
                above, many, _ = _gather(own, first, child)
                parts = _gather(below, first, child)[0]
                np.divide(above, parts, out=(found := np.full(above.shape, np.nan)), where=parts != 0)
            else:
                total, many, most = _gather(own, first, child)
                found = (total, total / np.maximum(many, 1.0), most)[kind]
                found = np.where(many > 0, found, np.nan)
            out[part], known[part] = found.T, many.T


def _gather(own: F64, first: I64, child: I64) -> tuple[F64, F64, F64]:
    """Sum, count and maximum at the inner nodes, [node, row], inputs in order."""
    some = ~np.isnan(own)
    leaf = np.where(some, own, 0.0), some.astype(np.float64), np.where(some, own, -np.inf)
    shape = len(first) - 1, own.shape[1]
    total, known, most = np.zeros(shape), np.zeros(shape), np.full(shape, -np.inf)
    for n in range(len(total)):
        for c in child[first[n] : first[n + 1]].tolist():
            x, y, z = (column[c] for column in leaf) if c >= 0 else (total[-1 - c], known[-1 - c], most[-1 - c])
            total[n] += x
            known[n] += y
            np.maximum(most[n], z, out=most[n])
    return total, known, most


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
    """As `city.penalise`, all headings of a place at once."""
    sums = np.zeros(129, dtype=np.int32)
    sums[1 : 1 + len(points)] = np.cumsum(points)
    sums[1 + len(points) :] = points.sum()
    own: list[npt.NDArray[Any]] = [np.zeros((size, len(rows)), dtype=kind) for kind in (np.int32, np.int32, np.int16)]
    for r in range(len(rows)):
        for s in start[first_of[r] : first_of[r + 1]].tolist():
            mark = (level[s : s + size] + np.int16(1)) * (state[s : s + size] & hidden == 0)
            own[0][:, r] += sums[mark]
            own[1][:, r] += mark > 0
            np.maximum(own[2][:, r], mark, out=own[2][:, r])
    gathered: list[npt.NDArray[Any]] = [np.zeros((len(first) - 1, len(rows)), dtype=column.dtype) for column in own]
    hows: tuple[np.ufunc, ...] = (np.add, np.add, np.maximum)
    for n in range(len(first) - 1):
        for c in child[first[n] : first[n + 1]].tolist():
            for how, column, at in zip(hows, own, gathered, strict=True):
                how(at[n], column[c] if c >= 0 else at[-1 - c], out=at[n])
    outs: list[npt.NDArray[Any]] = [total, known, worst]
    for how, column, at, out in zip(hows, own, gathered, outs, strict=True):
        out[np.ix_(rows, leaf_column)] = how(out[np.ix_(rows, leaf_column)], column[leaf].T)
        out[np.ix_(rows, node_column)] = how(out[np.ix_(rows, node_column)], at[node].T)


KERNELS = Kernels(
    first_pass=first_pass,
    unsettled=unsettled,
    silences=silences,
    sliding=sliding,
    window_values=kernel.window_values,
    second_pass=kernel.second_pass,
    look_again=kernel.look_again,
    forget=kernel.forget,
    move_in=kernel.move_in,
    add_up=add_up,
    penalise=penalise,
)
