"""The life of a reported case on the screens: whose desk it lies on, what may be done by whom, who held it when."""

from typing import Any

import pytest
from tests.packs_for_tests import small_pack
from tests.unit.views.city import City, encoded

from bihuan.model.facts import Proof
from bihuan.model.times import HOUR, MINUTE
from bihuan.pack.load import load
from bihuan.pack.rules import Rules

HOLES = """\
cases:
  - id: pothole
    words: {zh: 道路破损, en: Broken road}
    holder: district
    verify: inspection
    verify_at: district
    check: 2h
    receive: {role: inspection, at: district, within: 1h}
    openings:
      - {id: patch, words: {zh: 修补, en: Patch it}, done: 4wh}
      - {id: rebuild, words: {zh: 重建, en: Rebuild it}, done: 2wd}
      - {id: cone, words: {zh: 围挡, en: Put a cone there}, done: 30m}
plans:
  - id: mend
    words: {zh: 修路, en: Mend the road}
    trigger: {report: {case: pothole}}
    case: pothole
    steps:
      - {id: mend, words: {zh: 修复, en: Mend}, to: {role: drainage, at: district}, sign: 1h, done: 8h, proof: [text]}
"""


@pytest.fixture(scope="module")
def holes() -> Rules:
    known = dict(small_pack())
    known["rain"] = {**known["rain"], "holes.yaml": HOLES}
    return load(known)


@pytest.fixture
def city(holes: Rules) -> City:
    city = City(holes)
    city.wait(7 * HOUR)  # nine in the morning
    return city


def report(city: City) -> str:
    proof = Proof(photo="a" * 64, lon=106.61, lat=29.51)
    city.do("duty@1101", "report", "pothole", place="1101", text="a hole", proof=proof)
    return list(city.loop.book.cases)[-1]


def opened(city: City) -> str:
    id = report(city)
    city.do("duty@11.inspection", "register", id, choice="patch")
    return id


def desk(city: City, unit: str) -> Any:
    return encoded(city.views.desk(unit, city.now))


def case(city: City, id: str) -> Any:
    return encoded(city.views.case(id, city.now))


def does(row: Any, unit: str = "") -> list[str]:
    return [one["does"] for one in row["actions"] if not unit or unit in one["units"]]


def counts(city: City) -> Any:
    return encoded(city.views.wall("11", city.now))["cases"]


def test_a_report_lies_on_the_desk_of_who_registers_it_and_counts_nowhere_else(city: City) -> None:
    id = report(city)
    assert city.change is not None
    assert "11.inspection" in city.change.units
    (row,) = desk(city, "11.inspection")["queue"]
    assert (row["kind"], row["id"], row["state"], row["clock"]["name"]) == ("case", id, "reported", "register")
    assert row["title"] == {"zh": "上报待立案：东一镇 道路破损", "en": "To register: Broken road, East One"}
    assert does(row) == ["register", "reject", "merge"]
    assert [one["main"] for one in row["actions"]] == [True, False, False]
    assert (desk(city, "11")["queue"], desk(city, "11")["watching"]) == ([], [])
    assert counts(city) == {"reported": 1, "open": 0, "closed": 0, "reopened": 0, "flagged": 0}
    assert [len(city.views.cases("11", state)) for state in ("open", "closed", "reported", "all")] == [0, 0, 1, 1]
    assert encoded(city.views.cases("11", "reported")[0])["next"]["unit"] == "11.inspection"


def test_registering_asks_for_the_condition_with_the_time_each_gives(city: City) -> None:
    report(city)
    register = desk(city, "11.inspection")["queue"][0]["actions"][0]
    assert register["needs"] == ["choice"]
    assert [one["words"]["zh"] for one in register["choices"]] == [
        "修补（限4个工作小时）",
        "重建（限2个工作日）",
        "围挡（限30分钟）",
    ]
    assert [one["words"]["en"] for one in register["choices"]] == [
        "Patch it (within 4 working hours)",
        "Rebuild it (within 2 work days)",
        "Put a cone there (within 30 min)",
    ]


def test_a_reported_case_is_a_page_with_its_report_and_what_is_missing(city: City) -> None:
    seen = case(city, report(city))
    assert (seen["state"], seen["custody"], seen["unit"]["id"]) == ("reported", [], "11.inspection")
    assert seen["reports"] == [
        {
            "at": city.now,
            "by": {"zh": "东一镇值守", "en": "duty officer of East One"},
            "text": "a hole",
            "lon": 106.61,
            "lat": 29.51,
            "photo": "a" * 64,
        }
    ]
    assert seen["missing"] == [{"zh": "东区督查：尚未立案", "en": "East inspection: not registered yet"}]
    assert [(one["name"], one["state"]) for one in seen["stages"]][:2] == [("sense", "now"), ("plan", "waiting")]
    assert does(seen) == ["register", "reject", "merge", "second"]
    assert seen["actions"][-1]["units"] == []


def test_a_report_nobody_registers_lies_on_the_desk_above_too(city: City) -> None:
    id = report(city)
    city.wait(HOUR + MINUTE)
    assert [row["id"] for row in desk(city, "11")["queue"]] == [id]
    assert desk(city, "11")["queue"][0]["escalated"] is True
    assert desk(city, "11.inspection")["queue"][0]["clock"]["overdue"] is True


def test_a_rejected_report_is_nobodys_work(city: City) -> None:
    id = report(city)
    city.do("duty@11.inspection", "reject", id, text="seen, it is sound")
    assert desk(city, "11.inspection")["queue"] == []
    assert counts(city)["reported"] == counts(city)["closed"] == 0
    assert (case(city, id)["state"], case(city, id)["missing"]) == ("rejected", [])
    assert [row.id for row in city.views.cases("11", "rejected")] == [id]


def test_the_offered_unit_answers_and_everybody_sees_who_held_it_when(city: City) -> None:
    id = opened(city)
    began = city.now
    assert does(case(city, id), "11") == ["offer", "add-task", "merge"]
    city.wait(MINUTE)
    city.do("duty@11", "offer", id, text="the road is yours", to="12")
    (row,) = desk(city, "12")["queue"]
    assert (row["kind"], row["state"], does(row)) == ("case", "offered", ["accept", "give-back"])
    assert row["title"]["zh"] == "东区移交：东一镇 道路破损"
    assert does(case(city, id), "11") == ["withdraw"]
    assert case(city, id)["offer"]["to"]["id"] == "12"
    assert {"zh": "西区：尚未答复移交", "en": "West: has not answered the offer"} in case(city, id)["missing"]
    city.wait(MINUTE)
    city.do("duty@12", "accept", id)
    held = [(one["unit"]["id"], one["since"], one["until"], one["how"]["zh"]) for one in case(city, id)["custody"]]
    assert held == [("11", began, city.now, "立案后分派"), ("12", city.now, None, "平级移交")]
    assert (desk(city, "11")["watching"], len(desk(city, "12")["watching"]), desk(city, "12")["queue"]) == ([], 1, [])
    assert counts(city)["open"] == 1


def test_what_is_given_back_or_withdrawn_leaves_the_desk(city: City) -> None:
    id = opened(city)
    city.do("duty@11", "offer", id, text="yours", to="12")
    city.do("duty@12", "give-back", id, text="no")
    assert city.change is not None
    assert {"11", "12"} <= set(city.change.units)
    assert desk(city, "12")["queue"] == []
    city.do("duty@11", "offer", id, text="yours", to="12")
    city.do("duty@11", "withdraw", id)
    assert (desk(city, "12")["queue"], case(city, id)["offer"]) == ([], None)


@pytest.mark.parametrize(("does_", "title"), [("ask-extension", "申请延期2小时"), ("ask-hold", "申请挂账")])
def test_a_request_lies_on_the_desk_of_who_may_grant_it(city: City, does_: str, title: str) -> None:
    id = opened(city)
    task = city.task("mend")
    city.do("crew@11.drainage", "sign", task)
    city.do("crew@11.drainage", does_, task, text="no asphalt", span=2 * HOUR)
    (row,) = desk(city, "11")["queue"]
    assert (row["kind"], row["id"], does(row)) == ("request", task, ["grant", "deny"])
    assert title in row["title"]["zh"]
    asked = case(city, id)["tasks"][0]["asked"]
    assert (asked["to"]["id"], asked["reason"]) == ("11", "no asphalt")
    assert does(desk(city, "11.drainage")["queue"][0]) == ["claim", "return"]
    city.do("duty@11", "grant", task)
    assert (desk(city, "11")["queue"], case(city, id)["tasks"][0]["asked"]) == ([], None)


def test_a_task_on_hold_stays_with_who_may_let_it_go_on(city: City) -> None:
    id = opened(city)
    task = city.task("mend")
    city.do("crew@11.drainage", "sign", task)
    city.do("crew@11.drainage", "ask-hold", task, text="frost")
    city.do("duty@11", "grant", task)
    (row,) = desk(city, "11.drainage")["queue"]
    assert (row["state"], does(row), row["clock"]) == ("held", ["resume"], None)
    assert {"zh": "东区排水：“修复”挂账中", "en": "East drainage: 'Mend' is on hold"} in case(city, id)["missing"]
    assert does(case(city, id)["tasks"][0], "11") == ["resume"]


def test_merging_and_taking_it_back_is_told_in_both_cases(city: City) -> None:
    first, second = opened(city), opened(city)
    city.do("duty@11", "merge", second, to=first)
    assert (case(city, second)["state"], case(city, second)["merged_into"]) == ("merged", first)
    assert (case(city, first)["merged"], case(city, first)["weight"]) == ([second], 1)  # one and the same post reported both
    city.do("duty@11", "unmerge", second, text="two holes after all")
    for id in (first, second):
        kinds = [event["kind"] for event in case(city, id)["timeline"]]
        assert kinds.count("case-merged") == kinds.count("case-unmerged") == 1
    assert counts(city)["open"] == 2


def test_every_step_of_a_life_is_a_sentence_in_both_languages(city: City) -> None:
    id = opened(city)
    city.do("duty@1102", "second", id, text="me too")
    city.do("duty@11", "add-task", id, text="Put a lamp there", to="1101", span=2 * HOUR)
    added = city.task("added-1")
    city.finish(added, minutes=5)
    city.finish(city.task("mend"), minutes=5)
    told = case(city, id)
    assert told["state"] == "closed"
    sentences = [event["text"] for event in told["timeline"]]
    assert [one["zh"] for one in sentences if "lamp" in one["zh"]]
    assert all(one["zh"] and one["en"] and "{" not in one["zh"] + one["en"] and "()" not in one["en"] for one in sentences)
    assert told["weight"] == len(told["reports"]) == 2
    assert told["condition"] == {"zh": "修补", "en": "Patch it"}
    assert {"zh": "Put a lamp there", "en": "Put a lamp there"} in [task["step"]["words"] for task in told["tasks"]]
