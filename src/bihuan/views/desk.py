"""The desk: what is asked of one unit now, by time left, and what it watches."""

from collections.abc import Iterator

from bihuan.loop.case import Case, Task
from bihuan.model.facts import HoldAsked
from bihuan.model.times import DAY, local_floor
from bihuan.pack.schema import Words
from bihuan.views.archive import Asked
from bihuan.views.closing import late_looks, looks
from bihuan.views.known import Known, asked_of, clock_at, flag_names, urgent
from bihuan.views.league import late_pleas, pleas
from bihuan.views.moves import on_case, on_task, starts
from bihuan.views.shapes import Action, Clock, Desk, DeskCounts, DeskRow, UnitName
from bihuan.views.words import VERBS, span_words
from bihuan.views.work import Work

MOST = 500
"""Rows of a queue or of what is watched at the most; the counts are of all."""


def desk(known: Known, work: Work, unit: str, now: int) -> Desk:
    who = known.unit(unit)
    tasks = (_task_row(known, task, now) for task in work.tasks_in(work.own, unit))
    checks = (_task_row(known, task, now) for task in work.tasks_in(work.checks, unit))
    requests = (_request_row(known, task, unit, now) for task in work.tasks_in(work.asked, unit))
    cases = (_case_row(known, case, unit, now) for case in work.cases_in(work.waiting, unit))
    others = (*_proposals(known, unit, now), *looks(known, unit, now), *pleas(known, unit, now))
    queue = [*tasks, *checks, *requests, *cases, *others]
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
        starts=tuple(starts(known, unit)),
    )


def _by_time_left(row: DeskRow) -> tuple[bool, int, str]:
    return row.clock is None, row.clock.due if row.clock else 0, row.id


def _case_row(known: Known, case: Case, unit: str, now: int) -> DeskRow:
    """A report to be registered, or a case that is offered to the unit."""
    title = known.speech.case_title(case.id)
    if case.offer is not None:
        holder = known.speech.unit(case.unit)
        title = Words(zh=f"{holder.zh}移交：{title.zh}", en=f"Offered by {holder.en}: {title.en}")
        name, due = "answer", case.offer.answer_by
    else:
        title = Words(zh=f"上报待立案：{title.zh}", en=f"To register: {title.en}")
        assert case.register_by is not None  # it is reported, so somebody is asked to register it in time
        name, due = "register", case.register_by
    started = known.archive.facts[case.fact].at if case.offer is not None else case.opened_at
    return DeskRow(
        kind="case",
        id=case.id,
        case=case.id,
        title=title,
        place=known.spot(case.place),
        level=known.level_of(case),
        state=case.standing,
        clock=Clock(name=name, started=min(started, due), due=due, overdue=now > due),
        escalated=unit == case.asked_above,
        actions=on_case(known, case, unit),
        holder=case.unit or case.receiver,
        flags=flag_names(case),
    )


def _request_row(known: Known, task: Task, unit: str, now: int) -> DeskRow:
    """More time, or a hold, that a doing unit asks this one for. The task's clock runs on until it is answered."""
    assert task.request is not None
    doer, step = known.speech.unit(task.unit), known.speech.step_of(task)
    if isinstance(task.request, HoldAsked):
        title = Words(zh=f"{doer.zh}申请挂账：{step.zh}", en=f"{doer.en} asks for a hold: {step.en}")
    else:
        span = span_words(task.request.span)
        title = Words(zh=f"{doer.zh}申请延期{span.zh}：{step.zh}", en=f"{doer.en} asks for {span.en} more: {step.en}")
    answers = tuple(one for one in on_task(known, task, unit) if one.does in ("grant", "deny"))
    return DeskRow(
        kind="request",
        id=task.id,
        case=task.sent.case,
        title=title,
        place=known.spot(task.sent.place),
        level=known.level_of(known.book.case_of(task)),
        state=task.state,
        clock=clock_at(task, now),
        escalated=bool(task.escalated_to),
        actions=answers,
        holder=known.book.case_of(task).unit,
        flags=tuple(flag.flag for flag in task.flags),
    )


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
        actions=() if watched else on_task(known, task, asked_of(task)),
        holder=case.unit,
        flags=tuple(flag.flag for flag in task.flags),
    )


def _proposals(known: Known, unit: str, now: int) -> Iterator[DeskRow]:
    for asked in known.archive.asking.values():
        # Of two who must agree the second may be of the unit above: it sees what waits for it.
        second = known.rules.units[asked.body.unit].parent if asked.seconded and asked.body.unit in known.rules.units else ""
        if unit in (asked.body.unit, asked.above, second):
            yield _proposal_row(known, asked, now)


def _proposal_row(known: Known, asked: Asked, now: int) -> DeskRow:
    body, warning = asked.body, known.archive.warnings.get(asked.body.warning)
    plan, place = known.speech.plan(body.plan), known.speech.place(body.place)
    zh, en = ("", "")
    if asked.seconded:
        by = known.speech.actor(asked.seconded)
        zh, en = f"（{by.zh}已同意，须另一岗位同意）", f" The {by.en} agreed; another post has to agree too."
    return DeskRow(
        kind="proposal",
        id=body.proposal,
        case=None,
        title=Words(zh=f"{place.zh} 是否启动{plan.zh}{zh}", en=f"Declare {plan.en} for {place.en}?{en}"),
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
    """Tasks, looks again and appeals that it was told are overdue; then every case it holds whose next step is another's, by
    its most urgent task.
    """
    told = {task.id for task in work.tasks_in(work.escalated, unit)}
    for task in work.tasks_in(work.escalated, unit):
        if task.id not in work.own.get(unit, ()) and task.id not in work.checks.get(unit, ()):
            yield _task_row(known, task, now, watched=True)
    yield from late_looks(known, unit, now)
    yield from late_pleas(known, unit, now)
    for case in work.cases_in(work.held, unit):
        first = urgent(case)
        if first is None:
            yield _waiting_row(known, case)
        elif first.id not in told and asked_of(first) != unit:
            yield _task_row(known, first, now, watched=True)


def _waiting_row(known: Known, case: Case) -> DeskRow:
    """Nothing more is asked of anybody: the case waits for its indicator, or for the answer to an offer."""
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
