"""Plans that people start: four eyes, and buttons."""

import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.city import HOUR, MINUTE, UNDERPASS, City
from tests.unit.loop.test_plan_steps import with_plan

from bihuan.loop.turn import Loop
from bihuan.model.facts import (
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ProposalOverdue,
    ResponseDeclared,
    ResponseSeconded,
    TaskSent,
)

FOUR_EYES = with_change("rain/plans.yaml", "    answer: 10m\n", "    answer: 10m\n    four_eyes: true\n")
STEP = "id: close, to: {role: emergency, at: district}, sign: 5m, done: 1h"


@pytest.fixture
def city() -> City:
    return City(FOUR_EYES)


def by_button(more: str = "") -> City:
    city = City(with_plan(STEP, trigger="button: {at: district}", more=more))
    city.turn()
    return city


# --- four eyes ------------------------------------------------------------------------------------------------


def test_one_person_alone_declares_nothing(city: City) -> None:
    proposal = city.rain()
    assert city.of(PlanProposed)[0].eyes == 4
    city.do("duty@11", "declare", proposal)
    assert [body.unit for body in city.of(ResponseSeconded)] == ["11"]
    assert not city.of(ResponseDeclared)
    assert not city.of(PlanStarted)


@pytest.mark.parametrize("second", ["chief@11", "duty@1", "chief@1"])
def test_a_second_person_at_another_post_there_or_above_makes_it_a_response(city: City, second: str) -> None:
    proposal = city.rain()
    city.do("duty@11", "declare", proposal)
    city.do(second, "declare", proposal)
    declared = next(fact for fact in city.facts if isinstance(fact.body, ResponseDeclared))
    assert declared.actor == second
    (started,) = city.of(PlanStarted)
    assert f"declared by duty@11 and {second}" in started.matched
    assert len(city.of(TaskSent)) == 2


@pytest.mark.parametrize(
    ("second", "what"),
    [
        ("duty@11", "duty@11 has agreed already"),
        ("duty@12", "duty@12 may not answer for 11"),
        ("crew@11.drainage", "crew@11.drainage may not answer for 11"),
        ("duty@1101", "duty@1101 may not answer for 11"),
    ],
)
def test_the_same_post_and_those_outside_the_line_are_no_second_pair_of_eyes(city: City, second: str, what: str) -> None:
    proposal = city.rain()
    city.do("duty@11", "declare", proposal)
    refused = city.refused(second, "declare", proposal)
    assert refused.what == what
    assert "of a unit above it" in refused.remedy
    assert not city.of(PlanStarted)


def test_the_first_of_two_must_be_on_duty(city: City) -> None:
    assert "The duty post of 11" in city.refused("chief@11", "declare", city.rain()).remedy


def test_after_the_first_agreed_a_duty_officer_can_still_decline(city: City) -> None:
    proposal = city.rain()
    city.do("duty@11", "declare", proposal)
    city.do("duty@1", "decline", proposal, text="the rain is over")
    assert len(city.of(ProposalDeclined)) == 1
    assert "answered or has lapsed" in city.refused("chief@11", "declare", proposal).what


def test_half_an_answer_does_not_stop_the_clock(city: City) -> None:
    city.do("duty@11", "declare", city.rain())
    city.wait(11 * MINUTE)
    assert [body.to for body in city.of(ProposalOverdue)] == ["1"]


def test_half_an_answer_lapses_with_its_warning(city: City) -> None:
    proposal = city.rain()
    city.do("duty@11", "declare", proposal)
    city.keep_reading({"rain@1101": 0.0}, 14 * HOUR, every=15 * MINUTE)
    assert len(city.of(ProposalLapsed)) == 1
    assert "lapsed" in city.refused("duty@1", "declare", proposal).what


# --- buttons --------------------------------------------------------------------------------------------------


def test_a_plan_with_a_button_starts_when_it_is_pressed() -> None:
    city = by_button()
    city.do("duty@11", "start", "extra", place=UNDERPASS)
    (started,) = city.of(PlanStarted)
    assert (started.plan, started.place, started.unit, started.matched) == ("extra", UNDERPASS, "11", "started by duty@11")
    assert [(body.step, body.unit) for body in city.of(TaskSent)] == [("close", "11.emergency")]


def test_without_a_place_it_is_about_the_unit_s_own() -> None:
    city = by_button()
    city.do("duty@11", "start", "extra")
    assert city.of(PlanStarted)[0].place == "11"


def test_the_unit_above_may_press_it_too() -> None:
    city = by_button()
    city.do("duty@1", "start", "extra", place="1101")
    assert city.of(PlanStarted)[0].unit == "11"


@pytest.mark.parametrize(
    ("actor", "plan", "place", "what", "remedy"),
    [
        ("duty@11", "ponding", UNDERPASS, "no plan 'ponding' is started by hand", "Plans with a button: extra."),
        ("duty@11", "nope", UNDERPASS, "no plan 'nope' is started by hand", "Plans with a button: extra."),
        ("duty@11", "extra", "9999", "place '9999' is not known", "by its code"),
        ("duty@1", "extra", "", "'extra' cannot be started at '1'", "under one of level: district"),
        ("crew@11", "extra", UNDERPASS, "crew@11 may not start 'extra'", "The duty post of 11"),
        ("duty@12", "extra", UNDERPASS, "duty@12 may not start 'extra'", "The duty post of 11"),
        ("duty@1101", "extra", UNDERPASS, "duty@1101 may not start 'extra'", "The duty post of 11"),
    ],
)
def test_a_button_that_is_not_theirs_is_refused_with_whose_it_is(
    actor: str, plan: str, place: str, what: str, remedy: str
) -> None:
    refused = by_button().refused(actor, "start", plan, place=place)
    assert what in refused.what
    assert remedy in refused.remedy


def test_a_button_pressed_twice_is_one_plan() -> None:
    city = by_button()
    city.do("duty@11", "start", "extra", place=UNDERPASS)
    assert city.refused("duty@11", "start", "extra", place=UNDERPASS).remedy == f"Go on with case {city.case().id}."
    city.do("duty@11", "start", "extra", place="1102")
    assert len(city.of(PlanStarted)) == 2


def test_a_button_with_four_eyes_asks_for_the_second_pair() -> None:
    city = by_button("    four_eyes: true\n    answer: 5m\n")
    city.do("duty@11", "start", "extra", place=UNDERPASS)
    (proposed,) = city.of(PlanProposed)
    assert (proposed.eyes, proposed.unit, len(city.of(ResponseSeconded))) == (4, "11", 1)
    assert "Go on with proposal" in city.refused("duty@11", "start", "extra", place=UNDERPASS).remedy
    assert "has agreed already" in city.refused("duty@11", "declare", proposed.proposal).what
    city.do("chief@11", "declare", proposed.proposal)
    (started,) = city.of(PlanStarted)
    assert started.matched == "started by duty@11; agreed by duty@11 and chief@11"
    assert city.case().tasks


def test_who_presses_and_who_agrees_are_remembered_over_a_restart() -> None:
    city = by_button("    four_eyes: true\n")
    city.do("duty@11", "start", "extra", place=UNDERPASS)
    again = Loop(rules=city.rules, began=0)
    for fact in city.facts:
        again.fold(fact)
    city.loop = again
    assert "has agreed already" in city.refused("duty@11", "declare", city.of(PlanProposed)[0].proposal).what
    city.do("duty@1", "declare", city.of(PlanProposed)[0].proposal)
    assert len(city.of(PlanStarted)) == 1
