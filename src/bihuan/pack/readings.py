"""Readings at the door: rows of any source held against the rules. Good rows become a batch, the others are told why not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import islice
from math import isfinite
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from bihuan.model.errors import ReadingError
from bihuan.model.readings import MOST_ROWS, QUALITIES, Batch
from bihuan.model.times import MINUTE, instant, iso
from bihuan.pack.catalogue import Catalogue
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator
from bihuan.pack.trouble import known_names

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NO_TIME = int(np.iinfo(np.int64).min)
"""Stands in `Columns.at` for a row without a time."""

MOST_TOLD = 1_000
"""Refused rows told one by one at the most; the rest is only counted."""

MOST_HINTS = 8
"""Unknown names compared with all known ones at the most: the comparison is dear, and one hint shows the pattern."""

_EARLIEST = 10**10
"""The end of April 1970. Anything before is seconds sent as milliseconds, or a clock that was never set."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GOOD, _MISSING = QUALITIES.index("good"), QUALITIES.index("missing")
_HALF_HOUR = 30 * MINUTE

T = TypeVar("T")

Fault = tuple[str, str]
"""What is wrong, and the remedy."""


class StaleIds(ReadingError):
    """Ids of a catalogue that is not the one in force: fetch it again."""

    def __init__(self, sent: str) -> None:
        what = "the ids are of another catalogue than the one in force" if sent else "the body does not say whose ids it has"
        super().__init__(what, where="Bihuan-Catalogue", remedy="Fetch GET /live/series and send its `catalogue` with its ids.")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One reading as it was sent. `row` counts as the sender counts: lines of a file, rows of a list from 1.

    `at` is milliseconds UTC or ISO 8601 text, local to the centre's zone without an offset. An empty `value` says "nothing for
    this time"; an empty `quality` is `good`. `trouble` is what the connector could not read; such a row is refused for it.
    """

    row: int
    indicator: str = ""
    place: str = ""
    at: int | str = ""
    value: float | str | None = None
    quality: str = ""
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Rows as lists of one length, counted from 1; what is in them as in `Row`."""

    indicator: Sequence[str]
    place: Sequence[str]
    at: Sequence[int | str]
    value: Sequence[float | str | None]
    quality: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Rows as columns of one length, names dictionary-encoded. Code -1 stands for a name that was not sent.

    `at` (int64) is milliseconds UTC, or of the centre's zone where `local`; NO_TIME where there is none. `value` (float64)
    is NaN where there is none.
    """

    indicators: Sequence[str]
    indicator: I32
    places: Sequence[str]
    place: I32
    at: I64
    value: F64
    qualities: Sequence[str] = ()
    quality: I32
    row: I64
    local: bool = False

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, kw_only=True)
class IdColumns:
    """Rows as columns of one length, series by their ids (int32 or int64) in the catalogue of digest `catalogue`.

    `at`, `value`, `qualities`, `quality` and `local` as in `Columns`. Rows count from 1.
    """

    catalogue: str
    ids: I32 | I64
    at: I64
    value: F64
    qualities: Sequence[str] = ()
    quality: I32
    local: bool = False

    def __len__(self) -> int:
        return len(self.ids)


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    row: int
    what: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The good rows in the order they came, and the first MOST_TOLD of the others. `rows` counts all that came."""

    batch: Batch
    refused: tuple[RefusedRow, ...]
    rows: int


def accept(
    rules: Rules,
    rows: Iterable[Row] | Lists,
    *,
    now: int,
    source: str,
    future_ms: int = MINUTE,
    catalogue: Catalogue | None = None,
) -> Accepted:
    """Hold rows against the rules. Times more than `future_ms` after `now` are refused.

    `catalogue` is that of the rules, from one who asks often. Raises ReadingError for more than MOST_ROWS rows.
    """
    columns, unread = _columns_of(rules, rows)
    return _accept_named(catalogue or Catalogue(rules), columns, unread, now, future_ms, source)


def accept_columns(
    rules: Rules,
    columns: Columns,
    *,
    now: int,
    source: str,
    future_ms: int = MINUTE,
    catalogue: Catalogue | None = None,
) -> Accepted:
    """As `accept`, for columns: Python sees each name and each refused row once, never each row.

    Raises ReadingError for more than MOST_ROWS rows.
    """
    _bounded(len(columns))
    if columns.local:
        columns = replace(columns, at=_in_utc(columns.at, rules.zone), local=False)
    return _accept_named(catalogue or Catalogue(rules), columns, {}, now, future_ms, source)


def accept_ids(catalogue: Catalogue, columns: IdColumns, *, now: int, source: str, future_ms: int = MINUTE) -> Accepted:
    """As `accept_columns`, for ids of `catalogue`: Python sees only the rows that are refused.

    Raises ReadingError for more than MOST_ROWS rows, StaleIds where the ids are another catalogue's.
    """
    _bounded(len(columns))
    if columns.catalogue != catalogue.digest:
        raise StaleIds(columns.catalogue)
    if columns.local:
        columns = replace(columns, at=_in_utc(columns.at, catalogue.zone), local=False)
    if (batch := _all_good(catalogue, columns.ids, columns, now + future_ms, source)) is not None:
        return Accepted(batch=batch, refused=(), rows=len(columns))
    ids: I64 = columns.ids.astype(np.int64, copy=False)
    refusals = _Refusals(np.arange(1, len(columns) + 1), {})
    for index in refusals.rows(ids.view(np.uint64) >= catalogue.count):
        what = f"there is no series {ids[index]}."
        refusals.say(index, what, f"Ids run from 0 to {catalogue.count - 1}: see GET /live/series.")
    return _accept(catalogue, refusals, ids, columns, now, future_ms, source)


def _all_good(catalogue: Catalogue, ids: I32 | I64, columns: Columns | IdColumns, until: int, source: str) -> Batch | None:
    """The batch, where it shows at the least and the greatest of each column that no row can be refused, as with most
    bodies; None where each row has to be looked at."""
    at, value = columns.at, columns.value
    if columns.qualities or not len(at):
        return None
    first, last = int(ids.min()), int(ids.max())
    if first < 0 or last >= catalogue.count or at.min() < _EARLIEST or at.max() > until:
        return None
    block_of = catalogue.numbering.block_of
    blocks = slice(int(block_of[first]), int(block_of[last]) + 1)  # those of all rows: ids of a block follow one another
    if catalogue.derived is not None and catalogue.derived[blocks].any():
        return None
    least, most = value.min(), value.max()  # NaN where there is one
    possible = catalogue.least[blocks].max() <= least and most <= catalogue.most[blocks].min()
    if not (possible and isfinite(least) and isfinite(most)):
        return None
    good = np.full(len(at), _GOOD, np.uint8)
    series: I32 = ids.astype(np.int32, copy=False)
    return Batch(numbering=catalogue.numbering, series=series, at=at, value=value, quality=good, source=source)


def _accept(
    catalogue: Catalogue, refusals: "_Refusals", ids: I64, columns: Columns | IdColumns, now: int, future_ms: int, source: str
) -> Accepted:
    """Rows whose series are known, but for those refused already."""
    at, value = columns.at, columns.value
    _judge_sources(refusals, catalogue, ids)
    _judge_times(refusals, at, now, future_ms, catalogue.zone)
    _judge_values(refusals, value, catalogue, ids)
    quality = _judge_quality(refusals, columns)
    if not refusals.all_left:
        good = np.flatnonzero(refusals.left)
        ids, at, value, quality = ids[good], at[good], value[good], quality[good]
    batch = Batch(
        numbering=catalogue.numbering, series=ids.astype(np.int32), at=at, value=value, quality=quality, source=source
    )
    return Accepted(batch=batch, refused=refusals.told(), rows=len(columns))


def _accept_named(
    catalogue: Catalogue, columns: Columns, unread: dict[int, Fault], now: int, future_ms: int, source: str
) -> Accepted:
    ids = catalogue.numbering.numbers(columns.indicators, columns.indicator, columns.places, columns.place)
    if not unread and (batch := _all_good(catalogue, ids, columns, now + future_ms, source)) is not None:
        return Accepted(batch=batch, refused=(), rows=len(columns))
    refusals = _Refusals(columns.row, unread)
    if unknown := refusals.rows(ids < 0):
        _Names(catalogue.rules, columns, refusals).judge(unknown)
    return _accept(catalogue, refusals, ids, columns, now, future_ms, source)


class _Refusals:
    """Which rows are left, and why the others are not: the first fault found of each."""

    def __init__(self, row: I64, unread: dict[int, Fault]) -> None:
        self._row = row
        self.left: Bools = np.ones(len(row), np.bool_)
        self.left[list(unread)] = False
        self.all_left = not unread
        self._faults: dict[int, Fault] = dict(sorted(unread.items())[:MOST_TOLD])

    def rows(self, wrong: Bools) -> list[int]:
        """Refuse the rows that are `wrong` and still left; answer those of them that are to be told."""
        if not wrong.any():
            return []
        self.all_left = False
        found = np.flatnonzero(wrong & self.left)
        self.left[found] = False
        return [int(index) for index in found[:MOST_TOLD]]

    def say(self, index: int, what: str, remedy: str) -> None:
        self._faults[index] = (what, remedy)

    def told(self) -> tuple[RefusedRow, ...]:
        first = sorted(self._faults)[:MOST_TOLD]
        return tuple(
            RefusedRow(row=int(self._row[index]), what=self._faults[index][0], remedy=self._faults[index][1]) for index in first
        )


# --- names ---------------------------------------------------------------------------------------------------


class _Names:
    """What is wrong with the names of rows that are no series, and what was meant."""

    def __init__(self, rules: Rules, columns: Columns, refusals: "_Refusals") -> None:
        self._rules, self._columns, self._refusals = rules, columns, refusals
        self._hints = 0
        self._faults: dict[tuple[str, str], Fault] = {}

    def judge(self, rows: Iterable[int]) -> None:
        columns = self._columns
        for index in rows:
            left, right = int(columns.indicator[index]), int(columns.place[index])
            pair = columns.indicators[left] if left >= 0 else "", columns.places[right] if right >= 0 else ""
            if pair not in self._faults:
                self._faults[pair] = self._fault(*pair, self._rules.indicators.get(pair[0]))
            self._refusals.say(index, *self._faults[pair])

    def _fault(self, name: str, place: str, indicator: Indicator | None) -> Fault:
        if not name:
            return "the row names no indicator.", "Fill the column 'indicator'."
        if indicator is None:
            return f"no pack declares the indicator '{_short(name)}'.", self._hint("indicators", name, self._rules.indicators)
        if not place:
            return "the row names no place.", "Fill the column 'place' with the code of a place or thing."
        if place not in self._rules.places and place not in self._rules.things:
            known = self._rules.subjects(indicator)
            return f"there is no place or thing '{_short(place)}'.", self._hint(f"codes for '{name}'", place, known)
        return f"'{name}' is about {_about(indicator)}, and '{place}' is {self._what(place)}.", _remedy_for(indicator)

    def _what(self, place: str) -> str:
        thing, known = self._rules.things.get(place), self._rules.places.get(place)
        if thing is not None:
            return f"a thing of kind '{thing.kind}'"
        assert known is not None
        return "a special zone, a unit without ground of its own" if known.unit_only else f"a place of level '{known.level}'"

    def _hint(self, what: str, word: str, known: Iterable[str]) -> str:
        self._hints += 1
        if self._hints > MOST_HINTS or len(word) > 100:
            return "Check the name, as with the rows refused before."
        return known_names(what, word, known)


def _about(indicator: Indicator) -> str:
    subject = indicator.subject
    if subject.only:
        return f"{', '.join(subject.only[:MOST_HINTS])} only"
    if subject.levels:
        return f"places of level {' or '.join(map(repr, subject.levels))}"
    return f"things of kind '{subject.things}'"


def _remedy_for(indicator: Indicator) -> str:
    return f"Send it with the code of {'' if indicator.subject.only else 'one of the '}{_about(indicator)}."


def _short(text: str) -> str:
    """Strangers' text in a message, bounded."""
    return text if len(text) <= 60 else text[:57] + "..."


def _judge_sources(refusals: _Refusals, catalogue: Catalogue, ids: I64) -> None:
    """What is worked out by a formula is not sent: two sources of one series would be two truths."""
    if catalogue.derived is None or not len(ids):
        return
    block_of = catalogue.numbering.block_of
    for index in refusals.rows(catalogue.derived[block_of[np.where(refusals.left, ids, 0)]]):
        indicator = catalogue.indicators[block_of[ids[index]]]
        assert indicator.formula is not None
        what = f"'{indicator.id}' is worked out by a formula ({_short(indicator.formula.expression)}), and cannot be sent."
        refusals.say(index, what, f"Send what it is worked out from: {', '.join(indicator.formula.of.values())}.")


# --- times, values, quality ----------------------------------------------------------------------------------


def _judge_times(refusals: _Refusals, at: I64, now: int, future_ms: int, zone: tzinfo) -> None:
    for index in refusals.rows(at == NO_TIME):
        refusals.say(index, "the row has no time.", "Fill the column 'at'.")
    for index in refusals.rows(at < _EARLIEST):
        what = f"the time {_time(at[index], zone)} is before {iso(_EARLIEST, zone)}."
        refusals.say(index, what, "Send milliseconds since 1970 (seconds times 1000) or ISO 8601, from a clock that is set.")
    for index in refusals.rows(at > now + future_ms):
        what = f"the time {_time(at[index], zone)} is still to come: here it is {iso(now, zone)}."
        refusals.say(
            index, what, f"Check the sender's clock, and the offset: without one, times are read as {_offset(now, zone)}."
        )


def _time(at: np.int64, zone: tzinfo) -> str:
    try:
        return iso(int(at), zone)
    except OverflowError:
        return f"{at} ms"


def _offset(now: int, zone: tzinfo) -> str:
    return f"UTC{iso(now, zone)[-6:]}"


def _judge_values(refusals: _Refusals, value: F64, catalogue: Catalogue, ids: I64) -> None:
    for index in refusals.rows(np.isinf(value)):
        refusals.say(index, "the value is infinite.", "Send a number, or leave the value empty where there is none.")
    if not refusals.left.any():
        return
    # Ids of rows refused before may be none: any block will do for those.
    block = catalogue.numbering.block_of[ids if refusals.all_left else np.where(refusals.left, ids, 0)].astype(np.intp)
    with np.errstate(invalid="ignore"):
        outside = (value < catalogue.least[block]) | (value > catalogue.most[block])
    for index in refusals.rows(outside):
        indicator = catalogue.indicators[int(block[index])]
        what = f"{value[index]:g} {indicator.unit} is impossible for '{indicator.id}': {_range(indicator)}."
        refusals.say(index, what, "Check the sensor and the unit of measure.")


def _range(indicator: Indicator) -> str:
    if indicator.least is None:
        return f"it is {indicator.most:g} at the most"
    if indicator.most is None:
        return f"it is {indicator.least:g} at least"
    return f"it lies between {indicator.least:g} and {indicator.most:g}"


def _judge_quality(refusals: _Refusals, columns: Columns | IdColumns) -> npt.NDArray[np.uint8]:
    """Codes of the flags. No value means `missing`, whatever the flag says."""
    empty = np.isnan(columns.value)
    if not columns.qualities:
        return np.where(empty, np.uint8(_MISSING), np.uint8(_GOOD))
    codes = np.array([QUALITIES.index(name) if name in QUALITIES else -1 for name in columns.qualities] + [_GOOD], np.int64)
    for index in refusals.rows(codes[columns.quality] < 0):
        name = columns.qualities[columns.quality[index]]
        refusals.say(index, f"the quality '{_short(name)}' means nothing.", known_names("flags", name[:100], QUALITIES))
    for index in refusals.rows((codes[columns.quality] == _MISSING) & ~empty):
        what = f"the quality says 'missing', and the value says {columns.value[index]:g}."
        refusals.say(index, what, "Leave the value empty, or flag it 'suspect'.")
    return np.where(empty, _MISSING, codes[columns.quality]).astype(np.uint8)


def _in_utc(at: I64, zone: tzinfo) -> I64:
    """Local times as UTC. An offset is looked up once for each half hour that occurs: no zone changes it in between."""
    slots, of_row = np.unique(at // _HALF_HOUR, return_inverse=True)
    shift = np.array([_offset_ms(int(slot) * _HALF_HOUR, zone) for slot in slots], np.int64)
    return np.where(at == NO_TIME, NO_TIME, at - shift[of_row])


def _offset_ms(local: int, zone: tzinfo) -> int:
    """The zone's offset at a local time; 0 where no calendar reaches, such rows are refused for their time anyway."""
    try:
        offset = datetime.fromisoformat(iso(local)).replace(tzinfo=zone).utcoffset()
    except (OverflowError, ValueError):
        return 0
    return 0 if offset is None else int(offset.total_seconds() * 1000)


# --- rows to columns -----------------------------------------------------------------------------------------


def _columns_of(rules: Rules, rows: Iterable[Row] | Lists) -> tuple[Columns, dict[int, Fault]]:
    """Rows as columns, and by position what could not be read."""
    lists, number, trouble = (rows, None, {}) if isinstance(rows, Lists) else _lists_of(rows)
    _bounded(len(lists))
    indicators, indicator = _coded(lists.indicator)
    places, place = _coded(lists.place)
    qualities, quality = _coded(lists.quality)
    at, no_times = _times(lists.at, rules.zone)
    value, no_values = _values(lists.value)
    known = np.array([code if name else -1 for code, name in enumerate(qualities)], np.int32)
    columns = Columns(
        indicators=indicators,
        indicator=indicator,
        places=places,
        place=place,
        at=at,
        value=value,
        qualities=tuple(name or "" for name in qualities),
        quality=known[quality],
        row=np.arange(1, len(lists) + 1) if number is None else number,
    )
    return columns, no_values | no_times | trouble


def _lists_of(rows: Iterable[Row]) -> tuple[Lists, I64, dict[int, Fault]]:
    found = list(islice(rows, MOST_ROWS + 1))
    lists = Lists(
        indicator=[row.indicator for row in found],
        place=[row.place for row in found],
        at=[row.at for row in found],
        value=[row.value for row in found],
        quality=[row.quality for row in found],
    )
    said = {n: (row.trouble, "Mend the row and send it again.") for n, row in enumerate(found) if row.trouble}
    return lists, np.array([row.row for row in found], np.int64), said


def _coded(found: Sequence[T]) -> tuple[tuple[T, ...], I32]:
    """What is in a list, once each, and for every entry which it is."""
    codes = {name: code for code, name in enumerate(dict.fromkeys(found))}
    return tuple(codes), np.fromiter(map(codes.__getitem__, found), np.int32, len(found))


def _bounded(rows: int) -> None:
    if rows > MOST_ROWS:
        raise ReadingError(f"there are more than {MOST_ROWS:,} rows.", remedy="Send them in several batches.")


def _times(found: Sequence[int | str], zone: tzinfo) -> tuple[I64, dict[int, Fault]]:
    """Milliseconds UTC, each text read once, and by position what is no time."""
    texts, code = _coded(found)
    read = [_time_of(text, zone) for text in texts]
    at = np.array([NO_TIME if isinstance(one, tuple) else one for one in read], np.int64)[code]
    faults = {n: one for n, one in enumerate(read) if isinstance(one, tuple)}
    return at, {int(n): faults[int(code[n])] for n in np.flatnonzero(np.isin(code, list(faults)))} if faults else {}


def _time_of(at: int | str, zone: tzinfo) -> int | Fault:
    if not isinstance(at, str):
        return at if abs(at) < 2**62 else _no_time(str(at))
    text = at.strip()
    if not text:
        return NO_TIME
    try:
        moment = instant(text, zone) if len(text) <= 40 else 2**62
    except (ValueError, OverflowError):
        moment = 2**62
    return moment if abs(moment) < 2**62 else _no_time(text)


def _no_time(text: str) -> Fault:
    return f"'{_short(text)}' is not a time.", "Write it like 2018-05-13T20:00:00+08:00, or as milliseconds since 1970."


def _values(found: Sequence[float | str | None]) -> tuple[F64, dict[int, Fault]]:
    """Numbers, NaN for none, and by position what is no number."""
    if str not in set(map(type, found)):
        return np.array(found, np.float64), {}  # None becomes NaN
    read = [_value(value) for value in found]
    value = np.array([np.nan if isinstance(one, tuple) else one for one in read], np.float64)
    return value, {n: one for n, one in enumerate(read) if isinstance(one, tuple)}


def _value(value: float | str | None) -> float | Fault:
    if value is None:
        return np.nan
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    if not text:
        return np.nan
    if not _NUMBER.fullmatch(text) or len(text) > 60:
        return f"the value '{_short(text)}' is not a number.", "Write it like 12.5; leave it empty where there is none."
    return float(text)
