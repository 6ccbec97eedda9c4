"""What stands behind a fact, row by row: the rule and its source, clocks, proof, who checked, the parts of a score."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from bihuan.model.facts import (
    Body,
    CaseClosed,
    CaseFlagged,
    CaseOpened,
    CaseReopened,
    CaseRouted,
    CheckAsked,
    Commanded,
    CommandWasRefused,
    DuplicateSuspected,
    Fact,
    ItemScore,
    LateReading,
    LevelChanged,
    NotMatched,
    PacksLoaded,
    PlanExtended,
    PlanProposed,
    PlanStarted,
    Proof,
    ReadingsReceived,
    ReadingsSetAside,
    ReviewWritten,
    ScorePublished,
    SeriesReturned,
    SeriesSilent,
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
from bihuan.pack.schema import Words
from bihuan.views.flags import seen_in
from bihuan.views.reasons import reason_words, rule_words
from bihuan.views.refusals import in_words
from bihuan.views.shapes import Detail
from bihuan.views.steps import why_of_step
from bihuan.views.words import CLOCKS, NEEDS, Speech, number, span_words

Rows = Iterator[Detail]
Show = TypeVar("Show", bound=Callable[..., Iterator[Detail]])

DETAILS: dict[type[Body], Callable[[Speech, Fact, Any], Rows]] = {}


def details(speech: Speech, fact: Fact) -> tuple[Detail, ...]:
    """Rows for a fact; kinds whose sentence says all have none."""
    how = DETAILS.get(type(fact.body))
    return tuple(how(speech, fact, fact.body)) if how else ()


def shows(*kinds: type[Body]) -> Callable[[Show], Show]:
    def keep(how: Show) -> Show:
        for kind in kinds:
            DETAILS[kind] = how
        return how

    return keep


def row(zh: str, en: str, *parts: str | Words) -> Detail:
    """A row whose value is its parts put together, once in each language."""
    return Detail(label=Words(zh=zh, en=en), value=joined(*parts))


def joined(*parts: str | Words, between: str = "") -> Words:
    said = [part if isinstance(part, Words) else Words(zh=part, en=part) for part in parts]
    return Words(zh=between.join(part.zh for part in said), en=between.join(part.en for part in said))


# --- sense, warn ----------------------------------------------------------------------------------------------


@shows(PacksLoaded)
def _packs(speech: Speech, fact: Fact, body: PacksLoaded) -> Rows:
    for pack in body.packs:
        yield row("场景包", "Pack", f"{pack.urn} {pack.version}, SHA-256 {pack.digest}")


@shows(ReadingsReceived)
def _receipt(speech: Speech, fact: Fact, body: ReadingsReceived) -> Rows:
    yield row("采集日志序号", "Entry of the intake log", str(body.entry))
    yield row("批次摘要", "SHA-256 of the batch", body.digest)
    yield row("行数 / 采用 / 迟到 / 重复", "Rows / applied / late / duplicate",
              f"{body.rows} / {body.applied} / {body.late} / {body.duplicate}")  # fmt: skip
    if body.source:
        yield row("来源", "Source", body.source)


@shows(ReadingsSetAside)
def _set_aside(speech: Speech, fact: Fact, body: ReadingsSetAside) -> Rows:
    yield row("采集日志序号", "Entry of the intake log", str(body.entry))
    yield row("批次摘要", "SHA-256 of the batch", body.digest)
    yield row("出错原因", "Failed with", body.what)
    if body.source:
        yield row("来源", "Source", body.source)


@shows(LevelChanged)
def _level(speech: Speech, fact: Fact, body: LevelChanged) -> Rows:
    rule = body.rule
    yield row("值", "Value", speech.value(body))
    if body.formula:
        inputs = [(one.name, one.indicator, one.value) for one in body.inputs]
        yield row("公式（最新一次计算）", "Formula (as last worked out)", speech.formula(body.formula, inputs))
        for one in body.inputs:
            name = speech.indicator(one.indicator)
            yield row(f"{one.name} 读数时间", f"{one.name} taken", speech.moment(one.at), " · ", name)
    yield row("规则", "Rule", speech.level(rule.level), ": ", rule_words(rule.text))
    yield row("阈值", "Threshold", f"{rule.op} ", speech.amount(body.indicator, rule.threshold, rule.window.partition(" ")[0]))
    if rule.override:
        yield row("本地阈值", "Local threshold", speech.place(body.place))
    for zh, en, value in (("发布机构", "Issuer", rule.issuer), ("文件", "Document", rule.document)):
        if value:
            yield row(zh, en, value)
    yield row("版本", "Version", rule.version or "-")
    yield row("读数时间", "Reading taken", speech.moment(body.reading_at))
    yield row("条件成立自", "Condition held since", speech.moment(body.since))


@shows(LateReading)
def _late(speech: Speech, fact: Fact, body: LateReading) -> Rows:
    yield row("值", "Value", speech.amount(body.indicator, body.value))
    yield row("读数时间", "Reading taken", speech.moment(body.reading_at))


@shows(SeriesSilent)
def _silent(speech: Speech, fact: Fact, body: SeriesSilent) -> Rows:
    yield row("最长允许间隔", "Longest gap allowed", span_words(body.stale_after))
    heard = body.last_reading_at
    yield row("最后读数", "Last reading", "-" if heard is None else speech.moment(heard))


@shows(SeriesReturned)
def _returned_series(speech: Speech, fact: Fact, body: SeriesReturned) -> Rows:
    yield row("中断时长", "Silent for", span_words(body.silent_for))


@shows(WarningRaised, WarningStepped)
def _warning(speech: Speech, fact: Fact, body: WarningRaised | WarningStepped) -> Rows:
    yield row("预警", "Warning", body.warning)
    yield row("主导指标", "Led by", speech.indicator(body.indicator), " @ ", speech.place(body.origin))


@shows(WarningCleared)
def _cleared(speech: Speech, fact: Fact, body: WarningCleared) -> Rows:
    yield row("预警", "Warning", body.warning)
    yield row("历时", "Lasted", span_words(body.lasted))


# --- plan -----------------------------------------------------------------------------------------------------


def _others(speech: Speech, others: tuple[NotMatched, ...]) -> Rows:
    for other in others:
        yield row("未匹配", "Did not match", speech.plan(other.plan), ": ", speech.answers(other.plan))


@shows(PlanProposed)
def _proposed(speech: Speech, fact: Fact, body: PlanProposed) -> Rows:
    yield row("匹配规则", "Matched", speech.answers(body.plan))
    yield from _others(speech, body.not_matched)
    yield row("答复单位", "Asked", speech.unit(body.unit))
    if body.eyes == 4:
        yield row("四眼", "Four eyes", Words(zh="须另一岗位同意", en="another post has to agree too"))
    yield row("答复时限", "Answer by", speech.moment(body.answer_by))


@shows(PlanStarted)
def _started(speech: Speech, fact: Fact, body: PlanStarted) -> Rows:
    yield row("匹配规则", "Matched", speech.matched(body.plan, body.level))
    yield from _others(speech, body.not_matched)
    for step in body.not_now:
        yield row("未发出步骤", "Not sent", speech.step(f"{body.plan}/{step.plan}"), ": ", why_of_step(speech, step.why))
    if body.response:
        yield row("响应级别", "Response", body.response)
    yield row("任务 / 单位", "Tasks / units", f"{len(body.steps)} / {len({step.unit for step in body.steps})}")


@shows(PlanExtended)
def _extended(speech: Speech, fact: Fact, body: PlanExtended) -> Rows:
    yield row("新增任务 / 单位", "More tasks / units", f"{len(body.steps)} / {len({step.unit for step in body.steps})}")


# --- dispatch -------------------------------------------------------------------------------------------------


@shows(CaseOpened, CaseReopened)
def _opened(speech: Speech, fact: Fact, body: CaseOpened | CaseReopened) -> Rows:
    yield row("案卷", "Case", body.case)
    yield row("持有单位", "Holder", speech.unit(body.unit))


NOT_MATCHED = {
    "type": ("案件类型不符", "other types of cases"),
    "level": ("等级不符", "other levels"),
    "hours": ("时段不符", "other hours"),
    "area": ("位置不在该区域", "its area is elsewhere"),
    "unit": ("该处无此单位", "it names no unit there"),
}
"""Why a route was passed over: the first word of what the fact says."""


@shows(CaseRouted)
def _routed(speech: Speech, fact: Fact, body: CaseRouted) -> Rows:
    yield row("匹配规则", "Matched", speech.route(body.route))
    for other in body.not_matched:
        zh, en = NOT_MATCHED.get(other.why.partition(":")[0], (other.why, other.why))
        yield row("未匹配", "Did not match", speech.route(other.plan), Words(zh=f"：{zh}", en=f": {en}"))


@shows(DuplicateSuspected)
def _suspected(speech: Speech, fact: Fact, body: DuplicateSuspected) -> Rows:
    yield row("案卷", "Case", body.case)
    yield row("疑似重复", "May be the same as", body.other)
    if body.metres is not None:
        yield row("相距（米）", "Metres apart", number(body.metres))
    yield row("相隔", "Time between", span_words(body.apart))


@shows(TaskSent)
def _sent(speech: Speech, fact: Fact, body: TaskSent) -> Rows:
    yield row("任务", "Task", body.task)
    yield row("签收时限", "Sign by", speech.moment(body.sign_by))
    if body.arrive_by is not None:
        yield row("到场时限", "Arrive by", speech.moment(body.arrive_by))
    yield row("完成时限", "Done by", speech.moment(body.done_by))
    if body.proof:
        yield row("凭证要求", "Proof asked for", joined(*(NEEDS[need] for need in body.proof), between=", "))
    yield row("核查单位", "Verifier", speech.unit(body.verifier))
    if body.instead_of:
        yield row("接替任务", "Instead of", body.instead_of)


@shows(TaskSigned, TaskArrived, TaskReturned, TaskReleased)
def _moved(speech: Speech, fact: Fact, body: TaskSigned | TaskArrived | TaskReturned | TaskReleased) -> Rows:
    yield row("任务", "Task", body.task)
    if isinstance(body, TaskSigned):
        yield row("签收用时", "Signing took", span_words(body.took))
    elif isinstance(body, TaskReturned):
        yield row("原因", "Reason", body.reason)
    elif isinstance(body, TaskReleased):
        yield row("原因", "Reason", reason_words(speech, body.reason))


@shows(TaskClaimed)
def _claimed(speech: Speech, fact: Fact, body: TaskClaimed) -> Rows:
    yield row("任务", "Task", body.task)
    yield row("签收到报完成", "From signing to done", span_words(body.after_signing))
    yield from _proof(body.proof)


def _proof(proof: Proof) -> Rows:
    if proof == Proof():
        yield row("凭证", "Proof", "-")
    if proof.text:
        yield row("文字", "Text", proof.text)
    if proof.count is not None:
        yield row("数量", "Count", number(proof.count))
    if proof.lon is not None and proof.lat is not None:
        zh, en = ("设备自述", "from the device") if proof.from_device else ("人工填写", "as written")
        yield row(f"位置（{zh}，未核实）", f"Position ({en}, unverified)", f"{proof.lon:.5f}, {proof.lat:.5f}")
    if proof.photo:
        yield row("照片 SHA-256", "Photo SHA-256", proof.photo)


# --- supervise ------------------------------------------------------------------------------------------------


@shows(TaskReminded, TaskOverdue)
def _clock(speech: Speech, fact: Fact, body: TaskReminded | TaskOverdue) -> Rows:
    yield row("任务", "Task", body.task)
    yield row("时限", "Clock", CLOCKS[body.clock], ": ", speech.moment(body.due))


@shows(TaskEscalated)
def _escalated(speech: Speech, fact: Fact, body: TaskEscalated) -> Rows:
    yield row("任务", "Task", body.task)
    yield row("上报", "Told", speech.unit(body.to))


@shows(CaseFlagged)
def _flagged(speech: Speech, fact: Fact, body: CaseFlagged) -> Rows:
    yield row("标记", "Flag", speech.sentence(body.flag))
    yield row("依据", "Evidence", seen_in(speech, body))


@shows(CheckAsked)
def _asked(speech: Speech, fact: Fact, body: CheckAsked) -> Rows:
    yield row("任务", "Task", body.task)
    yield row("核查单位（处置链外）", "Verifier (outside the doing chain)", speech.unit(body.unit))
    yield row("核查时限", "Check by", speech.moment(body.due))


@shows(TaskVerified, TaskSentBack)
def _checked(speech: Speech, fact: Fact, body: TaskVerified | TaskSentBack) -> Rows:
    yield row("任务", "Task", body.task)
    yield row("核查单位", "Verifier", speech.unit(body.unit))
    yield row("处置单位", "Done by", speech.unit(body.doer))
    said = body.text if isinstance(body, TaskVerified) else body.reason
    if said:
        yield row("现场结论", "Found on the spot", said)
    if isinstance(body, TaskVerified) and body.photo:
        yield row("照片 SHA-256", "Photo SHA-256", body.photo)


@shows(CaseClosed)
def _closed(speech: Speech, fact: Fact, body: CaseClosed) -> Rows:
    yield row("处置单位", "Done by", joined(*(speech.unit(unit) for unit in body.doers), between="; "))
    yield row("核查单位", "Verified by", joined(*(speech.unit(unit) for unit in body.verifiers), between="; "))
    yield row("指标转绿依据", "Green by", body.green)
    yield row("按时", "On time", "✓" if body.on_time else "✗")
    yield row("复发观察至", "Watched until", speech.moment(body.watch_until))


# --- evaluate, review, people ---------------------------------------------------------------------------------


@shows(ScorePublished)
def _scores(speech: Speech, fact: Fact, body: ScorePublished) -> Rows:
    yield row("周期", "Period", f"{speech.moment(body.since)} - {speech.moment(body.until)}")
    yield row("版本 / 截至事实", "Version / through fact", f"{body.version} / {body.through}")
    if body.corrects:
        yield row("更正", "Corrects", body.corrects)
    for one in body.rows[:3]:
        if one.score is not None:
            yield row("得分", "Score", f"#{one.rank} ", speech.unit(one.unit), f" {number(one.score)}")


def score_of(speech: Speech, body: ScorePublished, case: str) -> Rows:
    """The row in which a case was counted, part by part: what the score is made of."""
    card = speech.rules.scorecards.get(body.scorecard)
    items = {item.id: item for item in card.items} if card else {}
    for one in body.rows:
        if case not in one.cases:
            continue
        yield row("单位", "Unit", speech.unit(one.unit))
        for part in one.items:
            declared = items.get(part.item)
            words = declared.words if declared else Words(zh=part.item, en=part.item)
            yield Detail(label=words, value=_part(part, declared.weight if declared else None))
        if one.score is not None:
            yield row("总分", "Score", f"{number(one.score)} (", speech.level(one.level), f"), #{one.rank}")


def _part(part: ItemScore, weight: float | None) -> Words:
    if part.value is None or part.points is None:
        return Words(zh="0/0：无数据", en="0/0: no data")
    share = f"{part.numerator:g}/{part.denominator:g} = {100 * part.value:.1f} %"
    times = "" if weight is None else f" × {weight:g}"
    points = f"{share} → {number(part.points)}{times}"
    if not part.left_out:
        return joined(points)
    return joined(points, Words(zh=f"，剔除 {len(part.left_out)} 项", en=f", {len(part.left_out)} left out"))


@shows(ReviewWritten)
def _review(speech: Speech, fact: Fact, body: ReviewWritten) -> Rows:
    yield row("复盘", "Review", body.review)
    if body.first_warning_to_dispatch is not None:
        yield row("预警到首个任务", "Warning to first task", span_words(body.first_warning_to_dispatch))
    if body.median_sign is not None:
        yield row("签收中位用时", "Median time to sign", span_words(body.median_sign))
    for item in body.improvements:
        shown = f" ({number(item.value)})" if item.value is not None else ""
        yield row("改进", "Improvement", speech.sentence(item.what), shown)


@shows(Commanded)
def _said(speech: Speech, fact: Fact, body: Commanded) -> Rows:
    if body.text:
        yield row("说明", "Text", body.text)
    if body.proof is not None:
        yield from _proof(body.proof)


@shows(CommandWasRefused)
def _refused(speech: Speech, fact: Fact, body: CommandWasRefused) -> Rows:
    yield row("原因", "Reason", in_words(body.reason, speech.named_unit))
    yield row("怎么办", "What to do", in_words(body.remedy, speech.named_unit))
