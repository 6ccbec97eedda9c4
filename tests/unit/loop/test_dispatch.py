"""Dispatch: one case a trouble, one task a unit, and every step and misstep a unit may take with it."""

import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.city import EAST_TOWN, GOOD_PROOF, HOUR, MINUTE, UNDERPASS, WEST_UNDERPASS, City

from bihuan.model.facts import (
    CaseClosed,
    CaseOpened,
    CaseReopened,
    PlanStarted,
    Proof,
    TaskArrived,
    TaskClaimed,
    TaskReleased,
    TaskReturned,
    TaskSent,
    TaskSigned,
)

TWO_PLANS = with_change(
    "rain/plans.yaml",
    "  - id: rain-silent\n",
    "  - id: ponding-calls\n"
    "    words: {zh: 通知, en: Calls}\n"
    "    trigger: {warning: {group: ponding, levels: [blue]}}\n"
    "    case: ponding\n"
    "    steps:\n"
    "      - {id: call, words: {zh: 通知, en: Call}, to: {role: emergency, at: district}, sign: 5m, done: 1h}\n"
    "  - id: rain-silent\n",
)


_MORE = "or return it or ask for more time or ask to put it on hold now."
ARRIVE, CLAIM = f"11.drainage may report arrival {_MORE}", f"11.drainage may report it done {_MORE}"


@pytest.fixture
def city() -> City:
    """Water at the underpass, and the pumps were just called."""
    city = City()
    city.flood()
    return city


# --- cases ----------------------------------------------------------------------------------------------------


def test_a_started_plan_opens_a_case_and_sends_its_tasks(city: City) -> None:
    (opened,) = city.of(CaseOpened)
    assert (opened.case, opened.case_type, opened.place, opened.unit) == ("cq-C00001", "ponding", UNDERPASS, "11")
    assert (opened.warning, opened.indicator) == ("cq-W00001", "ponding-depth")
    (sent,) = city.of(TaskSent)
    assert (sent.sign_by, sent.arrive_by, sent.done_by) == tuple(city.now + m * MINUTE for m in (5, 40, 180))
    assert (sent.verifier, sent.proof, sent.case) == ("11.inspection", ("text",), opened.case)


def test_a_plan_for_an_open_case_joins_it(city: City) -> None:
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    assert len(city.of(CaseOpened)) == 1
    assert [sent.step for sent in city.of(TaskSent)] == ["pump", "look"]
    assert set(city.case().runs) == {"cq-R00001", "cq-R00002"}


def test_plans_started_in_one_turn_for_one_trouble_share_one_case() -> None:
    city = City(TWO_PLANS)
    city.flood()
    assert [started.plan for started in city.of(PlanStarted)] == ["ponding", "ponding-calls"]
    assert len(city.of(CaseOpened)) == 1
    assert {sent.case for sent in city.of(TaskSent)} == {"cq-C00001"}
    assert [sent.step for sent in city.of(TaskSent)] == ["pump", "call"]


def test_the_same_trouble_elsewhere_is_another_case(city: City) -> None:
    city.flood(point=WEST_UNDERPASS)
    assert [opened.place for opened in city.of(CaseOpened)] == [UNDERPASS, WEST_UNDERPASS]


def _closed_at(city: City) -> int:
    """The case closed; when its watch ends."""
    city.finish(city.task("pump"))
    city.drain()
    (closed,) = city.of(CaseClosed)
    return closed.watch_until


def test_a_relapse_within_the_watch_reopens_the_case(city: City) -> None:
    watch_until = _closed_at(city)
    closed_at = city.case().closed_at
    assert closed_at is not None
    city.now = watch_until
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    (again,) = city.of(CaseReopened)
    assert (again.case, again.closed_for) == ("cq-C00001", watch_until - closed_at)
    assert (city.case("ponding").open, city.case("ponding").reopened) == (True, 1)
    assert city.task("look").sent.case == "cq-C00001"


def test_a_relapse_after_the_watch_is_another_case(city: City) -> None:
    city.now = _closed_at(city) + 1
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    assert city.of(CaseReopened) == []
    assert [opened.case for opened in city.of(CaseOpened) if opened.case_type == "ponding"] == ["cq-C00001", "cq-C00002"]


def test_steps_wait_for_those_they_come_after() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    assert [step.step for _, step, _ in city.case().waiting] == ["report"]
    pumps, watch = city.task("pumps"), city.task("town-watch")
    for actor, task in (("crew@11.drainage", pumps), ("duty@1101", watch)):
        city.do(actor, "sign", task.id)
    city.do("crew@11.drainage", "arrive", pumps.id)
    city.do("crew@11.drainage", "claim", pumps.id, proof=GOOD_PROOF)
    assert [sent.step for sent in city.of(TaskSent)] == ["pumps", "town-watch"]
    city.do("duty@1101", "claim", watch.id, proof=GOOD_PROOF)
    assert city.of(TaskSent)[-1].step == "report"
    assert city.case().waiting == []


def test_a_returned_task_does_not_let_later_steps_go() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.finish(city.task("pumps"))
    city.do("duty@1101", "return", city.task("town-watch").id, text="the road is cut")
    assert [sent.step for sent in city.of(TaskSent)] == ["pumps", "town-watch", "town-watch"]
    city.finish(city.task("town-watch"))
    assert city.of(TaskSent)[-1].step == "report"


# --- legal steps ----------------------------------------------------------------------------------------------


def test_a_task_goes_from_signing_over_arriving_to_done(city: City) -> None:
    task = city.task("pump")
    city.wait(2 * MINUTE)
    city.do("crew@11.drainage", "sign", task.id)
    city.wait(20 * MINUTE)
    city.do("anybody@11.drainage", "arrive", task.id)
    city.wait(HOUR)
    city.do("crew@11.drainage", "claim", task.id, proof=GOOD_PROOF)
    (signed,), (arrived,), (claimed,) = city.of(TaskSigned), city.of(TaskArrived), city.of(TaskClaimed)
    assert (signed.took, arrived.unit, claimed.after_signing) == (2 * MINUTE, "11.drainage", HOUR + 20 * MINUTE)
    assert claimed.proof == GOOD_PROOF
    assert task.state == "claimed"


def test_what_a_person_did_is_because_of_the_command_and_names_the_person(city: City) -> None:
    commanded, signed = city.do("crew@11.drainage", "sign", city.task("pump").id)[:2]
    assert signed.because[0] == commanded.id
    assert signed.actor == commanded.actor == "crew@11.drainage"


@pytest.mark.parametrize("before", [[], ["sign"], ["sign", "arrive"]])
def test_a_task_may_be_returned_until_it_is_reported_done(city: City, before: list[str]) -> None:
    task = city.task("pump")
    for does in before:
        city.do("crew@11.drainage", does, task.id)
    assert "needs a reason" in city.refused("crew@11.drainage", "return", task.id).what
    city.do("crew@11.drainage", "return", task.id, text="no pump left")
    (returned,) = city.of(TaskReturned)
    assert returned.reason == "no pump left"
    assert task.state == "returned"


def test_a_returned_task_goes_to_the_unit_above_with_fresh_clocks(city: City) -> None:
    task = city.task("pump")
    city.wait(4 * MINUTE)
    city.do("crew@11.drainage", "return", task.id, text="no pump left")
    again = city.task("pump")
    assert (again.unit, again.sent.instead_of, again.sent.verifier) == ("11", task.id, "11.inspection")
    assert (again.sent.sign_by, again.sent.done_by) == (city.now + 5 * MINUTE, city.now + 3 * HOUR)
    assert city.of(TaskReleased) == []


def test_a_returned_task_with_a_fallback_goes_there() -> None:
    city = City()
    city.flood(30.0)
    city.do("duty@1101", "return", city.task("guard").id, text="the road is cut")
    assert city.task("guard").unit == "11.emergency"
    city.do("crew@11.emergency", "return", city.task("guard").id, text="nobody here either")
    assert city.task("guard").unit == "11", "and from there to the unit above"


def test_the_last_task_returned_does_not_close_the_case(city: City) -> None:
    city.drain()
    city.do("crew@11.drainage", "return", city.task("pump").id, text="wrong unit")
    assert city.of(CaseClosed) == []
    city.finish(city.task("pump"))
    assert len(city.of(CaseClosed)) == 1


def test_an_unsigned_task_goes_to_the_fallback_unit() -> None:
    city = City()
    city.flood(30.0)
    task = city.task("guard")
    sent_at = task.sent_at
    city.wait(sent_at + 20 * MINUTE - city.now)
    assert city.task("guard") is task, "one sign-span after it was due, not before"
    city.wait(1)
    again = city.task("guard")
    (released,) = city.of(TaskReleased)
    assert (released.task, released.reason) == (task.id, "not signed: given to 11.emergency")
    assert (again.unit, again.sent.instead_of, again.sent.sign_by) == ("11.emergency", task.id, city.now + 10 * MINUTE)
    assert "cannot be 'sign'" in city.refused("duty@1101", "sign", task.id).what


def test_an_unsigned_task_without_a_fallback_stays_where_it_is(city: City) -> None:
    city.wait(3 * HOUR)
    assert city.of(TaskReleased) == []
    city.do("crew@11.drainage", "sign", city.task("pump").id)


# --- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "does", "remedy"),
    [
        ([], "arrive", "11.drainage may sign it or return it now."),
        ([], "claim", "11.drainage may sign it or return it now."),
        (["sign"], "sign", ARRIVE),
        (["sign"], "claim", ARRIVE),
        (
            ["sign", "arrive"],
            "sign",
            CLAIM,
        ),
        (
            ["sign", "arrive"],
            "arrive",
            CLAIM,
        ),
        (["sign", "arrive", "claim"], "sign", "11.inspection may verify it or send it back now."),
        (["sign", "arrive", "claim"], "claim", "11.inspection may verify it or send it back now."),
        (["sign", "arrive", "claim"], "return", "11.inspection may verify it or send it back now."),
    ],
)
def test_a_step_out_of_order_is_refused_and_says_who_may_do_what(city: City, done: list[str], does: str, remedy: str) -> None:
    task = city.task("pump")
    for one in done:
        city.do("crew@11.drainage", one, task.id, proof=GOOD_PROOF if one == "claim" else None)
    state = task.state
    refused = city.refused("crew@11.drainage", does, task.id, text="why not", proof=GOOD_PROOF)
    assert refused.what == f"a task that is {state} cannot be '{does}'"
    assert refused.remedy == remedy
    assert task.state == state


@pytest.mark.parametrize("does", ["sign", "arrive", "claim", "return"])
def test_nothing_more_can_be_done_with_a_verified_task(city: City, does: str) -> None:
    task = city.task("pump")
    city.finish(task)
    refused = city.refused("crew@11.drainage", does, task.id, text="again", proof=GOOD_PROOF)
    assert refused.remedy == "Nothing more is asked of anybody for this task."


@pytest.mark.parametrize("actor", ["crew@12.drainage", "duty@11", "duty@1101", "checker@11.inspection", "duty@1"])
@pytest.mark.parametrize("does", ["sign", "return"])
def test_another_unit_has_no_say_in_a_task(city: City, actor: str, does: str) -> None:
    refused = city.refused(actor, does, city.task("pump").id, text="ours")
    assert refused.what == f"this task is not {actor.partition('@')[2]}'s to {does}"
    assert "11.drainage may sign it or return it now." in refused.remedy


def test_a_task_nobody_sent_is_refused(city: City) -> None:
    assert "there is no task 'cq-T000099'" in city.refused("crew@11.drainage", "sign", "cq-T000099").what


@pytest.mark.parametrize(
    ("proof", "missing"),
    [
        (None, "text, count, position, photo"),
        (Proof(text="done"), "count, position, photo"),
        (Proof(text="done", count=0.0, lon=106.6), "position, photo"),
        (Proof(count=3, lon=1.0, lat=2.0, photo="ab"), "text"),
    ],
)
def test_a_claim_without_the_proof_asked_for_is_refused_and_changes_nothing(proof: Proof | None, missing: str) -> None:
    steps = "        arrive: 40m\n        done: 3h\n        proof: [text]\n"
    city = City(with_change("rain/plans.yaml", steps, steps.replace("[text]", "[text, count, position, photo]")))
    city.flood()
    task = city.task("pump")
    for does in ("sign", "arrive"):
        city.do("crew@11.drainage", does, task.id)
    refused = city.refused("crew@11.drainage", "claim", task.id, proof=proof)
    assert refused.what == f"proof is missing: {missing}"
    assert task.state == "arrived"


def test_a_late_signature_is_still_a_signature(city: City) -> None:
    city.wait(50 * MINUTE)
    city.do("crew@11.drainage", "sign", city.task("pump").id)
    assert city.of(TaskSigned)[0].took == 50 * MINUTE


def test_a_town_of_the_other_district_is_checked_by_its_own_inspection() -> None:
    city = City()
    city.do("duty@12", "report", "ponding", place=WEST_UNDERPASS)
    assert city.task("look").sent.verifier == "12.inspection"
    assert EAST_TOWN not in {sent.unit for sent in city.of(TaskSent)}
