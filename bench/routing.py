"""Which area a point lies in, against STRtree of shapely: `python -m bench.routing` (needs shapely).

500,000 random points each: over the districts and the towns of Chongqing, and over 11,000 cells of 38 corners, as many as the
city has villages. Both sides begin with arrays of longitudes and latitudes and are given the areas once. The limit is the
quickest of three ways with a tree: asked with a predicate, asked and then `covers` of prepared areas, and a tree of the points
asked with prepared areas. Points for shapely are made in the time taken, since it is asked with them; the time without that is
told beside. Gates: no point of 500,000 in another area, five times as many points a CPU-second.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.gates import ROOT, Gate, at_least, at_most, report
from bihuan.engine.areas import AreaIndex

POINTS = 500_000
ROUNDS = 5
CELLS, CORNERS = 11_000, 38
ONE_BY_ONE = 100_000

Polygons = list[list[list[float]]]
"""Of one area: polygons, each an outer ring and its holes, each `lon, lat, lon, lat, ...`, closed."""


def rings_of_chongqing(level: str) -> list[Polygons]:
    """Areas of the pack's TopoJSON: `districts` or `towns`."""
    topology = json.loads((ROOT / "packs/chongqing/geo/chongqing.topo.json").read_text("utf-8"))
    scale, move = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(arc, axis=0) * scale + move for arc in topology["arcs"]]

    def ring(numbers: list[int]) -> list[float]:
        parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
        joined = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
        return [float(value) for value in joined.ravel()]

    out = []
    for area in topology["objects"][level]["geometries"]:
        polygons = [area["arcs"]] if area["type"] == "Polygon" else area["arcs"]
        out.append([[ring(numbers) for numbers in rings] for rings in polygons])
    return out


def cells(count: int, corners: int, seed: int = 3) -> list[Polygons]:
    """A box like Chongqing's cut into bent squares that share their borders: each side is a walk of `corners / 4` steps."""
    dice = np.random.default_rng(seed)
    across = round(count**0.5)
    down = count // across
    steps = max(corners // 4, 2)

    def sides(rows: int, columns: int) -> npt.NDArray[np.float64]:
        return np.clip(dice.normal(0, 0.05, (rows, columns, steps + 1)), -0.12, 0.12) * np.sin(np.linspace(0, np.pi, steps + 1))

    level, upright = sides(down + 1, across), sides(down, across + 1)
    t = np.linspace(0, 1, steps + 1)
    width, height = 5.1 / across, 4.2 / down
    out = []
    for row in range(down):
        for column in range(across):
            south = np.column_stack((column + t, row + level[row, column]))
            north = np.column_stack((column + t, row + 1 + level[row + 1, column]))[::-1]
            west = np.column_stack((column + upright[row, column], row + t))[::-1]
            east = np.column_stack((column + 1 + upright[row, column + 1], row + t))
            ring = np.concatenate((south[:-1], east[:-1], north[:-1], west)) * (width, height) + (105.2, 28.1)
            out.append([[[float(value) for value in ring.ravel()]]])
    return out


@dataclass(frozen=True)
class Ways:
    """The same question asked of shapely; each returns (points, areas) that belong together."""

    shapely: Any
    shapes: Any
    tree: Any

    def asked_with_predicate(self, points: Any) -> Any:
        return self.tree.query(points, predicate="covered_by")

    def asked_then_covers(self, points: Any) -> Any:
        point, area = self.tree.query(points)
        held = self.shapely.covers(self.shapes[area], points[point])
        return point[held], area[held]

    def tree_of_points(self, points: Any) -> Any:
        area, point = self.shapely.STRtree(points).query(self.shapes, predicate="covers")
        return point, area


def ways(shapely: Any, areas: list[Polygons]) -> Ways:
    pairs = [[[np.reshape(ring, (-1, 2)) for ring in polygon] for polygon in polygons] for polygons in areas]
    shapes = np.array([shapely.MultiPolygon([(polygon[0], polygon[1:]) for polygon in polygons]) for polygons in pairs])
    shapely.prepare(shapes)
    return Ways(shapely, shapes, shapely.STRtree(shapes))


def seconds(what: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    found = what()
    return time.process_time() - began, found


def compare(shapely: Any, name: str, areas: list[Polygons]) -> tuple[list[Gate], str]:
    dice = np.random.default_rng(11)
    lons, lats = dice.uniform(105.2, 110.3, POINTS), dice.uniform(28.1, 32.3, POINTS)
    built, index = seconds(lambda: AreaIndex([[ring for polygon in polygons for ring in polygon] for polygons in areas]))
    theirs = ways(shapely, areas)
    asking = (theirs.asked_with_predicate, theirs.asked_then_covers, theirs.tree_of_points)
    ours: list[float] = []
    making: list[float] = []
    took: dict[str, list[float]] = {way.__name__: [] for way in asking}
    equal = POINTS
    for _ in range(ROUNDS):
        cost, found = seconds(lambda: index.first_of(lons, lats))
        ours.append(cost)
        cost, points = seconds(lambda: shapely.points(lons, lats))
        making.append(cost)
        for way in asking:
            cost, (point, area) = seconds(lambda way=way, points=points: way(points))
            took[way.__name__].append(cost)
            want = np.full(POINTS, len(areas))
            np.minimum.at(want, point, area)
            equal = min(equal, int(np.count_nonzero(np.where(want == len(areas), -1, want) == found)))
    best = min(took, key=lambda way: sorted(took[way])[ROUNDS // 2])
    limit = [make + ask for make, ask in zip(making, took[best], strict=True)]
    singles = list(zip(lons[:ONE_BY_ONE].tolist(), lats[:ONE_BY_ONE].tolist(), strict=True))
    one, _ = seconds(lambda: [index.first_at(*at) for at in singles])
    rates = [POINTS / 1e6 / cost for cost in ours]
    other = [POINTS / 1e6 / cost for cost in limit]
    note = (
        f"{name}: {len(areas):,} areas, index made in {built:.2f} s; best way with a tree: {best.replace('_', ' ')}, "
        f"{POINTS / 1e6 / sorted(took[best])[ROUNDS // 2]:.2f} M/s without making points; "
        f"one at a time in Python {one / ONE_BY_ONE * 1e6:.2f} us; {equal:,} of {POINTS:,} equal"
    )
    gates = [
        at_least(f"G10 {name}: points against STRtree", "M/CPU-s", rates, other, reach=5, aim=15),
        at_most(f"G10 {name}: points in another area", "points", [float(POINTS - equal)], [1.0], reach=0, aim=0),
    ]
    return gates, note


def main() -> int:
    try:
        import shapely
    except ImportError:
        print("not run: shapely is not installed, and it is what this is held against")
        return 2
    both = [
        compare(shapely, "districts of Chongqing", rings_of_chongqing("districts")),
        compare(shapely, "towns of Chongqing", rings_of_chongqing("towns")),
        compare(shapely, "cells like villages", cells(CELLS, CORNERS)),
    ]
    return report("routing", [gate for gates, _ in both for gate in gates], [note for _, note in both])


if __name__ == "__main__":
    raise SystemExit(main())
