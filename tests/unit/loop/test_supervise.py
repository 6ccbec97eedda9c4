"""Supervise: clocks that remind, run out and escalate once each, and checks by somebody outside the doing chain."""

import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, City

from bihuan.loop.case import Task
from bihuan.model.facts import (
    CaseFlagged,
    CheckAsked,
    ProposalOverdue,
    TaskEscalated,
    TaskOverdue,
    TaskReminded,
    TaskSentBack,
    TaskVerified,
)


@pytest.fixture
def city() -> City:
    city = City()
    city.flood()
    return city


def _until(city: City, at: int) -> None:
    city.wait(at - city.now)


def _do_work(city: City, task: Task, *, until: str = "claim") -> None:
    for does in ("sign", "arrive", "claim"):
        city.wait(2 * MINUTE)
        city.do(f"crew@{task.unit}", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
        if does == until:
            return


# --- clocks ---------------------------------------------------------------------------------------------------


def test_due_exactly_now_is_not_overdue(city: City) -> None:
    sign_by = city.task("pump").sent.sign_by
    _until(city, sign_by)
    assert city.of(TaskOverdue) == []
    city.wait(1)
    (overdue,) = city.of(TaskOverdue)
    assert (overdue.clock, overdue.due, overdue.unit) == ("sign", sign_by, "11.drainage")


def test_signed_at_the_last_instant_is_in_time(city: City) -> None:
    task = city.task("pump")
    _until(city, task.sent.sign_by)
    city.do("crew@11.drainage", "sign", task.id)
    city.wait(30 * MINUTE)
    assert city.of(TaskOverdue) == []


def test_a_reminder_comes_when_a_quarter_of_the_time_is_left(city: City) -> None:
    sent_at, sign_by = city.task("pump").sent_at, city.task("pump").sent.sign_by
    _until(city, sign_by - (sign_by - sent_at) // 4 - 1)
    assert city.of(TaskReminded) == []
    city.wait(1)
    (reminded,) = city.of(TaskReminded)
    assert (reminded.clock, reminded.due) == ("sign", sign_by)


def test_a_case_type_may_say_when_to_remind() -> None:
    check = "    check: 40m\n    watch: 1d\n"
    city = City(with_change("rain/cases.yaml", check, check + "    remind: 1m\n"))
    city.flood()
    _until(city, city.task("pump").sent.sign_by - MINUTE)
    assert [reminded.clock for reminded in city.of(TaskReminded)] == ["sign"]


def test_reminder_overdue_escalation_come_once_each(city: City) -> None:
    task = city.task("pump")
    city.wait(6 * HOUR)
    mine = [fact for fact in city.facts if getattr(fact.body, "task", "") == task.id]
    told = [(fact.kind, fact.recorded_at - task.sent_at) for fact in mine if fact.kind != "task-sent"]
    assert told == [
        ("task-reminded", 3.75 * MINUTE),
        ("task-overdue", 5 * MINUTE + 1),
        ("task-escalated", 10 * MINUTE + 1),
    ]
    (escalated,) = [body for body in city.of(TaskEscalated) if body.task == task.id]
    assert (escalated.unit, escalated.to, escalated.clock) == ("11.drainage", "11", "sign")


def test_looking_late_tells_the_same_and_no_more(city: City) -> None:
    """The process slept for hours: what is due is said, each once, in order."""
    task = city.task("pump")
    city.now += 6 * HOUR
    city.turn()
    city.turn()
    mine = [fact.kind for fact in city.facts if getattr(fact.body, "task", "") == task.id]
    assert mine == ["task-sent", "task-reminded", "task-overdue", "task-escalated"]


def test_a_clock_that_was_met_says_nothing_more(city: City) -> None:
    _do_work(city, city.task("pump"))
    _until(city, city.task("pump").sent.done_by + HOUR)
    assert {overdue.clock for overdue in city.of(TaskOverdue) if overdue.task == "cq-T000001"} == {"check"}


def test_every_clock_of_a_task_runs_in_turn(city: City) -> None:
    task = city.task("pump")
    names = []
    for does in ("sign", "arrive", "claim"):
        clock = task.clock()
        assert clock is not None
        names.append((clock[0], clock[2] - task.sent_at))
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    clock = task.clock()
    assert clock is not None
    names.append((clock[0], clock[2] - city.now))
    assert names == [("sign", 5 * MINUTE), ("arrive", 40 * MINUTE), ("done", 3 * HOUR), ("check", 40 * MINUTE)]


def test_a_unit_that_signs_after_arrival_was_due_is_overdue_first_and_escalated_later(city: City) -> None:
    task = city.task("pump")
    city.wait(50 * MINUTE)
    city.do("crew@11.drainage", "sign", task.id)
    city.wait(HOUR)
    arriving = [fact for fact in city.facts if getattr(fact.body, "clock", "") == "arrive"]
    assert [(fact.kind, fact.recorded_at - task.sent_at) for fact in arriving] == [
        ("task-overdue", 50 * MINUTE),
        ("task-escalated", 80 * MINUTE + 1),
    ], "no reminder for what is past, and one arrival-span between the two"


def test_a_check_has_a_clock_too_and_it_is_the_verifiers(city: City) -> None:
    _do_work(city, city.task("pump"))
    (asked,) = city.of(CheckAsked)
    assert (asked.unit, asked.due) == ("11.inspection", city.now + 40 * MINUTE)
    _until(city, asked.due + 1)
    overdue = city.of(TaskOverdue)[-1]
    assert (overdue.clock, overdue.unit) == ("check", "11.inspection")


def test_a_proposal_nobody_answers_is_asked_of_the_unit_above_once() -> None:
    city = City()
    city.rain()
    city.wait(10 * MINUTE)
    assert city.of(ProposalOverdue) == []
    city.wait(1)
    (overdue,) = city.of(ProposalOverdue)
    assert (overdue.unit, overdue.to) == ("11", "1")
    city.wait(5 * HOUR)
    assert len(city.of(ProposalOverdue)) == 1


def test_an_answered_proposal_is_never_overdue() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.wait(HOUR)
    assert city.of(ProposalOverdue) == []


# --- flags ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "flagged"), [(0, True), (MINUTE - 1, True), (MINUTE, False)])
def test_a_claim_sooner_than_the_pack_believes_is_flagged(city: City, after: int, flagged: bool) -> None:
    task = city.task("pump")
    city.do("crew@11.drainage", "sign", task.id)
    city.do("crew@11.drainage", "arrive", task.id)
    city.wait(after)
    city.do("crew@11.drainage", "claim", task.id, proof=GOOD_PROOF)
    assert [flag.flag for flag in city.of(CaseFlagged)] == (["claimed-at-once"] if flagged else [])
    assert [flag.flag for flag in task.flags] == [flag.flag for flag in city.case().flags]
    assert len(city.of(CheckAsked)) == 1, "a flag accuses nobody: the check is asked all the same"


def test_a_claim_without_any_proof_is_flagged_where_none_was_asked_for() -> None:
    city = City()
    city.do("duty@1201", "report", "ponding", place="1201")
    city.do("duty@1201", "sign", city.task("look").id)
    city.wait(HOUR)
    city.do("duty@1201", "claim", city.task("look").id)
    assert [flag.flag for flag in city.of(CaseFlagged)] == ["no-proof"]


# --- checks ---------------------------------------------------------------------------------------------------


def test_a_verified_task_names_doer_and_verifier(city: City) -> None:
    task = city.task("pump")
    city.finish(task)
    (verified,) = city.of(TaskVerified)
    assert (verified.unit, verified.doer, verified.text) == ("11.inspection", "11.drainage", "as it should be")
    assert (task.state, task.verified_by) == ("verified", "11.inspection")


@pytest.mark.parametrize("actor", ["crew@11.drainage", "duty@11"])
@pytest.mark.parametrize("does", ["verify", "send-back"])
def test_a_verifier_in_the_doing_chain_is_refused(city: City, actor: str, does: str) -> None:
    """Neither who did it nor who holds the case checks it."""
    _do_work(city, city.task("pump"))
    refused = city.refused(actor, does, city.task("pump").id, text="looks fine")
    assert "is in the doing chain" in refused.what
    assert refused.remedy == "11.inspection may verify it or send it back now."


@pytest.mark.parametrize("actor", ["checker@12.inspection", "checker@1.inspection", "duty@1101", "duty@1"])
def test_a_unit_that_was_not_asked_to_check_is_refused(city: City, actor: str) -> None:
    _do_work(city, city.task("pump"))
    refused = city.refused(actor, "verify", city.task("pump").id)
    assert refused.remedy == "11.inspection may verify it or send it back now."


@pytest.mark.parametrize("until", ["", "sign", "arrive"])
def test_nothing_is_checked_before_it_is_reported_done(city: City, until: str) -> None:
    if until:
        _do_work(city, city.task("pump"), until=until)
    refused = city.refused("checker@11.inspection", "verify", city.task("pump").id)
    assert "cannot be 'verify'" in refused.what
    assert refused.remedy.startswith("11.drainage may ")


def test_a_task_is_checked_once(city: City) -> None:
    city.finish(city.task("pump"))
    assert "is verified cannot be 'verify'" in city.refused("checker@11.inspection", "verify", city.task("pump").id).what


def test_a_check_of_a_task_nobody_sent_is_refused(city: City) -> None:
    assert "there is no task" in city.refused("checker@11.inspection", "verify", "cq-T000099").what


def test_sending_back_needs_a_reason(city: City) -> None:
    _do_work(city, city.task("pump"))
    assert "needs a reason" in city.refused("checker@11.inspection", "send-back", city.task("pump").id).what


def test_a_task_sent_back_is_open_again_with_a_fresh_clock(city: City) -> None:
    task = city.task("pump")
    _do_work(city, task)
    city.wait(10 * MINUTE)
    city.do("checker@11.inspection", "send-back", task.id, text="still a foot of water")
    (back,) = city.of(TaskSentBack)
    assert (back.doer, back.reason, back.done_by) == ("11.drainage", "still a foot of water", city.now + 3 * HOUR)
    assert task.clock() == ("done", city.now, city.now + 3 * HOUR)
    city.wait(3 * HOUR)
    assert [overdue.clock for overdue in city.of(TaskOverdue) if overdue.task == task.id] == []
    city.do("crew@11.drainage", "claim", task.id, proof=GOOD_PROOF)
    city.do("checker@11.inspection", "verify", task.id)
    assert (task.state, task.sent_back) == ("verified", 1)


def test_the_second_claim_is_not_flagged_for_being_long_after_signing(city: City) -> None:
    task = city.task("pump")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    city.do("checker@11.inspection", "send-back", task.id, text="nothing was done")
    city.do("crew@11.drainage", "claim", task.id, proof=GOOD_PROOF)
    assert len(city.of(CaseFlagged)) == 1
