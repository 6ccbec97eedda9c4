"""Checks of the base: levels, place levels, calendars, departments, places, things."""

import re
from datetime import tzinfo
from functools import cache

from bihuan.model.divisions import Division, is_next_below, read_division
from bihuan.model.times import fixed_zone
from bihuan.pack.checking import CODE, Check, is_date
from bihuan.pack.schema import Calendar, Place
from bihuan.pack.trouble import known_names

_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def check_trees(check: Check) -> None:
    _base(check)
    _calendars(check)
    _departments(check)
    _places(check)
    _things(check)


def zone_of(name: str) -> tzinfo:
    """The zone called `Asia/Shanghai`, or fixed at `+08:00`. Raises ValueError.

    A fixed offset is the same everywhere; a name is as good as the machine's time zone data.
    """
    if offset := _OFFSET.fullmatch(name):
        hours = int(offset[2]) + int(offset[3]) / 60
        return fixed_zone(-hours if offset[1] == "-" else hours)
    from zoneinfo import ZoneInfo  # its tables of paths are not looked up for a fixed offset

    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        raise ValueError(f"'{name}' is no time zone") from None


def _base(check: Check) -> None:
    draft = check.draft
    if len(check.levels) < 2:
        check.say("packs", "no pack declares warning levels.", "Load the base pack too, or declare at least calm and one more.")
    if not check.place_levels:
        check.say("packs", "no pack declares place levels.", "Load the base pack too.")
    if not draft.calendars.items:
        check.say("packs", "no pack declares a calendar.", "Load the base pack too.")
    for key, level in draft.levels.items.items():
        if not _COLOUR.fullmatch(level.colour):
            where = draft.levels.where(key, "colour")
            check.say(where, f"'{level.colour}' is no colour for level '{key}'.", "Write it as #E74C3C.")
        if len(level.digit) != 1:
            check.say(
                draft.levels.where(key, "digit"),
                f"level '{key}' needs one digit or letter to go with its colour.",
                'Write "2".',
            )


def _calendars(check: Check) -> None:
    section = check.draft.calendars
    for key, calendar in section.items.items():
        try:
            zone_of(calendar.zone)
        except ValueError:
            remedy = "Write a name such as Asia/Shanghai, or an offset such as +08:00."
            check.say(section.where(key, "zone"), f"'{calendar.zone}' is no time zone that is known here.", remedy)
        for index, text in enumerate(calendar.hours):
            match = _HOURS.fullmatch(text)
            if not match or (match[1], match[2]) >= (match[3], match[4]):
                check.say(section.where(key, "hours", index), f"'{text}' are no working hours.", "Write them as 08:00-12:00.")
        if any(day not in range(1, 8) for day in calendar.week):
            check.say(section.where(key, "week"), "a day of the week is 1 (Monday) to 7 (Sunday).")
        _days(check, key, calendar)


def _days(check: Check, key: str, calendar: Calendar) -> None:
    for name, days in (("holidays", calendar.holidays), ("make_up_days", calendar.make_up_days)):
        for index, day in enumerate(days):
            if not is_date(day):
                check.say(check.draft.calendars.where(key, name, index), f"'{day}' is no date.", "Write it as 2026-10-01.")


def _departments(check: Check) -> None:
    section = check.draft.departments
    for key, department in section.items.items():
        if not department.at:
            check.say(
                section.where(key), f"department '{key}' stands at no place level.", "List the levels that have it under 'at'."
            )
        for index, level in enumerate(department.at):
            check.place_level(level, f"department '{key}' stands at", section.where(key, "at", index))


def _places(check: Check) -> None:
    section = check.draft.places
    fine: set[tuple[str, str, str]] = set()
    for code, place in section.items.items():
        where = section.where(code)
        _code(check, "place", code, where)
        # Ten and more have the same level and parents: these are looked at once.
        if (same := (place.level, place.parent, place.duty_parent)) not in fine:
            if not check.place_level(place.level, f"place '{code}' has", where):
                continue
            if _parents(check, place, where):
                fine.add(same)
        if place.parent in section.items:
            _division(check, code, place.parent, where)
        _position(check, "place", code, place.lon, place.lat, where)
        for name, day in (("valid_from", place.valid_from), ("valid_to", place.valid_to)):
            if day and not is_date(day):
                check.say(where, f"place '{code}' has '{day}' as {name}, which is no date.", "Write it like 2026-01-31.")


def _parents(check: Check, place: Place, where: str) -> bool:
    """Whether both are there, and above it."""
    known = (("parent", place.parent), ("duty parent", place.duty_parent))
    wrong = [what for what, parent in known if parent and not _parent(check, place, what, parent, where)]
    return not wrong


def _parent(check: Check, place: Place, what: str, code: str, where: str) -> bool:
    above = check.draft.places.items.get(code)
    if above is None:
        remedy = known_names("places", code, check.draft.places.items)
        check.say(where, f"place '{place.code}' has the {what} '{code}', which is no place.", remedy)
        return False
    if above.level in check.place_levels and check.depth(above.level) >= check.depth(place.level):
        what = f"place '{place.code}' ({place.level}) has the {what} '{code}' ({above.level}), which is not above it."
        check.say(where, what, f"A parent is of a higher level: {' > '.join(check.place_levels)}.")
        return False
    return True


def _division(check: Check, code: str, parent: str, where: str) -> None:
    """Where a parent has a division code, a code of digits has to be one too, and of that parent."""
    above = _read(parent)
    if above is None or not (code.isascii() and code.isdigit()):
        return  # a pack may have codes of its own
    if is_next_below(code, above):
        return
    try:
        own = read_division(code)
    except ValueError as error:
        remedy = "Six digits of the county, three of the town, three of the village, three of the grid cell."
        check.say(where, f"{error}.", remedy)
        return
    if not own.lies_in(above):
        what = f"place '{code}' is the code of a {own.level} of '{own.code[: len(above.stem)]}', and its parent is '{parent}'."
        check.say(where, what, f"Codes of what lies in it begin with {above.stem}.")


@cache
def _read(code: str) -> Division | None:
    """Of a parent: many places have the same one."""
    try:
        return read_division(code)
    except ValueError:
        return None


def _things(check: Check) -> None:
    section, places = check.draft.things, check.draft.places
    for code, thing in section.items.items():
        where = section.where(code)
        _code(check, "thing", code, where)
        if code in places.items:
            what = f"thing '{code}' has the code of a place (at {places.where(code)})."
            check.say(where, what, "Give it a code of its own.")
        check.known(thing.kind, check.draft.thing_kinds.items, f"thing '{code}' has the kind", "kinds of thing", where)
        check.known(thing.place, places.items, f"thing '{code}' lies in the place", "places", where)
        _position(check, "thing", code, thing.lon, thing.lat, where)


def _code(check: Check, what: str, code: str, where: str) -> None:
    if not CODE.fullmatch(code):
        remedy = "Use letters, digits and hyphens, 64 at the most."
        check.say(where, f"'{code}' cannot be the code of a {what}.", remedy)


def _position(check: Check, what: str, code: str, lon: float, lat: float, where: str) -> None:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        check.say(where, f"{what} '{code}' lies at longitude {lon:g}, latitude {lat:g}, which is nowhere.", "Are they swapped?")
