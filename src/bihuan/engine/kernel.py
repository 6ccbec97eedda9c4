"""Kernels: what is done to one row or one series, as plain loops that run as Python and, compiled by numba, at memory speed.

A batch takes two passes. The first walks the rows in order: a reading of a calm, known series that changes nothing is written
at once, in two compares; it sits on the limit of random reads and writes in memory. All others are candidates. From its first
candidate on a series is dirty, so that its later rows in the batch are candidates too and the order within a series holds.
The second pass takes the candidates one by one, exactly. Readings of series with windows are all candidates: they sit on
the limit of reading a ring, some cache lines a window.

Only integers, comparisons, and sums in order of time: compiled or not, the answers are the same to the last bit. Nothing is
allocated here, so that compiled loops need not count references (`loops.py`).
"""

from typing import Any

import numpy as np

from bihuan.engine.events import F64, I32, I64, U8, Kind
from bihuan.engine.layout import Flat, Limits, Rings, Store, Timers
from bihuan.engine.tables import LATEST, NEVER, Fold

# Flags of a series. In the first pass any of them makes its rows candidates.
UNKNOWN = 1
SAID = 2
"""Its silence has been said: a reading that is fresh ends it."""
PENDING = 4
"""A `for` or `keep` is running: the series has an entry among the timers."""
OVERRIDE = 8
"""It has thresholds of its own."""
WINDOWED = 16
"""It belongs to a block with windows and has a ring of readings."""
DIRTY = 32
"""It has a candidate in this batch."""
SPECIAL = UNKNOWN + PENDING + OVERRIDE + WINDOWED
CLEAN = 255 - DIRTY
CALLED = 255 - UNKNOWN - SAID
STILL = 255 - PENDING

HIDDEN = int(np.array([0, UNKNOWN], dtype=np.uint8).view(np.uint16)[0])
"""UNKNOWN where it is in `state`."""

EMPTY = -1
FULL_SHARE = 4
"""Timers keep one place in this many free."""

CELLS = 4096
"""Series looked at in one go."""

SILENCE, TIMER, SLIDE = 0, 1, 2
"""Columns of `clock.due`."""
START, ROOM, HEAD, COUNT, STRIDE = 0, 1, 2, 3, 4
"""Columns of `rings.place`."""
FOLD, OVER, TIMES, RISING, ZERO, LEAST, EXPECTED = 0, 1, 2, 3, 4, 5, 6
"""Columns of a window's `spec`: RISING, that more is worse; ZERO, that what is missing counts as 0; LEAST and EXPECTED, how
many readings make a span known and are expected in it."""
PIECE, WHOLE, LINE = 2, 4, 8
"""A ring lies in pieces, `STRIDE` apart: WHOLE = 1 << PIECE times, then as many values, which make a LINE of the cache."""
SUM, MEAN, MAX, MIN, DELTA = int(Fold.SUM), int(Fold.MEAN), int(Fold.MAX), int(Fold.MIN), int(Fold.DELTA)

LARGEST = float(np.finfo(np.float64).max)

SILENT, RETURNED, LEVEL, LATE = int(Kind.SILENT), int(Kind.RETURNED), int(Kind.LEVEL), int(Kind.LATE)


def runs_out(since: int, span_ms: int, at: int, cadence_ms: int, overdue_ms: int) -> int:
    """When what holds since `since` has held for the span, with the newest reading at `at`.

    An end on or after the moment the next reading is due waits for that reading, until it is overdue; then it lets its own
    moment pass, in which another reading may come.
    """
    end = since + span_ms
    if span_ms == 0 or end < at + cadence_ms:
        return end
    return max(end, at + overdue_ms) + 1


def gone_silent(heard: Any, stale_ms: Any, now: int) -> Any:
    """Of one series or, outside the loops, of many."""
    return now - heard > stale_ms


def block_of(s: int, limits: Limits) -> int:
    if limits.magic:
        return s * limits.magic >> limits.bits
    block = int(limits.page[s >> limits.shift])
    block += int(s >= limits.start[block + 1])  # without a branch: one page in two holds a border
    while s >= limits.start[block + 1]:
        block += 1
    return block


def block_at(series: I64, limits: Limits, blocks: I64) -> None:
    if limits.magic:
        for i in range(len(series)):
            blocks[i] = series[i] * limits.magic >> limits.bits
    else:
        for i in range(len(series)):
            blocks[i] = block_of(series[i], limits)


def moves(bits: int, v: float, line: int, rungs: int, edges: F64) -> bool:
    """Whether any rung's condition to change over holds."""
    for r in range(rungs):
        raises = edges[line, r, 0] <= v <= edges[line, r, 1]
        if bits >> r & 1:
            if not raises and edges[line, r, 2] <= v <= edges[line, r, 3]:
                return True
        elif raises:
            return True
    return False


def unsure(s: int, block: int, rungs: int, flat: Flat, limits: Limits) -> bool:
    """Whether an evaluation of a series could do anything. A flag leaves that to the evaluation itself."""
    if flat.flags[s] == 0:
        return moves(flat.active[s], flat.value[s], block, rungs, limits.edges)
    known: bool = flat.flags[s] & UNKNOWN == 0
    return known


# --- timers -------------------------------------------------------------------------------------------------


def home(s: int, room: int) -> int:
    return (s * 2654435761 >> 8) & (room - 1)


def crowded(store: Store, k: int) -> bool:
    """Whether one more series might not fit."""
    timers = store.timers
    full: bool = timers.used[0] >= len(timers.key) - len(timers.key) // FULL_SHARE
    return full or k + 2 > len(store.said.value)


def find(s: int, timers: Timers) -> int:
    """The slot of a series, or the free one where it would go."""
    slot = home(s, len(timers.key))
    while timers.key[slot] != s and timers.key[slot] != EMPTY:
        slot = (slot + 1) & (len(timers.key) - 1)
    return slot


def start_timers(s: int, timers: Timers) -> int:
    slot = find(s, timers)
    timers.key[slot] = s
    timers.used[0] += 1
    return slot


def stop_timers(s: int, timers: Timers) -> None:
    """Take a series out and close the gap, so that no look-up ever passes over a grave."""
    last = len(timers.key) - 1
    gap = find(s, timers)
    if timers.key[gap] == EMPTY:
        return
    timers.used[0] -= 1
    slot = (gap + 1) & last
    while timers.key[slot] != EMPTY:
        if ((slot - home(timers.key[slot], last + 1)) & last) >= ((slot - gap) & last):
            timers.key[gap] = timers.key[slot]
            timers.due[gap] = timers.due[slot]
            for r in range(timers.since.shape[1]):
                timers.since[gap, r] = timers.since[slot, r]
            gap = slot
        slot = (slot + 1) & last
    timers.key[gap] = EMPTY
    timers.due[gap] = NEVER
    for r in range(timers.since.shape[1]):
        timers.since[gap, r] = NEVER


# --- windows ------------------------------------------------------------------------------------------------


def cell(w: int, position: int, place: I32) -> int:
    """Where in the pool a ring's reading number `position` is, the oldest being 0."""
    turn = int(place[w, HEAD]) + position
    if turn >= place[w, ROOM]:
        turn -= int(place[w, ROOM])
    return int(place[w, START]) + (turn >> PIECE) * int(place[w, STRIDE]) + (turn & (WHOLE - 1))


def first_after(w: int, time: int, high: int, rings: Rings) -> int:
    """The position of the first of a ring's readings after `time`, among those before `high`."""
    low = 0
    while low < high:
        middle = (low + high) >> 1
        if rings.at[cell(w, middle, rings.place)] <= time:
            low = middle + 1
        else:
            high = middle
    return low


def holds_one(w: int, time: int, rings: Rings) -> bool:
    """Whether a ring has a reading of exactly that time."""
    count = int(rings.place[w, COUNT])
    position = first_after(w, time - 1, count, rings)
    return position < count and int(rings.at[cell(w, position, rings.place)]) == time


def full(w: int, rings: Rings) -> bool:
    """Whether a ring might grow, and the pool has no room for that. Then `rings.used` says how much it takes."""
    more = LINE * (1 + (2 * int(rings.place[w, ROOM]) >> PIECE))
    lacks: bool = rings.place[w, COUNT] == rings.place[w, ROOM] and rings.used[0] + more > len(rings.at)
    rings.used[1] = more if lacks else 0
    return lacks


def append(w: int, at: int, v: float, keep_ms: int, room: int, rings: Rings) -> None:
    """Take a reading newer than all of its ring, and forget those out of reach."""
    place, count = rings.place, int(rings.place[w, COUNT])
    while count > 0 and rings.at[cell(w, 0, place)] <= at - keep_ms:
        place[w, HEAD] = (place[w, HEAD] + 1) % place[w, ROOM]
        count -= 1
    if count == place[w, ROOM]:
        start, larger = int(rings.used[0]), 2 * count
        if count < room:
            larger = min(larger, room)
        for n in range(count):
            old, to = cell(w, n, place), start + (n >> PIECE) * LINE + (n & (WHOLE - 1))
            rings.at[to], rings.value[to] = rings.at[old], rings.value[old]
        place[w, START], place[w, ROOM], place[w, HEAD], place[w, STRIDE] = start, larger, 0, LINE
        rings.used[0] += LINE * (1 + (larger - 1 >> PIECE))
    new = cell(w, count, place)
    rings.at[new] = at
    rings.value[new] = v
    place[w, COUNT] = count + 1


def folded(kind: int, w: int, low: int, high: int, rings: Rings) -> float:
    """Readings `low` up to `high` folded strictly from the oldest to the newest."""
    value, place = rings.value, rings.place
    if kind == DELTA:
        return float(value[cell(w, high - 1, place)]) - float(value[cell(w, low, place)]) if high > low else 0.0
    out = -np.inf if kind == MAX else np.inf if kind == MIN else 0.0
    for n in range(low, high):
        v = float(value[cell(w, n, place)])
        if kind == MAX:
            out = max(out, v)
        elif kind == MIN:
            out = min(out, v)
        else:
            out += v
    return out


def span_value(spec: I64, w: int, low: int, high: int, late: bool, v: float, rings: Rings) -> float:
    """What one span holds, NaN where unknown. A `late` reading `v` is one more, the newest."""
    kind, out = spec[FOLD], folded(int(spec[FOLD]), w, low, high, rings)
    count = high - low
    if late:
        if kind == DELTA:
            out = v - float(rings.value[cell(w, low, rings.place)]) if count else 0.0
        else:
            out = max(out, v) if kind == MAX else min(out, v) if kind == MIN else out + v
        count += 1
    if count < spec[LEAST]:
        return np.nan
    if kind == MEAN:
        return out / max(count, int(spec[EXPECTED]) if spec[ZERO] else 1)
    if spec[ZERO] and count < spec[EXPECTED]:
        if kind == MAX:
            return max(out, 0.0)
        if kind == MIN:
            return min(out, 0.0)
    return out


def window_value(spec: I64, w: int, end: int, late: bool, v: float, rings: Rings) -> tuple[float, int]:
    """The least that any of the last `TIMES` spans up to `end` holds (the most, where less is worse), NaN if one is unknown;
    and when one of them will hold other readings, if time passes and none comes.
    """
    over, out, changes = int(spec[OVER]), np.inf if spec[RISING] else -np.inf, NEVER
    known = True
    high = int(rings.place[w, COUNT])
    if late:
        high = first_after(w, end, high, rings)
    for n in range(spec[TIMES]):
        back = (n + 1) * over
        low = first_after(w, end - back, high, rings)
        if low < high:
            changes = min(changes, int(rings.at[cell(w, low, rings.place)]) + back)
        held = span_value(spec, w, low, high, late and n == 0, v, rings)
        known = known and held == held
        out = min(out, held) if spec[RISING] else max(out, held)
        high = low
    return out if known else np.nan, changes


def end_of(now: int, at: int, overdue_ms: int) -> int:
    """Where windows end: at the newest reading until the next one is overdue, then now."""
    return now if now - at > overdue_ms else at


def look(s: int, block: int, now: int, store: Store) -> None:
    """Put into `rings.seen` what a series' rungs look at, and say when its windows slide."""
    limits, rings, at = store.limits, store.rings, int(store.flat.at[s])
    w, overdue = int(s + limits.ring[block]), int(limits.overdue[block])
    changes = NEVER
    rings.seen[0] = store.flat.value[s]
    for n in range(limits.windows[block]):
        rings.seen[n + 1], leaves = window_value(limits.specs[block, n], w, end_of(now, at, overdue), False, 0.0, rings)
        changes = min(changes, leaves)
    if changes < NEVER:
        changes = max(changes, at + overdue + 1)
        store.clock.slides[block] = min(store.clock.slides[block], changes)
        store.clock.due[SLIDE] = min(store.clock.due[SLIDE], changes)
    rings.slides[w] = changes


# --- one series, exactly ------------------------------------------------------------------------------------


def say(
    store: Store, k: int, row: int, s: int, kind: int, before: int, after: int, rung: int, value: float, since: int, at: int
) -> int:
    number = store.said.number
    number[k, 0], number[k, 1], number[k, 2], number[k, 3] = row, s, kind, before
    number[k, 4], number[k, 5], number[k, 6], number[k, 7] = after, rung, since, at
    store.said.value[k] = value
    return k + 1


def own_line(s: int, block: int, flags: int, limits: Limits) -> int:
    """The line of `edges` for a series: its block's, or one of its own."""
    if flags & OVERRIDE:
        return len(limits.start) - 1 + int(np.searchsorted(limits.own, s))
    return block


def evaluate(s: int, block: int, row: int, now: int, store: Store, k: int) -> int:
    """Hold a known series against its rungs at `now`. Returns how many events there are now.

    An evaluation moves a rung at most once, and nothing clears while it raises. Unknown windows are NaN and meet nothing.
    """
    flat, limits, timers, seen = store.flat, store.limits, store.timers, store.rings.seen
    bits, v, at, flags = int(flat.active[s]), float(flat.value[s]), int(flat.at[s]), int(flat.flags[s])
    if flags & WINDOWED:
        look(s, block, now, store)
    line = own_line(s, block, flags, limits)
    slot = find(s, timers) if flags & PENDING else EMPTY
    after, before_rank, before_rung, rank, rung = bits, 0, -1, 0, -1
    before_since, after_since, due = NEVER, NEVER, NEVER
    for r in range(int(limits.rungs[block])):
        if flags & WINDOWED:
            v = float(seen[limits.looks[block, r]])
        held = limits.edges[line, r, 0] <= v <= limits.edges[line, r, 1]
        on = bits >> r & 1
        if on:
            held = not held and limits.edges[line, r, 2] <= v <= limits.edges[line, r, 3]
        since, ends = now, NEVER
        if slot != EMPTY and timers.since[slot, r] != NEVER:
            since = int(timers.since[slot, r])
        if held:
            span = int(limits.spans[block, r, on])
            ends = runs_out(since, span, at, int(limits.cadence[block]), int(limits.overdue[block]))
        moved = ends <= now
        if held and not moved:
            if slot == EMPTY:
                slot = start_timers(s, timers)
            timers.since[slot, r] = since
            due = min(due, ends)
        elif slot != EMPTY:
            timers.since[slot, r] = NEVER
        own = int(limits.rank[block, r])
        if on and own >= before_rank:
            before_rank, before_rung, before_since = own, r, since
        if (on != 0) != moved and own >= rank:
            rank, rung, after_since = own, r, since
        if moved:
            after ^= 1 << r
    flags &= STILL
    if due != NEVER:
        timers.due[slot] = due
        store.clock.due[TIMER] = min(store.clock.due[TIMER], due)
        flags |= PENDING
    elif slot != EMPTY:
        stop_timers(s, timers)
    flat.flags[s] = flags
    flat.active[s] = after
    if rank == before_rank:
        return k
    flat.level[s] = rank
    why, since = (rung, after_since) if rank > before_rank else (before_rung, before_since)
    v = float(seen[limits.looks[block, why]]) if flags & WINDOWED else float(flat.value[s])
    return say(store, k, row, s, LEVEL, before_rank, rank, why, v, since, at)


def judge_late(s: int, block: int, row: int, at: int, v: float, store: Store, k: int) -> int:
    """Say it when a late reading meets the raise condition of a rung above the level.

    Alone, or in the window at its own time, where the readings of that are still held.
    """
    flat, limits = store.flat, store.limits
    line = own_line(s, block, int(flat.flags[s]), limits)
    level = int(flat.level[s])
    rank, rung, seen = level, -1, v
    for r in range(int(limits.rungs[block])):
        own, window = int(limits.rank[block, r]), int(limits.looks[block, r]) - 1
        if own <= level or own < rank:
            continue
        looked_at = v
        if window >= 0:
            spec = limits.specs[block, window]
            if flat.at[s] - at > limits.keep[block] - spec[OVER] * spec[TIMES]:
                continue
            looked_at = window_value(spec, int(s + limits.ring[block]), at, True, v, store.rings)[0]
        if limits.edges[line, r, 0] <= looked_at <= limits.edges[line, r, 1]:
            rank, rung, seen = own, r, looked_at
    if rung >= 0:
        k = say(store, k, row, s, LATE, level, rank, rung, seen, at, at)
    return k


def take(s: int, block: int, row: int, at: int, v: float, now: int, began: int, store: Store, k: int) -> int:
    """Take one reading that is newer than all of its series. Returns how many events there are now."""
    flat, limits, clock = store.flat, store.limits, store.clock
    flags, before_at = int(flat.flags[s]), int(flat.at[s])
    flat.at[s] = at
    flat.value[s] = v
    if flags & SPECIAL == 0 and not moves(int(flat.active[s]), v, block, int(limits.rungs[block]), limits.edges):
        return k  # active, and stays so: most candidates go no further
    if flags & WINDOWED:
        append(int(s + limits.ring[block]), at, v, int(limits.keep[block]), int(limits.room[block]), store.rings)
    fresh = not gone_silent(at, limits.stale[block], now)
    if flags & UNKNOWN and (fresh or not flags & SAID):
        clock.heard[block] = min(clock.heard[block], at)
        clock.due[SILENCE] = min(clock.due[SILENCE], at + limits.stale[block] + 1)
    if not fresh:
        return k
    if flags & UNKNOWN:
        flat.flags[s] = flags & CALLED
        if flags & SAID:
            level, since = int(flat.level[s]), before_at if before_at >= 0 else began
            k = say(store, k, row, s, RETURNED, level, level, -1, v, since, at)
    return evaluate(s, block, row, at, store, k)


# --- whole batches and sweeps -------------------------------------------------------------------------------


def first_pass(series: I64, at: I64, value: F64, quality: U8, now: int, store: Store, rows: I64) -> tuple[int, int]:
    """Write what changes nothing; list the candidates in `rows`. Returns how many candidates, and how many set aside."""
    k, aside = 0, 0
    flat, limits = store.flat, store.limits
    held_at, held, state, calm, common = flat.at, flat.value, flat.state, limits.calm, limits.common
    block_at(series, limits, rows)  # each place is read before a candidate may take it
    for i in range(len(series)):
        s, t, v = series[i], at[i], value[i] + 0.0  # minus zero is zero, so that max and min have one answer
        block, code = rows[i], min(quality[i], 63)
        evidence = common >> code & 1 or limits.accept[block] >> code & 1
        if not (evidence and abs(v) <= LARGEST and 0 <= t <= LATEST):
            aside += 1
            continue
        if state[s] == 0 and calm[block, 0] <= v <= calm[block, 1] and t > held_at[s]:
            held_at[s] = t
            held[s] = v
            continue
        flat.flags[s] |= DIRTY
        rows[k] = i
        k += 1
    return k, aside


def second_pass(
    rows: I64, first: int, series: I64, at: I64, value: F64, now: int, began: int, store: Store, counts: I64
) -> tuple[int, int]:
    """Take candidates from the `first` on, exactly and in order.

    Returns (next, events): next < len(rows) when timers, rings or events need room first. `counts` are (late, duplicate).
    """
    k, flat, limits = 0, store.flat, store.limits
    for n in range(first, len(rows)):
        if crowded(store, k):
            return n, k
        i = int(rows[n])
        s, t, v = int(series[i]), int(at[i]), float(value[i]) + 0.0
        block, windowed = block_of(s, limits), flat.flags[s] & WINDOWED
        if windowed and full(int(s + limits.ring[block]), store.rings):
            return n, k
        if t > flat.at[s]:
            k = take(s, block, i, t, v, now, began, store, k)
        elif t == flat.at[s] or (windowed and holds_one(int(s + limits.ring[block]), t, store.rings)):
            counts[1] += 1
        else:
            counts[0] += 1
            k = judge_late(s, block, i, t, v, store, k)
    for n in range(len(rows)):
        flat.flags[series[rows[n]]] &= CLEAN
    return len(rows), k


def look_again(rows: I64, first: int, now: int, store: Store) -> tuple[int, int]:
    """Evaluate known series `rows` from the `first` on, at `now` or at their newest reading, whichever is later."""
    k = 0
    for n in range(first, len(rows)):
        if crowded(store, k):
            return n, k
        s = int(rows[n])
        k = evaluate(s, block_of(s, store.limits), -1, max(now, int(store.flat.at[s])), store, k)
    return len(rows), k


def forget(rows: I64, store: Store) -> None:
    """Stop the timers of series."""
    for n in range(len(rows)):
        stop_timers(int(rows[n]), store.timers)
        store.flat.flags[rows[n]] &= STILL


def move_in(old: Timers, new: Timers) -> None:
    for slot in range(len(old.key)):
        if old.key[slot] != EMPTY:
            place = start_timers(int(old.key[slot]), new)
            new.due[place] = old.due[slot]
            for r in range(old.since.shape[1]):
                new.since[place, r] = old.since[slot, r]


def unsettled(store: Store, first: int, rows: I64, marks: U8) -> tuple[int, int]:
    """List the known series of blocks, from the `first` on, for which an evaluation could do anything.

    Returns (next, how many): next < all blocks when `rows` are full. It sits on the limit of reading two columns in order:
    marks are made eight values at a time, and looked at eight at a time.
    """
    k, flat, limits, eights = 0, store.flat, store.limits, marks.view(np.uint64)
    for block in range(first, len(limits.stale)):
        begin, stop = limits.start[block], limits.start[block + 1]
        if k + stop - begin > len(rows):
            return block, k
        low, high, rungs = limits.calm[block, 0], limits.calm[block, 1], limits.rungs[block]
        for base in range(begin, stop, CELLS):
            many = min(CELLS, stop - base)
            value, state = flat.value[base : base + many], flat.state[base : base + many]
            for j in range(many):
                marks[j] = (value[j] < low) | (value[j] > high) | (state[j] != 0)
            for j in range(many, many + 7 & ~7):
                marks[j] = 0
            for eight in range((many + 7) >> 3):
                if eights[eight] != 0:
                    for j in range(eight << 3, (eight << 3) + 8):
                        if marks[j] != 0 and unsure(base + j, block, rungs, flat, limits):
                            rows[k] = base + j
                            k += 1
    return len(limits.stale), k


def silences(now: int, began: int, store: Store, blocks: I64, rows: I64) -> int:
    """List the series of blocks that are silent now and have not been said to be. Makes the blocks' bounds exact."""
    k, flat, limits = 0, store.flat, store.limits
    for n in range(len(blocks)):
        block = blocks[n]
        oldest = NEVER
        for s in range(limits.start[block], limits.start[block + 1]):
            heard = flat.at[s]
            if flat.flags[s] & SAID or (heard < 0 and not limits.expect[block]):
                continue
            if heard < 0:
                heard = began
            if gone_silent(heard, limits.stale[block], now):
                rows[k] = s
                k += 1
            elif heard < oldest:
                oldest = heard
        store.clock.heard[block] = oldest
    return k


def sliding(now: int, store: Store, blocks: I64, rows: I64) -> int:
    """List the series of blocks whose windows have slid by now. Makes the blocks' bounds exact."""
    k, limits = 0, store.limits
    for n in range(len(blocks)):
        block = blocks[n]
        first = NEVER
        for s in range(limits.start[block], limits.start[block + 1] if limits.keep[block] else 0):
            slides = store.rings.slides[s + limits.ring[block]]
            if slides <= now:
                rows[k] = s
                k += 1
            elif slides < first:
                first = slides
        store.clock.slides[block] = first
    return k


def window_values(series: I64, specs: I64, now: int, store: Store, out: F64) -> None:
    """What a window of `specs[n]` over series number n holds now, NaN where unknown."""
    for n in range(len(series)):
        s = int(series[n])
        block = block_of(s, store.limits)
        end = end_of(now, int(store.flat.at[s]), int(store.limits.overdue[block]))
        out[n] = window_value(specs[n], int(s + store.limits.ring[block]), end, False, 0.0, store.rings)[0]


HELPERS = (
    *(runs_out, gone_silent, block_of, block_at, moves, unsure, home, crowded, find, start_timers, stop_timers),
    *(cell, first_after, holds_one, full, append, folded, span_value, window_value, end_of, look),
    *(say, own_line, evaluate, judge_late, take),
)
