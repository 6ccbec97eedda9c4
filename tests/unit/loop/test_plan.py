"""Plan: which answer fits, who may start it, whom it reaches, and what becomes of proposals nobody answered."""

import pytest
from tests.packs_for_tests import small_pack, with_change
from tests.unit.loop.city import EAST_TOWN, HOUR, MINUTE, OTHER_EAST_TOWN, UNDERPASS, City

from bihuan.model.facts import (
    PlanExtended,
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ResponseDeclared,
    TaskSent,
    WarningStepped,
)

RAIN, OTHER_RAIN = f"rain@{EAST_TOWN}", f"rain@{OTHER_EAST_TOWN}"
TWO_RESPONSES = with_change(
    "rain/plans.yaml",
    "trigger: {warning: {group: rainstorm, levels: [blue, yellow, orange, red]}}",
    "trigger: {warning: {group: rainstorm, levels: [orange]}}",
)
TWO_RESPONSES["rain"]["more.yaml"] = """\
plans:
  - id: flood-i
    words: {zh: 防汛Ⅰ级响应, en: Flood response I}
    trigger: {warning: {group: rainstorm, levels: [red]}}
    response: I
    declared_at: city
    case: rainstorm
    steps:
      - {id: command, words: {zh: 指挥, en: Command}, to: {role: emergency, at: city}, sign: 3m, done: 6h}
  - id: traffic-i
    words: {zh: 停运, en: Stop traffic}
    trigger: {warning: {group: rainstorm, levels: [red]}}
    response: I
    declared_at: district
    case: rainstorm
    steps:
      - {id: stop, words: {zh: 停, en: Stop}, to: {role: emergency, at: district}, sign: 3m, done: 6h}
"""


def test_a_response_level_waits_for_a_person() -> None:
    city = City()
    city.rain()
    (proposed,) = city.of(PlanProposed)
    assert (proposed.plan, proposed.response, proposed.unit, proposed.answer_by) == (
        "flood-iii",
        "III",
        "11",
        city.now + 10 * MINUTE,
    )
    city.wait(5 * HOUR)
    assert {started.plan for started in city.of(PlanStarted)} == {"rain-silent"}
    assert {sent.step for sent in city.of(TaskSent)} == {"restore-rain"}


def test_a_declared_response_starts_the_plan_and_names_who_declared_it() -> None:
    city = City()
    proposal = city.rain()
    city.do("duty@11", "declare", proposal)
    declared = next(fact for fact in city.facts if isinstance(fact.body, ResponseDeclared))
    started = next(fact for fact in city.facts if isinstance(fact.body, PlanStarted))
    assert declared.actor == "duty@11"
    assert started.because == (declared.id,)
    assert "declared by duty@11" in started.body.matched
    assert (started.body.warning, started.body.level, started.body.unit) == ("cq-W00001", "orange", "11")


@pytest.mark.parametrize("actor", ["crew@11", "duty@12", "duty@11.drainage", "duty@1101"])
def test_only_the_duty_post_asked_or_one_above_it_may_declare(actor: str) -> None:
    city = City()
    proposal = city.rain()
    refused = city.refused(actor, "declare", proposal)
    assert "The duty post of 11" in refused.remedy


@pytest.mark.parametrize("actor", ["duty", "duty@"])
def test_who_names_no_unit_is_told_how_to(actor: str) -> None:
    city = City()
    assert city.refused(actor, "declare", city.rain()).remedy == "Write who acts as post@unit, with the unit's id."


def test_the_unit_above_may_declare_too() -> None:
    city = City()
    city.do("duty@1", "declare", city.rain())
    assert [started.unit for started in city.of(PlanStarted)] == ["11"]


def test_a_response_is_declared_once() -> None:
    city = City()
    proposal = city.rain()
    city.do("duty@11", "declare", proposal)
    assert "answered or has lapsed" in city.refused("duty@11", "declare", proposal).what
    assert "answered or has lapsed" in city.refused("duty@11", "decline", proposal, text="too late").what
    assert len(city.of(PlanStarted)) == 1


def test_nobody_can_answer_what_was_never_proposed() -> None:
    city = City()
    city.turn()
    assert "there is no proposal 'cq-P00009'" in city.refused("duty@11", "declare", "cq-P00009").what


def test_a_decline_needs_a_reason_and_ends_the_matter() -> None:
    city = City()
    proposal = city.rain()
    assert "needs a reason" in city.refused("duty@11", "decline", proposal).what
    city.do("duty@11", "decline", proposal, text="gauge is being calibrated")
    assert [declined.reason for declined in city.of(ProposalDeclined)] == ["gauge is being calibrated"]
    city.read({OTHER_RAIN: 60.0})
    assert len(city.of(PlanProposed)) == 1, "what was declined is not proposed again for the same warning"


def test_a_proposal_lapses_when_its_warning_ends() -> None:
    city = City()
    proposal = city.rain()
    city.keep_reading({RAIN: 0.0}, 14 * HOUR, every=15 * MINUTE)
    (lapsed,) = city.of(ProposalLapsed)
    assert (lapsed.proposal, lapsed.reason) == (proposal, "the warning ended")
    assert "lapsed" in city.refused("duty@11", "declare", proposal).what


def test_a_declaration_in_the_turn_in_which_the_warning_ends_is_refused_not_fatal() -> None:
    id_and_words = "  - id: ponding\n    words: {zh: 积水处置, en: Ponding at a low point}\n"
    city = City(with_change("rain/plans.yaml", id_and_words, id_and_words + "    response: II\n    declared_at: district\n"))
    city.flood()
    (proposed,) = city.of(PlanProposed)
    city.wait(5 * MINUTE)
    city.keep_reading({f"ponding-depth@{UNDERPASS}": 0.0}, 5 * MINUTE)
    city.now += 10 * MINUTE + 1
    command = city.command("duty@11", "declare", proposed.proposal)
    kinds = [fact.kind for fact in city.turn(commands=[command])]
    assert "warning-cleared" in kinds
    refused = city.loop.outcomes[command.key].refused
    assert refused is not None
    assert "the warning has ended" in refused.what
    assert len(city.of(ProposalLapsed)) == 1


def test_a_higher_response_takes_the_place_of_a_lower_one_nobody_answered() -> None:
    city = City(TWO_RESPONSES)
    city.rain(60.0)
    city.rain(60.0, OTHER_EAST_TOWN)
    assert city.of(WarningStepped) == []
    city.rain(60.0)
    (lapsed,) = city.of(ProposalLapsed)
    assert (lapsed.plan, lapsed.reason) == ("flood-iii", "a higher response is proposed: flood-i, traffic-i")
    assert [proposed.plan for proposed in city.of(PlanProposed)] == ["flood-iii", "flood-i", "traffic-i"]
    assert [proposed.unit for proposed in city.of(PlanProposed)] == ["11", "1", "11"]


def test_responses_proposed_together_do_not_lapse_each_other() -> None:
    city = City(TWO_RESPONSES)
    city.read({RAIN: 100.0})
    assert [proposed.plan for proposed in city.of(PlanProposed)] == ["flood-i", "traffic-i"]
    assert city.of(ProposalLapsed) == []


def test_a_proposal_says_which_plans_did_not_match_and_why() -> None:
    city = City(TWO_RESPONSES)
    city.rain()
    (proposed,) = city.of(PlanProposed)
    assert [(other.plan, other.why) for other in proposed.not_matched] == [
        ("flood-i", "orange is not one of red"),
        ("traffic-i", "orange is not one of red"),
    ]


def test_only_affected_towns_get_a_task_for_affected_ones() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    assert [(sent.step, sent.unit) for sent in city.of(TaskSent)] == [("pumps", "11.drainage"), ("town-watch", "1101")]


def test_newly_affected_towns_get_the_tasks_too() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.wait(5 * MINUTE)
    city.read({OTHER_RAIN: 60.0, "rain@1201": 60.0})
    (extended,) = city.of(PlanExtended)
    assert [(step.step, step.unit) for step in extended.steps] == [("town-watch", "1102")], "the other district is not ours"
    assert city.task("town-watch", "1102").sent.run == city.task("pumps").sent.run


def test_a_town_is_not_sent_the_same_step_twice() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.read({RAIN: 60.0})
    city.wait(5 * MINUTE)
    city.read({RAIN: 60.0, OTHER_RAIN: 60.0})
    assert [sent.unit for sent in city.of(TaskSent) if sent.step == "town-watch"] == ["1101", "1102"]


def test_a_plan_without_a_response_level_starts_by_itself() -> None:
    city = City()
    city.flood()
    (started,) = city.of(PlanStarted)
    assert (started.plan, started.case_type, started.place, started.unit) == ("ponding", "ponding", UNDERPASS, "11")
    assert [step.step for step in started.steps] == ["pump"], "the guard is for yellow and worse"


def test_a_worse_level_brings_the_steps_that_are_only_for_it() -> None:
    city = City()
    city.flood(20.0)
    city.flood(30.0)
    (extended,) = city.of(PlanExtended)
    assert [(step.step, step.unit, step.place) for step in extended.steps] == [("guard", "1101", UNDERPASS)]
    assert city.task("guard").unit == "1101"


def test_stepping_down_starts_nothing_new() -> None:
    city = City()
    city.flood(45.0)
    started = len(city.of(PlanStarted))
    city.keep_reading({f"ponding-depth@{UNDERPASS}": 25.0}, 10 * MINUTE)
    assert city.of(WarningStepped)[-1].level == "yellow"
    assert len(city.of(PlanStarted)) == started


def test_a_silent_series_is_a_duty_of_somebody() -> None:
    city = City()
    city.read({RAIN: 1.0})
    city.wait(21 * MINUTE)
    assert [(sent.step, sent.unit) for sent in city.of(TaskSent)] == [("restore-rain", "11.sensing")]
    assert city.case().type == "data-duty"


def test_a_report_starts_the_plan_that_answers_it() -> None:
    city = City()
    city.do("duty@1201", "report", "ponding", place="LP-1201-1", text="water over the kerb")
    (sent,) = city.of(TaskSent)
    assert (sent.step, sent.unit, sent.place) == ("look", "1201", "LP-1201-1")
    assert city.case().level == "normal"


@pytest.mark.parametrize(
    ("target", "place", "what", "remedy"),
    [
        ("ponding", "9999", "place '9999' is not known", "by its code"),
        ("ponding", "", "place '' is not known", "by its code"),
        ("landslide", "1101", "no plan answers reports of 'landslide'", "Report one of: ponding"),
        ("rainstorm", "1101", "no plan answers reports of 'rainstorm'", "Report one of: ponding"),
        ("ponding", "1", "no unit would hold or check a case at '1'", "under one of level: district"),
    ],
)
def test_a_report_that_nobody_could_act_on_is_refused(target: str, place: str, what: str, remedy: str) -> None:
    city = City()
    city.turn()
    refused = city.refused("duty@11", "report", target, place=place)
    assert what in refused.what
    assert remedy in refused.remedy


def test_a_report_from_below_the_acting_level_goes_to_the_unit_above_it() -> None:
    """Grid workers report by their own grid; the town answers, and the task names the grid."""
    packs = with_change("rain/places.csv", "1202,", "120101,西一一格,grid,1201,106.41,29.51,Grid\n1202,")
    packs["base"]["levels.yaml"] = packs["base"]["levels.yaml"].replace(
        "  - {id: town, words: {zh: 镇, en: Town}}\n",
        "  - {id: town, words: {zh: 镇, en: Town}}\n  - {id: grid, words: {zh: 网格, en: Grid}}\n",
    )
    city = City(packs)
    city.do("duty@120101", "report", "ponding", place="120101")
    (sent,) = city.of(TaskSent)
    assert (sent.unit, sent.place, city.case().place) == ("1201", "120101", "120101")


def test_a_report_nobody_would_get_a_task_for_is_refused() -> None:
    packs = small_pack()
    packs["rain"]["places.csv"] += "13,空区,district,1,106.5,29.4,Empty\n"
    city = City(packs)
    city.turn()
    refused = city.refused("duty@13", "report", "ponding", place="13")
    assert "nobody at '13' would get a task" in refused.what
