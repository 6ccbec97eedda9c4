"""Readings from JSON."""

import msgspec
import pytest

from bihuan.connectors import json_rows
from bihuan.model.errors import ReadingError
from bihuan.pack.readings import Lists, Row


def test_it_works_for_a_bare_list_and_for_an_object() -> None:
    rows = (
        b'[{"indicator": "rain", "place": "1101", "at": 1526212800000, "value": 1.5, "quality": "good"},'
        b' {"indicator": "rain", "place": "1102", "at": "2018-05-13T20:00", "value": null}]'
    )
    expected = Lists(
        indicator=["rain", "rain"],
        place=["1101", "1102"],
        at=[1526212800000, "2018-05-13T20:00"],
        value=[1.5, None],
        quality=["good", None],
    )
    assert json_rows.read(rows) == expected
    assert json_rows.read(b'{"rows": ' + rows + b"}") == expected
    assert len(json_rows.read(b"[]")) == 0


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "truncated"),
        (b"[{", "truncated"),
        (b"indicator,place", "malformed"),
        (b"\xff", "the byte 0xFF is not UTF-8 (byte 0)"),
        (b"12", "Expected `object | array`"),
        (b'{"row": []}', "unknown field `row`"),
        (b'{"rows": 7}', "Expected `array`, got `int` - at `$.rows`"),
        (b"[" * 100_000, "maximum recursion depth"),
        (b"[" * 100_000 + b"]" * 100_000, "maximum recursion depth"),
        (b'[{"indicator": "\xe9\x9b", "place": "1", "at": 0}]', "the byte 0xE9 is not UTF-8 (byte 16)"),
        (b'[{"at": null}, {"indicator": "\xe9\x9b", "place": "1", "at": 0}]', "not UTF-8 (byte 30)"),
        (b'[{"indicator": "rain", "place": "1", "at": 0, "value": NaN}]', "malformed: invalid character (byte 55)"),
        (b'[{"at": null}, {"indicator": "rain" "place": "1"}]', "malformed: expected ',' or '}' (byte 36)"),
        (b'[{"at": null}, {"indicator": "rain"}', "truncated"),
    ],
)
def test_a_body_that_is_no_list_of_rows_is_refused_whole_naming_where(body: bytes, what: str) -> None:
    with pytest.raises(ReadingError) as caught:
        json_rows.read(body)
    assert what in caught.value.what
    assert "indicator" in caught.value.remedy


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (b'{"indicator": "rain", "place": "1", "at": null}', "Expected `int | str`, got `null` - at `$.at`"),
        (b'{"indicator": "rain", "place": "1", "at": [], "value": 1}', "got `array` - at `$.at`"),
        (b'{"indicator": "rain", "place": "1", "at": 0, "value": {}}', "got `object` - at `$.value`"),
        (b'{"indicator": "rain", "place": "1", "at": 0, "value": 1e999}', "out of range"),
        (b'{"indicator": "rain", "place": "1", "at": 0, "qualty": "good"}', "unknown field `qualty`"),
        (b'{"indicator": "rain", "at": 0}', "missing required field `place`"),
        (b'{"indicator": 7, "place": "1", "at": 0}', "got `int` - at `$.indicator`"),
        (b"null", "Expected `object`, got `null`"),
        (b"[1, [2]]", "Expected `object`, got `array`"),
    ],
)
def test_a_row_that_is_none_says_why_and_the_others_are_kept(row: bytes, what: str) -> None:
    good = b'{"indicator": "rain", "place": "1101", "at": 1526212800000, "value": 1.5}'
    kept = Row(row=1, indicator="rain", place="1101", at=1526212800000, value=1.5)
    rows = b"[" + good + b", " + row + b", " + good + b"]"
    first, bad, last = json_rows.read(rows)  # type: ignore[misc]
    assert (first, last) == (kept, msgspec.structs.replace(kept, row=3))
    assert bad.row == 2
    assert bad.trouble.startswith("this is no row: ")
    assert what in bad.trouble
    assert json_rows.read(b'{"rows": ' + rows + b"}") == [first, bad, last]


def test_more_rows_than_a_batch_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "MOST_ROWS", 1)
    with pytest.raises(ReadingError, match="more than 1 rows"):
        json_rows.read(b'[{"indicator": "a", "place": "b", "at": 0}, {"indicator": "a", "place": "b", "at": 0}]')


def test_rows_are_counted_before_they_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "MOST_ROWS", 2)
    for body in (b"[1, 2, 3]", b"[" + b"1," * 100 + b"1]"):
        with pytest.raises(ReadingError, match="more than 2 rows"):
            json_rows.read(body)
    assert len(json_rows.read(b"[1, 2]")) == 2
