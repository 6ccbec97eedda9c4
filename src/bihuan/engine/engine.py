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

from bihuan.engine.columns import Columns, Views
from bihuan.engine.events import F64, I8, I64, U8, Applied, Bools, Event, Events, Gathered, Kind
from bihuan.engine.tables import Block
from bihuan.engine.windows import NEVER

__all__ = ["LATEST", "Applied", "Engine", "Event", "Events", "Kind"]

LATEST = 1 << 52
"""Readings are at 0 to this many milliseconds; others are set aside."""


class Engine:
    """Columns for readers, one entry a series, not to be written to: `level` (int8, highest active rank), `unknown` (bool),
    `value` (newest, NaN if none), `at` (of the newest reading, -1 if none), `active` (uint8, bit i: rung i is active).
    """

    level: I8
    unknown: Bools
    value: F64
    at: I64
    active: U8

    def __init__(self, blocks: Sequence[Block], began: int) -> None:
        size = blocks[-1].stop if blocks else 0
        self.blocks = tuple(blocks)
        self.level = np.zeros(size, dtype=np.int8)
        self.unknown = np.ones(size, dtype=np.bool_)
        self.value = np.full(size, np.nan)
        self.at = np.full(size, -1, dtype=np.int64)
        self.active = np.zeros(size, dtype=np.uint8)
        self._now = began
        self._start = np.array([block.start for block in blocks], dtype=np.int64)
        assert self._start.tolist() == [0, *(block.stop for block in blocks)][: len(blocks)], "blocks follow one another"
        self._quality_ok = np.zeros((len(blocks), 256), dtype=np.bool_)
        for number, block in enumerate(blocks):
            self._quality_ok[number, : len(block.quality_ok)] = block.quality_ok
        self._columns = tuple(Columns(block, self._views(block), began) for block in blocks)

    def _views(self, block: Block) -> Views:
        part = slice(block.start, block.stop)
        return Views(
            level=self.level[part],
            unknown=self.unknown[part],
            value=self.value[part],
            at=self.at[part],
            active=self.active[part],
        )

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
            for columns in self._columns:
                columns.advance(now, out)

    def next_due(self) -> int | None:
        """The earliest time after the latest `now` at which `advance` may have something to say without a new reading.

        Whoever advances at each of these sees the same as one who advances every millisecond.
        """
        due = min((columns.due() for columns in self._columns), default=NEVER)
        return max(due, self._now + 1) if due < NEVER else None

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
        series, at, quality = np.asarray(series, np.int64), np.asarray(at, np.int64), np.asarray(quality, np.uint8)
        value = np.asarray(value, np.float64) + 0.0  # minus zero is zero, so that max and min have one answer
        assert len(series) == len(at) == len(value) == len(quality), "columns have one length"
        assert not len(series) or (series.min() >= 0 and series.max() < len(self.at)), "series are dense ids"
        out = Gathered()
        self._pass(now, out)
        # An empty block starts where the next one does: side="right" finds the last block that starts there.
        block = np.searchsorted(self._start, series, side="right") - 1
        taken = np.flatnonzero(self._quality_ok[block, quality] & np.isfinite(value) & (at >= 0) & (at <= LATEST))
        counts = np.zeros(3, dtype=np.int64)
        for number, rows in _by_block(block, taken):
            columns = self._columns[number]
            for wave in _waves(series, rows):
                local = series[wave] - columns.block.start
                counts += columns.take(local, at[wave], value[wave], wave, self._now, out)
        applied, late, duplicate = counts.tolist()
        return Applied(events=out.events(), applied=applied, late=late, duplicate=duplicate, set_aside=len(series) - len(taken))

    def window_value(self, rung: int, series: npt.ArrayLike) -> F64:
        """What rung number `rung` of each series looks at now: its window's value, or the newest value.

        NaN where that is unknown or there is no such rung.
        """
        series = np.atleast_1d(np.asarray(series, np.int64))
        out = np.full(len(series), np.nan)
        block = np.searchsorted(self._start, series, side="right") - 1
        for number, rows in _by_block(block, np.arange(len(series))):
            columns = self._columns[number]
            out[rows] = columns.window_value(rung, series[rows] - columns.block.start, self._now)
        return out

    def standing(self, series: int) -> Event:
        """How a series stands, in the form of an event; `rung` is its highest active one (-1: calm)."""
        number = int(np.searchsorted(self._start, series, side="right")) - 1
        rung = int(self._columns[number].top_of[self.active[series]])
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


def _by_block(block: npt.NDArray[Any], rows: I64) -> Iterator[tuple[int, I64]]:
    """Rows of each block, in order."""
    if not len(rows):
        return
    rows = rows[np.argsort(block[rows], kind="stable")]
    cuts = np.flatnonzero(np.diff(block[rows])) + 1
    for part in np.split(rows, cuts):
        yield int(block[part[0]]), part


def _waves(series: I64, rows: I64) -> Iterator[I64]:
    """Rows cut so that the k-th wave holds the k-th row of each series: distinct series, each series in order."""
    rows = rows[np.argsort(series[rows], kind="stable")]
    first = np.flatnonzero(np.diff(series[rows], prepend=-1))
    turn = np.arange(len(rows)) - np.repeat(first, np.diff(np.append(first, len(rows))))
    rows = rows[np.argsort(turn, kind="stable")]
    yield from np.split(rows, np.cumsum(np.bincount(turn))[:-1])
