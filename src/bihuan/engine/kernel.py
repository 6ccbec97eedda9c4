"""Kernels: what is done to one row or one series, as plain loops that run as Python and, compiled by numba, at memory speed.

A batch takes two passes. The first walks the rows in order: a reading of a calm, known series that changes nothing is written
at once, in two compares; it sits on the limit of random reads and writes in memory. All others are candidates. From its first
candidate on a series is dirty, so that its later rows in the batch are candidates too and the order within a series holds.
The second pass takes the candidates one by one, exactly.

Only integers and comparisons, no sums: compiled or not, the answers are the same to the last bit.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bihuan.engine import city
from bihuan.engine.events import F64, I8, I64, U8, Kind
from bihuan.engine.tables import LATEST, NEVER

# Flags of a series. In the first pass any of them makes its rows candidates.
UNKNOWN = 1
SAID = 2
"""Its silence has been said: a reading that is fresh ends it."""
PENDING = 4
"""A `for` or `keep` is running: the series has an entry among the timers."""
OVERRIDE = 8
"""It has thresholds of its own."""
WINDOWED = 16
"""It belongs to a block with windows, which lives in `columns.py`."""
DIRTY = 32
"""It has a candidate in this batch."""
SPECIAL = UNKNOWN + PENDING + OVERRIDE
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

LARGEST = float(np.finfo(np.float64).max)

SILENT, RETURNED, LEVEL, LATE = int(Kind.SILENT), int(Kind.RETURNED), int(Kind.LEVEL), int(Kind.LATE)


class Flat(NamedTuple):
    """Columns, one entry a series: 19 bytes. `active` and `flags` are the halves of `state`: both are 0 in one look."""

    value: F64
    at: I64
    level: I8
    state: npt.NDArray[np.uint16]
    active: U8
    flags: U8


class Limits(NamedTuple):
    """Tables, one line a block; `edges` has further lines for the series in `own`, which have thresholds of their own.

    `edges[line, rung]` is (from, to) of the values that raise and (from, to) of those that clear: closed spans, `>` being
    "from the next float on". `calm` is (from, to) of the values that raise nothing. `spans[block, rung]` is (for, keep) in ms.
    """

    magic: int
    bits: int
    """Where all blocks are of one size: `series * magic >> bits` is the block. Else `magic` is 0, and"""
    page: npt.NDArray[np.int32]
    shift: int
    """`page[series >> shift]` is the block in which the page of the series begins."""
    start: I64
    calm: F64
    accept: I64
    """Quality codes that are evidence, as bits; `common` are those that are so in every block."""
    common: int
    stale: I64
    expect: npt.NDArray[np.bool_]
    rungs: I64
    rank: I8
    spans: I64
    edges: F64
    own: I64


class Clock(NamedTuple):
    """When time may have something to say: lower bounds, exact after a look."""

    heard: I64
    """By block: no series whose silence has not been said has its newest reading (or, expected, its beginning) before."""
    due: I64
    """The earliest (silence, timer) of all."""


class Timers(NamedTuple):
    """Open addressing by series: `since[slot, rung]` when its rung's condition began to hold, `due[slot]` the earliest end."""

    key: I64
    due: I64
    since: I64
    used: I64


class Said(NamedTuple):
    """Events on their way out; columns of `number` are those of `NUMBERS`."""

    number: I64
    value: F64


NUMBERS = ("row", "series", "kind", "before", "after", "rung", "since", "reading_at")


def ran_out(since: int, span_ms: int, now: int) -> bool:
    """Whether what has held since `since` has held for the span."""
    return now - since >= span_ms


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


def crowded(timers: Timers, said: Said, k: int) -> bool:
    """Whether one more series might not fit."""
    full: bool = timers.used[0] >= len(timers.key) - len(timers.key) // FULL_SHARE
    return full or k + 2 > len(said.value)


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
            timers.since[gap] = timers.since[slot]
            gap = slot
        slot = (slot + 1) & last
    timers.key[gap] = EMPTY
    timers.due[gap] = NEVER
    timers.since[gap] = NEVER


# --- one series, exactly ------------------------------------------------------------------------------------


def say(
    said: Said, k: int, row: int, s: int, kind: int, before: int, after: int, rung: int, value: float, since: int, at: int
) -> int:
    number = said.number
    number[k, 0], number[k, 1], number[k, 2], number[k, 3] = row, s, kind, before
    number[k, 4], number[k, 5], number[k, 6], number[k, 7] = after, rung, since, at
    said.value[k] = value
    return k + 1


def own_line(s: int, block: int, flags: int, limits: Limits) -> int:
    """The line of `edges` for a series: its block's, or one of its own."""
    if flags & OVERRIDE:
        return len(limits.start) - 1 + int(np.searchsorted(limits.own, s))
    return block


def evaluate(
    s: int, block: int, row: int, now: int, flat: Flat, limits: Limits, clock: Clock, timers: Timers, said: Said, k: int
) -> int:
    """Hold a known series against its rungs at `now`. Returns how many events there are now.

    An evaluation moves a rung at most once, and nothing clears while it raises.
    """
    bits, v, flags = int(flat.active[s]), float(flat.value[s]), int(flat.flags[s])
    line = own_line(s, block, flags, limits)
    slot = find(s, timers) if flags & PENDING else EMPTY
    after, before_rank, before_rung, rank, rung = bits, 0, -1, 0, -1
    before_since, after_since, due = NEVER, NEVER, NEVER
    for r in range(int(limits.rungs[block])):
        held = limits.edges[line, r, 0] <= v <= limits.edges[line, r, 1]
        on = bits >> r & 1
        if on:
            held = not held and limits.edges[line, r, 2] <= v <= limits.edges[line, r, 3]
        since = now
        if slot != EMPTY and timers.since[slot, r] != NEVER:
            since = int(timers.since[slot, r])
        span = int(limits.spans[block, r, on])
        moved = held and ran_out(since, span, now)
        if held and not moved:
            if slot == EMPTY:
                slot = start_timers(s, timers)
            timers.since[slot, r] = since
            due = min(due, since + span)
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
        clock.due[1] = min(clock.due[1], due)
        flags |= PENDING
    elif slot != EMPTY:
        stop_timers(s, timers)
    flat.flags[s] = flags
    flat.active[s] = after
    flat.level[s] = rank
    if rank > before_rank:
        k = say(said, k, row, s, LEVEL, before_rank, rank, rung, v, after_since, flat.at[s])
    elif rank < before_rank:
        k = say(said, k, row, s, LEVEL, before_rank, rank, before_rung, v, before_since, flat.at[s])
    return k


def judge_late(s: int, block: int, row: int, at: int, v: float, flat: Flat, limits: Limits, said: Said, k: int) -> int:
    """Say it when a late reading meets the raise condition of a rung above the level."""
    line = own_line(s, block, int(flat.flags[s]), limits)
    level = int(flat.level[s])
    rank, rung = level, -1
    for r in range(int(limits.rungs[block])):
        own = int(limits.rank[block, r])
        if own > level and own >= rank and limits.edges[line, r, 0] <= v <= limits.edges[line, r, 1]:
            rank, rung = own, r
    if rung >= 0:
        k = say(said, k, row, s, LATE, level, rank, rung, v, at, at)
    return k


def take(
    s: int,
    row: int,
    at: int,
    v: float,
    now: int,
    began: int,
    flat: Flat,
    limits: Limits,
    clock: Clock,
    timers: Timers,
    said: Said,
    k: int,
) -> int:
    """Take one reading that is newer than all of its series. Returns how many events there are now."""
    block, flags, before_at = block_of(s, limits), int(flat.flags[s]), int(flat.at[s])
    flat.at[s] = at
    flat.value[s] = v
    if flags & SPECIAL == 0 and not moves(int(flat.active[s]), v, block, int(limits.rungs[block]), limits.edges):
        return k  # active, and stays so: most candidates go no further
    fresh = not gone_silent(at, limits.stale[block], now)
    if flags & UNKNOWN and (fresh or not flags & SAID):
        clock.heard[block] = min(clock.heard[block], at)
        clock.due[0] = min(clock.due[0], at + limits.stale[block] + 1)
    if not fresh:
        return k
    if flags & UNKNOWN:
        flat.flags[s] = flags & CALLED
        if flags & SAID:
            level, since = int(flat.level[s]), before_at if before_at >= 0 else began
            k = say(said, k, row, s, RETURNED, level, level, -1, v, since, at)
    return evaluate(s, block, row, at, flat, limits, clock, timers, said, k)


# --- whole batches and sweeps -------------------------------------------------------------------------------


def first_pass(
    series: I64, at: I64, value: F64, quality: U8, now: int, flat: Flat, limits: Limits, clock: Clock, rows: I64
) -> tuple[int, int]:
    """Write what changes nothing; list the candidates in `rows`. Returns how many candidates, and how many set aside."""
    k, aside = 0, 0
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
    rows: I64,
    first: int,
    series: I64,
    at: I64,
    value: F64,
    now: int,
    began: int,
    flat: Flat,
    limits: Limits,
    clock: Clock,
    timers: Timers,
    said: Said,
    windowed: I64,
    counts: I64,
) -> tuple[int, int]:
    """Take candidates from the `first` on, exactly and in order; those of blocks with windows are only listed.

    Returns (next, events): next < len(rows) when timers or events need room first. `counts` are (windowed, late, duplicate).
    """
    k = 0
    for n in range(first, len(rows)):
        if crowded(timers, said, k):
            return n, k
        i = int(rows[n])
        s, t, v = int(series[i]), int(at[i]), float(value[i]) + 0.0
        if flat.flags[s] & WINDOWED:
            windowed[counts[0]] = i
            counts[0] += 1
        elif t == flat.at[s]:
            counts[2] += 1
        elif t < flat.at[s]:
            counts[1] += 1
            k = judge_late(s, block_of(s, limits), i, t, v, flat, limits, said, k)
        else:
            k = take(s, i, t, v, now, began, flat, limits, clock, timers, said, k)
    for n in range(len(rows)):
        flat.flags[series[rows[n]]] &= CLEAN
    return len(rows), k


def look_again(
    rows: I64, first: int, now: int, flat: Flat, limits: Limits, clock: Clock, timers: Timers, said: Said
) -> tuple[int, int]:
    """Evaluate known series `rows` from the `first` on, at `now` or at their newest reading, whichever is later."""
    k = 0
    for n in range(first, len(rows)):
        if crowded(timers, said, k):
            return n, k
        s = int(rows[n])
        k = evaluate(s, block_of(s, limits), -1, max(now, int(flat.at[s])), flat, limits, clock, timers, said, k)
    return len(rows), k


def forget(rows: I64, flat: Flat, timers: Timers) -> None:
    """Stop the timers of series."""
    for n in range(len(rows)):
        stop_timers(int(rows[n]), timers)
        flat.flags[rows[n]] &= STILL


def move_in(old: Timers, new: Timers) -> None:
    for slot in range(len(old.key)):
        if old.key[slot] != EMPTY:
            place = start_timers(int(old.key[slot]), new)
            new.due[place] = old.due[slot]
            new.since[place] = old.since[slot]


def unsettled(flat: Flat, limits: Limits, blocks: I64, first: int, rows: I64) -> tuple[int, int]:
    """List the known series of blocks, from the `first` on, for which an evaluation could do anything.

    Returns (next, how many): next < len(blocks) when `rows` are full. It sits on the limit of reading two columns in order:
    marks are made eight values at a time, and looked at eight at a time.
    """
    k = 0
    marks = np.zeros(CELLS, dtype=np.uint8)
    eights = marks.view(np.uint64)
    for n in range(first, len(blocks)):
        block = blocks[n]
        begin, stop = limits.start[block], limits.start[block + 1]
        if k + stop - begin > len(rows):
            return n, k
        low, high, rungs = limits.calm[block, 0], limits.calm[block, 1], limits.rungs[block]
        for cell in range(begin, stop, CELLS):
            many = min(CELLS, stop - cell)
            value, state = flat.value[cell : cell + many], flat.state[cell : cell + many]
            for j in range(many):
                marks[j] = (value[j] < low) | (value[j] > high) | (state[j] != 0)
            marks[many : many + 7 & ~7] = 0
            for eight in range((many + 7) >> 3):
                if eights[eight] != 0:
                    for j in range(eight << 3, (eight << 3) + 8):
                        if marks[j] != 0 and unsure(cell + j, block, rungs, flat, limits):
                            rows[k] = cell + j
                            k += 1
    return len(blocks), k


def silences(now: int, began: int, flat: Flat, limits: Limits, clock: Clock, blocks: I64, rows: I64) -> int:
    """List the series of blocks that are silent now and have not been said to be. Makes the blocks' bounds exact."""
    k = 0
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
        clock.heard[block] = oldest
    return k


HELPERS = (
    *(ran_out, gone_silent, block_of, block_at, moves, unsure, home, crowded, find, start_timers, stop_timers),
    *(say, own_line, evaluate, judge_late, take),
)


class Kernels(NamedTuple):
    """The loops an engine runs: all compiled, or the vectorised sweeps of `vector.py` and the rest as Python."""

    first_pass: Callable[..., tuple[int, int]]
    unsettled: Callable[..., tuple[int, int]]
    silences: Callable[..., int]
    second_pass: Callable[..., tuple[int, int]]
    look_again: Callable[..., tuple[int, int]]
    forget: Callable[..., None]
    move_in: Callable[..., None]
    add_up: Callable[..., None]
    penalise: Callable[..., None]


@cache
def compiled() -> Kernels:
    """All loops compiled by numba, kept on disk beside this file or in the user's cache. Raises ImportError without numba.

    What is kept is thrown away when the file of the loop changes: helpers live in the file of the loops they help.
    """
    from numba.extending import register_jitable

    for helper in (*HELPERS, *city.HELPERS):
        register_jitable(helper)
    loops = (first_pass, unsettled, silences, second_pass, look_again, forget, move_in, city.add_up, city.penalise)
    return Kernels(*(compile_one(loop) for loop in loops))


def compile_one(loop: Any) -> Any:
    """No fastmath and no threads: floats and order are part of the answer."""
    from numba import njit

    try:
        return njit(cache=True)(loop)
    except RuntimeError:  # nowhere to keep what was compiled
        return njit(loop)
