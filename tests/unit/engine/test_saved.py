"""What an engine knows can be written down, put back into a new one, and goes on as if nothing had been."""

import io
from dataclasses import replace

import numpy as np
import pytest

from bihuan.engine.engine import Engine
from bihuan.engine.tables import Block, Fold, Op, RungTable, WindowSpec

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
