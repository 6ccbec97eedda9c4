"""Rows at the door: what is taken, what is refused, and what the sender is told."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack

from bihuan.model.errors import ReadingError
from bihuan.model.readings import QUALITIES
from bihuan.model.times import HOUR, MINUTE
from bihuan.pack import readings
from bihuan.pack.catalogue import Catalogue
from bihuan.pack.load import load
from bihuan.pack.readings import (
    MOST_TOLD,
    NO_TIME,
    Accepted,
    Columns,
    IdColumns,
    Lists,
    RefusedRow,
    Row,
    accept,
    accept_columns,
    accept_ids,
)

RULES = load(small_pack())
NOW = 1_526_212_800_000  # 2018-05-13T20:00:00+08:00


def taken(*rows: Row) -> Accepted:
    return accept(RULES, rows, now=NOW, source="test")


def rain(row: int = 1, place: str = "1101", at: int | str = NOW, value: float | str | None = 1.0, quality: str = "") -> Row:
    return Row(row=row, indicator="rain", place=place, at=at, value=value, quality=quality)


def refusal(*rows: Row) -> RefusedRow:
    """The one refusal of rows of which nothing else is refused."""
    (said,) = taken(*rows).refused
    return said


def test_it_works() -> None:
    out = taken(
        rain(1),
        Row(
            row=2, indicator="ponding-depth", place="LP-1101-1", at="2018-05-13T19:55:00+08:00", value="3.5", quality="suspect"
        ),
        rain(3, at=str(NOW - MINUTE), value=2),
    )
    batch = out.batch
    assert out.refused == ()
    assert out.rows == 3
    assert batch.names() == ["rain@1101", "ponding-depth@LP-1101-1", "rain@1101"]
    assert batch.at.tolist() == [NOW, NOW - 5 * MINUTE, NOW - MINUTE]
    assert batch.value.tolist() == [1.0, 3.5, 2.0]
    assert [QUALITIES[code] for code in batch.quality] == ["good", "suspect", "good"]
    assert batch.source == "test"
    assert (batch.series.dtype, batch.at.dtype, batch.value.dtype, batch.quality.dtype) == (
        "int32",
        "int64",
        "float64",
        "uint8",
    )


def test_no_rows_are_an_empty_batch() -> None:
    out = taken()
    assert (len(out.batch), out.batch.names(), out.refused, out.rows) == (0, [], (), 0)


def test_good_rows_are_kept_when_others_are_refused() -> None:
    out = taken(rain(7, place="1201"), rain(8, place="9999"), rain(9))
    assert out.batch.names() == ["rain@1201", "rain@1101"]
    assert [said.row for said in out.refused] == [8]
    assert out.rows == 3


@pytest.mark.parametrize("value", [None, "", "  ", math.nan])
@pytest.mark.parametrize("quality", ["", "good", "missing"])
def test_an_empty_value_is_a_missing_reading_whatever_the_flag(value: float | str | None, quality: str) -> None:
    batch = taken(rain(value=value, quality=quality)).batch
    assert QUALITIES[batch.quality[0]] == "missing"
    assert math.isnan(batch.value[0])


def test_times_without_an_offset_are_local_to_the_centre() -> None:
    assert taken(rain(at="2018-05-13T19:00:00")).batch.at.tolist() == [NOW - HOUR]


@pytest.mark.parametrize(
    ("row", "what", "remedy"),
    [
        (Row(row=1, indicator="rian", place="1101", at=NOW), "no pack declares the indicator 'rian'", "Did you mean 'rain'?"),
        (Row(row=1, place="1101", at=NOW), "names no indicator", "Fill the column 'indicator'"),
        (rain(place=""), "names no place", "Fill the column 'place'"),
        (rain(place="1103"), "there is no place or thing '1103'", "Did you mean '1102'?"),
        (rain(place="11"), "'rain' is about places of level 'town', and '11' is a place of level 'district'", "'town'"),
        (rain(place="LP-1101-1"), "'LP-1101-1' is a thing of kind 'low-point'", "places of level 'town'"),
        (
            Row(row=1, indicator="ponding-depth", place="1101", at=NOW),
            "about things of kind 'low-point', and '1101' is a place of level 'town'",
            "things of kind 'low-point'",
        ),
        (rain(at=""), "has no time", "Fill the column 'at'"),
        (rain(at="yesterday"), "'yesterday' is not a time", "2018-05-13T20:00:00+08:00"),
        (rain(at="13/05/2018 20:00"), "not a time", "milliseconds since 1970"),
        (rain(at="9" * 30), "not a time", "milliseconds"),
        (rain(at=10**30), "not a time", "milliseconds"),
        (rain(at="0001-01-01T00:00:00+08:00"), "before 1970-04-27", "clock that is set"),
        (rain(at=NOW // 1000), "is before 1970-04-27", "seconds times 1000"),
        (rain(value="12,5"), "the value '12,5' is not a number", "Write it like 12.5"),
        (rain(value="nan"), "not a number", "leave it empty"),
        (rain(value="1_000"), "not a number", "12.5"),
        (rain(value="１２"), "not a number", "12.5"),
        (rain(value="1e999"), "infinite", "Send a number"),
        (rain(value=-math.inf), "infinite", "Send a number"),
        (rain(value=-0.1), "-0.1 mm is impossible for 'rain': it lies between 0 and 100", "Check the sensor"),
        (rain(value=100.5), "100.5 mm is impossible", "unit of measure"),
        (rain(quality="godo"), "the quality 'godo' means nothing", "Did you mean 'good'?"),
        (rain(quality="missing"), "the quality says 'missing', and the value says 1", "flag it 'suspect'"),
        (Row(row=1, trouble="the row has 3 cells where the first row names 5."), "has 3 cells", "Mend the row"),
    ],
)
def test_a_row_that_cannot_be_believed_is_refused_with_a_remedy(row: Row, what: str, remedy: str) -> None:
    said = refusal(row)
    assert said.row == 1
    assert what in said.what
    assert remedy in said.remedy
    assert len(taken(row).batch) == 0


def test_a_time_to_come_is_refused_and_both_times_are_said() -> None:
    assert taken(rain(at=NOW + MINUTE)).refused == ()
    said = refusal(rain(at=NOW + MINUTE + 1))
    assert said.what == "the time 2018-05-13T20:01:00.001+08:00 is still to come: here it is 2018-05-13T20:00:00+08:00."
    assert "UTC+08:00" in said.remedy


def test_a_special_zone_has_no_series_of_its_own() -> None:
    packs = small_pack()
    packs["rain"]["places.csv"] += "1190,高新区,town,11,,,\n"
    packs["rain"]["places.csv"] = packs["rain"]["places.csv"].replace("name_en\n", "name_en,unit_only\n")
    lines = packs["rain"]["places.csv"].splitlines()
    packs["rain"]["places.csv"] = "\n".join([lines[0], *(line + "," for line in lines[1:-1]), lines[-1] + ",true"]) + "\n"
    (said,) = accept(load(packs), [rain(place="1190")], now=NOW, source="").refused
    assert "'1190' is a special zone" in said.what


def test_the_bounds_of_a_value_are_taken_inclusive() -> None:
    assert taken(rain(1, value=0), rain(2, value=100), rain(3, value=-0.0)).refused == ()


def test_only_so_many_refusals_are_told_one_by_one_and_the_first_of_them() -> None:
    out = taken(
        *(rain(row, place="?" if row % 2 else "1101", value="x" if row % 4 == 2 else 1) for row in range(4 * MOST_TOLD))
    )
    assert len(out.refused) == MOST_TOLD
    assert out.rows == 4 * MOST_TOLD
    assert len(out.batch) == MOST_TOLD
    rows = [said.row for said in out.refused]
    assert rows == sorted(rows)
    assert rows[:4] == [1, 2, 3, 5]


def test_many_unknown_names_do_not_take_long() -> None:
    start = time.perf_counter()
    out = taken(*(rain(row, place=f"{row}") for row in range(200_000, 220_000)))
    assert len(out.refused) == MOST_TOLD
    assert time.perf_counter() - start < 2


def test_too_many_rows_are_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "MOST_ROWS", 2)
    rows = [rain(), rain(), rain()]
    assert taken(*rows[:2]).rows == accept_columns(RULES, columns_of(rows[:2]), now=NOW, source="").rows == 2
    with pytest.raises(ReadingError, match="more than 2 rows"):
        taken(*rows)
    with pytest.raises(ReadingError, match="more than 2 rows"):
        accept_columns(RULES, columns_of(rows), now=NOW, source="")


# --- columns -------------------------------------------------------------------------------------------------


def columns_of(rows: list[Row], *, local: bool = False) -> Columns:
    """Columns of rows whose times and values are numbers already."""
    indicators = list(dict.fromkeys(row.indicator for row in rows))
    places = list(dict.fromkeys(row.place for row in rows))
    flags = list(dict.fromkeys(row.quality for row in rows if row.quality))
    return Columns(
        indicators=indicators,
        indicator=np.array([indicators.index(row.indicator) for row in rows], np.int32),
        places=places,
        place=np.array([places.index(row.place) for row in rows], np.int32),
        at=np.array([NO_TIME if row.at == "" else row.at for row in rows], np.int64),
        value=np.array([math.nan if row.value is None else row.value for row in rows], np.float64),
        qualities=flags,
        quality=np.array([flags.index(row.quality) if row.quality else -1 for row in rows], np.int32),
        row=np.array([row.row for row in rows], np.int64),
        local=local,
    )


ROWS = st.builds(
    Row,
    row=st.integers(1, 10**6),
    indicator=st.sampled_from(["rain", "ponding-depth", "wind", ""]),
    place=st.sampled_from(["1101", "1102", "11", "LP-1101-1", "nowhere", ""]),
    at=st.sampled_from([NOW, NOW - HOUR, NOW + HOUR, 0, -(2**61), 2**61, ""]),
    value=st.sampled_from([0.0, 1.5, -1.0, 101.0, 600.0, math.inf, None]),
    quality=st.sampled_from(["", "good", "estimated", "suspect", "missing", "bad"]),
)


@given(st.lists(ROWS, max_size=30))
def test_rows_and_columns_come_to_the_same(rows: list[Row]) -> None:
    by_row = accept(RULES, rows, now=NOW, source="s")
    by_column = accept_columns(RULES, columns_of(rows), now=NOW, source="s")
    assert by_row.batch.digest == by_column.batch.digest
    assert by_row.refused == by_column.refused
    assert len(by_row.batch) + len(by_row.refused) == by_row.rows == len(rows)


@given(st.lists(ROWS, max_size=30))
def test_a_row_is_judged_alone(rows: list[Row]) -> None:
    together = {(said.row, said.what) for said in taken(*rows).refused}
    alone = {(said.row, said.what) for row in rows for said in taken(row).refused}
    assert together == alone


def test_columns_of_local_times_are_shifted_to_utc() -> None:
    local = NOW + 8 * HOUR
    out = accept_columns(RULES, columns_of([rain(at=local), rain(2, at=""), rain(3, at=2**61)], local=True), now=NOW, source="")
    assert out.batch.at.tolist() == [NOW]
    assert [said.row for said in out.refused] == [2, 3]


def test_one_name_in_two_entries_of_a_dictionary_is_one_series() -> None:
    columns = columns_of([rain(1), rain(2, place="1102")])
    doubled = Columns(
        indicators=["rain", "rain"],
        indicator=np.array([0, 1], np.int32),
        places=["1101"],
        place=np.zeros(2, np.int32),
        at=columns.at,
        value=columns.value,
        quality=columns.quality,
        row=columns.row,
    )
    batch = accept_columns(RULES, doubled, now=NOW, source="").batch
    assert batch.names() == ["rain@1101", "rain@1101"]


def test_ten_thousand_good_rows_in_columns_take_milliseconds() -> None:
    rows = [rain(row, place=("1101", "1102", "1201", "1202")[row % 4], at=NOW - row) for row in range(10_000)]
    columns = columns_of(rows)
    start = time.perf_counter()
    out = accept_columns(RULES, columns, now=NOW, source="")
    assert time.perf_counter() - start < 0.1
    assert len(out.batch) == 10_000


def test_rows_as_lists_are_judged_as_rows_are() -> None:
    rows = [
        Row(row=1, indicator="rain", place="1101", at=NOW, value=1.5),
        Row(row=2, indicator="rain", place="1102", at="2018-05-13T20:00", value="2.5", quality="suspect"),
        Row(row=3, indicator="rain", place="1101", at="noon", value="x"),
        Row(row=4, indicator="rain", place="1101", at=NOW, value="x"),
        Row(row=5, indicator="rain", place="1102", at=2**62, value=None),
        Row(row=6, indicator="", place="9999", at="", value=None, quality="fine"),
    ]
    lists = Lists(**{name: [getattr(row, name) for row in rows] for name in ("indicator", "place", "at", "value", "quality")})
    one, other = (accept(RULES, found, now=NOW, source="x") for found in (rows, lists))
    assert (one.refused, one.rows, one.batch.digest) == (other.refused, other.rows, other.batch.digest)
    assert [said.row for said in one.refused] == [3, 4, 5, 6]
    assert ["time" in said.what for said in one.refused] == [True, False, True, False]


def test_rows_as_lists_without_text_are_numbers_or_nothing() -> None:
    lists = Lists(indicator=["rain"] * 2, place=["1101", "1102"], at=[NOW] * 2, value=[2, None], quality=[None, None])
    batch = accept(RULES, lists, now=NOW, source="x").batch
    assert [QUALITIES[code] for code in batch.quality] == ["good", "missing"]
    assert batch.value[0] == 2.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from([-1, 0, 1, 2, 3, 10**6]),
            st.sampled_from([NO_TIME, 0, NOW - HOUR, NOW, NOW + HOUR]),
            st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, 1.0, 1e308]),
        ),
        max_size=4,
    ),
    st.sampled_from([np.int32, np.int64]),
)
def test_what_shows_at_the_ends_of_columns_is_what_each_row_would_say(rows: list[tuple[int, int, float]], kind: type) -> None:
    catalogue = Catalogue(RULES)
    ids, at, value = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    columns = IdColumns(
        catalogue=catalogue.digest,
        ids=np.array(ids, kind),
        at=np.array(at, np.int64),
        value=np.array(value, np.float64),
        quality=np.full(len(ids), -1, np.int32),
    )
    quick = accept_ids(catalogue, columns, now=NOW, source="test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readings, "_all_good", lambda *_: None)
        slow = accept_ids(catalogue, columns, now=NOW, source="test")
    assert (quick.refused, quick.rows, quick.batch.digest) == (slow.refused, slow.rows, slow.batch.digest)
