"""GeoJSON of a pack: what is read, and what is refused by file and feature."""

import json
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"type": "Topology"}', '{"type": "FeatureCollection", "features": []}', '{"type": "Feature"}']
)
def test_what_is_no_collection_of_areas_is_refused(text: str) -> None:
    troubles = Troubles()
    assert read_areas(text, "name", "packs/p/areas.geojson", troubles) == ()
    with pytest.raises(PackErrors, match="FeatureCollection"):
        troubles.stop_if_any()
