"""Readings from sheets of Excel."""

# ruff: noqa: DTZ001 - dates in sheets are local

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from tests.workbooks import Cell, write_workbook

from bihuan.connectors import xlsx_rows
from bihuan.model.errors import ReadingError
from bihuan.pack.readings import Row

HEADER = ["indicator", "place", "at", "value", "quality"]
EVENING = datetime(2018, 5, 13, 20, 5)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.xlsx"


def rows(file: Path, *lines: Sequence[Cell], first_row: int = 1) -> list[Row]:
    return list(xlsx_rows.read(write_workbook(file, {"readings": lines}, first_row=first_row)))


def test_codes_lose_no_digit_and_dates_stay_local(file: Path) -> None:
    code = 500101001000.0
    assert rows(file, HEADER, ["rain", code, EVENING, 1.5, "good"], ["rain", "0101", 1526212800000, 2, None]) == [
        Row(row=2, indicator="rain", place="500101001000", at="2018-05-13T20:05:00", value=1.5, quality="good"),
        Row(row=3, indicator="rain", place="0101", at="1526212800000", value=2.0, quality=""),
    ]


def test_every_second_of_a_day_comes_out_as_it_went_in(file: Path) -> None:
    times = [EVENING.replace(hour=hour, minute=minute, second=second) for hour in range(24) for minute in (0, 7, 59)
             for second in (0, 1, 59)]  # fmt: skip
    found = rows(file, HEADER, *(["rain", "1", time, 1] for time in times))
    assert [datetime.fromisoformat(str(row.at)) for row in found] == times


def test_rows_are_numbered_as_excel_does_and_empty_ones_passed_over(file: Path) -> None:
    found = rows(file, HEADER, [None], ["rain", "1", EVENING, 1], first_row=3)
    assert [row.row for row in found] == [5]


def test_an_empty_value_says_nothing_for_this_time(file: Path) -> None:
    (row,) = rows(file, HEADER, ["rain", "1", EVENING, None])
    assert row.value == ""
    assert not row.trouble


def test_a_value_that_excel_holds_as_something_else_is_troubled(file: Path) -> None:
    found = rows(file, HEADER, ["rain", "1", EVENING, True], ["rain", "1", EVENING, EVENING], ["rain", "1", EVENING, "12.5"])
    assert [bool(row.trouble) for row in found] == [True, True, False]
    assert found[0].trouble == "the value True is not a number: Excel holds it as bool."


def test_a_column_without_a_name_may_be_there_only_if_it_is_empty(file: Path) -> None:
    header = ["at", None, "place", "indicator", "VALUE "]
    found = rows(file, header, [EVENING, None, "1", "rain", 1], [EVENING, "?", "1", "rain", 1])
    assert [row.trouble for row in found] == ["", "the row has a cell in a column without a name."]


def test_the_first_sheet_is_read_or_the_one_that_is_named(file: Path) -> None:
    sheets = {"雨量": [HEADER, ["rain", "1", EVENING, 1]], "water": [HEADER, ["depth", "2", EVENING, 2]]}
    write_workbook(file, sheets)
    assert [row.indicator for row in xlsx_rows.read(file)] == ["rain"]
    assert [row.indicator for row in xlsx_rows.read(file, "water")] == ["depth"]
    with pytest.raises(ReadingError) as caught:
        list(xlsx_rows.read(file, "wate"))
    assert caught.value.what == "there is no sheet 'wate'."
    assert "Did you mean 'water'?" in caught.value.remedy


def test_a_header_that_does_not_fit_is_refused_with_sheet_and_row(file: Path) -> None:
    with pytest.raises(ReadingError) as caught:
        rows(file, ["indicator", "place", "at"], first_row=2)
    assert caught.value.what == "the column 'value' is missing."
    assert caught.value.where == "sheet 'readings', row 2"


def test_an_empty_sheet_names_no_columns(file: Path) -> None:
    with pytest.raises(ReadingError) as caught:
        rows(file)
    assert "names no columns" in caught.value.what


def test_what_is_no_workbook_is_refused(file: Path) -> None:
    file.write_bytes(b"indicator,place,at,value\n")
    with pytest.raises(ReadingError) as caught:
        list(xlsx_rows.read(file))
    assert "no workbook of Excel" in caught.value.what
