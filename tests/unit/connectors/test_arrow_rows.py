"""Readings from Arrow IPC and Parquet."""

import datetime
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack

from bihuan.connectors import arrow_rows
from bihuan.model.errors import ReadingError
from bihuan.pack.load import load
from bihuan.pack.readings import NO_TIME, accept_columns

NOW = 1_526_212_800_000
PLAIN = {"indicator": ["rain", "rain"], "place": ["1101", "1102"], "at": [NOW, NOW - 1], "value": [1.5, None]}


def stream(table: pa.Table, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def file(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    return sink.getvalue().to_pybytes()


def error(raw: bytes) -> ReadingError:
    with pytest.raises(ReadingError) as caught:
        arrow_rows.read(raw)
    return caught.value


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_it_works_for_streams(compression: str | None) -> None:
    table = pa.table(PLAIN | {"quality": ["good", None]})
    columns = arrow_rows.read(stream(table, compression))
    assert [columns.indicators[code] for code in columns.indicator] == ["rain", "rain"]
    assert [columns.places[code] for code in columns.place] == ["1101", "1102"]
    assert columns.at.tolist() == [NOW, NOW - 1]
    assert columns.value[0] == 1.5
    assert math.isnan(columns.value[1])
    assert columns.qualities[columns.quality[0]] == "good"
    assert columns.quality[1] == -1
    assert columns.row.tolist() == [1, 2]
    assert not columns.local


def test_it_works_for_files_and_without_quality() -> None:
    columns = arrow_rows.read(file(pa.table(PLAIN)))
    assert columns.at.tolist() == [NOW, NOW - 1]
    assert columns.quality.tolist() == [-1, -1]


def test_what_is_read_is_accepted_by_the_rules() -> None:
    out = accept_columns(load(small_pack()), arrow_rows.read(stream(pa.table(PLAIN))), now=NOW, source="arrow")
    assert out.batch.names() == ["rain@1101", "rain@1102"]
    assert out.batch.quality.tolist() == [0, 3]


def test_dictionaries_with_empty_null_and_repeated_entries_are_read() -> None:
    names = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2, 3], pa.int8()), pa.array(["rain", None, "", "rain"]))
    table = pa.table({"indicator": names, "place": ["a"] * 5, "at": [0] * 5, "value": [0.0] * 5})
    columns = arrow_rows.read(stream(table))
    assert [columns.indicators[code] if code >= 0 else None for code in columns.indicator] == ["rain", None, None, None, "rain"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_every_kind_of_text_is_text(kind: pa.DataType) -> None:
    columns = arrow_rows.read(stream(pa.table(PLAIN | {"place": pa.array(["x", None], kind)})))
    assert columns.places[columns.place[0]] == "x"
    assert columns.place[1] == -1


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_every_unit_become_milliseconds(unit: str) -> None:
    when = datetime.datetime(2018, 5, 13, 12, tzinfo=datetime.UTC)
    for zone in ("UTC", "+08:00"):
        columns = arrow_rows.read(stream(pa.table(PLAIN | {"at": pa.array([when, None], pa.timestamp(unit, zone))})))
        assert columns.at.tolist() == [NOW, NO_TIME]
        assert not columns.local


def test_timestamps_without_a_zone_are_local() -> None:
    when = datetime.datetime(2018, 5, 13, 20)  # noqa: DTZ001
    columns = arrow_rows.read(stream(pa.table(PLAIN | {"at": pa.array([when, None], pa.timestamp("us"))})))
    assert columns.local
    out = accept_columns(load(small_pack()), columns, now=NOW, source="")
    assert out.batch.at.tolist() == [NOW]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(9, 2), pa.null()])
def test_every_kind_of_number_is_a_value(kind: pa.DataType) -> None:
    values = pa.array([None if kind == pa.null() else 2, None], kind)
    columns = arrow_rows.read(stream(pa.table(PLAIN | {"value": values})))
    assert np.isnan(columns.value).tolist() == [kind == pa.null(), True]


def test_quality_may_be_the_codes_of_the_history() -> None:
    columns = arrow_rows.read(stream(pa.table(PLAIN | {"quality": pa.array([2, 9], pa.uint8())})))
    assert [columns.qualities[code] for code in columns.quality] == ["suspect", "9"]
    columns = arrow_rows.read(stream(pa.table(PLAIN | {"quality": pa.nulls(2)})))
    assert columns.quality.tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"indicator": [1, 2]}, "the column 'indicator' is int64, not text"),
        ({"at": ["a", "b"]}, "the column 'at' is string, not a timestamp or an integer"),
        ({"value": ["1", "2"]}, "the column 'value' is string, not a number"),
        ({"quality": [0.5, 1]}, "the column 'quality' is double, not text"),
        ({"colour": [0, 1]}, "the column 'colour' means nothing"),
        ({"at": pa.array([2**64 - 1, 0], pa.uint64())}, "beyond all calendars"),
        ({"at": pa.array([2**62, 0], pa.timestamp("s"))}, "beyond all calendars"),
    ],
)
def test_columns_of_another_kind_are_refused(change: dict[str, object], what: str) -> None:
    said = error(stream(pa.table(PLAIN | change)))
    assert what in said.what
    assert "indicator and place" in said.remedy


@pytest.mark.parametrize("name", ["indicator", "place", "at", "value"])
def test_a_missing_column_is_named(name: str) -> None:
    assert error(stream(pa.table(PLAIN).drop_columns(name))).what == f"the column '{name}' is missing."


def test_a_column_that_stands_twice_is_named() -> None:
    table = pa.table(PLAIN)
    assert "'at' stands twice" in error(stream(table.append_column("at", table["at"]))).what


def test_columns_that_would_unpack_beyond_the_bound_are_refused_before_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 100_000
    table = pa.table({"indicator": ["rain"] * rows, "place": ["1101"] * rows, "at": [0] * rows, "value": [0.0] * rows})
    raw = stream(table, "zstd")
    full = len(stream(table))
    monkeypatch.setattr(arrow_rows, "MOST_BYTES", full)
    assert len(arrow_rows.read(raw)) == rows
    monkeypatch.setattr(arrow_rows, "MOST_BYTES", full // 2)
    monkeypatch.setattr(pa.ipc, "open_stream", lambda _: pytest.fail("unpacked"))
    assert len(raw) < full // 5
    assert "unpacked" in error(raw).what


def test_more_rows_than_a_batch_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_rows, "MOST_ROWS", 1)
    assert "more than 1 rows" in error(stream(pa.table(PLAIN))).what


@pytest.mark.parametrize("raw", [b"", b"ARROW1", b"ARROW1\0\0", b"indicator,place\n", b"\xff" * 64, bytes(64)])
def test_other_bytes_are_refused(raw: bytes) -> None:
    assert "no Arrow IPC stream or file" in error(raw).what


GOOD = (stream(pa.table(PLAIN | {"quality": ["good", "bad"]})), stream(pa.table(PLAIN), "zstd"), file(pa.table(PLAIN)))


@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 4000),
)
def test_damaged_bytes_are_read_or_refused_and_nothing_else(good: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    raw = bytearray(good)
    for place, byte in changes:
        raw[place % len(raw)] = byte
    try:
        arrow_rows.read(bytes(raw[: max(cut, 1)] if cut < 2000 else raw))
    except ReadingError as said:
        assert said.remedy


def test_parquet_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_rows, "_ROWS_AT_ONCE", 2)
    path = tmp_path / "rain.parquet"
    pq.write_table(pa.table({"indicator": ["rain"] * 5, "place": list("abcde"), "at": [NOW] * 5, "value": range(5)}), path)
    pieces = list(arrow_rows.read_parquet(path))
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    assert [row for piece in pieces for row in piece.row.tolist()] == [1, 2, 3, 4, 5]
    assert [piece.places[code] for piece in pieces for code in piece.place] == list("abcde")


def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "rain.parquet"
    path.write_bytes(b"no")
    with pytest.raises(ReadingError) as caught:
        list(arrow_rows.read_parquet(path))
    assert caught.value.where == "rain.parquet"
    with pytest.raises(ReadingError):
        list(arrow_rows.read_parquet(tmp_path / "absent.parquet"))
