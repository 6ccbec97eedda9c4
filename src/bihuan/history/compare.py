"""A period against the last one and the same one a year before, place by place."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta, tzinfo
from itertools import pairwise

import numpy as np

from bihuan.history.contract import F64, I64, Comparison, Fold, IndicatorColumns, Period, Side
from bihuan.model.periods import after, at_day, begin, day_of, year_before
from bihuan.model.readings import QUALITIES
from bihuan.model.times import DAY, HOUR

_MISSING = QUALITIES.index("missing")
LONGEST_PIECE = 7 * DAY
MOST_AT_ONCE = 2_000_000
"""Readings in memory at once, some 50 MB: a year of many places is read in pieces."""

Span = tuple[int, int]
"""From the first up to, not including, the second."""


def spans(period: Period, at: int, zone: tzinfo) -> tuple[Span, Span, Span | None]:
    """The period `at` lies in, up to and including `at`, and as much of the last one and of the one a year before.

    Days, weeks (from Monday, ISO 8601), months and years are those of `zone`. A finished period (`at` its last millisecond)
    is held against finished ones. None: a year before there was no such day or week, or the last one was it (years).
    """
    first = begin(period, day_of(at, zone))
    since, end = at_day(first, zone), at_day(after(period, first), zone)
    until = at + 1
    elapsed = None if until == end else until - since

    def so_far(first: date) -> Span:
        start, stop = at_day(first, zone), at_day(after(period, first), zone)
        return start, stop if elapsed is None else min(stop, start + elapsed)

    year = None if period == "year" else year_before(period, first)
    return (since, until), so_far(begin(period, first - timedelta(days=1))), so_far(year) if year else None


def compared(
    read: Callable[[str, int, int], IndicatorColumns],
    indicator: str,
    period: Period,
    at: int,
    fold: Fold,
    zone: tzinfo,
    existed: Mapping[str, Span],
    piece: int = LONGEST_PIECE,
) -> Comparison:
    """The comparison, over what `read(indicator, since, until)` gives for each of the periods, `piece` ms at a time.

    `existed` says of places from when to when they were there; those it does not name always were. A place that has a
    reading in any of the periods is in the comparison, if it exists at its end or has readings in this period.
    """
    asked = spans(period, at, zone)
    folded = [None if span is None else _folded(lambda a, b: read(indicator, a, b), span, fold, piece) for span in asked]
    names = {name for found in folded if found for name in found}
    this = folded[0] or {}
    places = tuple(sorted(name for name in names if name in this or _there(existed.get(name), (at, at + 1))))
    sides = [
        # What a place made in the middle of this period has counts; before, it was another place or none.
        None if span is None or found is None else _side(span, found, places, existed if span is not asked[0] else {})
        for span, found in zip(asked, folded, strict=True)
    ]
    now, last, year = sides
    assert now is not None, "there is always a this period"
    assert last is not None, "there is always a period before"
    return Comparison(indicator=indicator, places=places, this=now, last=last, year=year)


def _side(span: Span, found: Mapping[str, tuple[float, int]], places: tuple[str, ...], existed: Mapping[str, Span]) -> Side:
    left_out = tuple(place for place in places if not _there(existed.get(place), span))
    known = {**found, **dict.fromkeys(left_out, (np.nan, 0))}
    pairs = [known.get(place, (np.nan, 0)) for place in places]
    value = np.array([pair[0] for pair in pairs], np.float64)
    count = np.array([pair[1] for pair in pairs], np.int64)
    return Side(since=span[0], until=span[1], value=value, count=count, left_out=left_out)


def _there(life: Span | None, span: Span) -> bool:
    return life is None or (life[0] <= span[0] and span[1] <= life[1])


def piece_of(rows_a_day: float) -> int:
    """How long a time may be read at once where so many readings come a day: whole hours, as they are kept."""
    return min(LONGEST_PIECE, max(1, int(MOST_AT_ONCE / max(rows_a_day, 1.0) * 24)) * HOUR)


def _folded(read: Callable[[int, int], IndicatorColumns], span: Span, fold: Fold, piece: int) -> dict[str, tuple[float, int]]:
    """By place: the value, and how many readings it stands on. Readings that say they have no value are not among them."""
    out: dict[str, tuple[float, int]] = {}
    cuts = [*range(span[0], span[1], piece), span[1]]
    for since, until in pairwise(cuts):
        for name, (value, count) in _piece(read(since, until - 1), fold).items():
            before, many = out.get(name, (value, 0))
            out[name] = value if not many else _joined(fold, before, value), many + count
    if fold == "mean":
        return {name: (total / count, count) for name, (total, count) in out.items()}
    return out


def _piece(columns: IndicatorColumns, fold: Fold) -> dict[str, tuple[float, int]]:
    """As `_folded`, of what was read at once; a mean is still a sum."""
    has = (columns.quality != _MISSING) & ~np.isnan(columns.value)
    place, value = columns.place[has], columns.value[has]
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    counts = np.diff(starts, append=len(place))
    names = [columns.places[code] for code in place[starts].tolist()]
    values = _fold(fold, value, starts, counts) if len(starts) else np.empty(0)
    return {name: pair for name, *pair in zip(names, values.tolist(), counts.tolist(), strict=True)}  # type: ignore[misc]


def _joined(fold: Fold, before: float, after: float) -> float:
    match fold:
        case "max":
            return max(before, after)
        case "min":
            return min(before, after)
        case "last":
            return after
        case _:
            return before + after


def _fold(fold: Fold, value: F64, starts: I64, counts: I64) -> F64:
    match fold:
        case "sum" | "mean":
            return np.add.reduceat(value, starts)
        case "max":
            return np.maximum.reduceat(value, starts)
        case "min":
            return np.minimum.reduceat(value, starts)
        case "last":
            last: F64 = value[starts + counts - 1]
            return last
        case "count":
            return counts.astype(np.float64)
