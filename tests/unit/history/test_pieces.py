"""What is in memory comes out piece after piece as it would at once: in order, each reading once, the first that came."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bihuan.history.rows import Buffer, Rows
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch
from bihuan.model.times import HOUR

START = 495_000 * HOUR
IN_ORDER = Numbering([("depth", ("a", "b")), ("rain", ("a", "b", "c")), ("wind", ("b",))])
IN_NO_ORDER = Numbering([("wind", ("b",)), ("rain", ("c", "a", "b")), ("depth", ("b", "a"))])
SHORTER = Numbering([("rain", ("a", "b"))])

Told = tuple[str, str, int, float]


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Of one numbering or of several, in any order, over two hours, with times that come again."""
    out = []
    some = draw(st.lists(st.sampled_from([IN_ORDER, IN_NO_ORDER, SHORTER]), min_size=1, max_size=2))
    for number in range(draw(st.integers(1, 5))):
        numbering = some[number % len(some)]
        series = draw(st.lists(st.integers(0, numbering.count - 1), min_size=1, max_size=12))
        series = sorted(series) if draw(st.booleans()) else series
        at = draw(st.lists(st.integers(0, 7), min_size=len(series), max_size=len(series)))
        out.append(
            Batch(
                numbering=numbering,
                series=np.array(series, np.int32),
                at=START + np.array(at, np.int64) * (HOUR // 4),
                value=np.arange(len(series), dtype=np.float64) + 100.0 * number,
                quality=np.zeros(len(series), np.uint8),
            )
        )
    return out


def told(rows: Rows) -> list[Told]:
    columns: list[Any] = [column.tolist() for column in (rows.indicator, rows.place, rows.at, rows.value)]
    return [(rows.indicators[i], rows.places[p], at, value) for i, p, at, value in zip(*columns, strict=True)]


def first_of_each(given: list[Batch], hour: int) -> list[Told]:
    out: dict[tuple[str, str, int], float] = {}
    for batch in given:
        for number, at, value in zip(batch.series.tolist(), batch.at.tolist(), batch.value.tolist(), strict=True):
            if at // HOUR == hour:
                out.setdefault((*batch.numbering.pair(number), at), value)
    return [(*key, value) for key, value in sorted(out.items())]


@given(batches(), st.integers(1, 20))
def test_pieces_are_what_all_is_in_order_and_each_reading_once(given: list[Batch], most: int) -> None:
    buffer = Buffer(given)
    hours = buffer.hours()
    assert hours == sorted({int(at) // HOUR for batch in given for at in batch.at})
    for hour in hours:
        pieces = [told(piece) for piece in buffer.pieces(hour, most)]
        assert [row for piece in pieces for row in piece] == first_of_each(given, hour)
        assert all(pieces), "no piece is empty"


def test_a_piece_holds_whole_indicators_and_no_more_rows_than_asked_for_where_it_can() -> None:
    series = np.tile(np.arange(IN_ORDER.count, dtype=np.int32), 3)
    batch = Batch(
        numbering=IN_ORDER,
        series=series,
        at=START + np.repeat([1, 2, 3], IN_ORDER.count),
        value=np.zeros(len(series)),
        quality=np.zeros(len(series), np.uint8),
    )
    pieces = [told(piece) for piece in Buffer([batch]).pieces(START // HOUR, 8)]
    assert [(sorted({row[0] for row in piece}), len(piece)) for piece in pieces] == [
        (["depth"], 6),
        (["rain"], 9),
        (["wind"], 3),
    ]
