"""The case: its place in the loop, its tasks and clocks, what is missing, the chain from reading to review."""

from typing import Any

import pytest
from tests.unit.views.city import City, encoded

from bihuan.model.facts import Proof
from bihuan.model.times import HOUR, MINUTE
from bihuan.views import NotFound
from bihuan.views.case import MOST_EVENTS
from bihuan.views.explain import MOST_LINKS


def case(city: City, id: str = "cq-C00001") -> Any:
    return encoded(city.views.case(id, city.now))


def missing(city: City) -> list[str]:
    return [words["en"] for words in case(city)["missing"]]


def in_order(wanted: list[str], kinds: list[str]) -> bool:
    rest = iter(kinds)
    return all(kind in rest for kind in wanted)


LOOP = [
    "readings-received", "level-changed", "warning-raised", "plan-proposed", "response-declared", "plan-started", "case-opened",
    "task-sent", "task-signed", "task-arrived", "task-claimed", "check-asked", "task-verified", "case-closed",
    "score-published", "review-written",
]  # fmt: skip


def test_the_chain_goes_from_the_reading_to_the_score_and_the_review(story: City) -> None:
    chain = case(story)["chain"]
    assert in_order(LOOP, [link["kind"] for link in chain])
    stages = [link["stage"] for link in chain]
    assert list(dict.fromkeys(stages)) == ["sense", "warn", "plan", "dispatch", "supervise", "evaluate", "review"]
    known = {fact.id for fact in story.facts}
    assert all(link["id"] in known for link in chain)


def test_links_carry_the_rule_its_source_and_the_parts_of_the_score(story: City) -> None:
    chain = {
        link["kind"]: {row["label"]["en"]: row["value"]["en"] for row in link["detail"]}
        for link in reversed(case(story)["chain"])
    }
    level = chain["level-changed"]
    assert level["Rule"] == "orange: sum 3h >= 50"
    assert level["Threshold"] == ">= 50 mm"
    assert (level["Issuer"], level["Document"], level["Version"]) == ("CMA", "rainstorm signal", "1")
    assert chain["plan-started"]["Matched"].startswith("rainstorm warning at orange")
    assert chain["task-claimed"]["Text"] == "done"
    assert chain["task-verified"]["Verifier"] == "East inspection"
    score = chain["score-published"]
    assert score["Unit"] == "East"
    assert score["Signed on time"] == "3/3 = 100.0 % → 100 × 60"
    assert score["Score"].startswith("100")


def test_a_closed_case_went_through_all_seven_stages(story: City) -> None:
    seen = case(story)
    assert (seen["state"], seen["missing"], seen["review"]) == ("closed", [], "cq-V00001")
    assert [stage["name"] for stage in seen["stages"]] == [
        "sense",
        "warn",
        "plan",
        "dispatch",
        "supervise",
        "evaluate",
        "review",
    ]
    assert {stage["state"] for stage in seen["stages"]} == {"done"}
    assert seen["indicator"] == {"id": "rain", "words": {"zh": "降雨量", "en": "Rainfall"}, "unit": "mm",
                                 "datum": {"zh": "", "en": ""}, "level": "normal",
                                 "unknown": False, "green": True}  # fmt: skip
    assert seen["series"] == {"indicator": "rain", "place": "1101"}
    assert [place["code"] for place in seen["place"]["path"]] == ["1", "11"]
    assert seen["level"] == "orange"


def test_an_open_case_stands_at_one_stage_and_waits_for_the_rest(flooded: City) -> None:
    flooded.wait(2 * MINUTE)
    stages = {stage["name"]: stage for stage in case(flooded)["stages"]}
    assert {name: stage["state"] for name, stage in stages.items()} == {
        "sense": "done", "warn": "done", "plan": "done", "dispatch": "now", "supervise": "waiting", "evaluate": "waiting",
    }  # fmt: skip
    assert stages["dispatch"]["took"] == 2 * MINUTE


def test_what_is_missing_is_named_step_by_step_until_nothing_is(flooded: City) -> None:
    pump, guard = flooded.task("pump"), flooded.task("guard")
    assert missing(flooded) == [
        "East drainage: 'Pump the water away' not signed yet",
        "East One: 'Guard the spot' not signed yet",
        "the ponding warning is still yellow, not green",
    ]
    flooded.do("duty@11.drainage", "sign", pump)
    flooded.do("duty@11.drainage", "arrive", pump)
    flooded.wait(5 * MINUTE)
    flooded.do("duty@11.drainage", "claim", pump, proof=Proof(text="gone"))
    assert "East inspection: 'Pump the water away' waits for its check" in missing(flooded)
    flooded.do("duty@11.inspection", "send-back", pump, text="still wet")
    assert "East drainage: 'Pump the water away' sent back by the check, to be done again" in missing(flooded)
    flooded.do("duty@11.drainage", "claim", pump, proof=Proof(text="gone now"))
    flooded.do("duty@11.inspection", "verify", pump)
    flooded.finish(guard, minutes=5)
    assert missing(flooded) == ["the ponding warning is still yellow, not green"]
    flooded.wait(HOUR)
    assert missing(flooded)[-1] == "no ponding depth data: silence is not green"
    assert case(flooded)["indicator"]["green"] is False
    flooded.pond("LP-1101-1", 0.0, times=4)
    assert case(flooded)["state"] == "closed"
    assert missing(flooded) == []


def test_steps_that_wait_for_others_are_missing_too(city: City) -> None:
    city.rain({"1101": 10.0}, times=6)
    city.do("duty@11", "declare", next(iter(city.views.known.archive.asking)))
    assert "1 still to be sent, after the steps before them" in missing(city)


def test_clocks_are_met_late_or_running(flooded: City) -> None:
    pump = flooded.task("pump")
    sent = flooded.now
    flooded.wait(7 * MINUTE)
    flooded.do("duty@11.drainage", "sign", pump)
    task = next(task for task in case(flooded)["tasks"] if task["id"] == pump)
    assert task["clocks"] == [
        {"name": "sign", "started": sent, "due": sent + 5 * MINUTE, "met_at": sent + 7 * MINUTE, "late": True},
        {"name": "arrive", "started": sent + 7 * MINUTE, "due": sent + 40 * MINUTE, "met_at": None, "late": False},
        {"name": "done", "started": sent + 7 * MINUTE, "due": sent + 3 * HOUR, "met_at": None, "late": False},
    ]
    assert task["proof"] == {"text": "", "count": None, "lon": None, "lat": None, "from_device": False, "photo": ""}
    assert [step["does"] for step in task["actions"]] == ["arrive", "return", "ask-extension", "ask-hold"]
    assert flooded.views.case("cq-C00001", sent + 41 * MINUTE).tasks[0].clocks[1].late


def test_a_sham_claim_is_flagged_on_the_task_and_on_the_case(flooded: City) -> None:
    guard = flooded.task("guard")
    flooded.do("duty@1101", "sign", guard)
    flooded.do("duty@1101", "claim", guard, proof=Proof(text="all fine"))
    seen = case(flooded)
    assert [flag["flag"] for flag in seen["flags"]] == ["claimed-at-once"]
    assert [flag["flag"] for task in seen["tasks"] for flag in task["flags"]] == ["claimed-at-once"]
    assert "case-flagged" in {link["kind"] for link in seen["chain"]}
    (row,) = encoded_rows(flooded, "11")
    assert row["flags"] == ["claimed-at-once"]
    assert flooded.views.wall("1", flooded.now).cases.flagged == 1


def test_a_relapse_shows_on_the_same_case(flooded: City) -> None:
    flooded.finish(flooded.task("pump"), minutes=5)
    flooded.finish(flooded.task("guard"), minutes=5)
    flooded.pond("LP-1101-1", 0.0, times=4)
    assert case(flooded)["state"] == "closed"
    flooded.pond("LP-1101-1", 30.0, times=2)
    seen = case(flooded)
    assert (seen["state"], seen["reopened"], len(seen["runs"])) == ("open", 1, 2)
    kinds = [link["kind"] for link in seen["chain"]]
    assert in_order(["warning-raised", "case-opened", "case-reopened", "task-verified", "case-closed"], kinds)
    assert {stage["name"]: stage["state"] for stage in seen["stages"]}["dispatch"] == "now"
    assert flooded.views.wall("1", flooded.now).cases.reopened == 1


def test_the_timeline_is_oldest_first_and_has_the_warning_in_it(story: City) -> None:
    events = case(story)["timeline"]
    kinds = [event["kind"] for event in events]
    assert in_order(["level-changed", "warning-raised", "plan-proposed", "case-opened", "task-signed", "case-closed"], kinds)
    order = {fact.id: fact.seq for fact in story.facts}
    assert [order[event["id"]] for event in events] == sorted(order[event["id"]] for event in events)


def test_a_case_with_many_tasks_says_what_it_leaves_out(many_towns: City) -> None:
    towns = [f"11{number:02}" for number in range(3, 83)]
    many_towns.rain(dict.fromkeys(towns, 10.0), times=6)
    many_towns.do("duty@11", "declare", next(iter(many_towns.views.known.archive.asking)))
    watches = [task.id for task in many_towns.loop.book.tasks.values() if task.sent.step == "town-watch"]
    for task in watches:
        many_towns.do(f"duty@{many_towns.loop.book.tasks[task].unit}", "sign", task)
    many_towns.wait(2 * MINUTE)
    for task in watches:
        many_towns.do(f"duty@{many_towns.loop.book.tasks[task].unit}", "claim", task, proof=Proof(text="all quiet"))
        many_towns.do("duty@11.inspection", "verify", task)
    seen = case(many_towns)
    left = [link for link in seen["chain"] if link["kind"] == "left-out"]
    shown = [link for link in seen["chain"] if link["kind"] != "left-out"]
    assert len(shown) <= MOST_LINKS
    assert len(seen["tasks"]) == 81
    dispatch = next(link for link in left if link["stage"] == "dispatch")
    count = sum(fact.body.stage == "dispatch" for fact in many_towns.facts) - sum(link["stage"] == "dispatch" for link in shown)
    assert dispatch["text"]["en"].startswith(f"{count} more not listed here")
    assert {"level-changed", "case-opened", "task-verified"} <= {link["kind"] for link in shown}
    assert len(missing(many_towns)) < 10
    assert len(seen["timeline"]) <= MOST_EVENTS + 1


# --- rows -----------------------------------------------------------------------------------------------------


def encoded_rows(city: City, unit: str, state: str = "all", limit: int = 200) -> Any:
    return encoded(city.views.cases(unit, state, limit))


def test_cases_are_listed_newest_first_by_unit_and_state(flooded: City, story: City) -> None:
    flooded.pond("LP-1101-1", 30.0)
    flooded.do("duty@1201", "report", "ponding", place="LP-1201-1")
    rows = encoded_rows(flooded, "1")
    assert [row["place"]["code"] for row in rows] == ["LP-1201-1", "LP-1101-1"]
    assert [row["place"]["code"] for row in encoded_rows(flooded, "1", limit=1)] == ["LP-1201-1"]
    assert [row["place"]["code"] for row in encoded_rows(flooded, "11")] == ["LP-1101-1"]
    assert [row["place"]["code"] for row in encoded_rows(flooded, "11.drainage")] == ["LP-1101-1"]
    assert encoded_rows(flooded, "12.drainage") == encoded_rows(flooded, "1", "closed") == []
    assert rows[1]["tasks"] == {"total": 2, "verified": 0, "overdue": 0}
    assert (rows[1]["next"]["unit"], rows[1]["next"]["clock"]["name"]) == ("11.drainage", "sign")
    (closed,) = encoded_rows(story, "11", "closed")
    assert (closed["title"]["en"], closed["next"]) == ("Heavy rain response, East", None)


def test_a_state_or_case_that_is_not_there_is_said_with_a_remedy(city: City) -> None:
    with pytest.raises(NotFound, match="open, closed, reported, rejected, merged, all"):
        city.views.cases("1", "lost", 10)
    with pytest.raises(NotFound, match="/live/cases"):
        city.views.case("cq-C99999", city.now)
