"""Measures: what each says of one task or case in one period. The period is after 100, up to and with 200."""

from pathlib import Path

import pytest

from bihuan.model.facts import CountedCase, CountedTask
from bihuan.pack.measures import MEASURES, Verdict


def _task(**said: object) -> CountedTask:
    given: dict[str, object] = {"task": "t", "case": "c", "unit": "u", "holder": "h", "sign_by": 120, "done_by": 150} | said
    return CountedTask(**given)  # type: ignore[arg-type]


def _case(**said: object) -> CountedCase:
    return CountedCase(case="c", unit="u", **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "said", "verdict"),
    [
        ("signed_on_time_rate", {"signed_at": 120}, True),
        ("signed_on_time_rate", {"signed_at": 121}, False),
        ("signed_on_time_rate", {}, False),
        ("signed_on_time_rate", {"sign_by": 201}, None),
        ("signed_on_time_rate", {"left": "returned", "left_at": 110}, "returned"),
        ("signed_on_time_rate", {"left": "returned", "left_at": 130, "late": ("sign",)}, False),
        ("done_on_time_rate", {"claimed_at": 150}, True),
        ("done_on_time_rate", {"claimed_at": 151}, False),
        ("done_on_time_rate", {"left": "held"}, "held"),
        ("done_on_time_rate", {"form": "call"}, None),
        ("verified_rate", {"claimed_at": 150, "verified_at": 170}, True),
        ("verified_rate", {"claimed_at": 150}, False),
        ("verified_rate", {"claimed_at": 100}, None),
        ("first_pass_rate", {"claimed_at": 150, "verified_at": 170}, True),
        ("first_pass_rate", {"claimed_at": 150, "sent_back_at": 160, "verified_at": 170}, False),
        ("rework_rate", {"verified_at": 170}, False),
        ("rework_rate", {"sent_back_at": 160, "verified_at": 170}, True),
        ("rework_rate", {"sent_back_at": 90, "verified_at": 170}, None),
        ("returned_rate", {"left": "returned", "left_at": 110}, True),
        ("returned_rate", {"claimed_at": 150}, False),
        ("returned_rate", {"left": "released", "left_at": 110}, None),
        ("correct_dispatch_rate", {"left": "returned", "left_at": 110}, False),
        ("correct_dispatch_rate", {"claimed_at": 150}, True),
        ("flagged_rate", {"claimed_at": 150, "flags": 2}, True),
        ("flagged_rate", {"claimed_at": 150}, False),
    ],
)  # fmt: skip
def test_of_a_task(measure: str, said: dict[str, object], verdict: Verdict) -> None:
    count = MEASURES[measure].task
    assert count is not None
    assert count(_task(**said), 100, 200) == verdict


@pytest.mark.parametrize(
    ("measure", "said", "verdict"),
    [
        ("open_rate", {"decided_at": 150, "decided": "registered"}, True),
        ("open_rate", {"decided_at": 150, "decided": "rejected"}, False),
        ("open_rate", {"register_by": 150}, None),
        ("decided_on_time_rate", {"register_by": 150, "decided_at": 150, "decided": "rejected"}, True),
        ("decided_on_time_rate", {"register_by": 150, "decided_at": 160, "decided": "registered"}, False),
        ("decided_on_time_rate", {"register_by": 150}, False),
        ("decided_on_time_rate", {"register_by": 150, "left": "merged"}, "merged"),
        ("closed_rate", {"due": 150, "closed_at": 200}, True),
        ("closed_rate", {"due": 150, "closed_at": 201}, False),
        ("closed_rate", {"due": 150}, False),
        ("closed_rate", {"due": 201, "closed_at": 150}, None),
        ("closed_rate", {"due": 150, "left": "held"}, "held"),
        ("closed_rate", {"due": 150, "left": "merged"}, "merged"),
        ("closed_rate", {"due": 150, "closed_at": 160, "credit": "recurred"}, False),
        ("closed_on_time_rate", {"due": 150, "closed_at": 160, "on_time": True}, True),
        ("closed_on_time_rate", {"due": 150, "closed_at": 160}, False),
        ("closed_on_time_rate", {"due": 150, "left": "held"}, "held"),
        ("reopened_rate", {"reopened_at": 150}, True),
        ("reopened_rate", {"closed_at": 150}, False),
        ("reopened_rate", {"closed_at": 100}, None),
    ],
)  # fmt: skip
def test_of_a_case(measure: str, said: dict[str, object], verdict: Verdict) -> None:
    count = MEASURES[measure].case
    assert count is not None
    assert count(_case(**said), 100, 200) == verdict


def test_the_dispatcher_answers_for_where_a_task_was_sent_and_the_doer_for_the_rest() -> None:
    assert [measure.id for measure in MEASURES.values() if measure.holder] == ["correct_dispatch_rate"]


def test_every_measure_is_in_the_manual_as_it_counts() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "packs.md").read_text("utf-8")
    for measure in MEASURES.values():
        good = measure.direction.partition("-")[0]
        assert f"| `{measure.id}` {measure.words.zh} | {measure.formula} | {good} |" in manual
