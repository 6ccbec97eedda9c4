"""Evaluate 评价: scorecards, and appeals against them."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct

# --- the formula ----------------------------------------------------------------------------------------------


class BandOfScore(Struct, frozen=True, kw_only=True):
    value: float
    points: float


class ItemOfScore(Struct, frozen=True, kw_only=True):
    """One item of the formula as it was when it was computed; `formula` says the measure in words."""

    item: str
    measure: str
    formula: str
    weight: float
    direction: str
    bands: tuple[BandOfScore, ...] = ()


class ColourOfScore(Struct, frozen=True, kw_only=True):
    least: float
    level: str


# --- what went in ---------------------------------------------------------------------------------------------


class CountedTask(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One task as a score looks at it. Times are None until they happened."""

    task: str
    case: str
    unit: str
    """The unit scored for doing it."""
    holder: str
    """The unit scored for sending it to the right one."""
    sign_by: int
    done_by: int
    """As first set, moved by leave only: being sent back moves nothing."""
    signed_at: int | None = None
    claimed_at: int | None = None
    sent_back_at: int | None = None
    """The first time."""
    verified_at: int | None = None
    left: str = ""
    """`returned` by the unit or `released` from it; `held` while it rests with leave."""
    left_at: int | None = None
    late: tuple[str, ...] = ()
    """Clocks that ran out on it."""
    flags: int = 0
    form: str = ""
    """`call` or `notice`: nothing but signing is asked."""


class CountedCase(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case as a score looks at it."""

    case: str
    unit: str
    due: int | None = None
    """When its last task was due."""
    closed_at: int | None = None
    on_time: bool = False
    """Closed with no clock of those who did it run out."""
    credit: str = ""
    """Why its closing does not count: `recurred` or `not-sound`."""
    reopened_at: int | None = None
    left: str = ""
    """`merged` into another, or `held`: a task of it rests with leave."""
    register_by: int | None = None
    decided_at: int | None = None
    """When the report was registered or rejected."""
    decided: str = ""
    """`registered` or `rejected`."""


class Ruling(Struct, frozen=True, kw_only=True):
    """A granted appeal: a case or task is left out of an item of one unit."""

    appeal: str
    unit: str
    item: str
    id: str


class Absent(Struct, frozen=True, kw_only=True):
    """A unit that was not there for the whole period: it is not scored."""

    unit: str
    valid_from: str = ""
    valid_to: str = ""


# --- what came out --------------------------------------------------------------------------------------------


class LeftOut(Struct, frozen=True, kw_only=True):
    """A case or task that an item does not count, or (`recurred`, `not-sound`) does not count as closed."""

    id: str
    why: str
    """`returned`, `released`, `held`, `merged`, `appeal`, `recurred` or `not-sound`."""


class ItemScore(Struct, frozen=True, kw_only=True):
    """One item of a scorecard. `value` is None for 0/0: no data, and no points either way."""

    item: str
    numerator: float
    denominator: float
    value: float | None
    points: float | None
    left_out: tuple[LeftOut, ...] = ()


class UnitScore(Struct, frozen=True, kw_only=True):
    unit: str
    items: tuple[ItemScore, ...]
    score: float | None
    """0-100 over the items that have data; None when none has."""
    level: str
    rank: int | None
    cases: tuple[str, ...] = ()


class ScorePublished(Body, frozen=True, kw_only=True):
    """A scorecard over a period with its formula and all that went in, so that `rows` can be computed again elsewhere."""

    stage: ClassVar[str] = "evaluate"
    scorecard: str
    version: str
    since: int
    until: int
    rows: tuple[UnitScore, ...]
    through: str
    """The last fact that was counted."""
    items: tuple[ItemOfScore, ...] = ()
    colours: tuple[ColourOfScore, ...] = ()
    units: tuple[str, ...] = ()
    absent: tuple[Absent, ...] = ()
    tasks: tuple[CountedTask, ...] = ()
    cases: tuple[CountedCase, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    corrects: str = ""
    """The fact that published this period first, where this is a corrected version."""


# --- appeals --------------------------------------------------------------------------------------------------


class ScoreAppealed(Body, frozen=True, kw_only=True):
    """A unit says that a case should not count in an item of its published score."""

    stage: ClassVar[str] = "evaluate"
    appeal: str
    scorecard: str
    since: int
    until: int
    unit: str
    item: str
    case: str
    to: str
    """Who decides: the unit above."""
    reason: str
    task: str = ""
    """Only this task of the case."""
    due: int | None = None
    """By when it is to be decided; None in journals of before there was a limit."""


class AppealDecided(Body, frozen=True, kw_only=True):
    """Granted, a corrected version of the score follows, without the case in that item and with its leaving out named."""

    stage: ClassVar[str] = "evaluate"
    appeal: str
    unit: str
    granted: bool
    reason: str
