"""Compaction and retirement: what counts before and after, and after a crash anywhere in between."""

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from journal_samples import disk_full_at

from bihuan.history.parquet import History
from bihuan.model.errors import JournalError
from bihuan.model.readings import Batch, named
from bihuan.model.times import DAY, HOUR, instant

DAY_1 = instant("2018-05-13T00:00Z", None)  # type: ignore[arg-type]
INDICATORS = [f"i{n}" for n in range(6)]
EVER = (0, 2**50)

Content = dict[str, list[tuple[str, int, float]]]


def rows(*found: tuple[str, int, float]) -> Batch:
    return named(
        [name for name, _, _ in found],
        at=np.array([at for _, at, _ in found], np.int64),
        value=np.array([value for _, _, value in found]),
        quality=np.zeros(len(found), np.uint8),
    )


def grid(at: int, value: float, indicators: list[str] = INDICATORS) -> Batch:
    return rows(*((f"{indicator}@{place}", at, value) for indicator in indicators for place in "abc"))


def content(history: History) -> Content:
    found = {name: history.read_indicator(name, *EVER) for name in [*INDICATORS, "i2x", "late"]}
    return {
        name: [
            (columns.places[place], at, value)
            for place, at, value in zip(columns.place.tolist(), columns.at.tolist(), columns.value.tolist(), strict=True)
        ]
        for name, columns in found.items()
        if columns.places
    }


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "readings").rglob("*") if path.is_file())


def filled(folder: Path) -> History:
    """Two days; the first compacted in three parts, with late rows beside it."""
    history = History(folder, part_rows=12)
    for entry, at in enumerate((DAY_1, DAY_1 + HOUR, DAY_1 + DAY), 1):
        history.add(entry, grid(at, float(entry)))
        history.flush()
    history.compact("2018-05-13")
    history.add(4, rows(("i2@a", DAY_1 + 1, 5.0), ("i2x@a", DAY_1, 6.0), ("i0@b", DAY_1, 7.0)))
    history.flush()
    return history


def test_a_day_is_compacted_by_ranges_of_indicators_and_reads_the_same(tmp_path: Path) -> None:
    history = filled(tmp_path)
    parts = [name for name in names(tmp_path) if name.startswith("day-")]
    assert parts == ["day-000004-000.parquet", "day-000004-001.parquet", "day-000004-002.parquet", "day-000004.json"]
    before = content(history)
    assert before["i0"][:4] == [("a", DAY_1, 1.0), ("a", DAY_1 + HOUR, 2.0), ("a", DAY_1 + DAY, 3.0), ("b", DAY_1, 1.0)]
    assert history.compact("2018-05-13") == 38
    assert content(history) == before == content(History(tmp_path))


def test_parts_without_late_rows_are_not_written_again(tmp_path: Path) -> None:
    history = filled(tmp_path)
    history.compact("2018-05-13")
    assert [name for name in names(tmp_path) if name.startswith("day-000004")] == ["day-000004-002.parquet"]


def test_an_indicator_between_those_of_a_part_does_not_hide_them(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, grid(DAY_1, 1.0, ["a", "z"]))
    history.flush()
    history.compact("2018-05-13")
    history.add(2, grid(DAY_1, 2.0, ["m"]))
    history.flush()
    history.compact("2018-05-13")
    for indicator, value in (("a", 1.0), ("m", 2.0), ("z", 1.0)):
        assert history.read_at(indicator, DAY_1, 0).value.tolist() == [value] * 3
        assert history.read(indicator, "b", *EVER)[1].tolist() == [value]


def test_rows_that_come_while_a_day_is_compacted_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = filled(tmp_path)
    before = content(history)

    def write_part(*arguments: object) -> object:
        monkeypatch.undo()
        thread = Thread(target=lambda: (history.add(5, rows(("late@a", DAY_1, 9.0))), history.flush()))
        thread.start()
        thread.join(10)
        assert content(history) == {**before, "late": [("a", DAY_1, 9.0)]}
        return original(*arguments)  # type: ignore[arg-type]

    original = history._write_part
    monkeypatch.setattr(history, "_write_part", write_part)
    history.compact("2018-05-13")
    assert content(history) == content(History(tmp_path)) == {**before, "late": [("a", DAY_1, 9.0)]}


def test_a_reader_whose_files_are_replaced_reads_the_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = filled(tmp_path)
    before = content(history)
    original = history._files.indicators

    def indicators(*arguments: object) -> object:
        monkeypatch.undo()
        history.compact("2018-05-13")
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(history._files, "indicators", indicators)
    assert content(history) == before


# --- retirement ---


def test_readings_go_when_their_day_ended_longer_ago_than_they_are_kept(tmp_path: Path) -> None:
    history = filled(tmp_path)
    before = content(history)
    keep = {"i0": 2 * DAY, "i1": 3 * DAY, "i5": 0}
    assert history.retire(keep, DAY_1 + DAY - 1) == 0
    assert history.retire(keep, DAY_1 + DAY) == 6
    assert {name for name in content(history) if content(history)[name] != before[name]} == {"i5"}
    assert history.retire(keep, DAY_1 + 3 * DAY) == 9
    found = content(history)
    assert [at for _, at, _ in found["i0"]] == [DAY_1 + DAY] * 3
    assert "i5" not in found
    assert {name: found[name] for name in ("i1", "i2", "i2x", "i3", "i4")} == {
        name: before[name] for name in ("i1", "i2", "i2x", "i3", "i4")
    }
    assert history.retire(keep, DAY_1 + 3 * DAY) == 0
    assert content(History(tmp_path)) == found


def test_a_day_of_which_nothing_is_kept_leaves_no_file(tmp_path: Path) -> None:
    history = filled(tmp_path)
    everything = dict.fromkeys([*INDICATORS, "i2x"], DAY)
    assert history.retire(everything, DAY_1 + 2 * DAY) == 38
    assert history.days() == ["2018-05-14"]
    assert not (tmp_path / "readings/2018-05-13").exists()
    assert History(tmp_path).days() == ["2018-05-14"]
    history.add(5, rows(("late@a", DAY_1, 9.0)))
    history.flush()
    assert content(history)["late"] == [("a", DAY_1, 9.0)]


# --- crashes ---


class PowerCut(BaseException):
    pass


def cut_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power goes before the file operation of this number."""
    steps = count()

    def guarded(operation: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            if next(steps) >= step:
                raise PowerCut
            return operation(*arguments, **options)

        return run

    monkeypatch.setattr(os, "fsync", guarded(os.fsync))
    for name in ("rename", "unlink", "rmdir"):
        monkeypatch.setattr(Path, name, guarded(getattr(Path, name)))


@pytest.mark.parametrize("indicators", [["i0", "i5"], [*INDICATORS, "i2x"], []])
def test_a_crash_anywhere_in_the_upkeep_leaves_all_of_before_or_all_of_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indicators: list[str]
) -> None:
    """Compaction, and retirement of some and of all indicators."""
    keep = dict.fromkeys(indicators, 0)

    def upkeep(history: History) -> None:
        if keep:
            history.retire(keep, DAY_1 + DAY)
        else:
            history.compact("2018-05-13")

    before = content(filled(tmp_path / "base"))
    shutil.copytree(tmp_path / "base", tmp_path / "done")
    upkeep(done := History(tmp_path / "done", part_rows=12))
    after, files = content(done), names(tmp_path / "done")
    assert (after == before) == (not keep)
    for step in count():
        folder = tmp_path / f"cut-{step}"
        shutil.copytree(tmp_path / "base", folder)
        with monkeypatch.context() as patch:
            history = History(folder, part_rows=12)
            cut_at(step, patch)
            try:
                upkeep(history)
            except PowerCut:
                ended = False
            else:
                ended = True
        again = History(folder, part_rows=12)
        assert content(again) in (before, after)
        listed = [name for name in names(folder) if not name.endswith(".parquet")]
        assert len(listed) <= 2
        upkeep(again)
        assert content(again) == after
        shutil.rmtree(folder)
        if ended:
            assert names(tmp_path / "done") == files
            break
    assert step > 10


def test_a_full_disk_leaves_the_day_as_it_was(tmp_path: Path) -> None:
    history = filled(tmp_path)
    before = content(history)
    with disk_full_at(300), pytest.raises(JournalError, match="Make room on the disk"):
        history.compact("2018-05-13")
    assert content(history) == before == content(History(tmp_path))
    assert history.compact("2018-05-13") == 38


def test_a_damaged_list_of_parts_is_named(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "readings/2018-05-13/day-000004.json").write_text("{}")
    with pytest.raises(JournalError, match=r"day-000004.json: the state of the history is damaged"):
        History(tmp_path)


def test_a_compacted_day_of_an_earlier_version_is_refused_and_not_removed(tmp_path: Path) -> None:
    filled(tmp_path)
    path = tmp_path / "readings/2018-05-13/day-000003.parquet"
    path.write_bytes(b"as it was")
    with pytest.raises(JournalError, match=r"earlier version.*made again from the intake log"):
        History(tmp_path)
    assert path.exists()
