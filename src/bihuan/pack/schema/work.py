"""What a pack declares about work: groups that warn as one, plans, the lives and types of cases, routes and areas."""

from typing import Literal

from bihuan.pack.schema.base import Declared, Limit, Source, Span, Words
from bihuan.pack.schema.indicators import Op

# --- groups, plans -------------------------------------------------------------------------------------------


class Group(Declared, frozen=True):
    """Series that warn as one. `at` is a place level (one warning a unit of that level) or `subject` (one a series)."""

    id: str
    words: Words
    indicators: tuple[str, ...]
    at: str = "subject"
    least: int = 1
    """Series of one unit at a level, or a worse one, before the group stands at it: 2 where one gauge is not believed alone."""


class WarningTrigger(Declared, frozen=True):
    """A warning of `group` at exactly one of `levels`."""

    group: str
    levels: tuple[str, ...]


class SilentTrigger(Declared, frozen=True):
    """A series of `indicator` fell silent."""

    indicator: str


class ReportTrigger(Declared, frozen=True):
    """A case of this type was registered, or reported where nobody has to register it."""

    case: str


class ButtonTrigger(Declared, frozen=True):
    """A person starts it (verb `start`): the duty post of the unit of level `at` over the place, or of a unit above that."""

    at: str


class Trigger(Declared, frozen=True):
    """Exactly one of these."""

    warning: WarningTrigger | None = None
    silent: SilentTrigger | None = None
    report: ReportTrigger | None = None
    button: ButtonTrigger | None = None


class To(Declared, frozen=True):
    """Who gets a step. `across`: the department with `role` at the `at` level above the place. `down`: the units of level
    `down` under the place; `affected` keeps those whose own series stands at `affected` or worse (or that lie under such).
    """

    role: str = ""
    at: str = ""
    down: str = ""
    affected: str = ""


class DataCondition(Declared, frozen=True):
    """Newest value of `indicator` at the place of the case, or at the nearest place above it that has one.

    Where the value is not known `unknown` decides: to act without data (`yes`) or to wait for it (`no`).
    """

    indicator: str
    op: Op
    value: float
    unknown: Literal["yes", "no"] = "yes"


class StepRule(Declared, frozen=True):
    id: str
    words: Words
    to: To
    sign: Limit
    done: Limit = Limit(0)
    """Of a task; a call or a notice is done when it is heard."""
    arrive: Limit = Limit(0)
    """0: no arrival is asked for."""
    form: Literal["task", "call", "notice"] = "task"
    """`call` (叫应): somebody must answer within `sign`, else the fall-back unit and then the units above are called, one after
    the other; `notice`: to be known to all, and no reason to keep the case open."""
    proof: tuple[Literal["photo", "text", "count", "position"], ...] = ()
    after: tuple[str, ...] = ()
    """Steps (of this plan) whose tasks must all be claimed, or calls be answered, before this one is sent."""
    levels: tuple[str, ...] = ()
    """Only at these warning levels; empty: always."""
    when: tuple[DataCondition, ...] = ()
    """Only where all of these hold when the plan starts, or later while its warning is on."""
    verify: str = ""
    """Role that checks it, at the `verify_at` level above the place. Empty: the case type's."""
    fallback: str = ""
    """Role, at the case holder's level, that gets the task when it was not signed one sign-span after it was due; a call goes
    there as soon as nobody has answered in time."""


class Plan(Declared, frozen=True):
    """A declared answer. With `declared_at`, a person of that level's duty post must start it within `answer`."""

    id: str
    words: Words
    trigger: Trigger
    case: str
    steps: tuple[StepRule, ...]
    response: str = ""
    declared_at: str = ""
    four_eyes: bool = False
    """A second person, at another post of that unit or above it, must agree before a response is declared, or a plan started
    by its button."""
    answer: Span = Span(600_000)
    source: Source | None = None


# --- cases ---------------------------------------------------------------------------------------------------


class Move(Declared, frozen=True, rename={"from_": "from"}):
    """One row of a life: in one of the states `from_`, `who` may `does`, and that leads `to`."""

    from_: tuple[str, ...]
    does: str
    to: str
    who: Literal["receiver", "holder", "offered", "doer", "verifier", "approver", "above", "anyone"]
    needs: tuple[Literal["reason", "proof", "unit", "case", "span"], ...] = ()
    posts: tuple[str, ...] = ()
    """Only from these posts of that unit; empty: from any."""


class Life(Declared, frozen=True):
    """The life of a case and of its tasks as tables. What is not in them is refused, with what is."""

    id: str
    words: Words
    case: tuple[Move, ...]
    task: tuple[Move, ...]


class Opening(Declared, frozen=True):
    """A time limit of a case type under one opening condition, e.g. fine or demolish. Local, so with its source."""

    id: str
    words: Words
    done: Limit
    source: Source | None = None


class Receive(Declared, frozen=True):
    """Who registers reports of a type: the department `role` at level `at`, which neither commands nor does the work
    (collecting and checking are separate from commanding, GB/T 30428)."""

    role: str
    at: str
    within: Limit


class Same(Declared, frozen=True):
    """When two cases of a type are probably one: nearer than `metres` (same place where a position is missing), `within`."""

    metres: float
    within: Span


class OddHours(Declared, frozen=True):
    """When a claim is outside a unit's own working pattern: of at least `least` earlier claims of that unit fewer than `share`
    were within `near` hours of this hour, or on a working day, or on a day off. About units in their season, not persons."""

    least: int = 50
    """Fewer claims than this teach nothing."""
    share: float = 0.005
    near: int = 1


class Recheck(Declared, frozen=True):
    """Looking again (回头看): `share` of the closed cases of each holder, at least `least`, drawn at random when each period
    of `every` is over, and all that were flagged. The checkers `role` at `at`, or above, look within `within`."""

    role: str
    at: str
    share: float
    least: int
    every: Span
    within: Limit


class CaseType(Declared, frozen=True):
    """A kind of case. `holder` is the level of the unit that holds it; `verify` the role that checks, at `verify_at`."""

    id: str
    words: Words
    holder: str
    verify: str
    verify_at: str
    check: Limit
    """The verifier's clock, from the claim."""
    code: str = ""
    """Big and small class, as in GB/T 30428.2 where it has one."""
    life: str = ""
    """Which life it follows; empty: the first declared."""
    receive: Receive | None = None
    """None: a report is a case at once."""
    openings: tuple[Opening, ...] = ()
    """Chosen when a report is registered; the chosen one's limit stands for the steps' `done`."""
    same: Same | None = None
    answer: Span = Span(1_800_000)
    """How long a unit that is offered the case may think about it."""
    extensions: int = 1
    """How often a task may be extended. The second time and later a unit above the holder decides."""
    watch: Span = Span(0)
    """Recurrence watch after closing: the same trouble at the same place, or within `watch_metres`, reopens this case. A
    report that has to be registered first does only within `watch_metres`, or at the same thing: a town has many holes."""
    watch_metres: float = 0.0
    sham: Span = Span(60_000)
    """A claim sooner than this after signing is flagged."""
    proof_metres: float = 0.0
    """Proof with a position farther than this from the place of the case is flagged; 0: positions are not compared."""
    odd_hours: OddHours | None = None
    """None: claims at odd hours are not flagged."""
    remind: Span = Span(0)
    """How long before a clock runs out the holder is reminded; 0: when a quarter of the time is left."""
    recheck: Recheck | None = None
    """None: closed cases are not looked at again."""
    review: bool = False
    """A review is written when it closes."""


# --- routing -------------------------------------------------------------------------------------------------


class AreaFile(Declared, frozen=True):
    """Polygons by name: a GeoJSON file of the pack; `key` is the property that names each."""

    id: str
    file: str
    key: str


class Route(Declared, frozen=True):
    """Routes are tried in the order declared; the first that fits says which unit holds the case."""

    id: str
    words: Words
    to: To
    """The department `role` at the level `at` above the place; without a role the place's own unit there."""
    cases: tuple[str, ...] = ()
    """Of these types; empty: of any."""
    levels: tuple[str, ...] = ()
    """At these levels; empty: at any. A report stands at calm."""
    area: str = ""
    """`file/name` of a polygon: only where the position of the report (else of the thing or place) lies in it."""
    hours: Literal["", "working", "off"] = ""
    """Only in working time, or only outside it."""
