"""Levels, calendars, departments, places and things: what stands before any indicator."""

from bihuan.pack.schema.base import Declared, Words


class Level(Declared, frozen=True):
    """One level of every ladder, from calm to worst in the order written. `digit` goes with the colour on screens."""

    id: str
    words: Words
    colour: str
    digit: str


class PlaceLevel(Declared, frozen=True):
    """A level of the place tree, from the top down: city, district, town, village, grid."""

    id: str
    words: Words


class Calendar(Declared, frozen=True):
    """The zone and the working hours of a centre. Hours are local `HH:MM-HH:MM`."""

    id: str
    zone: str
    hours: tuple[str, ...] = ()
    week: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: tuple[str, ...] = ()
    make_up_days: tuple[str, ...] = ()


class Department(Declared, frozen=True):
    """A role that units at the named place levels have: `drainage` at `500101` is the unit `500101.drainage`.

    A `checker` department verifies; it never does tasks, so it is outside every doing chain.
    """

    role: str
    words: Words
    at: tuple[str, ...]
    checker: bool = False


class Place(Declared, frozen=True):
    """A row of a places CSV. `parent` is the division tree; `duty_parent` that of units where it differs (special zones)."""

    code: str
    name: str
    level: str
    parent: str = ""
    duty_parent: str = ""
    lon: float = 0.0
    lat: float = 0.0
    name_en: str = ""
    synthetic: bool = False
    unit_only: bool = False
    """A special zone: a unit with duties that is no division."""
    valid_from: str = ""
    valid_to: str = ""
    """ISO dates, inclusive and exclusive, where areas were re-drawn: who was not there for a whole period is not scored."""


class Thing(Declared, frozen=True):
    """A row of a things CSV: what is watched besides places. Never a person."""

    code: str
    kind: str
    name: str
    place: str
    lon: float
    lat: float
    name_en: str = ""
    synthetic: bool = False


class ThingKind(Declared, frozen=True):
    id: str
    words: Words
