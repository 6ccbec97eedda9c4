"""Rings of readings for windows: how they lie in memory is nobody's business but that of the memory they take."""

import numpy as np
import pytest

from bihuan.engine import columns
from bihuan.engine.columns import FIRST_ROOM
from bihuan.engine.engine import Engine
from bihuan.engine.kernel import WHOLE
from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec

MINUTE = 60_000
SUM = WindowSpec(fold=Fold.SUM, over=10 * MINUTE, missing=Missing.ZERO)
SERIES = 5


def engine(fast: bool) -> Engine:
    rung = RungTable(rank=1, op=Op.GE, raise_value=np.full(SERIES, 1e9), window=SUM)
    return Engine([Block(start=0, stop=SERIES, cadence_ms=MINUTE, stale_ms=60 * MINUTE, rungs=(rung,))], 0, fast)


def read(one: Engine, times: range) -> None:
    """A reading of every series at each time, whose value is its series' number + 1."""
    for at in times:
        one.apply(np.arange(SERIES), np.full(SERIES, at), np.arange(SERIES) + 1.0, np.zeros(SERIES), now=at)


@pytest.mark.parametrize("fast", [False, True])
def test_rings_with_room_ask_for_no_more(fast: bool) -> None:
    one = engine(fast)
    before = one.nbytes_of_windows()
    read(one, range(MINUTE, 200 * MINUTE, MINUTE))
    assert one.nbytes_of_windows() == before
    assert one.window_value(0, np.arange(SERIES)).tolist() == [10.0, 20.0, 30.0, 40.0, 50.0]


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("pause", [30_000, 1_000, 7_001])
def test_readings_that_come_oftener_than_expected_are_held_and_come_back(fast: bool, pause: int) -> None:
    one, other = engine(fast), engine(not fast)
    read(one, range(0, 20 * MINUTE, pause))
    newest = (20 * MINUTE - 1) // pause * pause
    held = sum(newest - 10 * MINUTE < at for at in range(0, 20 * MINUTE, pause))
    assert held > FIRST_ROOM > WHOLE or pause == 30_000
    sums = [held * (n + 1.0) for n in range(SERIES)]
    assert one.window_value(0, np.arange(SERIES)).tolist() == sums
    other.put_back(one.saved())
    for each in (one, other):
        read(each, range(20 * MINUTE, 25 * MINUTE, pause))
    later = one.window_value(0, np.arange(SERIES)).tolist()
    assert later == other.window_value(0, np.arange(SERIES)).tolist()
    assert all(np.array_equal(column, other.saved()[name]) for name, column in one.saved().items())


@pytest.mark.parametrize("fast", [False, True])
def test_rings_that_grow_stay_where_they_are(fast: bool) -> None:
    one = engine(fast)
    pool, before = one._columns.store.rings.at, one.nbytes_of_windows()
    read(one, range(0, 20 * MINUTE, 30_000))
    assert one.nbytes_of_windows() > before
    assert one._columns.store.rings.at is pool


@pytest.mark.parametrize("fast", [False, True])
def test_where_no_room_is_promised_rings_grow_all_the_same(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, asked = columns._pool, list[int]()

    def miser(room: int) -> object:
        asked.append(room)
        if len(asked) % 2:
            raise MemoryError
        return pool(room)

    monkeypatch.setattr(columns, "_pool", miser)
    one, other = engine(fast), engine(fast)
    read(one, range(0, 20 * MINUTE, 1_000))
    monkeypatch.undo()
    read(other, range(0, 20 * MINUTE, 1_000))
    assert len(asked) > 4
    assert all(np.array_equal(column, other.saved()[name]) for name, column in one.saved().items())
