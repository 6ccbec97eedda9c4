"""Areas of places read from a pack's TopoJSON, for the scripts that lay something over a map. Longitude, latitude."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One place: its closed rings, holes among them, as arrays of (lon, lat)."""

    code: str
    rings: tuple[Points, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        points = np.concatenate(self.rings)
        west, south = points.min(axis=0)
        east, north = points.max(axis=0)
        return float(west), float(south), float(east), float(north)

    @property
    def centroid(self) -> tuple[float, float]:
        """Centre of gravity, holes taken out."""
        doubled = cx = cy = 0.0
        for ring in self.rings:  # outer rings and holes run opposite ways, so their signed areas cancel
            (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
            cross = x0 * y1 - x1 * y0
            doubled += float(cross.sum())
            cx += float(((x0 + x1) * cross).sum())
            cy += float(((y0 + y1) * cross).sum())
        return cx / (3 * doubled), cy / (3 * doubled)

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Which of the points (n, 2) lie inside, by the even-odd rule."""
        inside = np.zeros(len(points), dtype=bool)
        lon, lat = points.T
        for ring in self.rings:
            for (x0, y0), (x1, y1) in pairwise(ring):
                if y0 != y1:
                    crossed = (y0 > lat) != (y1 > lat)
                    inside ^= crossed & (lon < x0 + (lat - y0) / (y1 - y0) * (x1 - x0))
        return inside


def read_areas(path: Path, layer: str) -> dict[str, Area]:
    """The areas of one object of a quantised TopoJSON file, by place code."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    scale = np.array(topology["transform"]["scale"])
    origin = np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + origin for arc in topology["arcs"]]

    def ring(numbers: list[int]) -> Points:
        parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    out = {}
    for one in topology["objects"][layer]["geometries"]:
        polygons = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
        out[one["id"]] = Area(code=one["id"], rings=tuple(ring(numbers) for polygon in polygons for numbers in polygon))
    return out
