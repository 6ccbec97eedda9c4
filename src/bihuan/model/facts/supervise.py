"""Supervise 监督: clocks, checks, flags and closing."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct


class TaskReminded(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "supervise"
    task: str
    case: str
    unit: str
    clock: str
    """`sign`, `arrive`, `done` or `check`."""
    due: int


class TaskOverdue(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "supervise"
    task: str
    case: str
    unit: str
    clock: str
    due: int


class TaskEscalated(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "supervise"
    task: str
    case: str
    unit: str
    to: str
    clock: str


class ProposalOverdue(Body, frozen=True, kw_only=True):
    """Nobody answered a proposed response in time: the unit above is asked too."""

    stage: ClassVar[str] = "supervise"
    proposal: str
    unit: str
    to: str
    due: int


class CaseReminded(Body, frozen=True, kw_only=True):
    """A look again, or the decision of an appeal, is due before long."""

    stage: ClassVar[str] = "supervise"
    case: str
    unit: str
    clock: str
    """`recheck` or `appeal`."""
    due: int
    appeal: str = ""


class CaseOverdue(Body, frozen=True, kw_only=True):
    """Nobody registered a report, answered an offer, looked again or decided an appeal in time: the unit above is told, and
    may do the first."""

    stage: ClassVar[str] = "supervise"
    case: str
    unit: str
    to: str
    clock: str
    """`register`, `answer`, `recheck` or `appeal`."""
    due: int
    appeal: str = ""
    """Which one, where it is an appeal that nobody decided."""


class Figures(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of a claim, and from where on that is odd. Numbers, so that every reader is told in his own language."""

    seen: float | None = None
    """`claimed-at-once`: milliseconds since signing; `far-away`: metres; `odd-hours`: earlier claims like this one."""
    limit: float | None = None
    """Less is flagged, of metres more; of `odd-hours` a share of `claims`."""
    claims: int | None = None
    """`odd-hours`: earlier claims of the unit, all together."""
    near: int | None = None
    """`odd-hours`: like this one are claims within so many hours of its hour; none: those on the same kind of day."""
    off: bool = False
    """`odd-hours`: that kind of day is a day off."""
    shown: str = ""
    """`same-photo`: the task or case that the photo was shown for before."""


class CaseFlagged(Body, frozen=True, kw_only=True):
    """Something about how a task was done that an auditor should see. It accuses nobody; it stays on the case."""

    stage: ClassVar[str] = "supervise"
    case: str
    task: str
    unit: str
    flag: str
    """`claimed-at-once`, `no-proof`, `same-photo`, `far-away`, `odd-hours`."""
    detail: str = ""
    """What `figures` say, as an English sentence: only facts written before there were figures have it."""
    figures: Figures | None = None


class CheckAsked(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "supervise"
    task: str
    case: str
    unit: str
    """The verifier: outside the doing chain."""
    due: int


class TaskVerified(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "supervise"
    task: str
    case: str
    unit: str
    """The verifier."""
    doer: str
    text: str = ""
    photo: str = ""


class TaskSentBack(Body, frozen=True, kw_only=True):
    """The check failed: the task is open again with the doing unit."""

    stage: ClassVar[str] = "supervise"
    task: str
    case: str
    unit: str
    """The verifier."""
    doer: str
    reason: str
    done_by: int


class CaseClosed(Body, frozen=True, kw_only=True):
    """Every task verified or released by units outside the doing chain, and the indicator green again."""

    stage: ClassVar[str] = "supervise"
    case: str
    case_type: str
    place: str
    unit: str
    opened_at: int
    on_time: bool
    verifiers: tuple[str, ...]
    doers: tuple[str, ...]
    green: str
    """How the indicator stood: the clearing fact's id, or `none` where no indicator started the case."""
    watch_until: int


# looking again 回头看


class Stratum(Struct, frozen=True, kw_only=True):
    """One part of the closed cases, by the unit that held them: how many there are, and which were drawn."""

    unit: str
    flagged: bool
    """Cases that were flagged stand apart, and all of them are drawn."""
    closed: int
    cases: tuple[str, ...]


class StillOpen(Struct, frozen=True, kw_only=True):
    unit: str
    """Who holds them."""
    cases: int


class RecheckDrawn(Body, frozen=True, kw_only=True):
    """A random sample of closed cases is to be looked at again, by units that had no part in them.

    Anybody can draw it again: the same closed cases and the same seed give the same sample.
    """

    stage: ClassVar[str] = "supervise"
    draw: str
    case_type: str
    since: int
    until: int
    seed: str
    open: int
    """Cases of the type that were still open then."""
    open_of: tuple[StillOpen, ...] = ()
    """The same by the unit that holds them, for the rate of each unit; facts written before do not have it."""
    strata: tuple[Stratum, ...]


class RecheckAsked(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "supervise"
    recheck: str
    draw: str
    case: str
    place: str
    unit: str
    due: int


class RecheckDone(Body, frozen=True, kw_only=True):
    """What was found on the spot, weeks after closing."""

    stage: ClassVar[str] = "supervise"
    recheck: str
    draw: str
    case: str
    unit: str
    found: str
    """`sound` or `not-sound`."""
    text: str = ""
    photo: str = ""
    lon: float | None = None
    lat: float | None = None


class CreditReversed(Body, frozen=True, kw_only=True):
    """A closed case does not count as closed any more: it came back, or the look again found it undone."""

    stage: ClassVar[str] = "supervise"
    case: str
    unit: str
    reason: str
    """`recurred`, `reopened` (by a person) or `not-sound`."""
