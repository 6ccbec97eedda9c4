"""Every id can be asked why, and answers with a chain."""

from typing import Any

import pytest
from tests.unit.views.city import City, encoded

from bihuan.model.facts import Fact, NotMatched, PlanProposed
from bihuan.views import NotFound
from bihuan.views.details import details


def kinds(city: City, id: str) -> list[str]:
    return [link.kind for link in city.views.explain(id).chain]


def test_a_task_leads_back_to_the_reading_and_on_to_the_review(story: City) -> None:
    found = kinds(story, story.task("town-watch"))
    assert found[:2] == ["readings-received", "level-changed"]
    assert {"warning-raised", "plan-started", "task-sent", "task-signed", "task-claimed", "task-verified"} <= set(found)
    assert [kind for kind in found if kind in ("case-closed", "score-published", "review-written")] == [
        "case-closed", "score-published", "review-written"
    ]  # fmt: skip
    assert found.count("task-sent") == 1


@pytest.mark.parametrize("kind", ["level-changed", "warning-raised", "plan-proposed", "plan-started", "case-opened"])
def test_a_fact_leads_both_ways(story: City, kind: str) -> None:
    fact = story.newest(kind) if kind != "level-changed" else next(f for f in story.facts if f.kind == kind)
    found = kinds(story, fact.id)
    assert kind in found
    assert "readings-received" in found
    assert "case-closed" in found


@pytest.mark.parametrize("id", ["cq-C00001", "cq-V00001", "cq-W00001", "cq-P00001", "cq-R00001", "rain@1101"])
def test_cases_reviews_warnings_proposals_runs_and_series_can_be_asked(story: City, id: str) -> None:
    answer: Any = encoded(story.views.explain(id))
    assert answer["id"] == id
    assert answer["text"]["zh"]
    found = [link["kind"] for link in answer["chain"]]
    assert {"readings-received", "level-changed", "case-closed", "review-written"} <= set(found)


def test_every_fact_of_a_city_can_be_explained_and_is_in_its_own_chain(story: City) -> None:
    for fact in story.facts:
        assert fact.id in [link.id for link in story.views.explain(fact.id).chain], fact


def test_a_report_is_the_start_of_its_chain(city: City) -> None:
    city.rain({})
    city.do("duty@1201", "report", "ponding", place="LP-1201-1")
    assert kinds(city, "cq-C00001")[:3] == ["commanded", "plan-started", "case-opened"]
    assert city.views.case("cq-C00001", city.now).indicator is None


def test_a_series_that_never_changed_says_whether_it_was_heard(city: City) -> None:
    assert city.views.explain("rain@1101").text.en.endswith("its state is unknown")
    city.rain({})
    assert city.views.explain("rain@1101").text.zh == "东一镇 降雨量 一直正常"
    assert city.views.explain("rain@1101").chain == ()


def test_a_plan_says_which_rule_matched_and_why_others_did_not(city: City) -> None:
    others = (NotMatched(plan="ponding", why="yellow is not one of red"),)
    body = PlanProposed(
        proposal="P1", plan="flood-iii", response="III", place="11", unit="11", warning="W1", matched="warning at yellow",
        not_matched=others, answer_by=0,
    )  # fmt: skip
    fact = Fact(seq=1, id="cq-1", at=0, recorded_at=0, actor="plan", subject="P1", because=(), body=body)
    rows = [(row.label.en, row.value.en, row.value.zh) for row in details(city.views.known.speech, fact)]
    assert rows[0][1:] == (
        "answers a rainstorm warning at blue or yellow or orange or red",
        "适用于暴雨蓝色、黄色、橙色、红色预警",
    )
    assert rows[1][:2] == (
        "Did not match",
        "Ponding at a low point: answers a ponding warning at blue or yellow or orange or red",
    )


def test_what_nobody_knows_is_refused_with_what_can_be_asked(city: City) -> None:
    with pytest.raises(NotFound, match="indicator@place"):
        city.views.explain("rain@9999")
