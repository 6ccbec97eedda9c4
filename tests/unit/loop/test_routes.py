"""Routing: the first rule that fits holds the case, and every one before it says why it did not."""

from collections.abc import Mapping

import pytest
from tests.unit.loop.city import HOUR, UNDERPASS, City
from tests.unit.loop.test_life import HOLES
from tests.unit.pack.test_check_routes import AREAS, packs

from bihuan.loop.plan.explain import explain
from bihuan.loop.routes import MOST_NOT_MATCHED, Spot, route
from bihuan.model.facts import CaseOpened, CaseRouted, PlanStarted, Proof
from bihuan.pack.load import load

ROUTES = """
id: night, hours: 'off', cases: [pothole], to: {role: emergency, at: district}
id: flood, levels: [orange, red], to: {at: city}
id: shore, area: water/shore, to: {role: drainage, at: district}
"""
SHORE, INLAND = (106.61, 29.51), (106.7, 29.6)


def routed_packs(routes: str = ROUTES) -> dict[str, Mapping[str, str]]:
    known = packs(routes, AREAS)
    known["rain"] = {**known["rain"], "holes.yaml": HOLES}
    return known


@pytest.fixture
def city() -> City:
    """Monday 1 September 2025, 09:00 in the city."""
    city = City(routed_packs())
    city.wait(7 * HOUR)
    return city


def registered(city: City, at: tuple[float, float] | None = SHORE, place: str = "1101") -> CaseRouted:
    proof = Proof(lon=at[0], lat=at[1]) if at else None
    city.do("duty@1101", "report", "pothole", place=place, text="a hole", proof=proof)
    city.do("duty@11.inspection", "register", list(city.loop.book.cases)[-1], choice="patch")
    return city.of(CaseRouted)[-1]


def test_the_first_route_that_fits_holds_the_case_and_those_before_it_say_why_not(city: City) -> None:
    found = registered(city)
    assert (found.unit, found.route) == ("11.drainage", "shore")
    assert found.matched == "route shore, 3 of 3: any type, in water/shore"
    assert [(other.plan, other.why) for other in found.not_matched] == [
        ("night", "hours: it is working time"),
        ("flood", "level: normal is not one of orange, red"),
    ]
    assert city.loop.book.cases[found.case].unit == "11.drainage"
    assert city.of(PlanStarted)[-1].unit == "11.drainage"


def test_outside_every_area_a_case_is_held_as_its_type_says(city: City) -> None:
    found = registered(city, INLAND)
    assert (found.unit, found.route, found.matched) == ("11", "", "held at level district above 1101")
    assert found.not_matched[-1].why == "area: 106.7, 29.6 lies outside water/shore"


def test_at_night_another_unit_holds_it(city: City) -> None:
    city.wait(9 * HOUR)
    assert registered(city).unit == "11.emergency"


@pytest.mark.parametrize(("place", "unit"), [("1101", "11.drainage"), (UNDERPASS, "11.drainage"), ("11", "11.drainage")])
def test_without_a_position_that_of_the_thing_or_place_counts(city: City, place: str, unit: str) -> None:
    assert registered(city, None, place).unit == unit


def test_where_nobody_knows_the_position_no_area_holds_it() -> None:
    known = routed_packs()
    known["rain"] = {**known["rain"], "places.csv": known["rain"]["places.csv"].replace("106.61,29.51", "0,0")}
    rules = load(known)
    found = route(rules, rules.cases["ponding"], "blue", Spot(place="1101"), 0)
    assert found.not_matched[-1].why == "area: nobody knows where 1101 lies"


def test_a_route_to_a_level_that_lies_below_the_case_is_passed_over() -> None:
    rules = load(routed_packs("id: town, to: {at: town}"))
    found = route(rules, rules.cases["ponding"], "blue", Spot(place="11"), 0)
    assert (found.unit, found.not_matched[0].why) == ("11", "unit: there is no unit at level town above 11")


def test_a_case_that_a_warning_opens_is_held_by_its_route_from_the_first(city: City) -> None:
    city.flood(depth=45)
    (opened,) = city.of(CaseOpened)
    routed = city.of(CaseRouted)[-1]
    assert (opened.level, opened.unit, routed.unit, routed.route) == ("orange", "1", "1", "flood")
    assert city.loop.book.cases[opened.case].holders == ["1"]


def test_a_started_plan_names_the_unit_that_its_route_lets_hold_the_case_and_so_does_the_dry_run(city: City) -> None:
    assert explain(city.rules, "ponding", UNDERPASS, city.now, level="orange").holder == "1"
    assert explain(city.rules, "ponding", UNDERPASS, city.now, level="blue").holder == "11.drainage", "by the shore"
    city.flood(depth=45)
    (started,) = city.of(PlanStarted)
    assert started.unit == city.of(CaseOpened)[-1].unit == "1"


def test_a_plan_that_starts_for_a_case_which_changed_hands_names_who_holds_it_now(city: City) -> None:
    city.flood(depth=45)
    case = city.case("ponding")
    city.do("duty@1", "offer", case.id, to="12", text="yours")
    city.do("duty@12", "accept", case.id)
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    assert (len(case.runs), city.of(PlanStarted)[-1].unit) == (2, "12"), "it is open"
    for task in list(case.tasks.values()):
        city.finish(task)
    city.drain()
    assert case.standing == "closed"
    city.flood(depth=45)
    assert case.reopened == 1
    assert city.of(PlanStarted)[-1].unit == case.unit == "12", "it is open again"


def test_a_pack_without_routes_says_nothing_of_them() -> None:
    known = dict(routed_packs())
    known["rain"] = {path: text for path, text in known["rain"].items() if path != "routes.yaml"}
    city = City(known)
    city.flood()
    assert city.of(CaseOpened)
    assert not city.of(CaseRouted)


def test_what_did_not_match_is_bounded_and_the_words_say_how_many_there_were() -> None:
    types = "\n".join(
        f"id: r{number}, levels: [blue], hours: 'off', area: water/s{number}, to: {{at: city}}" for number in range(40)
    )
    known = dict(routed_packs(types + "\nid: last, to: {at: city}"))
    one = known["rain"]["areas/water.geojson"]
    feature = one[one.index('{"type": "Feature",') : one.rindex("]")]
    many = ", ".join(feature.replace("shore", f"s{number}") for number in range(40))
    known["rain"] = {**known["rain"], "areas/water.geojson": one.replace(feature, many)}
    rules = load(known)
    found = route(rules, rules.cases["ponding"], "red", Spot(place="11"), 0)
    assert len(found.not_matched) == MOST_NOT_MATCHED
    assert found.matched.startswith("route last, 41 of 41")
