"""Supervise decides: who is reminded, what is overdue, who checks, what is flagged, and when a case is really closed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bihuan.loop.case import Case, Task
from bihuan.loop.clocks import due, due_of, passed
from bihuan.loop.hearing import Answers, answered
from bihuan.loop.life import allowed, next_steps, of_task
from bihuan.loop.page import Page
from bihuan.loop.supervise.flags import flags
from bihuan.loop.supervise.recheck import draw, hear_found, take_back
from bihuan.loop.supervise.state import State, Strike
from bihuan.model.facts import (
    Body,
    CaseAccepted,
    CaseClosed,
    CaseFlagged,
    CaseGivenBack,
    CaseMerged,
    CaseOverdue,
    CaseReminded,
    CaseReopened,
    CheckAsked,
    Commanded,
    Fact,
    OfferWithdrawn,
    Proof,
    ProposalOverdue,
    SeriesReturned,
    TaskClaimed,
    TaskEscalated,
    TaskOverdue,
    TaskReleased,
    TaskReminded,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    TaskVerified,
    WarningCleared,
)


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    for strike in state.struck(page.now):
        _strike(state, page, strike)
    answered(ANSWERS, state, news, page)
    for case in _touched(state, news):
        _close(state, page, case)


# --- clocks ---------------------------------------------------------------------------------------------------


def _strike(state: State, page: Page, strike: Strike) -> None:
    if strike.what == "answer":
        _ask_above(state, page, strike)
        return
    if strike.what == "case":
        _case_overdue(state, page, strike)
        return
    if strike.what == "draw":
        draw(state.closings, state.rules, state.book, page, strike.target, strike.due)
        return
    if strike.what in ("soon", "late"):
        _asked_of(state, page, strike)
        return
    task = state.book.tasks[strike.target]
    asked = task.sent.verifier if strike.clock == "check" else task.unit
    subject, because = task.sent.case, (task.fact,)
    common = {"task": task.id, "case": subject, "unit": asked, "clock": strike.clock}
    if strike.what == "remind":
        page.write(TaskReminded(due=strike.due, **common), because=because, subject=subject)
    elif strike.what == "overdue":
        page.write(TaskOverdue(due=strike.due, **common), because=because, subject=subject)
    else:
        page.write(TaskEscalated(to=_above(state, asked), **common), because=because, subject=subject)


def _ask_above(state: State, page: Page, strike: Strike) -> None:
    said = state.proposals[strike.target]
    page.write(
        ProposalOverdue(proposal=said.proposal, unit=said.unit, to=_above(state, said.unit), due=strike.due),
        because=(state.facts[said.proposal],),
        subject=said.proposal,
    )


def _case_overdue(state: State, page: Page, strike: Strike) -> None:
    case = state.book.cases[strike.target]
    asked = case.receiver if strike.clock == "register" else case.offered_to
    page.write(
        CaseOverdue(case=case.id, unit=asked, to=_above(state, asked), clock=strike.clock, due=strike.due),
        because=(case.fact,),
        subject=case.id,
    )


def _asked_of(state: State, page: Page, strike: Strike) -> None:
    """A look again or an appeal: whoever is to do it is reminded, and in the end the unit above is told."""
    appeal = strike.target if strike.clock == "appeal" else ""
    if appeal:
        body, because = state.appeals[appeal]
        case, unit = body.case, body.to
    else:
        look = state.closings.looks[strike.target]
        case, unit, because = look.asked.case, look.asked.unit, look.fact
    said: CaseReminded | CaseOverdue
    if strike.what == "soon":
        said = CaseReminded(case=case, unit=unit, clock=strike.clock, due=strike.due, appeal=appeal)
    else:
        to = _above(state, unit)
        said = CaseOverdue(case=case, unit=unit, to=to, clock=strike.clock, due=strike.due, appeal=appeal)
    page.write(said, because=(because,), subject=case)


def _above(state: State, unit: str) -> str:
    """The unit above on the tree of duties; at the top the unit itself."""
    known = state.rules.units.get(unit)
    return known.parent if known and known.parent else unit


# --- claims and checks ----------------------------------------------------------------------------------------


def _look_at_claim(state: State, page: Page, fact: Fact, body: TaskClaimed) -> None:
    """Done is not closed: flag what looks odd, and ask somebody outside the doing chain to look."""
    task = state.book.tasks[body.task]
    case = state.book.case_of(task)
    kind = state.rules.cases[case.type]
    for odd in flags(state.memory, state.rules, case, task, fact, body):
        page.write(
            CaseFlagged(case=case.id, task=task.id, unit=task.unit, flag=odd.flag, figures=odd.figures),
            because=(fact.id, *odd.because),
            subject=case.id,
        )
    page.write(
        CheckAsked(task=task.id, case=case.id, unit=task.sent.verifier, due=due_of(state.rules, page.now, kind.check)),
        because=(fact.id,),
        subject=case.id,
    )


def _hear(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    if said.does in ("verify", "send-back"):
        _hear_check(state, page, fact, said)
    elif said.does == "found":
        hear_found(state.closings, page, fact, said)


def _hear_check(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    task = state.book.tasks.get(said.target)
    if task is None:
        page.refuse(fact, f"there is no task '{said.target}'", "Look at the desk for the checks your unit is asked for.")
        return
    unit, mays = fact.actor.partition("@")[2], of_task(state.rules, state.book, task)
    if task.state == "claimed" and unit in state.book.case_of(task).doers:
        page.refuse(fact, f"{unit} is in the doing chain of this case", next_steps(mays, "task"))
    elif allowed(page, fact, said, mays, "task", task.state):
        _check(state, page, fact, said, task)


def _check(state: State, page: Page, fact: Fact, said: Commanded, task: Task) -> None:
    case, verifier = task.sent.case, task.sent.verifier
    body: TaskVerified | TaskSentBack
    if said.does == "verify":
        proof = said.proof or Proof()
        body = TaskVerified(
            task=task.id, case=case, unit=verifier, doer=task.unit, text=said.text or proof.text, photo=proof.photo
        )
    else:
        working = task.working("done")
        done_by = due(state.rules, page.now, passed(state.rules, task.sent_at, task.sent.done_by, working), working)
        body = TaskSentBack(task=task.id, case=case, unit=verifier, doer=task.unit, reason=said.text, done_by=done_by)
    page.write(body, because=(fact.id, task.fact), subject=case, actor=fact.actor)


def _reopened(state: State, page: Page, fact: Fact, body: CaseReopened) -> None:
    take_back(state.closings, page, fact, body)


# --- closing --------------------------------------------------------------------------------------------------


def _touched(state: State, news: Sequence[Fact]) -> list[Case]:
    """Open cases that may have become closable through the news, each once, in order."""
    found: dict[str, None] = {}
    for fact in news:
        if (closes := CLOSES.get(type(fact.body))) is not None:
            found.update(dict.fromkeys(closes(state, fact.body)))
    return [case for case in map(state.book.cases.__getitem__, found) if case.open]


def _own(state: State, body: Any) -> tuple[str, ...]:
    return (body.case,)


def _heard(state: State, body: TaskSigned) -> tuple[str, ...]:
    return (body.case,) if state.book.tasks[body.task].state == "heard" else ()


def _noticed(state: State, body: TaskSent) -> tuple[str, ...]:
    return (body.case,) if body.form == "notice" else ()


def _of_series(state: State, body: SeriesReturned) -> Iterable[str]:
    return state.book.hang_on.get(f"{body.indicator}@{body.place}", ())


CLOSES: Mapping[type[Body], Callable[[State, Any], Iterable[str]]] = {
    TaskVerified: _own,
    TaskReleased: _own,
    CaseAccepted: _own,
    CaseGivenBack: _own,
    OfferWithdrawn: _own,
    TaskSigned: _heard,
    TaskSent: _noticed,
    CaseMerged: lambda state, body: (body.into,),
    WarningCleared: lambda state, body: state.book.hang_on.get(body.warning, ()),
    SeriesReturned: _of_series,
}
"""By kind of fact, the cases it may have made closable."""


def _close(state: State, page: Page, case: Case) -> None:
    """Close a case if every task is verified or released, none waits to be sent, and what started it is over."""
    green = state.green(case)
    if not green or case.offer is not None or case.waiting or not case.tasks or any(t.binding for t in case.tasks.values()):
        return
    done = [task for task in case.tasks.values() if task.state == "verified"]
    page.write(
        CaseClosed(
            case=case.id,
            case_type=case.type,
            place=case.place,
            unit=case.unit,
            opened_at=case.opened_at,
            on_time=not any(task.late - {"check"} for task in case.tasks.values()),
            verifiers=tuple(sorted({task.verified_by for task in done})),
            doers=tuple(sorted({task.unit for task in done})),
            green=green,
            watch_until=page.now + state.rules.cases[case.type].watch,
        ),
        because=(case.fact, *(task.fact for task in done), *((green,) if green != "none" else ())),
        subject=case.id,
    )


ANSWERS: Answers = {TaskClaimed: _look_at_claim, Commanded: _hear, CaseReopened: _reopened}
