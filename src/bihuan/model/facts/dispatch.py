"""Dispatch 处置: cases, tasks and what units report."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct
from bihuan.model.facts.plan import NotMatched


class CaseReported(Body, frozen=True, kw_only=True):
    """Somebody reported trouble. Whether it is a case is for the receiving unit to say. Never about a person."""

    stage: ClassVar[str] = "dispatch"
    case: str
    case_type: str
    place: str
    unit: str
    """Who is asked to register or reject it."""
    register_by: int
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    photo: str = ""


class CaseRegistered(Body, frozen=True, kw_only=True):
    """The receiving unit looked and says it is a case."""

    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    condition: str = ""
    """Which opening condition of its type it meets: that decides its time limit."""


class CaseRejected(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    reason: str


class CaseRouted(Body, frozen=True, kw_only=True):
    """Which unit holds a case, by which rule, and why the rules before it did not match."""

    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    route: str
    matched: str
    not_matched: tuple[NotMatched, ...] = ()


class CaseOpened(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    case: str
    case_type: str
    place: str
    unit: str
    level: str
    warning: str = ""
    indicator: str = ""
    run: str = ""
    lon: float | None = None
    lat: float | None = None
    """Of the report, where it has one."""
    reporter: str = ""
    """Who reported it, as post@unit; empty where nobody did."""


class CaseReopened(Body, frozen=True, kw_only=True):
    """The same trouble at the same place within the watch: the old case is open again, its credit taken back."""

    stage: ClassVar[str] = "dispatch"
    case: str
    case_type: str
    place: str
    unit: str
    level: str
    warning: str = ""
    indicator: str = ""
    run: str = ""
    """Empty where a person reopened it."""
    reason: str = ""
    """Of the person who reopened it."""
    closed_for: int


# custody: exactly one unit holds a case at every instant


class CaseOffered(Body, frozen=True, kw_only=True):
    """The holder offers the case to another unit, and is frozen by its own offer until that is answered or withdrawn."""

    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    to: str
    reason: str
    how: str
    """`transfer` to a unit beside, `escalate` to the one above, `push-down` to one below."""
    answer_by: int


class CaseAccepted(Body, frozen=True, kw_only=True):
    """From this fact on `unit` holds the case."""

    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    before: str


class CaseGivenBack(Body, frozen=True, kw_only=True):
    """The offer was not accepted: `to` holds on."""

    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    to: str
    reason: str


class OfferWithdrawn(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    to: str


# cases that are one and the same


class DuplicateSuspected(Body, frozen=True, kw_only=True):
    """Another case of the type, near and recent. A suggestion: people merge, the loop does not."""

    stage: ClassVar[str] = "dispatch"
    case: str
    other: str
    metres: float | None
    """None where one of them has no position: then they are at the same place."""
    apart: int


class CaseMerged(Body, frozen=True, kw_only=True):
    """`case` goes on inside `into`; its tasks are released. Can be taken back."""

    stage: ClassVar[str] = "dispatch"
    case: str
    into: str
    unit: str
    reason: str = ""


class CaseUnmerged(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    case: str
    into: str
    unit: str
    reason: str


class CaseSeconded(Body, frozen=True, kw_only=True):
    """One more report of the same trouble: it weighs more, it is not counted twice."""

    stage: ClassVar[str] = "dispatch"
    case: str
    unit: str
    place: str
    weight: int
    """Reports so far, with this one."""
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    photo: str = ""


# tasks


class TaskSent(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    run: str
    plan: str
    step: str
    unit: str
    place: str
    verifier: str
    fallback: str = ""
    sign_by: int
    arrive_by: int | None = None
    done_by: int
    proof: tuple[str, ...] = ()
    instead_of: str = ""
    """The task this one takes over from (re-dispatched to the fall-back unit)."""
    form: str = ""
    """Empty: a task; `call` (叫应): signing it is all that is asked, and nobody signing asks the next; `notice`: to know of."""
    text: str = ""
    """What is to be done, where a person added it and no step of a plan says so."""
    work: tuple[str, ...] = ()
    """Which of its clocks (`sign`, `arrive`, `done`) count working time only."""


class TaskSigned(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    took: int


class TaskArrived(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str


class Proof(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was brought as evidence. A photo is named by its SHA-256; a position is unverified."""

    photo: str = ""
    text: str = ""
    count: float | None = None
    lon: float | None = None
    lat: float | None = None
    from_device: bool = False
    """The position is a device's word (its own, or that of the photo), not a person's. Devices can be made to say anything."""


class TaskClaimed(Body, frozen=True, kw_only=True):
    """The doing unit says it is done. Not yet believed."""

    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    proof: Proof
    after_signing: int


class TaskReturned(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    reason: str


class TaskReleased(Body, frozen=True, kw_only=True):
    """The task is no longer needed (the warning ended before anybody signed, or another unit took it)."""

    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    reason: str


# more time, or none


class ExtensionAsked(Body, frozen=True, kw_only=True):
    """The doing unit asks for more time. The clock runs on until somebody grants it."""

    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    to: str
    """Who may grant it: the holder, and from the second time on the unit above."""
    span: int
    reason: str
    nth: int


class HoldAsked(Body, frozen=True, kw_only=True):
    """The doing unit asks to put the task on hold. The clock runs on until somebody grants it."""

    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    to: str
    reason: str


class TaskExtended(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    """Who granted it."""
    doer: str
    done_by: int
    nth: int


class TaskHeld(Body, frozen=True, kw_only=True):
    """The task rests with leave: its clock stands still."""

    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    """Who granted it."""
    doer: str
    left: int
    """What was left on the clock, in milliseconds of the time it counts; below zero when it had run out."""


class TaskResumed(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    due: int
    """The clock that stood still runs out then."""
    arrive_by: int | None = None
    """Clocks that come after that one stood still with it, and run out then; None and 0 where there is none after it."""
    done_by: int = 0


class RequestDenied(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "dispatch"
    task: str
    case: str
    unit: str
    doer: str
    asked: str
    """`extension` or `hold`."""
    reason: str
