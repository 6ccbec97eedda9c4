"""Review 复盘: what happened held against the plan."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct


class Held(Struct, frozen=True, kw_only=True):
    """One step of the plan held against what happened. Spans in milliseconds; None: it did not happen."""

    task: str
    step: str
    unit: str
    sign_planned: int
    sign_took: int | None
    done_planned: int
    done_took: int | None
    verdict: str
    """`as-planned`, `late`, `sent-back`, `released`, `not-done`."""


class Improvement(Struct, frozen=True, kw_only=True):
    what: str
    """Key of a sentence in the packs' words."""
    unit: str
    tasks: tuple[str, ...] = ()
    value: float | None = None


class ReviewWritten(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "review"
    review: str
    case: str
    place: str
    opened_at: int
    closed_at: int
    peak: str
    held: tuple[Held, ...]
    conformance: float | None
    """Share of tasks done as planned, 0-1."""
    first_warning_to_dispatch: int | None
    median_sign: int | None
    improvements: tuple[Improvement, ...]
