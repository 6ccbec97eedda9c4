"""A case and its tasks, as the facts have them."""

from dataclasses import dataclass, field

from bihuan.model.facts import (
    CaseFlagged,
    CaseOffered,
    CaseRouted,
    CaseSeconded,
    DuplicateSuspected,
    ExtensionAsked,
    HoldAsked,
    PlanStarted,
    Proof,
    Step,
    TaskHeld,
    TaskSent,
)
from bihuan.model.positions import Position

OPEN_STATES = frozenset({"sent", "signed", "arrived", "sent-back", "claimed", "held"})
"""States in which a task still wants something of somebody."""


@dataclass(kw_only=True)
class Task:
    """One step at one unit. Times are None until they happen."""

    sent: TaskSent
    sent_at: int
    fact: str
    """The newest fact about it: what the next one is because of."""
    state: str = "sent"
    sign_by: int = 0
    arrive_by: int | None = None
    signed_at: int | None = None
    arrived_at: int | None = None
    claimed_at: int | None = None
    verified_at: int | None = None
    done_by: int = 0
    check_due: int | None = None
    sent_back: int = 0
    sent_back_at: int | None = None
    proof: Proof | None = None
    verified_by: str = ""
    escalated_to: str = ""
    overdue: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    """Clocks that ever ran out: being sent back starts a clock anew and forgives nothing."""
    flags: list[CaseFlagged] = field(default_factory=list)
    request: ExtensionAsked | HoldAsked | None = None
    """What the doing unit asked for and nobody has answered."""
    extensions: int = 0
    held: TaskHeld | None = None
    held_at: int = 0
    held_from: str = ""
    """The state the task was in when it was put on hold, and goes on in."""
    paused: bool = False
    """It is on hold because its plan is paused: it goes on when the plan does."""
    resumed_at: int | None = None
    """When it last went on."""

    @property
    def id(self) -> str:
        return self.sent.task

    @property
    def unit(self) -> str:
        return self.sent.unit

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def binding(self) -> bool:
        """Whether its case stays open for it: for everything but a notice, which is only to be known."""
        return self.open and self.sent.form != "notice"

    def clock(self) -> tuple[str, int, int] | None:
        """The clock that runs now: name, started, due. None when nothing is asked of anybody.

        All three clocks of a task run from sending, so a due time is never before its start, however late a unit signs. After
        a hold they all have what was left of them when it began, and run from when it ended.
        """
        began = self.sent_at if self.resumed_at is None else self.resumed_at
        match self.state:
            case "sent":
                return "sign", began, self.sign_by
            case "signed" if self.arrive_by is not None:
                return "arrive", began, self.arrive_by
            case "signed" | "arrived":
                return "done", began, self.done_by
            case "sent-back":
                assert self.sent_back_at is not None
                return "done", max(self.sent_back_at, began), self.done_by
            case "claimed" if self.check_due is not None:
                assert self.claimed_at is not None
                return "check", self.claimed_at, self.check_due
            case _:
                return None

    def working(self, clock: str) -> bool:
        """Whether one of its clocks counts working time only."""
        return clock in self.sent.work


@dataclass(kw_only=True)
class Case:
    """One thing that must be closed."""

    id: str
    type: str
    place: str
    unit: str
    level: str
    warning: str
    indicator: str
    opened_at: int
    fact: str
    tasks: dict[str, Task] = field(default_factory=dict)
    runs: dict[str, PlanStarted] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    """Runs of which no further step is sent until somebody lets them go on."""
    waiting: list[tuple[str, Step, str]] = field(default_factory=list)
    """Steps not sent yet, because they come after others: (run, step, fact)."""
    stage: str = "open"
    """`reported`, `open`, `rejected` or `merged`; offered and closed cases are open ones besides."""
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    photo: str = ""
    receiver: str = ""
    """Who is asked to register a reported case."""
    register_by: int | None = None
    asked_above: str = ""
    """Who may do it too, because the receiver did not in time."""
    condition: str = ""
    route: CaseRouted | None = None
    weight: int = 1
    """Reports of this trouble so far: of everybody who reported it or a case that goes on inside it, one each."""
    reporters: dict[str, None] = field(default_factory=dict)
    """Who reported this case."""
    unreported: int = 1
    """1 for what nobody reported and a plan found: that weighs like a report."""
    seconds: list[CaseSeconded] = field(default_factory=list)
    suspected: list[DuplicateSuspected] = field(default_factory=list)
    """Which case it may be the same as, and which ones may be the same as it."""
    offer: CaseOffered | None = None
    holders: list[str] = field(default_factory=list)
    """Every unit that ever held it, in order."""
    merged_into: str = ""
    merged: dict[str, None] = field(default_factory=dict)
    """Cases that go on inside this one."""
    parked: list[str] = field(default_factory=list)
    """Its tasks that were released by a merge: they are sent again when that is taken back."""
    closed_at: int | None = None
    watch_until: int = 0
    reopened: int = 0
    reopened_at: int | None = None
    flags: list[CaseFlagged] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.closed_at is None and self.stage == "open"

    @property
    def standing(self) -> str:
        """What its life says it is now: `reported`, `open`, `offered`, `rejected`, `merged` or `closed`."""
        if self.stage != "open":
            return self.stage
        if self.closed_at is not None:
            return "closed"
        return "offered" if self.offer is not None else "open"

    @property
    def position(self) -> Position | None:
        """Where the report says it is."""
        return None if self.lon is None or self.lat is None else (self.lon, self.lat)

    @property
    def offered_to(self) -> str:
        return self.offer.to if self.offer else ""

    @property
    def doers(self) -> set[str]:
        """The doing chain: every unit that had a task in this case, and all that held it."""
        return {self.unit, *self.holders} | {task.unit for task in self.tasks.values()}
