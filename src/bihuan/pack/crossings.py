"""Where the border of an area crosses itself: what is inside such an area is anybody's guess.

Borders may touch (RFC 7946 lets rings share positions, and a hole may touch its ring); they may not pass through each other.
Edges are held against those of the cells they pass, so a border of a hundred thousand positions takes no square of that.
The sign that decides is exact: by Shewchuk's error bound for orient2d, and in fractions where doubles cannot tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, hypot, sqrt

UNSURE = 3.3306690738754716e-16
"""Times the sum of both products: below that a difference of products may have the wrong sign."""

CELLS_PER_EDGE = 8
"""Cells that an edge passes at the most, in the mean: one that is longer than the others passes more of them."""


@dataclass(frozen=True, slots=True)
class Edge:
    """From one position of a ring to the next; both are counted from 1."""

    ring: int
    first: int
    x1: float
    y1: float
    x2: float
    y2: float
    after: tuple[float, float]
    """Where the ring goes on to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Two edges that cross, the earlier one first, and where."""

    one: Edge
    other: Edge
    lon: float
    lat: float


def first_crossing(rings: Sequence[Sequence[float]]) -> Crossing | None:
    """The first crossing of closed rings, each `lon, lat, lon, lat, ...`, with themselves or each other, if there is one."""
    edges = [edge for number, ring in enumerate(rings) for edge in _edges(number, ring)]
    size = _cell_size(edges)
    cells: dict[tuple[int, int], list[Edge]] = {}
    for edge in edges:
        for cell in _passed(edge, size):
            known = cells.setdefault(cell, [])
            for other in known:
                if _cross(other, edge):
                    lon, lat = _meet(other, edge)
                    return Crossing(one=other, other=edge, lon=lon, lat=lat)
            known.append(edge)
    return None


def _edges(number: int, ring: Sequence[float]) -> Iterator[Edge]:
    """The edges of a ring; a position that is repeated at once makes none."""
    found = list(zip(ring[::2], ring[1::2], strict=True))
    steps = [(at, one, two) for at, (one, two) in enumerate(pairwise(found), 1) if one != two]
    for which, (at, (x1, y1), (x2, y2)) in enumerate(steps):
        yield Edge(number, at, x1, y1, x2, y2, steps[(which + 1) % len(steps)][2])


def _cell_size(edges: Sequence[Edge]) -> float:
    """Cells of about one edge each, but not so small that long edges pass more than CELLS_PER_EDGE of them."""
    xs, ys = [edge.x1 for edge in edges], [edge.y1 for edge in edges]
    length = sum(hypot(edge.x2 - edge.x1, edge.y2 - edge.y1) for edge in edges)
    even = sqrt((max(xs) - min(xs)) * (max(ys) - min(ys)) / len(edges))
    return max(even, length / (CELLS_PER_EDGE * len(edges)))


def _passed(edge: Edge, size: float) -> Iterator[tuple[int, int]]:
    """Every cell that an edge passes, and those a hair beside it."""
    (low_x, low_y), (high_x, high_y) = sorted(((edge.x1, edge.y1), (edge.x2, edge.y2)), key=lambda at: at[1])
    west, east, hair = min(low_x, high_x), max(low_x, high_x), size * 1e-6
    slope = (high_x - low_x) / (high_y - low_y) if high_y > low_y else 0.0
    for row in range(floor((low_y - hair) / size), floor((high_y + hair) / size) + 1):
        if high_y > low_y:
            here = low_x + (max(low_y, row * size - hair) - low_y) * slope
            there = low_x + (min(high_y, (row + 1) * size + hair) - low_y) * slope
            first, last = max(west, min(here, there)), min(east, max(here, there))
        else:
            first, last = west, east
        for column in range(floor((first - hair) / size), floor((last + hair) / size) + 1):
            yield row, column


def _cross(a: Edge, b: Edge) -> bool:
    """Whether one passes through the other, or does so by ending on it and going on at its other side."""
    if (
        max(a.x1, a.x2) < min(b.x1, b.x2)
        or max(b.x1, b.x2) < min(a.x1, a.x2)
        or max(a.y1, a.y2) < min(b.y1, b.y2)
        or max(b.y1, b.y2) < min(a.y1, a.y2)
    ):
        return False
    a1, a2, b1, b2 = (a.x1, a.y1), (a.x2, a.y2), (b.x1, b.y1), (b.x2, b.y2)
    if a1 in (b1, b2) or a2 in (b1, b2):
        return False  # they touch
    start_a, end_a, start_b, end_b = _side(b, a1), _side(b, a2), _side(a, b1), _side(a, b2)
    if start_b * end_b < 0:
        return start_a * end_a < 0 or (end_a == 0 and start_a * _side(b, a.after) < 0)
    return start_a * end_a < 0 and end_b == 0 and start_b * _side(a, b.after) < 0


def _side(edge: Edge, at: tuple[float, float]) -> int:
    """Whether a position lies left of an edge (1), right of it (-1) or in its line (0)."""
    x, y = at
    one, other = (edge.x2 - edge.x1) * (y - edge.y1), (edge.y2 - edge.y1) * (x - edge.x1)
    if abs(one - other) > UNSURE * (abs(one) + abs(other)):
        return 1 if one > other else -1
    from fractions import Fraction  # seldom, and dear to load

    x1, y1, x2, y2, east, north = map(Fraction, (edge.x1, edge.y1, edge.x2, edge.y2, x, y))
    left, right = (x2 - x1) * (north - y1), (y2 - y1) * (east - x1)
    return (left > right) - (left < right)


def _meet(a: Edge, b: Edge) -> tuple[float, float]:
    """Where two edges meet that are not side by side."""
    along, across = (a.x2 - a.x1, a.y2 - a.y1), (b.x2 - b.x1, b.y2 - b.y1)
    share = ((b.x1 - a.x1) * across[1] - (b.y1 - a.y1) * across[0]) / (along[0] * across[1] - along[1] * across[0])
    return a.x1 + share * along[0], a.y1 + share * along[1]
