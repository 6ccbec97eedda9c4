"""The flat columns: what they cost, how they grow, and that compiled or not they say the same."""

import random
import sys
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from bihuan.engine import columns, kernel, loops, vector
from bihuan.engine.engine import Engine, Kind
from bihuan.engine.limits import limits_of
from bihuan.engine.tables import Block, Op, RungTable

from .histories import BEGAN, History, Step, first_difference

CADENCE, STALE = 1_000, 3_000


def rung(size: int, rank: int, limit: float, **more: Any) -> RungTable:
    return RungTable(rank=rank, op=Op.GE, raise_value=np.broadcast_to(np.float64(limit), size), **more)


def city(blocks: int, size: int, **more: Any) -> tuple[Block, ...]:
    rungs = (rung(size, 1, 10.0, **more), rung(size, 2, 20.0, **more))
    return tuple(
        Block(start=n * size, stop=(n + 1) * size, cadence_ms=CADENCE, stale_ms=STALE, rungs=rungs) for n in range(blocks)
    )


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setitem(sys.modules, "numba.extending", None)
    loops.compiled.cache_clear()
    yield
    loops.compiled.cache_clear()


def test_thousands_of_timers_come_and_go() -> None:
    """More pending series than the table has room for, more events than leave in one go, and a fifth of rows repeated."""
    dice = random.Random(3)
    blocks = city(3, 2_000, for_ms=1_500, keep_ms=700)
    steps, now = [], BEGAN
    for _ in range(8):
        now += dice.choice((300, 500, 900, 1_000))
        rows = tuple(
            (dice.randrange(6_000), now - dice.choice((0, 0, 1)), dice.choice((5.0, 15.0, 25.0)), 0) for _ in range(5_000)
        )
        steps += [Step(now=now, rows=rows), Step(now=now + 250)]
    steps.append(Step(now=now + 5_000))
    assert not first_difference(History(blocks=blocks, steps=tuple(steps)))


def test_a_batch_says_more_than_leaves_in_one_go() -> None:
    engine = Engine(city(2, 5_000), 0, fast=True)
    done = engine.apply(np.arange(10_000), np.full(10_000, 5), np.full(10_000, 15.0), np.zeros(10_000, np.uint8), 5)
    assert len(done.events) == 10_000 > columns.EVENTS
    assert done.events.series.tolist() == list(range(10_000))


def test_a_calm_city_takes_less_than_twenty_bytes_a_series() -> None:
    engine = Engine(city(100, 1_073, for_ms=1_000), 0)
    series = np.arange(100 * 1_073)
    value = np.where(series % 100, 5.0, 15.0)
    engine.apply(series, np.full(len(series), 5), value, np.zeros(len(series), np.uint8), 5)
    kept = engine.nbytes() - sum(part.nbytes for part in engine._columns.store.said)
    assert 19 < kept / len(series) < 20.5


def test_thresholds_of_their_own_cost_only_those_who_have_them() -> None:
    own = np.full(1_000, 10.0)
    own[[3, 500]] = 5.0, np.nan
    rungs = (RungTable(rank=1, op=Op.GE, raise_value=own),)
    engine = Engine([Block(start=0, stop=1_000, cadence_ms=CADENCE, stale_ms=STALE, rungs=rungs)], 0)
    assert engine._columns.store.limits.own.tolist() == [3, 500]
    engine.apply([2, 3, 500], [1, 1, 1], [7.0, 7.0, 1e9], [0, 0, 0], 1)
    assert engine.level[[2, 3, 500]].tolist() == [0, 1, 0]


def test_other_rules_decide_anew_without_a_reading() -> None:
    engine = Engine(city(1, 3), 0)
    engine.apply([0, 1, 2], [5, 5, 5], [5.0, 15.0, 25.0], [0, 0, 0], 5)
    lower = tuple(Block(start=0, stop=3, cadence_ms=1, stale_ms=STALE, rungs=(rung(3, 1, 4.0), rung(3, 2, 26.0))) for _ in "1")
    events = engine.reevaluate(7, lower)
    assert [(e.series, e.kind, e.before, e.after, e.since) for e in events] == [
        (0, Kind.LEVEL, 0, 1, 7),
        (2, Kind.LEVEL, 2, 1, 7),
    ]
    assert not len(engine.reevaluate(8))
    with pytest.raises(AssertionError, match="the same series"):
        engine.reevaluate(9, city(1, 2))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000, 1_024, 1_073, 65_537])
def test_the_block_of_a_series_is_found_by_one_multiplication(size: int) -> None:
    blocks = (2**31 - 1) // size
    only = [Block(start=0, stop=size, cadence_ms=1, stale_ms=1)]
    limits = limits_of(only)
    assert limits.magic
    edges = np.unique(np.concatenate([np.arange(0, blocks, max(1, blocks // 5_000)), [blocks - 1]])) * size
    near = np.concatenate([edges, edges + size - 1])
    assert (vector.blocks_of(near, limits) == near // size).all()


def test_without_numba_asking_for_it_fails_and_a_city_runs_all_the_same(without_numba: None) -> None:
    with pytest.raises(ImportError):
        Engine(city(1, 1), 0, fast=True)
    assert columns.kernels_for(columns.WORTH_IT, None) is vector.KERNELS


def test_numba_is_used_where_it_is_worth_its_start() -> None:
    assert columns.kernels_for(columns.WORTH_IT - 1, None) is vector.KERNELS
    assert columns.kernels_for(columns.WORTH_IT, None) is loops.compiled()
    assert columns.kernels_for(columns.WORTH_IT, False) is vector.KERNELS


def test_where_nothing_can_be_kept_loops_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    def njit(cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda loop: loop

    monkeypatch.setattr(numba, "njit", njit)
    assert loops.compile_one(kernel.first_pass) is kernel.first_pass


def test_columns_nobody_may_write_to_are_taken() -> None:
    engine = Engine(city(1, 2), 0, fast=True)
    columns = [np.array([0, 1]), np.array([5, 5]), np.array([15.0, 5.0]), np.array([0, 0], np.uint8)]
    for column in columns:
        column.setflags(write=False)
    assert engine.apply(*columns, now=5).applied == 2


def test_unknown_reads_like_a_column() -> None:
    engine = Engine(city(1, 3), 0)
    engine.apply([1], [5], [5.0], [0], 5)
    assert (engine.unknown[0], engine.unknown[1]) == (True, False)
    assert np.asarray(engine.unknown).tolist() == engine.unknown.tolist() == [True, False, True]
