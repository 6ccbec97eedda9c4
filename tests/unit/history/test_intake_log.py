"""The intake log: what it took is there after anything, and nothing else is."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count as counting
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_samples import START, a_batch, disk_full_at

from bihuan.history.intake import IntakeLog
from bihuan.model.errors import JournalError
from bihuan.model.readings import named


def digests(log: IntakeLog, after: int = 0) -> dict[int, str]:
    return {entry: batch.digest for entry, batch in log.read(after)}


def expected(*numbers: int) -> dict[int, str]:
    return {number: a_batch(number).digest for number in numbers}


def fill(folder: Path, count: int, *, segment_bytes: int = 10_000) -> None:
    with closing(IntakeLog(folder, segment_bytes=segment_bytes)) as log:
        for number in range(log.last + 1, log.last + count + 1):
            log.append([a_batch(number)])


def test_an_empty_log_has_no_entry(tmp_path: Path) -> None:
    with closing(IntakeLog(tmp_path)) as log:
        assert (log.last, log.dropped_bytes, list(log.read())) == (0, 0, [])
        assert log.append([]) == []


def test_entries_count_from_one_and_are_read_back_with_every_bit(tmp_path: Path) -> None:
    with closing(IntakeLog(tmp_path)) as log:
        assert log.append([a_batch(1), a_batch(2)]) == [1, 2]
        assert log.append([a_batch(3)]) == [3]
        assert digests(log) == expected(1, 2, 3)
        assert digests(log, after=1) == expected(2, 3)
        assert digests(log, after=3) == {}


def test_a_batch_comes_back_as_it_was(tmp_path: Path) -> None:
    names = ["水位@bridge\n1", "@", "rain@500101"]
    batch = named(
        names,
        series=np.array([2, 0, 1], np.int32),
        at=np.array([START, -1, 2**62], np.int64),
        value=np.array([np.nan, -0.0, np.inf]),
        quality=np.array([0, 3, 255], np.uint8),
        source="水文站",
    )
    empty = named([], at=batch.at[:0], value=batch.value[:0], quality=batch.quality[:0])
    with closing(IntakeLog(tmp_path)) as log:
        log.append([batch, empty])
        (_, first), (_, second) = log.read()
    assert first.names() == [names[2], names[0], names[1]]
    assert first.source == batch.source
    assert first.value.tobytes() == batch.value.tobytes()
    assert (first.digest, second.digest) == (batch.digest, empty.digest)


def test_a_log_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    for count in (2, 0, 3):
        fill(tmp_path, count)
    with closing(IntakeLog(tmp_path)) as log:
        assert digests(log) == expected(1, 2, 3, 4, 5)


def test_segments_stay_small_and_are_read_as_one_log(tmp_path: Path) -> None:
    fill(tmp_path, 7, segment_bytes=600)
    fill(tmp_path, 5, segment_bytes=600)
    names = sorted(path.name for path in tmp_path.glob("*.log"))
    assert len(names) > 3
    assert names[0] == "intake-00000001.log"
    assert all(path.stat().st_size <= 600 for path in tmp_path.glob("*.log"))
    with closing(IntakeLog(tmp_path)) as log:
        for after in range(13):
            assert digests(log, after) == expected(*range(after + 1, 13))


def test_reading_does_not_see_what_comes_meanwhile(tmp_path: Path) -> None:
    with closing(IntakeLog(tmp_path)) as log:
        log.append([a_batch(1), a_batch(2)])
        reader = log.read()
        log.append([a_batch(3)])
        assert [entry for entry, _ in reader] == [1, 2]


def test_another_process_may_read_while_one_writes_but_not_write(tmp_path: Path) -> None:
    with closing(IntakeLog(tmp_path)) as log:
        log.append([a_batch(1)])
        with pytest.raises(JournalError, match="another process writes"):
            IntakeLog(tmp_path)
        with closing(IntakeLog(tmp_path, read_only=True)) as other:
            assert digests(other) == expected(1)
            with pytest.raises(JournalError, match="open for reading only"):
                other.append([a_batch(2)])


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    log = IntakeLog(tmp_path)
    log.close()
    with pytest.raises(JournalError, match="the log is closed"):
        log.append([a_batch(1)])


# --- torn writes ---


def last_write(folder: Path) -> tuple[Path, bytes, int]:
    """The segment of a log of entries 1, 2 and the group 3, 4; where that group begins."""
    fill(folder, 2)
    path = folder / "intake-00000001.log"
    start = path.stat().st_size
    with closing(IntakeLog(folder)) as log:
        log.append([a_batch(3), a_batch(4)])
    return path, path.read_bytes(), start


def test_a_write_cut_short_anywhere_is_dropped_whole_and_the_log_goes_on(tmp_path: Path) -> None:
    path, good, start = last_write(tmp_path)
    for end in [start + 1, start + 31, start + 32, start + 33, *range(start + 40, len(good), 37), len(good) - 1]:
        path.write_bytes(good[:end])
        with closing(IntakeLog(tmp_path)) as log:
            assert log.dropped_bytes == end - start
            assert digests(log) == expected(1, 2)
            assert log.append([a_batch(3)]) == [3]
        with closing(IntakeLog(tmp_path)) as log:
            assert log.dropped_bytes == 0
            assert digests(log) == expected(1, 2, 3)


def test_a_write_whose_sectors_never_reached_the_disk_is_dropped(tmp_path: Path) -> None:
    """After a power cut the file may have its length already, with zeros where the data should be."""
    path, good, start = last_write(tmp_path)
    for sector in range(start // 512, len(good) // 512 + 1):
        a, b = max(start, sector * 512), min(len(good), sector * 512 + 512)
        path.write_bytes(good[:a] + bytes(b - a) + good[b:])
        with closing(IntakeLog(tmp_path)) as log:
            assert log.dropped_bytes == len(good) - start
            assert digests(log) == expected(1, 2)


def test_a_reader_does_not_mend_what_the_writer_is_still_writing(tmp_path: Path) -> None:
    path, good, _ = last_write(tmp_path)
    path.write_bytes(good[:-5])
    with closing(IntakeLog(tmp_path, read_only=True)) as log:
        assert digests(log) == expected(1, 2)
    assert path.read_bytes() == good[:-5]


def test_a_segment_cut_short_at_its_making_is_made_again(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    (tmp_path / "intake-00000002.log").write_bytes(b"BHINTAK1 and not")
    with closing(IntakeLog(tmp_path)) as log:
        assert log.dropped_bytes == 16
        log.append([a_batch(3)])
        assert digests(log) == expected(1, 2, 3)


# --- damage ---


def test_no_flipped_byte_before_the_last_write_goes_unseen(tmp_path: Path) -> None:
    path, good, start = last_write(tmp_path)
    for position in range(0, start, 7):
        path.write_bytes(good[:position] + bytes([good[position] ^ 4]) + good[position + 1 :])
        with pytest.raises(JournalError, match=r"intake-00000001.log.*restore the file from a backup"):
            IntakeLog(tmp_path)


def test_damage_names_the_entry_and_the_file(tmp_path: Path) -> None:
    fill(tmp_path, 12, segment_bytes=600)
    path = tmp_path / "intake-00000002.log"
    with closing(IntakeLog(tmp_path)) as log:
        first = log._segments[1].first
    raw = bytearray(path.read_bytes())
    raw[-40] ^= 1
    path.write_bytes(raw)
    with closing(IntakeLog(tmp_path)) as log, pytest.raises(JournalError, match=r"intake-00000002.log: entry") as found:
        digests(log)
    entry = int(found.value.where.rsplit(" ", 1)[1])
    with closing(IntakeLog(tmp_path)) as log:
        reader = log.read()
        assert [next(reader)[0] for _ in range(entry - 1)] == list(range(1, entry))
    assert entry >= first


def _swap(folder: Path) -> None:
    one, other = folder / "intake-00000001.log", folder / "intake-00000002.log"
    a, b = one.read_bytes(), other.read_bytes()
    one.write_bytes(b)
    other.write_bytes(a)


def _cut(folder: Path) -> None:
    path = folder / "intake-00000001.log"
    path.write_bytes(path.read_bytes()[:150])


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda folder: (folder / "intake-00000002.log").unlink(), "intake-00000002.log before it is missing"),
        (lambda folder: (folder / "intake-00000001.log").unlink(), "intake-00000001.log before it is missing"),
        (lambda folder: (folder / "intake-00000001.log").write_bytes(b""), "head is damaged"),
        (_cut, "breaks off"),
        (_swap, "damaged"),
    ],
)
def test_segments_lost_cut_or_swapped_are_found(tmp_path: Path, harm: Callable[[Path], None], what: str) -> None:
    fill(tmp_path, 12, segment_bytes=600)
    harm(tmp_path)
    with pytest.raises(JournalError, match=what), closing(IntakeLog(tmp_path)) as log:
        digests(log)


# --- full disks ---


def test_a_full_disk_is_said_clearly_and_nothing_half_written_stays(tmp_path: Path) -> None:
    with closing(IntakeLog(tmp_path)) as log:
        log.append([a_batch(1)])
        size = (tmp_path / "intake-00000001.log").stat().st_size
        with disk_full_at(size + 100), pytest.raises(JournalError, match="Make room on the disk and send again"):
            log.append([a_batch(2), a_batch(3)])
        assert (tmp_path / "intake-00000001.log").stat().st_size == size
        assert log.last == 1
        assert log.append([a_batch(2)]) == [2]
        assert digests(log) == expected(1, 2)
    with closing(IntakeLog(tmp_path)) as log:
        assert log.dropped_bytes == 0
        assert digests(log) == expected(1, 2)


def test_a_disk_too_full_for_a_new_segment_leaves_the_log_usable(tmp_path: Path) -> None:
    with closing(IntakeLog(tmp_path, segment_bytes=300)) as log:
        log.append([a_batch(1)])
        with disk_full_at(20), pytest.raises(JournalError, match="the disk refused"):
            log.append([a_batch(2)])
        assert not (tmp_path / "intake-00000002.log").exists()
        assert log.append([a_batch(2)]) == [2]
        assert digests(log) == expected(1, 2)


def test_a_disk_that_cannot_even_take_back_stops_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with closing(IntakeLog(tmp_path)) as log:
        log.append([a_batch(1)])
        monkeypatch.setattr(os, "fdatasync", fail)
        monkeypatch.setattr(os, "ftruncate", fail)
        with pytest.raises(JournalError, match="Input/output error"):
            log.append([a_batch(2)])
        monkeypatch.undo()
        with pytest.raises(JournalError, match=r"what it holds is unsure.*Restart"):
            log.append([a_batch(2)])


@given(
    groups=st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=6),
    reopen=st.integers(0, 6),
    segment=st.integers(200, 900),
)
def test_any_groups_are_read_back_in_order(groups: list[list[int]], reopen: int, segment: int) -> None:
    sizes = [size for group in groups for size in group]
    batches = [a_batch(number, series=size) for number, size in enumerate(sizes, 1)]
    with TemporaryDirectory() as name:
        log = IntakeLog(Path(name), segment_bytes=segment)
        for turn, group in enumerate(groups):
            if turn == reopen:
                log.close()
                log = IntakeLog(Path(name), segment_bytes=segment)
            log.append(batches[log.last : log.last + len(group)])
        with closing(log):
            assert digests(log) == {entry: batch.digest for entry, batch in enumerate(batches, 1)}


# --- pruning ---


def twelve(folder: Path) -> IntakeLog:
    fill(folder, 12, segment_bytes=600)
    return IntakeLog(folder, segment_bytes=600)


def test_only_whole_segments_of_entries_no_longer_wanted_are_pruned(tmp_path: Path) -> None:
    with closing(twelve(tmp_path)) as log:
        starts = [segment.first for segment in log._segments]
        assert log.prune(starts[2] - 2) == starts[1]
        assert log.prune(starts[2] - 1) == log.first == starts[2]
        assert digests(log, after=starts[2] - 1) == expected(*range(starts[2], 13))
        assert log.prune(10**6) == starts[-1]
        log.append([a_batch(13)])
    with closing(IntakeLog(tmp_path, segment_bytes=600)) as log:
        assert (log.first, log.last) == (starts[-1], 13)
        for number in range(14, 20):
            log.append([a_batch(number)])
        assert digests(log, after=log.first - 1) == expected(*range(log.first, 20))


def test_reading_on_from_what_was_pruned_is_refused(tmp_path: Path) -> None:
    with closing(twelve(tmp_path)) as log:
        first = log.prune(12)
        with pytest.raises(JournalError, match=rf"entries up to {first - 1} were pruned"):
            log.read(first - 2)


def test_an_empty_log_has_nothing_to_prune_and_a_reader_may_not(tmp_path: Path) -> None:
    with closing(IntakeLog(tmp_path)) as log:
        assert (log.prune(5), log.first) == (1, 1)
        with closing(IntakeLog(tmp_path, read_only=True)) as other, pytest.raises(JournalError, match="reading only"):
            other.prune(5)


def cut(operation: Callable[..., object], steps: Iterator[int], last: int) -> Callable[..., object]:
    def run(*arguments: object, **options: object) -> object:
        if next(steps) >= last:
            raise KeyboardInterrupt
        return operation(*arguments, **options)

    return run


def test_a_crash_anywhere_in_pruning_leaves_a_log_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power goes before the file operation of each number."""
    for step in range(30):
        folder, steps = tmp_path / str(step), counting()
        log = twelve(folder)
        with monkeypatch.context() as patch:
            for owner, name in ((os, "fsync"), (Path, "rename"), (Path, "unlink")):
                patch.setattr(owner, name, cut(getattr(owner, name), steps, step))
            try:
                log.prune(12)
                ended = True
            except KeyboardInterrupt:
                ended = False
        log.close()
        with closing(IntakeLog(folder, read_only=True)) as reader, closing(IntakeLog(folder, segment_bytes=600)) as log:
            assert reader.first == log.first
            assert log.append([a_batch(13)]) == [13]
            assert digests(log, after=log.first - 1) == expected(*range(log.first, 14))
            assert len(list(folder.glob("*.log"))) == len(log._segments)
        if ended:
            break
    assert step > 5


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda folder: (folder / "anchor.json").unlink(), "before it is missing"),
        (lambda folder: (folder / "anchor.json").write_text("{}"), "digest is not that"),
        (lambda folder: (folder / "anchor.json").write_text("half"), "damaged"),
        (lambda folder: min(folder.glob("*.log")).unlink(), "missing"),
    ],
)
def test_a_pruned_log_that_lost_its_beginning_is_found(tmp_path: Path, harm: Callable[[Path], None], what: str) -> None:
    with closing(twelve(tmp_path)) as log:
        log.prune(12)
    harm(tmp_path)
    with pytest.raises(JournalError, match=what):
        IntakeLog(tmp_path)


def test_a_segment_that_follows_another_log_than_the_pruned_one_is_found(tmp_path: Path) -> None:
    with closing(twelve(tmp_path)) as log:
        log.prune(12)
    other = tmp_path / "other"
    with closing(IntakeLog(other, segment_bytes=600)) as log:
        for number in range(1, 13):
            log.append([a_batch(number, source="others")])
    name = min(tmp_path.glob("*.log")).name
    (tmp_path / name).write_bytes((other / name).read_bytes())
    with pytest.raises(JournalError, match="does not follow what was before it"):
        IntakeLog(tmp_path)
