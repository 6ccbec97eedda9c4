"""Series in one line, with promtool's meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.model.errors import PackError
from bihuan.pack.notation import MOST_VALUES, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", [5]),
        ("1 2.5 -3 +4 1e3 .5", [1, 2.5, -3, 4, 1000, 0.5]),
        ("-2+4x3", [-2, 2, 6, 10]),
        ("1-2x4", [1, -1, -3, -5, -7]),
        ("1x4", [1, 1, 1, 1, 1]),
        ("5x0", [5]),
        ("_", [None]),
        ("_x3", [None, None, None]),
        ("_x0 1", [1]),
        ("5+10x2 _x2 90x1", [5, 15, 25, None, None, 90, 90]),
        ("  7\n 8\t9 ", [7, 8, 9]),
    ],
)
def test_the_notation_means_what_promtool_says(text: str, expected: list[float | None]) -> None:
    assert values(text) == expected


@given(st.integers(-1000, 1000), st.integers(-50, 50), st.integers(0, 200))
def test_a_stepped_run_has_one_value_more_than_its_steps(start: int, step: int, times: int) -> None:
    assert values(f"{start}{step:+d}x{times}") == [start + step * index for index in range(times + 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 three", "'three' at position 5 of '1 2 three' is no value of a series. Write a number, 5+10x8 (steps), 90x3"),
        ("1,2", "'1,2' at position 1 of '1,2' is no value of a series. Put spaces between values, not commas."),
        ("4 5X3", "'5X3' at position 3 of '4 5X3' is no value of a series. Write a small x to repeat: 90x3."),
        ("5+10", "'5+10' at position 1 of '5+10' is no value of a series. Say how often to step: 5+10x5."),
        ("5x", "'5x' at position 1"),
        ("_5", "'_5' at position 1"),
        ("nan", "'nan' at position 1"),
        ("1x99999999", "Write at most 100,000 values."),
        ("  ", "a series has no values. Write values such as 5 7 9, 5+10x8, 90x3 or _x2."),
    ],
)
def test_what_is_no_series_is_refused_with_its_position(text: str, said: str) -> None:
    with pytest.raises(PackError) as caught:
        values(text)
    assert said in str(caught.value)


def test_the_cap_holds_for_the_sum_of_all_parts() -> None:
    assert len(values(f"1x{MOST_VALUES - 1}")) == MOST_VALUES
    with pytest.raises(PackError):
        values(f"1x{MOST_VALUES - 1} 1")
