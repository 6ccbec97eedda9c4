"""Columns of one block with windows: rungs, timers, silence. Series are local numbers, distinct in every call."""

from dataclasses import dataclass

import numpy as np

from bihuan.engine.events import F64, I8, I64, U8, Bools, Gathered, Kind
from bihuan.engine.kernel import UNKNOWN
from bihuan.engine.tables import NEVER, Block, Op, RungTable, WindowSpec
from bihuan.engine.windows import Windows


def holds(op: Op, value: F64, limit: F64) -> Bools:
    """Whether each value meets its condition. NaN meets none."""
    if op is Op.GE:
        return value >= limit
    if op is Op.GT:
        return value > limit
    if op is Op.LE:
        return value <= limit
    return value < limit


def ran_out(since: I64, span_ms: int, now: I64 | int) -> Bools:
    """Whether what holds since `since` has held for the span; NEVER has not."""
    return now - since >= span_ms


def gone_silent(heard: I64, stale_ms: int, now: int) -> Bools:
    return now - heard > stale_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """One block's part of the engine's flat columns."""

    level: I8
    flags: U8
    value: F64
    at: I64
    active: U8


class Columns:
    def __init__(self, block: Block, views: Views, began: int) -> None:
        size = len(block)
        self.block = block
        self.began = began
        self.level, self.flags, self.value, self.at, self.active = (
            views.level,
            views.flags,
            views.value,
            views.at,
            views.active,
        )
        self.fresh_from = np.full(size, began if block.expect_all else NEVER, dtype=np.int64)
        """From when silence counts: the newest reading, or the beginning. NEVER: silent already, or not expected."""
        self.raise_since = [_timers(size) if rung.for_ms else None for rung in block.rungs]
        self.clear_since = [_timers(size) if rung.keep_ms else None for rung in block.rungs]
        longest = max(rung.window.over for rung in block.rungs if rung.window)
        self.windows = Windows(size, 2 * longest, block.cadence_ms)
        self.slides_at = _timers(size)
        """When a window of the series will hold other readings, if none comes before."""
        self.rank_of, self.top_of = _tops(block.rungs)
        self._due: int | None = None

    # time passes

    def advance(self, now: int, out: Gathered) -> None:
        if now < self.due():
            return
        self._due = None
        self._fall_silent(now, out)
        s = np.flatnonzero(self._rungs_due() <= now)
        overdue = now - self.at[s] > self.block.overdue
        self._evaluate(s, np.full(len(s), now, dtype=np.int64), np.where(overdue, now, self.at[s]), np.full(len(s), -1), out)

    def due(self) -> int:
        """When advance may next have something to say: the earliest silence, end of a `for` or `keep`, slide of a window."""
        if self._due is None:
            heard = int(self.fresh_from.min(initial=NEVER))
            silence = heard + self.block.stale_ms + 1 if heard < NEVER else NEVER
            self._due = min(silence, int(self._rungs_due().min(initial=NEVER)))
        return self._due

    def _rungs_due(self) -> I64:
        due = self.slides_at
        for since, span_ms in self._running():
            due = np.minimum(due, since + span_ms)
        return due

    def _running(self) -> list[tuple[I64, int]]:
        timers = [(since, rung.for_ms) for since, rung in zip(self.raise_since, self.block.rungs, strict=True)]
        timers += [(since, rung.keep_ms) for since, rung in zip(self.clear_since, self.block.rungs, strict=True)]
        return [(since, span_ms) for since, span_ms in timers if since is not None]

    def _fall_silent(self, now: int, out: Gathered) -> None:
        s = np.flatnonzero(gone_silent(self.fresh_from, self.block.stale_ms, now))
        out.add(
            s + self.block.start,
            Kind.SILENT,
            row=-1,
            before=self.level[s],
            after=self.level[s],
            rung=-1,
            value=self.value[s],
            since=self.fresh_from[s],
            reading_at=self.at[s],
        )
        self.flags[s] |= UNKNOWN
        self.fresh_from[s] = NEVER
        self.slides_at[s] = NEVER
        for since, _ in self._running():
            since[s] = NEVER

    def replace(self, block: Block, now: int, out: Gathered) -> None:
        """Take other limits for the same series, rungs and windows, from `now` on."""
        self.block = block
        self.windows.cadence_ms = block.cadence_ms
        size = len(block)
        for n, rung in enumerate(block.rungs):
            self.raise_since[n] = _timers(size) if self.raise_since[n] is None and rung.for_ms else self.raise_since[n]
            self.clear_since[n] = _timers(size) if self.clear_since[n] is None and rung.keep_ms else self.clear_since[n]
        self._fall_silent(now, out)

    def reevaluate(self, now: int, out: Gathered) -> None:
        self._due = None
        s = np.flatnonzero(self.flags & UNKNOWN == 0)
        end = np.where(now - self.at[s] > self.block.overdue, now, self.at[s])
        self._evaluate(s, np.maximum(now, self.at[s]), end, np.full(len(s), -1), out)

    # readings come

    def take(self, s: I64, at: I64, value: F64, row: I64, now: int, out: Gathered) -> tuple[int, int, int]:
        """Take one reading each. Returns how many were applied, late, duplicate."""
        self._due = None
        new = at > self.at[s]
        known = (at == self.at[s]) | (~new & self.windows.has(s, at))
        late = ~new & ~known
        if late.any():
            self._judge_late(s[late], at[late], value[late], row[late], out)
        if new.any():
            self._apply(s[new], at[new], value[new], row[new], now, out)
        return int(new.sum()), int(late.sum()), int(known.sum())

    def _apply(self, s: I64, at: I64, value: F64, row: I64, now: int, out: Gathered) -> None:
        before_at = self.at[s]
        self.at[s] = at
        self.value[s] = value
        self.windows.append(s, at, value)
        silent = (self.flags[s] & UNKNOWN > 0) & (self.fresh_from[s] == NEVER) & ((before_at >= 0) | self.block.expect_all)
        fresh = ~gone_silent(at, self.block.stale_ms, now)
        self.fresh_from[s] = np.where(silent & ~fresh, NEVER, at)
        back = silent & fresh
        out.add(
            s[back] + self.block.start,
            Kind.RETURNED,
            row=row[back],
            before=self.level[s[back]],
            after=self.level[s[back]],
            rung=-1,
            value=value[back],
            since=np.where(before_at >= 0, before_at, self.began)[back],
            reading_at=at[back],
        )
        self.flags[s[fresh]] &= 255 - UNKNOWN
        self._evaluate(s[fresh], at[fresh], at[fresh], row[fresh], out)

    def _judge_late(self, s: I64, at: I64, value: F64, row: I64, out: Gathered) -> None:
        """Say which late readings meet the raise condition of a rung above the level their series stands at."""
        level = self.level[s]
        rank, decided, seen = level.copy(), np.full(len(s), -1, dtype=np.int8), np.full(len(s), np.nan)
        for number, rung in enumerate(self.block.rungs):
            looked_at, met = value, np.ones(len(s), dtype=np.bool_)
            if rung.window is not None:
                looked_at, met, _ = self.windows.fold(rung.window, s, at, extra=value)
                met = met & (self.at[s] - at <= self.windows.keep_ms - rung.window.over)
            met = met & holds(rung.op, looked_at, rung.raise_value[s]) & (rung.rank > level) & (rung.rank >= rank)
            rank[met], decided[met], seen[met] = rung.rank, number, looked_at[met]
        said = decided >= 0
        out.add(
            s[said] + self.block.start,
            Kind.LATE,
            row=row[said],
            before=level[said],
            after=rank[said],
            rung=decided[said],
            value=seen[said],
            since=at[said],
            reading_at=at[said],
        )

    # the ladder

    def _evaluate(self, s: I64, now: I64, end: I64, row: I64, out: Gathered) -> None:
        """Hold fresh series against their rungs at `now` (one a series), windows ending at `end`."""
        if not len(s):
            return
        before = self.active[s]
        after = before.copy()
        shape = (len(self.block.rungs), len(s))
        seen, since, first = np.empty(shape), np.empty(shape, dtype=np.int64), np.full(len(s), NEVER)
        for number, rung in enumerate(self.block.rungs):
            seen[number], known, exits = self._look(rung, s, end)
            first = np.minimum(first, exits)
            moved, since[number] = self._move(number, rung, s, seen[number], known, now, (before >> number & 1) > 0)
            after[moved] ^= np.uint8(1 << number)
        self.slides_at[s] = np.where(first < NEVER, np.maximum(first, self.at[s] + self.block.overdue + 1), NEVER)
        self.active[s] = after
        self.level[s] = self.rank_of[after]
        changed = np.flatnonzero(self.rank_of[before] != self.rank_of[after])
        rose = self.rank_of[after[changed]] > self.rank_of[before[changed]]
        decided = np.where(rose, self.top_of[after[changed]], self.top_of[before[changed]])
        out.add(
            s[changed] + self.block.start,
            Kind.LEVEL,
            row=row[changed],
            before=self.rank_of[before[changed]],
            after=self.rank_of[after[changed]],
            rung=decided,
            value=seen[decided, changed],
            since=since[decided, changed],
            reading_at=self.at[s[changed]],
        )

    def _look(self, rung: RungTable, s: I64, end: I64) -> tuple[F64, Bools, I64]:
        """What a rung looks at: value, whether it is known, and when its oldest reading leaves (NEVER without one)."""
        if rung.window is None:
            return self.value[s], np.ones(len(s), dtype=np.bool_), np.full(len(s), NEVER)
        value, known, first = self.windows.fold(rung.window, s, end)
        return value, known, np.where(first < NEVER, first + rung.window.over, NEVER)

    def _move(self, number: int, rung: RungTable, s: I64, value: F64, known: Bools, now: I64, on: Bools) -> tuple[Bools, I64]:
        """Which series' rung changes over now, and since when its condition has held. Nothing clears while it raises.

        Values that are not known are NaN and raise nothing.
        """
        raises = holds(rung.op, value, rung.raise_value[s])
        clears = ~raises & known
        if rung.clear_op is not None and rung.clear_value is not None:
            clears &= holds(rung.clear_op, value, rung.clear_value[s])
        fired, raised = _run(self.raise_since[number], rung.for_ms, s, raises & ~on, now)
        ended, cleared = _run(self.clear_since[number], rung.keep_ms, s, clears & on, now)
        return fired | ended, np.where(on, cleared, raised)

    def window_value(self, number: int, s: I64, now: int) -> F64:
        """What rung `number` looks at now, NaN where that is unknown."""
        if number >= len(self.block.rungs):
            return np.full(len(s), np.nan)
        overdue = now - self.at[s] > self.block.overdue
        value, _, _ = self._look(self.block.rungs[number], s, np.where(overdue, now, self.at[s]))
        return np.where(self.at[s] >= 0, value, np.nan)

    def held(self, spec: WindowSpec, s: I64, now: int) -> F64:
        """What a window that no rung looks at would hold now; NaN where readings are not kept for so long."""
        if spec.over > self.windows.keep_ms:
            return np.full(len(s), np.nan)
        overdue = now - self.at[s] > self.block.overdue
        value, _, _ = self.windows.fold(spec, s, np.where(overdue, now, self.at[s]))
        return np.where(self.at[s] >= 0, value, np.nan)


def _run(timers: I64 | None, span_ms: int, s: I64, held: Bools, now: I64) -> tuple[Bools, I64]:
    """Start, keep or reset the timers of a condition. Returns which ran out (and are reset), and since when it has held."""
    if timers is None:
        return held, now
    since = np.where(held, np.where(timers[s] == NEVER, now, timers[s]), NEVER)
    done = ran_out(since, span_ms, now)
    timers[s] = np.where(done, NEVER, since)
    return done, since


def _timers(size: int) -> I64:
    return np.full(size, NEVER, dtype=np.int64)


def _tops(rungs: tuple[RungTable, ...]) -> tuple[I8, I8]:
    """By active bits: the highest active rank, and which rung has it (the last of equals; -1 for none)."""
    rank, top = np.zeros(1 << len(rungs), dtype=np.int8), np.full(1 << len(rungs), -1, dtype=np.int8)
    for bits in range(1, 1 << len(rungs)):
        top[bits] = max((rung.rank, number) for number, rung in enumerate(rungs) if bits >> number & 1)[1]
        rank[bits] = rungs[top[bits]].rank
    return rank, top
