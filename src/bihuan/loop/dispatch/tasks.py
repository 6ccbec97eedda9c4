"""What units report about their tasks, and how tasks are sent."""

from collections.abc import Sequence

import msgspec

from bihuan.loop.case import Case, Task
from bihuan.loop.clocks import due, passed
from bihuan.loop.dispatch.state import State
from bihuan.loop.life import allowed, of_task
from bihuan.loop.page import Page
from bihuan.model.facts import (
    AnyBody,
    Commanded,
    ExtensionAsked,
    Fact,
    HoldAsked,
    Proof,
    RequestDenied,
    Step,
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


def send(state: State, page: Page, case: Case, run: str, step: Step, because: Sequence[str], *, instead_of: str = "") -> None:
    task = f"{state.rules.origin}-T{len(state.book.tasks) + 1:06d}"

    def by(span: int, clock: str) -> int:
        return due(state.rules, page.now, span, clock in step.work)

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
            sign_by=by(step.sign_in, "sign"),
            arrive_by=by(step.arrive_in, "arrive") if step.arrive_in else None,
            done_by=by(step.done_in, "done"),
            proof=step.proof,
            instead_of=instead_of,
            form=step.form,
            text=step.text,
            work=step.work,
        ),
        because=because,
        subject=case.id,
    )


def send_elsewhere(state: State, page: Page, fact: Fact, task: Task, why: str) -> None:
    """Give a task to its fall-back unit, or to the unit above, with fresh clocks; the old one is released."""
    sent, units = task.sent, state.rules.units
    above = units[sent.unit].parent if sent.unit in units else ""
    to = sent.fallback if sent.fallback in units and sent.fallback != sent.unit else above
    case = state.book.case_of(task)
    step = msgspec.structs.replace(state.step_of(task), unit=to or case.unit, fallback="")
    if task.state != "returned":
        page.write(
            TaskReleased(task=task.id, case=case.id, unit=task.unit, reason=f"{why}: given to {step.unit}"),
            because=(fact.id,),
            subject=case.id,
        )
    send(state, page, case, sent.run, step, [fact.id], instead_of=task.id)


def send_again(state: State, page: Page, case: Case, reopened: Fact) -> None:
    """What was believed done is sent again, with fresh clocks."""
    superseded = {task.sent.instead_of for task in case.tasks.values()}
    for task in [task for task in case.tasks.values() if task.state == "verified" and task.id not in superseded]:
        send(state, page, case, task.sent.run, state.step_of(task), [reopened.id], instead_of=task.id)


def park(state: State, page: Page, fact: Fact, case: Case) -> None:
    """The tasks of a case that was merged are released: the work goes on in the other one."""
    for task in list(case.tasks.values()):
        if task.open:
            page.write(
                TaskReleased(task=task.id, case=case.id, unit=task.unit, reason=f"merged into {case.merged_into}"),
                because=(fact.id, task.fact),
                subject=case.id,
            )


def send_parked(state: State, page: Page, fact: Fact, case: Case) -> None:
    """A merge was taken back: what it had released is sent again, with fresh clocks."""
    parked, case_tasks = list(case.parked), case.tasks
    for id in parked:
        if not any(other.sent.instead_of == id for other in case_tasks.values()):
            task = case_tasks[id]
            send(state, page, case, task.sent.run, state.step_of(task), [fact.id], instead_of=id)


def hear_task(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    """Take what is reported about a task, or say why not and who may do what."""
    task = state.book.tasks.get(said.target)
    if task is None:
        page.refuse(fact, f"there is no task '{said.target}'", "Look at the desk for the tasks of your unit.")
        return
    if not allowed(page, fact, said, of_task(state.rules, state.book, task), "task", task.state):
        return
    body = _answer(state, page, said, task, fact.actor.partition("@")[2])
    taken = page.write(body, because=(fact.id, task.fact), subject=task.sent.case, actor=fact.actor)
    if said.does == "return":
        # At once: a case must not look finished, nor a later step free to go, while nobody has the task.
        send_elsewhere(state, page, taken, task, "returned")


def _answer(state: State, page: Page, said: Commanded, task: Task, unit: str) -> AnyBody:
    common = {"task": task.id, "case": task.sent.case, "unit": unit}
    match said.does:
        case "sign":
            return TaskSigned(took=page.now - task.sent_at, **common)
        case "arrive":
            return TaskArrived(**common)
        case "return":
            return TaskReturned(reason=said.text, **common)
        case "claim":
            assert task.signed_at is not None  # a claim is only legal after signing
            return TaskClaimed(proof=said.proof or Proof(), after_signing=page.now - task.signed_at, **common)
        case "ask-extension":
            nth = task.extensions + 1
            return ExtensionAsked(to=_approver(state, task, nth), span=said.span, reason=said.text, nth=nth, **common)
        case "ask-hold":
            return HoldAsked(to=_approver(state, task, 1), reason=said.text, **common)
        case "deny":
            asked = "hold" if isinstance(task.request, HoldAsked) else "extension"
            return RequestDenied(doer=task.unit, asked=asked, reason=said.text, **common)
        case "resume":
            return resumed(state, page, task, unit)
        case _:
            return _granted(state, page, task, unit)


def _approver(state: State, task: Task, nth: int) -> str:
    """The holder grants; from the time on that the case type does not allow him, the unit above does."""
    case = state.book.case_of(task)
    if nth <= state.rules.cases[case.type].extensions:
        return case.unit
    return state.rules.units[case.unit].parent or case.unit


def _granted(state: State, page: Page, task: Task, unit: str) -> TaskExtended | TaskHeld:
    asked = task.request
    assert asked is not None  # `grant` is only legal while something is asked
    if isinstance(asked, HoldAsked):
        return held(state, page, task, unit)
    done_by = due(state.rules, task.done_by, asked.span, task.working("done"))
    return TaskExtended(task=task.id, case=task.sent.case, unit=unit, doer=task.unit, done_by=done_by, nth=asked.nth)


def resumed(state: State, page: Page, task: Task, unit: str) -> TaskResumed:
    """Every clock that stood still gets back what was left of it when the hold began."""
    assert task.held is not None

    def moved(by: int, clock: str) -> int:
        working = task.working(clock)
        return due(state.rules, page.now, passed(state.rules, task.held_at, by, working), working)

    arrives = task.arrive_by is not None and task.held_from in ("sent", "signed")
    clock = "sign" if task.held_from == "sent" else "arrive" if arrives else "done"
    return TaskResumed(
        task=task.id,
        case=task.sent.case,
        unit=unit,
        due=due(state.rules, page.now, task.held.left, task.working(clock)),
        arrive_by=moved(task.arrive_by, "arrive") if clock == "sign" and task.arrive_by is not None else None,
        done_by=moved(task.done_by, "done") if clock != "done" else 0,
    )


def held(state: State, page: Page, task: Task, unit: str) -> TaskHeld:
    """The task rests from now on; what is left of its running clock is kept."""
    clock = task.clock()
    assert clock is not None  # whoever asks is at work, and only what waits to be signed or done is paused
    left = passed(state.rules, page.now, clock[2], task.working(clock[0]))
    return TaskHeld(task=task.id, case=task.sent.case, unit=unit, doer=task.unit, left=left)
