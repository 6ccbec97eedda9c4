"""Working time: holidays, make-up days, halves of a day, and that adding and measuring are each other's inverse."""

from datetime import UTC, date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import chinese_calendar
import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bihuan.model.times import DAY, HOUR, MINUTE, instant, iso
from bihuan.pack.schema import Calendar, Limit
from bihuan.pack.working import WorkingTime

ROOT = Path(__file__).parents[3]
BASE = msgspec.convert(yaml.safe_load((ROOT / "packs/base/calendars.yaml").read_text("utf-8"))["calendars"][0], Calendar)
TIME = WorkingTime(BASE, ZoneInfo(BASE.zone))
ZONE = TIME._zone


def at(text: str) -> int:
    return instant(text, ZONE)


@pytest.mark.parametrize(
    ("filed", "limit", "due"),
    [
        ("2026-09-30T10:00", "1wd", "2026-10-08T10:00:00+08:00"),  # National Day lies between
        ("2026-09-30T10:00", "1d", "2026-10-01T10:00:00+08:00"),  # a natural day runs on
        ("2026-10-09T17:00", "4wh", "2026-10-10T11:00:00+08:00"),  # the Saturday of 10 October is worked
        ("2026-11-20T17:00", "2wh", "2026-11-23T09:00:00+08:00"),  # over an ordinary weekend
        ("2026-11-18T11:00", "2wh", "2026-11-18T15:00:00+08:00"),  # over noon
        ("2026-11-18T12:30", "2wh", "2026-11-18T16:00:00+08:00"),  # begun at noon
        ("2026-11-18T08:00", "4wh", "2026-11-18T12:00:00+08:00"),  # ends with the morning, not with the afternoon
        ("2026-11-18T09:00", "5wd", "2026-11-25T09:00:00+08:00"),
        ("2026-02-14T16:00", "1wd", "2026-02-24T16:00:00+08:00"),  # a worked Saturday before the Spring Festival
    ],
)
def test_a_limit_ends_when_a_duty_officer_would_say(filed: str, limit: str, due: str) -> None:
    asked = Limit.read(limit)
    start = at(filed)
    end = TIME.due(start, TIME.ms(asked)) if asked.working else start + TIME.ms(asked)
    assert iso(end, ZONE) == due


def test_a_work_day_has_the_hours_of_the_calendar() -> None:
    assert TIME.day == 8 * HOUR
    assert TIME.ms(Limit.read("2wd")) == 16 * HOUR


@given(st.integers(at("2026-01-01T00:00"), at("2026-12-31T00:00")), st.integers(0, 200 * HOUR))
def test_as_much_working_time_lies_between_as_was_asked_for(start: int, span: int) -> None:
    due = TIME.due(start, span)
    assert TIME.between(start, due) == span
    assert span == 0 or TIME.between(start, due - 1) == span - 1


@given(st.lists(st.integers(at("2026-01-01T00:00"), at("2026-12-31T00:00")), min_size=3, max_size=3))
def test_working_time_adds_up_over_a_moment_between(moments: list[int]) -> None:
    a, b, c = sorted(moments)
    assert TIME.between(a, b) + TIME.between(b, c) == TIME.between(a, c) == -TIME.between(c, a)


def test_the_base_calendar_is_the_kept_librarys_day_for_day() -> None:
    day = date(2010, 1, 1)
    while day <= date(2026, 12, 31):
        assert TIME.works(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_summer_time_moves_no_hour_on_the_wall() -> None:
    time = WorkingTime(
        Calendar(id="x", zone="Europe/Berlin", hours=("08:00-12:00",), week=(1, 2, 3, 4, 5, 6, 7)), ZoneInfo("Europe/Berlin")
    )
    friday = instant("2026-03-27T11:00", time._zone)
    assert iso(time.due(friday, 9 * HOUR), time._zone) == "2026-03-29T12:00:00+02:00"


def test_a_calendar_without_hours_is_said_and_not_searched_for_ever() -> None:
    with pytest.raises(ValueError, match="does the calendar have hours"):
        WorkingTime(Calendar(id="x", zone="UTC"), UTC).due(0, HOUR)


@pytest.mark.parametrize("text", ["", "4", "4 wh", "1h30wm", "-2wd", "2wd4wh"])
def test_a_limit_that_cannot_be_read_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="4wh or 7wd"):
        Limit.read(text)


def test_limits_read_as_they_are_written() -> None:
    for text in ("10m", "4h", "2d", "4wh", "7wd"):
        assert str(Limit.read(text)) == text
    assert (Limit.read("90m").span, Limit.read("2d").span, Limit.read("4wh").working) == (90 * MINUTE, 2 * DAY, True)
    assert Limit.read("1h") != Limit.read("1wh")
