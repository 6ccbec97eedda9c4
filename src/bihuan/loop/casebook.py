"""The casebook: cases and tasks as the facts have them. Folded once, read by every stage that needs it, changed by none."""

from dataclasses import dataclass, field

from bihuan.model.facts import (
    CaseClosed,
    CaseFlagged,
    CaseOpened,
    CaseReopened,
    CheckAsked,
    Fact,
    PlanExtended,
    PlanStarted,
    Proof,
    Step,
    TaskArrived,
    TaskClaimed,
    TaskEscalated,
    TaskOverdue,
    TaskReleased,
    TaskReturned,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    TaskVerified,
)

OPEN_STATES = frozenset({"sent", "signed", "arrived", "sent-back", "claimed"})
"""States in which a task still wants something of somebody."""


@dataclass(kw_only=True)
class Task:
    """One step at one unit. Times are None until they happen."""

    sent: TaskSent
    sent_at: int
    fact: str
    """The newest fact about it: what the next one is because of."""
    state: str = "sent"
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

    @property
    def id(self) -> str:
        return self.sent.task

    @property
    def unit(self) -> str:
        return self.sent.unit

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    def clock(self) -> tuple[str, int, int] | None:
        """The clock that runs now: name, started, due. None when nothing is asked of anybody.

        All three clocks of a task run from sending, so a due time is never before its start, however late a unit signs.
        """
        match self.state:
            case "sent":
                return "sign", self.sent_at, self.sent.sign_by
            case "signed" if self.sent.arrive_by is not None:
                return "arrive", self.sent_at, self.sent.arrive_by
            case "signed" | "arrived":
                return "done", self.sent_at, self.done_by
            case "sent-back":
                assert self.sent_back_at is not None
                return "done", self.sent_back_at, self.done_by
            case "claimed" if self.check_due is not None:
                assert self.claimed_at is not None
                return "check", self.claimed_at, self.check_due
            case _:
                return None

    def may(self) -> tuple[str, ...]:
        """The legal next steps, the main one first. `verify` and `send-back` belong to the verifier, all else to the unit."""
        match self.state:
            case "sent":
                return ("sign", "return")
            case "signed" if self.sent.arrive_by is not None:
                return ("arrive", "return")
            case "signed" | "arrived" | "sent-back":
                return ("claim", "return")
            case "claimed":
                return ("verify", "send-back")
            case _:
                return ()


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
    waiting: list[tuple[str, Step, str]] = field(default_factory=list)
    """Steps not sent yet, because they come after others: (run, step, fact)."""
    closed_at: int | None = None
    watch_until: int = 0
    reopened: int = 0
    reopened_at: int | None = None
    flags: list[CaseFlagged] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.closed_at is None

    @property
    def doers(self) -> set[str]:
        """The doing chain: every unit that had a task in this case, and the unit that holds it."""
        return {self.unit} | {task.unit for task in self.tasks.values()}


class Casebook:
    """All cases and tasks by id; the newest case of a type at a place by (type, place)."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.tasks: dict[str, Task] = {}
        self.newest: dict[tuple[str, str], str] = {}
        self.by_run: dict[str, str] = {}
        self.hang_on: dict[str, dict[str, None]] = {}
        """Warning, or series `indicator@place` -> the cases that do not close before it is over."""
        self._caseless: dict[tuple[str, str], list[tuple[PlanStarted, str]]] = {}
        """Plans started whose case is not open yet, with their facts, by (type, place)."""

    def case_of(self, task: Task) -> Case:
        return self.cases[task.sent.case]

    def fold(self, fact: Fact) -> None:
        body = fact.body
        match body:
            case PlanStarted():
                self._start(fact.id, body)
            case PlanExtended():
                if case := self.cases.get(self.by_run.get(body.run, "")):
                    self._wait(case, body.run, body.steps, fact.id)
            case CaseOpened():
                self._open(fact, body)
            case CaseReopened():
                self._reopen(fact, body)
            case CaseClosed():
                case = self.cases[body.case]
                case.closed_at, case.watch_until, case.fact = fact.at, body.watch_until, fact.id
            case CaseFlagged():
                self.cases[body.case].flags.append(body)
                if body.task:
                    self.tasks[body.task].flags.append(body)
            case TaskSent():
                self._send(fact, body)
            case (
                TaskSigned() | TaskArrived() | TaskClaimed() | TaskReturned() | TaskReleased() | CheckAsked()
                | TaskVerified() | TaskSentBack() | TaskOverdue() | TaskEscalated()
            ):  # fmt: skip
                _move(self.tasks[body.task], fact, body)
            case _:
                pass

    def _start(self, fact: str, body: PlanStarted) -> None:
        """A plan started for a case that is open already belongs to that case; others wait for one to be opened."""
        trouble = (body.case_type, body.place)
        case = self.cases.get(self.newest.get(trouble, ""))
        if case is not None and case.open:
            self._add_run(case, body, fact)
        else:
            self._caseless.setdefault(trouble, []).append((body, fact))

    def _open(self, fact: Fact, body: CaseOpened) -> None:
        case = Case(
            id=body.case,
            type=body.case_type,
            place=body.place,
            unit=body.unit,
            level=body.level,
            warning=body.warning,
            indicator=body.indicator,
            opened_at=fact.at,
            fact=fact.id,
        )
        self.cases[body.case] = case
        self.newest[body.case_type, body.place] = body.case
        self._gather(case, body, fact)

    def _reopen(self, fact: Fact, body: CaseReopened) -> None:
        case = self.cases[body.case]
        case.closed_at, case.level, case.warning, case.fact = None, body.level, body.warning, fact.id
        case.reopened += 1
        case.reopened_at = fact.at
        self._gather(case, body, fact)

    def _gather(self, case: Case, body: CaseOpened | CaseReopened, fact: Fact) -> None:
        """All plans that were started for this trouble at once belong to the one case."""
        for started, because in self._caseless.pop((body.case_type, body.place), []):
            self._add_run(case, started, fact.id if started.run == body.run else because)

    def _add_run(self, case: Case, body: PlanStarted, fact: str) -> None:
        case.runs[body.run] = body
        case.warning = body.warning or case.warning
        case.indicator = body.indicator or case.indicator
        for trouble in (body.warning, f"{body.indicator}@{body.place}"):
            self.hang_on.setdefault(trouble, {})[case.id] = None
        self.by_run[body.run] = case.id
        self._wait(case, body.run, body.steps, fact)

    def _wait(self, case: Case, run: str, steps: tuple[Step, ...], fact: str) -> None:
        case.waiting.extend((run, step, fact) for step in steps)

    def _send(self, fact: Fact, body: TaskSent) -> None:
        task = Task(sent=body, sent_at=fact.at, fact=fact.id, done_by=body.done_by)
        case = self.cases[body.case]
        self.tasks[body.task] = case.tasks[body.task] = task
        case.waiting = [
            (run, step, because)
            for run, step, because in case.waiting
            if (run, step.step, step.unit) != (body.run, body.step, body.unit)
        ]


def _move(task: Task, fact: Fact, body: object) -> None:
    """Take one fact about a task into it."""
    match body:
        case TaskSigned():
            task.state, task.signed_at = "signed", fact.at
        case TaskArrived():
            task.state, task.arrived_at = "arrived", fact.at
        case TaskClaimed():
            task.state, task.claimed_at, task.proof = "claimed", fact.at, body.proof
        case TaskReturned():
            task.state = "returned"
        case TaskReleased():
            task.state = "released"
        case CheckAsked():
            task.check_due = body.due
        case TaskVerified():
            task.state, task.verified_at, task.verified_by = "verified", fact.at, body.unit
        case TaskSentBack():
            task.state, task.done_by, task.check_due = "sent-back", body.done_by, None
            task.sent_back, task.sent_back_at = task.sent_back + 1, fact.at
            task.overdue.discard("done")
        case TaskOverdue():
            task.overdue.add(body.clock)
            task.late.add(body.clock)
        case TaskEscalated():
            task.escalated_to = body.to
    task.fact = fact.id
