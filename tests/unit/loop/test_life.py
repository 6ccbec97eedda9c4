"""The life of a case: reported, registered, held by exactly one unit, extended, on hold, merged, closed by somebody else."""

from collections.abc import Mapping

import pytest
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import HOUR, MINUTE, START, City

from bihuan.loop.life import of_case
from bihuan.model.facts import (
    CaseClosed,
    CaseMerged,
    CaseOverdue,
    CaseRouted,
    ExtensionAsked,
    PlanStarted,
    Proof,
    RequestDenied,
    TaskExtended,
    TaskHeld,
    TaskOverdue,
    TaskReleased,
    TaskSent,
)
from bihuan.model.times import DAY, iso

HOLES = """\
cases:
  - id: pothole
    code: "0110"
    words: {zh: 道路破损, en: Broken road}
    holder: district
    verify: inspection
    verify_at: district
    check: 4wh
    receive: {role: inspection, at: district, within: 1h}
    openings:
      - {id: patch, words: {zh: 修补, en: Patch it}, done: 4wh}
      - {id: rebuild, words: {zh: 重建, en: Rebuild it}, done: 2wd}
plans:
  - id: mend
    words: {zh: 修路, en: Mend the road}
    trigger: {report: {case: pothole}}
    case: pothole
    steps:
      - {id: mend, words: {zh: 修复, en: Mend}, to: {role: drainage, at: district}, sign: 1h, done: 8h, proof: [text]}
"""
PROOF = Proof(text="mended")


def packs() -> dict[str, Mapping[str, str]]:
    known: dict[str, Mapping[str, str]] = dict(small_pack())
    known["rain"] = {**known["rain"], "holes.yaml": HOLES}
    return known


@pytest.fixture
def city() -> City:
    """Monday 1 September 2025, 09:00 in the city."""
    city = City(packs())
    city.wait(7 * HOUR)
    return city


def local(city: City, at: int) -> str:
    return iso(at, city.rules.zone)[:16]


def report(city: City) -> str:
    city.do("duty@1101", "report", "pothole", place="1101", text="a hole", proof=Proof(lon=106.61, lat=29.51))
    return list(city.loop.book.cases)[-1]


def opened(city: City, choice: str = "patch") -> str:
    id = report(city)
    city.do("duty@11.inspection", "register", id, choice=choice)
    return id


def task_of(city: City, case: str) -> str:
    return list(city.loop.book.cases[case].tasks)[-1]


def at_work(city: City, case: str) -> str:
    task = task_of(city, case)
    city.do("crew@11.drainage", "sign", task)
    return task


# --- reported and registered ----------------------------------------------------------------------------------


def test_a_report_is_no_case_before_somebody_registers_it(city: City) -> None:
    id = report(city)
    case = city.loop.book.cases[id]
    assert (case.standing, case.open, case.tasks) == ("reported", False, {})
    refused = city.refused("duty@11", "register", id, choice="patch")
    assert refused.remedy.startswith("11.inspection may register it or reject it")
    city.do("duty@11.inspection", "register", id, choice="patch")
    assert [fact.body.unit for fact in city.facts if isinstance(fact.body, CaseRouted)] == ["11"]
    assert case.open
    (started,) = city.of(PlanStarted)
    assert (started.case, started.unit) == (id, "11")


def test_the_opening_condition_decides_the_time_limit(city: City) -> None:
    opened(city, "patch")
    assert local(city, city.of(TaskSent)[-1].done_by) == "2025-09-01T15:00"  # three hours before noon, one after it
    opened(city, "rebuild")
    assert local(city, city.of(TaskSent)[-1].done_by) == "2025-09-03T09:00"


@pytest.mark.parametrize(
    ("choice", "what"), [("", "no opening condition is chosen"), ("paint", "'paint' is no opening condition")]
)
def test_registering_without_a_condition_names_them(city: City, choice: str, what: str) -> None:
    refused = city.refused("duty@11.inspection", "register", report(city), choice=choice)
    assert what in refused.what
    assert refused.remedy == "Choose one of: patch, rebuild."


def test_a_rejected_report_has_a_reason_and_can_be_taken_up_again(city: City) -> None:
    id = report(city)
    assert city.refused("duty@11.inspection", "reject", id).what == "to reject a case needs a reason"
    city.do("duty@11.inspection", "reject", id, text="it is a shadow")
    assert city.loop.book.cases[id].standing == "rejected"
    assert "cannot be 'register'" in city.refused("duty@11.inspection", "register", id, choice="patch").what
    above = next(may.units[0] for may in of_case(city.rules, city.loop.book, city.loop.book.cases[id]) if may.does == "reopen")
    city.do(f"duty@{above}", "reopen", id, text="it is a hole")
    city.do("duty@11.inspection", "register", id, choice="patch")
    assert city.loop.book.cases[id].open


def test_an_unregistered_report_goes_to_the_unit_above_too(city: City) -> None:
    id = report(city)
    city.wait(61 * MINUTE)
    (late,) = city.of(CaseOverdue)
    assert (late.unit, late.to, late.clock) == ("11.inspection", "11", "register")
    city.wait(2 * DAY)
    assert len(city.of(CaseOverdue)) == 1
    city.do("duty@11", "register", id, choice="patch")


# --- custody --------------------------------------------------------------------------------------------------


def test_a_case_changes_hands_only_when_the_other_unit_takes_it(city: City) -> None:
    id = opened(city)
    case = city.loop.book.cases[id]
    city.do("duty@11", "offer", id, to="12", text="it lies over there")
    assert (case.unit, case.standing, case.offered_to) == ("11", "offered", "12")
    assert (
        "12 may accept it or give it back; 11 may withdraw the offer"
        in city.refused("duty@11", "offer", id, to="1", text="x").remedy
    )
    city.do("duty@12", "give-back", id, text="not ours")
    assert (case.unit, case.standing) == ("11", "open")
    city.do("duty@11", "offer", id, to="12", text="look at the map")
    city.do("duty@12", "accept", id)
    assert (case.unit, case.holders) == ("12", ["11", "12"])
    assert city.refused("duty@11", "offer", id, to="12", text="x").what == "this case is not 11's to offer"


@pytest.mark.parametrize(("to", "how"), [("12", "transfer"), ("1", "escalate"), ("1101", "push-down")])
def test_the_same_verbs_go_beside_up_and_down(city: City, to: str, how: str) -> None:
    id = opened(city)
    city.do("duty@11", "offer", id, to=to, text="yours")
    offer = city.loop.book.cases[id].offer
    assert offer is not None
    assert offer.how == how


@pytest.mark.parametrize(
    ("to", "what"),
    [("99", "there is no unit '99'"), ("11", "11 holds the case already"), ("11.inspection", "checks, so it can never hold")],
)
def test_an_offer_to_nobody_is_refused(city: City, to: str, what: str) -> None:
    assert what in city.refused("duty@11", "offer", opened(city), to=to, text="yours").what


def test_who_once_held_a_case_never_checks_it_and_an_offered_case_does_not_close(city: City) -> None:
    id = opened(city)
    city.do("duty@11", "offer", id, to="12", text="yours")
    task = at_work(city, id)
    city.do("crew@11.drainage", "claim", task, proof=PROOF)
    city.do("checker@11.inspection", "verify", task)
    assert not city.of(CaseClosed)
    city.do("duty@12", "accept", id)
    assert [closed.case for closed in city.of(CaseClosed)] == [id]
    assert {"11", "12"} <= city.loop.book.cases[id].doers


# --- more time, or none ---------------------------------------------------------------------------------------


def test_an_extension_is_granted_by_the_holder_and_the_second_by_the_unit_above(city: City) -> None:
    id = opened(city)
    task = at_work(city, id)
    due = city.loop.book.tasks[task].done_by
    city.do("crew@11.drainage", "ask-extension", task, span=2 * HOUR, text="asphalt is late")
    assert city.loop.book.tasks[task].done_by == due
    assert "this task is not 11.drainage's to grant" in city.refused("crew@11.drainage", "grant", task).what
    city.do("duty@11", "grant", task)
    (extended,) = city.of(TaskExtended)
    assert local(city, extended.done_by) == "2025-09-01T17:00"
    city.do("crew@11.drainage", "ask-extension", task, span=HOUR, text="rain")
    assert city.of(ExtensionAsked)[-1].to == "1"
    city.do("duty@1", "deny", task, text="no")
    assert city.of(RequestDenied)[-1].asked == "extension"
    assert local(city, city.loop.book.tasks[task].done_by) == "2025-09-01T17:00"


def test_an_hour_held_is_an_hour_later(city: City) -> None:
    id = opened(city)
    task = at_work(city, id)
    city.wait(HOUR)
    city.do("crew@11.drainage", "ask-hold", task, text="the gas company digs")
    city.do("duty@11", "grant", task)
    assert city.of(TaskHeld)[-1].left == 3 * HOUR
    city.wait(HOUR)
    city.do("duty@11", "resume", task)
    assert local(city, city.loop.book.tasks[task].done_by) == "2025-09-01T16:00"


def test_nothing_is_overdue_while_it_is_on_hold(city: City) -> None:
    id = opened(city)
    task = at_work(city, id)
    city.do("crew@11.drainage", "ask-hold", task, text="the gas company digs")
    city.do("duty@11", "grant", task)
    city.wait(5 * DAY)
    assert not [late for late in city.of(TaskOverdue) if late.clock == "done"]
    city.do("crew@11.drainage", "resume", task)
    city.wait(3 * DAY)
    assert [late.clock for late in city.of(TaskOverdue)] == ["done"]


# --- the same trouble twice -----------------------------------------------------------------------------------


def test_a_merged_case_goes_on_in_the_other_and_comes_apart_again(city: City) -> None:
    first, second = opened(city), opened(city)
    city.do("duty@11", "merge", second, to=first)
    cases = city.loop.book.cases
    assert cases[second].standing == "merged"
    assert [released.case for released in city.of(TaskReleased)] == [second]
    assert city.of(CaseMerged)[-1].into == first
    city.do("duty@11", "unmerge", second, text="two holes")
    assert cases[second].standing == "open"
    again = city.of(TaskSent)[-1]
    assert (again.case, again.instead_of) == (second, city.of(TaskReleased)[-1].task)


def test_a_merge_taken_back_and_used_again_in_the_same_turn_leaves_no_case_without_its_work(city: City) -> None:
    first, second = opened(city), opened(city)
    city.do("duty@11", "merge", second, to=first)
    city.turn(
        commands=[
            city.command("duty@11", "unmerge", second, text="two holes"),
            city.command("duty@11", "merge", first, to=second),
        ]
    )
    cases = city.loop.book.cases
    assert (cases[second].standing, cases[first].standing) == ("open", "merged")
    assert cases[second].tasks[task_of(city, second)].open
    assert not city.of(CaseClosed)


def test_one_more_report_of_the_same_adds_weight_and_no_case(city: City) -> None:
    id = opened(city)
    city.do("duty@1102", "second", id, text="I saw it too")
    assert city.loop.book.cases[id].weight == 2
    assert len(city.loop.book.cases) == 1


def test_a_case_is_not_merged_into_itself_or_a_case_of_another_type(city: City) -> None:
    id = opened(city)
    assert "into itself" in city.refused("duty@11", "merge", id, to=id).what
    city.flood()
    other = list(city.loop.book.cases)[-1]
    assert "is a ponding" in city.refused("duty@11", "merge", id, to=other).what


# --- added and reopened ---------------------------------------------------------------------------------------


def test_the_holder_adds_a_task_that_has_to_be_checked_like_any_other(city: City) -> None:
    id = opened(city)
    city.do("duty@11", "add-task", id, to="11.emergency", text="close the lane", span=2 * HOUR)
    sent = city.of(TaskSent)[-1]
    assert (sent.unit, sent.text, sent.verifier) == ("11.emergency", "close the lane", "11.inspection")
    assert "never do tasks" in city.refused("duty@11", "add-task", id, to="11.inspection", text="x", span=HOUR).what


def test_a_closed_case_is_reopened_by_the_unit_above_with_a_reason(city: City) -> None:
    id = opened(city)
    task = at_work(city, id)
    city.do("crew@11.drainage", "claim", task, proof=PROOF)
    city.do("checker@11.inspection", "verify", task)
    assert city.loop.book.cases[id].standing == "closed"
    assert "not 11's to reopen" in city.refused("duty@11", "reopen", id, text="again").what
    city.do("duty@1", "reopen", id, text="it sank again")
    case = city.loop.book.cases[id]
    assert (case.standing, case.reopened) == ("open", 1)
    city.do("duty@11", "add-task", id, to="11.drainage", text="mend it for good", span=DAY)
    assert case.tasks[task_of(city, id)].open


def test_everything_is_the_same_after_starting_again_from_the_facts(city: City) -> None:
    id = opened(city)
    city.do("duty@11", "offer", id, to="12", text="yours")
    task = at_work(city, id)
    city.do("crew@11.drainage", "ask-hold", task, text="gas")
    city.do("duty@11", "grant", task)
    again = City(rules=city.rules)
    for fact in city.facts:
        again.loop.fold(fact)
    assert again.loop.book.cases == city.loop.book.cases
    assert again.loop.book.tasks == city.loop.book.tasks
    assert city.now > START
