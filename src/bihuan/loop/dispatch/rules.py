"""Dispatch decides: one case a trouble, one task a unit, and whether what people report is a legal next step."""

from collections.abc import Sequence

from bihuan.loop.case import Case, Task
from bihuan.loop.dispatch.cases import hear_case, hear_report, register_by, routed, suspect
from bihuan.loop.dispatch.foreign import take
from bihuan.loop.dispatch.state import State
from bihuan.loop.dispatch.tasks import hear_task, held, resumed, send, send_again, send_elsewhere
from bihuan.loop.dispatch.words import CASE_VERBS, FINISHED, TASK_VERBS
from bihuan.loop.hearing import Answers, answered
from bihuan.loop.page import Page
from bihuan.loop.routes import report_of, route, spot_of
from bihuan.model.facts import (
    CaseOpened,
    CaseReopened,
    Commanded,
    Fact,
    PlanPaused,
    PlanResumed,
    PlanStarted,
    RecheckDone,
    Step,
    TaskEscalated,
)

__all__ = ["decide", "register_by"]


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    before = len(page.facts)
    for given in page.take_foreign():
        take(state.foreign, page, given)
    answered(ANSWERS, state, news, page)
    _send_waiting(state, page, [*news, *page.facts[before:]])


def _hear(state: State, page: Page, fact: Fact, body: Commanded) -> None:
    if body.does == "report":
        hear_report(state, page, fact, body)
    elif body.does in CASE_VERBS:
        hear_case(state, page, fact, body)
    elif body.does in TASK_VERBS:
        hear_task(state, page, fact, body)


def _open(state: State, page: Page, fact: Fact, body: PlanStarted) -> None:
    """Open a case for a started plan, or reopen the one that was closed on the same trouble; an open one is joined."""
    if body.run in state.book.by_run:
        return
    spot = spot_of(page, body.place, fact.because)
    known = state.near.recurred(body.case_type, body.place, spot.at, page.now)
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
    holder = route(state.rules, state.rules.cases[body.case_type], body.level, spot, page.now)
    opened = page.write(
        CaseOpened(
            case=case,
            case_type=body.case_type,
            place=body.place,
            unit=holder.unit,
            level=body.level,
            warning=body.warning,
            indicator=body.indicator,
            run=body.run,
            lon=spot.at[0] if spot.at else None,
            lat=spot.at[1] if spot.at else None,
            reporter=_reporter(page, fact),
        ),
        because=(fact.id,),
        subject=case,
    )
    if holder.concerned:
        page.write(routed(case, holder), because=(opened.id,), subject=case)
    suspect(state, page, opened, state.book.cases[case])


def _reporter(page: Page, started: Fact) -> str:
    said = report_of(page, started.because)
    return said.actor if said and isinstance(said.body, Commanded) and said.body.does == "report" else ""


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


def _nobody_signed(state: State, page: Page, fact: Fact, body: TaskEscalated) -> None:
    """A call that nobody answered goes to the unit above; a task to its fall-back unit, where it has one."""
    task = state.book.tasks[body.task]
    if body.clock != "sign" or task.state != "sent":
        return
    if task.sent.fallback:
        send_elsewhere(state, page, fact, task, "not signed")
    elif task.sent.form == "call" and state.rules.units[task.unit].parent:
        send_elsewhere(state, page, fact, task, "not answered")


def _rest(state: State, page: Page, fact: Fact, body: PlanPaused) -> None:
    """The clocks of what a paused plan had sent stand still. What was claimed may go on being checked."""
    for task in _of_run(state, body.run):
        if task.state in ("sent", "signed", "arrived", "sent-back"):
            page.write(held(state, page, task, body.unit), because=(fact.id, task.fact), subject=task.sent.case)


def _go_on(state: State, page: Page, fact: Fact, body: PlanResumed) -> None:
    for task in _of_run(state, body.run):
        if task.state == "held" and task.paused:
            page.write(resumed(state, page, task, body.unit), because=(fact.id, task.fact), subject=task.sent.case)


def _of_run(state: State, run: str) -> list[Task]:
    case = state.book.cases[state.book.by_run[run]]
    return [task for task in case.tasks.values() if task.sent.run == run]


def _undone(state: State, page: Page, fact: Fact, body: RecheckDone) -> None:
    """A look again found a closed case undone: it is open again, and what was believed done is sent again."""
    case = state.book.cases[body.case]
    if body.found != "not-sound" or case.closed_at is None:
        return
    reopened = page.write(
        CaseReopened(
            case=case.id, case_type=case.type, place=case.place, unit=case.unit, level=case.level, reason=body.text,
            closed_for=page.now - case.closed_at,
        ),
        because=(fact.id, case.fact),
        subject=case.id,
    )  # fmt: skip
    send_again(state, page, case, reopened)


ANSWERS: Answers = {
    Commanded: _hear,
    PlanStarted: _open,
    PlanPaused: _rest,
    PlanResumed: _go_on,
    TaskEscalated: _nobody_signed,
    RecheckDone: _undone,
}
