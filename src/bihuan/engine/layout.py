"""Layout: the columns an engine stands on, as the kernels see them. What grows with the city is flat and of plain numbers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bihuan.engine.events import F64, I8, I32, I64, U8


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
    page: I32
    shift: int
    """`page[series >> shift]` is the block in which the page of the series begins."""
    start: I64
    calm: F64
    accept: I64
    """Quality codes that are evidence, as bits; `common` are those that are so in every block."""
    common: int
    stale: I64
    cadence: I64
    overdue: I64
    expect: npt.NDArray[np.bool_]
    rungs: I64
    rank: I8
    spans: I64
    edges: F64
    own: I64
    ring: I64
    """What makes a series of a block with windows the number of its ring."""
    keep: I64
    """For how long before the newest reading readings are held for windows; 0: no windows."""
    room: I64
    """Readings that come in that time."""
    looks: I8
    """[block, rung]: 0 looks at the newest value, n at window n - 1 of the block."""
    windows: I64
    """How many different windows a block has; `specs[block, n]` is one, in numbers (`kernel.FOLD` and so on)."""
    specs: I64


class Clock(NamedTuple):
    """When time may have something to say: lower bounds, exact after a look."""

    heard: I64
    """By block: no series whose silence has not been said has its newest reading (or, expected, its beginning) before."""
    slides: I64
    """By block: no window holds other readings before."""
    due: I64
    """The earliest (silence, timer, slide) of all."""


class Timers(NamedTuple):
    """Open addressing by series: `since[slot, rung]` when its rung's condition began to hold, `due[slot]` the earliest end."""

    key: I64
    due: I64
    since: I64
    used: I64


class Rings(NamedTuple):
    """Readings held for windows, a ring a series in one pool: oldest first from `head` on, around at `room`. A ring lies in
    pieces, `stride` cells apart."""

    place: I32
    """[ring, (start, room, head, count, stride)]"""
    slides: I64
    """[ring]: when a window will hold other readings, if none comes before."""
    at: I64
    value: F64
    """Of one pool: see `columns`."""
    used: I64
    """(places of the pool that are taken, places that one more ring asked for)."""
    seen: F64
    """What the rungs of the series at hand look at: its newest value, then its windows."""


class Said(NamedTuple):
    """Events on their way out; columns of `number` are those of `NUMBERS`."""

    number: I64
    value: F64


NUMBERS = ("row", "series", "kind", "before", "after", "rung", "since", "reading_at")


class Store(NamedTuple):
    """All of it."""

    flat: Flat
    limits: Limits
    clock: Clock
    timers: Timers
    rings: Rings
    said: Said
