"""Readings from JSON."""

import pytest

from bihuan.connectors import json_rows
from bihuan.model.errors import ReadingError
from bihuan.pack.readings import Lists


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
        (b"\xff", "malformed"),
        (b"12", "Expected `object | array`"),
        (b'[{"indicator": "rain", "place": "1", "at": 0, "qualty": "good"}]', "unknown field `qualty`"),
        (b'[{"indicator": "rain", "at": 0}]', "missing required field `place` - at `$[0]`"),
        (
            b'[{"indicator": "rain", "place": "1", "at": 0}, {"indicator": "rain", "place": "1", "at": [], "value": 1}]',
            "$[1].at",
        ),
        (b'{"row": []}', "unknown field `row`"),
        (b"[" * 100_000, "Expected `object`"),
        (b'[{"indicator": "\xe9\x9b", "place": "1", "at": 0}]', "these are no rows"),
        (b'[{"indicator": "rain", "place": "1", "at": 0, "value": 1e999}]', "out of range"),
        (b'[{"indicator": "rain", "place": "1", "at": 0, "value": NaN}]', "malformed"),
    ],
)
def test_anything_else_is_refused_with_the_first_fault(body: bytes, what: str) -> None:
    with pytest.raises(ReadingError) as caught:
        json_rows.read(body)
    assert what in caught.value.what
    assert "indicator" in caught.value.remedy


def test_more_rows_than_a_batch_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "MOST_ROWS", 1)
    with pytest.raises(ReadingError, match="more than 1 rows"):
        json_rows.read(b'[{"indicator": "a", "place": "b", "at": 0}, {"indicator": "a", "place": "b", "at": 0}]')
