"""The case: where it stands in the loop, its tasks and clocks, what is still missing, why and when everything happened."""

from collections.abc import Iterator, Sequence

from bihuan.loop.case import Case, Task
from bihuan.model.facts import (
    Commanded,
    ExtensionAsked,
    Fact,
    LevelChanged,
    ReadingsReceived,
    ReviewWritten,
    ScorePublished,
    SeriesSilent,
    WarningRaised,
)
from bihuan.pack.rules import Unit
from bihuan.pack.schema import Words
from bihuan.views.custody import custody, offer, reports
from bihuan.views.explain import Explainer
from bihuan.views.known import Known, asked_of, clock_at, flag_names, flags_of, is_overdue, urgent, warnings_of
from bihuan.views.moves import on_case, on_run, on_task
from bihuan.views.shapes import (
    CaseRow,
    CaseTask,
    CaseTasks,
    CaseView,
    Clock,
    Event,
    IndicatorNow,
    Named,
    Next,
    NotMatchedView,
    ProofView,
    Request,
    RunView,
    SeriesName,
    SpotPath,
    StageState,
    TaskClock,
)
from bihuan.views.words import lower

MOST_EVENTS = 400
"""Of a timeline; what came before is counted in its first event."""

SAID_ONE_BY_ONE = 3
"""Missing tasks of one sort are named up to this many, else counted."""


# --- rows -----------------------------------------------------------------------------------------------------


def case_rows(known: Known, unit: Unit, state: str, limit: int) -> tuple[CaseRow, ...]:
    """Newest first. A place's unit sees all cases at and under the place; a department those it holds or works on."""
    out: list[CaseRow] = []
    for case in reversed(known.book.cases.values()):
        if len(out) >= limit:
            break
        if state in ("all", "open" if case.open else case.standing) and _concerns(known, unit, case):
            out.append(case_row(known, case))
    return tuple(out)


def _concerns(known: Known, unit: Unit, case: Case) -> bool:
    if not unit.role:
        return known.tree.within(case.place, unit.place) or unit.id in case.doers
    return unit.id in (case.receiver, case.offered_to, *case.holders) or any(
        unit.id in (task.unit, task.sent.verifier) for task in case.tasks.values()
    )


def case_row(known: Known, case: Case) -> CaseRow:
    tasks = list(case.tasks.values())
    first = urgent(case)
    return CaseRow(
        id=case.id,
        type=case.type,
        title=known.speech.case_title(case.id),
        place=known.spot(case.place),
        level=known.level_of(case),
        state=case.standing,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        unit=case.unit or case.receiver,
        flags=flag_names(case),
        reopened=case.reopened,
        tasks=CaseTasks(
            total=sum(task.state not in ("released", "returned") for task in tasks),
            verified=sum(task.state == "verified" for task in tasks),
            overdue=sum(is_overdue(task) for task in tasks),
        ),
        next=_next(case, first),
    )


def _next(case: Case, first: Task | None) -> Next | None:
    """Whose move it is, and by when."""
    if case.standing == "reported":
        assert case.register_by is not None
        late = bool(case.asked_above)
        clock = Clock(name="register", started=min(case.opened_at, case.register_by), due=case.register_by, overdue=late)
        return Next(unit=case.asked_above or case.receiver, clock=clock)
    return Next(unit=asked_of(first), clock=clock_at(first, None)) if first else None


# --- one case -------------------------------------------------------------------------------------------------


def case_view(known: Known, explainer: Explainer, case: Case, now: int) -> CaseView:
    speech, spot = known.speech, known.spot(case.place)
    path = reversed(known.tree.path(case.place))
    review = known.archive.review_of.get(case.id)
    return CaseView(
        id=case.id,
        type=case.type,
        title=speech.case_title(case.id),
        place=SpotPath(code=spot.code, words=spot.words, path=tuple(known.spot(place) for place in path)),
        level=known.level_of(case),
        state=case.standing,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        unit=known.named(case.unit or case.receiver),
        warning=case.warning or None,
        indicator=_indicator(known, case),
        stages=tuple(_stages(known, case, now)),
        tasks=tuple(case_task(known, task, now) for task in case.tasks.values()),
        flags=flags_of(known.speech, case),
        reopened=case.reopened,
        runs=tuple(_runs(known, case)),
        chain=explainer.chain(case),
        timeline=timeline(known, case),
        series=_series(known, case),
        missing=tuple(missing(known, case)),
        review=_review_id(known.archive.facts[review]) if review else None,
        actions=on_case(known, case),
        custody=custody(known, case),
        offer=offer(known, case),
        reports=reports(known, case),
        weight=case.weight,
        merged_into=case.merged_into or None,
        merged=tuple(case.merged),
        condition=_condition(known, case),
    )


def _condition(known: Known, case: Case) -> Words | None:
    kind = known.rules.cases.get(case.type)
    return next((opening.words for opening in kind.openings if opening.id == case.condition), None) if kind else None


def _review_id(fact: Fact) -> str:
    assert isinstance(fact.body, ReviewWritten)
    return fact.body.review


def _indicator(known: Known, case: Case) -> IndicatorNow | None:
    """The indicator as the close sees it. Of a group, the warning's level stands for all its series."""
    if not case.indicator:
        return None
    warning = known.archive.warnings.get(case.warning)
    board = known.board
    if board.has_series(case.indicator, case.place):
        level = board.series_level(case.indicator, case.place)
        unknown = board.series_unknown(case.indicator, case.place)
    else:
        level = warning.level if warning else known.rules.calm
        unknown = case.place in board.nodes and board.unknown(case.place)
    return IndicatorNow(
        id=case.indicator,
        words=known.speech.indicator(case.indicator),
        unit=known.speech.measure(case.indicator),
        datum=known.speech.datum(case.indicator),
        level=level,
        unknown=unknown,
        green=not known.warning_on(case) and not known.silent(case),
    )


def _series(known: Known, case: Case) -> SeriesName | None:
    """The series to draw: the one that led the warning, else the case's own."""
    warning = known.archive.warnings.get(case.warning)
    if warning is not None:
        return SeriesName(indicator=warning.indicator, place=warning.origin)
    if case.indicator:
        return SeriesName(indicator=case.indicator, place=case.place)
    return None


def _runs(known: Known, case: Case) -> Iterator[RunView]:
    for run in case.runs.values():
        yield RunView(
            id=run.run,
            plan=Named(id=run.plan, words=known.speech.plan(run.plan)),
            response=run.response,
            matched=known.speech.matched(run.plan, run.level),
            not_matched=tuple(
                NotMatchedView(
                    plan=Named(id=other.plan, words=known.speech.plan(other.plan)), why=known.speech.answers(other.plan)
                )
                for other in run.not_matched
            ),
            paused=run.run in case.paused,
            actions=on_run(known, case, run.run),
        )


# --- the ribbon -----------------------------------------------------------------------------------------------


def _stages(known: Known, case: Case, now: int) -> Iterator[StageState]:
    """The stages the case goes through (its newest run, where it came back), each with when it began and how long it took.

    Stages that cannot come (a report has no warning, some types no review) are left out.
    """
    entered = _entered(known, case)
    steps = [(name, at) for name, at in entered if at is not None]
    waiting = [name for name, at in entered if at is None]
    for number, (name, at) in enumerate(steps):
        until = steps[number + 1][1] if number + 1 < len(steps) else case.closed_at
        running = until is None
        took = max(0, (now if until is None else until) - at)
        yield StageState(name=name, state="now" if running else "done", at=at, took=took)
    for name in waiting:
        yield StageState(name=name, state="waiting", at=None, took=None)
    for name, written in _results(known, case):
        if case.closed_at is None:
            yield StageState(name=name, state="waiting", at=None, took=None)
        elif written is None:
            yield StageState(name=name, state="now", at=case.closed_at, took=max(0, now - case.closed_at))
        else:
            yield StageState(name=name, state="done", at=written, took=max(0, written - case.closed_at))


def _entered(known: Known, case: Case) -> list[tuple[str, int | None]]:
    """When the newest run of the case entered each stage up to supervise."""
    archive = known.archive
    if not case.runs:
        return [("sense", case.opened_at), *((name, None) for name in ("plan", "dispatch", "supervise"))]
    run = next(reversed(case.runs.values()))
    started = archive.facts[archive.run_fact[run.run]]
    tasks = [task for task in case.tasks.values() if task.sent.run == run.run]
    out: list[tuple[str, int | None]] = []
    warning = archive.warnings.get(run.warning)
    if warning is not None:
        raised = archive.fact(warning.raised)
        assert raised is not None
        led = known.archive.led(raised)
        out += [
            ("sense", min(led.since, raised.at) if led else raised.at),
            ("warn", raised.at),
        ]
        asked = [one.at for one in _asked(known, raised, run.plan)]
        out.append(("plan", min([started.at, *asked])))
    else:
        cause = _first_cause(known, started, SeriesSilent) or _first_cause(known, started, Commanded)
        out += [("sense", cause.at if cause else started.at), ("plan", started.at)]
    out.append(("dispatch", min((task.sent_at for task in tasks), default=None)))
    out.append(("supervise", min((task.claimed_at for task in tasks if task.claimed_at is not None), default=None)))
    return out


def _asked(known: Known, raised: Fact, plan: str) -> Iterator[Fact]:
    """The proposals of `plan` for a warning."""
    assert isinstance(raised.body, WarningRaised)
    for asked in known.archive.proposals.values():
        if asked.body.warning == raised.body.warning and asked.body.plan == plan:
            yield from known.archive.about(asked.body.proposal)[:1]


def _first_cause(known: Known, fact: Fact, kind: type) -> Fact | None:
    for cause in fact.because:
        before = known.archive.fact(cause)
        if before is not None and isinstance(before.body, kind):
            return before
    return None


def _results(known: Known, case: Case) -> list[tuple[str, int | None]]:
    """When the newest close was scored and reviewed."""
    close = known.archive.facts.get(case.fact) if case.closed_at is not None else None
    after = known.archive.came_of(close) if close else []
    scored = next((fact.at for fact in after if isinstance(fact.body, ScorePublished)), None)
    reviewed = next((fact.at for fact in after if isinstance(fact.body, ReviewWritten)), None)
    out: list[tuple[str, int | None]] = []
    if any(card.counts(case.type) for card in known.rules.scorecards.values()):
        out.append(("evaluate", scored))
    kind = known.rules.cases.get(case.type)
    if kind is not None and kind.review:
        out.append(("review", reviewed))
    return out


# --- tasks ----------------------------------------------------------------------------------------------------


def case_task(known: Known, task: Task, now: int) -> CaseTask:
    sent, proof = task.sent, task.proof
    step = f"{sent.plan}/{sent.step}"
    return CaseTask(
        id=task.id,
        step=Named(id=step, words=known.speech.step_of(task)),
        unit=known.named(task.unit),
        state=task.state,
        clocks=tuple(_clocks(task, now)),
        proof=ProofView(
            text=proof.text if proof else "",
            count=proof.count if proof else None,
            lon=proof.lon if proof else None,
            lat=proof.lat if proof else None,
            from_device=proof is not None and proof.from_device,
            photo=proof.photo if proof else "",
        ),
        verifier=known.named(sent.verifier),
        verified_by=task.verified_by or None,
        flags=flags_of(known.speech, task),
        escalated_to=task.escalated_to or None,
        actions=on_task(known, task),
        asked=_asked_for(known, task),
    )


def _asked_for(known: Known, task: Task) -> Request | None:
    asked = task.request
    if asked is None:
        return None
    span = asked.span if isinstance(asked, ExtensionAsked) else 0
    return Request(asks="extension" if span else "hold", to=known.named(asked.to), span=span, reason=asked.reason)


def _clocks(task: Task, now: int) -> Iterator[TaskClock]:
    """The task's clocks in order, met or not. A clock not met stops counting when the task ends otherwise."""
    claimed = None if task.state == "sent-back" else task.claimed_at
    yield _clock(task, "sign", task.sent_at, task.sign_by, task.signed_at, now)
    begun = task.signed_at or task.sent_at
    if task.arrive_by is not None:
        yield _clock(task, "arrive", begun, task.arrive_by, task.arrived_at, now)
    yield _clock(task, "done", task.arrived_at or begun, task.done_by, claimed, now)
    if claimed is not None and task.check_due is not None:
        yield _clock(task, "check", claimed, task.check_due, task.verified_at, now)


def _clock(task: Task, name: str, started: int, due: int, met_at: int | None, now: int) -> TaskClock:
    late = met_at > due if met_at is not None else name in task.overdue or (task.open and now > due)
    return TaskClock(name=name, started=started, due=due, met_at=met_at, late=late)


# --- what is missing ------------------------------------------------------------------------------------------

_MISSING = {
    "sent": Words(zh="尚未签收", en="not signed yet"),
    "signed": Words(zh="尚未完成", en="not done yet"),
    "arrived": Words(zh="尚未完成", en="not done yet"),
    "sent-back": Words(zh="核查退回，需重做", en="sent back by the check, to be done again"),
    "claimed": Words(zh="待核查", en="waits for its check"),
    "held": Words(zh="挂账中", en="is on hold"),
}


def missing(known: Known, case: Case) -> Iterator[Words]:
    """What still stands between an open case and its close."""
    if not case.open:
        if case.standing == "reported":
            unit = known.speech.unit(case.asked_above or case.receiver)
            yield Words(zh=f"{unit.zh}：尚未立案", en=f"{unit.en}: not registered yet")
        return
    if case.offer is not None:
        to = known.speech.unit(case.offer.to)
        yield Words(zh=f"{to.zh}：尚未答复移交", en=f"{to.en}: has not answered the offer")
    groups: dict[str, list[Task]] = {}
    for task in case.tasks.values():
        if task.state in _MISSING:
            groups.setdefault(_MISSING[task.state].zh, []).append(task)
    for tasks in groups.values():
        yield from _missing_tasks(known, tasks)
    if case.waiting:
        count = len(case.waiting)
        yield Words(zh=f"{count} 项任务待前序步骤完成后派发", en=f"{count} still to be sent, after the steps before them")
    yield from _not_green(known, case)


def _missing_tasks(known: Known, tasks: Sequence[Task]) -> Iterator[Words]:
    what = _MISSING[tasks[0].state]
    if len(tasks) > SAID_ONE_BY_ONE:
        late = sum(is_overdue(task) for task in tasks)
        zh, en = (f"，其中 {late} 项超时", f", {late} of them overdue") if late else ("", "")
        yield Words(zh=f"{len(tasks)} 项任务{what.zh}{zh}", en=f"{len(tasks)} tasks: {what.en}{en}")
        return
    for task in tasks:
        step, unit = known.speech.step_of(task), known.speech.unit(asked_of(task))
        zh, en = ("（已超时）", " (overdue)") if is_overdue(task) else ("", "")
        yield Words(zh=f"{unit.zh}：“{step.zh}”{what.zh}{zh}", en=f"{unit.en}: '{step.en}' {what.en}{en}")


def _not_green(known: Known, case: Case) -> Iterator[Words]:
    warning = known.archive.warnings.get(case.warning)
    if warning is not None and warning.on:
        group, level = known.speech.group(warning.group), known.speech.level(warning.level)
        yield Words(
            zh=f"{group.zh}预警仍为{level.zh}，指标尚未转绿", en=f"the {lower(group.en)} warning is still {level.en}, not green"
        )
    if known.silent(case):
        name = known.speech.indicator(case.indicator)
        yield Words(zh=f"{name.zh}无数据，静默不算转绿", en=f"no {lower(name.en)} data: silence is not green")


# --- the timeline ---------------------------------------------------------------------------------------------

_NOT_TOLD = (Commanded, ReadingsReceived)


def timeline(known: Known, case: Case) -> tuple[Event, ...]:
    """Everything that happened, oldest first: the case, its warnings, its plans and what was proposed."""
    archive = known.archive
    subjects = [case.id, *warnings_of(case), *case.runs]
    subjects += [id for id, asked in archive.proposals.items() if asked.body.warning in subjects]
    facts = {fact.id: fact for subject in subjects for fact in archive.about(subject)}
    for body in case.suspected:  # said of the case that came later, and told in both
        facts.update((fact.id, fact) for fact in archive.about(body.case) if fact.body == body)
    for warning in warnings_of(case):
        for fact in archive.about(warning):
            facts.update((b.id, b) for cause in fact.because if (b := archive.fact(cause)) and isinstance(b.body, LevelChanged))
    told = sorted((fact for fact in facts.values() if not isinstance(fact.body, _NOT_TOLD)), key=lambda fact: fact.seq)
    events = [known.event(fact) for fact in told[-MOST_EVENTS:]]
    if left := len(told) - len(events):
        first = told[0]
        text = Words(zh=f"此前另有 {left} 条，见事实流水", en=f"{left} earlier entries are not listed here")
        events.insert(0, Event(id=f"{case.id}:left-out", at=first.at, kind="left-out", level=None, text=text, place=case.place,
                               case=case.id, warning=None))  # fmt: skip
    return tuple(events)
