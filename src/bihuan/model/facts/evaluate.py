"""Evaluate 评价: scorecards."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct


class ItemScore(Struct, frozen=True, kw_only=True):
    """One item of a scorecard. `value` is None for 0/0: no data, and no points either way."""

    item: str
    numerator: float
    denominator: float
    value: float | None
    points: float | None
    excluded: int = 0


class UnitScore(Struct, frozen=True, kw_only=True):
    unit: str
    items: tuple[ItemScore, ...]
    score: float | None
    """0-100 over the items that have data; None when none has."""
    level: str
    rank: int | None
    cases: tuple[str, ...] = ()


class ScorePublished(Body, frozen=True, kw_only=True):
    """A scorecard over a period, with every part of its formula, so that it can be computed again elsewhere."""

    stage: ClassVar[str] = "evaluate"
    scorecard: str
    version: str
    since: int
    until: int
    rows: tuple[UnitScore, ...]
    through: str
    """The last fact that was counted."""


class ScoreAppealed(Body, frozen=True, kw_only=True):
    """A unit says a case should not count against it in a published scorecard."""

    stage: ClassVar[str] = "evaluate"
    appeal: str
    scorecard: str
    since: int
    until: int
    unit: str
    item: str
    case: str
    to: str
    """Who decides."""
    reason: str


class AppealDecided(Body, frozen=True, kw_only=True):
    """Granted, the case is left out of that item from the next publication of that period on, and shown as left out."""

    stage: ClassVar[str] = "evaluate"
    appeal: str
    unit: str
    granted: bool
    reason: str
