"""Readings at rest: Parquet files by hour in arrival order, a day at a time sorted by series and time.

`readings/2018-05-13/05-000007.parquet` holds rows of 05:00-06:00 UTC that flush 7 wrote; `day-000012.parquet` holds the
whole day as it was before write 12 and hides the day's files with lower numbers. `state.json` names the last write that
is finished and the intake entry it reaches: a file with a higher number is the rest of a crash and is removed.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bihuan.model.errors import JournalError
from bihuan.model.readings import Batch
from bihuan.model.times import DAY, HOUR

MOST_BUFFERED = 1_000_000
"""Rows kept in memory at the most before they are written."""

_NAME = re.compile(r"(?P<hour>\d\d|day)-(?P<number>\d{6,})\.parquet")
_DAY = re.compile(r"[+-]?\d{4,}-\d\d-\d\d")
_SCHEMA = pa.schema(
    [
        ("series", pa.dictionary(pa.int32(), pa.string())),
        ("at", pa.timestamp("ms", tz="UTC")),
        ("value", pa.float64()),
        ("quality", pa.uint8()),
    ]
)

Columns = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.uint8]]
"""at, value, quality."""


class _State(msgspec.Struct, frozen=True):
    through: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: Path
    number: int
    hour: int | None
    """None: the whole day."""


class History:
    """The readings of `folder`, safe through intake entry `through`.

    After a start the owner adds `intake.read(after=history.through)` again: no row is lost and none is there twice.
    Any thread may read; one adds.
    """

    def __init__(self, folder: Path, *, most_buffered: int = MOST_BUFFERED) -> None:
        """Opens or makes it, and removes what a crash left unfinished. Raises JournalError when `state.json` is damaged."""
        self._folder, self._most_buffered = folder, most_buffered
        self._lock = RLock()
        (folder / "readings").mkdir(parents=True, exist_ok=True)
        self._state = _read_state(folder / "state.json")
        self._added = self._state.through
        self._buffer: list[Batch] = []
        self._rows = 0
        self._span_from = self._newest = 0
        self._remove_leftovers()

    @property
    def through(self) -> int:
        """The last intake entry whose rows are all in Parquet, on disk."""
        return self._state.through

    def add(self, entry: int, batch: Batch) -> None:
        """Take in the batch of intake entry `entry`: the one after the last.

        Writes to disk when the times in memory span two hours, or there are too many rows. Raises JournalError for
        another entry, and when the disk refuses; the rows then stay in memory (and the intake log) for the next try.
        """
        with self._lock:
            if entry != self._added + 1:
                raise JournalError(
                    f"intake entry {entry} came, but {self._added + 1} is next",
                    where=str(self._folder),
                    remedy="If the intake log is an older copy, move this folder aside: it is made again from the log.",
                )
            self._added = entry
            if len(batch):
                self._begin_span(int(batch.at.max()))
                self._buffer.append(batch)
                self._rows += len(batch)
            if self._rows >= self._most_buffered or self._newest // HOUR - self._span_from // HOUR >= 2:
                self.flush()

    def flush(self) -> None:
        """Write all rows in memory; on return they are safe. Raises JournalError when the disk refuses."""
        with self._lock, _told(self._folder):
            if self._added == self._state.through:
                return
            number = self._state.number + 1
            if self._buffer:
                self._write_hours(_table(self._buffer), number)
            self._save(_State(through=self._added, number=number))
            self._buffer, self._rows = [], 0

    def read(self, indicator: str, place: str, since: int, until: int) -> Columns:
        """One series from `since` to `until`, both included: at (int64 ms), value, quality, sorted by at.

        Of several readings at one time the first that came in is given.
        """
        name = f"{indicator}@{place}"
        with self._lock:
            parts = [_read_series(file.path, name, since, until) for file in self._files_between(since, until)]
            parts += [_of_batch(batch, name, since, until) for batch in self._buffer]
        at, value, quality = (np.concatenate(column) for column in zip(_NOTHING, *parts, strict=True))
        at, first = np.unique(at, return_index=True)
        return at, value[first], quality[first]

    def compact(self, day: str) -> int:
        """Rewrite a UTC day (`2018-05-13`) as one file sorted by series and time, without repeated readings; answer its rows
        (0: there was nothing to do).

        The whole day is held in memory. Reading and adding go on meanwhile; rows that come later wait for the next time.
        """
        folder = self._folder / "readings" / day
        with self._lock:
            files = list(self._live(folder)) if _DAY.fullmatch(day) and folder.is_dir() else []
            if not files or (len(files) == 1 and files[0].hour is None):
                return 0
            number = self._state.number + 1
            self._save(_State(through=self._state.through, number=number))
        table = _sorted(pa.concat_tables([_read(file.path) for file in files]).unify_dictionaries())
        path = folder / f"day-{number:06}.parquet"
        half = path.with_suffix(".new")
        with _told(self._folder):
            _write(table, half)
            with self._lock:
                half.rename(path)
                _sync_folder(folder)
                for file in files:
                    file.path.unlink(missing_ok=True)
        return int(table.num_rows)

    def days(self) -> list[str]:
        """The UTC days that have files, oldest first."""
        return [folder.name for _, folder in sorted(self._day_folders()) if any(self._live(folder))]

    # --- inside ---

    def _begin_span(self, newest: int) -> None:
        """The span of times in memory runs from the newest reading of its first batch: old stragglers do not end it."""
        if not self._buffer:
            self._span_from = self._newest = newest
        self._newest = max(self._newest, newest)

    def _write_hours(self, table: pa.Table, number: int) -> None:
        hours = table["at"].cast(pa.int64()).to_numpy() // HOUR
        order = np.argsort(hours, kind="stable")
        found, starts = np.unique(hours[order], return_index=True)
        touched = {self._folder / "readings"}
        for hour, rows in zip(found, np.split(order, starts[1:]), strict=True):
            folder = self._day_folder(int(hour) * HOUR)
            folder.mkdir(exist_ok=True)
            touched.add(folder)
            _write(table.take(pa.array(rows)), folder / f"{int(hour) % 24:02}-{number:06}.parquet")
        for folder in touched:
            _sync_folder(folder)

    def _day_folder(self, at: int) -> Path:
        return self._folder / "readings" / str(np.datetime64(at // DAY, "D"))

    def _day_folders(self) -> Iterator[tuple[int, Path]]:
        """Days since 1970 with their folders; what else lies there is passed over."""
        for folder in (self._folder / "readings").iterdir():
            if _DAY.fullmatch(folder.name) and folder.is_dir():
                yield int(np.datetime64(folder.name, "D").astype(np.int64)), folder

    def _files_between(self, since: int, until: int) -> list[_File]:
        """Files that may hold rows of this time, in the order their rows came in."""
        first, last = since // HOUR, until // HOUR
        found: list[_File] = []
        for day, folder in self._day_folders():
            if first // 24 <= day <= last // 24:
                found += [file for file in self._live(folder) if file.hour is None or first <= day * 24 + file.hour <= last]
        return sorted(found, key=lambda file: file.number)

    def _live(self, folder: Path) -> Iterator[_File]:
        """The finished files of a day that no sorted file of the whole day hides, by number."""
        files = sorted(_files(folder), key=lambda file: file.number)
        hidden = max((file.number for file in files if file.hour is None and file.number <= self._state.number), default=0)
        return (file for file in files if hidden <= file.number <= self._state.number)

    def _remove_leftovers(self) -> None:
        for _, folder in self._day_folders():
            keep = {file.path for file in self._live(folder)}
            for path in folder.iterdir():
                if path not in keep and (_NAME.fullmatch(path.name) or path.suffix == ".new"):
                    path.unlink()

    def _save(self, state: _State) -> None:
        path = self._folder / "state.json"
        half = path.with_suffix(".new")
        half.write_bytes(msgspec.json.encode(state))
        _sync(half)
        half.rename(path)
        _sync_folder(self._folder)
        self._state = state


_NOTHING: Columns = (np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.uint8))


def _table(batches: list[Batch]) -> pa.Table:
    """All rows in the order they came in, under one dictionary of names."""
    codes: dict[str, int] = {}
    series = []
    for batch in batches:
        own = np.fromiter((codes.setdefault(name, len(codes)) for name in batch.names), np.int32, len(batch.names))
        series.append(own[batch.series])
    at, value, quality = (np.concatenate([getattr(b, name) for b in batches]) for name in ("at", "value", "quality"))
    names = pa.DictionaryArray.from_arrays(np.concatenate(series), pa.array(codes, pa.string()))
    columns = [names, pa.array(at).cast(_SCHEMA.field("at").type), pa.array(value), pa.array(quality)]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def _sorted(table: pa.Table) -> pa.Table:
    """By series name, then time; of equal (series, at) the first row stays."""
    table = table.combine_chunks()
    series = table["series"].chunk(0)
    by_name = np.argsort(np.array(series.dictionary.to_pylist(), dtype=object))
    rank = np.empty(len(by_name), np.int32)
    rank[by_name] = np.arange(len(by_name), dtype=np.int32)
    name, at = rank[series.indices.to_numpy()], table["at"].cast(pa.int64()).to_numpy()
    order = np.lexsort((at, name))
    same = (np.diff(name[order]) == 0) & (np.diff(at[order]) == 0)
    return table.take(pa.array(order[np.concatenate(([True], ~same))]))


def _read(path: Path) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            return file.read(use_threads=False).cast(_SCHEMA)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def _read_series(path: Path, name: str, since: int, until: int) -> Columns:
    at = [pa.scalar(moment, _SCHEMA.field("at").type) for moment in (since, until)]
    try:
        table = pq.read_table(
            path,
            schema=_SCHEMA,
            columns=["at", "value", "quality"],
            filters=[("series", "==", name), ("at", ">=", at[0]), ("at", "<=", at[1])],
            use_threads=False,
            partitioning=None,
        )
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    return table["at"].cast(pa.int64()).to_numpy(), table["value"].to_numpy(), table["quality"].to_numpy()


def _of_batch(batch: Batch, name: str, since: int, until: int) -> Columns:
    if name not in batch.names:
        return _NOTHING
    codes = [code for code, known in enumerate(batch.names) if known == name]
    chosen = np.isin(batch.series, codes) & (batch.at >= since) & (batch.at <= until)
    return batch.at[chosen], batch.value[chosen], batch.quality[chosen]


def _write(table: pa.Table, path: Path) -> None:
    """Measured values have few digits, so a dictionary beats splitting their bytes (1.4 against 2.2 bytes a reading)."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        use_dictionary=["series", "value", "quality"],
        column_encoding={"at": "DELTA_BINARY_PACKED"},
        row_group_size=131_072,
    )
    _sync(path)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "No reading is lost: the intake log has them. Make room on the disk; the next flush writes them."
        raise JournalError(f"the disk refused: {reason}", where=str(folder), remedy=remedy) from error


def _files(folder: Path) -> Iterator[_File]:
    for path in folder.iterdir():
        if name := _NAME.fullmatch(path.name):
            yield _File(path=path, number=int(name["number"]), hour=None if name["hour"] == "day" else int(name["hour"]))


def _read_state(path: Path) -> _State:
    if not path.exists():
        return _State()
    try:
        return msgspec.json.decode(path.read_bytes(), type=_State)
    except msgspec.DecodeError as error:
        remedy = "Put it back from the backup, or move the whole folder aside: it is made again from the intake log."
        raise JournalError(f"the state of the history is damaged: {error}", where=str(path), remedy=remedy) from error


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


_sync_folder = _sync


def _damaged(path: Path, error: Exception) -> JournalError:
    remedy = "Put the file back from the backup, or move the history's folder aside: it is made again from the intake log."
    return JournalError(f"the file of readings is damaged: {error}", where=str(path), remedy=remedy)
