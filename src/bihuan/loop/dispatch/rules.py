"""Dispatch decides: one case a trouble, one task a unit, and whether what a unit reports is a legal next step."""

from collections.abc import Sequence

from bihuan.loop.casebook import Case, Task
from bihuan.loop.dispatch.state import State
from bihuan.loop.dispatch.words import FINISHED, VERBS, next_steps
from bihuan.loop.page import Page
from bihuan.model.facts import (
    CaseOpened,
    CaseReopened,
    Commanded,
    Fact,
    PlanStarted,
    Proof,
    Step,
    TaskArrived,
    TaskClaimed,
    TaskEscalated,
    TaskReleased,
    TaskReturned,
    TaskSent,
    TaskSigned,
)


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    before = len(page.facts)
    for fact in news:
        match fact.body:
            case PlanStarted() as body:
                _open(state, page, fact, body)
            case Commanded() as body if body.does in VERBS:
                _hear(state, page, fact, body)
            case TaskEscalated(clock="sign") as body:
                _fall_back(state, page, fact, state.book.tasks[body.task])
            case _:
                pass
    _send_waiting(state, page, [*news, *page.facts[before:]])


def _open(state: State, page: Page, fact: Fact, body: PlanStarted) -> None:
    """Open a case for a started plan, or reopen the one that was closed on the same trouble; an open one is joined."""
    if body.run in state.book.by_run:
        return
    known = state.book.cases.get(state.book.newest.get((body.case_type, body.place), ""))
    if known is not None and known.closed_at is not None and page.now <= known.watch_until:
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
    case = f"{state.rules.origin}-C{len(state.book.cases) + 1:05d}"
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
                _send(state, page, case, run, step, [because])


def _may_go(case: Case, run: str, step: Step) -> bool:
    if not step.after:
        return True
    if any(other.step in step.after for waiting_run, other, _ in case.waiting if waiting_run == run):
        return False
    before = [task for task in case.tasks.values() if task.sent.run == run and task.sent.step in step.after]
    return all(task.state in FINISHED for task in before)


def _send(state: State, page: Page, case: Case, run: str, step: Step, because: Sequence[str], *, instead_of: str = "") -> None:
    task = f"{state.rules.origin}-T{len(state.book.tasks) + 1:06d}"
    page.write(
        TaskSent(
            task=task,
            case=case.id,
            run=run,
            plan=case.runs[run].plan,
            step=step.step,
            unit=step.unit,
            place=step.place,
            verifier=step.verifier,
            fallback=step.fallback,
            sign_by=page.now + step.sign_in,
            arrive_by=page.now + step.arrive_in if step.arrive_in else None,
            done_by=page.now + step.done_in,
            proof=step.proof,
            instead_of=instead_of,
        ),
        because=because,
        subject=case.id,
    )


def _send_elsewhere(state: State, page: Page, fact: Fact, task: Task, why: str) -> None:
    """Give a task to its fall-back unit, or to the unit above, with fresh clocks; the old one is released."""
    sent, units = task.sent, state.rules.units
    above = units[sent.unit].parent if sent.unit in units else ""
    to = sent.fallback if sent.fallback in units and sent.fallback != sent.unit else above
    case = state.book.case_of(task)
    step = Step(
        step=sent.step,
        unit=to or case.unit,
        verifier=sent.verifier,
        place=sent.place,
        sign_in=sent.sign_by - task.sent_at,
        arrive_in=sent.arrive_by - task.sent_at if sent.arrive_by is not None else 0,
        done_in=sent.done_by - task.sent_at,
        proof=sent.proof,
    )
    if task.state != "returned":
        page.write(
            TaskReleased(task=task.id, case=case.id, unit=task.unit, reason=f"{why}: given to {step.unit}"),
            because=(fact.id,),
            subject=case.id,
        )
    _send(state, page, case, sent.run, step, [fact.id], instead_of=task.id)


def _fall_back(state: State, page: Page, fact: Fact, task: Task) -> None:
    if task.state == "sent" and task.sent.fallback:
        _send_elsewhere(state, page, fact, task, "not signed")


def _hear(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    """Take what a unit reports about its task, or say why not and who may do what."""
    task = state.book.tasks.get(said.target)
    if task is None:
        page.refuse(fact, f"there is no task '{said.target}'", "Look at the desk for the tasks of your unit.")
        return
    unit = fact.actor.partition("@")[2]
    if unit != task.unit:
        page.refuse(fact, f"this task is {task.unit}'s, not {unit}'s", next_steps(task.may(), task.unit))
    elif said.does not in task.may():
        asked = task.sent.verifier if task.state == "claimed" else task.unit
        page.refuse(fact, f"a task that is {task.state} cannot be '{said.does}'", next_steps(task.may(), asked))
    elif said.does == "return" and not said.text:
        page.refuse(fact, "a returned task needs a reason", "Say why in the text.")
    elif said.does == "claim" and (missing := _missing(task, said.proof)):
        page.refuse(fact, f"proof is missing: {', '.join(missing)}", "Bring it and report again; nothing was changed.")
    else:
        taken = _take(page, fact, said, task)
        if said.does == "return":
            # At once: a case must not look finished, nor a later step free to go, while nobody has the task.
            _send_elsewhere(state, page, taken, task, "returned")


def _missing(task: Task, proof: Proof | None) -> list[str]:
    proof = proof or Proof()
    has = {
        "photo": bool(proof.photo),
        "text": bool(proof.text),
        "count": proof.count is not None,
        "position": proof.lon is not None and proof.lat is not None,
    }
    return [kind for kind in task.sent.proof if not has[kind]]


def _take(page: Page, fact: Fact, said: Commanded, task: Task) -> Fact:
    case, unit, task_id = task.sent.case, task.unit, task.id
    body: TaskSigned | TaskArrived | TaskClaimed | TaskReturned
    match said.does:
        case "sign":
            body = TaskSigned(task=task_id, case=case, unit=unit, took=page.now - task.sent_at)
        case "arrive":
            body = TaskArrived(task=task_id, case=case, unit=unit)
        case "return":
            body = TaskReturned(task=task_id, case=case, unit=unit, reason=said.text)
        case _:
            assert task.signed_at is not None  # `may` allows a claim only after signing
            after = page.now - task.signed_at
            body = TaskClaimed(task=task_id, case=case, unit=unit, proof=said.proof or Proof(), after_signing=after)
    return page.write(body, because=(fact.id, task.fact), subject=case, actor=fact.actor)
