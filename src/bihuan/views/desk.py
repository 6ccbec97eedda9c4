"""The desk: what is asked of one unit now, by time left, and what it watches."""

from collections.abc import Iterator

from bihuan.loop.casebook import Case, Task
from bihuan.loop.life import of_task
from bihuan.model.times import DAY, local_floor
from bihuan.pack.schema import Words
from bihuan.views.archive import Asked
from bihuan.views.known import Known, asked_of, clock_at, flag_names, urgent
from bihuan.views.shapes import Action, Clock, Desk, DeskCounts, DeskRow, UnitName
from bihuan.views.words import VERBS
from bihuan.views.work import Work

MOST = 500
"""Rows of a queue or of what is watched at the most; the counts are of all."""


def desk(known: Known, work: Work, unit: str, now: int) -> Desk:
    who = known.unit(unit)
    tasks = (_task_row(known, task, now) for task in work.tasks_in(work.own, unit))
    checks = (_task_row(known, task, now) for task in work.tasks_in(work.checks, unit))
    queue = [*tasks, *checks, *_proposals(known, unit, now)]
    queue.sort(key=_by_time_left)
    watching = sorted(_watching(known, work, unit, now), key=_by_time_left)
    return Desk(
        seq=known.archive.seq,
        now=now,
        unit=UnitName(id=unit, words=who.words, level=who.level),
        queue=tuple(queue[:MOST]),
        watching=tuple(watching[:MOST]),
        counts=DeskCounts(
            queue=len(queue),
            overdue=sum(row.clock is not None and row.clock.overdue for row in queue),
            done_today=work.done_since(unit, local_floor(now, DAY, known.rules.zone)),
        ),
    )


def _by_time_left(row: DeskRow) -> tuple[bool, int, str]:
    return row.clock is None, row.clock.due if row.clock else 0, row.id


def actions(known: Known, task: Task) -> tuple[Action, ...]:
    """The legal next steps of whoever has the task on the desk, the doer or the verifier, the main one first."""
    unit = task.sent.verifier if task.state == "claimed" else task.unit
    mays = [may for may in of_task(known.rules, known.book, task) if unit in may.units]
    return tuple(
        Action(does=may.does, words=VERBS[may.does], needs=_needs(may.needs), main=number == 0)
        for number, may in enumerate(mays)
    )


def _needs(needs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("text" if need == "reason" else need for need in needs)


def _task_row(known: Known, task: Task, now: int, *, watched: bool = False) -> DeskRow:
    case = known.book.case_of(task)
    step = known.speech.step_of(task)
    checking = task.state == "claimed"
    if checking:
        doer = known.speech.unit(task.unit)
        step = Words(zh=f"核查：{step.zh}（{doer.zh}）", en=f"Check: {step.en} ({doer.en})")
    return DeskRow(
        kind="check" if checking else "task",
        id=task.id,
        case=case.id,
        title=step,
        place=known.spot(task.sent.place),
        level=known.level_of(case),
        state=task.state,
        clock=clock_at(task, now),
        escalated=bool(task.escalated_to),
        actions=() if watched else actions(known, task),
        holder=case.unit,
        flags=tuple(flag.flag for flag in task.flags),
    )


def _proposals(known: Known, unit: str, now: int) -> Iterator[DeskRow]:
    for asked in known.archive.asking.values():
        if unit in (asked.body.unit, asked.above):
            yield _proposal_row(known, asked, now)


def _proposal_row(known: Known, asked: Asked, now: int) -> DeskRow:
    body, warning = asked.body, known.archive.warnings.get(asked.body.warning)
    plan, place = known.speech.plan(body.plan), known.speech.place(body.place)
    return DeskRow(
        kind="proposal",
        id=body.proposal,
        case=None,
        title=Words(zh=f"{place.zh} 是否启动{plan.zh}", en=f"Declare {plan.en} for {place.en}?"),
        place=known.spot(body.place),
        level=warning.level if warning else known.rules.calm,
        state=asked.state,
        clock=Clock(name="answer", started=asked.at, due=body.answer_by, overdue=now > body.answer_by),
        escalated=bool(asked.above),
        actions=(
            Action(does="declare", words=VERBS["declare"], needs=(), main=True),
            Action(does="decline", words=VERBS["decline"], needs=("text",), main=False),
        ),
        holder=body.unit,
        flags=(),
    )


def _watching(known: Known, work: Work, unit: str, now: int) -> Iterator[DeskRow]:
    """Tasks escalated to the unit; then every case it holds whose next step is another's, by its most urgent task."""
    told = {task.id for task in work.tasks_in(work.escalated, unit)}
    for task in work.tasks_in(work.escalated, unit):
        if task.id not in work.own.get(unit, ()) and task.id not in work.checks.get(unit, ()):
            yield _task_row(known, task, now, watched=True)
    for case in work.cases_held(unit):
        first = urgent(case)
        if first is None:
            yield _waiting_row(known, case)
        elif first.id not in told and asked_of(first) != unit:
            yield _task_row(known, first, now, watched=True)


def _waiting_row(known: Known, case: Case) -> DeskRow:
    """Nothing more is asked of anybody: the case waits for its indicator."""
    return DeskRow(
        kind="task",
        id=case.id,
        case=case.id,
        title=known.speech.case_title(case.id),
        place=known.spot(case.place),
        level=known.level_of(case),
        state="waiting",
        clock=None,
        escalated=False,
        actions=(),
        holder=case.unit,
        flags=flag_names(case),
    )
