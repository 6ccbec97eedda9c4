"""Readings at rest: nothing lost, nothing twice, whatever is in memory, in files or half-way between."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_samples import START, a_batch, disk_full_at, rows_of

from bihuan.history import parquet
from bihuan.history.parquet import History
from bihuan.history.rows import Rows
from bihuan.model.errors import JournalError
from bihuan.model.readings import Batch, named
from bihuan.model.times import DAY, HOUR, MINUTE

EVER = (-(2**53), 2**53)


def batch(*rows: tuple[str, int, float], quality: int = 0) -> Batch:
    """Rows of (series, minutes after START, value)."""
    return named(
        [name for name, _, _ in rows],
        at=np.array([START + minutes * MINUTE for _, minutes, _ in rows], np.int64),
        value=np.array([value for _, _, value in rows]),
        quality=np.full(len(rows), quality, np.uint8),
    )


def series(history: History, place: str = "a", since: int = EVER[0], until: int = EVER[1]) -> list[tuple[int, float]]:
    at, value, _ = history.read("rain", place, since, until)
    return [((moment - START) // MINUTE, number) for moment, number in zip(at.tolist(), value.tolist(), strict=True)]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder / "readings")) for path in folder.rglob("*.parquet"))


def disk_full(*_args: Any, **_named: Any) -> None:
    raise OSError("the disk is full")


def stored_rows(folder: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob("*.parquet"))


def test_what_was_added_is_read_from_memory_and_from_files_alike(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@a", 5, 1.5), ("rain@b", 5, 9.0), ("rain@a", 10, np.inf), quality=1))
    for _ in range(2):
        at, value, quality = history.read("rain", "a", *EVER)
        assert (at.dtype, value.dtype, quality.dtype) == (np.int64, np.float64, np.uint8)
        assert at.tolist() == [START + 5 * MINUTE, START + 10 * MINUTE]
        assert value.tolist() == [1.5, np.inf]
        assert quality.tolist() == [1, 1]
        history.flush()
    assert files(tmp_path) == ["2018-05-13/00-000001.parquet"]


def test_a_series_nobody_sent_is_empty(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert series(history) == []
    history.add(1, batch(("rain@a", 5, 1.5)))
    history.flush()
    assert series(history, "elsewhere") == []
    assert [len(column) for column in history.read("level", "a", *EVER)] == [0, 0, 0]


def test_both_ends_of_the_time_asked_for_are_included(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(*(("rain@a", minutes, float(minutes)) for minutes in (0, 59, 60, 61))))
    for _ in range(2):
        assert series(history, since=START + 59 * MINUTE, until=START + 60 * MINUTE) == [(59, 59.0), (60, 60.0)]
        assert series(history, since=START + 62 * MINUTE) == []
        assert series(history, since=START + 60 * MINUTE, until=START) == []
        history.flush()


def test_files_and_memory_are_merged_in_order_of_time(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@a", 70, 70.0), ("rain@a", 10, 10.0)))
    history.flush()
    history.add(2, batch(("rain@a", 40, 40.0)))
    history.flush()
    history.add(3, batch(("rain@a", 20, 20.0)))
    assert series(history) == [(10, 10.0), (20, 20.0), (40, 40.0), (70, 70.0)]


def test_of_two_readings_at_one_time_the_first_that_came_stays(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@a", 5, 1.0), ("rain@a", 5, 2.0)))
    history.flush()
    history.add(2, batch(("rain@a", 5, 3.0)))
    assert series(history) == [(5, 1.0)]
    history.flush()
    assert series(history) == [(5, 1.0)]
    history.compact("2018-05-13")
    assert series(history) == [(5, 1.0)]
    history.add(3, batch(("rain@a", 5, 4.0)))
    assert series(history) == [(5, 1.0)]


def test_rows_lie_in_the_hour_and_day_of_their_time(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@a", 5 * 60, 1.0), ("rain@a", -1, 2.0), ("rain@a", 24 * 60, 3.0)))
    history.flush()
    assert files(tmp_path) == ["2018-05-12/23-000001.parquet", "2018-05-13/05-000001.parquet", "2018-05-14/00-000001.parquet"]
    assert history.days() == ["2018-05-12", "2018-05-13", "2018-05-14"]
    assert series(history) == [(-1, 2.0), (300, 1.0), (1440, 3.0)]


def test_times_before_1970_and_far_ahead_are_kept(tmp_path: Path) -> None:
    history = History(tmp_path)
    rows = batch(("rain@a", 0, 1.0), ("rain@a", 0, 2.0))
    far = replace(rows, at=np.array([-DAY, 400_000 * DAY]))
    history.add(1, far)
    history.flush()
    assert history.read("rain", "a", *EVER)[0].tolist() == [-DAY, 400_000 * DAY]


def test_memory_is_written_out_when_its_times_span_two_hours(tmp_path: Path) -> None:
    history = History(tmp_path)
    for entry, minutes in enumerate((0, 30, 60, 119), 1):
        history.add(entry, batch(("rain@a", minutes, 1.0)))
    assert history.through == 0
    history.add(5, batch(("rain@a", 120, 1.0)))
    assert history.through == 5
    assert files(tmp_path) == [f"2018-05-13/0{hour}-000001.parquet" for hour in range(3)]


def test_old_stragglers_do_not_write_a_file_each(tmp_path: Path) -> None:
    history = History(tmp_path)
    for entry in range(1, 20):
        history.add(entry, batch(("rain@a", 600 + entry, 1.0), ("rain@b", -3000, 1.0)))
    assert files(tmp_path) == []


def test_memory_is_written_out_when_it_holds_too_many_rows(tmp_path: Path) -> None:
    history = History(tmp_path, most_buffered=6)
    history.add(1, a_batch(1))
    assert history.through == 0
    history.add(2, a_batch(2))
    assert (history.through, stored_rows(tmp_path)) == (2, 6)


def test_what_comes_while_memory_is_written_out_is_due_when_it_is_too_much_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, due, write = History(tmp_path, most_buffered=6), list[bool](), parquet.write

    def meanwhile(*args: Any, **named: Any) -> None:
        due.extend(history.put(entry, a_batch(entry)) for entry in (3, 4))
        write(*args, **named)

    monkeypatch.setattr(parquet, "write", meanwhile)
    assert [history.put(entry, a_batch(entry)) for entry in (1, 2)] == [False, True]
    history.flush()
    assert (due, history.through) == ([False, True], 2)

    monkeypatch.setattr(parquet, "write", disk_full)
    with pytest.raises(JournalError):
        history.flush()
    assert history.put(5, a_batch(5)), "a write that failed has taken nothing away"


def test_flushing_nothing_writes_nothing(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.flush()
    assert list(tmp_path.iterdir()) == [tmp_path / "readings"]


def test_an_entry_out_of_turn_is_refused(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, a_batch(1))
    for entry in (1, 3):
        with pytest.raises(JournalError, match=f"intake entry {entry} came, but 2 is next"):
            history.add(entry, a_batch(entry))


def test_after_a_restart_the_owner_adds_again_what_was_only_in_memory(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, a_batch(1))
    history.flush()
    history.add(2, a_batch(2))
    again = History(tmp_path)
    assert again.through == 1
    again.add(2, a_batch(2))
    again.flush()
    assert stored_rows(tmp_path) == 6


def test_files_of_a_write_that_a_crash_cut_short_are_removed(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, a_batch(1))
    history.flush()
    before = (tmp_path / "state.json").read_bytes()
    history.add(2, a_batch(2))
    history.flush()
    (tmp_path / "state.json").write_bytes(before)
    (tmp_path / "readings/2018-05-13/00-000003.parquet").write_bytes(b"half")
    again = History(tmp_path)
    assert again.through == 1
    assert files(tmp_path) == ["2018-05-13/00-000001.parquet"]
    again.add(2, a_batch(2))
    again.flush()
    assert stored_rows(tmp_path) == 6


def series_of(history: History) -> list[list[int]]:
    return [history.read("rain-1h", str(500101000 + i), *EVER)[0].tolist() for i in range(3)]


def test_a_compacted_day_is_sorted_by_series_and_time_without_repeats(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@b", 700, 1.0), ("rain@a", 10, 2.0), ("rain@b", 5, 3.0), ("rain@a", 10, 9.0)))
    history.flush()
    history.add(2, batch(("level@c", 1, 4.0), ("rain@a", 5, 5.0)))
    history.flush()
    assert history.compact("2018-05-13") == 5
    table = pq.ParquetFile(tmp_path / "readings/2018-05-13/day-000003-000.parquet").read()
    rows = list(zip(*(table[name].to_pylist() for name in ("indicator", "place", "value")), strict=True))
    assert rows == [("level", "c", 4.0), ("rain", "a", 5.0), ("rain", "a", 2.0), ("rain", "b", 3.0), ("rain", "b", 1.0)]
    assert history.through == History(tmp_path).through == 2


def test_compacting_again_or_a_day_without_readings_does_nothing(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, a_batch(1))
    history.flush()
    assert history.compact("2018-05-13") == 3
    assert history.compact("2018-05-13") == 0
    assert history.compact("2018-05-20") == 0
    assert files(tmp_path) == ["2018-05-13/day-000002-000.parquet"]


def test_a_full_disk_is_said_clearly_and_the_next_flush_writes_all(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, a_batch(1))
    with disk_full_at(100), pytest.raises(JournalError, match="No reading is lost"):
        history.flush()
    assert history.through == 0
    assert len(series_of(history)[0]) == 1
    history.flush()
    assert (History(tmp_path).through, stored_rows(tmp_path)) == (1, 3)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, a_batch(1))
    history.flush()
    path = tmp_path / "readings/2018-05-13/00-000001.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(JournalError, match=r"00-000001.parquet: the file of readings is damaged"):
        history.read("rain-1h", "500101000", *EVER)
    with pytest.raises(JournalError, match=r"00-000001.parquet: the file of readings is damaged"):
        history.compact("2018-05-13")


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"through": "many"}')
    with pytest.raises(JournalError, match=r"state.json: the state of the history is damaged"):
        History(tmp_path)


_steps = st.lists(
    st.one_of(
        st.lists(st.tuples(st.sampled_from(["rain@a", "rain@b", "level@a"]), st.integers(-90, 400)), max_size=4),
        st.sampled_from(["flush", "compact", "crash"]),
    ),
    max_size=12,
)


@given(steps=_steps)
def test_any_order_of_adding_flushing_compacting_and_crashing_reads_the_first_of_every_reading(
    steps: list[list[tuple[str, int]] | str],
) -> None:
    log: list[Batch] = []
    with TemporaryDirectory() as name:
        history = History(Path(name), most_buffered=10)
        for step in steps:
            match step:
                case "flush":
                    history.flush()
                case "compact":
                    for day in history.days():
                        history.compact(day)
                case "crash":
                    history = History(Path(name), most_buffered=10)
                    for entry in range(history.through + 1, len(log) + 1):
                        history.add(entry, log[entry - 1])
                case list(rows):
                    log.append(batch(*((series, minutes, float(len(log))) for series, minutes in rows)))
                    history.add(len(log), log[-1])
        first: dict[tuple[str, int], float] = {}
        for series, at, value in rows_of(log):
            first.setdefault((series, at), value)
        for series in ("rain@a", "rain@b", "level@a"):
            indicator, place = series.split("@")
            times, values, _ = history.read(indicator, place, START - DAY, START + 10 * HOUR)
            found = list(zip(times.tolist(), values.tolist(), strict=True))
            assert found == sorted((at, value) for (name, at), value in first.items() if name == series)
        for at in (START, START + 3 * HOUR):
            snapshot = history.read_at("rain", at, HOUR)
            newest = {n: max((a for m, a in first if m == n and at - HOUR <= a <= at), default=None) for n, _ in first}
            expected = {n[5:]: first[n, a] for n, a in newest.items() if a is not None and n.startswith("rain@")}
            assert dict(zip(snapshot.places, snapshot.value.tolist(), strict=True)) == expected


def test_rows_that_come_while_others_are_written_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@a", 5, 1.0)))
    really = parquet.write

    def meanwhile(rows: Iterable[Rows], path: Path, **how: Any) -> None:
        history.add(2, batch(("rain@a", 6, 2.0)))
        assert series(history) == [(5, 1.0), (6, 2.0)], "what is being written is read from memory"
        really(rows, path, **how)

    with monkeypatch.context() as patched:
        patched.setattr(parquet, "write", meanwhile)
        history.flush()
    assert (history.through, stored_rows(tmp_path)) == (1, 1)
    assert series(history) == [(5, 1.0), (6, 2.0)]
    history.flush()
    assert (History(tmp_path).through, stored_rows(tmp_path)) == (2, 2)


def test_a_write_that_failed_leaves_no_file_that_a_later_start_takes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@a", 5, 1.0), ("rain@a", 65, 2.0)))
    really = parquet.write

    def refuse(rows: Iterable[Rows], path: Path, **how: Any) -> None:
        really(rows, path, **how)
        if path.name.startswith("01"):
            raise OSError("no space left")

    with monkeypatch.context() as full:
        full.setattr(parquet, "write", refuse)
        with pytest.raises(JournalError, match="no space left"):
            history.flush()
    assert files(tmp_path) == []
    assert history.through == 0
    assert series(history) == [(5, 1.0), (65, 2.0)]


def test_numbers_that_do_not_go_by_name_are_sorted_by_name_all_the_same(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(("rain@a", 5, 1.0), ("level@b", 5, 2.0), ("level@c", 4, 3.0), ("rain@a", 5, 9.0)))
    history.add(2, batch(("rain@a", 3, 4.0), ("level@b", 5, 8.0), ("level@c", 9, 5.0), ("rain@a", 7, 6.0)))
    history.flush()
    table = pq.ParquetFile(tmp_path / "readings/2018-05-13/00-000001.parquet").read()
    rows = list(zip(*(table[name].to_pylist() for name in ("indicator", "place", "value")), strict=True))
    assert rows == [
        ("level", "b", 2.0),
        ("level", "c", 3.0),
        ("level", "c", 5.0),
        ("rain", "a", 4.0),
        ("rain", "a", 1.0),
        ("rain", "a", 6.0),
    ]
