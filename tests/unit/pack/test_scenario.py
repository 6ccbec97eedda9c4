"""Scenario tests of packs: reading them, and refusing those that could never fail."""

# ruff: noqa: E501 - a table of sentences reads better unbroken

import pytest
from tests.packs_for_tests import small_pack

from bihuan.model.times import MINUTE, fixed_zone, instant
from bihuan.pack.load import load
from bihuan.pack.scenario import Scenario, check_scenario, read_scenario
from bihuan.pack.trouble import PackErrors, Troubles

FILE = "packs/rain/tests/rain.yaml"
TEXT = small_pack()["rain"]["tests/rain.yaml"]


def read(text: str = TEXT) -> Scenario:
    return read_scenario(text, FILE, fixed_zone(8))


def test_a_scenario_is_read_with_its_clock_readings_deeds_and_expectations() -> None:
    scenario = read()
    assert scenario.clock == instant("2025-08-31T18:00Z", fixed_zone(0))
    assert scenario.until == scenario.clock + 120 * MINUTE
    assert scenario.series[0].readings(scenario.clock)[12] == (scenario.clock + 60 * MINUTE, 0.0)
    assert [move.does for move in scenario.people] == ["declare", "sign", "claim"]
    assert scenario.people[1].unit == "11.drainage"
    assert scenario.people[2].proof is not None
    assert scenario.people[2].proof.count == 2
    assert [expect.kind for expect in scenario.expect] == ["warning", "plan", "task", "none"]
    assert scenario.expect[1].tasks == {"drainage": 1, "town": 1}
    assert scenario.where("expect", 2) == f"{FILE}:12"


def test_a_clock_without_an_offset_is_local() -> None:
    assert read(TEXT.replace("02:00+08:00", "02:00")).clock == read().clock
    assert read(TEXT.replace("02:00+08:00", "02:00:00")).clock == read().clock


def test_missing_values_are_no_readings_and_a_feed_may_begin_later() -> None:
    feed = read(TEXT.replace("values: 10x11 0x12", "from: 10m, values: 1 _x2 4")).series[0]
    assert feed.readings(0) == [(10 * MINUTE, 1.0), (25 * MINUTE, 4.0)]


def test_until_can_be_said() -> None:
    scenario = read(TEXT + "until: 5h\n")
    assert scenario.until - scenario.clock == 300 * MINUTE


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2025-09-01T02:00+08:00", "yesterday", f"{FILE}:2: 'yesterday' is no time. Write it as 2025-09-01T02:00+08:00."),
        ("every: 5m", "every: 0s", f"{FILE}:4: readings come at no interval. Write 'every: 10m'."),
        ("10x11 0x12", "10x11 0*12", f"{FILE}:4: '0*12' at position 7 of '10x11 0*12' is no value of a series."),
        ("duty@11,", "duty,", f"{FILE}:6: 'duty' is no post. Write it as duty@500152."),
        ("does: declare", "does: declares", f"{FILE}:6: the scenario: 'declares' is no choice for people[0].does. Known choices: "),
        ("does: sign, task: flood-iii/pumps", "does: sign, proposal: flood-iii",
         f"{FILE}:7: to sign needs 'task', and has proposal. Write 'task: ...' and nothing else of these."),
        ("does: sign, task: flood-iii/pumps", "does: report, target: ponding", f"{FILE}:7: a report says no place."),
        ("does: sign, task: flood-iii/pumps", "does: sign, task: pumps",
         f"{FILE}:7: 'pumps' is no task. Write plan and step: flood-iii/close-bridge."),
        ("  - {at: 2h, none: {closed: true}}", "  - {at: 2h}",
         f"{FILE}:13: an expectation is exactly one thing, and this has none. Write one of: level, warning, plan, case, task, fact, none."),
        ("none: {closed: true}", "none: {closed: true}, fact: case-closed", "this has fact and none."),
        ("none: {closed: true}", "none: {closed: true}, count: 2", f"{FILE}:13: 'count' means nothing beside 'none'. It goes with: fact."),
        ("none: {closed: true}", "none: {}", f"{FILE}:13: 'none' is of exactly one thing. Write one of: case, task, fact, closed."),
        ("level: orange}", "levle: orange}", "the scenario (expect[0].warning) has"),
    ],
)  # fmt: skip
def test_a_scenario_that_says_nothing_clear_is_refused(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(PackErrors if "the scenario" not in said else Exception) as caught:
        read(TEXT.replace(old, new, 1))
    assert said in str(caught.value)


def test_a_scenario_that_expects_nothing_is_refused() -> None:
    with pytest.raises(PackErrors, match="the scenario expects nothing, so it cannot fail"):
        read(TEXT.partition("expect:")[0])


def test_names_nobody_declares_are_found_before_a_scenario_runs() -> None:
    scenario = read(
        TEXT.replace("indicator: rain", "indicator: rian")
        .replace("duty@11,", "duty@13,")
        .replace("proposal: flood-iii", "proposal: flood-ii")
        .replace("level: orange", "level: violet")
        .replace("{drainage: 1, town: 1}", "{drainage: 1, village: 1}")
        .replace("step: flood-iii/pumps", "step: flood-iii/pump")
    )
    troubles = Troubles()
    check_scenario(scenario, load(small_pack()), troubles)
    with pytest.raises(PackErrors) as caught:
        troubles.stop_if_any()
    assert [error.what for error in caught.value.errors] == [
        "the scenario names indicator 'rian', which nobody declares.",
        "the scenario names unit '13', which nobody declares.",
        "the scenario names plan 'flood-ii', which nobody declares.",
        "the scenario names level 'violet', which nobody declares.",
        "the scenario names role or place level 'village', which nobody declares.",
        "the scenario names step 'flood-iii/pump', which nobody declares.",
    ]
    assert caught.value.errors[0].remedy == "Known indicators: ponding-depth, rain. Did you mean 'rain'?"
    assert [error.where for error in caught.value.errors][-1] == f"{FILE}:12"


def test_the_small_scenario_names_only_what_there_is() -> None:
    troubles = Troubles()
    check_scenario(read(), load(small_pack()), troubles)
    assert not troubles
