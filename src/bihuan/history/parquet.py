"""Readings at rest in Parquet files: by hour as they come in, by day and ranges of indicators after the nightly compaction.

Which files count is the catalogue's business, what is in one `files`, what is in memory `rows`; here they are one history.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, tzinfo
from pathlib import Path
from threading import Lock, RLock
from typing import TypeVar

import numpy as np

from bihuan.history.catalogue import Catalogue, Day, DayList, Part, State, day_name, day_number
from bihuan.history.compare import compared
from bihuan.history.contract import Columns, Comparison, Fold, IndicatorColumns, Period, Snapshot
from bihuan.history.files import GROUP_ROWS, HOUR_GROUP_ROWS, Files, Missing, damaged, write
from bihuan.history.rows import Buffer, Rows, merged, newest_of_each
from bihuan.model.errors import JournalError
from bihuan.model.readings import Batch
from bihuan.model.times import DAY, HOUR

MOST_BUFFERED = 1_000_000
"""Rows kept in memory at the most before they are written."""

PART_ROWS = 1_000_000
"""Rows of one part of a day: what compaction holds in memory at a time (about 190 MB), unless one indicator has more."""

PAUSE_SECONDS = 0.004
"""Between the row groups of an hourly file, about as long as one takes: turns go on meanwhile, and need a core."""

PART_LEVEL = 6
"""Of zstd."""

_T = TypeVar("_T")


class History:
    """The readings of `folder`, safe through intake entry `through`. See `contract.Readings`.

    After a start the owner adds `intake.read(after=history.through)` again: no row is lost and none is there twice. Any
    thread may read, one adds, one compacts or retires; reading waits for neither.
    """

    def __init__(self, folder: Path, *, most_buffered: int = MOST_BUFFERED, part_rows: int = PART_ROWS) -> None:
        """Opens or makes it, and removes what a crash left unfinished. Raises JournalError when its state is damaged."""
        self._folder, self._most_buffered, self._part_rows = folder, most_buffered, part_rows
        self._upkeep, self._flushing, self._lock = Lock(), Lock(), RLock()
        # Taken in this order. `_flushing`: who writes hourly files, or takes a number for other files. `_lock`: the memory,
        # and which files count; never held while a write goes on.
        self._catalogue = Catalogue(folder)
        self._files = Files()
        self._added = self._catalogue.state.through
        self._buffer = Buffer()
        self._leaving = 0
        """Rows in memory that are being written."""

    @property
    def through(self) -> int:
        """The last intake entry whose rows are all in Parquet, on disk."""
        return self._catalogue.state.through

    def close(self) -> None:
        """Nothing is held open; rows in memory are not written: they come again from the intake log."""

    # --- taking in ---

    def add(self, entry: int, batch: Batch) -> None:
        """As `put`, and writes to disk when it is time. Raises JournalError when the disk refuses, too; the rows then stay in
        memory (and the intake log) for the next try.
        """
        if self.put(entry, batch):
            self.flush()

    def put(self, entry: int, batch: Batch) -> bool:
        """Take in the batch of intake entry `entry`: the one after the last. Answers whether the times in memory span two
        hours, or there are too many rows, besides those that are being written: then it is time to `flush`. Raises
        JournalError for another entry.
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
                self._buffer.add(batch)
            first, newest = self._buffer.span
            return self._buffer.count - self._leaving >= self._most_buffered or newest // HOUR - first // HOUR >= 2

    def flush(self) -> None:
        """Write all rows in memory; on return they are safe. Raises JournalError when the disk refuses.

        Nobody who reads or puts waits for it: the rows are read from memory until their files count.
        """
        with self._flushing, _told(self._folder):
            with self._lock:
                through, taken = self._added, self._buffer.copy()
            state = self._catalogue.state
            if through == state.through:
                return
            number = state.number + 1
            if not taken.count:
                self._catalogue.save(State(through=through, number=number))
                return
            self._leaving = taken.count
            try:
                hours = self._write_hours(taken, number, through)
                with self._lock:
                    self._catalogue.count_hours(hours, number)
                    self._buffer.drop(taken)
            finally:
                self._leaving = 0

    def _write_hours(self, rows: Buffer, number: int, through: int) -> list[int]:
        """Files for the hours of these rows, and that they are there: all durable, or as if nothing had been written."""
        hours = rows.hours()
        paths = [self._catalogue.path_of_hour(hour, number) for hour in hours]
        try:
            self._catalogue.make_folders(hours)
            for hour, path in zip(hours, paths, strict=True):
                write(rows.pieces(hour, HOUR_GROUP_ROWS), path, quick=True, pause_seconds=PAUSE_SECONDS)
            self._catalogue.wrote_hours(hours, number, through)
        except OSError:
            for path in paths:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            raise
        return hours

    # --- reading ---

    def read(self, indicator: str, place: str, since: int, until: int) -> Columns:
        """One series from `since` to `until`, both included: at (int64 ms), value, quality, sorted by at.

        Of several readings at one time the first that came in is given.
        """
        parts = self._gather(
            indicator,
            since,
            until,
            lambda path: self._files.series(path, indicator, place, since, until),
            lambda buffer: buffer.series(indicator, place, since, until),
        )
        at, value, quality = (np.concatenate(column) for column in zip(*parts, strict=True))
        at, first = np.unique(at, return_index=True)
        return at, value[first], quality[first]

    def read_indicator(self, indicator: str, since: int, until: int) -> IndicatorColumns:
        """All places of one indicator from `since` to `until`, both included. All of it is held in memory."""
        rows = self._rows(indicator, since, until)
        return IndicatorColumns(rows.places, rows.place, rows.at, rows.value, rows.quality)

    def read_at(self, indicator: str, at: int, tolerance: int) -> Snapshot:
        """Of each place the newest reading at or before `at`, if it is not older than `tolerance` milliseconds then.

        Readings that say `missing` are among them, so that nobody takes an older one for the newest.
        """
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
        """The day, week or month of `zone` that `at` lies in, up to `at`, against as much of the last one and of the same
        one a year before.

        `existed` says of places from when up to when they were there (re-drawn areas); others always were. What is missing
        is NaN with count 0. Where places did not exist in a period they are named in its `left_out`.
        """
        return compared(self.read_indicator, indicator, period, at, fold, zone, existed or {})

    def _rows(self, indicator: str, since: int, until: int) -> Rows:
        parts = self._gather(
            indicator,
            since,
            until,
            lambda path: self._files.indicators(path, indicator, indicator).between(since, until),
            lambda buffer: buffer.indicator(indicator, since, until),
        )
        return merged(parts)

    def _gather(
        self,
        indicator: str,
        since: int,
        until: int,
        of_file: Callable[[Path], _T],
        of_buffer: Callable[[Buffer], _T],
    ) -> list[_T]:
        """What the files and then the memory have, first in first. Files are read without a lock; when one is replaced
        meanwhile it begins again with those that count now."""
        missed = None
        while True:
            with self._lock:
                paths = self._catalogue.files(indicator, since, until)
                own = self._buffer.copy()
            try:
                return [*map(of_file, paths), of_buffer(own)]
            except Missing as error:
                if missed == paths:
                    raise damaged(Path(str(error)), error) from error
                missed = paths

    # --- upkeep ---

    def days(self) -> list[str]:
        """The UTC days that have files, oldest first."""
        with self._lock:
            return [day_name(day) for day in self._catalogue.days()]

    def compact(self, day: str) -> int:
        """Rewrite a UTC day (`2018-05-13`) sorted by indicator, place and time, without repeated readings; answer its rows
        (0: there was nothing to do).

        Holds `PART_ROWS` rows in memory at a time. Reading and adding go on meanwhile; rows that come later wait for the
        next time. Parts that got no new rows stay as they are.
        """
        number = day_number(day)
        if number is None:
            return 0
        with self._upkeep:
            return self._compact(number)

    def retire(self, keep: Mapping[str, int], now: int) -> int:
        """Remove the readings of these indicators from all days that ended longer ago than their milliseconds; answer how
        many rows went. Indicators without a span are kept for ever; rows in memory and of the running day always."""
        removed = 0
        for day in [n for n in self._all_days() if (n + 1) * DAY <= now]:
            old = {indicator for indicator, span in keep.items() if (day + 1) * DAY <= now - span}
            if old:
                with self._upkeep:
                    removed += self._retire(day, old)
        return removed

    def _all_days(self) -> list[int]:
        with self._lock:
            return self._catalogue.days()

    def _compact(self, number: int) -> int:
        with self._flushing, self._lock, _told(self._folder):
            day = self._catalogue.day(number)
            if not day.hours:
                return 0
            write_number = self._catalogue.reserve()
        touched = sorted({name for file in day.hours for name in self._files.footer(day.folder / file.name).rows})
        parts = [part for part in day.listed.parts if not _between(touched, part.indicators[0], part.indicators[-1])]
        rows = sum(self._count(day, part) for part in parts)
        with _told(self._folder):
            for count, (first, last) in enumerate(self._ranges(day, parts)):
                part, size = self._write_part(day, f"day-{write_number:06}-{count:03}.parquet", first, last)
                parts.append(part)
                rows += size
            with self._lock:
                parts.sort(key=lambda part: part.indicators[0])
                self._catalogue.list_day(number, DayList(hides=write_number, parts=tuple(parts)), write_number)
        return rows

    def _ranges(self, day: Day, kept: list[Part]) -> Iterator[tuple[str, str]]:
        """Ranges of indicators of about `part_rows` rows that have everything but the kept parts, and step over those."""
        paths = [day.folder / part.name for part in day.listed.parts if part not in kept]
        counts: dict[str, int] = {}
        for path in [*paths, *(day.folder / file.name for file in day.hours)]:
            for name, count in self._files.footer(path).rows.items():
                counts[name] = counts.get(name, 0) + count
        starts = sorted(part.indicators[0] for part in kept)
        first = last = ""
        size = 0
        for name in sorted(counts):
            steps_over = bisect_left(starts, name) != bisect_left(starts, last)
            if size and (size + counts[name] > self._part_rows or steps_over):
                yield first, last
                size = 0
            first, last, size = first if size else name, name, size + counts[name]
        if size:
            yield first, last

    def _write_part(self, day: Day, name: str, first: str, last: str) -> tuple[Part, int]:
        paths = [day.folder / part.name for part in day.listed.parts if _between(part.indicators, first, last)]
        paths += [day.folder / file.name for file in day.hours]
        rows = merged([self._files.indicators(path, first, last) for path in paths])
        write([rows], day.folder / name, level=PART_LEVEL, group_rows=GROUP_ROWS)
        found = np.bincount(rows.indicator, minlength=len(rows.indicators)).tolist()
        indicators = tuple(name for name, count in zip(rows.indicators, found, strict=True) if count)
        return Part(name, indicators), len(rows)

    def _retire(self, number: int, old: set[str]) -> int:
        with self._lock:
            day = self._catalogue.day(number)
        hourly = [self._files.footer(day.folder / file.name).rows for file in day.hours]
        if not all(old.isdisjoint(rows) for rows in hourly):
            self._compact(number)
        with self._flushing, self._lock, _told(self._folder):
            day = self._catalogue.day(number)
            if all(old.isdisjoint(part.indicators) for part in day.listed.parts):
                return 0
            write_number = self._catalogue.reserve()
        before = sum(self._count(day, part) for part in day.listed.parts)
        parts = [part for part in day.listed.parts if old.isdisjoint(part.indicators)]
        after = sum(self._count(day, part) for part in parts)
        with _told(self._folder):
            for count, part in enumerate(part for part in day.listed.parts if part not in parts):
                if kept := tuple(name for name in part.indicators if name not in old):
                    rows = self._files.indicators(day.folder / part.name, kept[0], kept[-1])
                    stays = np.fromiter((name not in old for name in rows.indicators), bool, len(rows.indicators))
                    rows = rows.chosen(stays[rows.indicator])
                    name = f"day-{write_number:06}-{count:03}.parquet"
                    write([rows], day.folder / name, level=PART_LEVEL, group_rows=GROUP_ROWS)
                    parts.append(Part(name, kept))
                    after += len(rows)
            with self._lock:
                parts.sort(key=lambda part: part.indicators[0])
                listed = DayList(hides=day.listed.hides, parts=tuple(parts))
                self._catalogue.list_day(number, listed, write_number)
        return before - after

    def _count(self, day: Day, part: Part) -> int:
        return sum(self._files.footer(day.folder / part.name).rows.values())


def _between(names: Sequence[str], first: str, last: str) -> bool:
    """Whether any of the names, which are in order, lies from `first` to `last`."""
    return bisect_left(names, first) < bisect_right(names, last)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "No reading is lost: the intake log has them. Make room on the disk; the next flush writes them."
        raise JournalError(f"the disk refused: {reason}", where=str(folder), remedy=remedy) from error
