"""GeoJSON of a pack: what is read, and what is refused by file and feature."""

import json
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from shapely import LinearRing, LineString, Point

from bihuan.pack.crossings import first_crossing
from bihuan.pack.polygons import Area, read_areas
from bihuan.pack.trouble import PackErrors, Troubles

RING = [[0, 0], [2, 0], [2, 2], [0, 0]]


def feature(name: object = "a", kind: str = "Polygon", coordinates: Any = None) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": [RING] if coordinates is None else coordinates}
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def read(*features: object, key: str = "name") -> tuple[Area, ...]:
    troubles = Troubles()
    text = json.dumps({"type": "FeatureCollection", "features": features})
    areas = read_areas(text, key, "packs/p/areas.geojson", troubles)
    troubles.stop_if_any()
    return areas


def test_polygons_with_holes_and_in_parts_are_read() -> None:
    hole = [[0.5, 0.2], [1, 0.2], [1, 0.4], [0.5, 0.2]]
    one, many = read(feature(500101, coordinates=[RING, hole]), feature("b", "MultiPolygon", [[RING], [hole]]))
    assert (one.name, many.name) == ("500101", "b")
    assert [len(ring) for ring in one.rings] == [8, 8]
    assert one.rings == many.rings
    assert one.rings[0][:4] == (0.0, 0.0, 2.0, 0.0)


def test_heights_are_left_out() -> None:
    assert read(feature(coordinates=[[[0, 0, 9], [2, 0, 9], [2, 2, 9], [0, 0, 9]]]))[0].rings == read(feature())[0].rings


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (feature(""), "feature 2: the property 'name' names it, and it holds nothing"),
        (feature(None), "feature 2: the property 'name' names it"),
        (feature(1.5), "it holds '1.5'"),
        (feature("a"), "feature 2 ('a'): the name 'a' stands twice"),
        (feature("b", "Point", [0, 0]), "feature 2 ('b'): an area is a Polygon or MultiPolygon, and this is Point"),
        ({"type": "Feature", "properties": {"name": "b"}, "geometry": None}, "this is no geometry"),
        (feature("b", coordinates=[]), "it is empty"),
        (feature("b", "MultiPolygon", [[]]), "it is empty"),
        (feature("b", coordinates=[RING[:3]]), "ring 1 has fewer than four positions"),
        (feature("b", coordinates=[RING, [*RING[:3], [5, 5]]]), "ring 2 is not closed"),
        (feature("b", coordinates=[[[0, 0], [1, 0], [2, 0], [0, 0]]]), "ring 1 encloses nothing"),
        (feature("b", coordinates=[[[0, 0], [1, "x"], [2, 0], [0, 0]]]), "which is not [longitude, latitude]"),
        (feature("b", coordinates=[[[0, 0], [29, 106], [2, 0], [0, 0]]]), "latitude 106, which is nowhere. Are they swapped"),
        (feature("b", "MultiPolygon", [[RING], [RING[:3]]]), "polygon 2, ring 1 has fewer"),
    ],
)
def test_a_bad_area_is_refused_by_file_and_feature(bad: object, said: str) -> None:
    with pytest.raises(PackErrors) as caught:
        read(feature(), bad)
    assert str(caught.value).startswith("packs/p/areas.geojson: feature 2")
    assert said in str(caught.value)
    assert len(caught.value.errors) == 1


# --- borders that cross ---------------------------------------------------------------------------------------

SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]


def moved(ring: list[list[float]], lon: float, lat: float, scale: float = 1.0) -> list[list[float]]:
    return [[x * scale + lon, y * scale + lat] for x, y in ring]


@pytest.mark.parametrize(
    ("rings", "said"),
    [
        (
            [[[0, 0], [4, 4], [4, 0], [0, 2], [0, 0]]],
            "ring 1 crosses itself at longitude 1.333333, latitude 1.333333: "
            "the way from position 1 to 2 crosses that from position 3 to 4",
        ),
        (  # it ends on the other edge and goes on at its other side
            [[[0, 0], [4, 0], [4, 4], [2, 0], [1, -2], [0, 0]]],
            "ring 1 crosses itself at longitude 2.000000, latitude 0.000000",
        ),
        (
            [SQUARE, moved(SQUARE, 3, 1, 0.5)],
            "ring 1 and ring 2 cross at longitude 4.000000, latitude 1.000000: "
            "the way from position 2 to 3 of ring 1 crosses that from position 1 to 2 of ring 2",
        ),
    ],
)
def test_a_border_that_crosses_itself_is_refused_with_the_place_of_the_crossing(rings: Any, said: str) -> None:
    with pytest.raises(PackErrors) as caught:
        read(feature("a", coordinates=rings))
    assert str(caught.value).startswith("packs/p/areas.geojson: feature 1 ('a'): ")
    assert said in str(caught.value)
    assert len(caught.value.errors) == 1


def test_parts_of_one_area_whose_borders_cross_are_refused() -> None:
    with pytest.raises(PackErrors, match="polygon 1, ring 1 and polygon 2, ring 1 cross at longitude 4.0"):
        read(feature("a", "MultiPolygon", [[SQUARE], [moved(SQUARE, 3, 1)]]))


@pytest.mark.parametrize(
    "rings",
    [
        [SQUARE, moved(SQUARE, 1, 1, 0.5)],
        [SQUARE, [[0, 2], [2, 1], [2, 3], [0, 2]]],  # a hole that touches its ring with one position
        [SQUARE, [[0, 0], [2, 1], [1, 2], [0, 0]]],  # ... in a corner
        [[[0, 0], [2, 2], [4, 0], [4, 4], [2, 2], [0, 4], [0, 0]]],  # two triangles that share a position
        [[[0, 0], [4, 0], [4, 4], [2, 0], [0, 4], [0, 0]]],  # it touches its own edge and goes back
        [[[0, 0], [4, 0], [4, 0], [4, 4], [0, 4], [0, 0]]],  # a position written twice
    ],
)
def test_borders_that_only_touch_are_read(rings: Any) -> None:
    assert len(read(feature("a", coordinates=rings))[0].rings) == len(rings)


def test_a_crossing_is_found_exactly_where_shapely_finds_one() -> None:
    """Random rings on a coarse lattice, where borders touch as often as they cross, and on a fine one."""
    draw = random.Random(7)
    seen = Counter[bool]()
    for number in range(3_000):
        most = 5 if number % 2 else 1_000
        line = [(draw.randint(0, most), draw.randint(0, most)) for _ in range(draw.randint(3, 9))]
        ring = [*line, line[0]]
        if len(set(line)) < len(line) or _touches(ring):
            continue
        flat = [float(value) for position in ring for value in position]
        found = first_crossing([flat]) is not None
        assert found == (not LinearRing(ring).is_simple), ring
        seen[found] += 1
    assert min(seen.values()) > 300


def _touches(ring: list[tuple[int, int]]) -> bool:
    """Whether a position lies on an edge it is no end of: shapely calls that a crossing too, and GeoJSON does not."""
    edges = [LineString(edge) for edge in pairwise(ring)]
    return any(edge.covers(Point(at)) for at in ring[:-1] for edge in edges if at not in edge.coords)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"type": "Topology"}', '{"type": "FeatureCollection", "features": []}', '{"type": "Feature"}']
)
def test_what_is_no_collection_of_areas_is_refused(text: str) -> None:
    troubles = Troubles()
    assert read_areas(text, "name", "packs/p/areas.geojson", troubles) == ()
    with pytest.raises(PackErrors, match="FeatureCollection"):
        troubles.stop_if_any()
