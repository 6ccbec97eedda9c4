"""Scenarios: what is expected is held against what is the case, and a failure says both, with the line."""

import pytest
from tests.packs_for_tests import RAIN, small_pack

from bihuan.pack.load import load
from bihuan.pack.scenario import read_scenario
from bihuan.replay.scenario import run_scenario

RULES = load(small_pack())
STORM = """\
clock: 2025-09-01T02:00+08:00
series:
  - {indicator: rain, place: "1101", every: 5m, values: 9x10 0x12}
  - {indicator: ponding-depth, place: LP-1201-1, every: 5m, values: 20x40}
people:
  - {at: 40m, post: duty@11, does: declare, proposal: flood-iii}
  - {at: 42m, post: duty@11.drainage, does: sign, task: flood-iii/pumps}
"""


def failures(expect: str, storm: str = STORM) -> list[str]:
    return [
        str(failure)
        for failure in run_scenario(RULES, read_scenario(f"{storm}{expect}", "packs/rain/tests/x.yaml", RULES.zone))
    ]


def test_the_scenario_that_comes_with_the_pack_holds() -> None:
    assert run_scenario(RULES, read_scenario(RAIN["tests/rain.yaml"], "packs/rain/tests/rain.yaml", RULES.zone)) == []


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ('level: {indicator: rain, place: "1101", level: red}', "rain@1101 stands at orange, not red"),
        ('level: {indicator: rain, place: "1101", level: orange, unknown: true}', "rain@1101 is known"),
        ('warning: {place: "11", level: red}', "the warning at 11 is at orange, not red"),
        ('warning: {place: "12", group: rainstorm, level: blue}', "the warning at 12 is at normal, not blue"),
        ("plan: rain-silent", "plan 'rain-silent' was not started"),
        ("plan: flood-iii, tasks: {drainage: 2}", "tasks sent: {'drainage': 1, 'town': 1}, expected {'drainage': 2}"),
        ('plan: flood-iii, place: "12"', "plan 'flood-iii' was not started"),
        ("case: {type: data-duty}", "no such case; there are ponding@LP-1201-1 open, rainstorm@11 open"),
        ("case: {type: ponding, count: 2}", "1 such cases, not 2"),
        ("case: {type: ponding, state: closed}", "no such case"),
        ("case: {type: ponding, flags: [no-proof]}", "no such case"),
        ("case: {type: ponding, reopened: 1}", "no such case"),
        ("task: {step: flood-iii/pumps, state: sent}", "the task of flood-iii/pumps at 11.drainage is signed, not sent"),
        ("task: {step: ponding/pump, overdue: false}", "the task of ponding/pump at 12.drainage is overdue"),
        ("task: {step: flood-iii/report}", "no task of flood-iii/report was sent"),
        ("task: {step: flood-iii/pumps, state: waiting}", "no step flood-iii/pumps waits to be sent"),
        ("fact: case-closed", "no case-closed was written"),
        ("fact: warning-raised, count: 3", "2 of warning-raised were written, not 3"),
        ("none: {case: {type: ponding}}", "there is such a case: ponding@LP-1201-1 open"),
        ("none: {task: {step: pump}}", "there is such a task of pump"),
        ("none: {fact: warning-raised}", "warning-raised was written"),
    ],
)
def test_an_expectation_that_does_not_hold_says_what_is_the_case(expect: str, found: str) -> None:
    (failure,) = failures(f"expect:\n  - {{at: 45m, {expect}}}\n")
    assert failure.startswith("packs/rain/tests/x.yaml:9: ")
    assert found in failure


@pytest.mark.parametrize(
    "expect",
    [
        'level: {indicator: rain, place: "1101", level: orange, unknown: false}',
        "warning: {place: LP-1201-1, group: ponding, level: blue}",
        'plan: flood-iii, place: "11", tasks: {drainage: 1, town: 1}',
        "case: {type: ponding, state: open, count: 1, flags: [], reopened: 0}",
        "task: {step: flood-iii/report, state: waiting}",
        "task: {step: ponding/pump, unit: 12.drainage, state: sent, overdue: true}",
        "fact: task-escalated, count: 1",
        "none: {closed: true}",
        "none: {case: {type: data-duty}}",
    ],
)
def test_an_expectation_that_holds_says_nothing(expect: str) -> None:
    assert failures(f"expect:\n  - {{at: 45m, {expect}}}\n") == []


def test_a_closed_case_is_seen_where_none_was_expected() -> None:
    deeds = "".join(
        f"  - {{at: {at}m, post: {post}, does: {does}, task: ponding-report/look, text: done, proof: {{text: done}}}}\n"
        for at, post, does in [(2, "duty@1201", "sign"), (9, "duty@1201", "claim"), (12, "checker@12.inspection", "verify")]
    )
    storm = (
        "clock: 2025-09-01T02:00+08:00\npeople:\n"
        '  - {at: 1m, post: duty@1201, does: report, target: ponding, place: "1201"}\n' + deeds
    )
    (failure,) = failures("expect:\n  - {at: 20m, none: {closed: true}}\n", storm)
    assert "a case is closed: ponding@1201 closed" in failure
    assert failures("expect:\n  - {at: 20m, case: {state: closed, count: 1}}\n", storm) == []


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        ("post: duty@12, does: declare, proposal: flood-iii", "duty@12 was refused"),
        ("post: duty@11, does: sign, task: flood-iii/pumps, refused: true", ""),
        ("post: duty@11, does: decline, proposal: flood-iii, text: no, refused: true", "was not refused to 'decline'"),
        ("post: duty@1202, does: sign, task: flood-iii/town-watch", "there is nothing for duty@1202 to 'sign' yet"),
        ("post: duty@1, does: declare, proposal: flood-iii", ""),
    ],
)
def test_a_deed_that_goes_otherwise_than_said_is_a_failure(deed: str, found: str) -> None:
    before, _, _ = STORM.partition("people:\n")
    declare = "  - {at: 50m, post: duty@11, does: declare, proposal: flood-iii}\n" if "sign" in deed else ""
    said = failures("expect:\n  - {at: 55m, fact: packs-loaded}\n", f"{before}people:\n{declare}  - {{at: 51m, {deed}}}\n")
    assert bool(said) == bool(found)
    assert found in "".join(said)


def test_each_unit_answers_its_own_proposal_and_checks_its_own_tasks() -> None:
    """Two districts, one storm: the newest of the plan is the other district's."""
    storm = """\
clock: 2025-09-01T02:00+08:00
series:
  - {indicator: rain, place: "1101", every: 5m, values: 30x20}
  - {indicator: rain, place: "1201", every: 5m, values: 30x20}
people:
  - {at: 10m, post: duty@11, does: declare, proposal: flood-iii}
  - {at: 11m, post: duty@12, does: declare, proposal: flood-iii}
  - {at: 12m, post: duty@1101, does: sign, task: flood-iii/town-watch}
  - {at: 13m, post: duty@1201, does: sign, task: flood-iii/town-watch}
  - {at: 20m, post: duty@1101, does: claim, task: flood-iii/town-watch, proof: {text: done}}
  - {at: 21m, post: duty@1201, does: claim, task: flood-iii/town-watch, proof: {text: done}}
  - {at: 30m, post: checker@11.inspection, does: verify, task: flood-iii/town-watch}
  - {at: 31m, post: checker@12.inspection, does: verify, task: flood-iii/town-watch}
"""
    assert failures("expect:\n  - {at: 40m, fact: task-verified, count: 2}\n", storm) == []
