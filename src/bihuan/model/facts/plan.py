"""Plan 预案: what was proposed, declared and started."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct


class NotMatched(Struct, frozen=True, kw_only=True):
    plan: str
    why: str


class PlanProposed(Body, frozen=True, kw_only=True):
    """A plan matched that only a person may start: a response level is declared, not computed."""

    stage: ClassVar[str] = "plan"
    proposal: str
    plan: str
    response: str
    place: str
    unit: str
    """Whose duty officer is asked."""
    warning: str
    matched: str
    not_matched: tuple[NotMatched, ...] = ()
    answer_by: int
    eyes: int = 2
    """2: one person declares. 4: a second one at another post has to agree."""


class ResponseSeconded(Body, frozen=True, kw_only=True):
    """The first of two who must agree has agreed; `actor` says who."""

    stage: ClassVar[str] = "plan"
    proposal: str
    plan: str
    place: str
    unit: str


class ResponseDeclared(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "plan"
    proposal: str
    plan: str
    response: str
    place: str
    unit: str


class ProposalDeclined(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "plan"
    proposal: str
    plan: str
    place: str
    unit: str
    reason: str


class ProposalLapsed(Body, frozen=True, kw_only=True):
    """The warning ended, or a higher response was proposed, before anybody answered."""

    stage: ClassVar[str] = "plan"
    proposal: str
    plan: str
    place: str
    reason: str


class Step(Struct, frozen=True, kw_only=True):
    """One task to be sent: a step of the plan at one unit, resolved. Spans in milliseconds from sending."""

    step: str
    unit: str
    verifier: str
    fallback: str = ""
    place: str
    sign_in: int
    arrive_in: int = 0
    done_in: int
    proof: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    form: str = ""
    """Empty: a task; `call` or `notice`."""
    text: str = ""
    work: tuple[str, ...] = ()
    """Which of the spans are of working time: `sign`, `arrive`, `done`."""


class PlanStarted(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "plan"
    run: str
    plan: str
    case_type: str
    place: str
    """The place or thing the case is about."""
    unit: str
    """The unit that holds the case: of one opened for this plan, the one its routes name."""
    level: str
    warning: str = ""
    """The warning to end before the case may close; empty where no warning started it."""
    indicator: str = ""
    """The indicator to be green (or heard again) before the case may close."""
    response: str = ""
    matched: str
    not_matched: tuple[NotMatched, ...] = ()
    steps: tuple[Step, ...]
    case: str = ""
    """The case it answers, where that was reported before."""
    not_now: tuple[NotMatched, ...] = ()
    """Steps left out because the data did not meet their conditions, and why."""


class PlanExtended(Body, frozen=True, kw_only=True):
    """More units are affected now: the same run sends its steps to them too."""

    stage: ClassVar[str] = "plan"
    run: str
    plan: str
    place: str
    level: str
    steps: tuple[Step, ...]


class PlanPaused(Body, frozen=True, kw_only=True):
    """No further step of this run is sent until somebody lets it go on. What was sent rests: its clocks stand still."""

    stage: ClassVar[str] = "plan"
    run: str
    plan: str
    place: str
    unit: str
    reason: str


class PlanResumed(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "plan"
    run: str
    plan: str
    place: str
    unit: str
