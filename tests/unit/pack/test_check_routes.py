"""Routes of packs: what they name is there, they reach somebody, and each can be the one that fits."""

import json
from collections.abc import Mapping

import pytest
from tests.packs_for_tests import small_pack

from bihuan.pack.docs import docs
from bihuan.pack.kept import kept, taken
from bihuan.pack.load import load
from bihuan.pack.trouble import PackErrors

SQUARE = [[106.6, 29.5], [106.62, 29.5], [106.62, 29.52], [106.6, 29.52], [106.6, 29.5]]
GEO = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"name": "shore"}, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
        ],
    }
)
AREAS = "areas:\n  - {id: water, file: areas/water.geojson, key: name}\n"
WORDS = "words: {zh: 甲, en: One}"


def packs(routes: str, areas: str = AREAS) -> dict[str, Mapping[str, str]]:
    """`routes`: lines of entries without their words."""
    known = dict(small_pack())
    said = "".join(f"  - {{{WORDS}, {line.strip()}}}\n" for line in routes.strip().splitlines())
    known["rain"] = {**known["rain"], "routes.yaml": f"{areas}routes:\n{said}", "areas/water.geojson": GEO}
    return known


def refusal(routes: str, areas: str = AREAS) -> str:
    with pytest.raises(PackErrors) as caught:
        load(packs(routes, areas))
    assert len(caught.value.errors) == 1, str(caught.value)
    return str(caught.value)


def test_a_good_route_is_loaded_with_its_polygons_and_kept_for_the_next_start() -> None:
    rules = load(packs("id: r, area: water/shore, to: {role: drainage, at: district}"))
    again = taken(kept(rules, b"k" * 32), b"k" * 32, "")
    assert again is not None
    for known in (rules, again):
        assert known.in_area("water/shore", (106.61, 29.51))
        assert not known.in_area("water/shore", (106.63, 29.51))


@pytest.mark.parametrize(
    ("route", "said"),
    [
        (
            "area: water/lake, to: {at: district}",
            "for the area 'water' / 'lake', which nobody declares. Known areas of this file",
        ),
        (
            "area: wtaer/shore, to: {at: district}",
            "of the file 'wtaer', which nobody declares. Known files of areas: water. Did",
        ),
        ("area: shore, to: {at: district}", "for the area 'shore', which is no area. Write it as file/name"),
        ("cases: [pond], to: {at: district}", "takes cases of the type 'pond', which nobody declares"),
        ("levels: [pink], to: {at: district}", "takes cases at the level 'pink', which nobody declares"),
        ("to: {role: pump, at: district}", "sends to role 'pump', which no unit has. Known roles"),
        ("to: {role: sensing, at: city}", "sends to role 'sensing' at level 'city', where no unit has it"),
        ("to: {role: inspection, at: district}", "which checks, so it can never do tasks itself"),
        ("to: {role: drainage}", "does not say which one unit holds its cases"),
        ("to: {down: town}", "does not say which one unit holds its cases"),
        ("to: {at: street}", "sends to the place level 'street', which nobody declares"),
    ],
)
def test_a_route_to_nobody_is_refused(route: str, said: str) -> None:
    found = refusal(f"id: r, {route}")
    assert said in found
    assert found.startswith("packs/rain/routes.yaml:4: route 'r'")


def test_a_file_of_areas_that_is_not_there_is_refused() -> None:
    said = refusal("id: r, to: {at: district}", AREAS.replace("water.geo", "watr.geo"))
    assert "'areas/watr.geojson', which is not there" in said
    assert "Did you mean 'areas/water.geojson'?" in said


NEVER = [
    ("id: a, to: {at: district}", "id: b, cases: [ponding], to: {at: district}"),
    ("id: a, cases: [ponding], to: {at: district}", "id: b, cases: [ponding], area: water/shore, to: {at: town}"),
    ("id: a, area: water/shore, to: {at: city}", "id: b, area: water/shore, hours: 'off', to: {at: district}"),
]


@pytest.mark.parametrize(("first", "second"), NEVER)
def test_a_route_behind_one_that_takes_all_is_refused(first: str, second: str) -> None:
    assert "route 'b' can never match: a before it takes all its cases. Put it before them" in refusal(f"{first}\n{second}")


def test_two_routes_together_can_take_all() -> None:
    said = refusal("id: a, hours: working, to: {at: city}\nid: b, hours: 'off', to: {at: city}\nid: c, to: {at: district}")
    assert "route 'c' can never match: a, b before it take all its cases" in said


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *((second, first) for first, second in NEVER),
        ("id: a, area: water/shore, to: {at: city}", "id: b, to: {at: district}"),
        ("id: a, to: {at: town}", "id: b, to: {at: district}"),  # a case about a district has no town
        ("id: a, hours: working, to: {at: district}", "id: b, to: {at: district}"),
    ],
)
def test_a_route_that_some_case_comes_to_is_fine(first: str, second: str) -> None:
    assert list(load(packs(f"{first}\n{second}")).routes) == [first[4], second[4]]


def with_type(**changes: str) -> dict[str, Mapping[str, str]]:
    known = dict(small_pack())
    lines = "".join(f"    {name}: {value}\n" for name, value in changes.items())
    cases = known["rain"]["cases.yaml"].replace("  - id: ponding\n", f"  - id: ponding\n{lines}")
    known["rain"] = {**known["rain"], "cases.yaml": cases}
    return known


def test_the_same_within_no_distance_or_time_is_refused() -> None:
    with pytest.raises(PackErrors, match="that is never"):
        load(with_type(same="{metres: 0, within: 1d}"))
    known = with_type(watch_metres="50")
    known["rain"] = {**known["rain"], "cases.yaml": known["rain"]["cases.yaml"].replace("    watch: 1d\n", "")}
    with pytest.raises(PackErrors, match="watches 50 m around what was closed, but for no time"):
        load(known)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("500101001,甲街道,town,500101", ""),
        ("ljxq,两江新区,town,500101", ""),
        ("50010100,甲街道,town,500101", "'50010100' has 8 digits; division codes have 6, 9 or 12, grid codes 15. Six digits"),
        ("500102001,甲街道,town,500101", "place '500102001' is the code of a town of '500102', and its parent is '500101'"),
        ("500101,甲街道,town,500000", "declared twice"),
        ("500101000001,甲村,town,500101", "names a village of no town"),
    ],
)
def test_where_a_parent_has_a_division_code_its_places_have_codes_in_it(row: str, said: str) -> None:
    known = dict(small_pack())
    rows = "500000,市,city,\n500101,县,district,500000\n"
    extra = f"code,name,level,parent\n{rows}{row}\n"
    pack = known["rain"]["pack.yaml"].replace("places: [places.csv]", "places: [places.csv, more.csv]")
    known["rain"] = {**known["rain"], "pack.yaml": pack, "more.csv": extra}
    if not said:
        assert row.partition(",")[0] in load(known).places
        return
    with pytest.raises(PackErrors) as caught:
        load(known)
    assert said in str(caught.value)
    assert "packs/rain/more.csv:4" in str(caught.value)


def test_the_page_of_a_pack_lists_its_routes_in_order_and_its_areas() -> None:
    shore, red = "id: r, area: water/shore, to: {role: drainage, at: district}", "id: s, levels: [red], to: {at: city}"
    page = docs(load(packs(f"{shore}\n{red}")))
    assert "| 1 | 甲 One (`r`) | any | any | water/shore | any | drainage at district |" in page
    assert "| 2 | 甲 One (`s`) | any | red | anywhere | any | the unit at city |" in page
    assert "| `water` | 1 | shore |" in page
    assert "## Routes" not in docs(load(small_pack()))
    assert "## Areas" not in docs(load(small_pack()))
