"""Division codes and grid codes: what level a code is of, under which it lies, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.model.divisions import is_next_below, read_division
from bihuan.model.positions import EARTH_METRES, metres_between, on_sphere


@pytest.mark.parametrize(
    ("code", "level", "stem"),
    [
        ("500000", "province", "50"),
        ("500000000000", "province", "50"),
        ("441900", "prefecture", "4419"),
        ("500101", "county", "500101"),
        ("500101000000", "county", "500101"),
        ("500101017", "town", "500101017"),
        ("441900003", "town", "441900003"),
        ("500101017001", "village", "500101017001"),
        ("500101017001012", "grid", "500101017001012"),
    ],
)
def test_a_code_says_its_level(code: str, level: str, stem: str) -> None:
    division = read_division(code)
    assert (division.level, division.stem) == (level, stem)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("50010", "has 5 digits"),
        ("5001010170010", "has 13 digits"),
        ("50010A", "other signs than digits"),
        ("５００１０１", "other signs than digits"),
        ("", "other signs than digits"),
        ("000000", "all zeros"),
        ("500101000001", "names a village of no town"),
        ("500101017000012", "names a grid of no village"),
        ("500001", "names a county of no prefecture"),
    ],
)
def test_what_is_no_code_says_why(code: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_division(code)


def test_a_grid_lies_in_its_town_and_a_town_in_no_other_county() -> None:
    grid, town, other = map(read_division, ("500101017001012", "500101017", "500102"))
    assert grid.lies_in(town)
    assert not town.lies_in(grid)
    assert not town.lies_in(other)
    assert not town.lies_in(town)


DIGITS = st.text("01", min_size=6, max_size=15)


@given(DIGITS.filter(lambda code: len(code) in (6, 9, 12)), DIGITS)
def test_what_is_said_to_be_next_below_is_a_code_of_the_next_level_there(code: str, end: str) -> None:
    try:
        above = read_division(code)
    except ValueError:
        return
    for below in (above.stem + end, above.stem + end[:3], end):
        if is_next_below(below, above):
            read = read_division(below)
            assert read.lies_in(above)
            assert len(read.stem) == len(above.stem) + 3 == len(below)


def test_the_villages_of_a_town_are_next_below_it() -> None:
    town = read_division("500101017")
    assert is_next_below("500101017001", town)
    assert is_next_below("500101017100", town)
    assert not is_next_below("500101017000", town)
    assert not is_next_below("500101018001", town)
    assert not is_next_below("500101017001001", town)


def test_a_degree_of_latitude_is_111_km_and_a_metre_is_still_a_metre() -> None:
    assert metres_between((106.5, 29.0), (106.5, 30.0)) == pytest.approx(111_195, abs=1)
    assert metres_between((106.5, 29.5), (106.5, 29.5 + 1 / 111_195)) == pytest.approx(1, rel=1e-4)
    assert metres_between((180.0, 0.0), (-180.0, 0.0)) == pytest.approx(0, abs=1e-6)
    assert metres_between((0.0, 90.0), (50.0, -90.0)) == pytest.approx(3.141592653589793 * EARTH_METRES)


def test_straight_through_the_earth_nothing_is_farther_than_over_ground() -> None:
    one, other = (106.55, 29.56), (108.4, 30.8)
    through = sum((a - b) ** 2 for a, b in zip(on_sphere(one), on_sphere(other), strict=True)) ** 0.5
    assert 0.999 * metres_between(one, other) < through < metres_between(one, other)
