"""Dispatch decides: one case a trouble, one task a unit, and whether what people report is a legal next step."""

from collections.abc import Sequence

from bihuan.loop.casebook import Case, Task
from bihuan.loop.dispatch.cases import hear_case, hear_report, register_by
from bihuan.loop.dispatch.state import State
from bihuan.loop.dispatch.tasks import hear_task, send, send_elsewhere
from bihuan.loop.dispatch.words import CASE_VERBS, FINISHED, TASK_VERBS
from bihuan.loop.page import Page
from bihuan.model.facts import (
    CaseMerged,
    CaseOpened,
    CaseReopened,
    CaseUnmerged,
    Commanded,
    Fact,
    PlanStarted,
    Step,
    TaskEscalated,
    TaskReleased,
)

__all__ = ["decide", "register_by"]


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    before = len(page.facts)
    for fact in news:
        match fact.body:
            case PlanStarted() as body:
                _open(state, page, fact, body)
            case Commanded(does="report") as body:
                hear_report(state, page, fact, body)
            case Commanded() as body if body.does in CASE_VERBS:
                hear_case(state, page, fact, body)
            case Commanded() as body if body.does in TASK_VERBS:
                hear_task(state, page, fact, body)
            case CaseMerged() as body:
                _park(state, page, fact, state.book.cases[body.case])
            case CaseUnmerged() as body:
                _send_parked(state, page, fact, state.book.cases[body.case])
            case TaskEscalated(clock="sign") as body:
                _nobody_signed(state, page, fact, state.book.tasks[body.task])
            case _:
                pass
    _send_waiting(state, page, [*news, *page.facts[before:]])


def _open(state: State, page: Page, fact: Fact, body: PlanStarted) -> None:
    """Open a case for a started plan, or reopen the one that was closed on the same trouble; an open one is joined."""
    if body.run in state.book.by_run:
        return
    known = state.recurred(body.case_type, body.place, page.now)
    if known is not None:
        assert known.closed_at is not None
        page.write(
            CaseReopened(
                case=known.id,
                case_type=body.case_type,
                place=body.place,
                unit=known.unit,
                level=body.level,
                warning=body.warning,
                indicator=body.indicator,
                run=body.run,
                closed_for=page.now - known.closed_at,
            ),
            because=(fact.id, known.fact),
            subject=known.id,
        )
        return
    case = state.next_case()
    page.write(
        CaseOpened(
            case=case,
            case_type=body.case_type,
            place=body.place,
            unit=body.unit,
            level=body.level,
            warning=body.warning,
            indicator=body.indicator,
            run=body.run,
        ),
        because=(fact.id,),
        subject=case,
    )


def _send_waiting(state: State, page: Page, news: Sequence[Fact]) -> None:
    """Send every step whose predecessors in its run are done with, in the cases that the news are about."""
    book = state.book
    touched = (getattr(fact.body, "case", "") or book.by_run.get(getattr(fact.body, "run", ""), "") for fact in news)
    for id in dict.fromkeys(id for id in touched if id):
        case = book.cases[id]
        for run, step, because in list(case.waiting) if case.open else ():
            if _may_go(case, run, step):
                send(state, page, case, run, step, [because])


def _may_go(case: Case, run: str, step: Step) -> bool:
    if run in case.paused:
        return False
    if not step.after:
        return True
    if any(other.step in step.after for waiting_run, other, _ in case.waiting if waiting_run == run):
        return False
    before = [task for task in case.tasks.values() if task.sent.run == run and task.sent.step in step.after]
    return all(task.state in FINISHED for task in before)


def _nobody_signed(state: State, page: Page, fact: Fact, task: Task) -> None:
    """A call that nobody answered goes to the unit above; a task to its fall-back unit, where it has one."""
    if task.state != "sent":
        return
    if task.sent.fallback:
        send_elsewhere(state, page, fact, task, "not signed")
    elif task.sent.form == "call" and state.rules.units[task.unit].parent:
        send_elsewhere(state, page, fact, task, "not answered")


def _park(state: State, page: Page, fact: Fact, case: Case) -> None:
    """The tasks of a case that was merged are released: the work goes on in the other one."""
    for task in list(case.tasks.values()):
        if task.open:
            page.write(
                TaskReleased(task=task.id, case=case.id, unit=task.unit, reason=f"merged into {case.merged_into}"),
                because=(fact.id, task.fact),
                subject=case.id,
            )


def _send_parked(state: State, page: Page, fact: Fact, case: Case) -> None:
    """A merge was taken back: what it had released is sent again, with fresh clocks."""
    parked, case_tasks = list(case.parked), case.tasks
    for id in parked:
        if not any(other.sent.instead_of == id for other in case_tasks.values()):
            task = case_tasks[id]
            send(state, page, case, task.sent.run, state.step_of(task), [fact.id], instead_of=id)
