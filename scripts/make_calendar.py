"""Writes the calendar of the base pack: `python scripts/make_calendar.py >packs/base/calendars.yaml`.

They come from the package chinesecalendar (MIT), which follows the State Council's notices year by year. Run it again when a
new release of that package knows a further year.
"""

from datetime import date, timedelta
from importlib.metadata import version

import chinese_calendar

HEAD = """\
# Statutory holidays that fall on Monday to Friday, and weekend days that are worked, as in chinesecalendar {version} (MIT):
# {first} to {last}. Later years have weekends only until scripts/make_calendar.py is run again.
calendars:
  - id: cq
    zone: Asia/Shanghai
    hours: ["08:00-12:00", "14:00-18:00"]
    week: [1, 2, 3, 4, 5]
"""
FIRST = 2010


def days() -> tuple[list[date], list[date], int]:
    """Weekdays off, weekend days worked, and the last year known."""
    last = max(chinese_calendar.constants.holidays).year
    every = [date(FIRST, 1, 1) + timedelta(days=n) for n in range((date(last + 1, 1, 1) - date(FIRST, 1, 1)).days)]
    off = [day for day in every if day.isoweekday() <= 5 and not chinese_calendar.is_workday(day)]
    on = [day for day in every if day.isoweekday() > 5 and chinese_calendar.is_workday(day)]
    return off, on, last


def calendars() -> str:
    off, on, last = days()
    text = HEAD.format(version=version("chinesecalendar"), first=FIRST, last=last)
    for name, chosen in (("holidays", off), ("make_up_days", on)):
        text += f"    {name}:\n"
        for year in range(FIRST, last + 1):
            some = [f'"{day}"' for day in chosen if day.year == year]
            if some:
                text += f"      # {year}\n" + "".join(f"      - {day}\n" for day in some)
    return text


if __name__ == "__main__":
    print(calendars(), end="")
