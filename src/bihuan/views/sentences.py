"""One full sentence for every kind of fact, in both languages, to be read at 3 a.m."""

from collections.abc import Callable
from typing import Any, TypeVar

from bihuan.loop.plan.words import NOBODY
from bihuan.model.facts import (
    Body,
    CaseClosed,
    CaseFlagged,
    CaseOpened,
    CaseReopened,
    CheckAsked,
    Commanded,
    CommandWasRefused,
    Fact,
    LateReading,
    LevelChanged,
    PacksLoaded,
    PlanExtended,
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ProposalOverdue,
    ReadingsReceived,
    ReadingsSetAside,
    ResponseDeclared,
    ReviewWritten,
    ScorePublished,
    SeriesReturned,
    SeriesSilent,
    Step,
    TaskArrived,
    TaskClaimed,
    TaskEscalated,
    TaskOverdue,
    TaskReleased,
    TaskReminded,
    TaskReturned,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    TaskVerified,
    WarningCleared,
    WarningRaised,
    WarningStepped,
)
from bihuan.model.times import DAY
from bihuan.pack.schema import Words
from bihuan.views.reasons import reason_words
from bihuan.views.refusals import in_words
from bihuan.views.sentences_cases import LINES, say
from bihuan.views.words import CLOCKS, NOTHING, VERBS, Speech, lower, number, span_words

B = TypeVar("B", bound=Body)

SENTENCES: dict[type[Body], Callable[[Speech, Fact, Any], Words]] = dict.fromkeys(LINES, say)


def sentence(speech: Speech, fact: Fact) -> Words:
    """What happened, in one sentence."""
    return SENTENCES[type(fact.body)](speech, fact, fact.body)


Say = Callable[[Speech, Fact, B], Words]


def says(kind: type[B]) -> Callable[[Say[B]], Say[B]]:
    def keep(how: Say[B]) -> Say[B]:
        SENTENCES[kind] = how
        return how

    return keep


# --- sense ----------------------------------------------------------------------------------------------------


@says(PacksLoaded)
def _packs_loaded(speech: Speech, fact: Fact, body: PacksLoaded) -> Words:
    names = ", ".join(f"{pack.urn.rpartition('/')[2]} {pack.version}" for pack in body.packs)
    return Words(zh=f"启用场景包：{names}", en=f"Packs in force from now on: {names}")


@says(ReadingsReceived)
def _readings_received(speech: Speech, fact: Fact, body: ReadingsReceived) -> Words:
    zh, en = f"收到读数 {body.rows} 条，采用 {body.applied} 条", f"{body.rows} readings received, {body.applied} applied"
    if body.late:
        zh, en = f"{zh}，迟到 {body.late} 条", f"{en}, {body.late} late"
    if body.duplicate:
        zh, en = f"{zh}，重复 {body.duplicate} 条", f"{en}, {body.duplicate} duplicate"
    return Words(zh=zh, en=en)


@says(ReadingsSetAside)
def _readings_set_aside(speech: Speech, fact: Fact, body: ReadingsSetAside) -> Words:
    return Words(
        zh=f"一批读数（{body.rows} 条）每轮都出错，已整批隔离",
        en=f"A batch of {body.rows} readings failed every turn and was set aside whole",
    )


@says(LevelChanged)
def _level_changed(speech: Speech, fact: Fact, body: LevelChanged) -> Words:
    place, indicator, level = speech.place(body.place), speech.indicator(body.indicator), speech.level(body.level)
    value = speech.value(body)
    what = _moved_to(speech, body.before, body.level, level)
    return Words(
        zh=f"{place.zh} {indicator.zh} {what.zh}（{value.zh}）",
        en=f"{place.en}: {lower(indicator.en)} {what.en} ({value.en})",
    )


def _moved_to(speech: Speech, before: str, after: str, level: Words) -> Words:
    ranks = {level.id: rank for rank, level in enumerate(speech.rules.levels)}
    if after == speech.rules.calm:
        return Words(zh="恢复正常", en="back to normal")
    if ranks.get(after, 0) > ranks.get(before, 0):
        return Words(zh=f"升至{level.zh}", en=f"up to {level.en}")
    return Words(zh=f"降至{level.zh}", en=f"down to {level.en}")


@says(LateReading)
def _late_reading(speech: Speech, fact: Fact, body: LateReading) -> Words:
    place, indicator, level = speech.place(body.place), speech.indicator(body.indicator), speech.level(body.level)
    value = speech.amount(body.indicator, body.value)
    at = speech.clock_time(body.reading_at)
    return Words(
        zh=f"{place.zh} {indicator.zh} 迟到读数：{at} 为 {value.zh}，当时应为{level.zh}，只入历史、不再触发",
        en=f"{place.en}: a late {lower(indicator.en)} reading of {value.en} at {at} would have meant {level.en}; only kept",
    )


@says(SeriesSilent)
def _series_silent(speech: Speech, fact: Fact, body: SeriesSilent) -> Words:
    place, indicator = speech.place(body.place), speech.indicator(body.indicator)
    after = span_words(body.stale_after)
    zh = f"{place.zh} {indicator.zh} 超过{after.zh}无数据，状态未知"
    en = f"{place.en}: no {lower(indicator.en)} data for more than {after.en}, its state is unknown"
    if body.level != speech.rules.calm:
        level = speech.level(body.level)
        zh, en = f"{zh}，{level.zh}预警保持", f"{en}; {level.en} stays active"
    return Words(zh=zh, en=en)


@says(SeriesReturned)
def _series_returned(speech: Speech, fact: Fact, body: SeriesReturned) -> Words:
    place, indicator, gap = speech.place(body.place), speech.indicator(body.indicator), span_words(body.silent_for)
    return Words(
        zh=f"{place.zh} {indicator.zh} 数据恢复（中断 {gap.zh}）",
        en=f"{place.en}: {lower(indicator.en)} data are back after {gap.en} of silence",
    )


# --- warn -----------------------------------------------------------------------------------------------------


def _led_by(speech: Speech, fact: Fact, place: str) -> Words:
    """（白羊镇 6小时 53.2 mm）: the series that led and the value its rule looked at."""
    led = speech.archive.led(fact)
    if led is None:
        return NOTHING
    value = speech.value(led)
    if led.place == place:
        return Words(zh=f"（{value.zh}）", en=f" ({value.en})")
    origin = speech.place(led.place)
    return Words(zh=f"（{origin.zh} {value.zh}）", en=f" ({origin.en}, {value.en})")


@says(WarningRaised)
def _warning_raised(speech: Speech, fact: Fact, body: WarningRaised) -> Words:
    place, group, level = speech.place(body.place), speech.group(body.group), speech.level(body.level)
    led = _led_by(speech, fact, body.place)
    return Words(
        zh=f"{place.zh} {group.zh}预警 {level.zh}发布{led.zh}",
        en=f"{place.en}: {lower(group.en)} warning raised, {level.en}{led.en}",
    )


@says(WarningStepped)
def _warning_stepped(speech: Speech, fact: Fact, body: WarningStepped) -> Words:
    place, group, level = speech.place(body.place), speech.group(body.group), speech.level(body.level)
    what, led = _moved_to(speech, body.before, body.level, level), _led_by(speech, fact, body.place)
    return Words(
        zh=f"{place.zh} {group.zh}预警 {what.zh}{led.zh}",
        en=f"{place.en}: {lower(group.en)} warning {what.en}{led.en}",
    )


@says(WarningCleared)
def _warning_cleared(speech: Speech, fact: Fact, body: WarningCleared) -> Words:
    place, group = speech.place(body.place), speech.group(body.group)
    worst, lasted = speech.level(body.worst), span_words(body.lasted)
    return Words(
        zh=f"{place.zh} {group.zh}预警 解除（最高{worst.zh}，历时{lasted.zh}）",
        en=f"{place.en}: {lower(group.en)} warning over (worst {worst.en}, lasted {lasted.en})",
    )


# --- plan -----------------------------------------------------------------------------------------------------


@says(PlanProposed)
def _plan_proposed(speech: Speech, fact: Fact, body: PlanProposed) -> Words:
    place, plan, unit = speech.place(body.place), speech.plan(body.plan), speech.unit(body.unit)
    by = speech.clock_time(body.answer_by)
    return Words(
        zh=f"建议{place.zh}启动{plan.zh}，请{unit.zh}值守于 {by} 前答复",
        en=f"{plan.en} is proposed for {place.en}; {unit.en}'s duty officer is to answer by {by}",
    )


@says(ResponseDeclared)
def _response_declared(speech: Speech, fact: Fact, body: ResponseDeclared) -> Words:
    place, plan, who = speech.place(body.place), speech.plan(body.plan), speech.actor(fact.actor)
    return Words(zh=f"{place.zh} 启动{plan.zh}（{who.zh}决定）", en=f"{place.en}: {plan.en} declared by the {who.en}")


@says(ProposalDeclined)
def _proposal_declined(speech: Speech, fact: Fact, body: ProposalDeclined) -> Words:
    place, plan, who = speech.place(body.place), speech.plan(body.plan), speech.actor(fact.actor)
    return Words(
        zh=f"{place.zh} 暂不启动{plan.zh}（{who.zh}：{body.reason}）",
        en=f"{place.en}: {plan.en} declined by the {who.en}: {body.reason}",
    )


@says(ProposalLapsed)
def _proposal_lapsed(speech: Speech, fact: Fact, body: ProposalLapsed) -> Words:
    place, plan, why = speech.place(body.place), speech.plan(body.plan), reason_words(speech, body.reason)
    return Words(
        zh=f"{place.zh} {plan.zh}的启动建议失效：{why.zh}",
        en=f"{place.en}: the proposal of {plan.en} has lapsed: {why.en}",
    )


def _size(steps: tuple[Step, ...]) -> tuple[int, int]:
    """Tasks and units."""
    return len(steps), len({step.unit for step in steps})


def counted(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


@says(PlanStarted)
def _plan_started(speech: Speech, fact: Fact, body: PlanStarted) -> Words:
    place, plan, (tasks, units) = speech.place(body.place), speech.plan(body.plan), _size(body.steps)
    if [step.step for step in body.steps] == [NOBODY]:
        unit = speech.unit(body.unit)
        return Words(
            zh=f"{place.zh} 启动预案“{plan.zh}”，但没有步骤触达任何单位：由主办的{unit.zh}核实处置",
            en=f"{place.en}: plan '{plan.en}' started, but reaches nobody: {unit.en}, which holds it, looks and acts",
        )
    return Words(
        zh=f"{place.zh} 启动预案“{plan.zh}”：{units} 个单位，{tasks} 项任务",
        en=f"{place.en}: plan '{plan.en}' started, {counted(tasks, 'task')} for {counted(units, 'unit')}",
    )


@says(PlanExtended)
def _plan_extended(speech: Speech, fact: Fact, body: PlanExtended) -> Words:
    place, plan, (tasks, units) = speech.place(body.place), speech.plan(body.plan), _size(body.steps)
    return Words(
        zh=f"{place.zh} 预案“{plan.zh}”扩大范围：新增 {units} 个单位，{tasks} 项任务",
        en=f"{place.en}: plan '{plan.en}' reaches further, {counted(tasks, 'more task')} for {counted(units, 'unit')}",
    )


# --- dispatch -------------------------------------------------------------------------------------------------


@says(CaseOpened)
def _case_opened(speech: Speech, fact: Fact, body: CaseOpened) -> Words:
    title, level, unit = speech.title(body.case_type, body.place), speech.level(body.level), speech.unit(body.unit)
    return Words(
        zh=f"{title.zh} 立案（{level.zh}），{unit.zh}牵头",
        en=f"Case opened: {title.en} ({level.en}), held by {unit.en}",
    )


@says(CaseReopened)
def _case_reopened(speech: Speech, fact: Fact, body: CaseReopened) -> Words:
    title, after = speech.title(body.case_type, body.place), span_words(body.closed_for)
    return Words(
        zh=f"{title.zh} 闭环{after.zh}后复发，案卷重新打开，闭环成绩收回",
        en=f"{title.en}: the trouble is back {after.en} after closing; the case is open again and its credit taken back",
    )


@says(TaskSent)
def _task_sent(speech: Speech, fact: Fact, body: TaskSent) -> Words:
    unit, step = speech.unit(body.unit), speech.step(f"{body.plan}/{body.step}")
    sign, done = span_words(body.sign_by - fact.at), span_words(body.done_by - fact.at)
    if body.form == "call":
        return Words(
            zh=f"叫应{unit.zh}：{step.zh}（{sign.zh}内应答）", en=f"{unit.en} is called: {step.en} (answer within {sign.en})"
        )
    if body.form == "notice":
        return Words(
            zh=f"通知{unit.zh}：{step.zh}（{sign.zh}内知悉）", en=f"{unit.en} is told: {step.en} (read within {sign.en})"
        )
    return Words(
        zh=f"派给{unit.zh}：{step.zh}（{sign.zh}内签收，{done.zh}内完成）",
        en=f"{unit.en} is sent a task: {step.en} (sign within {sign.en}, done within {done.en})",
    )


@says(TaskSigned)
def _task_signed(speech: Speech, fact: Fact, body: TaskSigned) -> Words:
    unit, step, took = speech.unit(body.unit), speech.task_step(body.task), span_words(body.took)
    known = speech.book.tasks.get(body.task)
    verbs = {"call": ("应答", "answered"), "notice": ("知悉", "read it")}
    zh, en = verbs.get(known.sent.form if known else "", ("签收", "signed"))
    return Words(zh=f"{unit.zh} {zh}：{step.zh}（用时{took.zh}）", en=f"{unit.en} {en} after {took.en}: {step.en}")


@says(TaskArrived)
def _task_arrived(speech: Speech, fact: Fact, body: TaskArrived) -> Words:
    unit, step = speech.unit(body.unit), speech.task_step(body.task)
    return Words(zh=f"{unit.zh} 到场：{step.zh}", en=f"{unit.en} is on the spot: {step.en}")


@says(TaskClaimed)
def _task_claimed(speech: Speech, fact: Fact, body: TaskClaimed) -> Words:
    unit, step, after = speech.unit(body.unit), speech.task_step(body.task), span_words(body.after_signing)
    return Words(
        zh=f"{unit.zh} 报完成：{step.zh}（签收后{after.zh}），待核查",
        en=f"{unit.en} reports done {after.en} after signing: {step.en}; not yet checked",
    )


@says(TaskReturned)
def _task_returned(speech: Speech, fact: Fact, body: TaskReturned) -> Words:
    unit, step = speech.unit(body.unit), speech.task_step(body.task)
    return Words(
        zh=f"{unit.zh} 退回任务：{step.zh}（{body.reason}）", en=f"{unit.en} returned a task: {step.en} ({body.reason})"
    )


@says(TaskReleased)
def _task_released(speech: Speech, fact: Fact, body: TaskReleased) -> Words:
    unit, step, why = speech.unit(body.unit), speech.task_step(body.task), reason_words(speech, body.reason)
    return Words(zh=f"{unit.zh} 不再承担：{step.zh}（{why.zh}）", en=f"{unit.en} is released from: {step.en} ({why.en})")


# --- supervise ------------------------------------------------------------------------------------------------


@says(TaskReminded)
def _task_reminded(speech: Speech, fact: Fact, body: TaskReminded) -> Words:
    unit, step, clock = speech.unit(body.unit), speech.task_step(body.task), CLOCKS[body.clock]
    due = speech.clock_time(body.due)
    return Words(
        zh=f"提醒{unit.zh}：{step.zh}，{clock.zh}时限 {due}", en=f"{unit.en} is reminded: {step.en}, {clock.en} is due at {due}"
    )


@says(TaskOverdue)
def _task_overdue(speech: Speech, fact: Fact, body: TaskOverdue) -> Words:
    unit, step, clock = speech.unit(body.unit), speech.task_step(body.task), CLOCKS[body.clock]
    due = speech.clock_time(body.due)
    return Words(
        zh=f"{unit.zh} {clock.zh}超时：{step.zh}（时限 {due}）",
        en=f"{unit.en}: {clock.en} is overdue: {step.en} (due at {due})",
    )


@says(TaskEscalated)
def _task_escalated(speech: Speech, fact: Fact, body: TaskEscalated) -> Words:
    unit, step, clock, to = speech.unit(body.unit), speech.task_step(body.task), CLOCKS[body.clock], speech.unit(body.to)
    return Words(
        zh=f"{unit.zh} {clock.zh}超时仍未处理，上报{to.zh}：{step.zh}",
        en=f"{clock.en[:1].upper() + clock.en[1:]} by {unit.en} is long overdue, {to.en} is told: {step.en}",
    )


@says(ProposalOverdue)
def _proposal_overdue(speech: Speech, fact: Fact, body: ProposalOverdue) -> Words:
    unit, to = speech.unit(body.unit), speech.unit(body.to)
    asked = speech.archive.proposals.get(body.proposal)
    plan = speech.plan(asked.body.plan) if asked else Words(zh=body.proposal, en=body.proposal)
    return Words(
        zh=f"{unit.zh} 未按时答复{plan.zh}的启动建议，同时请{to.zh}答复",
        en=f"{unit.en} has not answered the proposal of {plan.en} in time; {to.en} is asked too",
    )


@says(CaseFlagged)
def _case_flagged(speech: Speech, fact: Fact, body: CaseFlagged) -> Words:
    unit, flag = speech.unit(body.unit), speech.sentence(body.flag)
    step = speech.task_step(body.task) if body.task else speech.case_title(body.case)
    return Words(zh=f"{unit.zh} {step.zh}：{flag.zh}", en=f"{unit.en}, {step.en}: {lower(flag.en)}")


@says(CheckAsked)
def _check_asked(speech: Speech, fact: Fact, body: CheckAsked) -> Words:
    unit, step, due = speech.unit(body.unit), speech.task_step(body.task), speech.clock_time(body.due)
    task = speech.book.tasks.get(body.task)
    doer = speech.unit(task.unit if task else "")
    return Words(
        zh=f"请{unit.zh}于 {due} 前核查{doer.zh}：{step.zh}", en=f"{unit.en} is asked to check {doer.en} by {due}: {step.en}"
    )


@says(TaskVerified)
def _task_verified(speech: Speech, fact: Fact, body: TaskVerified) -> Words:
    unit, doer, step = speech.unit(body.unit), speech.unit(body.doer), speech.task_step(body.task)
    return Words(zh=f"{unit.zh} 核查通过{doer.zh}：{step.zh}", en=f"{unit.en} verified the work of {doer.en}: {step.en}")


@says(TaskSentBack)
def _task_sent_back(speech: Speech, fact: Fact, body: TaskSentBack) -> Words:
    unit, doer, step = speech.unit(body.unit), speech.unit(body.doer), speech.task_step(body.task)
    return Words(
        zh=f"{unit.zh} 核查退回{doer.zh}：{step.zh}（{body.reason}）",
        en=f"{unit.en} sent back the work of {doer.en}: {step.en} ({body.reason})",
    )


@says(CaseClosed)
def _case_closed(speech: Speech, fact: Fact, body: CaseClosed) -> Words:
    title, lasted = speech.title(body.case_type, body.place), span_words(fact.at - body.opened_at)
    zh, en = f"{title.zh} 闭环（历时{lasted.zh}", f"Case closed: {title.en} (took {lasted.en}"
    if body.verifiers:
        names = [speech.unit(unit) for unit in body.verifiers]
        zh, en = f"{zh}，{'、'.join(n.zh for n in names)}核查", f"{en}, verified by {', '.join(n.en for n in names)}"
    if body.green != "none":
        zh, en = f"{zh}，指标转绿", f"{en}, indicator green again"
    return Words(
        zh=f"{zh}，{'按时' if body.on_time else '有超时'}）", en=f"{en}, {'on time' if body.on_time else 'not on time'})"
    )


# --- evaluate, review -----------------------------------------------------------------------------------------


@says(ScorePublished)
def _score_published(speech: Speech, fact: Fact, body: ScorePublished) -> Words:
    card = speech.scorecard(body.scorecard)
    long = body.until - body.since >= DAY
    since, until = (speech.moment(at)[:10] if long else speech.clock_time(at) for at in (body.since, body.until))
    zh, en = f"{card.zh} 发布（{since}–{until}）", f"Scores published: {card.en} ({since}-{until})"
    if body.corrects:
        zh, en = f"{card.zh} 更正（{since}–{until}，首版 {body.corrects}）", f"Scores corrected: {card.en} ({since}-{until})"
    best = next((row for row in body.rows if row.score is not None), None)
    if best is None or best.score is None:
        return Words(zh=f"{zh}：本期无数据", en=f"{en}: no data in this period")
    unit, scored = speech.unit(best.unit), sum(row.score is not None for row in body.rows)
    return Words(
        zh=f"{zh}：{scored} 个单位有数据，第一名{unit.zh} {number(best.score)} 分",
        en=f"{en}: {counted(scored, 'unit')} with data, {unit.en} first with {number(best.score)} points",
    )


@says(ReviewWritten)
def _review_written(speech: Speech, fact: Fact, body: ReviewWritten) -> Words:
    title, peak, items = speech.case_title(body.case), speech.level(body.peak), len(body.improvements)
    zh, en = f"{title.zh} 复盘：最高{peak.zh}", f"Review of {title.en}: worst {peak.en}"
    if body.conformance is not None:
        share = number(100 * body.conformance)
        zh, en = f"{zh}，{share}% 任务按预案完成", f"{en}, {share} % of tasks as planned"
    return Words(zh=f"{zh}，改进项 {items} 条", en=f"{en}, {counted(items, 'improvement')}")


# --- people ---------------------------------------------------------------------------------------------------


def _target(speech: Speech, does: str, target: str) -> Words:
    if does == "report":
        return speech.case_type(target)
    if target in speech.book.cases:
        return speech.case_title(target)
    if does == "start":
        return speech.plan(target)
    if (asked := speech.archive.proposals.get(target)) is not None:
        return speech.plan(asked.body.plan)
    return speech.task_step(target)


@says(Commanded)
def _commanded(speech: Speech, fact: Fact, body: Commanded) -> Words:
    who, verb = speech.actor(fact.actor), VERBS.get(body.does, Words(zh=body.does, en=body.does))
    what = _target(speech, body.does, body.target)
    where = speech.place(body.place) if body.place else None
    return Words(
        zh=f"{who.zh} {verb.zh}：{what.zh}" + (f"（{where.zh}）" if where else ""),
        en=f"The {who.en}: {lower(verb.en)}: {what.en}" + (f" ({where.en})" if where else ""),
    )


@says(CommandWasRefused)
def _command_was_refused(speech: Speech, fact: Fact, body: CommandWasRefused) -> Words:
    who, verb = speech.actor(fact.actor), VERBS.get(body.does, Words(zh=body.does, en=body.does))
    what = _target(speech, body.does, body.target)
    reason, remedy = (in_words(said, speech.named_unit) for said in (body.reason, body.remedy))
    return Words(
        zh=f"{who.zh}的操作“{verb.zh}”未被接受：{what.zh}（{reason.zh}；{remedy.zh}）",
        en=f"Refused to the {who.en}: {lower(verb.en)}: {what.en} ({reason.en}; {remedy.en})",
    )
