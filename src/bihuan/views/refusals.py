"""Refusals in Chinese: the loop says its no in one set form of English, and the same forms stand here in Chinese.

What has no form here is shown as it was said; the tests go through all that the loop refuses.
"""

import re
from collections.abc import Callable

from bihuan.loop.life import SAYS
from bihuan.pack.schema import Words
from bihuan.views.words import NEEDS, VERBS

LEAST_ID = 4
"""Letters of the shortest id that is looked for in a sentence: a number of minutes is no unit."""

_STATES = {
    "reported": "待立案", "rejected": "不予立案", "open": "办理中", "offered": "移交中", "merged": "已并案", "closed": "已结案",
    "sent": "已派发", "signed": "已签收", "arrived": "已到场", "claimed": "已报完成", "sent-back": "核查退回", "held": "挂账中",
    "verified": "已核实", "released": "已撤销", "returned": "已退回", "heard": "已知悉", "asked": "待回头看",
    "sound": "属实", "not-sound": "不属实",
}  # fmt: skip
_THINGS = {"case": "案件", "task": "任务", "look again": "回头看"}
_DEEDS = {words: VERBS[verb].zh for verb, words in SAYS.items() if verb in VERBS}
_DEED = "|".join(re.escape(words) for words in sorted(_DEEDS, key=len, reverse=True))


def _verb(said: str) -> str:
    return VERBS[said].zh if said in VERBS else said


def _needed(said: str) -> str:
    return "、".join(NEEDS[one].zh if one in NEEDS else one for one in re.split(r", | and a ", said))


def _state(said: str) -> str:
    return _STATES.get(said, said)


def _thing(said: str) -> str:
    return _THINGS.get(said, said)


def _units(said: str) -> str:
    return "任何单位" if said == "any unit" else said.replace(" or ", "、")


def _line(said: str) -> str:
    """`11 or a unit above it`."""
    return said


def _choices(said: str) -> str:
    return "、".join(_STATES.get(one, one) for one in said.split(", "))


def _rest(said: str) -> str:
    """A sentence inside another one."""
    return in_chinese(said)


def _list(said: str) -> str:
    return {"none yet": "暂无", "nothing": "无"}.get(said, said.replace(", ", "、"))


_FORMS: tuple[tuple[str, str, tuple[Callable[[str], str], ...]], ...] = (
    # what is wrong
    (r"nobody knows how to '(.*)'", "没有“{}”这种操作", (_line,)),
    (r"there is no unit '(.*)'", "没有单位“{}”", (_line,)),
    (r"there is no case '(.*)'", "没有案件“{}”", (_line,)),
    (r"there is no task '(.*)'", "没有任务“{}”", (_line,)),
    (r"there is no proposal '(.*)'", "没有启动建议“{}”", (_line,)),
    (r"there is no look again '(.*)'", "没有回头看“{}”", (_line,)),
    (r"there is no run '(.*)' of a plan", "没有预案执行“{}”", (_line,)),
    (r"there is no published score '(.*)'", "没有已发布的评价“{}”", (_line,)),
    (r"there is no appeal '(.*)'", "没有申诉“{}”", (_line,)),
    (r"no plan '(.*)' is started by hand", "没有可人工启动的预案“{}”", (_line,)),
    (r"place '(.*)' is not known", "没有地点“{}”", (_line,)),
    (r"an? (case|task|look again) that is (\S+) cannot be '(.*)'", "{}现为“{}”，不能“{}”", (_thing, _state, _verb)),
    (r"this (case|task|look again) is not (\S+)'s to (\S+)", "这个{}不由 {} “{}”", (_thing, _line, _verb)),
    (r"this plan is not (\S+)'s to (\S+)", "这个预案不由 {} “{}”", (_line, _verb)),
    (r"the post '(.*)' may not (\S+) an? (case|task|look again)", "岗位“{}”不能“{}”{}", (_line, _verb, _thing)),
    (r"proof is missing: (.*)", "缺少证明：{}", (_needed,)),
    (r"to (\S+) an? (?:case|task|look again|plan) needs an? (.*)", "“{}”须写明{}", (_verb, _needed)),
    (r"(\S+) is in the doing chain of this case", "{} 参与了本案办理，不能核查", (_line,)),
    (r"no opening condition is chosen", "没有选择立案条件", ()),
    (r"'(.*)' is no opening condition of (\S+)", "“{}”不是 {} 的立案条件", (_line, _line)),
    (r"(\S+) holds the case already", "案件已由 {} 承办", (_line,)),
    (r"(\S+) checks, so it can never (?:hold a case|do tasks itself)", "{} 负责核查，不能承办", (_line,)),
    (r"(\S+) is asked to check this case", "{} 正受托核查本案", (_line,)),
    (r"a case cannot be merged into itself", "案件不能并入自身", ()),
    (r"(\S+) is an? (\S+), this is an? (\S+)", "{} 的类型是 {}，本案是 {}", (_line, _line, _line)),
    (r"(?:case )?(\S+) is (reported|rejected|open|offered|merged|closed)", "{} 现为“{}”", (_line, _state)),
    (r"(.*) went on inside this one", "{} 已并入本案", (_list,)),
    (r"a case without a plan has nothing to go on with", "没有预案的案件无法继续办理", ()),
    (r"no unit would (?:receive, )?hold or check a case at '(.*)'", "“{}”没有受理、承办或核查的单位", (_line,)),
    (r"nobody at '(.*)' would get a task", "“{}”没有可派发的单位", (_line,)),
    (r"no plan answers reports of '(.*)'", "没有预案受理“{}”的上报", (_line,)),
    (r"this proposal was answered or has lapsed", "这个启动建议已答复或已失效", ()),
    (r"the warning has ended", "预警已解除", ()),
    (r"(\S+) may not answer for (\S+)", "{} 不能代 {} 答复", (_line, _line)),
    (r"(\S+) has agreed already", "{} 已经同意", (_line,)),
    (r"(\S+) may not start '(.*)' at (\S+)", "{0} 不能在 {2} 启动“{1}”", (_line, _line, _line)),
    (r"no pack declares plan '(.*)' any more", "已没有场景包声明预案“{}”", (_line,)),
    (r"'(.*)' was started at (\S+) already", "“{}”已在 {} 启动", (_line, _line)),
    (r"'(.*)' cannot be started at '(.*)'", "“{}”不能在“{}”启动", (_line, _line)),
    (r"'(.*)' is paused already", "“{}”已经暂停", (_line,)),
    (r"'(.*)' is not paused", "“{}”没有暂停", (_line,)),
    (r"a declined response needs a reason", "暂不启动须写明理由", ()),
    (r"an appeal needs a reason", "申诉须写明理由", ()),
    (r"a decision needs a reason", "裁定须写明理由", ()),
    (r"'(.*)' is nothing that can be found", "“{}”不是回头看的结果", (_line,)),
    (r"'(.*)' is no decision", "“{}”不是裁定", (_line,)),
    (r"the case was reopened since: this closing does not count any more", "案件已重新打开，这次结案不再计入", ()),
    (r"this appeal is not (\S+)'s to decide", "这个申诉不由 {} 裁定", (_line,)),
    (r"the appeal (\S+) was decided already", "申诉 {} 已有裁定", (_line,)),
    (r"this score does not score (\S+)", "这次评价不包括 {}", (_line,)),
    (r"this score has no item '(.*)'", "这次评价没有“{}”这一项", (_line,)),
    (r"this score is too old to be corrected", "这次评价时间过久，不能更正", ()),
    (r"the scorecard '(.*)' is declared no more", "评价表“{}”已不再声明", (_line,)),
    (r"appeals against this score were heard until (.*)", "这次评价的申诉已于 {} 截止", (_line,)),
    (r"nobody stands above (\S+) who could decide", "{} 没有可以裁定的上级单位", (_line,)),
    (r"'(.*)' is not counted in '(.*)' of (.*)", "“{0}”没有计入 {2} 的“{1}”", (_line, _line, _line)),
    (r"an appeal names a case or task in '(.*)' of (.*)", "申诉须指明计入 {1} 的“{0}”的案件或任务", (_line, _line)),
    (r"this appeal was made already \((\S+)\)", "已有同样的申诉（{}）", (_line,)),
    # who may do what instead
    (r"What people may do: (.*)\.", "可用的操作：{}。", (lambda said: "、".join(map(_verb, said.split(", "))),)),
    (r"Write who acts as post@unit, with the unit's id\.", "操作人写作“岗位@单位编号”。", ()),
    (r"Look at the desk for .*\.", "请在工作台查看本单位的待办。", ()),
    (r"Look at the case for .*\.", "请在案件页查看。", ()),
    (r"Look at the page of scores for .*\.", "请在评价页查看。", ()),
    (r"Take the fact's id from the page of scores\.", "请从评价页取记录编号。", ()),
    (r"Nothing more is asked of anybody for .*\.|Nothing more is asked here\.", "不再需要任何单位办理。", ()),
    (r"Nothing of this plan is under way any more\.", "这个预案已不在执行。", ()),
    (r"Bring it and report again; nothing was changed\.", "请补齐后再报；尚未作任何改动。", ()),
    (r"Say why in the text\.|Say in the text why .*\.|Say why in the text; .*\.", "请写明理由后再报。", ()),
    (r"Name a unit in 'to'\.|Name a unit by its id\.", "请指定单位（编号）。", ()),
    (r"Name another unit\.", "请指定另一个单位。", ()),
    (r"Name a unit that does tasks\.", "请指定承办单位。", ()),
    (r"Name a unit outside the checking\.", "请指定不参与核查的单位。", ()),
    (
        r"Name the other case in 'to'\.|Name the case it is to go on in by its id\.|Name the other one\.",
        "请指定并入的案件编号。",
        (),
    ),
    (r"Only cases of one type are one and the same\.", "只有同类案件才能并案。", ()),
    (r"Merge into a case that is open\.", "请并入办理中的案件。", ()),
    (r"Merge those, or take their merges back, first\.", "请先处理已并入的案件。", ()),
    (r"Say for how long in 'span', in milliseconds\.", "请写明时长（毫秒）。", ()),
    (r"Name a place or thing by its code\.", "请写明地点或部件的编号。", ()),
    (r"Name a finer place.*\.", "请指定更具体的地点或部件编号。", ()),
    (r"Name a place or thing under one of level: (.*)\.", "请指定这些层级之下的地点或部件：{}。", (_list,)),
    (r"Report it anew\.", "请重新上报。", ()),
    (r"Report one of: (.*)\.", "可上报：{}。", (_list,)),
    (r"Plans with a button: (.*)\.", "可人工启动的预案：{}。", (_list,)),
    (r"Choose one of: (.*)\.", "请选择：{}。", (_choices,)),
    (r"Choose 'upheld' .*\.", "请选择“维持”或“更正”。", ()),
    (r"Choose 'upheld'\.", "请选择“维持”。", ()),
    (r"Go on with (.*)\.", "请继续办理 {}。", (_line,)),
    (r"Nothing is to be answered any more; if there is trouble, report it\.", "不再需要答复；如有险情请上报。", ()),
    (
        r"A second person, at another post of (\S+) or of a unit above it, has to\.",
        "须由 {} 或上级单位另一岗位的人同意。",
        (_line,),
    ),
    (r"A second post of (\S+), or one of a unit above it, may\.", "可由 {} 的另一岗位或上级单位答复。", (_line,)),
    (r"The duty post of (\S+?),? .*or of a unit above it may let it go on\.", "可由 {} 或上级单位的值班岗继续。", (_line,)),
    (r"The duty post of (\S+?),? .*or of a unit above it may pause it\.", "可由 {} 或上级单位的值班岗暂停。", (_line,)),
    (r"The duty post of (\S+) or of a unit above it may\.", "可由 {} 或上级单位的值班岗办理。", (_line,)),
    (r"A unit that it scores may appeal for itself\.", "被评价的单位可为自己申诉。", ()),
    (r"(\S+) may appeal for itself\.", "{} 可为自己申诉。", (_line,)),
    (r"Its score stands\.", "评价不变。", ()),
    (r"It stands\. Against the next one its units may appeal again\.", "评价不变；对下一次评价可再申诉。", ()),
    (r"Ask who keeps the packs\.", "请询问场景包的维护人员。", ()),
    (r"Decide by the plans there are now\.", "请按现有的预案决定。", ()),
    (r"Name it in 'to'\. Counted there: (.*)\.", "请指定案件或任务编号。计入的有：{}。", (_list,)),
    (r"Name one in 'choice'\. (.*)", "请指定评价项。{}", (_rest,)),
    (r"(.*\.) Did you mean '(.*)'\?", "{}是否指“{}”？", (_rest, _line)),
    (r"There are no items yet\.", "还没有评价项。", ()),
    (r"Known items: (.*)\.", "已有：{}。", (_list,)),
    (r"There are (\d+) known items\.", "共有 {} 项。", (_line,)),
    (r"There are (\d+) known items, among them: (.*)\.", "共有 {} 项，其中有：{}。", (_line, _list)),
    (r"(\S+) may decide it now\.", "现由 {} 裁定。", (_line,)),
    (r"((?:\S+@\S+)(?: or \S+@\S+)*) may\.", "可由 {} 办理。", (_units,)),
)
_READ = tuple((re.compile(form), zh, how) for form, zh, how in _FORMS)
_MAY = re.compile(rf"(.+?) may ((?:{_DEED})(?: or (?:{_DEED}))*)")


_ID = re.compile(r"[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*")


def in_words(said: str, name: Callable[[str], Words | None]) -> Words:
    """A reason or a remedy of a refusal in both languages, with units by their names. `name` knows those of ids."""

    def named(text: str, of: Callable[[Words], str]) -> str:
        def put(found: re.Match[str]) -> str:
            known = name(found[0]) if len(found[0]) >= LEAST_ID else None
            return found[0] if known is None else of(known)

        return _ID.sub(put, text)

    return Words(zh=named(in_chinese(said), lambda words: words.zh), en=named(said, lambda words: words.en))


def in_chinese(said: str) -> str:
    """A reason or a remedy of a refusal in Chinese; as it is where it has no form here."""
    if (who := _who_may(said)) is not None:
        return who
    for form, zh, how in _READ:
        if (found := form.fullmatch(said)) is not None:
            return zh.format(*(turn(part) for turn, part in zip(how, found.groups(), strict=True)))
    return said


def _who_may(said: str) -> str | None:
    """`A or B may sign it or return it; C may verify it now.`"""
    parts = [_MAY.fullmatch(part) for part in said.removesuffix(" now.").split("; ")]
    if not all(parts) or not said.endswith(" now."):
        return None
    told = [
        f"{_units(part[1])} 可“{'”“'.join(_DEEDS[deed] for deed in re.findall(_DEED, part[2]))}”"
        for part in parts
        if part is not None
    ]
    return f"现在 {'；'.join(told)}。"
