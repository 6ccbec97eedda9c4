"""Gauges: the sum of the last hour, which no ladder needs and every town on the wall shows."""

import numpy as np
import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.city import EAST_TOWN, MINUTE, OTHER_EAST_TOWN, START, UNDERPASS, City, batch_of

from bihuan.app.gauges import Gauges
from bihuan.pack.load import load
from bihuan.views import Views

RAIN, OTHER_RAIN, DEPTH = f"rain@{EAST_TOWN}", f"rain@{OTHER_EAST_TOWN}", f"ponding-depth@{UNDERPASS}"


def test_the_last_hour_is_summed_and_what_is_older_forgotten() -> None:
    city = City()
    gauges = Gauges(city.loop)
    for minute in range(0, 120, 5):
        city.now = START + minute * MINUTE
        city.read({RAIN: float(minute)})
        last_twelve = [float(m) for m in range(0, minute + 1, 5)][-12:]
        assert gauges.hour_sum("rain", EAST_TOWN) == sum(last_twelve)


def test_every_town_has_its_own_sum() -> None:
    city = City()
    city.read({RAIN: 1.0, OTHER_RAIN: 2.5})
    gauges = Gauges(city.loop)
    assert [gauges.hour_sum("rain", town) for town in (EAST_TOWN, OTHER_EAST_TOWN)] == [1.0, 2.5]


def test_two_turns_at_one_time_are_both_seen() -> None:
    city = City()
    gauges = Gauges(city.loop)
    city.read({RAIN: 1.0})
    assert gauges.hour_sum("rain", EAST_TOWN) == 1.0
    city.turn(batches=[batch_of([(OTHER_RAIN, START, 3.0)])])
    assert gauges.hour_sum("rain", OTHER_EAST_TOWN) == 3.0


def test_a_town_that_is_silent_or_was_never_heard_has_no_sum() -> None:
    city = City()
    city.read({RAIN: 1.0})
    city.wait(25 * MINUTE)
    gauges = Gauges(city.loop)
    assert gauges.hour_sum("rain", EAST_TOWN) is None, "silence is not a dry hour"
    assert gauges.hour_sum("rain", OTHER_EAST_TOWN) is None


@pytest.mark.parametrize(("indicator", "spot"), [("ponding-depth", UNDERPASS), ("rain", "nowhere")])
def test_what_is_not_rain_has_no_sum(indicator: str, spot: str) -> None:
    city = City()
    city.read({DEPTH: 20.0})
    assert Gauges(city.loop).hour_sum(indicator, spot) is None


def test_where_no_window_is_long_enough_there_is_no_sum() -> None:
    packs = with_change("rain/indicators.yaml", "over: 12h", "over: 25m")
    packs = with_change("rain/indicators.yaml", "over: 6h", "over: 20m", packs)
    packs["rain"]["indicators.yaml"] = packs["rain"]["indicators.yaml"].replace("over: 3h", "over: 15m")
    city = City(rules=load(packs))
    city.read({RAIN: 1.0})
    assert Gauges(city.loop).hour_sum("rain", EAST_TOWN) is None
    assert np.isfinite(city.loop.states[0].columns.engine.window_value(0, 0)[0])


def test_the_wall_shows_it() -> None:
    city = City()
    gauges = Gauges(city.loop)
    city.read({RAIN: 4.5})
    views = Views(city.rules, city.loop.book, gauges, hour_sum=gauges.hour_sum)
    views.fold(city.facts)
    assert views.wall("1", START).places[EAST_TOWN].rain_1h == 4.5  # type: ignore[union-attr]


def test_vital_signs_are_read_off_the_columns() -> None:
    city = City()
    gauges = Gauges(city.loop)
    views = Views(city.rules, city.loop.book, gauges, hour_sum=gauges.hour_sum)
    city.read({RAIN: 4.5, OTHER_RAIN: 1.0})
    views.fold(city.facts)
    assert views.vitals("1", None, "duty", START).whole.total.known == 2
    assert views.indicator_vitals("rain", "1", "duty", START).whole.value == 4.5
