"""Warn: one warning a group and place, raised, stepped and cleared by the worst of its series."""

from tests.packs_for_tests import with_change
from tests.unit.loop.city import EAST_TOWN, HOUR, MINUTE, OTHER_EAST_TOWN, START, UNDERPASS, WEST_UNDERPASS, City, batch_of

from bihuan.model.facts import LevelChanged, WarningCleared, WarningRaised, WarningStepped

RAIN, OTHER_RAIN, DEPTH = f"rain@{EAST_TOWN}", f"rain@{OTHER_EAST_TOWN}", f"ponding-depth@{UNDERPASS}"


def test_many_towns_of_a_district_warn_once() -> None:
    city = City()
    city.read({RAIN: 60.0, OTHER_RAIN: 60.0})
    (raised,) = city.of(WarningRaised)
    assert (raised.group, raised.place, raised.level, raised.origin) == ("rainstorm", "11", "orange", EAST_TOWN)


def test_every_district_has_a_warning_of_its_own() -> None:
    city = City()
    city.read({RAIN: 60.0, "rain@1201": 60.0})
    assert [raised.place for raised in city.of(WarningRaised)] == ["11", "12"]


def test_a_worse_town_steps_the_warning_up() -> None:
    city = City()
    city.read({RAIN: 60.0})
    city.read({OTHER_RAIN: 100.0})
    (stepped,) = city.of(WarningStepped)
    assert (stepped.before, stepped.level, stepped.origin) == ("orange", "red", OTHER_EAST_TOWN)


def test_every_change_within_a_batch_is_told_in_its_order() -> None:
    city = City()
    city.read({RAIN: 60.0, OTHER_RAIN: 100.0})
    (raised,), (stepped,) = city.of(WarningRaised), city.of(WarningStepped)
    assert (raised.level, raised.origin) == ("orange", EAST_TOWN)
    assert (stepped.level, stepped.origin) == ("red", OTHER_EAST_TOWN)


def test_a_town_below_the_worst_changes_nothing() -> None:
    city = City()
    city.read({RAIN: 100.0})
    city.read({OTHER_RAIN: 60.0})
    assert city.of(WarningStepped) == []


def test_a_warning_is_cleared_by_its_last_series_not_its_first() -> None:
    city = City()
    city.read({RAIN: 60.0, OTHER_RAIN: 60.0})
    dry = {RAIN: 0.0}
    city.keep_reading(dry, 14 * HOUR, every=15 * MINUTE)
    assert city.of(LevelChanged)[-1].level == "normal"
    assert city.of(WarningCleared) == [], "the other town has fallen silent on its level"
    city.keep_reading({OTHER_RAIN: 0.0}, 2 * HOUR, every=15 * MINUTE)
    assert len(city.of(WarningCleared)) == 1


def test_things_warn_for_themselves() -> None:
    city = City()
    city.flood()
    city.flood(point=WEST_UNDERPASS)
    assert [raised.place for raised in city.of(WarningRaised)] == [UNDERPASS, WEST_UNDERPASS]


def test_silence_does_not_clear_a_warning() -> None:
    city = City()
    city.read({RAIN: 60.0})
    city.wait(48 * HOUR)
    assert "series-silent" in city.kinds()
    assert city.of(WarningCleared) == []
    assert city.of(WarningStepped) == []


def test_a_cleared_warning_says_how_bad_it_was_and_how_long() -> None:
    city = City()
    city.flood(45.0)
    city.drain()
    (raised,), (cleared,) = city.of(WarningRaised), city.of(WarningCleared)
    assert raised.level == "orange"
    assert (cleared.warning, cleared.worst, cleared.level) == (raised.warning, "orange", "normal")
    assert cleared.lasted == city.now - START


def test_the_next_episode_is_another_warning() -> None:
    city = City()
    city.flood()
    city.drain()
    city.flood()
    assert [raised.warning for raised in city.of(WarningRaised)] == ["cq-W00001", "cq-W00002"]


def test_rise_and_fall_within_one_batch_are_both_told() -> None:
    city = City()
    city.turn(batches=[batch_of([(DEPTH, START + n * MINUTE, value) for n, value in enumerate([50.0, 0.0, *[0.0] * 12])])])
    assert [kind for kind in city.kinds() if kind.startswith("warning")] == ["warning-raised", "warning-cleared"]


def test_a_warning_never_lasts_less_than_nothing() -> None:
    """A slow gauge may let go with a reading from before another one's raise."""
    packs = with_change("rain/indicators.yaml", "indicators: [ponding-depth]}", "indicators: [ponding-depth], at: district}")
    packs = with_change("rain/indicators.yaml", '{op: "<", value: 30}, keep: 10m', '{op: "<", value: 30}, keep: 1m', packs)
    packs["rain"]["indicators.yaml"] = packs["rain"]["indicators.yaml"].replace("for: 5m", "for: 3h")
    packs["rain"]["things.csv"] += "LP-1102-1,low-point,东二下穿道,1102,106.62,29.52,East Two underpass\n"
    city = City(packs)
    slow = "ponding-depth@LP-1102-1"

    def comes(minute: int, *rows: tuple[str, float, float]) -> None:
        city.now = START + minute * MINUTE
        city.turn(batches=[batch_of([(name, START + int(at * MINUTE), value) for name, at, value in rows])])

    comes(60, (DEPTH, 60, 45.0))
    comes(70, (slow, 51, 45.0), (DEPTH, 65, 0.0), (DEPTH, 67, 0.0))
    assert city.of(WarningCleared) == []
    comes(77, (slow, 57.5, 0.0), (slow, 58.5, 0.0))
    (cleared,) = city.of(WarningCleared)
    assert cleared.lasted == 0
