"""The sentences of what people do with cases, in both languages: one line a kind, with the facts' fields by name.

`{unit}` and other units, `{case}`, `{task}` and times are said as people say them; texts stand as they were written.
"""

from collections.abc import Callable

from bihuan.model.facts import (
    AppealDecided,
    Body,
    CaseAccepted,
    CaseGivenBack,
    CaseImported,
    CaseMerged,
    CaseOffered,
    CaseOverdue,
    CaseRegistered,
    CaseRejected,
    CaseReminded,
    CaseReported,
    CaseRouted,
    CaseSeconded,
    CaseUnmerged,
    CreditReversed,
    DuplicateSuspected,
    ExtensionAsked,
    Fact,
    HoldAsked,
    LogReceived,
    OfferWithdrawn,
    PlanPaused,
    PlanResumed,
    RecheckAsked,
    RecheckDone,
    RecheckDrawn,
    RequestDenied,
    ResponseSeconded,
    ScoreAppealed,
    TaskExtended,
    TaskHeld,
    TaskResumed,
)
from bihuan.pack.schema import Words
from bihuan.views.words import CLOCKS, NOTHING, Speech, number, span_words

LINES: dict[type[Body], tuple[str, str]] = {
    CaseReported: (
        "上报：{case}（{text}），请{unit}于 {register_by} 前立案",
        "Reported: {case} ({text}); {unit} is asked to register it by {register_by}",
    ),
    CaseRegistered: ("{unit} 立案：{case}", "{unit} registered it: {case}"),
    CaseRejected: ("{unit} 不予立案：{case}（{reason}）", "{unit} rejected it: {case} ({reason})"),
    CaseRouted: ("{case} 由{unit}主办（{matched}）", "{unit} holds it: {case} ({matched})"),
    CaseOffered: (
        "{unit} 将案件移交{to}：{case}（{reason}），请于 {answer_by} 前答复",
        "{unit} offers it to {to}: {case} ({reason}); an answer is asked for by {answer_by}",
    ),
    CaseAccepted: ("{unit} 接收案件（原由{before}主办）：{case}", "{unit} accepted it from {before}: {case}"),
    CaseGivenBack: (
        "{unit} 退回移交，仍由{to}主办：{case}（{reason}）",
        "{unit} gave it back, {to} holds on: {case} ({reason})",
    ),
    OfferWithdrawn: ("{unit} 撤回给{to}的移交：{case}", "{unit} withdrew the offer to {to}: {case}"),
    CaseOverdue: (
        "{unit} {clock}超时：{case}（时限 {due}），{asked}",
        "{unit}: {clock} is overdue: {case} (due at {due}); {asked}",
    ),
    CaseReminded: ("提醒{unit}：{case}，{clock}时限 {due}", "{unit} is reminded: {case}, {clock} is due at {due}"),
    DuplicateSuspected: (
        "{case} 疑与{other}重复（{metres}，相隔{apart}）",
        "{case} may be the same as {other} ({metres}, {apart} apart)",
    ),
    CaseMerged: ("{unit} 并案：{case} 并入 {into}", "{unit} merged {case} into {into}"),
    CaseUnmerged: (
        "{unit} 撤销并案：{case} 从 {into} 分出（{reason}）",
        "{unit} took the merge back: {case} goes on apart from {into} ({reason})",
    ),
    CaseSeconded: ("{unit} 同样上报：{case}（共 {weight} 次）", "{unit} reports the same: {case} ({weight} reports)"),
    ExtensionAsked: (
        "{unit} 申请第 {nth} 次延期{span}：{task}（{reason}），请{to}审批",
        "{unit} asks for {span} more (time {nth}): {task} ({reason}); {to} may grant it",
    ),
    HoldAsked: (
        "{unit} 申请挂账：{task}（{reason}），请{to}审批",
        "{unit} asks for a hold: {task} ({reason}); {to} may grant it",
    ),
    TaskExtended: ("{unit} 批准{doer}延期至 {done_by}：{task}", "{unit} gave {doer} until {done_by}: {task}"),
    TaskHeld: (
        "{unit} 批准{doer}挂账，时钟停走（剩余{left}）：{task}",
        "{unit} put it on hold for {doer}, the clock stands still ({left} left): {task}",
    ),
    TaskResumed: ("{unit} 恢复办理，时限 {due}：{task}", "{unit} lets it go on, due at {due}: {task}"),
    RequestDenied: ("{unit} 未批准{doer}的申请：{task}（{reason}）", "{unit} denied what {doer} asked for: {task} ({reason})"),
    ResponseSeconded: (
        "{unit} 一人已同意启动{plan}，还需另一岗位同意",
        "{unit}: one post agreed to {plan}; another one has to agree too",
    ),
    PlanPaused: (
        "{unit} 暂停预案{plan}（{reason}）：未发任务不再发出",
        "{unit} paused {plan} ({reason}): no further task is sent",
    ),
    PlanResumed: ("{unit} 继续预案{plan}", "{unit} let {plan} go on"),
    RecheckDrawn: (
        "抽取回头看样本 {count} 件（自 {closed} 件办结案件）",
        "{count} of {closed} closed cases were drawn to be looked at again",
    ),
    RecheckAsked: ("请{unit}于 {due} 前回头看：{case}", "{unit} is asked to look again by {due}: {case}"),
    RecheckDone: ("{unit} 回头看：{case} {found}", "{unit} looked again: {case} {found}"),
    CreditReversed: ("{case} 不再计为办结：{why}", "{case} does not count as closed any more: {why}"),
    ScoreAppealed: (
        "{unit} 对{scorecard}申诉（{case}）：{reason}，请{to}{until}裁定",
        "{unit} appeals against {scorecard} ({case}): {reason}; {to} decides{until}",
    ),
    LogReceived: (
        "导入外部日志 {log}：所载内容为来源方自述，未经本中心核查",
        "The log of {log} was taken in: what it says is its source's claim, and nobody here checked it",
    ),
    CaseImported: (
        "外部日志 {log} 所载案件 {foreign}：来源方称{state}",
        "Case {foreign} of the log {log}: {state}, as its source says",
    ),
    AppealDecided: ("{unit} 裁定申诉{granted}（{reason}）", "{unit} decided the appeal: {granted} ({reason})"),
}
"""By kind: the sentence in zh and en. Written as whole lines, since both languages are read side by side."""

UNITS = ("unit", "to", "doer", "before")
TIMES = ("register_by", "answer_by", "done_by", "due")
SPANS = ("span", "apart", "left")
FOUND = {"sound": Words(zh="属实", en="and found it sound"), "not-sound": Words(zh="不属实", en="and found it not sound")}
WHY = {
    "recurred": Words(zh="问题复发", en="it came back"),
    "reopened": Words(zh="重新打开", en="it was opened again"),
    "not-sound": Words(zh="回头看不属实", en="the look again found it undone"),
}
NO_METRES = Words(zh="同一地点", en="at the same place")


def say(speech: Speech, fact: Fact, body: Body) -> Words:
    """The sentence of a body whose kind has a line."""
    said = {name: _word(speech, body, name, value) for name, value in _fields(body)}
    said |= {name: _by(speech, fact.at, getattr(body, name)) for name in TIMES if hasattr(body, name)}
    zh, en = LINES[type(body)]
    zh, en = zh.format(**{k: w.zh for k, w in said.items()}), en.format(**{k: w.en for k, w in said.items()})
    return Words(zh=zh.replace("（）", ""), en=en.replace(" ()", ""))  # where nobody said why


def _by(speech: Speech, now: int, at: object) -> Words:
    """A moment to come: the time of today, and the day with it where it is another."""
    if not isinstance(at, int):
        return NOTHING
    text = speech.moment(at)
    text = text[11:16] if text[:10] == speech.moment(now)[:10] else text[5:16]
    return Words(zh=text, en=text)


def _fields(body: Body) -> list[tuple[str, object]]:
    fields = [(name, getattr(body, name)) for name in body.__struct_fields__]
    if isinstance(body, RecheckDrawn):
        drawn, closed = sum(len(part.cases) for part in body.strata), sum(part.closed for part in body.strata)
        fields += [("count", drawn), ("closed", closed)]
    if isinstance(body, CreditReversed):
        fields.append(("why", body.reason))
    if isinstance(body, CaseOverdue):
        fields.append(("asked", body.to))
    if isinstance(body, ScoreAppealed):
        fields.append(("until", body.due))
    return fields


def _word(speech: Speech, body: Body, name: str, value: object) -> Words:
    known: dict[str, Callable[[str], Words]] = {
        "case": speech.case_title, "other": speech.case_by_id, "into": speech.case_by_id, "task": speech.task_step,
        "plan": speech.plan, "scorecard": speech.scorecard, "clock": lambda clock: CLOCKS[clock],
        "found": lambda found: FOUND[found], "why": lambda why: WHY.get(why, Words(zh=why, en=why)),
        **dict.fromkeys(UNITS, speech.unit),
    }  # fmt: skip
    if name in known and isinstance(value, str):
        return known[name](value)
    if name in SPANS and isinstance(value, int):
        return span_words(value)
    if name == "metres":
        text = number(float(str(value or 0)))
        return NO_METRES if value is None else Words(zh=f"相距{text}米", en=f"{text} m away")
    if isinstance(body, CaseImported) and name == "state":
        return Words(zh="已办结", en="closed") if value == "closed" else Words(zh="未办结", en="open")
    if isinstance(body, CaseRouted) and name == "matched":
        return speech.route(body.route)
    if isinstance(body, CaseOverdue) and name == "asked":
        to = speech.unit(body.to)
        if body.clock in ("recheck", "appeal"):  # it is told; who was asked still has to do it
            return Words(zh=f"已报告{to.zh}", en=f"{to.en} is told")
        return Words(zh=f"同时请{to.zh}办理", en=f"{to.en} is asked too")
    if isinstance(body, ScoreAppealed) and name == "until":
        if not isinstance(value, int):
            return NOTHING
        day = speech.moment(value)[5:16]
        return Words(zh=f"于 {day} 前", en=f" by {day}")
    if name == "granted":
        return Words(zh="成立", en="granted") if value else Words(zh="不成立", en="not granted")
    return Words(zh=str(value), en=str(value))
