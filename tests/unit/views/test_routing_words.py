"""Routes and suspected duplicates as people read them, in both languages."""

from typing import Any

import pytest
from tests.unit.loop.test_routes import SHORE, routed_packs
from tests.unit.views.city import City, encoded

from bihuan.model.facts import Fact, Proof
from bihuan.model.times import HOUR
from bihuan.pack.load import load
from bihuan.pack.rules import Rules


@pytest.fixture(scope="module")
def routed() -> Rules:
    known = dict(routed_packs())
    holes = known["rain"]["holes.yaml"].replace("    check: 4wh\n", "    check: 4wh\n    same: {metres: 100, within: 2d}\n")
    known["rain"] = {**known["rain"], "holes.yaml": holes}
    return load(known)


@pytest.fixture
def city(routed: Rules) -> City:
    city = City(routed)
    city.wait(7 * HOUR)  # nine in the morning
    return city


def report(city: City, at: tuple[float, float] | None = SHORE) -> str:
    proof = Proof(lon=at[0], lat=at[1]) if at else None
    city.do("duty@1101", "report", "pothole", place="1101", text="a hole", proof=proof)
    return list(city.loop.book.cases)[-1]


def fact_of(city: City, kind: str) -> Fact:
    return [fact for fact in city.facts if fact.kind == kind][-1]


def told(city: City, case: str, kind: str) -> list[Any]:
    return [event["text"] for event in encoded(city.views.case(case, city.now))["timeline"] if event["kind"] == kind]


def test_a_routed_case_says_by_which_rule_and_why_the_others_did_not_match(city: City) -> None:
    id = report(city)
    city.do("duty@11.inspection", "register", id, choice="patch")
    (text,) = told(city, id, "case-routed")
    assert text == {"zh": "东一镇 道路破损 由东区排水主办（甲）", "en": "East drainage holds it: Broken road, East One (One)"}
    chain = encoded(city.views.explain(fact_of(city, "case-routed").id))["chain"]
    rows = next(link["detail"] for link in chain if link["kind"] == "case-routed")
    assert [(row["label"]["zh"], row["value"]["zh"], row["value"]["en"]) for row in rows] == [
        ("匹配规则", "甲", "One"),
        ("未匹配", "甲：时段不符", "One: other hours"),
        ("未匹配", "甲：等级不符", "One: other levels"),
    ]


def test_a_case_that_no_route_takes_is_held_as_its_type_says(city: City) -> None:
    id = report(city, (106.9, 29.9))
    city.do("duty@11.inspection", "register", id, choice="patch")
    (text,) = told(city, id, "case-routed")
    assert text["zh"].endswith("（按案件类型规定的层级）")
    assert text["en"].endswith("(at the level its type says)")


def test_a_suspected_duplicate_is_told_in_both_cases_with_distance_and_age(city: City) -> None:
    first = report(city)
    city.wait(3 * HOUR)
    second = report(city, (SHORE[0], SHORE[1] + 60 / 111_195))
    said = {
        "zh": f"东一镇 道路破损 疑与东一镇 道路破损（{first}）重复（相距60米，相隔3小时）",
        "en": f"Broken road, East One may be the same as Broken road, East One ({first}) (60 m away, 3 h apart)",
    }
    assert told(city, first, "duplicate-suspected") == told(city, second, "duplicate-suspected") == [said]


def test_without_a_position_it_is_the_same_place(city: City) -> None:
    report(city)
    second = report(city, None)
    (text,) = told(city, second, "duplicate-suspected")
    assert "（同一地点，相隔0秒）" in text["zh"]
    assert "(at the same place, 0 s apart)" in text["en"]
