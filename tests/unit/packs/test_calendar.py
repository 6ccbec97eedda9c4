"""The holidays of the base pack are those that the kept library knows."""

from pathlib import Path

from scripts.make_calendar import calendars

WRITTEN = Path(__file__).parents[3] / "packs" / "base" / "calendars.yaml"


def test_the_calendar_is_as_the_script_writes_it() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == calendars(), "run scripts/make_calendar.py again"
