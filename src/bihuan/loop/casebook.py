"""The casebook: cases and tasks as the facts have them. Folded once, read by every stage that needs it, changed by none."""

from collections.abc import Iterator

from bihuan.loop.case import Case, Task
from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import (
    CaseAccepted,
    CaseClosed,
    CaseFlagged,
    CaseGivenBack,
    CaseMerged,
    CaseOffered,
    CaseOpened,
    CaseOverdue,
    CaseRegistered,
    CaseRejected,
    CaseReopened,
    CaseReported,
    CaseRouted,
    CaseSeconded,
    CaseUnmerged,
    CheckAsked,
    DuplicateSuspected,
    ExtensionAsked,
    Fact,
    HoldAsked,
    OfferWithdrawn,
    PlanExtended,
    PlanPaused,
    PlanResumed,
    PlanStarted,
    RequestDenied,
    Step,
    TaskArrived,
    TaskClaimed,
    TaskEscalated,
    TaskExtended,
    TaskHeld,
    TaskOverdue,
    TaskReleased,
    TaskResumed,
    TaskReturned,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    TaskVerified,
)


class Casebook(Hearer):
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

    # plans

    @hears(PlanStarted)
    def _start(self, fact: Fact, body: PlanStarted) -> None:
        """A plan started for a case that is open already belongs to that case; others wait for one to be opened."""
        trouble = (body.case_type, body.place)
        case = self.cases.get(body.case or self.newest.get(trouble, ""))
        if case is not None and case.open:
            self._add_run(case, body, fact.id)
        else:
            self._caseless.setdefault(trouble, []).append((body, fact.id))

    @hears(PlanExtended)
    def _extend(self, fact: Fact, body: PlanExtended) -> None:
        if case := self.cases.get(self.by_run.get(body.run, "")):
            self._wait(case, body.run, body.steps, fact.id)

    @hears(PlanPaused)
    def _pause(self, fact: Fact, body: PlanPaused) -> None:
        if case := self.cases.get(self.by_run.get(body.run, "")):
            case.paused.add(body.run)

    @hears(PlanResumed)
    def _go_on(self, fact: Fact, body: PlanResumed) -> None:
        if case := self.cases.get(self.by_run.get(body.run, "")):
            case.paused.discard(body.run)

    # cases

    @hears(CaseOpened)
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
            holders=[body.unit],
            lon=body.lon,
            lat=body.lat,
            reporters={body.reporter: None} if body.reporter else {},
            unreported=0 if body.reporter else 1,
        )
        self.cases[body.case] = case
        self.newest[body.case_type, body.place] = body.case
        self._gather(case, body, fact)

    @hears(CaseReported)
    def _report(self, fact: Fact, body: CaseReported) -> None:
        self.cases[body.case] = Case(
            id=body.case,
            type=body.case_type,
            place=body.place,
            unit="",
            level="",
            warning="",
            indicator="",
            opened_at=fact.at,
            fact=fact.id,
            stage="reported",
            text=body.text,
            lon=body.lon,
            lat=body.lat,
            photo=body.photo,
            receiver=body.unit,
            register_by=body.register_by,
            reporters={fact.actor: None},
            unreported=0,
        )

    @hears(CaseRegistered)
    def _register(self, fact: Fact, body: CaseRegistered) -> None:
        case = self._case(fact, body.case)
        case.stage, case.condition = "open", body.condition

    @hears(CaseRejected)
    def _reject(self, fact: Fact, body: CaseRejected) -> None:
        self._case(fact, body.case).stage = "rejected"

    @hears(CaseRouted)
    def _route(self, fact: Fact, body: CaseRouted) -> None:
        case = self._case(fact, body.case)
        case.unit, case.route = body.unit, body
        if case.holders != [body.unit]:  # a case that a plan opened is opened at the unit its route says
            case.holders.append(body.unit)

    @hears(CaseOffered)
    def _offer(self, fact: Fact, body: CaseOffered) -> None:
        self._case(fact, body.case).offer = body

    @hears(CaseAccepted)
    def _accept(self, fact: Fact, body: CaseAccepted) -> None:
        case = self._case(fact, body.case)
        case.unit, case.offer = body.unit, None
        case.holders.append(body.unit)

    @hears(CaseGivenBack, OfferWithdrawn)
    def _offer_over(self, fact: Fact, body: CaseGivenBack | OfferWithdrawn) -> None:
        self._case(fact, body.case).offer = None

    @hears(CaseSeconded)
    def _second(self, fact: Fact, body: CaseSeconded) -> None:
        case = self._case(fact, body.case)
        case.reporters[fact.actor] = None
        case.seconds.append(body)
        self._weigh(case)

    @hears(CaseOverdue)
    def _overdue(self, fact: Fact, body: CaseOverdue) -> None:
        case = self._case(fact, body.case)
        if body.clock in ("register", "answer"):
            case.asked_above = body.to

    @hears(CaseMerged)
    def _merge(self, fact: Fact, body: CaseMerged) -> None:
        case, into = self._case(fact, body.case), self.cases[body.into]
        case.stage, case.merged_into = "merged", into.id
        into.merged[case.id] = None
        self._weigh(into)

    @hears(CaseUnmerged)
    def _unmerge(self, fact: Fact, body: CaseUnmerged) -> None:
        case, into = self._case(fact, body.case), self.cases[body.into]
        # Back to what it was: one that was only reported still has to be registered.
        case.stage, case.merged_into = "open" if case.unit else "reported", ""
        into.merged.pop(case.id, None)
        self._weigh(into)

    def _weigh(self, case: Case) -> None:
        """Weigh a case anew, and every one that it goes on inside."""
        inside = list(self._inside(case))
        reporters = {reporter for each in inside for reporter in each.reporters}
        case.weight = len(reporters) + sum(each.unreported for each in inside)
        if case.merged_into:
            self._weigh(self.cases[case.merged_into])

    def _inside(self, case: Case) -> Iterator[Case]:
        """A case and all that go on inside it, also inside one of those."""
        yield case
        for id in case.merged:
            yield from self._inside(self.cases[id])

    def reported(self, case: Case, actor: str) -> bool:
        """Whether somebody reported a case, or one that goes on inside it."""
        return any(actor in each.reporters for each in self._inside(case))

    @hears(DuplicateSuspected)
    def _suspect(self, fact: Fact, body: DuplicateSuspected) -> None:
        for id in (body.case, body.other):
            self.cases[id].suspected.append(body)

    @hears(CaseClosed)
    def _close(self, fact: Fact, body: CaseClosed) -> None:
        case = self._case(fact, body.case)
        case.closed_at, case.watch_until = fact.at, body.watch_until

    @hears(CaseReopened)
    def _reopen(self, fact: Fact, body: CaseReopened) -> None:
        case = self._case(fact, body.case)
        case.closed_at, case.level, case.warning = None, body.level, body.warning
        case.stage = "reported" if case.stage == "rejected" else "open"
        case.reopened += 1
        case.reopened_at = fact.at
        self.newest[body.case_type, body.place] = case.id
        self._gather(case, body, fact)

    @hears(CaseFlagged)
    def _flag(self, fact: Fact, body: CaseFlagged) -> None:
        self.cases[body.case].flags.append(body)
        if body.task:
            self.tasks[body.task].flags.append(body)

    def _case(self, fact: Fact, id: str) -> Case:
        """A case that `fact` is the newest fact about."""
        case = self.cases[id]
        case.fact = fact.id
        return case

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

    # tasks

    @hears(TaskSent)
    def _send(self, fact: Fact, body: TaskSent) -> None:
        task = Task(
            sent=body,
            sent_at=fact.at,
            fact=fact.id,
            sign_by=body.sign_by,
            arrive_by=body.arrive_by,
            done_by=body.done_by,
        )
        case = self.cases[body.case]
        self.tasks[body.task] = case.tasks[body.task] = task
        case.waiting = [
            (run, step, because)
            for run, step, because in case.waiting
            if (run, step.step, step.unit) != (body.run, body.step, body.unit)
        ]

    @hears(TaskSigned)
    def _sign(self, fact: Fact, body: TaskSigned) -> None:
        task = self._task(fact, body.task)
        # Of a call or a notice nothing more is asked: that it was heard is all.
        task.state, task.signed_at = "heard" if task.sent.form else "signed", fact.at

    @hears(TaskArrived)
    def _arrive(self, fact: Fact, body: TaskArrived) -> None:
        task = self._task(fact, body.task)
        task.state, task.arrived_at = "arrived", fact.at

    @hears(TaskClaimed)
    def _claim(self, fact: Fact, body: TaskClaimed) -> None:
        task = self._task(fact, body.task)
        task.state, task.claimed_at, task.proof = "claimed", fact.at, body.proof

    @hears(TaskReturned)
    def _return(self, fact: Fact, body: TaskReturned) -> None:
        self._task(fact, body.task).state = "returned"

    @hears(TaskReleased)
    def _release(self, fact: Fact, body: TaskReleased) -> None:
        task = self._task(fact, body.task)
        if (case := self.case_of(task)).stage == "merged":
            case.parked.append(task.id)
        task.state = "released"

    @hears(CheckAsked)
    def _ask_check(self, fact: Fact, body: CheckAsked) -> None:
        self._task(fact, body.task).check_due = body.due

    @hears(TaskVerified)
    def _verify(self, fact: Fact, body: TaskVerified) -> None:
        task = self._task(fact, body.task)
        task.state, task.verified_at, task.verified_by = "verified", fact.at, body.unit

    @hears(TaskSentBack)
    def _send_back(self, fact: Fact, body: TaskSentBack) -> None:
        task = self._task(fact, body.task)
        task.state, task.done_by, task.check_due, task.resumed_at = "sent-back", body.done_by, None, None
        task.sent_back, task.sent_back_at = task.sent_back + 1, fact.at
        task.overdue.discard("done")

    @hears(TaskOverdue)
    def _run_out(self, fact: Fact, body: TaskOverdue) -> None:
        task = self._task(fact, body.task)
        task.overdue.add(body.clock)
        task.late.add(body.clock)

    @hears(TaskEscalated)
    def _escalate(self, fact: Fact, body: TaskEscalated) -> None:
        self._task(fact, body.task).escalated_to = body.to

    @hears(ExtensionAsked, HoldAsked)
    def _ask_time(self, fact: Fact, body: ExtensionAsked | HoldAsked) -> None:
        self._task(fact, body.task).request = body

    @hears(RequestDenied)
    def _deny(self, fact: Fact, body: RequestDenied) -> None:
        self._task(fact, body.task).request = None

    @hears(TaskExtended)
    def _give_time(self, fact: Fact, body: TaskExtended) -> None:
        task = self._task(fact, body.task)
        task.request, task.done_by, task.extensions = None, body.done_by, body.nth
        task.overdue.discard("done")

    @hears(TaskHeld)
    def _hold(self, fact: Fact, body: TaskHeld) -> None:
        task = self._task(fact, body.task)
        task.paused = task.sent.run in self.case_of(task).paused
        task.held, task.held_at, task.held_from, task.state = body, fact.at, task.state, "held"
        if not task.paused:  # a pause answers no request: what was asked still is when the plan goes on
            task.request = None

    @hears(TaskResumed)
    def _resume(self, fact: Fact, body: TaskResumed) -> None:
        task = self._task(fact, body.task)
        task.state, task.held, task.paused, task.resumed_at = task.held_from, None, False, fact.at
        # The moments not named have passed, or are the clock that stood still.
        name = (task.clock() or ("done",))[0]
        task.overdue.discard(name)
        task.done_by = body.done_by or body.due
        if name == "sign":
            task.sign_by = body.due
        if task.arrive_by is not None and name != "done":
            task.arrive_by = body.due if name == "arrive" else body.arrive_by

    def _task(self, fact: Fact, id: str) -> Task:
        """A task that `fact` is the newest fact about."""
        task = self.tasks[id]
        task.fact = fact.id
        return task
