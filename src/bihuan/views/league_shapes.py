"""Shapes of the league: a published score with what stands beside it."""

from bihuan.pack.schema import Words
from bihuan.views.shapes import Action, Named, Shape


class LeftOutView(Shape, frozen=True):
    id: str
    why: Words


class ItemView(Shape, frozen=True):
    item: Named
    numerator: float
    denominator: float
    value: float | None
    points: float | None
    weight: float
    formula: str
    left_out: tuple[LeftOutView, ...]


class Standing(Shape, frozen=True):
    score: float | None
    rank: int | None


class ScoreRow(Shape, frozen=True):
    """`tied`: others share the rank. `last` and `year`: how it stood the period and the year before; None: not scored then."""

    unit: Named
    score: float | None
    level: str
    rank: int | None
    items: tuple[ItemView, ...]
    cases: tuple[str, ...]
    tied: bool
    last: Standing | None
    year: Standing | None


class Other(Shape, frozen=True):
    """A period to compare with; `new` and `gone` are the units that only one of the two scored."""

    since: int
    until: int
    fact: str
    new: tuple[Named, ...]
    gone: tuple[Named, ...]


class AbsentView(Shape, frozen=True):
    """A unit that was not there for the whole period: ISO dates from and to when it was."""

    unit: Named
    valid_from: str
    valid_to: str


class AppealView(Shape, frozen=True):
    """`granted` is None while nobody has decided."""

    id: str
    unit: Named
    item: str
    case: str
    reason: str
    to: Named
    granted: bool | None
    answer: str
    actions: tuple[Action, ...]


class Scores(Shape, frozen=True):
    """`since`, `until` and `fact` are None until the first period has ended. `corrects`: the fact of the first version."""

    scorecard: Named
    since: int | None
    until: int | None
    fact: str | None
    rows: tuple[ScoreRow, ...]
    every: str = ""
    rounding: str = ""
    corrects: str | None = None
    absent: tuple[AbsentView, ...] = ()
    last: Other | None = None
    year: Other | None = None
    appeals: tuple[AppealView, ...] = ()
    periods: tuple[int, ...] = ()
    """When each published period began."""
    appeal_until: int | None = None
    """Until when its units may appeal."""
