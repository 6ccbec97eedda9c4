"""The packed storm: what is in it and what it sets off."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bihuan.model.errors import PackError
from bihuan.model.times import iso
from bihuan.replay.storm import Storm, read_storm

from .places import STORM, chongqing


@pytest.fixture(scope="module")
def storm() -> Storm:
    return read_storm(STORM)


def reached(storm: Storm, hours: int, mm: int) -> NDArray[np.bool_]:
    """(steps, towns): at least `mm` in the last `hours`, summed in whole hundredths."""
    total = np.vstack([np.zeros(len(storm.towns), dtype=int), np.cumsum(np.rint(storm.rain_mm * 100).astype(int), axis=0)])
    now = np.arange(1, len(total))
    out: NDArray[np.bool_] = total[now] - total[np.maximum(now - 12 * hours, 0)] >= 100 * mm
    return out


def test_storm_covers_two_days_of_every_town(storm: Storm) -> None:
    assert set(storm.towns) == {place.code for place in chongqing().places.values() if place.level == "town"}
    assert storm.rain_mm.shape == (576, 1_031)
    assert (iso(storm.start), iso(storm.until)) == ("2018-05-13T00:00:00+00:00", "2018-05-15T00:00:00+00:00")
    assert storm.no_radar == ()


def test_rain_is_whole_hundredths_within_what_the_radar_saw(storm: Storm) -> None:
    assert storm.rain_mm.min() == 0.0
    assert storm.rain_mm.max() == 17.95
    assert np.array_equal(storm.rain_mm, np.rint(storm.rain_mm * 100) / 100)


@pytest.mark.parametrize(("hours", "mm", "towns"), [(12, 50, 106), (6, 50, 23), (3, 50, 1), (3, 100, 0)])
def test_towns_that_reach_each_level(storm: Storm, hours: int, mm: int, towns: int) -> None:
    assert reached(storm, hours, mm).any(axis=0).sum() == towns


def test_the_first_warning_is_due_in_houping_at_17_25(storm: Storm) -> None:
    blue = reached(storm, 12, 50)
    first = int(blue.any(axis=1).argmax())
    assert iso(storm.start + first * storm.step) == "2018-05-13T17:25:00+00:00"
    assert [storm.towns[i] for i in np.flatnonzero(blue[first])] == ["500242210"]


def test_the_file_stays_small() -> None:
    assert STORM.stat().st_size < 400_000


def test_a_file_that_is_no_storm_is_refused_with_a_remedy(tmp_path: Path) -> None:
    broken = tmp_path / "rain.parquet"
    broken.write_bytes(b"PAR1 no")
    with pytest.raises(PackError, match=r"rain\.parquet: not a storm file .*extract_storm\.py"):
        read_storm(broken)
