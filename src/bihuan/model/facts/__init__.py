"""Facts: the immutable entries of the journal, one class a kind, in one file a stage that writes them.

A stage influences another only by writing one of these. `because` names the facts that led to a fact, so
"why?" is a walk along `because`, and "what came of it?" is the same walk the other way.
Times are integer milliseconds UTC. Levels are names from the packs ("normal", "blue", ...).
"""

from typing import TypeAlias

from bihuan.model.facts.base import Body, Struct, kind_of, named_in
from bihuan.model.facts.dispatch import (
    CaseAccepted,
    CaseGivenBack,
    CaseMerged,
    CaseOffered,
    CaseOpened,
    CaseRegistered,
    CaseRejected,
    CaseReopened,
    CaseReported,
    CaseRouted,
    CaseSeconded,
    CaseUnmerged,
    DuplicateSuspected,
    ExtensionAsked,
    HoldAsked,
    OfferWithdrawn,
    Proof,
    RequestDenied,
    TaskArrived,
    TaskClaimed,
    TaskExtended,
    TaskHeld,
    TaskReleased,
    TaskResumed,
    TaskReturned,
    TaskSent,
    TaskSigned,
)
from bihuan.model.facts.evaluate import (
    Absent,
    AppealDecided,
    BandOfScore,
    ColourOfScore,
    CountedCase,
    CountedTask,
    ItemOfScore,
    ItemScore,
    LeftOut,
    Ruling,
    ScoreAppealed,
    ScorePublished,
    UnitScore,
)
from bihuan.model.facts.foreign import (
    CaseImported,
    ForeignChild,
    ForeignStep,
    LogReceived,
)
from bihuan.model.facts.people import (
    Commanded,
    CommandWasRefused,
)
from bihuan.model.facts.plan import (
    NotMatched,
    PlanExtended,
    PlanPaused,
    PlanProposed,
    PlanResumed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ResponseDeclared,
    ResponseSeconded,
    Step,
)
from bihuan.model.facts.review import (
    Held,
    Improvement,
    ReviewWritten,
)
from bihuan.model.facts.sense import (
    InputValue,
    LateReading,
    LevelChanged,
    PacksLoaded,
    PackVersion,
    ReadingsReceived,
    ReadingsSetAside,
    Rule,
    SeriesReturned,
    SeriesSilent,
)
from bihuan.model.facts.supervise import (
    CaseClosed,
    CaseFlagged,
    CaseOverdue,
    CaseReminded,
    CheckAsked,
    CreditReversed,
    Figures,
    ProposalOverdue,
    RecheckAsked,
    RecheckDone,
    RecheckDrawn,
    StillOpen,
    Stratum,
    TaskEscalated,
    TaskOverdue,
    TaskReminded,
    TaskSentBack,
    TaskVerified,
)
from bihuan.model.facts.warn import (
    WarningCleared,
    WarningRaised,
    WarningStepped,
)

__all__ = [
    "Absent",
    "AnyBody",
    "AppealDecided",
    "BandOfScore",
    "Body",
    "CaseAccepted",
    "CaseClosed",
    "CaseFlagged",
    "CaseGivenBack",
    "CaseImported",
    "CaseMerged",
    "CaseOffered",
    "CaseOpened",
    "CaseOverdue",
    "CaseRegistered",
    "CaseRejected",
    "CaseReminded",
    "CaseReopened",
    "CaseReported",
    "CaseRouted",
    "CaseSeconded",
    "CaseUnmerged",
    "CheckAsked",
    "ColourOfScore",
    "CommandWasRefused",
    "Commanded",
    "CountedCase",
    "CountedTask",
    "CreditReversed",
    "DuplicateSuspected",
    "ExtensionAsked",
    "Fact",
    "Figures",
    "ForeignChild",
    "ForeignStep",
    "Held",
    "HoldAsked",
    "Improvement",
    "InputValue",
    "ItemOfScore",
    "ItemScore",
    "LateReading",
    "LeftOut",
    "LevelChanged",
    "LogReceived",
    "NotMatched",
    "OfferWithdrawn",
    "PackVersion",
    "PacksLoaded",
    "PlanExtended",
    "PlanPaused",
    "PlanProposed",
    "PlanResumed",
    "PlanStarted",
    "Proof",
    "ProposalDeclined",
    "ProposalLapsed",
    "ProposalOverdue",
    "ReadingsReceived",
    "ReadingsSetAside",
    "RecheckAsked",
    "RecheckDone",
    "RecheckDrawn",
    "RequestDenied",
    "ResponseDeclared",
    "ResponseSeconded",
    "ReviewWritten",
    "Rule",
    "Ruling",
    "ScoreAppealed",
    "ScorePublished",
    "SeriesReturned",
    "SeriesSilent",
    "Step",
    "StillOpen",
    "Stratum",
    "Struct",
    "TaskArrived",
    "TaskClaimed",
    "TaskEscalated",
    "TaskExtended",
    "TaskHeld",
    "TaskOverdue",
    "TaskReleased",
    "TaskReminded",
    "TaskResumed",
    "TaskReturned",
    "TaskSent",
    "TaskSentBack",
    "TaskSigned",
    "TaskVerified",
    "UnitScore",
    "WarningCleared",
    "WarningRaised",
    "WarningStepped",
    "kind_of",
    "named_in",
]

AnyBody: TypeAlias = (
    PacksLoaded
    | ReadingsReceived
    | ReadingsSetAside
    | LevelChanged
    | LateReading
    | SeriesSilent
    | SeriesReturned
    | WarningRaised
    | WarningStepped
    | WarningCleared
    | PlanProposed
    | ResponseSeconded
    | ResponseDeclared
    | ProposalDeclined
    | ProposalLapsed
    | PlanStarted
    | PlanExtended
    | PlanPaused
    | PlanResumed
    | CaseReported
    | CaseRegistered
    | CaseRejected
    | CaseRouted
    | CaseOpened
    | CaseReopened
    | CaseOffered
    | CaseAccepted
    | CaseGivenBack
    | OfferWithdrawn
    | DuplicateSuspected
    | CaseMerged
    | CaseUnmerged
    | CaseSeconded
    | TaskSent
    | TaskSigned
    | TaskArrived
    | TaskClaimed
    | TaskReturned
    | TaskReleased
    | ExtensionAsked
    | HoldAsked
    | TaskExtended
    | TaskHeld
    | TaskResumed
    | RequestDenied
    | LogReceived
    | CaseImported
    | TaskReminded
    | TaskOverdue
    | TaskEscalated
    | ProposalOverdue
    | CaseReminded
    | CaseOverdue
    | CaseFlagged
    | CheckAsked
    | TaskVerified
    | TaskSentBack
    | CaseClosed
    | RecheckDrawn
    | RecheckAsked
    | RecheckDone
    | CreditReversed
    | ScorePublished
    | ScoreAppealed
    | AppealDecided
    | ReviewWritten
    | Commanded
    | CommandWasRefused
)


class Fact(Struct, frozen=True, kw_only=True):
    """One entry of the journal, before it is chained.

    `seq` counts from 1 without holes; `id` is `origin-seq`. `at` is when it happened, `recorded_at` the turn's `now`.
    `actor` is `post@unit` for people and the stage's name for the loop. `subject` is what a reader looks it up by: a case,
    or a series `indicator@place`, or empty.
    """

    seq: int
    id: str
    at: int
    recorded_at: int
    actor: str
    subject: str
    because: tuple[str, ...]
    body: AnyBody

    @property
    def kind(self) -> str:
        return kind_of(type(self.body))
