"""What the vital signs answer: the matrix of places by headings, and one indicator with what it stands on."""

from typing import Literal

from bihuan.pack.schema import Words
from bihuan.views.shapes import Named, Shape, Spot, SpotPath

Kind = Literal["all", "plate", "track", "sub_track", "indicator"]
TreeName = Literal["duty", "division"]


class Heading(Shape, frozen=True):
    """A column, or a step of the way to one. `indicators`: how many are filed under it."""

    kind: Kind
    id: str
    words: Words
    indicators: int


class Column(Heading, frozen=True):
    """`unit`, `datum` and `origin` are those of an indicator."""

    unit: str = ""
    datum: Words = Words(zh="", en="")
    origin: str = ""


class Cell(Shape, frozen=True):
    """How a place stands under a heading. `points` and colours are None where nothing is known: no data, not calm.

    `lifted`: the mean alone would be milder; the worst series keeps the colour up. `value` is an indicator's, rolled up.
    """

    level: str | None
    points: float | None
    worst: str | None
    lifted: bool
    known: int
    expected: int
    value: float | None = None


class VitalRow(Shape, frozen=True):
    """`rank` counts from the fewest points on; None without a score. Cells go with the columns."""

    place: Spot
    level: str
    below: bool
    """Is there anything to see under it?"""
    rank: int | None
    total: Cell
    cells: tuple[Cell, ...]


class LevelCost(Shape, frozen=True):
    level: str
    points: int


class Limit(Shape, frozen=True):
    level: str
    least: float


class ColourRule(Named, frozen=True):
    """How points become a colour, as the packs declare it; `how` says it in a sentence."""

    source: str
    note: str
    points: tuple[LevelCost, ...]
    limits: tuple[Limit, ...]
    within: int
    how: Words


class VitalsView(Shape, frozen=True):
    seq: int
    now: int
    tree: TreeName
    place: SpotPath
    path: tuple[Heading, ...]
    """From all indicators down to the heading that is open."""
    columns: tuple[Column, ...]
    whole: VitalRow
    rows: tuple[VitalRow, ...]
    rule: ColourRule


class InputView(Shape, frozen=True):
    """One series. `why` says why it does not count; None for those that do."""

    series: str
    place: Spot
    level: str
    value: float | None
    at: int | None
    why: Words | None


class PlaceValue(Shape, frozen=True):
    place: Spot
    cell: Cell


class IndicatorVitals(Shape, frozen=True):
    """An indicator over the places at and below one. `inputs` and `excluded` are the first of `known` and of the rest."""

    seq: int
    now: int
    tree: TreeName
    place: SpotPath
    path: tuple[Heading, ...]
    indicator: Named
    unit: str
    datum: Words
    origin: str
    note: Words
    source: str
    roll_up: str
    how: Words
    whole: Cell
    rows: tuple[PlaceValue, ...]
    inputs: tuple[InputView, ...]
    excluded: tuple[InputView, ...]
    rule: ColourRule
