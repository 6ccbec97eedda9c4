"""Areas of a pack: polygons by name, read from GeoJSON (RFC 7946) in longitude and latitude (WGS 84)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec

from bihuan.pack.crossings import first_crossing
from bihuan.pack.trouble import Troubles

Ring = tuple[float, ...]

MOST_FEATURES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One named area. A ring is closed: `lon, lat, lon, lat, ...`; holes are rings like any other."""

    name: str
    rings: tuple[Ring, ...]


class _Geometry(msgspec.Struct, frozen=True):
    type: str
    coordinates: Any = ()


class _Feature(msgspec.Struct, frozen=True):
    geometry: _Geometry | None = None
    properties: dict[str, Any] | None = None


class _File(msgspec.Struct, frozen=True):
    type: str
    features: list[_Feature] = []


class _Bad(Exception):
    """What is wrong with one feature, and what to do."""


def read_areas(text: str, key: str, file: str, troubles: Troubles) -> tuple[Area, ...]:
    """The areas of a file, named by the property `key`, in its order. What is wrong goes to `troubles`, by feature."""
    try:
        read = msgspec.json.decode(text, type=_File)
    except msgspec.DecodeError as error:
        troubles.say(file, f"this is no GeoJSON: {error}.", "Save it as a FeatureCollection of polygons.")
        return ()
    if read.type != "FeatureCollection" or not 0 < len(read.features) <= MOST_FEATURES:
        what = f"this is a {read.type} with {len(read.features):,} features."
        troubles.say(file, what, f"Save it as a FeatureCollection of 1 to {MOST_FEATURES:,} polygons.")
        return ()
    out: dict[str, Area] = {}
    for number, feature in enumerate(read.features, 1):
        where = f"{file}: feature {number}"
        try:
            name = _name(feature, key)
            where = f"{where} ('{name}')"
            if name in out:
                raise _Bad(f"the name '{name}' stands twice.", "Join both into one MultiPolygon, or rename one.")
            out[name] = Area(name=name, rings=_drawn(dict(_rings(feature))))
        except _Bad as bad:
            troubles.say(where, *bad.args)
    return tuple(out.values())


def _name(feature: _Feature, key: str) -> str:
    """Text, or a whole number such as a division code."""
    value = (feature.properties or {}).get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        has = "nothing" if value in (None, "") else f"'{value}'"
        raise _Bad(
            f"the property '{key}' names it, and it holds {has}.", "Give every area a name there, or declare another 'key'."
        )
    return value.strip()


def _drawn(rings: dict[str, Ring]) -> tuple[Ring, ...]:
    """The rings of an area, by what they are called, if their borders cross nowhere; touching is no crossing."""
    found = first_crossing(tuple(rings.values()))
    if found is None:
        return tuple(rings.values())
    names, one, other = tuple(rings), found.one, found.other
    first, second = names[one.ring], names[other.ring]
    crosses = f"{first} crosses itself" if one.ring == other.ring else f"{first} and {second} cross"
    legs = [f"from position {edge.first} to {edge.first + 1}" + (f" of {name}" if first != second else "")
            for edge, name in ((one, first), (other, second))]  # fmt: skip
    what = f"{crosses} at longitude {found.lon:.6f}, latitude {found.lat:.6f}: the way {legs[0]} crosses that {legs[1]}."
    raise _Bad(what, "Draw the border so that it crosses nowhere; a hole stays inside its ring, and parts stay apart.")


def _rings(feature: _Feature) -> Iterator[tuple[str, Ring]]:
    """What each is called, and the ring."""
    shape = feature.geometry
    if shape is None or shape.type not in ("Polygon", "MultiPolygon"):
        has = shape.type if shape else "no geometry"
        raise _Bad(f"an area is a Polygon or MultiPolygon, and this is {has}.", "Draw it as a polygon, or remove it.")
    polygons = [shape.coordinates] if shape.type == "Polygon" else shape.coordinates
    if not isinstance(polygons, list) or not polygons or not all(isinstance(rings, list) and rings for rings in polygons):
        raise _Bad("it is empty.", "Draw it, or remove it.")
    for polygon, rings in enumerate(polygons, 1):
        for number, ring in enumerate(rings, 1):
            said = f"ring {number}" if shape.type == "Polygon" else f"polygon {polygon}, ring {number}"
            yield said, _ring(ring, said)


def _ring(ring: object, said: str) -> Ring:
    if not isinstance(ring, list) or len(ring) < 4:
        raise _Bad(f"{said} has fewer than four positions.", "A ring is at least a triangle, closed by its first position.")
    flat: list[float] = []
    for position in ring:
        if not isinstance(position, list) or len(position) < 2 or not all(_is_number(value) for value in position[:2]):
            raise _Bad(f"{said} has the position {position}, which is not [longitude, latitude].", "Write degrees.")
        lon, lat = float(position[0]), float(position[1])
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise _Bad(f"{said} has longitude {lon:g}, latitude {lat:g}, which is nowhere.", "Are they swapped, or in metres?")
        flat += (lon, lat)
    if flat[:2] != flat[-2:]:
        raise _Bad(f"{said} is not closed.", "Repeat its first position at the end.")
    if not _area(flat):
        raise _Bad(f"{said} encloses nothing.", "Draw it again, or remove it.")
    return tuple(flat)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _area(flat: list[float]) -> float:
    """Twice what a ring encloses, in square degrees; from its first position, so that small rings far out are not lost."""
    x, y = flat[0], flat[1]
    near = [(flat[at] - x, flat[at + 1] - y) for at in range(0, len(flat), 2)]
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(near))
