"""Windows in numpy, for machines without numba: readings of many series that move nothing, taken at once.

Rows that might move a rung, or that need a timer, room or a look at silence, are left to `kernel.take`.
"""

import numpy as np

from bihuan.engine.events import F64, I32, I64, Bools
from bihuan.engine.kernel import (
    COUNT,
    EXPECTED,
    FOLD,
    HEAD,
    LEAST,
    OVER,
    OVERRIDE,
    PIECE,
    RISING,
    ROOM,
    SLIDE,
    START,
    STRIDE,
    TIMES,
    WHOLE,
    WINDOWED,
    ZERO,
    gone_silent,
)
from bihuan.engine.layout import Rings, Store
from bihuan.engine.tables import NEVER, Fold

CELLS = 1 << 16
"""Readings folded in one go, so that long windows of many series need little room."""


def cells(w: I64, position: I64, rings: Rings) -> I64:
    turn = rings.place[w, HEAD] + position
    turn -= np.where(turn >= rings.place[w, ROOM], rings.place[w, ROOM], 0)
    return in_pool(turn, rings.place[w, START], rings.place[w, STRIDE])


def in_pool(turn: I64, start: I32, stride: I32) -> I64:
    """Where in the pool cell number `turn` of a ring is."""
    cell: I64 = start + (turn >> PIECE) * stride + (turn & (WHOLE - 1))
    return cell


def first_after(w: I64, time: I64, high: I64, rings: Rings) -> I64:
    low = np.zeros(len(w), dtype=np.int64)
    while (open_ := low < high).any():
        middle = (low + high) >> 1
        before = rings.at[np.where(open_, cells(w, middle, rings), 0)] <= time
        low = np.where(open_ & before, middle + 1, low)
        high = np.where(open_ & ~before, middle, high)
    return low


def take_quiet(s: I64, t: I64, v: F64, block: I64, now: int, store: Store) -> Bools:
    """Take newer readings, one a series, of series with windows that they leave as they are. Returns which were taken."""
    flat, limits, rings = store.flat, store.limits, store.rings
    w = s + limits.ring[block]
    held = rings.place[w, COUNT].astype(np.int64)
    gone = first_after(w, t - limits.keep[block], held, rings)
    quiet: Bools = (flat.flags[s] | OVERRIDE) == WINDOWED | OVERRIDE
    quiet &= ~gone_silent(t, limits.stale[block], now) & (held - gone < rings.place[w, ROOM])
    s, t, block, w, gone, held = (column[quiet] for column in (s, t, block, w, gone, held))
    v = v[quiet]
    seen, changes = _seen(w, t, v, block, store)
    still = ~_moving(s, block, seen, store)
    quiet[quiet] = still
    s, t, block, w, gone, held, changes = (column[still] for column in (s, t, block, w, gone, held, changes))
    v = v[still]
    rings.place[w, HEAD] = (rings.place[w, HEAD] + gone) % np.maximum(rings.place[w, ROOM], 1)
    rings.place[w, COUNT] = held - gone + 1
    new = cells(w, held - gone, rings)
    rings.at[new], rings.value[new], flat.at[s], flat.value[s] = t, v, t, v
    slides = np.where(changes < NEVER, np.maximum(changes, t + limits.overdue[block] + 1), NEVER)
    rings.slides[w] = slides
    np.minimum.at(store.clock.slides, block, slides)
    store.clock.due[SLIDE] = min(store.clock.due[SLIDE], slides.min(initial=NEVER))
    return quiet


def _seen(w: I64, t: I64, v: F64, block: I64, store: Store) -> tuple[F64, I64]:
    """What the rungs would look at, [series, window], the reading being the newest; and when a window would change."""
    limits, rings = store.limits, store.rings
    width = int(limits.windows.max(initial=0))
    seen, changes = np.empty((len(w), width + 1)), np.full(len(w), NEVER, dtype=np.int64)
    seen[:, 0] = v
    for n in range(width):
        rows = np.flatnonzero(limits.windows[block] > n)
        spec = limits.specs[block[rows], n]
        out = np.where(spec[:, RISING] > 0, np.inf, -np.inf)
        high = rings.place[w[rows], COUNT]
        for span in range(int(spec[:, TIMES].max(initial=0))):
            few = np.flatnonzero(spec[:, TIMES] > span)
            some, back = rows[few], (span + 1) * spec[few, OVER]
            low = first_after(w[some], t[some] - back, high[few], rings)
            count = high[few] - low
            oldest = rings.at[np.where(count > 0, cells(w[some], low, rings), 0)]
            leaves = np.where(count > 0, oldest + back, t[some] + back if span == 0 else NEVER)
            changes[some] = np.minimum(changes[some], leaves)
            held = _span_values(spec[few], w[some], low, count, v[some] if span == 0 else None, rings)
            out[few] = np.where(spec[few, RISING] > 0, np.minimum(out[few], held), np.maximum(out[few], held))
            high[few] = low
        seen[rows, n + 1] = out
    return seen, changes


def _span_values(spec: I64, w: I64, low: I64, count: I64, newest: F64 | None, rings: Rings) -> F64:
    """As `kernel.span_value`; NaN spreads through minimum and maximum."""
    out = np.empty(len(w))
    for fold in Fold:
        rows = np.flatnonzero(spec[:, FOLD] == fold)
        if len(rows):
            out[rows] = _folded(fold, w[rows], low[rows], count[rows], None if newest is None else newest[rows], rings)
    if newest is not None:
        count = count + 1
    kind, zero, expected = spec[:, FOLD], spec[:, ZERO] > 0, spec[:, EXPECTED]
    short = zero & (count < expected)
    mean = kind == Fold.MEAN
    out[mean] /= np.maximum(count, np.where(zero, expected, 1))[mean]
    out = np.where(short & (kind == Fold.MAX), np.maximum(out, 0.0), out)
    out = np.where(short & (kind == Fold.MIN), np.minimum(out, 0.0), out)
    return np.where(count < spec[:, LEAST], np.nan, out)


def _folded(fold: Fold, w: I64, low: I64, count: I64, newest: F64 | None, rings: Rings) -> F64:
    """Strictly from the oldest to the newest: accumulate does that, and what fills gaps changes no bit."""
    if fold is Fold.DELTA:
        some = count > 0
        first = rings.value[np.where(some, cells(w, low, rings), 0)]
        last = rings.value[np.where(some, cells(w, low + count - 1, rings), 0)] if newest is None else newest
        return np.where(some, last - first, 0.0)
    order = np.argsort(-count, kind="stable")
    w, low, count = w[order], low[order], count[order]
    empty, step = {Fold.MAX: (-np.inf, np.maximum), Fold.MIN: (np.inf, np.minimum)}.get(fold, (0.0, np.add))
    out = np.full(len(w), empty)
    width = max(1, CELLS // len(w))
    for k in range(0, int(count[0]), width):
        longer = int(np.searchsorted(-count, -k, side="left"))
        nth = np.arange(k, min(k + width, int(count[0])))[:, np.newaxis]
        inside = nth < count[:longer]
        values = rings.value[np.where(inside, cells(w[:longer], np.where(inside, low[:longer] + nth, 0), rings), 0)]
        out[:longer] = step.accumulate(np.vstack([out[:longer], np.where(inside, values, empty)]), axis=0)[-1]
    back = np.empty_like(out)
    back[order] = out
    return back if newest is None else step(back, newest)


def _moving(s: I64, block: I64, seen: F64, store: Store) -> Bools:
    """Whether any rung's condition to change over holds."""
    flat, limits = store.flat, store.limits
    own = flat.flags[s] & OVERRIDE > 0
    line = np.where(own, len(limits.start) - 1 + np.searchsorted(limits.own, s), block)
    out = np.zeros(len(s), dtype=np.bool_)
    for r in range(limits.looks.shape[1]):
        v = seen[np.arange(len(s)), limits.looks[block, r]]
        raise_from, raise_to, clear_from, clear_to = limits.edges[line, r].T
        raises = (raise_from <= v) & (v <= raise_to)
        clears = ~raises & (clear_from <= v) & (v <= clear_to)
        out |= np.where(flat.active[s] >> r & 1, clears, raises) & (r < limits.rungs[block])
    return out
