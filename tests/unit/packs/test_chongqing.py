"""The places of Chongqing: counts, trees, zones, and the map that goes with them."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from bihuan.pack.rules import Rules
from bihuan.pack.schema import Place

from .places import MAP, chongqing, script


@pytest.fixture(scope="module")
def rules() -> Rules:
    return chongqing()


@pytest.fixture(scope="module")
def topology() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(MAP.read_text(encoding="utf-8"))
    return read


def level(rules: Rules, name: str) -> list[Place]:
    return [place for place in rules.places.values() if place.level == name]


def test_there_are_1_city_41_district_level_units_1031_towns_and_11270_villages(rules: Rules) -> None:
    counts = Counter((place.level, place.unit_only) for place in rules.places.values())
    assert counts == {
        ("city", False): 1,
        ("district", False): 38,
        ("district", True): 3,
        ("town", False): 1_031,
        ("village", False): 11_270,
    }


def test_every_place_hangs_on_a_place_one_level_up_and_carries_its_code(rules: Rules) -> None:
    up = {"district": "city", "town": "district", "village": "town"}
    for place in rules.places.values():
        if place.level == "city":
            assert (place.code, place.parent) == ("500000", "")
            continue
        parent = rules.places[place.parent]
        assert (parent.level, parent.unit_only) == (up[place.level], False), place
        if place.level != "district":
            assert place.code.startswith(parent.code), place


def test_zones_are_units_with_31_towns_between_them(rules: Rules) -> None:
    zones = {place.code for place in rules.places.values() if place.unit_only}
    assert zones == {"ljxq", "gxq", "wsjkq"}
    on_duty = Counter(place.duty_parent for place in rules.places.values() if place.duty_parent)
    assert on_duty == {"ljxq": 11, "gxq": 10, "wsjkq": 10}


def test_every_town_is_on_exactly_one_duty_parent(rules: Rules) -> None:
    districts = [place.code for place in level(rules, "district")]
    seen = Counter(town for district in districts for town in rules.below(district, "town"))
    assert set(seen) == {town.code for town in level(rules, "town")}
    assert set(seen.values()) == {1}
    assert rules.above("500112021", "district") == "ljxq"  # 金山街道, in 渝北 by its code


def test_35_town_names_occur_in_several_districts_so_names_are_no_keys(rules: Rules) -> None:
    districts: dict[str, set[str]] = {}
    for town in level(rules, "town"):
        districts.setdefault(town.name, set()).add(town.parent)
    assert sum(len(found) > 1 for found in districts.values()) == 35


@pytest.mark.parametrize(
    ("code", "name_en"),
    [
        ("500000", "Chongqing"),
        ("500101", "Wanzhou"),
        ("500115", "Changshou"),
        ("500233", "Zhongxian"),
        ("500240", "Shizhu"),
        ("500101001", "Gaosuntang"),
        ("500107105", "Baishiyi"),
    ],
)
def test_english_names_are_pinyin_without_the_kind_of_place(rules: Rules, code: str, name_en: str) -> None:
    assert rules.places[code].name_en == name_en


def test_every_place_has_an_english_name(rules: Rules) -> None:
    assert [place.code for place in rules.places.values() if not place.name_en or not place.name_en[0].isupper()] == []


def test_districts_and_towns_have_points_and_165_of_them_are_marked_synthetic(rules: Rules) -> None:
    known = [*level(rules, "district"), *level(rules, "town")]
    assert all(105 < place.lon < 111 and 28 < place.lat < 33 for place in known)
    assert sum(place.synthetic for place in level(rules, "town")) == 165


def test_departments_stand_at_the_city_every_district_and_every_zone(rules: Rules) -> None:
    for code in ("500000", "500101", "ljxq"):
        roles = {unit.role: unit.checker for unit in rules.units.values() if unit.place == code and unit.role}
        assert [role for role, checker in roles.items() if checker] == ["inspection", "audit"]
        assert len(roles) == 9


def test_calendar_knows_spring_festival_and_the_days_worked_for_it(rules: Rules) -> None:
    calendar = rules.calendars["cq"]
    assert "2018-02-15" in calendar.holidays
    assert "2018-02-24" in calendar.make_up_days
    assert not set(calendar.holidays) & set(calendar.make_up_days)


def test_the_map_has_every_district_and_every_town_as_the_tables_do(rules: Rules, topology: dict[str, Any]) -> None:
    for layer, name in (("districts", "district"), ("towns", "town")):
        shown = {one["id"]: one["properties"] for one in topology["objects"][layer]["geometries"]}
        declared = [place for place in level(rules, name) if not place.unit_only]
        assert set(shown) == {place.code for place in declared}
        for place in declared:
            expected = {"name": place.name, "name_en": place.name_en, "parent": place.parent, "synthetic": layer == "towns"}
            if place.duty_parent:
                expected["duty"] = place.duty_parent
            assert shown[place.code] == expected


def arcs_of(geometry: dict[str, Any]) -> list[list[int]]:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return [ring for polygon in polygons for ring in polygon]


def test_towns_share_their_borders_with_each_other_and_with_districts(topology: dict[str, Any]) -> None:
    uses = {
        layer: Counter(
            number if number >= 0 else ~number
            for one in topology["objects"][layer]["geometries"]
            for ring in arcs_of(one)
            for number in ring
        )
        for layer in ("towns", "districts")
    }
    assert set(uses["towns"]) == set(range(len(topology["arcs"])))
    assert set(uses["towns"].values()) == {1, 2}
    outline = {number for number, count in uses["towns"].items() if count == 1}
    assert outline == {number for number, count in uses["districts"].items() if count == 1}


def test_the_map_is_small_enough_to_send_to_a_phone() -> None:
    assert MAP.stat().st_size < 310_000


def test_the_point_of_a_town_lies_in_its_area_or_close_by(rules: Rules) -> None:
    areas = script("areas").read_areas(MAP, "towns")
    for town in level(rules, "town"):
        area = areas[town.code]
        inside = area.contains(np.array([[town.lon, town.lat]]))[0]
        assert inside or np.hypot(*(np.concatenate(area.rings) - (town.lon, town.lat)).T).min() < 0.02, town
