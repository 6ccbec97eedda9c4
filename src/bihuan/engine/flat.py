"""All blocks without windows: 19 bytes a series in flat columns, one line of limits a block, timers only where one runs."""

from collections.abc import Sequence
from functools import reduce
from operator import and_

import numpy as np

from bihuan.engine import vector
from bihuan.engine.events import F64, I64, U8, Gathered, Kind
from bihuan.engine.kernel import (
    EMPTY,
    FULL_SHARE,
    NUMBERS,
    OVERRIDE,
    PENDING,
    SAID,
    UNKNOWN,
    WINDOWED,
    Clock,
    Flat,
    Kernels,
    Limits,
    Said,
    Timers,
    gone_silent,
)
from bihuan.engine.tables import NEVER, Block, Op, RungTable

EVENTS = 4096
"""Events that leave the kernels in one go."""

FEWEST, SPARSE = 16, 16
"""Timers shrink when fewer than one place in this many is taken: a look at what has run out goes through all places."""

ROWS = 1 << 16
"""Series that a sweep hands over in one go."""

WORTH_IT = 100_000
"""Series from which on the half second that numba takes to start is soon earned back."""


class Plain:
    """The flat columns, and the ladders of the blocks without windows over them."""

    def __init__(self, blocks: Sequence[Block], began: int, kernels: Kernels) -> None:
        size = blocks[-1].stop if blocks else 0
        assert size < 1 << 31, "ids that a product with 32 bits leaves inside int64"
        self._kernels = kernels
        self._began = began
        self._numbers = np.array([n for n, block in enumerate(blocks) if not block.windowed], dtype=np.int64)
        state = np.zeros(size, dtype=np.uint16)
        active, flags = state.view(np.uint8).reshape(size, 2).T
        self.flat = Flat(
            value=np.full(size, np.nan),
            at=np.full(size, -1, dtype=np.int64),
            level=np.zeros(size, dtype=np.int8),
            state=state,
            active=active,
            flags=flags,
        )
        flags[:] = UNKNOWN
        self.limits = limits_of(blocks)
        self.flat.flags[self.limits.own] |= OVERRIDE
        for block in blocks:
            if block.windowed:
                self.flat.flags[block.start : block.stop] |= WINDOWED
        awaited = [began if block.expect_all and len(block) and not block.windowed else NEVER for block in blocks]
        self.clock = Clock(heard=np.array(awaited, dtype=np.int64), due=np.full(2, NEVER, dtype=np.int64))
        self.clock.due[0] = (self.clock.heard + self.limits.stale + 1).min(initial=NEVER)
        self.timers = _timers(FEWEST, self.limits.rank.shape[1])
        self._said = Said(np.empty((EVENTS, len(NUMBERS)), dtype=np.int64), np.empty(EVENTS))

    def nbytes(self) -> int:
        """All that grows with the city, in bytes."""
        parts = (*self.flat[:4], *self.limits, *self.clock, *self.timers, *self._said)
        return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))

    # time passes

    def advance(self, now: int, out: Gathered) -> None:
        if now >= self.clock.due[0]:
            self._fall_silent(now, out)
        if now >= self.clock.due[1]:
            self._look_again(np.sort(self.timers.key[self.timers.due <= now]), now, out)
            if len(self.timers.key) > FEWEST and self.timers.used[0] < len(self.timers.key) // SPARSE:
                self._move_timers(max(FEWEST, len(self.timers.key) // (SPARSE // 2)))
            self.clock.due[1] = self.timers.due.min()

    def due(self) -> int:
        """When advance may next have something to say: the earliest silence, end of a `for` or `keep`."""
        ends = self.clock.heard + self.limits.stale + 1
        if ends.min(initial=NEVER) < NEVER:
            # Bounds age as readings come: look at the block that seems first, then at all that still seem earlier.
            first = ends.argmin()
            self._look_at_silence(np.array([first]), -1)
            earlier = np.flatnonzero(ends < self.clock.heard[first] + self.limits.stale[first] + 1)
            self._look_at_silence(earlier[earlier != first], -1)
        self.clock.due[0] = (self.clock.heard + self.limits.stale + 1).min(initial=NEVER)
        return int(self.clock.due.min())

    def _look_at_silence(self, blocks: I64, now: int) -> I64:
        rows = np.empty(_many(blocks, self.limits), dtype=np.int64)
        return rows[: self._kernels.silences(now, self._began, self.flat, self.limits, self.clock, blocks, rows)]

    def _fall_silent(self, now: int, out: Gathered) -> None:
        late = gone_silent(self.clock.heard, self.limits.stale, now)
        s = self._look_at_silence(np.flatnonzero(late), now)
        self.clock.due[0] = (self.clock.heard + self.limits.stale + 1).min(initial=NEVER)
        level, at, flags = self.flat.level[s], self.flat.at[s], self.flat.flags[s]
        since = np.where(at < 0, self._began, at)
        out.add(
            s, Kind.SILENT, row=-1, before=level, after=level, rung=-1, value=self.flat.value[s], since=since, reading_at=at
        )
        self._kernels.forget(s[flags & PENDING > 0], self.flat, self.timers)
        self.flat.flags[s] |= UNKNOWN | SAID

    # readings come

    def take(self, series: I64, at: I64, value: F64, quality: U8, now: int, out: Gathered) -> tuple[I64, int, int, int]:
        """Take rows in order. Returns the rows of blocks with windows, and how many others were late, duplicate, set aside."""
        rows = np.empty(len(series), dtype=np.int64)
        many, aside = self._kernels.first_pass(series, at, value, quality, now, self.flat, self.limits, self.clock, rows)
        rows = rows[:many]
        windowed = np.empty(many, dtype=np.int64)
        counts = np.zeros(3, dtype=np.int64)
        done = 0
        while done < many:
            done, said = self._kernels.second_pass(
                *(rows, done, series, at, value, now, self._began, self.flat, self.limits, self.clock),
                *(self.timers, self._said, windowed, counts),
            )
            self._hand_over(said, out)
        return windowed[: counts[0]], int(counts[1]), int(counts[2]), aside

    def reevaluate(self, now: int, out: Gathered) -> None:
        """Look at every known series again."""
        largest = int(np.diff(self.limits.start).max(initial=0))
        rows, done = np.empty(max(ROWS, largest), dtype=np.int64), 0
        while done < len(self._numbers):
            done, many = self._kernels.unsettled(self.flat, self.limits, self._numbers, done, rows)
            self._look_again(rows[:many], now, out)
        self.clock.due[1] = self.timers.due.min()

    def replace(self, blocks: Sequence[Block], now: int, out: Gathered) -> None:
        """Take other limits for the same series and rungs, from `now` on."""
        self.flat.flags[self.limits.own] &= 255 - OVERRIDE
        self.limits = limits_of(blocks)
        self.flat.flags[self.limits.own] |= OVERRIDE
        self._fall_silent(now, out)

    def _look_again(self, series: I64, now: int, out: Gathered) -> None:
        done = 0
        while done < len(series):
            done, said = self._kernels.look_again(
                series, done, now, self.flat, self.limits, self.clock, self.timers, self._said
            )
            self._hand_over(said, out)

    def _hand_over(self, many: int, out: Gathered) -> None:
        """Pass events on, and give the timers room."""
        if many:
            number = dict(zip(NUMBERS, self._said.number[:many].T.copy(), strict=True))
            out.add_columns(value=self._said.value[:many].copy(), **number)
        room = len(self.timers.key)
        if self.timers.used[0] >= room - room // FULL_SHARE:
            self._move_timers(2 * room)

    def _move_timers(self, room: int) -> None:
        other = _timers(room, self.timers.since.shape[1])
        self._kernels.move_in(self.timers, other)
        self.timers = other


def _many(blocks: I64, limits: Limits) -> int:
    return int((limits.start[blocks + 1] - limits.start[blocks]).sum())


def _timers(room: int, rungs: int) -> Timers:
    return Timers(
        key=np.full(room, EMPTY, dtype=np.int64),
        due=np.full(room, NEVER, dtype=np.int64),
        since=np.full((room, rungs), NEVER, dtype=np.int64),
        used=np.zeros(1, dtype=np.int64),
    )


# --- limits -------------------------------------------------------------------------------------------------


def span_of(op: Op, limit: F64) -> tuple[F64, F64]:
    """The closed span of values that meet a condition; with a NaN in it, it holds nothing."""
    rest = np.full(len(limit), np.inf)
    if op in (Op.GE, Op.GT):
        return limit if op is Op.GE else np.nextafter(limit, np.inf), rest
    return -rest, limit if op is Op.LE else np.nextafter(limit, -np.inf)


def limits_of(blocks: Sequence[Block]) -> Limits:
    """Tables of the blocks; those with windows have a line without rungs."""
    plain = [() if block.windowed else block.rungs for block in blocks]
    width = max((len(rungs) for rungs in plain), default=0) or 1
    shape = (len(blocks), width)
    rank, spans = np.zeros(shape, dtype=np.int8), np.zeros((*shape, 2), dtype=np.int64)
    edges = np.broadcast_to([np.inf, -np.inf, np.inf, -np.inf], (*shape, 4)).copy()
    calm = np.broadcast_to([-np.inf, np.inf], (len(blocks), 2)).copy()
    own, lines = [np.empty(0, dtype=np.int64)], [edges[:0]]
    for n, (block, rungs) in enumerate(zip(blocks, plain, strict=True)):
        if not rungs or not len(block):
            continue
        usual, s = _usual(rungs)
        line = np.broadcast_to(edges[n], (1 + len(s), width, 4)).copy()
        for r, rung in enumerate(rungs):
            rank[n, r], spans[n, r] = rung.rank, (rung.for_ms, rung.keep_ms)
            line[:, r] = _edges(rung, usual, s)
            if rung.op in (Op.GE, Op.GT):
                calm[n, 1] = np.fmin(calm[n, 1], np.nextafter(line[0, r, 0], -np.inf))
            else:
                calm[n, 0] = np.fmax(calm[n, 0], np.nextafter(line[0, r, 1], np.inf))
        edges[n] = line[0]
        own.append(s + block.start)
        lines.append(line[1:])
    start = np.array([0, *(block.stop for block in blocks)], dtype=np.int64)
    shift = max(0, (int(start[-1]) // max(1, len(blocks))).bit_length() - 1)
    pages = np.arange((int(start[-1]) >> shift) + 1) << shift
    accept = [sum(ok << code for code, ok in enumerate(block.quality_ok)) for block in blocks]
    magic, bits = _reciprocal(blocks)
    return Limits(
        magic=magic,
        bits=bits,
        page=np.minimum(np.searchsorted(start, pages, side="right") - 1, len(blocks) - 1).astype(np.int32),
        shift=shift,
        start=start,
        calm=calm,
        accept=np.array(accept, dtype=np.int64),
        common=reduce(and_, accept, 0 if not accept else accept[0]),
        stale=np.array([block.stale_ms for block in blocks], dtype=np.int64),
        expect=np.array([block.expect_all for block in blocks], dtype=np.bool_),
        rungs=np.array([len(rungs) for rungs in plain], dtype=np.int64),
        rank=rank,
        spans=spans,
        edges=np.concatenate([edges, *lines]),
        own=np.concatenate(own),
    )


def _reciprocal(blocks: Sequence[Block]) -> tuple[int, int]:
    """(magic, bits) so that `series * magic >> bits` divides by the size of all blocks; (0, 0) where they differ.

    Exact for series below 2^31: magic is rounded up, and its error times the series stays below one part of the size.
    """
    size = len(blocks[0]) if blocks else 0
    if not size or any(len(block) != size for block in blocks):
        return 0, 0
    bits = 31 + (size - 1).bit_length()
    return -(-(1 << bits) // size), bits


def _usual(rungs: tuple[RungTable, ...]) -> tuple[int, I64]:
    """A series with the commonest thresholds of a block, and the series whose thresholds are others."""
    columns = [c for rung in rungs for c in (rung.raise_value, rung.clear_value) if c is not None and any(c.strides)]
    if not columns:
        return 0, np.empty(0, dtype=np.int64)
    _, first, which, many = np.unique(
        np.stack(columns, axis=1).view(np.int64), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    most = int(many.argmax())
    return int(first[most]), np.flatnonzero(which.ravel() != most)


def _edges(rung: RungTable, usual: int, s: I64) -> F64:
    """Lines of one rung: the usual one, then those of the series `s`."""
    rows = np.concatenate([[usual], s]).astype(np.int64)
    raises = span_of(rung.op, rung.raise_value[rows])
    clears = (np.full(len(rows), -np.inf), np.full(len(rows), np.inf))
    if rung.clear_op is not None and rung.clear_value is not None:
        clears = span_of(rung.clear_op, rung.clear_value[rows])
    return np.stack([*raises, *clears], axis=1)


def kernels_for(size: int, fast: bool | None) -> Kernels:
    """Compiled loops if asked for (raises ImportError without numba), or where they are worth their start."""
    from bihuan.engine import kernel

    if fast is None and size >= WORTH_IT:
        try:
            return kernel.compiled()
        except ImportError:
            return vector.KERNELS
    return kernel.compiled() if fast else vector.KERNELS
