"""Working time: which hours of which days count, and when a limit that counts only those runs out.

Four kinds of limit (GB/T 30428's practice): urgent hours and natural days run on; work hours and work days count only the
hours of the calendar, on its weekdays, without statutory holidays, and with the days worked instead. A work day is as many
work hours as one working day of the calendar has.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property

from bihuan.model.times import MINUTE, span_text
from bihuan.pack.schema import Calendar, Limit

FARTHEST = 4000
"""Days a limit may reach into the future. A calendar without a working day must not be searched for ever."""


def working_day(hours: Sequence[str]) -> int:
    """Milliseconds of a working day with these hours (`08:00-12:00`)."""
    return sum(end - begin for begin, end in map(_minutes, hours)) * MINUTE


class WorkingTime:
    """The working time of one calendar. Times are ms UTC; spans of working time are ms that count."""

    def __init__(self, calendar: Calendar, zone: tzinfo) -> None:
        self._zone = zone
        self._hours_written = calendar.hours
        self._hours = sorted(_minutes(text) for text in calendar.hours)
        self._week = frozenset(calendar.week)
        self._off = frozenset(date.fromisoformat(day) for day in calendar.holidays)
        self._on = frozenset(date.fromisoformat(day) for day in calendar.make_up_days)
        self._windows: dict[date, tuple[tuple[int, int], ...]] = {}

    @cached_property
    def day(self) -> int:
        """Milliseconds of one working day."""
        return working_day(self._hours_written)

    def ms(self, limit: Limit) -> int:
        """A limit in milliseconds: of working time where it counts that."""
        return limit.days * self.day if limit.days else limit.span

    def works(self, day: date) -> bool:
        return day in self._on or (day.isoweekday() in self._week and day not in self._off)

    def open_at(self, at: int) -> bool:
        """Whether `at` is working time; its end is not any more."""
        return any(begin <= at < end for begin, end in self._of(self._date(at)))

    def due(self, start: int, span: int) -> int:
        """When `span` of working time has passed since `start`: the earliest such moment.

        Raises ValueError where that is not within `FARTHEST` days.
        """
        left, day = span, self._date(start)
        if left <= 0:
            return start
        for _ in range(FARTHEST):
            for begin, end in self._of(day):
                begin = max(begin, start)
                if end - begin >= left:
                    return begin + left
                left -= max(0, end - begin)
            day += timedelta(days=1)
        raise ValueError(f"{span_text(span)} of working time do not end within {FARTHEST} days: does the calendar have hours?")

    def between(self, start: int, end: int) -> int:
        """Working time that passed from `start` to `end`; below zero where `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        total, day, last = 0, self._date(start), self._date(end)
        while day <= last:
            total += sum(max(0, min(close, end) - max(opens, start)) for opens, close in self._of(day))
            day += timedelta(days=1)
        return total

    def _date(self, at: int) -> date:
        return datetime.fromtimestamp(at / 1000, self._zone).date()

    def _of(self, day: date) -> tuple[tuple[int, int], ...]:
        known = self._windows.get(day)
        if known is None:
            known = ()
            if self.works(day):
                known = tuple((self._at(day, begin), self._at(day, end)) for begin, end in self._hours)
            self._windows[day] = known
        return known

    def _at(self, day: date, minutes: int) -> int:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        # By the clock on the wall: on the day summer time begins 14:00 is still 14:00.
        return int((midnight + timedelta(minutes=minutes)).timestamp() * 1000)


def _minutes(text: str) -> tuple[int, int]:
    """`08:00-12:00` as minutes after midnight."""
    begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return begin, end
