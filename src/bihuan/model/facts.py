"""Facts: the immutable entries of the journal, one class a kind, grouped by the stage that writes them.

A stage influences another only by writing one of these. `because` names the facts that led to a fact, so
"why?" is a walk along `because`, and "what came of it?" is the same walk the other way.
Times are integer milliseconds UTC. Levels are names from the packs ("normal", "blue", ...).
"""

from typing import ClassVar, TypeAlias

import msgspec

Struct = msgspec.Struct


def _kebab(name: str) -> str:
    return "".join("-" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("-")


class Body(Struct, frozen=True, kw_only=True, tag_field="kind", tag=_kebab, omit_defaults=True):
    """What a fact says. The tag is the kind: `LevelChanged` is `level-changed`."""

    stage: ClassVar[str] = ""


# --- sense 感知 -------------------------------------------------------------------------------------------


class PackVersion(Struct, frozen=True, kw_only=True):
    urn: str
    version: str
    digest: str


class PacksLoaded(Body, frozen=True, kw_only=True):
    """The rules in force from here on. `digest` is the SHA-256 over all packs' texts."""

    stage: ClassVar[str] = "sense"
    packs: tuple[PackVersion, ...]
    digest: str


class ReadingsReceived(Body, frozen=True, kw_only=True):
    """A batch of readings taken into the intake log at `entry`; `digest` is the SHA-256 of its columns."""

    stage: ClassVar[str] = "sense"
    entry: int
    digest: str
    rows: int
    applied: int
    late: int = 0
    duplicate: int = 0
    set_aside: int = 0
    """Rows whose quality flag is no evidence: kept in history, moving nothing."""
    source: str = ""


class ReadingsSetAside(Body, frozen=True, kw_only=True):
    """A batch that fails every turn was set aside whole: its rows are in the quarantine folder, and no turn takes them."""

    stage: ClassVar[str] = "sense"
    entry: int
    digest: str
    rows: int
    source: str = ""
    what: str = ""
    """What it failed with."""


class Rule(Struct, frozen=True, kw_only=True):
    """The rule that decided a level, as it was in force: enough to argue with it years later."""

    ladder: str
    level: str
    text: str
    """`sum 12h >= 50` - the condition in one line."""
    op: str
    threshold: float
    window: str = ""
    issuer: str = ""
    document: str = ""
    version: str = ""
    override: bool = False


class InputValue(Struct, frozen=True, kw_only=True):
    """What went into a formula: the reading that its short `name` stood for."""

    name: str
    indicator: str
    value: float
    at: int


class LevelChanged(Body, frozen=True, kw_only=True):
    """A series now stands at another level. `value` is the (windowed) value the rule looked at."""

    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    level: str
    before: str
    value: float
    reading_at: int
    """When the newest reading behind this was taken."""
    since: int
    """When the condition began to hold (before `for` or `keep` ran out)."""
    rule: Rule
    formula: str = ""
    """The expression that the newest reading was worked out by; empty where it was measured."""
    inputs: tuple[InputValue, ...] = ()
    """What it was worked out from."""


class LateReading(Body, frozen=True, kw_only=True):
    """A reading that came too late to act on, though it would have meant another level then."""

    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    value: float
    level: str
    reading_at: int


class SeriesSilent(Body, frozen=True, kw_only=True):
    """No fresh reading for longer than `stale_after`: the series is unknown (grey). `level` is what stays active."""

    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    level: str
    last_reading_at: int | None
    stale_after: int


class SeriesReturned(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    level: str
    silent_for: int


# --- warn 预警 --------------------------------------------------------------------------------------------


class WarningRaised(Body, frozen=True, kw_only=True):
    """A group of series at a place rose above normal: one episode begins."""

    stage: ClassVar[str] = "warn"
    warning: str
    group: str
    place: str
    level: str
    indicator: str
    origin: str
    """The series' place or thing that led."""


class WarningStepped(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "warn"
    warning: str
    group: str
    place: str
    level: str
    before: str
    indicator: str
    origin: str


class WarningCleared(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "warn"
    warning: str
    group: str
    place: str
    before: str
    worst: str
    lasted: int
    level: str = "normal"


# --- plan 智能预案 ----------------------------------------------------------------------------------------


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


class PlanStarted(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "plan"
    run: str
    plan: str
    case_type: str
    place: str
    """The place or thing the case is about."""
    unit: str
    """The unit that holds the case."""
    level: str
    warning: str = ""
    """The warning to end before the case may close; empty where no warning started it."""
    indicator: str = ""
    """The indicator to be green (or heard again) before the case may close."""
    response: str = ""
    matched: str
    not_matched: tuple[NotMatched, ...] = ()
    steps: tuple[Step, ...]


class PlanExtended(Body, frozen=True, kw_only=True):
    """More units are affected now: the same run sends its steps to them too."""

    stage: ClassVar[str] = "plan"
    run: str
    plan: str
    place: str
    level: str
    steps: tuple[Step, ...]


# --- dispatch 决策处置 ------------------------------------------------------------------------------------


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
    closed_for: int


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
    """What was brought as evidence. A photo is named by its SHA-256; a position is as the device said, unverified."""

    photo: str = ""
    text: str = ""
    count: float | None = None
    lon: float | None = None
    lat: float | None = None


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


# --- supervise 监督 ---------------------------------------------------------------------------------------


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


class CaseFlagged(Body, frozen=True, kw_only=True):
    """Something about how a task was done that an auditor should see. It accuses nobody; it stays on the case."""

    stage: ClassVar[str] = "supervise"
    case: str
    task: str
    unit: str
    flag: str
    """`claimed-at-once`, `no-proof`, `same-photo`."""
    detail: str


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


# --- evaluate 评价 ----------------------------------------------------------------------------------------


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


# --- review 复盘 ------------------------------------------------------------------------------------------


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


# --- people at the desk -----------------------------------------------------------------------------------


class Commanded(Body, frozen=True, kw_only=True):
    """A person's command as it came in. What came of it follows with `because` pointing here."""

    key: str
    does: str
    target: str
    text: str = ""
    proof: Proof | None = None
    place: str = ""


class CommandWasRefused(Body, frozen=True, kw_only=True):
    key: str
    does: str
    target: str
    reason: str
    remedy: str


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
    | ResponseDeclared
    | ProposalDeclined
    | ProposalLapsed
    | PlanStarted
    | PlanExtended
    | CaseOpened
    | CaseReopened
    | TaskSent
    | TaskSigned
    | TaskArrived
    | TaskClaimed
    | TaskReturned
    | TaskReleased
    | TaskReminded
    | TaskOverdue
    | TaskEscalated
    | ProposalOverdue
    | CaseFlagged
    | CheckAsked
    | TaskVerified
    | TaskSentBack
    | CaseClosed
    | ScorePublished
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


def kind_of(body: type[Body]) -> str:
    """`LevelChanged` -> `level-changed`."""
    return str(body.__struct_config__.tag)
