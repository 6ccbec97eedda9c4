"""Readings from CSV."""

import io

import pytest

from bihuan.connectors import READERS, csv_rows
from bihuan.model.errors import ReadingError
from bihuan.pack.readings import Row


def rows(text: bytes | str) -> list[Row]:
    return list(csv_rows.read(text.encode() if isinstance(text, str) else text))


def error(text: bytes | str) -> ReadingError:
    with pytest.raises(ReadingError) as caught:
        rows(text)
    return caught.value


def test_it_works() -> None:
    text = "indicator,place,at,value,quality\nrain,1101,2018-05-13T20:00,1.5,good\n\nrain,1102,1526212800000,,\n"
    assert rows(text) == [
        Row(row=2, indicator="rain", place="1101", at="2018-05-13T20:00", value="1.5", quality="good"),
        Row(row=4, indicator="rain", place="1102", at="1526212800000", value="", quality=""),
    ]
    assert READERS["text/csv"] is csv_rows.read


def test_columns_stand_in_any_order_and_quality_may_be_left_out() -> None:
    (row,) = rows("Value, at ,place,indicator\r\n2,3,b,a\r\n")
    assert (row.indicator, row.place, row.at, row.value, row.quality) == ("a", "b", "3", "2", "")


def test_a_byte_order_mark_and_chinese_are_read() -> None:
    (row,) = rows(b"\xef\xbb\xbfindicator,place,at,value\n\xe9\x9b\xa8,1101,0,1\n")
    assert row.indicator == "雨"


def test_open_text_files_are_read_too() -> None:
    (row,) = csv_rows.read(io.StringIO("\ufeffindicator,place,at,value\nrain,1101,0,1\n"))
    assert (row.row, row.indicator) == (2, "rain")


def test_a_quoted_cell_may_hold_a_line_break_and_rows_are_still_counted_by_line() -> None:
    assert [row.row for row in rows('indicator,place,at,value\n"a\nb",1,2,3\nrain,1,2,3\n')] == [3, 4]


def test_a_row_with_too_few_or_too_many_cells_is_troubled_and_the_others_are_not() -> None:
    found = rows("indicator,place,at,value\nrain,1\nrain,1,2,3\nrain,1,2,3,4\n")
    assert [bool(row.trouble) for row in found] == [True, False, True]
    assert found[0].trouble == "the row has 2 cells where the first row names 4."


@pytest.mark.parametrize("name", ["indicator", "place", "at", "value"])
def test_a_missing_column_is_named(name: str) -> None:
    header = ",".join(column for column in ("indicator", "place", "at", "value") if column != name)
    assert error(f"{header}\n1,2,3\n").what == f"the column '{name}' is missing."


def test_a_column_nobody_knows_is_named() -> None:
    assert "'qualty' means nothing" in error("indicator,place,at,value,qualty\n").what


def test_a_column_that_stands_twice_is_named() -> None:
    assert "'at' stands twice" in error("indicator,place,at,value,at\n").what


@pytest.mark.parametrize("text", ["", "\n", ",,,\n"])
def test_a_file_without_a_header_is_refused(text: str) -> None:
    said = error(text)
    assert "names no columns" in said.what
    assert "indicator,place,at,value,quality" in said.remedy


def test_other_encodings_are_refused_with_the_line() -> None:
    said = error("indicator,place,at,value\nrain,1,2,3\n雨,1,2,3\n".encode("gbk"))
    assert said.where == "line 3"
    assert "is not UTF-8" in said.what
    assert "GBK" in said.remedy


def test_broken_quotes_are_refused_with_the_line() -> None:
    assert error('indicator,place,at,value\nrain,"1"x,2,3\n').where == "line 2"


def test_a_cell_without_end_is_refused() -> None:
    assert "not CSV" in error("indicator,place,at,value\n" + "x" * 200_000).what


def test_more_rows_than_a_batch_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 2)
    line = "rain,1,2,3\n"
    assert len(rows("indicator,place,at,value\n" + 2 * line)) == 2
    assert "more than 2 rows" in error("indicator,place,at,value\n" + 3 * line).what
