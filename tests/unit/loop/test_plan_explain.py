"""A dry run of a plan says what would happen, and that is what happens."""

import pytest
from tests.packs_for_tests import small_pack, with_change
from tests.unit.loop.city import EAST_TOWN, MINUTE, OTHER_EAST_TOWN, START, UNDERPASS, City
from tests.unit.loop.test_plan_steps import with_plan

from bihuan.loop.plan.explain import explain
from bihuan.model.errors import SettingError
from bihuan.model.facts import TaskSent
from bihuan.pack.load import load

RULES = load(small_pack())


def test_it_names_every_unit_its_clocks_and_who_checks() -> None:
    found = explain(RULES, "flood-iii", EAST_TOWN, START)
    assert (found.starts, found.place, found.level, found.holder) == (True, "11", "blue", "11")
    assert (found.declared_by, found.eyes, found.answer_by) == ("11", 2, START + 10 * MINUTE)
    assert [(task.step, task.unit) for task in found.tasks] == [
        ("pumps", "11.drainage"),
        ("town-watch", "1101"),
        ("report", "11.emergency"),
    ]
    pumps, town, report = found.tasks
    assert (pumps.sign_by, pumps.arrive_by, pumps.done_by) == (
        START + 5 * MINUTE,
        START + 40 * MINUTE,
        START + 180 * MINUTE,
    )
    assert (pumps.verifier, town.fallback, report.after) == ("11.inspection", "11.emergency", ("pumps", "town-watch"))


def test_what_it_says_is_what_is_sent() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    found = explain(city.rules, "flood-iii", EAST_TOWN, city.now, level="orange")
    sent = [(body.step, body.unit, body.sign_by, body.done_by) for body in city.of(TaskSent)]
    assert sent == [(task.step, task.unit, task.sign_by, task.done_by) for task in found.tasks if not task.after]


def test_of_a_whole_district_all_towns_count_as_affected() -> None:
    found = explain(RULES, "flood-iii", "11", START)
    assert [task.unit for task in found.tasks if task.step == "town-watch"] == [EAST_TOWN, OTHER_EAST_TOWN]


def test_a_level_the_plan_does_not_answer_starts_nothing_and_says_which_it_answers() -> None:
    rules = load(
        with_change(
            "rain/plans.yaml", "levels: [blue, yellow, orange, red]}}\n    response", "levels: [orange]}}\n    response"
        )
    )
    found = explain(rules, "flood-iii", "11", START, level="red")
    assert (found.starts, found.tasks, found.why) == (False, (), "a warning of 'rainstorm' at red: it answers only orange")


def test_the_others_with_that_trigger_say_why_they_stay_away_or_that_they_start_too() -> None:
    packs = with_plan("id: go, to: {role: drainage, at: district}, sign: 5m, done: 1h",
                      trigger="warning: {group: rainstorm, levels: [red]}")  # fmt: skip
    found = explain(load(packs), "flood-iii", "11", START, level="blue")
    assert [(one.plan, one.why) for one in found.not_matched] == [("extra", "blue is not one of red")]
    assert found.also == ()
    assert explain(load(packs), "flood-iii", "11", START, level="red").also == ("extra",)


def test_steps_for_worse_levels_are_left_out_with_the_reason() -> None:
    found = explain(RULES, "ponding", UNDERPASS, START)
    assert [task.step for task in found.tasks] == ["pump"]
    assert [(one.plan, one.why) for one in found.left_out] == [("guard", "blue is not one of yellow, orange, red")]
    found = explain(RULES, "ponding", UNDERPASS, START, level="red")
    assert [(task.step, task.conditions) for task in found.tasks] == [
        ("pump", ()),
        ("guard", ("only at yellow, orange, red",)),
    ]


@pytest.mark.parametrize(
    ("values", "goes", "says"),
    [
        ({}, True, "rain > 3 (not known, so it goes)"),
        ({"rain": 4.0}, True, "rain > 3 (is 4)"),
        ({"rain": 2.0}, False, "rain > 3 is asked for, and it is 2 at 1101"),
    ],
)
def test_conditions_are_held_against_the_values_given(values: dict[str, float], goes: bool, says: str) -> None:
    rules = load(
        with_plan(
            "id: go, to: {role: drainage, at: district}, sign: 5m, done: 1h, when: [{indicator: rain, op: '>', value: 3}]"
        )
    )
    found = explain(rules, "extra", UNDERPASS, START, values=values)
    if goes:
        assert [(task.step, task.conditions) for task in found.tasks] == [("go", (says,))]
    else:
        assert [(task.step, task.unit) for task in found.tasks] == [("nobody-reached", "11")]
        assert [one.why for one in found.left_out] == [says]


@pytest.mark.parametrize(
    ("plan", "place", "level", "what", "remedy"),
    [
        ("flod-iii", "11", "", "there is no plan 'flod-iii'", "Did you mean 'flood-iii'?"),
        ("flood-iii", "999", "", "place '999' is not known", "by its code"),
        ("flood-iii", "11", "purple", "there is no level 'purple'", "Known levels: "),
        ("flood-iii", "1", "", "are about places of level district, and '1' lies under none", "Name a district"),
        ("ponding", "1101", "", "'1101' has no series of group 'ponding'", f"such as {UNDERPASS}."),
        ("rain-silent", "11", "", "'11' has no series of 'rain'", "such as 1101, 1102."),
        ("ponding-report", "1", "", "no unit would hold or check a case at '1'", "Name one under a district"),
    ],
)
def test_what_cannot_be_meant_is_said_with_what_can(plan: str, place: str, level: str, what: str, remedy: str) -> None:
    with pytest.raises(SettingError) as caught:
        explain(RULES, plan, place, START, level=level)
    assert what in caught.value.what
    assert remedy in caught.value.remedy


def test_a_value_of_no_indicator_is_refused() -> None:
    with pytest.raises(SettingError, match="there is no indicator 'rian'"):
        explain(RULES, "flood-iii", "11", START, values={"rian": 3.0})
