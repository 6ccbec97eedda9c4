"""Points in areas: every point in the area a by-hand count of crossings says, borders in exactly one of two neighbours."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from bench.routing import rings_of_chongqing
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engine.areas import AreaIndex

Point = tuple[int, int]
SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]
HOLE = [(2, 2), (2, 5), (5, 5), (5, 2)]


def flat(points: list[Point], scale: float = 1.0) -> list[float]:
    return [value * scale for point in [*points, points[0]] for value in point]


def odd(rings: list[list[Point]], x: Fraction, y: Fraction) -> bool:
    """The rule by definition: crossings of a ray to the east, each edge with its lower end and without its upper one."""
    crossings = 0
    for ring in rings:
        for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]):
            if min(ay, by) <= y < max(ay, by):
                crossings += ax + Fraction(bx - ax) * (y - ay) / (by - ay) > x
    return crossings % 2 == 1


points = st.tuples(st.integers(0, 9), st.integers(0, 9))
rings = st.lists(points, min_size=3, max_size=7, unique=True).filter(lambda ring: len({x for x, _ in ring}) > 1)
tall = rings.filter(lambda ring: len({y for _, y in ring}) > 1)


@given(st.lists(st.lists(tall, min_size=1, max_size=2), min_size=1, max_size=3))
def test_every_point_of_a_lattice_lies_where_the_definition_says(areas: list[list[list[Point]]]) -> None:
    index = AreaIndex([[flat(ring) for ring in area] for area in areas])
    halves = [(x / 2, y / 2) for x in range(-1, 20) for y in range(-1, 20)]
    want = [tuple(n for n, area in enumerate(areas) if odd(area, Fraction(x), Fraction(y))) for x, y in halves]
    assert [index.all_at(x, y) for x, y in halves] == want
    many = index.first_of(np.array([x for x, _ in halves]), np.array([y for _, y in halves]))
    assert many.tolist() == [found[0] if found else -1 for found in want]


def test_a_hole_is_outside_and_an_island_in_it_inside() -> None:
    index = AreaIndex([[flat(SQUARE), flat(HOLE), flat([(3, 3), (4, 3), (4, 4), (3, 4)])]])
    assert [index.first_at(*at) for at in ((1, 1), (2.5, 2.5), (3.5, 3.5), (11, 1))] == [0, -1, 0, -1]


def test_a_border_belongs_to_the_area_east_or_north_of_it() -> None:
    west, east, north = [(0, 0), (1, 0), (1, 1), (0, 1)], [(1, 0), (2, 0), (2, 1), (1, 1)], [(0, 1), (2, 1), (2, 2), (0, 2)]
    index = AreaIndex([[flat(each)] for each in (west, east, north)])
    assert [index.all_at(*at) for at in ((1, 0.5), (0.5, 1), (1, 1), (0, 0), (2, 0.5), (0.5, 2))] == [
        (1,), (2,), (2,), (0,), (), (),
    ]  # fmt: skip


def test_a_point_on_a_slanting_border_lies_in_exactly_one_of_two_neighbours() -> None:
    """0.1 steps: doubles alone cannot say on which side of the diagonal a point lies that is on it."""
    low, high = [(0, 0), (7, 0), (7, 3)], [(0, 0), (7, 3), (0, 3)]
    index = AreaIndex([[flat(low, 0.1)], [flat(high, 0.1)]])
    along = np.linspace(0.001, 0.699, 2001)
    x, y = along, along * (0.3000000000000000166 / 0.7000000000000000666)
    each = [index.all_at(*at) for at in zip(x.tolist(), y.tolist(), strict=True)]
    assert {len(found) for found in each} == {1}
    assert index.first_of(x, y).tolist() == [found[0] for found in each]


def test_areas_that_overlap_are_all_told_in_their_order() -> None:
    index = AreaIndex([[flat(SQUARE)], [flat([(3, 3), (9, 3), (9, 9), (3, 9)])], [flat(SQUARE)]])
    assert index.all_at(5, 5) == (0, 1, 2)
    assert index.all_at(1, 1) == (0, 2)


def test_what_is_no_position_lies_nowhere() -> None:
    index = AreaIndex([[flat(SQUARE)]])
    odd_ones = np.array([np.nan, np.inf, -np.inf, 1e300])
    assert index.first_of(odd_ones, np.array([1.0, 1.0, 1.0, 1.0])).tolist() == [-1] * 4
    assert index.all_at(float("nan"), 1.0) == ()


@pytest.mark.parametrize("level", ["districts", "towns"])
def test_points_in_a_real_city_lie_where_shapely_says(level: str) -> None:
    shapely = pytest.importorskip("shapely")
    areas = rings_of_chongqing(level)
    index = AreaIndex([[ring for polygon in polygons for ring in polygon] for polygons in areas])
    dice = np.random.default_rng(5)
    x, y = dice.uniform(105.2, 110.3, 20_000), dice.uniform(28.1, 32.3, 20_000)
    shapes = [
        shapely.MultiPolygon([(_pairs(polygon[0]), [_pairs(hole) for hole in polygon[1:]]) for polygon in polygons])
        for polygons in areas
    ]
    point, area = shapely.STRtree(shapes).query(shapely.points(x, y), predicate="covered_by")
    want = np.full(len(x), -1)
    want[point] = area
    assert (want >= 0).sum() > 5_000
    assert index.first_of(x, y).tolist() == want.tolist()
    assert [index.first_at(*at) for at in zip(x[:2_000].tolist(), y[:2_000].tolist(), strict=True)] == want[:2_000].tolist()


def _pairs(ring: list[float]) -> list[tuple[float, float]]:
    return list(zip(ring[::2], ring[1::2], strict=True))
