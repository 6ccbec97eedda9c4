"""Random histories: ladders, batches and pauses from a seed, small enough to read, nasty enough to matter."""

import random
from dataclasses import dataclass, replace

import numpy as np

from bihuan.engine.engine import Engine, Events
from bihuan.engine.events import F64
from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec

from .oracle import Oracle, Row

BEGAN = 1_000
BLOCKS, SERIES_A_BLOCK = 4, 5


@dataclass(frozen=True, kw_only=True)
class Step:
    """Time passes to `now`; then rows (series, at, value, quality) are applied, or other rules begin, or neither."""

    now: int
    rows: tuple[tuple[int, int, float, int], ...] = ()
    rules: tuple[Block, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class History:
    blocks: tuple[Block, ...]
    steps: tuple[Step, ...]


def history(seed: int, steps: int) -> History:
    dice = random.Random(seed)
    sizes = [SERIES_A_BLOCK] * BLOCKS
    if dice.random() < 0.7:
        cuts = sorted(SERIES_A_BLOCK * dice.randint(0, BLOCKS) for _ in range(BLOCKS))
        sizes = np.diff([0, *cuts, BLOCKS * SERIES_A_BLOCK]).tolist()
    blocks = tuple(_block(dice, sum(sizes[:n]), size) for n, size in enumerate(sizes))
    return History(blocks=blocks, steps=tuple(_steps(dice, blocks, steps)))


def _block(dice: random.Random, start: int, size: int) -> Block:
    cadence = dice.choice((5, 10, 15))
    return Block(
        start=start,
        stop=start + size,
        cadence_ms=cadence,
        stale_ms=dice.choice((cadence, 2 * cadence, 4 * cadence, 4 * cadence + 3, 12 * cadence)),
        expect_all=dice.random() < 0.3,
        quality_ok=dice.choice(((True, False, False, False), (True, True, False, False))),
        rungs=tuple(_rung(dice, rank, size, cadence) for rank in _ranks(dice)),
        overdue_ms=dice.choice((None, None, cadence, 0, 5 * cadence)),
    )


def _ranks(dice: random.Random) -> list[int]:
    ranks = [1, 2, 3, 4][: dice.choice((0, 1, 2, 3, 4, 4))]
    if dice.random() < 0.3:
        ranks = [dice.randint(1, 5) for _ in ranks]
    return ranks


def _rung(dice: random.Random, rank: int, size: int, cadence: int) -> RungTable:
    op = dice.choice((Op.GE, Op.GE, Op.GT, Op.LE, Op.LT))
    limit = _limits(dice, size)
    clear = dice.choice((None, None, Op.LT, Op.LE, Op.GT))
    window = None
    if dice.random() < 0.5:
        window = WindowSpec(
            fold=dice.choice(list(Fold)),
            over=dice.choice((cadence, 2 * cadence, 3 * cadence, 3 * cadence + 4, 6 * cadence)),
            missing=dice.choice(list(Missing)),
            share=dice.choice((0.0, 0.5, 0.75, 1.0)),
            times=dice.choice((1, 1, 1, 2, 3)),
        )
    return RungTable(
        rank=rank,
        op=op,
        raise_value=limit,
        for_ms=dice.choice((0, 0, 1, cadence, 2 * cadence, 3 * cadence)),
        clear_op=clear,
        clear_value=limit - dice.choice((0.0, 0.5, 1.0)) if clear is not None else None,
        keep_ms=dice.choice((0, 0, 1, cadence, 2 * cadence)),
        window=window,
    )


def _limits(dice: random.Random, size: int) -> F64:
    base = dice.choice((0.0, 1.0, 2.0, 2.5, 4.0, 7.5))
    if dice.random() < 0.4:
        return np.broadcast_to(np.float64(base), size)
    return np.array([base + dice.choice((0.0, 0.0, 0.0, 1.0, -0.3)) for _ in range(size)])


def _other_rules(dice: random.Random, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The same series, ranks and windows; everything else may be another."""
    out = []
    for old in blocks:
        new = _block(dice, old.start, len(old))
        rungs = []
        for was in old.rungs:
            rung = _rung(dice, was.rank, len(old), new.cadence_ms)
            rungs.append(replace(rung, window=was.window) if dice.random() < 0.7 else was)
        out.append(replace(new, rungs=tuple(rungs), expect_all=old.expect_all))
    return tuple(out)


def _steps(dice: random.Random, blocks: tuple[Block, ...], steps: int) -> list[Step]:
    now, out, series = BEGAN, [], BLOCKS * SERIES_A_BLOCK
    at = [BEGAN] * series
    sent = [[BEGAN] for _ in at]
    lively = dice.random()
    for _ in range(steps):
        now += dice.choice((0, 0, 1, 2, 5, 5, 5, 10, 10, 15, 40))
        if dice.random() < 0.3:
            out.append(Step(now=now, rules=_other_rules(dice, blocks) if dice.random() < 0.2 else None))
            continue
        rows = []
        many = dice.randint(1, 2 * series)
        once = dice.random() < 0.5
        for who in dice.sample(range(series), min(many, series)) if once else dice.choices(range(series), k=many):
            chance = dice.random()
            if chance < 0.10:
                when = dice.choice((at[who], dice.choice(sent[who][-12:])))
            elif chance < 0.25:
                when = at[who] - dice.choice((1, 3, 5, 10, 20, 60))
            elif chance < 0.28:
                when = now + dice.choice((1, 5, 12))
            else:
                when = max(at[who] + dice.choice((1, 5)), now - dice.choice((0, 0, 0, 1, 3, 5, 10)))
            at[who] = max(at[who], when)
            sent[who].append(when)
            rows.append((who, when, _value(dice, lively), dice.choice((0, 0, 0, 0, 0, 0, 1, 2, 3, 9))))
        out.append(Step(now=now, rows=tuple(rows)))
    return out


def _value(dice: random.Random, lively: float) -> float:
    if dice.random() < 0.04:
        return dice.choice((float("nan"), float("inf"), -0.0, 1e300))
    if dice.random() < lively:
        return dice.choice((0.0, 0.1, 1.0, 2.0, 2.5, 3.3, 4.0, 7.5, -1.0, 0.7))
    return 2.0


# --- the engine and the oracle side by side -----------------------------------------------------------------


def plain(events: Events) -> list[Row]:
    return [(e.row, e.series, e.kind.name, e.before, e.after, e.rung, e.value, e.since, e.reading_at) for e in events]


def apply(engine: Engine, step: Step, start: int = 0, stop: int | None = None) -> tuple[list[Row], dict[str, int]]:
    if step.rules is not None:
        return plain(engine.reevaluate(step.now, step.rules)), {}
    rows = step.rows[start:stop]
    series, at, value, quality = zip(*rows, strict=True) if rows else ((), (), (), ())
    done = engine.apply(series, at, value, quality, step.now)
    counts = {name: getattr(done, name) for name in ("applied", "late", "duplicate", "set_aside")}
    return plain(done.events), counts


def first_difference(told: History, kinds: tuple[bool, ...] = (False, True)) -> str:
    """Empty when engines (False: numpy, True: numba) and oracle agree at every step: on every event with all its fields,
    every count and column."""
    engines, oracle = [Engine(told.blocks, BEGAN, fast) for fast in kinds], Oracle(list(told.blocks), BEGAN)
    for number, step in enumerate(told.steps):
        if step.rules is not None:
            theirs: tuple[list[Row], dict[str, int]] = (oracle.reevaluate(step.now, step.rules), {})
        elif step.rows:
            theirs = oracle.apply(list(step.rows), step.now)
        else:
            theirs = oracle.advance(step.now), {}
        for engine, fast in zip(engines, kinds, strict=True):
            mine = apply(engine, step) if step.rows or step.rules else (plain(engine.advance(step.now)), {})
            # repr tells every bit of a float apart and NaN equal to itself
            if repr(mine) != repr(theirs):
                return f"step {number} at {step.now}, fast={fast}:\n  engine {mine}\n  oracle {theirs}"
            if (state := _states_apart(engine, oracle)) is not None:
                return f"step {number} at {step.now}, fast={fast}: series {state}"
    return ""


def _states_apart(engine: Engine, oracle: Oracle) -> str | None:
    columns = zip(
        engine.level.tolist(),
        engine.unknown.tolist(),
        engine.value.tolist(),
        engine.at.tolist(),
        engine.active.tolist(),
        oracle.series,
        strict=True,
    )
    for *mine, series in columns:
        bits = sum(1 << i for i, rung in enumerate(series.rungs) if rung.active)
        theirs = [series.level, series.unknown, series.value, series.newest, bits]
        if repr(mine) != repr(theirs):
            return f"{series.number}: engine {mine}, oracle {theirs}"
    return None
