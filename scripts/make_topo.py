"""Make packs/chongqing/geo/chongqing.topo.json: `make_topo.py SOURCE PACK` (needs shapely).

The town cells were cut district by district, so neighbours across a district border do not share vertices. All borders are
laid on a grid of 0.0001 degrees and cut at every crossing; each face then belongs to the town it mostly lies in. Districts
are the unions of their towns, so both objects share every arc.
"""

import csv
import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

ORIGIN = (105.0, 28.0)
GRID_DEGREES = 1e-4
"""About 10 m: far below a screen pixel, and far below what synthetic borders are worth."""

Point = tuple[int, int]
Arc = tuple[Point, ...]


class Arcs:
    """Borders cut where three or more meet, each kept once. Coordinates are whole steps of the grid."""

    def __init__(self, areas: Iterable[shapely.Geometry]) -> None:
        near: dict[Point, set[Point]] = {}
        for area in areas:
            for ring in rings(area):
                for here, there in pairwise(ring):
                    near.setdefault(here, set()).add(there)
                    near.setdefault(there, set()).add(here)
        self._junctions = {point for point, others in near.items() if len(others) != 2}
        self._numbers: dict[Arc, int] = {}

    def of(self, ring: Arc) -> list[int]:
        """Numbers of the arcs along a closed ring; `~n` is arc `n` backwards."""
        points = ring[:-1]
        start = next((i for i, point in enumerate(points) if point in self._junctions), points.index(min(points)))
        turned = (*points[start:], *points[:start], points[start])
        cuts = [i for i, point in enumerate(turned) if i in (0, len(points)) or point in self._junctions]
        return [self._number(turned[one : two + 1]) for one, two in pairwise(cuts)]

    def _number(self, arc: Arc) -> int:
        if arc[::-1] in self._numbers:
            return ~self._numbers[arc[::-1]]
        return self._numbers.setdefault(arc, len(self._numbers))

    def deltas(self) -> list[list[Point]]:
        """Every arc as its first point and the steps from point to point."""
        return [[arc[0], *((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(arc))] for arc in self._numbers]


def polygons(area: shapely.Geometry) -> list[shapely.Geometry]:
    return [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]


def rings(area: shapely.Geometry) -> Iterator[Arc]:
    for polygon in polygons(area):
        for line in (polygon.exterior, *polygon.interiors):
            yield grid(line)


def grid(line: shapely.Geometry) -> Arc:
    west, south = ORIGIN
    return tuple((round((x - west) / GRID_DEGREES), round((y - south) / GRID_DEGREES)) for x, y in line.coords)


def clean(cells: dict[str, shapely.Geometry]) -> dict[str, shapely.Geometry]:
    """The cells as an exact coverage: no gaps, no overlaps, the same vertices on both sides of every border."""
    codes = list(cells)
    borders = [cell.boundary for cell in cells.values()]
    noded = shapely.unary_union(shapely.set_precision(shapely.GeometryCollection(borders), GRID_DEGREES, mode="valid_output"))
    noded = shapely.union_all(shapely.get_parts(noded), grid_size=GRID_DEGREES)
    tree = shapely.STRtree(list(cells.values()))
    faces: dict[str, list[shapely.Geometry]] = {code: [] for code in codes}
    for face in shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))):
        shares = [(face.intersection(cells[codes[i]]).area, codes[i]) for i in tree.query(face)]
        share, code = max(shares, default=(0.0, ""))
        if share == 0.0:  # a gap between cells: the nearest one takes it
            code = codes[int(tree.nearest(face))]
        if code:
            faces[code].append(face)
    return {code: shapely.unary_union(parts) for code, parts in faces.items()}


def places(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8") as text:
        return {row["code"]: row for row in csv.DictReader(text)}


def geometry(place: dict[str, str], area: shapely.Geometry, arcs: Arcs, *, synthetic: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {"name": place["name"], "name_en": place["name_en"], "parent": place["parent"]}
    properties["synthetic"] = synthetic
    if place["duty_parent"]:
        properties["duty"] = place["duty_parent"]
    parts = [[arcs.of(grid(line)) for line in (one.exterior, *one.interiors)] for one in polygons(area)]
    shaped: dict[str, Any] = (
        {"type": "MultiPolygon", "arcs": parts} if len(parts) > 1 else {"type": "Polygon", "arcs": parts[0]}
    )
    return {"id": place["code"], "properties": properties} | shaped


def collection(geometries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "GeometryCollection", "geometries": geometries}


def main(source: Path, pack: Path) -> None:
    with gzip.open(source / "geo" / "cq_town_cells_SYNTHETIC.geojson.gz", "rt", encoding="utf-8") as text:
        raw = {one["id"]: shape(one["geometry"]) for one in json.load(text)["features"]}
    towns = places(pack / "places" / "towns.csv")
    districts = places(pack / "places" / "districts.csv")
    areas = clean({code: raw[code] for code in towns})
    unions = {
        code: shapely.unary_union([areas[town] for town, row in towns.items() if row["parent"] == code])
        for code, row in districts.items()
        if row["unit_only"] != "true"
    }
    arcs = Arcs(areas.values())
    objects = {
        "towns": collection([geometry(towns[code], area, arcs, synthetic=True) for code, area in areas.items()]),
        "districts": collection([geometry(districts[code], area, arcs, synthetic=False) for code, area in unions.items()]),
    }
    transform = {"scale": [GRID_DEGREES, GRID_DEGREES], "translate": list(ORIGIN)}
    topology = {"type": "Topology", "transform": transform, "objects": objects, "arcs": arcs.deltas()}
    out = pack / "geo" / "chongqing.topo.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(topology, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
