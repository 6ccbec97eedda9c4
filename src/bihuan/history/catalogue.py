"""Which files of readings there are and which of them count: by day, in memory, as the disk has it.

`readings/2018-05-13/05-000007.parquet` holds rows of 05:00-06:00 UTC that write 7 left. `day-000012.json` lists the parts
`day-000012-000.parquet`, ... of the whole day, by ranges of indicators, and hides the day's hourly files with lower numbers.
`state.json` names the last write that is finished. A file with a higher number, or that nobody lists, is what a crash left,
and is removed. So what counts changes by the renaming of one file.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from bihuan.history.files import sync
from bihuan.model.errors import JournalError
from bihuan.model.times import HOUR

_HOURLY = re.compile(r"(\d\d)-(\d{6,})\.parquet")
_LIST = re.compile(r"day-(\d{6,})\.json")
_OURS = re.compile(r"\d\d-\d{6,}\.parquet|day-\d{6,}-\d{3,}\.parquet|day-\d{6,}\.(json|new)")
_EARLIER = re.compile(r"day-\d{6,}\.parquet")
_DAY = re.compile(r"[+-]?\d{4,}-\d\d-\d\d")

T = TypeVar("T")


class State(msgspec.Struct, frozen=True):
    through: int = 0
    number: int = 0


class Part(msgspec.Struct, frozen=True):
    """A file of the whole day: these indicators, in ascending order, and no other part has any between them."""

    name: str
    indicators: tuple[str, ...]


class DayList(msgspec.Struct, frozen=True):
    hides: int
    """Hourly files up to this number are in the parts."""
    parts: tuple[Part, ...] = ()


_NO_LIST = DayList(hides=0)


@dataclass(frozen=True, slots=True)
class Hourly:
    name: str
    hour: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The files of one day that count."""

    folder: Path
    number: int = 0
    """Of the list of its parts. 0: it has none."""
    listed: DayList = _NO_LIST
    hours: tuple[Hourly, ...] = ()
    """By number: in the order they were written."""

    def with_indicator(self, indicator: str, since: int, until: int) -> Iterator[Path]:
        """The files that may have rows of it between these hours of the day, first in first."""
        parts = self.listed.parts
        if found := bisect_right(parts, indicator, key=lambda part: part.indicators[0]):
            part = parts[found - 1]
            # Indicators of a part are in order: the same look-up again says whether it is there.
            place = bisect_right(part.indicators, indicator)
            if part.indicators[place - 1] == indicator:
                yield self.folder / part.name
        yield from (self.folder / file.name for file in self.hours if since <= file.hour <= until)


class Catalogue:
    """The files of a history's folder. Not safe for threads: its owner locks. What it hands out never changes."""

    def __init__(self, folder: Path) -> None:
        """Reads names and lists, and removes what a crash left. Raises JournalError when one of them is damaged."""
        self._root = folder
        self._readings = folder / "readings"
        self._readings.mkdir(parents=True, exist_ok=True)
        self.state = _decoded(folder / "state.json", State) or State()
        self._days: dict[int, Day] = {}
        for path in sorted(self._readings.iterdir()):
            if _DAY.fullmatch(path.name) and path.is_dir():
                self._open_day(path)

    def days(self) -> list[int]:
        """The days that have files, counted from 1970, oldest first."""
        return sorted(self._days)

    def day(self, number: int) -> Day:
        return self._days.get(number) or Day(folder=self._readings / str(np.datetime64(number, "D")))

    def files(self, indicator: str, since: int, until: int) -> list[Path]:
        """The files that may have rows of it in this time, in the order in which equal rows count."""
        first, last = since // HOUR, until // HOUR
        days = range(first // 24, last // 24 + 1)
        if len(days) > len(self._days):
            wanted = [day for day in self.days() if days.start <= day < days.stop]
        else:
            wanted = [day for day in days if day in self._days]
        return [path for day in wanted for path in self._days[day].with_indicator(indicator, first - 24 * day, last - 24 * day)]

    # --- changing ---

    def save(self, state: State) -> None:
        _replace(self._root / "state.json", msgspec.json.encode(state))
        self.state = state

    def reserve(self) -> int:
        """A number for new files, on disk before any file bears it."""
        self.save(State(through=self.state.through, number=self.state.number + 1))
        return self.state.number

    def make_folders(self, hours: Iterable[int]) -> None:
        for hour in hours:
            self.day(hour // 24).folder.mkdir(exist_ok=True)

    def path_of_hour(self, hour: int, number: int) -> Path:
        return self.day(hour // 24).folder / f"{hour % 24:02}-{number:06}.parquet"

    def wrote_hours(self, hours: list[int], number: int, through: int) -> None:
        """Let these files be those of this write after a restart, and the intake up to entry `through` be safe."""
        for number_of_day in {hour // 24 for hour in hours}:
            sync(self.day(number_of_day).folder)
        sync(self._readings)
        self.save(State(through=through, number=number))

    def count_hours(self, hours: list[int], number: int) -> None:
        """Let these files count from now on."""
        for hour in hours:
            day = self.day(hour // 24)
            file = Hourly(self.path_of_hour(hour, number).name, hour % 24, number)
            self._days[hour // 24] = Day(folder=day.folder, number=day.number, listed=day.listed, hours=(*day.hours, file))

    def list_day(self, number: int, listed: DayList, write: int) -> None:
        """Let `listed` count for this day from now on, and remove the files that no longer do."""
        before = self.day(number)
        sync(before.folder)
        _replace(before.folder / f"day-{write:06}.json", msgspec.json.encode(listed))
        hours = tuple(file for file in before.hours if file.number > listed.hides)
        self._days[number] = Day(folder=before.folder, number=write, listed=listed, hours=hours)
        kept = {part.name for part in listed.parts} | {file.name for file in hours}
        for name in [*(part.name for part in before.listed.parts), *(file.name for file in before.hours)]:
            if name not in kept:
                (before.folder / name).unlink(missing_ok=True)
        if before.number:
            (before.folder / f"day-{before.number:06}.json").unlink(missing_ok=True)
        if not kept:
            self._drop_day(number)

    def _drop_day(self, number: int) -> None:
        """The list goes last: as long as a hidden file is there, so is what hides it."""
        day = self._days.pop(number)
        (day.folder / f"day-{day.number:06}.json").unlink(missing_ok=True)
        if not any(day.folder.iterdir()):
            day.folder.rmdir()

    # --- opening ---

    def _open_day(self, folder: Path) -> None:
        names = sorted(path.name for path in folder.iterdir())
        if earlier := next(filter(_EARLIER.fullmatch, names), None):
            raise _damaged(folder / earlier, "it is in the form of an earlier version")
        lists = [int(found[1]) for name in names if (found := _LIST.fullmatch(name))]
        number = max((n for n in lists if n <= self.state.number), default=0)
        listed = (_decoded(folder / f"day-{number:06}.json", DayList) if number else None) or _NO_LIST
        for part in listed.parts:
            if not (folder / part.name).exists():
                raise _damaged(folder / part.name, "it is gone")
        matches = [match for name in names if (match := _HOURLY.fullmatch(name))]
        files = [Hourly(match[0], int(match[1]), int(match[2])) for match in matches]
        hours = [file for file in files if listed.hides < file.number <= self.state.number]
        kept = {part.name for part in listed.parts} | {file.name for file in hours}
        own = f"day-{number:06}.json"
        for name in names:
            if _OURS.fullmatch(name) and name not in kept and name != own:
                (folder / name).unlink()
        day = int(np.datetime64(folder.name, "D").astype(np.int64))
        parts = tuple(Part(part.name, tuple(map(sys.intern, part.indicators))) for part in listed.parts)
        self._days[day] = Day(
            folder=folder,
            number=number,
            listed=DayList(hides=listed.hides, parts=parts),
            hours=tuple(sorted(hours, key=lambda file: (file.number, file.hour))),
        )
        if not kept:
            self._drop_day(day)


def day_number(name: str) -> int | None:
    """Days since 1970 of `2018-05-13`; None where it is no day."""
    if not _DAY.fullmatch(name):
        return None
    try:
        return int(np.datetime64(name, "D").astype(np.int64))
    except ValueError:
        return None


def day_name(number: int) -> str:
    return str(np.datetime64(number, "D"))


def _replace(path: Path, raw: bytes) -> None:
    half = path.with_suffix(".new")
    half.write_bytes(raw)
    sync(half)
    half.rename(path)
    sync(path.parent)


def _decoded(path: Path, kind: type[T]) -> T | None:
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise _damaged(path, f"the state of the history is damaged: {error}") from error


def _damaged(path: Path, what: str) -> JournalError:
    remedy = "Put it back from the backup, or move the whole folder aside: it is made again from the intake log."
    return JournalError(what, where=str(path), remedy=remedy)
