"""The engine: readings and the passing of time in, changes of level, silences and late readings out.

A rung of a ladder is *active* from the evaluation at which its raise condition has held, at every evaluation since one
`for_ms` or more before, until its clear condition has held for `keep_ms` in the same way. While the raise condition holds
nothing clears, and one evaluation moves a rung at most once. The level of a series is the rank of its highest active rung;
an evaluation that changes it makes one event. Rung by rung this equals Prometheus' `for` and `keep_firing_for`.

Evaluations take place at every reading applied (time: the reading's `at`), and at every `advance(now)` for series that are
fresh and whose newest reading is not after `now` (time: `now`). Between evaluations nothing is credited afterwards.

Until the next reading is overdue (`Block.overdue_ms`) windows end at the newest one, then at `now`; and a timer that ends
when the next reading is due, or later, waits for it. A reading that is merely under way must not look like one that is
missing: sums would clear and timers restart just before each reading, and what time decides would depend on whether it
passes before the readings of a turn or after them. A window that is unknown is no evidence: pending timers of its rung
restart, an active rung stays active.

A series is unknown when `now - at > stale_ms`. Active rungs stay active, nothing is evaluated, pending timers restart when
a reading within `stale_ms` of `now` returns. An older one is kept (as newest, and for windows) but ends no silence.
Series never heard are unknown from the start, and fall silent only where all are expected.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine.carried import carried
from bihuan.engine.columns import Columns, kernels_for
from bihuan.engine.events import F64, I8, I64, U8, Applied, Bools, Event, Events, Gathered, Kind
from bihuan.engine.kernel import UNKNOWN
from bihuan.engine.rollup import Held, Rolled, RollUp
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
        self._due: int | None = None
        """What `columns.due` answered, while nothing has changed since."""
        self._shape = [_shape(block) for block in blocks]
        self._kernels = kernels_for(blocks[-1].stop if blocks else 0, fast)
        self._columns = Columns(blocks, began, self._kernels)
        flat = self._columns.flat
        self.level: I8 = flat.level
        self.value: F64 = flat.value
        self.at: I64 = flat.at
        self.active: U8 = flat.active
        self.unknown = Flag(flat.flags, UNKNOWN)

    def warm(self) -> None:
        """Be ready for readings: a new installation compiles its loops for some seconds. Nothing else changes."""
        self._columns.warm()

    def nbytes(self) -> int:
        """What columns, limits and timers take; windows come on top."""
        return self._columns.nbytes()

    def nbytes_of_windows(self) -> int:
        """What windows take at most: 28 bytes a series that has some, and 16 for each reading there is room for. Room that no
        reading has reached is asked for and takes no memory yet."""
        return self._columns.nbytes_of_windows()

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """All that the engine knows, as named arrays of plain numbers: for a file (npz), to go on from later.

        The arrays are the engine's own: write them down, or copy them, before it goes on.
        """
        own = {"shape": _numbers(self._shape), "now": np.array(self._now, dtype=np.int64)}
        return own | self._columns.saved()

    def put_over(self, kept: Mapping[str, npt.NDArray[Any]], here: I64) -> None:
        """As `put_back`, for a fresh engine of other blocks: `here[i]` is the series here that was number i there, -1 where
        it is gone; series of one block there are of one block here. `reevaluate` afterwards.

        Raises ValueError, and takes nothing, where that is not complete.
        """
        self.put_back(carried(kept, self.saved(), here))

    def put_back(self, kept: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from where `saved` was; a fresh engine of the same blocks then says what the saved one would have said.

        Raises ValueError, and takes nothing, when the arrays are not those of an engine with the same series, ranks,
        windows and expectations. Thresholds and spans may be others: `reevaluate` afterwards.
        """
        shape = kept.get("shape")
        if shape is None or not np.array_equal(shape, _numbers(self._shape)):
            raise ValueError("what was saved belongs to an engine of other blocks")
        kinds = [{name: (column.dtype, column.ndim) for name, column in each.items()} for each in (self.saved(), kept)]
        if kinds[0] != kinds[1]:
            raise ValueError("what was saved is not complete, or of another version")
        self._now, self._due = int(kept["now"]), None
        self._columns.put_back(kept)

    def advance(self, now: int) -> Events:
        """Let time pass to `now`; nothing happens unless that is later than the latest `now` so far.

        Says which timers ran out and which levels windows lost or gained while series were fresh, and who fell silent.
        """
        out = Gathered()
        self._pass(now, out)
        return out.events()

    def _pass(self, now: int, out: Gathered) -> None:
        if now > self._now:
            if self._due is None or now >= self._due:
                self._due = None
                self._columns.advance(now, out)
            self._now = now

    def next_due(self) -> int | None:
        """The earliest time after the latest `now` at which `advance` may have something to say without a new reading.

        Whoever advances at each of these sees the same as one who advances every millisecond.
        """
        if self._due is None:
            self._due = self._columns.due()
        return max(self._due, self._now + 1) if self._due < NEVER else None

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
            self._columns.replace(blocks, self._now, out)
        self._due = None
        self._columns.reevaluate(self._now, out)
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
        self._due = None
        late, double, aside = self._columns.take(ids, times, values, codes, self._now, out)
        applied = len(ids) - late - double - aside
        return Applied(events=out.events(), applied=applied, late=late, duplicate=double, set_aside=aside)

    def rolled_up(self, plan: RollUp, indicators: I64 | None = None) -> Rolled:
        """Values over a tree, of all indicators (blocks) or of those named by number."""
        return plan(self._held(), indicators, self._kernels)

    def scores(self, card: Card) -> Scores:
        """Penalties by heading and node."""
        return card(self._held(), self._kernels)

    def _held(self) -> Held:
        return Held(value=self.value, level=self.level, state=self._columns.flat.state)

    def window_value(self, rung: int, series: npt.ArrayLike) -> F64:
        """What rung number `rung` of each series looks at now: its window's value, or the newest value.

        NaN where that is unknown or there is no such rung.
        """
        return self._columns.window_value(rung, np.atleast_1d(np.asarray(series, np.int64)), self._now)

    def held(self, spec: WindowSpec, series: npt.ArrayLike) -> F64:
        """What a window of `spec` over each series holds now, for showing: no rung needs to look at it.

        NaN where that is unknown, and where the series' own windows are too short to keep such readings, or there are none.
        """
        return self._columns.held(spec, np.atleast_1d(np.asarray(series, np.int64)), self._now)

    def standing(self, series: int) -> Event:
        """How a series stands, in the form of an event; `rung` is its highest active one (-1: calm)."""
        block = int(self._columns.blocks_of(np.array([series]))[0])
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


def _shape(block: Block) -> tuple[int, int, tuple[int, ...], tuple[WindowSpec | None, ...], bool]:
    """What may not change while an engine lives."""
    ranks, windows = tuple(rung.rank for rung in block.rungs), tuple(rung.window for rung in block.rungs)
    return block.start, block.stop, ranks, windows, block.expect_all


def _numbers(shape: Sequence[tuple[int, int, tuple[int, ...], tuple[WindowSpec | None, ...], bool]]) -> F64:
    """Shapes as one row of numbers."""
    numbers: list[float] = []
    for start, stop, ranks, windows, expect in shape:
        numbers += [start, stop, expect, len(ranks), *ranks]
        for window in windows:
            numbers += [window.fold, window.over, window.missing, window.share, window.times] if window else [-1]
    return np.array(numbers, dtype=np.float64)


def _column(values: npt.ArrayLike, dtype: Any) -> Any:
    """One contiguous, writable column: one type for the compiler."""
    column = np.ascontiguousarray(values, dtype)
    return column if column.flags.writeable else column.copy()
