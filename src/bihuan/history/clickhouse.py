"""Readings at rest in ClickHouse, embedded through chdb (extra `clickhouse`): SQL over them, the same on a cluster later.

One table, ordered by indicator, place and time, a part for each UTC day. Of rows with one key the highest `version` counts,
and versions fall from flush to flush: so the first that came in stays. Rows that a crash makes come in twice are the same
rows under the same key; that is why rows and `through` need no transaction around both.
"""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, tzinfo
from pathlib import Path
from threading import Lock, RLock
from typing import Any

import numpy as np
import pyarrow as pa

from bihuan.history.catalogue import day_name, day_number
from bihuan.history.compare import compared
from bihuan.history.contract import Columns, Comparison, Fold, IndicatorColumns, Period, Snapshot
from bihuan.history.rows import Buffer, Rows, merged, newest_of_each
from bihuan.model.errors import JournalError, SettingError
from bihuan.model.readings import Batch
from bihuan.model.times import DAY, HOUR

MOST_BUFFERED = 1_000_000
"""Rows kept in memory at the most before they are written."""

_HIGHEST = 2**32 - 1

_TABLES = (
    "create database if not exists bihuan",
    """
    create table if not exists bihuan.readings (
        indicator LowCardinality(String),
        place LowCardinality(String),
        at Int64 codec(Delta, ZSTD(1)) comment 'UTC milliseconds',
        value Float64 codec(Gorilla, ZSTD(1)),
        quality UInt8 codec(ZSTD(1)) comment '0 good, 1 estimated, 2 suspect, 3 missing',
        version UInt32 codec(ZSTD(1)),
        time DateTime64(3, 'UTC') alias fromUnixTimestamp64Milli(at, 'UTC')
    )
    engine = ReplacingMergeTree(version)
    partition by toInt32(floor(at / 86400000))
    order by (indicator, place, at)
    settings fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
    """,
    """
    create table if not exists bihuan.flushes (number UInt32, through UInt64)
    engine = ReplacingMergeTree(number) order by tuple()
    settings fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
    """,
)


_INSERT = """
    insert into bihuan.readings (indicator, place, at, value, quality, version)
    select indicator, place, at, value, quality, {version:UInt32} from file({file:String}, 'ArrowStream')
    settings max_partitions_per_insert_block = 0
"""

_COUNT_OLD = """
    select count() as rows from bihuan.readings final
    where has(splitByChar('\\n', {indicators:String}), indicator) and at < {end:Int64}
"""

_DELETE_OLD = """
    alter table bihuan.readings delete
    where has(splitByChar('\\n', {indicators:String}), indicator) and at < {end:Int64}
    settings mutations_sync = 1
"""

_PARTS = """
    select count() as parts, sum(rows) as rows from system.parts
    where database = 'bihuan' and table = 'readings' and active and partition = {day:String}
"""


class ClickHouse:
    """The readings of `folder`, safe through intake entry `through`. See `contract.Readings`.

    A process can have one such folder open at a time. Any thread may read, one adds, one compacts or retires.
    """

    def __init__(self, folder: Path, *, most_buffered: int = MOST_BUFFERED) -> None:
        """Opens or makes it in `folder/clickhouse`. Raises SettingError without chdb, JournalError when it does not open."""
        self._where, self._most_buffered = folder / "clickhouse", most_buffered
        self._incoming = folder / "clickhouse.incoming"
        self._sessions: list[_Session] = []
        folder.mkdir(parents=True, exist_ok=True)
        # A session asks one thing at a time: who reads does not wait for who writes or compacts.
        self._reads, self._writes, self._upkeep = (self._session() for _ in range(3))
        for statement in _TABLES:
            self._writes.ask(statement)
        last = "select max(number) as number, max(through) as through from bihuan.flushes"
        self._number, self._through = (self._writes.number(last, {}, column) for column in ("number", "through"))
        self._added, self._hour = self._through, 0
        self._lock, self._flushing = RLock(), Lock()
        self._buffer = Buffer()

    def _session(self) -> "_Session":
        self._sessions.append(_Session(self._where))
        return self._sessions[-1]

    @property
    def through(self) -> int:
        """The last intake entry whose rows are all on disk."""
        return self._through

    def close(self) -> None:
        """Rows in memory are not written: they come again from the intake log."""
        for session in self._sessions:
            session.close()

    # --- taking in ---

    def add(self, entry: int, batch: Batch) -> None:
        """As `put`, and writes to disk when it is time. Raises JournalError when ClickHouse refuses, too; the rows then stay
        in memory (and the intake log) for the next try.
        """
        if self.put(entry, batch):
            self.flush()

    def put(self, entry: int, batch: Batch) -> bool:
        """Take in the batch of intake entry `entry`: the one after the last; whether an hour is over, or there are too many
        rows. Raises JournalError for another entry."""
        with self._lock:
            if entry != self._added + 1:
                raise JournalError(
                    f"intake entry {entry} came, but {self._added + 1} is next",
                    where=str(self._where),
                    remedy="If the intake log is an older copy, move this folder aside: it is made again from the log.",
                )
            self._added = entry
            newest = self._hour
            if len(batch):
                self._buffer.add(batch)
                newest = max(self._hour, int(batch.at.max()) // HOUR)
            over, self._hour = 0 < self._hour < newest, newest
            return over or self._buffer.count >= self._most_buffered

    def flush(self) -> None:
        """Write all rows in memory; on return they are safe. Raises JournalError when ClickHouse refuses."""
        with self._flushing:
            with self._lock:
                through = self._added
                if through == self._through:
                    return
                taken = self._buffer.copy()
            number = self._number + 1
            if taken.count:
                self._insert(taken.all(), _HIGHEST - number)
            said = {"number": number, "through": through}
            self._writes.ask("insert into bihuan.flushes select {number:UInt32}, {through:UInt64}", said)
            with self._lock:
                self._number, self._through = number, through
                self._buffer.drop(taken)

    def _insert(self, rows: Rows, version: int) -> None:
        columns = {
            "indicator": pa.DictionaryArray.from_arrays(rows.indicator, pa.array(rows.indicators, pa.string())),
            "place": pa.DictionaryArray.from_arrays(rows.place, pa.array(rows.places, pa.string())),
            "at": rows.at,
            "value": rows.value,
            "quality": rows.quality,
        }
        table = pa.table(columns)
        try:
            with pa.OSFile(str(self._incoming), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            self._writes.ask(_INSERT, {"version": version, "file": str(self._incoming)})
        except (OSError, pa.ArrowException) as error:
            raise _told(self._where, error) from error
        finally:
            with suppress(FileNotFoundError):
                self._incoming.unlink()

    # --- reading ---

    def read(self, indicator: str, place: str, since: int, until: int) -> Columns:
        """One series from `since` to `until`, both included: at (int64 ms), value, quality, sorted by at."""
        # What is in memory first: a flush in between shows rows twice, and never not at all.
        with self._lock:
            own = self._buffer.series(indicator, place, since, until)
        found = self._reads.rows(
            "select at, value, quality from bihuan.readings final where indicator = {indicator:String}"
            " and place = {place:String} and at between {since:Int64} and {until:Int64} order by at",
            {"indicator": indicator, "place": place, "since": since, "until": until},
        )
        at, first = np.unique(np.concatenate([found["at"].to_numpy(), own[0]]), return_index=True)
        value, quality = (np.concatenate([found[name].to_numpy(), own[n]]) for n, name in enumerate(("value", "quality"), 1))
        return at, value[first], quality[first]

    def read_indicator(self, indicator: str, since: int, until: int) -> IndicatorColumns:
        """All places of one indicator from `since` to `until`, both included. All of it is held in memory."""
        rows = self._rows(indicator, since, until)
        return IndicatorColumns(rows.places, rows.place, rows.at, rows.value, rows.quality)

    def read_at(self, indicator: str, at: int, tolerance: int) -> Snapshot:
        """Of each place the newest reading at or before `at`, if it is not older than `tolerance` milliseconds then."""
        return newest_of_each(self._rows(indicator, at - tolerance, at))

    def compare(
        self,
        indicator: str,
        period: Period,
        at: int,
        fold: Fold,
        *,
        zone: tzinfo = UTC,
        existed: Mapping[str, tuple[int, int]] | None = None,
    ) -> Comparison:
        """As `contract.Readings` says; the folding itself is the same for whatever keeps the readings."""
        return compared(self.read_indicator, indicator, period, at, fold, zone, existed or {})

    def _rows(self, indicator: str, since: int, until: int) -> Rows:
        with self._lock:
            own = self._buffer.indicator(indicator, since, until)
        found = self._reads.rows(
            "select place, at, value, quality from bihuan.readings final where indicator = {indicator:String}"
            " and at between {since:Int64} and {until:Int64} order by place, at",
            {"indicator": indicator, "since": since, "until": until},
        )
        place = found["place"].combine_chunks().dictionary_encode()
        place = place.combine_chunks() if isinstance(place, pa.ChunkedArray) else place
        kept = Rows(
            indicators=(indicator,),
            places=tuple(place.dictionary.to_pylist()),
            indicator=np.zeros(len(found), np.int32),
            place=place.indices.to_numpy(),
            at=found["at"].to_numpy(),
            value=found["value"].to_numpy(),
            quality=found["quality"].to_numpy(),
        )
        return merged([kept, own])

    # --- upkeep ---

    def days(self) -> list[str]:
        """The UTC days that have rows on disk, oldest first."""
        found = self._reads.rows(
            "select distinct toInt32(partition) as day from system.parts"
            " where active and rows > 0 and database = 'bihuan' and table = 'readings' order by day"
        )
        return [day_name(day) for day in found["day"].to_pylist()]

    def compact(self, day: str) -> int:
        """Merge a UTC day (`2018-05-13`) into one part without repeated readings; answer its rows (0: nothing to do)."""
        number = day_number(day)
        if number is None:
            return 0
        said = {"day": str(number)}
        if self._upkeep.number(_PARTS, said, "parts") <= 1:
            return 0
        self._upkeep.ask("optimize table bihuan.readings partition id {day:String} final", said)
        return self._upkeep.number(_PARTS, said, "rows")

    def retire(self, keep: Mapping[str, int], now: int) -> int:
        """Remove the readings of these indicators from all days that ended longer ago than their milliseconds; answer how
        many rows went. Indicators without a span are kept for ever; rows in memory and of the running day always."""
        by_end: dict[int, list[str]] = {}
        for indicator, span in keep.items():
            by_end.setdefault(min(now, now - span) // DAY * DAY, []).append(indicator)
        removed = 0
        for end, indicators in by_end.items():
            said = {"indicators": "\n".join(indicators), "end": end}
            rows = self._upkeep.number(_COUNT_OLD, said, "rows")
            if rows:
                self._upkeep.ask(_DELETE_OLD, said)
            removed += rows
        return removed


def embedded() -> Any:
    """chdb's module of sessions. Raises SettingError where it is not installed."""
    try:
        return importlib.import_module("chdb.session")
    except ImportError as error:
        raise SettingError(
            "readings are to be kept in ClickHouse, and chdb is not installed",
            where="--history clickhouse",
            remedy="Install it: pip install 'bihuan[clickhouse]'. Parquet, the default, needs nothing more.",
        ) from error


class _Session:
    """A line to the embedded ClickHouse, for one question at a time."""

    def __init__(self, where: Path) -> None:
        self._where, self._lock = where, Lock()
        module = embedded()
        with self._telling():
            self._session: Any = module.Session(str(where))

    def ask(self, statement: str, said: Mapping[str, object] | None = None) -> bytes:
        """The answer as an Arrow stream, empty where there is none. Raises JournalError."""
        with self._lock, self._telling():
            answer: bytes = self._session.query(statement, "ArrowStream", params=dict(said or {})).bytes()
            return answer

    def rows(self, question: str, said: Mapping[str, object] | None = None) -> pa.Table:
        return pa.ipc.open_stream(self.ask(question, said)).read_all()

    def number(self, question: str, said: Mapping[str, object], column: str) -> int:
        return int(self.rows(question, said)[column][0].as_py())

    def close(self) -> None:
        with self._lock:
            self._session.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:  # chdb's own error is one
            raise _told(self._where, error) from error


def _told(where: Path, error: Exception) -> JournalError:
    remedy = (
        "No reading is lost: the intake log has them. Make room on the disk, or put the folder back from the backup;"
        " moved aside, it is made again from the intake log."
    )
    return JournalError(f"ClickHouse refused: {str(error).partition(chr(10))[0][:300]}", where=str(where), remedy=remedy)
