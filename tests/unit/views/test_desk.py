"""The desk: every unit sees what is asked of it, with the legal next steps, by time left."""

from typing import Any

import pytest
from tests.unit.views.city import City, encoded

from bihuan.model.facts import Proof
from bihuan.model.times import HOUR, MINUTE
from bihuan.views import NotFound


def desk(city: City, unit: str) -> Any:
    return encoded(city.views.desk(unit, city.now))


def test_a_unit_sees_its_own_task_with_its_clock_and_the_legal_steps(flooded: City) -> None:
    seen = desk(flooded, "11.drainage")
    assert seen["unit"] == {"id": "11.drainage", "words": {"zh": "东区排水", "en": "Drainage, East"}, "level": "district"}
    (row,) = seen["queue"]
    assert (row["kind"], row["id"], row["case"], row["state"]) == ("task", flooded.task("pump"), "cq-C00001", "sent")
    assert row["title"] == {"zh": "抽排积水", "en": "Pump the water away"}
    assert row["place"] == {"code": "LP-1101-1", "words": {"zh": "东一下穿道", "en": "East One underpass"}}
    assert row["level"] == "yellow"
    assert row["clock"] == {"name": "sign", "started": flooded.now, "due": flooded.now + 5 * MINUTE, "overdue": False}
    assert [(step["does"], step["needs"], step["main"]) for step in row["actions"]] == [
        ("sign", [], True),
        ("return", ["text"], False),
    ]
    assert desk(flooded, "1102")["queue"] == []


def test_a_task_goes_through_the_desks_until_it_is_verified(flooded: City) -> None:
    pump = flooded.task("pump")
    flooded.do("duty@11.drainage", "sign", pump)
    assert desk(flooded, "11.drainage")["queue"][0]["clock"]["name"] == "arrive"
    flooded.do("duty@11.drainage", "arrive", pump)
    (row,) = desk(flooded, "11.drainage")["queue"]
    assert row["actions"][0] == {
        "does": "claim",
        "words": {"zh": "报完成", "en": "Report done"},
        "needs": ["text"],
        "main": True,
        "units": ["11.drainage"],
        "posts": [],
        "choices": [],
    }
    flooded.wait(5 * MINUTE)
    flooded.do("duty@11.drainage", "claim", pump, proof=Proof(text="gone"))
    assert desk(flooded, "11.drainage")["queue"] == []
    assert desk(flooded, "11.drainage")["counts"]["done_today"] == 1
    (check,) = desk(flooded, "11.inspection")["queue"]
    assert (check["kind"], check["id"], check["title"]["en"]) == ("check", pump, "Check: Pump the water away (East drainage)")
    assert [step["does"] for step in check["actions"]] == ["verify", "send-back"]
    flooded.do("duty@11.inspection", "verify", pump)
    assert desk(flooded, "11.inspection")["queue"] == []
    assert desk(flooded, "11.inspection")["counts"]["done_today"] == 1


def test_what_was_done_yesterday_is_not_counted_today(flooded: City) -> None:
    flooded.finish(flooded.task("pump"), minutes=5)
    at = flooded.now
    assert flooded.views.desk("11.drainage", at).counts.done_today == 1
    assert flooded.views.desk("11.drainage", at + 24 * HOUR).counts.done_today == 0


def test_the_queue_is_sorted_by_time_left_and_overdue_is_said(flooded: City) -> None:
    flooded.pond("LP-1101-1", 30.0)
    flooded.do("duty@1101", "report", "ponding", place="LP-1101-1")
    flooded.wait(6 * MINUTE)
    seen = desk(flooded, "1101")
    assert [row["title"]["en"] for row in seen["queue"]] == ["Guard the spot", "Look at the spot"]
    assert [row["clock"]["overdue"] for row in seen["queue"]] == [True, False]
    assert seen["counts"] == {"queue": 2, "overdue": 1, "done_today": 0}


def test_a_proposal_is_on_the_desk_that_may_answer_and_above_it_once_overdue(city: City) -> None:
    city.rain({"1101": 10.0}, times=6)
    (row,) = desk(city, "11")["queue"]
    assert row["kind"] == "proposal"
    assert row["title"]["en"] == "Declare Flood response III for East?"
    assert [(step["does"], step["needs"]) for step in row["actions"]] == [("declare", []), ("decline", ["text"])]
    assert row["clock"]["name"] == "answer"
    assert desk(city, "1")["queue"] == []
    city.wait(11 * MINUTE)
    (above,) = desk(city, "1")["queue"]
    assert (above["id"], above["escalated"], above["clock"]["overdue"]) == (row["id"], True, True)
    assert desk(city, "12")["queue"] == []
    city.do("duty@1", "declare", row["id"])
    assert desk(city, "1")["queue"] == desk(city, "11")["queue"] == []


def test_a_holder_watches_its_case_by_the_most_urgent_task_of_others(flooded: City) -> None:
    (row,) = desk(flooded, "11")["watching"]
    assert (row["id"], row["holder"], row["actions"]) == (flooded.task("pump"), "11", [])
    flooded.do("duty@11.drainage", "sign", flooded.task("pump"))
    (row,) = desk(flooded, "11")["watching"]
    assert row["id"] == flooded.task("guard")


def test_an_escalated_task_is_watched_by_the_unit_it_was_escalated_to(flooded: City) -> None:
    flooded.wait(11 * MINUTE)
    pump = flooded.task("pump")
    assert flooded.loop.book.tasks[pump].escalated_to == "11"
    rows = [row for row in desk(flooded, "11")["watching"] if row["id"] == pump]
    assert [row["escalated"] for row in rows] == [True]
    assert desk(flooded, "11.drainage")["queue"][0]["escalated"] is True


def test_a_case_that_only_waits_for_green_is_watched_without_a_clock(flooded: City) -> None:
    flooded.finish(flooded.task("pump"), minutes=5)
    flooded.finish(flooded.task("guard"), minutes=5)
    (row,) = desk(flooded, "11")["watching"]
    assert (row["id"], row["state"], row["clock"]) == ("cq-C00001", "waiting", None)
    flooded.pond("LP-1101-1", 0.0, times=4)
    assert desk(flooded, "11")["watching"] == []


def test_nobody_knows_a_unit_that_is_not_there(city: City) -> None:
    with pytest.raises(NotFound) as caught:
        city.views.desk("99", city.now)
    assert caught.value.what == "there is no unit '99'"
    assert caught.value.remedy
