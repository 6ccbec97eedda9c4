"""Tables: what an engine is told to watch for, as numbers. Built once from packs, never changed."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only checks what packs say needs no columns
    import numpy as np
    import numpy.typing as npt

NEVER = 1 << 62
"""A time that does not come. Sums and differences with real times stay inside int64."""

LATEST = 1 << 52
"""Readings are at 0 to this many milliseconds; others are set aside."""

MOST_RUNGS = 8
"""Rungs of one block at the most: their active bits live in one byte a series."""


class Op(IntEnum):
    GE = 0
    GT = 1
    LE = 2
    LT = 3


class Fold(IntEnum):
    SUM = 0
    MEAN = 1
    MAX = 2
    MIN = 3
    DELTA = 4
    """Newest minus oldest reading in the window."""


class Missing(IntEnum):
    """What a reading that should be in a window and is not there means."""

    ZERO = 0
    """It counts as 0: an empty sum is 0, a mean divides by the expected count, max and min see a 0. A delta has no use
    for zeros: it takes the readings there are, and is 0 when there are none."""
    UNKNOWN = 1
    """With fewer readings than expected the window is unknown."""
    SHARE = 2
    """Below `share` of the expected readings, or with none at all, the window is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSpec:
    """A fold over the readings in `(end - over, end]`, `over` in ms. `share` counts for `Missing.SHARE` only (0-1).

    With `times` over 1 the same must hold in each of the last so many spans: `(end - over, end]`, the one before, and so on.
    What is looked at is the least of their folds, or the greatest where less is worse, unknown if one of them is.
    """

    fold: Fold
    over: int
    missing: Missing = Missing.UNKNOWN
    share: float = 0.0
    times: int = 1

    def __post_init__(self) -> None:
        assert self.over > 0, "a window has a length"
        assert self.times > 0, "a window has a span"

    @property
    def reach(self) -> int:
        """How far it looks back, in ms."""
        return self.times * self.over

    def expected(self, cadence_ms: int) -> int:
        """Readings on time that any span of this length is sure to hold: whole cadences, one at least."""
        return max(1, self.over // cadence_ms)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RungTable:
    """One level of a ladder for all series of a block. Thresholds (float64, one a series) so that places may differ;
    `np.broadcast_to` of one number costs no memory, and without windows the engine keeps only what differs.

    `rank` is 1 or more; a NaN threshold never holds. Without `clear_op` a rung clears when its raise condition does not
    hold (`clear_value` is then not looked at). Without `window` it looks at the newest value.
    """

    rank: int
    op: Op
    raise_value: "npt.NDArray[np.float64]"
    for_ms: int = 0
    clear_op: Op | None = None
    clear_value: "npt.NDArray[np.float64] | None" = None
    keep_ms: int = 0
    window: WindowSpec | None = None

    def __post_init__(self) -> None:
        assert 1 <= self.rank <= 127, "rank 0 is calm, and ranks fit int8"
        assert self.for_ms >= 0
        assert self.keep_ms >= 0
        assert self.clear_op is None or self.clear_value is not None, "a clear condition has a value"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Series `start <= id < stop` under one ladder. Blocks follow one another without holes; one may be empty.

    `quality_ok` says by quality code which readings are evidence. `stale_ms`: without a reading for longer the series is
    unknown. `overdue_ms`: how long after the newest reading the next may still be on its way; until then windows end at
    the newest reading and timers that end when the next is due wait for it, afterwards they go with time. None: two
    cadences, that is when one reading is missing for sure.
    """

    start: int
    stop: int
    cadence_ms: int
    stale_ms: int
    expect_all: bool = False
    quality_ok: tuple[bool, ...] = (True, False, False, False)
    rungs: tuple[RungTable, ...] = ()
    overdue_ms: int | None = None

    def __post_init__(self) -> None:
        assert 0 <= self.start <= self.stop
        assert self.cadence_ms > 0
        assert self.stale_ms >= 0
        assert len(self.rungs) <= MOST_RUNGS
        assert len(self.quality_ok) < 63, "quality codes are bits of one number"
        for rung in self.rungs:
            assert len(rung.raise_value) == len(self)
            assert rung.clear_value is None or len(rung.clear_value) == len(self)

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def windowed(self) -> bool:
        return any(rung.window for rung in self.rungs)

    @property
    def keep_ms(self) -> int:
        """For how long before the newest reading readings are held, for windows now and for late readings. 0: no windows."""
        return 2 * max((rung.window.reach for rung in self.rungs if rung.window), default=0)

    @property
    def overdue(self) -> int:
        return 2 * self.cadence_ms if self.overdue_ms is None else self.overdue_ms
