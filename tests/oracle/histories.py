"""Histories for the outside judge: ladders, readings of each minute from a seed, and what our engine makes of them."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bihuan.engine.engine import Engine
from bihuan.engine.tables import Block, Op, RungTable

MINUTE = 60_000
BEGAN = 1_000 * MINUTE
"""Time of the minute before the first. Prometheus counts from 0: only differences matter."""
STALE_MS = 5 * MINUTE + MINUTE // 2
"""Prometheus looks back five minutes, and up to 2.x still sees a sample exactly that old; it looks once a minute."""

SPANS = (0, 0, 1, 1, 2, 3, 5, 7, 1.5)
"""Minutes a `for` or a `keep` lasts; one and a half ends between two evaluations."""
WHOLE = SPANS[:-1]
SILENCES = (1, 1, 2, 3, 4, 5, 5, 6, 6, 7, 9, 14)
"""Readings missing one after the other: after five the last is just visible, after six it is stale."""
NOT_FIVE = tuple(length for length in SILENCES if length != 5)

F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Rung:
    op: Op
    value: float
    for_ms: int = 0
    keep_ms: int = 0
    clear_value: float | None = None
    """The rung clears at the far side of this value, which is opposite to `op`; None: when it is not raised."""

    @property
    def clear_op(self) -> Op:
        return {Op.GE: Op.LT, Op.GT: Op.LE, Op.LE: Op.GT, Op.LT: Op.GE}[self.op]


Ladder = tuple[Rung, ...]


@dataclass(frozen=True, kw_only=True)
class History:
    """`readings[minute, series]`, NaN where none came. Series are spread over the ladders in order, equally many each."""

    ladders: tuple[Ladder, ...]
    readings: F64

    @property
    def each(self) -> int:
        return self.readings.shape[1] // len(self.ladders)


def engine_of(ladders: tuple[Ladder, ...], each: int, stale_ms: int = STALE_MS, fast: bool = False) -> Engine:
    blocks = [
        Block(
            start=number * each,
            stop=(number + 1) * each,
            cadence_ms=MINUTE,
            stale_ms=stale_ms,
            overdue_ms=MINUTE,
            rungs=tuple(_table(rank, rung, each) for rank, rung in enumerate(ladder, 1)),
        )
        for number, ladder in enumerate(ladders)
    ]
    return Engine(blocks, began=BEGAN, fast=fast)


def _table(rank: int, rung: Rung, each: int) -> RungTable:
    table = RungTable(rank=rank, op=rung.op, raise_value=np.full(each, rung.value), for_ms=rung.for_ms, keep_ms=rung.keep_ms)
    if rung.clear_value is None:
        return table
    return replace(table, clear_op=rung.clear_op, clear_value=np.full(each, rung.clear_value))


def minute_passes(engine: Engine, minute: int, readings: F64, live: bool = False) -> None:
    """The readings of a minute (NaN: none) and the minute itself, which is over a moment later: what has not come by then
    is overdue. Readings come before the minute, as Prometheus sees them, or `live`: in the turn that has let it pass.
    """
    series = np.flatnonzero(np.isfinite(readings))
    at = np.full(len(series), time_of(minute))
    now = time_of(minute) if live else time_of(minute - 1) + 1
    engine.apply(series, at, readings[series], np.zeros(len(series), np.uint8), now=now)
    engine.advance(time_of(minute))
    engine.advance(time_of(minute) + 1)


def time_of(minute: int) -> int:
    return BEGAN + (minute + 1) * MINUTE


def firing(
    history: History,
    ladders: tuple[Ladder, ...] | None = None,
    stale_ms: int = STALE_MS,
    fast: bool = False,
    live: bool = False,
) -> Bools:
    """What our engine says: `[minute, series, rung]`, true where that rung is active after the minute's evaluation."""
    engine = engine_of(ladders or history.ladders, history.each, stale_ms, fast)
    rungs = max(len(ladder) for ladder in history.ladders)
    out = np.zeros((*history.readings.shape, rungs), dtype=np.bool_)
    for minute, readings in enumerate(history.readings):
        minute_passes(engine, minute, readings, live)
        out[minute] = engine.active[:, None] >> np.arange(rungs) & 1
    return out


def ladder_from(dice: np.random.Generator, hysteresis: bool, live: bool) -> Ladder:
    """Four rungs in one direction, of one sharpness, each with its own spans."""
    op = Op(int(dice.integers(4)))
    up = 1.0 if op in (Op.GE, Op.GT) else -1.0
    first, step = round(dice.uniform(-20, 50), 1), float(dice.choice([0.1, 0.3, 2.5, 10]))
    rungs = []
    for number in range(4):
        value = round(first + up * number * step, 1)
        back = float(dice.choice([0.0, 0.1, 0.2, 1.0, 6.0])) if hysteresis and dice.random() < 0.7 else None
        clear = None if back is None else round(value - up * back, 1)
        spans = (dice.choice(WHOLE if live else SPANS, size=2) * MINUTE).astype(int).tolist()
        rungs.append(Rung(op=op, value=value, for_ms=spans[0], keep_ms=spans[1], clear_value=clear))
    return tuple(rungs)


def history_from(seed: int, *, ladders: int, each: int, minutes: int, ours: bool, live: bool = False) -> History:
    """A random history. `ours`: with clear values, and with silences that begin under an active rung; otherwise such a
    series is heard again just before it would be stale, because there plain Prometheus rules mean something else.

    `live`: what a turn decides before it takes its readings is left out, that is what happens between two readings (spans
    that are no whole minutes) and a series heard again in the very turn in which it falls silent.
    """
    dice = np.random.default_rng(seed)
    stacks = tuple(ladder_from(dice, ours, live) for _ in range(ladders))
    values = np.column_stack([_values(dice, ladder, minutes) for ladder in stacks for _ in range(each)])
    silent = np.column_stack([_silences(dice, minutes, NOT_FIVE if live else SILENCES) for _ in range(ladders * each)])
    if not ours:
        silent &= ~_cut_short(stacks, each, values, silent, STALE_MS - MINUTE if live else STALE_MS)
    return History(ladders=stacks, readings=np.where(silent, np.nan, values))


def _values(dice: np.random.Generator, ladder: Ladder, minutes: int) -> F64:
    """Spells of a few minutes around one rung each: exactly at its values, a hair beside them, or well off."""
    out: list[float] = []
    while len(out) < minutes:
        rung = ladder[dice.integers(len(ladder))]
        side = 1.0 if dice.random() < 0.5 else -1.0
        for _ in range(1 + dice.geometric(0.2)):
            if dice.random() < 0.15:
                side = -side
            edge = rung.value if rung.clear_value is None or dice.random() < 0.6 else rung.clear_value
            off = (edge, np.nextafter(edge, side * np.inf), round(edge + side * 0.1, 1), round(edge + side * 3.7, 1))
            out.append(float(off[dice.integers(4)]) + 0.0)
    return np.array(out[:minutes])


def _silences(dice: np.random.Generator, minutes: int, lengths: tuple[int, ...]) -> Bools:
    out = np.zeros(minutes, dtype=np.bool_)
    minute = int(dice.integers(4))
    out[:minute] = True  # nothing was ever heard before
    while (minute := minute + 1 + int(dice.geometric(0.06))) < minutes:
        length = int(dice.choice(lengths))
        out[minute : minute + length] = True
        minute += length
    return out


def _cut_short(ladders: tuple[Ladder, ...], each: int, values: F64, silent: Bools, longest: int) -> Bools:
    """Where a silence would go on for longer while a rung is active, or becomes so just then."""
    engine, ahead = engine_of(ladders, each), engine_of(ladders, each)
    spoken = np.zeros_like(silent)
    for minute, row in enumerate(values):
        ahead.put_back(engine.saved())
        ahead.advance(time_of(minute) + 1)
        spoken[minute] = silent[minute] & (ahead.active > 0) & (time_of(minute) - engine.at > longest)
        minute_passes(engine, minute, np.where(silent[minute] & ~spoken[minute], np.nan, row))
    return spoken
