"""The engine: readings and the passing of time in, changes of level, silences and late readings out.

A rung of a ladder is *active* from the evaluation at which its raise condition has held, at every evaluation since one
`for_ms` or more before, until its clear condition has held for `keep_ms` in the same way. While the raise condition holds
nothing clears, and one evaluation moves a rung at most once. The level of a series is the rank of its highest active rung;
an evaluation that changes it makes one event. Rung by rung this equals Prometheus' `for` and `keep_firing_for`.

Evaluations take place at every reading applied (time: the reading's `at`), and at every `advance(now)` for series that are
fresh and whose newest reading is not after `now` (time: `now`). Between evaluations nothing is credited afterwards.

Windows end at the newest reading until the next one is overdue (`Block.overdue_ms`), then at `now`. A reading that is
merely under way must not look like one that is missing: it would clear sums and restart timers just before each reading.
A window that is unknown is no evidence: pending timers of its rung restart, an active rung stays active.

A series is unknown when `now - at > stale_ms`. Active rungs stay active, nothing is evaluated, pending timers restart when
a reading within `stale_ms` of `now` returns. An older one is kept (as newest, and for windows) but ends no silence.
Series never heard are unknown from the start, and fall silent only where all are expected.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine import vector
from bihuan.engine.columns import Columns, Views
from bihuan.engine.events import F64, I8, I64, U8, Applied, Bools, Event, Events, Gathered, Kind
from bihuan.engine.flat import Plain, kernels_for
from bihuan.engine.kernel import HIDDEN, UNKNOWN
from bihuan.engine.rollup import RollUp
from bihuan.engine.score import Card, Scores
from bihuan.engine.tables import LATEST, NEVER, Block, WindowSpec

__all__ = ["LATEST", "Applied", "Engine", "Event", "Events", "Kind"]


class Engine:
    """Columns for readers, one entry a series, not to be written to: `level` (int8, highest active rank), `unknown` (bool),
    `value` (newest, NaN if none), `at` (of the newest reading, -1 if none), `active` (uint8, bit i: rung i is active).

    `fast`: True for loops compiled by numba (ImportError without it), False for numpy and Python, None for numba where it
    is there and the series are many enough to be worth its start. The answers are the same.
    """

    def __init__(self, blocks: Sequence[Block], began: int, fast: bool | None = None) -> None:
        starts = [0, *(block.stop for block in blocks)][: len(blocks)]
        assert [block.start for block in blocks] == starts, "blocks follow one another"
        self._now = began
        self._shape = [_shape(block) for block in blocks]
        self._kernels = kernels_for(blocks[-1].stop if blocks else 0, fast)
        self._plain = Plain(blocks, began, self._kernels)
        self.level: I8 = self._plain.flat.level
        self.value: F64 = self._plain.flat.value
        self.at: I64 = self._plain.flat.at
        self.active: U8 = self._plain.flat.active
        self.unknown = Flag(self._plain.flat.flags, UNKNOWN)
        self._columns = {n: Columns(b, self._views(b), began) for n, b in enumerate(blocks) if b.windowed}

    def _views(self, block: Block) -> Views:
        part = slice(block.start, block.stop)
        flags = self._plain.flat.flags[part]
        return Views(level=self.level[part], flags=flags, value=self.value[part], at=self.at[part], active=self.active[part])

    def nbytes(self) -> int:
        """What the flat columns, limits and timers take; windows come on top."""
        return self._plain.nbytes()

    def advance(self, now: int) -> Events:
        """Let time pass to `now`; nothing happens unless that is later than the latest `now` so far.

        Says which timers ran out and which levels windows lost or gained while series were fresh, and who fell silent.
        """
        out = Gathered()
        self._pass(now, out)
        return out.events()

    def _pass(self, now: int, out: Gathered) -> None:
        if now > self._now:
            self._now = now
            self._plain.advance(now, out)
            for columns in self._columns.values():
                columns.advance(now, out)

    def next_due(self) -> int | None:
        """The earliest time after the latest `now` at which `advance` may have something to say without a new reading.

        Whoever advances at each of these sees the same as one who advances every millisecond.
        """
        due = min((columns.due() for columns in self._columns.values()), default=NEVER)
        due = min(due, self._plain.due())
        return max(due, self._now + 1) if due < NEVER else None

    def reevaluate(self, now: int, blocks: Sequence[Block] | None = None) -> Events:
        """Let time pass to `now`, take other `blocks` if given, and look at every known series again without a new reading.

        Blocks may change thresholds, spans, cadence and what is evidence; series, ranks of rungs, windows and whether all are
        expected stay as they are (AssertionError). A timer goes on from when it began if its new condition holds. A series
        read after `now` is looked at as of its reading.
        """
        out = Gathered()
        self._pass(now, out)
        if blocks is not None:
            assert [_shape(block) for block in blocks] == self._shape, "the same series, ranks, windows and expectations"
            self._plain.replace(blocks, self._now, out)
        self._plain.reevaluate(self._now, out)
        for number, columns in self._columns.items():
            if blocks is not None:
                columns.replace(blocks[number], self._now, out)
            columns.reevaluate(self._now, out)
        return out.events()

    def apply(
        self,
        series: npt.ArrayLike,
        at: npt.ArrayLike,
        value: npt.ArrayLike,
        quality: npt.ArrayLike,
        now: int,
    ) -> Applied:
        """Let time pass to `now`, then apply rows of readings in order; a series may come many times.

        Columns of one length: dense ids, ms UTC, float64, quality codes. A reading older than its series' newest is late:
        it moves nothing, and is an event when it meets (alone, or in the window at its time, where that is still held
        whole) the raise condition of a rung above the level. One at the time of a reading still held is a duplicate.
        Refusing times in the future is the caller's part: here a reading is believed.
        """
        ids: I64 = _column(series, np.int64)
        times: I64 = _column(at, np.int64)
        values: F64 = _column(value, np.float64)
        codes: U8 = _column(quality, np.uint8)
        assert len(ids) == len(times) == len(values) == len(codes), "columns have one length"
        # As unsigned numbers negative ids are the largest.
        assert not len(ids) or ids.view(np.uint64).max() < len(self.at), "series are dense ids"
        out = Gathered()
        self._pass(now, out)
        windowed, late, double, aside = self._plain.take(ids, times, values, codes, self._now, out)
        counts = np.array([len(ids) - len(windowed) - late - double - aside, late, double])
        for number, rows in _by_block(vector.blocks_of(ids[windowed], self._plain.limits), windowed):
            columns = self._columns[number]
            for wave in _waves(ids, rows):
                local = ids[wave] - columns.block.start
                counts += np.array(columns.take(local, times[wave], values[wave] + 0.0, wave, self._now, out))
        applied, late, double = counts.tolist()
        return Applied(events=out.events(), applied=applied, late=late, duplicate=double, set_aside=aside)

    def rolled_up(self, plan: RollUp) -> F64:
        """Values and levels at the inner nodes of a tree, [indicators, inner nodes]; every block covers every node of it."""
        shape = (len(self._shape), len(plan.tree.parent))
        return plan(self.value.reshape(shape), self.level.reshape(shape), self._kernels)

    def scores(self, card: Card) -> Scores:
        """Penalties by track and plate and unit; every block covers the same units."""
        shape = (len(self._shape), -1)
        return card(self.level.reshape(shape), self._plain.flat.state.reshape(shape), HIDDEN, self._kernels)

    def window_value(self, rung: int, series: npt.ArrayLike) -> F64:
        """What rung number `rung` of each series looks at now: its window's value, or the newest value.

        NaN where that is unknown or there is no such rung.
        """
        ids: I64 = np.atleast_1d(np.asarray(series, np.int64))
        block = vector.blocks_of(ids, self._plain.limits)
        out = np.where((self.at[ids] >= 0) & (rung < self._plain.limits.rungs[block]), self.value[ids], np.nan)
        for number, rows in _by_block(block, np.arange(len(ids))):
            if number in self._columns:
                columns = self._columns[number]
                out[rows] = columns.window_value(rung, ids[rows] - columns.block.start, self._now)
        return out

    def held(self, spec: WindowSpec, series: npt.ArrayLike) -> F64:
        """What a window of `spec` over each series holds now, for showing: no rung needs to look at it.

        NaN where that is unknown, and where the series' own windows are too short to keep such readings, or there are none.
        """
        ids: I64 = np.atleast_1d(np.asarray(series, np.int64))
        out = np.full(len(ids), np.nan)
        for number, rows in _by_block(vector.blocks_of(ids, self._plain.limits), np.arange(len(ids))):
            if number in self._columns:
                columns = self._columns[number]
                out[rows] = columns.held(spec, ids[rows] - columns.block.start, self._now)
        return out

    def standing(self, series: int) -> Event:
        """How a series stands, in the form of an event; `rung` is its highest active one (-1: calm)."""
        block = int(vector.blocks_of(np.array([series]), self._plain.limits)[0])
        ranks, active = self._shape[block][2], int(self.active[series])
        rung = max(((rank, n) for n, rank in enumerate(ranks) if active >> n & 1), default=(0, -1))[1]
        value = self.window_value(rung, series)[0] if rung >= 0 else self.value[series]
        level, at = int(self.level[series]), int(self.at[series])
        return Event(
            row=-1,
            series=series,
            kind=Kind.LEVEL,
            before=level,
            after=level,
            rung=rung,
            value=float(value),
            since=at,
            reading_at=at,
        )


class Flag:
    """One flag of every series, to be read like a column of bools."""

    def __init__(self, flags: U8, flag: int) -> None:
        self._flags = flags
        self._flag = flag

    def __getitem__(self, which: Any) -> Any:
        return (self._flags[which] & self._flag) > 0

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Bools:
        return np.asarray(self[:], dtype=dtype)

    def tolist(self) -> list[bool]:
        return list(self[:].tolist())


def _shape(block: Block) -> tuple[int, int, tuple[int, ...], tuple[object, ...], bool]:
    """What may not change while an engine lives."""
    ranks, windows = tuple(rung.rank for rung in block.rungs), tuple(rung.window for rung in block.rungs)
    return block.start, block.stop, ranks, windows, block.expect_all


def _column(values: npt.ArrayLike, dtype: Any) -> Any:
    """One contiguous, writable column: one type for the compiler."""
    column = np.ascontiguousarray(values, dtype)
    return column if column.flags.writeable else column.copy()


def _by_block(block: I64, rows: I64) -> Iterator[tuple[int, I64]]:
    """Rows of each block, in order; `block` is that of each row."""
    if not len(rows):
        return
    order = np.argsort(block, kind="stable")
    cuts = np.flatnonzero(np.diff(block[order])) + 1
    for part in np.split(order, cuts):
        yield int(block[part[0]]), rows[part]


def _waves(series: I64, rows: I64) -> Iterator[I64]:
    """Rows cut so that the k-th wave holds the k-th row of each series: distinct series, each series in order."""
    rows = rows[np.argsort(series[rows], kind="stable")]
    first = np.flatnonzero(np.diff(series[rows], prepend=-1))
    turn = np.arange(len(rows)) - np.repeat(first, np.diff(np.append(first, len(rows))))
    rows = rows[np.argsort(turn, kind="stable")]
    yield from np.split(rows, np.cumsum(np.bincount(turn))[:-1])
