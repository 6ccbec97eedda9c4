"""What a pack may declare. These classes are the schema: the loader, the linter and the editor's JSON Schema read them.

A pack is a folder: `pack.yaml`, YAML files in which the top-level keys below may stand in any file, and CSV for bulk rows.
Everything here is frozen. Spans of time are written `10m`, `1h30m` and are integer milliseconds once read.
"""

from bihuan.pack.schema.base import Declared, Limit, Manifest, Source, Span, Words, read_span
from bihuan.pack.schema.indicators import (
    NO_DATUM,
    Condition,
    Formula,
    Indicator,
    Ladder,
    Op,
    Override,
    Plate,
    Rung,
    Subject,
    SubTrack,
    Track,
    Version,
    Window,
)
from bihuan.pack.schema.scorecards import Band, Colour, FiveColours, Item, LevelPoints, Scorecard
from bihuan.pack.schema.trees import Calendar, Department, Level, Place, PlaceLevel, Thing, ThingKind
from bihuan.pack.schema.work import (
    AreaFile,
    ButtonTrigger,
    CaseType,
    DataCondition,
    Group,
    Life,
    Move,
    OddHours,
    Opening,
    Plan,
    Receive,
    Recheck,
    ReportTrigger,
    Route,
    Same,
    SilentTrigger,
    StepRule,
    To,
    Trigger,
    WarningTrigger,
)

__all__ = [
    "NO_DATUM",
    "AreaFile",
    "Band",
    "ButtonTrigger",
    "Calendar",
    "CaseType",
    "Colour",
    "Condition",
    "Content",
    "DataCondition",
    "Declared",
    "Department",
    "FiveColours",
    "Formula",
    "Group",
    "Indicator",
    "Item",
    "Ladder",
    "Level",
    "LevelPoints",
    "Life",
    "Limit",
    "Manifest",
    "Move",
    "OddHours",
    "Op",
    "Opening",
    "Override",
    "Place",
    "PlaceLevel",
    "Plan",
    "Plate",
    "Receive",
    "Recheck",
    "ReportTrigger",
    "Route",
    "Rung",
    "Same",
    "Scorecard",
    "Sentence",
    "SilentTrigger",
    "Source",
    "Span",
    "StepRule",
    "SubTrack",
    "Subject",
    "Thing",
    "ThingKind",
    "To",
    "Track",
    "Trigger",
    "Version",
    "WarningTrigger",
    "Window",
    "Words",
    "read_span",
]


class Sentence(Declared, frozen=True):
    """A sentence or label the kernel refers to by id, e.g. an improvement or a flag."""

    id: str
    words: Words


class Content(Declared, frozen=True):
    """The top-level keys that may stand in any YAML file of a pack besides `pack.yaml`."""

    levels: tuple[Level, ...] = ()
    place_levels: tuple[PlaceLevel, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    departments: tuple[Department, ...] = ()
    thing_kinds: tuple[ThingKind, ...] = ()
    plates: tuple[Plate, ...] = ()
    tracks: tuple[Track, ...] = ()
    sub_tracks: tuple[SubTrack, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    groups: tuple[Group, ...] = ()
    plans: tuple[Plan, ...] = ()
    cases: tuple[CaseType, ...] = ()
    lives: tuple[Life, ...] = ()
    areas: tuple[AreaFile, ...] = ()
    routes: tuple[Route, ...] = ()
    scorecards: tuple[Scorecard, ...] = ()
    five_colours: tuple[FiveColours, ...] = ()
    sentences: tuple[Sentence, ...] = ()
