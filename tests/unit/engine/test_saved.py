"""What an engine knows can be written down, put back into a new one, and goes on as if nothing had been."""

import io
from dataclasses import replace

import numpy as np
import pytest

from bihuan.engine.engine import Engine
from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec

from .histories import BEGAN, Step, apply, history, plain


def through_a_file(engine: Engine) -> dict[str, np.ndarray]:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **engine.saved())
    file.seek(0)
    with np.load(file, allow_pickle=False) as kept:
        return dict(kept)


def woken(engine: Engine, step: Step) -> list[object]:
    """What an engine says up to and with a step, woken whenever it asked to be."""
    said: list[object] = []
    while (due := engine.next_due()) is not None and due < step.now:
        said += [(due, event) for event in plain(engine.advance(due))]
    return [*said, apply(engine, step)]


@pytest.mark.parametrize(("before", "after"), [(False, False), (True, True), (False, True), (True, False)])
def test_an_engine_put_back_in_the_middle_of_a_history_says_the_same(before: bool, after: bool) -> None:
    for seed in range(15):
        told = history(seed, 15)
        whole, blocks = Engine(told.blocks, BEGAN, before), told.blocks
        for number, step in enumerate(told.steps):
            blocks = step.rules or blocks
            apply(whole, step)
            if number % 5 == 4:
                again = Engine(blocks, BEGAN + 77, after)
                again.put_back(through_a_file(whole))
                kept = through_a_file(whole)
                for later in told.steps[number + 1 :]:
                    assert repr(woken(again, later)) == repr(woken(whole, later))
                assert again.active.tolist() == whole.active.tolist()
                whole = Engine(blocks, BEGAN, before)
                whole.put_back(kept)


def block(size: int, rank: int, over: int | None) -> Block:
    window = WindowSpec(fold=Fold.SUM, over=over) if over else None
    rung = RungTable(rank=rank, op=Op.GE, raise_value=np.full(size, 10.0), for_ms=5, window=window)
    return Block(start=0, stop=size, cadence_ms=10, stale_ms=30, rungs=(rung,))


@pytest.mark.parametrize(
    "other", [block(3, 1, None), block(2, 2, None), block(2, 1, 20), replace(block(2, 1, None), expect_all=True)]
)
def test_what_belongs_to_an_engine_of_other_blocks_is_refused(other: Block) -> None:
    with pytest.raises(ValueError, match="other blocks"):
        Engine([other], 0).put_back(Engine([block(2, 1, None)], 0).saved())


def test_what_is_not_complete_is_refused_and_nothing_is_taken() -> None:
    kept = Engine([block(2, 1, 20)], 0).saved()
    fresh = Engine([block(2, 1, 20)], 5)
    kept.pop("now")
    with pytest.raises(ValueError, match="not complete"):
        fresh.put_back(kept)
    with pytest.raises(ValueError, match="other blocks"):
        fresh.put_back({})
    assert fresh.saved()["now"] == 5


def test_put_back_arrays_are_copies() -> None:
    engine, again = Engine([block(2, 1, 20)], 0), Engine([block(2, 1, 20)], 0)
    kept = engine.saved()
    again.put_back(kept)
    again.apply([0], [5], [50.0], [0], 5)
    assert engine.at.tolist() == [-1, -1]


def ladder(start: int, stop: int, ranks: tuple[int, ...], over: int | None = None) -> Block:
    """Each rung ten higher than the one before it."""
    window = WindowSpec(fold=Fold.SUM, over=over, missing=Missing.ZERO) if over else None
    size = stop - start
    rungs = [
        RungTable(rank=rank, op=Op.GE, raise_value=np.full(size, 10.0 * rank), for_ms=5, keep_ms=5, window=window)
        for rank in ranks
    ]
    return Block(start=start, stop=stop, cadence_ms=10, stale_ms=30, rungs=tuple(rungs))


def everything(engine: Engine, steps: list[Step], less: int) -> list[object]:
    """All that an engine says over steps, its series counted from `less`."""
    said: list[object] = []
    for step in steps:
        *woke, (rows, counts) = woken(engine, replace(step, rows=tuple((row[0] + less, *row[1:]) for row in step.rows)))
        said += [(due, (row[0], row[1] - less, *row[2:])) for due, row in woke]  # type: ignore[misc]
        said += [(row[0], row[1] - less, *row[2:]) for row in rows] + [counts]
    return said


@pytest.mark.parametrize("fast", [False, True])
def test_an_engine_goes_on_from_one_whose_series_had_other_numbers(fast: bool) -> None:
    said = 0
    for seed in range(12):
        told = history(seed, 25)
        steps = [step for step in told.steps if step.rules is None]
        whole = Engine(told.blocks, BEGAN, fast)
        for step in steps[:10]:
            apply(whole, step)
        blocks = [ladder(0, 3, (1,), 20), *(renumbered(one, 3) for one in told.blocks)]
        again = Engine(blocks, BEGAN + 77, fast)
        again.put_over(through_a_file(whole), np.arange(told.blocks[-1].stop) + 3)
        expected = everything(whole, steps[10:], 0)
        assert repr(everything(again, steps[10:], 3)) == repr(expected)
        assert again.active[3:].tolist() == whole.active.tolist()
        assert again.unknown[:3].all()
        said += len(expected)
    assert said > 200


def renumbered(block: Block, by: int) -> Block:
    return replace(block, start=block.start + by, stop=block.stop + by)


def test_rungs_stay_as_active_as_those_of_their_rank_were() -> None:
    engine = Engine([ladder(0, 2, (1, 2, 4))], 0)
    for at in (0, 5, 10):
        engine.apply([0, 1], [at, at], [40.0, 25.0], [0, 0], at)
    assert engine.level.tolist() == [4, 2]
    other = Engine([ladder(0, 3, (2, 3))], 0)
    other.put_over(engine.saved(), np.array([2, 0]))
    assert other.level.tolist() == [2, 0, 2]
    assert (other.value[2], other.at[2]) == (40.0, 10)
    assert other.active.tolist() == [1, 0, 1]
    assert other.unknown.tolist() == [False, True, False]
    other.reevaluate(10)
    assert [(event.series, event.after) for event in other.advance(25)] == [(2, 3)], "40 is over 30 for long enough"


def test_what_is_gone_is_left_out() -> None:
    engine = Engine([ladder(0, 2, (1,)), ladder(2, 4, (1, 2), 20)], 0)
    engine.apply([0, 1, 2, 3], [1, 2, 3, 4], [1.0, 2.0, 30.0, 4.0], [0] * 4, 5)
    other = Engine([ladder(0, 0, (2,)), ladder(0, 2, (1, 2), 20)], 0)
    other.put_over(engine.saved(), np.array([-1, -1, 1, -1]))
    assert other.at.tolist() == [-1, 3]
    other.apply([1], [6], [1.0], [0], 6)
    assert other.window_value(0, [0, 1])[1] == 31.0


def test_windows_begin_with_the_newest_reading_where_there_were_none() -> None:
    engine = Engine([ladder(0, 2, (1,))], 0)
    engine.apply([1], [4], [9.0], [0], 4)
    other = Engine([ladder(0, 2, (1,), 20)], 0)
    other.put_over(engine.saved(), np.array([0, 1]))
    other.apply([0, 1], [5, 5], [1.0, 2.0], [0, 0], 5)
    assert other.window_value(0, [0, 1]).tolist() == [1.0, 11.0]
    again = Engine([ladder(0, 2, (1,))], 0)
    again.put_over(other.saved(), np.array([0, 1]))
    assert again.value.tolist() == [1.0, 2.0]
