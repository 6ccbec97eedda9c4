"""Simulated water and movement: deterministic, answers to pumps, dry without rain, calibrated to the packed storm."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bihuan.model.errors import PackError
from bihuan.pack.schema import Thing
from bihuan.replay.storm import Storm, read_storm
from bihuan.replay.water import Ponds, Slopes

from .places import STORM, things

POINTS = tuple(Thing(code=f"LP-1-{n}", kind="low-point", name="x", place="1", lon=0.0, lat=0.0) for n in range(5))
DRY, POURING = np.zeros(1), np.full(1, 5.0)


@pytest.fixture(scope="module")
def storm() -> Storm:
    return read_storm(STORM)


def depths(storm: Storm) -> NDArray[np.float64]:
    ponds = Ponds(things("low-points"), storm.towns)
    return np.array([ponds.step(rain) for rain in storm.rain_mm])


def movements(storm: Storm) -> NDArray[np.float64]:
    slopes = Slopes(things("slopes"), storm.towns)
    return np.array([slopes.step(rain) for rain in storm.rain_mm])


def test_dry_stays_0() -> None:
    ponds, slopes = Ponds(POINTS, ["1"]), Slopes(POINTS, ["1"])
    for _ in range(50):
        assert not ponds.step(DRY).any()
        assert not slopes.step(DRY).any()


def test_drizzle_runs_off_through_the_drain() -> None:
    ponds = Ponds(POINTS, ["1"])
    for _ in range(100):
        assert not ponds.step(np.full(1, 0.3)).any()


def test_a_pump_lowers_its_own_point_and_no_other() -> None:
    left, pumped = Ponds(POINTS, ["1"]), Ponds(POINTS, ["1"])
    for _ in range(6):
        assert np.array_equal(left.step(POURING), pumped.step(POURING))
    without, with_pump = left.step(POURING), pumped.step(POURING, {"LP-1-2"})
    assert with_pump[2] < without[2]
    assert np.array_equal(np.delete(with_pump, 2), np.delete(without, 2))


def test_water_runs_off_after_the_rain_even_without_a_pump() -> None:
    ponds = Ponds(POINTS, ["1"])
    for _ in range(6):
        full = ponds.step(POURING)
    assert (full > 5).all()
    assert not np.array([ponds.step(DRY) for _ in range(100)])[-1].any()


def test_no_pond_is_deeper_than_the_road_holds() -> None:
    ponds = Ponds(POINTS, ["1"])
    assert max(ponds.step(np.full(1, 20.0)).max() for _ in range(100)) == 150.0


def test_slopes_come_to_rest_some_days_after_the_rain() -> None:
    slopes = Slopes(POINTS, ["1"])
    moving = np.array([slopes.step(POURING) for _ in range(24)])
    assert (np.diff(moving, axis=0) >= 0).all()
    assert moving[-1].all()
    assert not np.array([slopes.step(DRY) for _ in range(3 * 288)])[-1].any()


def test_same_codes_and_same_rain_give_the_same_figures(storm: Storm) -> None:
    assert np.array_equal(depths(storm), depths(storm))
    assert np.array_equal(movements(storm), movements(storm))


def test_a_point_keeps_its_figures_whoever_stands_beside_it() -> None:
    alone, together = Ponds(POINTS[3:4], ["1"]), Ponds(POINTS, ["1"])
    for _ in range(6):
        assert alone.step(POURING)[0] == together.step(POURING)[3]


def test_the_storm_floods_some_points_and_moves_some_slopes(storm: Storm) -> None:
    deepest, fastest = depths(storm).max(axis=0), movements(storm).max(axis=0)
    assert [int((deepest >= cm).sum()) for cm in (15, 27, 40, 60)] == [42, 14, 4, 1]
    assert [int((fastest >= mm).sum()) for mm in (2, 5, 10, 20)] == [16, 7, 3, 0]


def test_figures_are_to_a_tenth(storm: Storm) -> None:
    for figures in (depths(storm), movements(storm)):
        assert np.array_equal(figures, np.round(figures, 1))


def test_a_point_without_rain_is_refused() -> None:
    with pytest.raises(PackError, match="'LP-1-0' lies in '1', for which there is no rain"):
        Ponds(POINTS, ["2"])
