"""The synthetic low points and slopes of heavy-rain, and the script that makes them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bihuan.replay.storm import read_storm

from .places import MAP, PACKS, STORM, chongqing, script, things


@pytest.mark.parametrize(
    ("table", "kind", "prefix", "count"), [("low-points", "low-point", "LP", 160), ("slopes", "slope", "SL", 90)]
)
def test_things_are_synthetic_and_coded_by_town(table: str, kind: str, prefix: str, count: int) -> None:
    found = things(table)
    assert len({thing.code for thing in found}) == len(found) == count
    for thing in found:
        assert (thing.kind, thing.synthetic) == (kind, True)
        assert thing.code.rsplit("-", 1)[0] == f"{prefix}-{thing.place}"
        assert thing.name
        assert thing.name_en.isascii() or "ü" in thing.name_en
        assert chongqing().places[thing.place].level == "town"


def test_things_lie_inside_their_town() -> None:
    areas = script("areas").read_areas(MAP, "towns")
    for thing in (*things("low-points"), *things("slopes")):
        assert areas[thing.place].contains(np.array([[thing.lon, thing.lat]]))[0], thing


def test_names_tell_things_of_one_town_apart() -> None:
    for table in ("low-points", "slopes"):
        twice = [key for key, count in Counter((thing.place, thing.name) for thing in things(table)).items() if count > 1]
        assert twice == []


def test_half_of_the_low_points_get_heavy_rain_and_others_stay_calm() -> None:
    storm = read_storm(STORM)
    hours = np.add.reduceat(storm.rain_mm, np.arange(0, 576, 12)).max(axis=0)
    worst = dict(zip(storm.towns, hours, strict=True))
    at_points = [worst[point.place] for point in things("low-points")]
    assert sum(mm >= 12 for mm in at_points) >= 60
    assert sum(mm < 8 for mm in at_points) >= 30


def test_the_script_makes_the_shipped_tables_again(tmp_path: Path) -> None:
    script("areas")  # make_things imports it by this name
    script("make_things").main(tmp_path)
    for name in ("low-points.csv", "slopes.csv"):
        assert (tmp_path / name).read_bytes() == (PACKS / "heavy-rain" / "things" / name).read_bytes()
