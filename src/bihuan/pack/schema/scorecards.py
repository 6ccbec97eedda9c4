"""Scorecards: measures, weights, bands and colours."""

from typing import Literal

from bihuan.pack.schema.base import Declared, Span, Words


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
    every: Span
    items: tuple[Item, ...]
    colours: tuple[Colour, ...]
