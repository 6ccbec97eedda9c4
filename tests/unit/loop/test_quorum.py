"""Quorum: a group that wants several series at a level before it stands at it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack, with_change
from tests.unit.loop.city import EAST_TOWN, HOUR, MINUTE, OTHER_EAST_TOWN, START, City, batch_of

from bihuan.loop.turn import Loop
from bihuan.loop.warn.state import State
from bihuan.model.facts import LevelChanged, WarningCleared, WarningRaised, WarningStepped
from bihuan.pack.load import load
from bihuan.pack.rules import Rules

RAIN, OTHER_RAIN, WEST_RAIN = f"rain@{EAST_TOWN}", f"rain@{OTHER_EAST_TOWN}", "rain@1201"
DRY = {RAIN: 0.0, OTHER_RAIN: 0.0}


def rules(least: int = 2) -> Rules:
    return load(with_change("rain/indicators.yaml", "indicators: [rain], at: district}",
                            f"indicators: [rain], at: district, least: {least}}}"))  # fmt: skip


def city() -> City:
    return City(rules=rules())


def test_one_series_alone_raises_no_warning_and_its_level_is_seen() -> None:
    alone = city()
    alone.read({RAIN: 100.0, OTHER_RAIN: 0.0})
    (changed,) = alone.of(LevelChanged)
    assert (changed.place, changed.level) == (EAST_TOWN, "red")
    assert alone.of(WarningRaised) == []


def test_enough_series_raise_it_and_the_last_one_is_its_origin() -> None:
    both = city()
    both.read({RAIN: 60.0})
    both.read({OTHER_RAIN: 60.0})
    (raised,) = both.of(WarningRaised)
    assert (raised.place, raised.level, raised.origin) == ("11", "orange", OTHER_EAST_TOWN)


def test_the_warning_is_as_high_as_the_level_that_enough_of_them_reach() -> None:
    both = city()
    both.read({RAIN: 100.0})
    both.read({OTHER_RAIN: 60.0})
    (raised,) = both.of(WarningRaised)
    assert raised.level == "orange", "one stands at red, two at orange or worse"
    both.wait(5 * MINUTE)
    both.read({OTHER_RAIN: 60.0})
    (stepped,) = both.of(WarningStepped)
    assert (stepped.before, stepped.level) == ("orange", "red")


def test_series_of_different_units_do_not_add_up() -> None:
    apart = city()
    apart.read({RAIN: 60.0, WEST_RAIN: 60.0})
    assert apart.of(WarningRaised) == []


def test_it_ends_as_soon_as_too_few_are_left() -> None:
    both = city()
    both.read({RAIN: 60.0, OTHER_RAIN: 60.0})
    both.keep_reading({RAIN: 0.0}, 14 * HOUR, every=15 * MINUTE)
    (cleared,) = both.of(WarningCleared)
    assert cleared.worst == "orange"
    assert both.loop.states[1].members["rainstorm", "11"] == {OTHER_RAIN: 3}, "the other one has not moved"


def test_a_silent_series_still_counts_for_the_level_it_stands_at() -> None:
    both = city()
    both.read({RAIN: 60.0, OTHER_RAIN: 60.0})
    both.wait(48 * HOUR)
    assert "series-silent" in both.kinds()
    assert both.of(WarningCleared) == both.of(WarningStepped) == []


def test_within_one_batch_every_change_is_told_in_its_order() -> None:
    both = city()
    rows = [(RAIN, START, 100.0), (OTHER_RAIN, START, 60.0), (OTHER_RAIN, START + MINUTE, 60.0)]
    both.now = START + MINUTE
    both.turn(batches=[batch_of(rows)])
    assert [fact.kind for fact in both.facts if fact.kind.startswith("warning")] == ["warning-raised", "warning-stepped"]
    assert both.of(WarningStepped)[0].level == "red"


def start_again(before: City, under: Rules) -> list[str]:
    before.rules, before.loop = under, Loop(rules=under, began=START)
    before.loop.restore(before.facts, before.batches.__getitem__)
    return [fact.kind for fact in before.turn()]


def test_packs_that_ask_for_more_series_end_a_warning_of_too_few() -> None:
    one = City(rules=rules(1))
    one.read({RAIN: 60.0})
    assert "warning-cleared" in start_again(one, rules(2))


def test_packs_that_ask_for_fewer_series_raise_what_stood_unheard() -> None:
    one = city()
    one.read({RAIN: 60.0})
    assert "warning-raised" in start_again(one, rules(1))
    (raised,) = one.of(WarningRaised)
    assert (raised.indicator, raised.origin, raised.level) == ("rain", EAST_TOWN, "orange")


def test_the_same_packs_again_say_nothing() -> None:
    one = city()
    one.read({RAIN: 60.0})
    assert start_again(one, rules()) == []


@given(members=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 4)), least=st.integers(1, 4))
def test_the_level_reached_is_the_highest_that_enough_members_reach(members: dict[str, int], least: int) -> None:
    state = STATES[least]
    at_or_above = {rank: sum(own >= rank for own in members.values()) for rank in range(1, 5)}
    expected = max((rank for rank, count in at_or_above.items() if count >= least), default=0)
    assert state.reached(("rainstorm", "11"), members) == expected


STATES = {least: State(rules(least), START, City(small_pack()).loop.book) for least in range(1, 5)}


@pytest.mark.parametrize("least", [1, 2])
def test_cutting_a_batch_in_two_changes_no_warning(least: int) -> None:
    rows = [(RAIN, START + n * MINUTE, 30.0) for n in range(4)] + [(OTHER_RAIN, START + n * MINUTE, 20.0) for n in range(4)]

    def told(cut: int) -> list[tuple[str, str]]:
        one = City(rules=rules(least))
        one.now = START + 4 * MINUTE
        one.turn(batches=[batch_of(part) for part in (rows[:cut], rows[cut:]) if part])
        return [(fact.kind, fact.body.level) for fact in one.facts if isinstance(fact.body, WarningRaised | WarningStepped)]

    assert told(0)
    assert all(told(cut) == told(0) for cut in range(1, len(rows)))
