"""Columns: 19 bytes a series, one line of limits a block, timers only where one runs, rings of readings only for windows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine import loops, vector
from bihuan.engine.events import F64, I64, U8, Gathered, Kind
from bihuan.engine.kernel import (
    CELLS,
    COUNT,
    EMPTY,
    FULL_SHARE,
    HEAD,
    LINE,
    OVERRIDE,
    PENDING,
    ROOM,
    SAID,
    SILENCE,
    SLIDE,
    START,
    STRIDE,
    TIMER,
    UNKNOWN,
    WHOLE,
    WINDOWED,
    gone_silent,
)
from bihuan.engine.layout import NUMBERS, Clock, Flat, Limits, Rings, Said, Store, Timers
from bihuan.engine.limits import limits_of, spec_of
from bihuan.engine.loops import Kernels
from bihuan.engine.tables import MOST_RUNGS, NEVER, Block, WindowSpec
from bihuan.engine.vector_windows import in_pool

EVENTS = 4096
"""Events that leave the kernels in one go."""

FEWEST, SPARSE = 16, 16
"""Timers shrink when fewer than one place in this many is taken: a look at what has run out goes through all places."""

ROWS = 1 << 16
"""Series that a sweep hands over in one go."""

FIRST_ROOM = 32
"""Readings that a ring has room for at first, where its windows do not say less."""

SPARE = 4
"""Times the room that rings take at first is set aside for them to grow. It costs no memory before a reading is there, and to
move a city's rings into a larger pool would hold up everything for most of a second."""

MOST_CELLS = 1 << 31
"""Times and values that all rings may have room for: 16 GiB."""

WORTH_IT = 100_000
"""Series from which on the half second that numba takes to start is soon earned back."""


class Columns:
    """The columns of all blocks, and what is done to them."""

    def __init__(self, blocks: Sequence[Block], began: int, kernels: Kernels) -> None:
        size = blocks[-1].stop if blocks else 0
        assert size < 1 << 31, "ids that a product with 32 bits leaves inside int64"
        self._kernels = kernels
        self._began = began
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
        for block in blocks:
            flags[block.start : block.stop] |= WINDOWED if block.windowed else 0
        limits = limits_of(blocks)
        flags[limits.own] |= OVERRIDE
        awaited = [began if block.expect_all and len(block) else NEVER for block in blocks]
        slides = np.full(len(blocks), NEVER, dtype=np.int64)
        self.store = Store(
            flat=self.flat,
            limits=limits,
            clock=Clock(np.array(awaited, dtype=np.int64), slides, np.full(3, NEVER, dtype=np.int64)),
            timers=_timers(FEWEST, limits.rank.shape[1]),
            rings=_rings(blocks, limits),
            said=Said(np.empty((EVENTS, len(NUMBERS)), dtype=np.int64), np.empty(EVENTS)),
        )
        self.store.clock.due[SILENCE] = self._silences().min(initial=NEVER)

    def nbytes(self) -> int:
        """What grows with the city, in bytes, without windows."""
        flat, limits, clock, timers, _, said = self.store
        parts = (*flat[:4], *limits, *clock, *timers, *said)
        return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))

    def nbytes_of_windows(self) -> int:
        rings = self.store.rings
        return rings.place.nbytes + rings.slides.nbytes + 8 * int(rings.used[0])

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as plain columns, in the least room and the same however it had grown."""
        flat, _, _, timers, rings, _ = self.store
        running = np.sort(np.flatnonzero(timers.key != EMPTY))
        held = rings.place[:, COUNT].astype(np.int64)
        cells = _cells(rings, held)
        return {
            "began": np.array(self._began, dtype=np.int64),
            "heard": self.store.clock.heard,
            "value": flat.value,
            "at": flat.at,
            "level": flat.level,
            "state": flat.state,
            "timers_key": timers.key[running],
            "timers_due": timers.due[running],
            "timers_since": timers.since[running],
            "rings_held": held,
            "rings_slide": rings.slides,
            "rings_at": rings.at[cells],
            "rings_value": rings.value[cells],
        }

    def put_back(self, kept: Mapping[str, npt.NDArray[Any]]) -> None:
        flat, limits, clock, _, rings, _ = self.store
        own = flat.flags & (OVERRIDE + WINDOWED)
        for name in ("value", "at", "level", "state"):
            getattr(flat, name)[:] = kept[name]
        flat.flags[:] = flat.flags & (255 - OVERRIDE - WINDOWED) | own
        clock.heard[:] = kept["heard"]
        self._began = int(kept["began"])
        running = len(kept["timers_key"])
        timers = _timers(max(FEWEST, 1 << (2 * running).bit_length()), limits.rank.shape[1])
        used = np.array([running], dtype=np.int64)
        self._kernels.move_in(Timers(kept["timers_key"], kept["timers_due"], kept["timers_since"], used), timers)
        rings = _rings_with(rings, kept["rings_held"])
        cells = _cells(rings, kept["rings_held"])
        rings.slides[:], rings.at[cells], rings.value[cells] = kept["rings_slide"], kept["rings_at"], kept["rings_value"]
        self.store = self.store._replace(timers=timers, rings=rings)
        self._look_at_slides(np.arange(len(limits.stale)), -1)
        clock.due[:] = self._silences().min(initial=NEVER), timers.due.min(), clock.slides.min(initial=NEVER)

    def blocks_of(self, series: I64) -> I64:
        return vector.blocks_of(series, self.store.limits)

    # time passes

    def advance(self, now: int, out: Gathered) -> None:
        clock = self.store.clock
        if now >= clock.due[SILENCE]:
            self._fall_silent(now, out)
        if now >= min(clock.due[TIMER], clock.due[SLIDE]):
            timers = self.store.timers
            series = np.unique(np.concatenate([timers.key[timers.due <= now], self._slid(now)]))
            self._look_again(series, now, out)
            self._shrink_timers()
            clock.due[TIMER] = self.store.timers.due.min()
            clock.due[SLIDE] = clock.slides.min(initial=NEVER)

    def due(self) -> int:
        """When advance may next have something to say: the earliest silence, end of a `for` or `keep`, slide of a window."""
        due = self.store.clock.due
        due[SILENCE] = self._earliest(self._silences, self._look_at_silence)
        due[SLIDE] = self._earliest(lambda: self.store.clock.slides, self._look_at_slides)
        if due[TIMER] == due.min():  # it may be that of a timer which was stopped
            due[TIMER] = self.store.timers.due.min()
        return int(due.min())

    def _earliest(self, bounds: Callable[[], I64], look: Callable[[I64, int], I64]) -> int:
        """Bounds age as readings come: look at the block that seems first, then at all that still seem earlier."""
        seem = bounds()
        if seem.min(initial=NEVER) < NEVER:
            first = int(seem.argmin())
            look(np.array([first]), -1)
            earlier = np.flatnonzero(seem < bounds()[first])
            if len(earlier) > 1:
                look(earlier[earlier != first], -1)
        return int(bounds().min(initial=NEVER))

    def _silences(self) -> I64:
        return self.store.clock.heard + self.store.limits.stale + 1

    def _look_at_silence(self, blocks: I64, now: int) -> I64:
        rows = np.empty(_many(blocks, self.store.limits), dtype=np.int64)
        return rows[: self._kernels.silences(now, self._began, self.store, blocks, rows)]

    def _look_at_slides(self, blocks: I64, now: int) -> I64:
        rows = np.empty(_many(blocks, self.store.limits), dtype=np.int64)
        return rows[: self._kernels.sliding(now, self.store, blocks, rows)]

    def _slid(self, now: int) -> I64:
        return self._look_at_slides(np.flatnonzero(self.store.clock.slides <= now), now)

    def _fall_silent(self, now: int, out: Gathered) -> None:
        clock, limits, flat = self.store.clock, self.store.limits, self.flat
        s = self._look_at_silence(np.flatnonzero(gone_silent(clock.heard, limits.stale, now)), now)
        clock.due[SILENCE] = self._silences().min(initial=NEVER)
        level, at, flags = flat.level[s], flat.at[s], flat.flags[s]
        since = np.where(at < 0, self._began, at)
        out.add(s, Kind.SILENT, row=-1, before=level, after=level, rung=-1, value=flat.value[s], since=since, reading_at=at)
        self._kernels.forget(s[flags & PENDING > 0], self.store)
        flat.flags[s] |= UNKNOWN | SAID
        self.store.rings.slides[self._ring_of(s[flags & WINDOWED > 0])] = NEVER

    def _ring_of(self, series: I64) -> I64:
        return series + self.store.limits.ring[self.blocks_of(series)]

    # readings come

    def warm(self) -> None:
        """Have the loops that readings and timers need compiled, or fetched from where they are kept."""
        none, now = np.empty(0, dtype=np.int64), -1
        self.take(none, none, none.astype(np.float64), none.astype(np.uint8), now, Gathered())
        columns = none, none.astype(np.float64)
        self._kernels.second_pass(none, 0, none, *columns, now, self._began, self.store, np.zeros(2, dtype=np.int64))
        self._kernels.look_again(none, 0, now, self.store)
        self._kernels.forget(none, self.store)

    def take(self, series: I64, at: I64, value: F64, quality: U8, now: int, out: Gathered) -> tuple[int, int, int]:
        """Take rows in order. Returns how many were late, duplicate, set aside."""
        rows = np.empty(len(series), dtype=np.int64)
        many, aside = self._kernels.first_pass(series, at, value, quality, now, self.store, rows)
        rows = rows[:many]
        counts = np.zeros(2, dtype=np.int64)
        done = 0
        while done < many:
            done, said = self._kernels.second_pass(rows, done, series, at, value, now, self._began, self.store, counts)
            self._hand_over(said, out)
        return int(counts[0]), int(counts[1]), aside

    def reevaluate(self, now: int, out: Gathered) -> None:
        """Look at every known series again."""
        limits = self.store.limits
        largest = int(np.diff(limits.start).max(initial=0))
        rows, marks, done = np.empty(max(ROWS, largest), dtype=np.int64), np.zeros(CELLS, dtype=np.uint8), 0
        while done < len(limits.stale):
            done, many = self._kernels.unsettled(self.store, done, rows, marks)
            self._look_again(rows[:many], now, out)
        self.store.clock.due[TIMER] = self.store.timers.due.min()

    def replace(self, blocks: Sequence[Block], now: int, out: Gathered) -> None:
        """Take other limits for the same series, rungs and windows, from `now` on."""
        self.flat.flags[self.store.limits.own] &= 255 - OVERRIDE
        self.store = self.store._replace(limits=limits_of(blocks))
        self.flat.flags[self.store.limits.own] |= OVERRIDE
        self._fall_silent(now, out)

    def _look_again(self, series: I64, now: int, out: Gathered) -> None:
        done = 0
        while done < len(series):
            done, said = self._kernels.look_again(series, done, now, self.store)
            self._hand_over(said, out)

    def _hand_over(self, many: int, out: Gathered) -> None:
        """Pass events on, and give timers and rings room."""
        _, _, _, timers, rings, said = self.store
        if many:
            number = dict(zip(NUMBERS, said.number[:many].T.copy(), strict=True))
            out.add_columns(value=said.value[:many].copy(), **number)
        if timers.used[0] >= len(timers.key) - len(timers.key) // FULL_SHARE:
            self._move_timers(2 * len(timers.key))
        if rings.used.sum() > len(rings.at):
            assert rings.used.sum() <= MOST_CELLS, "places in the pool fit 32 bits"
            self.store = self.store._replace(rings=_roomier(rings, int(rings.used.sum())))

    def _shrink_timers(self) -> None:
        timers = self.store.timers
        if len(timers.key) > FEWEST and timers.used[0] < len(timers.key) // SPARSE:
            self._move_timers(max(FEWEST, len(timers.key) // (SPARSE // 2)))

    def _move_timers(self, room: int) -> None:
        other = _timers(room, self.store.timers.since.shape[1])
        self._kernels.move_in(self.store.timers, other)
        self.store = self.store._replace(timers=other)

    # windows, for showing

    def window_value(self, rung: int, series: I64, now: int) -> F64:
        """What rung number `rung` of each series looks at now, NaN where that is unknown or there is no such rung."""
        limits = self.store.limits
        block = self.blocks_of(series)
        out = np.where((self.flat.at[series] >= 0) & (rung < limits.rungs[block]), self.flat.value[series], np.nan)
        if 0 <= rung < limits.looks.shape[1]:
            rows = np.flatnonzero(limits.looks[block, rung] > 0)
            specs = limits.specs[block[rows], limits.looks[block[rows], rung] - 1]
            out[rows] = self._windows(series[rows], specs, now)
        return out

    def held(self, spec: WindowSpec, series: I64, now: int) -> F64:
        """What a window that no rung looks at holds now; NaN where readings are not kept for so long."""
        limits = self.store.limits
        block = self.blocks_of(series)
        out = np.full(len(series), np.nan)
        rows = np.flatnonzero(limits.keep[block] >= spec.reach)
        specs = np.array([spec_of(spec, True, int(cadence)) for cadence in limits.cadence[block[rows]]], dtype=np.int64)
        out[rows] = self._windows(series[rows], specs, now)
        return out

    def _windows(self, series: I64, specs: I64, now: int) -> F64:
        out = np.full(len(series), np.nan)
        if len(series):
            self._kernels.window_values(series, specs, now, self.store, out)
        return np.where(self.flat.at[series] >= 0, out, np.nan)


def _many(blocks: I64, limits: Limits) -> int:
    return int((limits.start[blocks + 1] - limits.start[blocks]).sum())


def _timers(room: int, rungs: int) -> Timers:
    return Timers(
        key=np.full(room, EMPTY, dtype=np.int64),
        due=np.full(room, NEVER, dtype=np.int64),
        since=np.full((room, rungs), NEVER, dtype=np.int64),
        used=np.zeros(1, dtype=np.int64),
    )


def _rings(blocks: Sequence[Block], limits: Limits) -> Rings:
    """Empty rings. Those of one size lie interleaved, piece by piece: the first pieces of all, then the second ones. So what
    no reading has reached yet is in one place, and takes no memory."""
    sizes = np.diff(limits.start) * (limits.keep > 0)
    room = np.repeat(np.minimum(limits.room, FIRST_ROOM), sizes)
    pieces, used = -(-room // WHOLE), 0
    place = np.zeros((len(room), 5), dtype=np.int32)
    for many in np.unique(pieces).tolist():
        mine = np.flatnonzero(pieces == many)
        place[mine, START], place[mine, STRIDE] = used + np.arange(len(mine)) * LINE, len(mine) * LINE
        used += many * len(mine) * LINE
        assert used < MOST_CELLS, "places in the pool fit 32 bits"
    place[:, ROOM] = room
    at, value = _spacious_pool(used)
    return Rings(
        place=place,
        slides=np.full(len(place), NEVER, dtype=np.int64),
        at=at,
        value=value,
        used=np.array([used, 0], dtype=np.int64),
        seen=np.zeros(MOST_RUNGS + 1),
    )


def _rings_with(rings: Rings, count: I64) -> Rings:
    """Fresh rings that hold so many readings, oldest first; those that are too small for that lie whole behind the others."""
    large, used = np.flatnonzero(count > rings.place[:, ROOM]), rings.used.copy()
    takes = -(-count[large] // WHOLE) * LINE
    ends = used[0] + np.cumsum(takes)
    if len(large):
        place = rings.place
        place[large, START], place[large, ROOM], place[large, STRIDE] = ends - takes, count[large], LINE
        used[0] = ends[-1]
        assert used[0] < MOST_CELLS, "places in the pool fit 32 bits"
        rings = _roomier(rings, int(used[0]))._replace(used=used)
    rings.place[:, COUNT], rings.place[:, HEAD] = count, 0
    return rings


def _cells(rings: Rings, count: I64) -> I64:
    """Where the readings of all rings are, ring by ring, oldest first."""
    start, room, head, stride = (np.repeat(rings.place[:, column], count) for column in (START, ROOM, HEAD, STRIDE))
    position = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return in_pool((head + position) % np.maximum(room, 1), start, stride)


def _pool(room: int) -> tuple[I64, F64]:
    """One memory as times and as values: a value is WHOLE places behind its time, in the same line of the cache."""
    both = np.zeros(room + LINE + WHOLE, dtype=np.int64)
    both = both[-both.ctypes.data // both.itemsize % LINE :]
    return both[:room], both.view(np.float64)[WHOLE : room + WHOLE]


def _spacious_pool(room: int) -> tuple[I64, F64]:
    """A pool with so much room and, where the machine will promise that, much more."""
    try:
        return _pool(min(SPARE * room, MOST_CELLS))
    except MemoryError:
        return _pool(min(room + room // 2, MOST_CELLS))


def _roomier(rings: Rings, room: int) -> Rings:
    (at, value), used = _spacious_pool(room), int(rings.used[0])
    at[:used], value[:used] = rings.at[:used], rings.value[:used]
    return rings._replace(at=at, value=value)


def kernels_for(size: int, fast: bool | None) -> Kernels:
    """Compiled loops if asked for (raises ImportError without numba), or where they are worth their start."""
    if fast is None and size >= WORTH_IT:
        try:
            return loops.compiled()
        except ImportError:
            return vector.KERNELS
    return loops.compiled() if fast else vector.KERNELS
