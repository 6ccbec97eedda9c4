"""Scorecards: measures, weights, bands and colours."""

from typing import Literal

from bihuan.pack.schema.base import Declared, Limit, Source, Words


class Band(Declared, frozen=True):
    """Points from this value on (in the item's direction)."""

    value: float
    points: float


class Item(Declared, frozen=True):
    """One line of a scorecard: a measure the kernel knows, a weight, and bands that turn its value into 0-100 points."""

    id: str
    words: Words
    measure: str
    weight: float
    direction: Literal["higher-is-better", "lower-is-better"]
    bands: tuple[Band, ...] = ()


class Colour(Declared, frozen=True):
    """Scores from `least` on stand at `level`; the list goes from best to worst."""

    least: float
    level: str


class Scorecard(Declared, frozen=True):
    id: str
    words: Words
    version: str
    units: str
    """Place level of the units scored."""
    case_types: tuple[str, ...]
    """Empty: all."""
    every: str
    """`day`, `week`, `month`, `quarter` or `year` of the centre's zone, or a span such as `6h`."""
    items: tuple[Item, ...]
    colours: tuple[Colour, ...]
    appeal: Limit = Limit(days=5)
    """How long after publishing a unit may appeal against its score."""
    decide_in: Limit = Limit(days=10)
    """How long the unit above may take to decide an appeal, before the one above that is told."""

    def counts(self, case_type: str) -> bool:
        return not self.case_types or case_type in self.case_types


class LevelPoints(Declared, frozen=True):
    """What a series at a level costs."""

    level: str
    points: int


class FiveColours(Declared, frozen=True):
    """How vital signs become a colour: by the mean penalty points of the known series at and below a place."""

    id: str
    words: Words
    source: Source
    points: tuple[LevelPoints, ...]
    """Of every level, from calm to worst, rising."""
    colours: tuple[Colour, ...]
    """From calm to worst: `least` is the mean from which on the colour holds."""
    within: int = 99
    """The colour is at most so many levels milder than the worst known series: many calm ones must not hide one that is not."""
