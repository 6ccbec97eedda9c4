"""Days, weeks, months, quarters and years of a zone: where they begin, what comes next, and the same one a year before."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal, get_args

from bihuan.model.times import DAY, instant, local_floor, span

Named = Literal["day", "week", "month", "quarter", "year"]
NAMES: tuple[Named, ...] = get_args(Named)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(at: int, zone: tzinfo) -> date:
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).date()


def at_day(day: date, zone: tzinfo) -> int:
    """The first moment of a day."""
    return (datetime.combine(day, time(), zone) - _EPOCH) // timedelta(milliseconds=1)


def at_day_text(day: str, zone: tzinfo) -> int:
    """The first moment of an ISO date."""
    return at_day(date.fromisoformat(day), zone)


def begin(period: Named, day: date) -> date:
    """The first day of the period a day lies in; weeks begin on Monday (ISO 8601)."""
    match period:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)


def after(period: Named, first: date) -> date:
    """The first day of the period after the one that begins on `first`."""
    days = {"day": 1, "week": 7, "month": 31, "quarter": 93, "year": 366}[period]
    return begin(period, first + timedelta(days=days))


def year_before(period: Named, first: date) -> date | None:
    """The first day of the same period a year before: the week of that number, the day of that date. None: there was none."""
    try:
        if period == "week":
            year, week, _ = first.isocalendar()
            return date.fromisocalendar(year - 1, week, 1)
        return first.replace(year=first.year - 1)
    except ValueError:
        return None


# --- rhythms: a period by name, or a span such as 6h ----------------------------------------------------------


def is_rhythm(every: str) -> bool:
    """Whether `every` is one of NAMES or a span above 0."""
    try:
        return every in NAMES or span(every) > 0
    except ValueError:
        return False


def begin_at(every: str, at: int, zone: tzinfo) -> int:
    """When the period `at` lies in began. Spans count from local midnight 1970."""
    if every in NAMES:
        return at_day(begin(every, day_of(at, zone)), zone)
    return local_floor(at, span(every), zone)


@lru_cache(maxsize=64)
def end_at(every: str, since: int, zone: tzinfo) -> int:
    """When the period that `since` lies in ends: its first moment after."""
    if every in NAMES:
        return at_day(after(every, begin(every, day_of(since, zone))), zone)
    return since + span(every)


def last_at(every: str, since: int, zone: tzinfo) -> int:
    """When the period before the one that begins at `since` began."""
    return begin_at(every, since - 1, zone)


def year_before_at(every: str, since: int, zone: tzinfo) -> int | None:
    """When the same period a year before began; None where there was no such day or week. Of a span: 365 days before."""
    if every not in NAMES:
        return begin_at(every, since - 365 * DAY, zone)
    first = year_before(every, day_of(since, zone))
    return None if first is None else at_day(first, zone)


_WRITTEN = re.compile(r"(\d{4})-(?:(Q[1-4])|W(\d\d)|(\d\d)(?:-(\d\d))?)")


def moment_of(text: str, zone: tzinfo) -> int:
    """The first moment of a period as it is written: `2026`, `2026-Q3`, `2026-09`, `2026-W36`, `2026-09-05`, or of an ISO time.

    Raises ValueError with the accepted forms.
    """
    try:
        if re.fullmatch(r"\d{4}", text):
            return at_day(date(int(text), 1, 1), zone)
        if (found := _WRITTEN.fullmatch(text)) is None:
            return instant(text, zone)
        year, quarter, week, month, day = found.groups()
        if quarter:
            return at_day(date(int(year), int(quarter[1]) * 3 - 2, 1), zone)
        if week:
            return at_day(date.fromisocalendar(int(year), int(week), 1), zone)
        return at_day(date(int(year), int(month), int(day or 1)), zone)
    except ValueError as error:
        forms = "2026-Q3, 2026-09, 2026-W36, 2026-09-05 or an ISO time"
        raise ValueError(f"'{text}' is no period; write it like {forms}") from error
