"""Scenarios may press buttons, pause plans, and count the tasks of a plan."""

import pytest
from tests.unit.loop.test_plan_steps import with_plan

from bihuan.model.errors import PackError
from bihuan.pack.load import load
from bihuan.pack.scenario import check_scenario, read_scenario
from bihuan.pack.trouble import Troubles
from bihuan.replay.scenario import run_scenario

RULES = load(
    with_plan(
        "id: call, to: {down: town}, sign: 3m, form: call\nid: mop, to: {role: drainage, at: district}, sign: 5m, done: 1h",
        trigger="button: {at: district}",
    )
)
DAY = """\
clock: 2025-09-01T02:00+08:00
people:
  - {at: 1m, post: duty@11, does: start, plan: extra, place: "11"}
  - {at: 2m, post: duty@1101, does: sign, task: extra/call}
  - {at: 2m30s, post: duty@11, does: pause, plan: extra, text: wait}
  - {at: 60m, post: duty@1, does: go-on, plan: extra}
expect:
"""


def failures(expect: str) -> list[str]:
    return [failure.what for failure in run_scenario(RULES, read_scenario(DAY + expect, "packs/rain/tests/x.yaml", RULES.zone))]


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ("{at: 1m, task: {step: extra/*, count: 3}}", ""),
        ("{at: 1m, task: {step: extra/*, count: 2}}", "3 tasks of extra/* are there, not 2"),
        ("{at: 2m, task: {step: extra/call, state: heard, count: 1}}", ""),
        ("{at: 30m, task: {step: extra/call, state: heard, count: 2}}", "1 tasks of extra/call are heard, not 2"),
        ("{at: 30m, task: {step: extra/mop, state: held}}", ""),
        ("{at: 61m, task: {step: extra/mop, state: sent, overdue: false}}", ""),
        ("{at: 65m, task: {step: extra/mop, state: sent, overdue: true}}", ""),
    ],
)
def test_tasks_of_a_plan_by_button_are_counted_and_seen_to_rest(expect: str, wrong: str) -> None:
    assert failures(f"  - {expect}\n") == ([wrong] if wrong else [])


def test_a_button_is_given_a_plan_and_a_misspelt_one_is_found() -> None:
    with pytest.raises(PackError, match="to start needs 'plan', and has target"):
        read_scenario(
            DAY.replace("plan: extra, place", "target: extra, place") + "  - {at: 1m, fact: x}\n", "x.yaml", RULES.zone
        )
    troubles = Troubles()
    misspelt = DAY.replace("does: start, plan: extra", "does: start, plan: extar") + "  - {at: 1m, fact: x}\n"
    check_scenario(read_scenario(misspelt, "x.yaml", RULES.zone), RULES, troubles)
    with pytest.raises(PackError, match="the scenario names plan 'extar'"):
        troubles.stop_if_any()
