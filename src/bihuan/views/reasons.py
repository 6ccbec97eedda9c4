"""Reasons and rules that stages write into facts in one set form of English, in both languages."""

import re

from bihuan.model.times import span
from bihuan.pack.schema import Words
from bihuan.views.words import Speech, join, span_words

_ENDED = {
    "the warning ended": Words(zh="预警已解除", en="the warning ended"),
    "not signed": Words(zh="未签收", en="not signed"),
    "not answered": Words(zh="无人应答", en="not answered"),
    "returned": Words(zh="已退回", en="returned"),
}
_FOLDS = {"sum": "累计", "mean": "平均", "max": "最大", "min": "最小", "delta": "变化"}
_RULE = re.compile(
    r"(not )?(?:(sum|mean|max|min|delta) (\S+) (?:in each of the last (\d+) spans )?)?(>=|>|<=|<) (\S+)(?: for (\S+))?"
)


def reason_words(speech: Speech, reason: str) -> Words:
    """Why a task was released or a proposal has lapsed; a person's own words are left as they are."""
    if reason in _ENDED:
        return _ENDED[reason]
    head, colon, rest = reason.partition(": ")
    if colon and head == "a higher response is proposed":
        plans = join([speech.plan(plan) for plan in rest.split(", ")])
        return Words(zh=f"已建议更高级别的{plans.zh}", en=f"{plans.en} is proposed instead")
    if colon and rest.startswith("given to "):
        unit, why = speech.unit(rest.removeprefix("given to ")), _ENDED.get(head, Words(zh=head, en=head))
        return Words(zh=f"{why.zh}，转由{unit.zh}承担", en=f"{why.en}, given to {unit.en}")
    if reason.startswith("merged into "):
        case = speech.case_by_id(reason.removeprefix("merged into "))
        return Words(zh=f"已并入{case.zh}", en=f"merged into {case.en}")
    return Words(zh=reason, en=reason)


def rule_words(text: str) -> Words:
    """The condition of a rung: `sum 12h >= 50 for 10m` -> 12小时累计 >= 50，持续10分钟."""
    if text == "no ladder any more":
        return Words(zh="已没有预警阶梯", en=text)
    found = _RULE.fullmatch(text)
    if found is None:
        return Words(zh=text, en=text)
    no, fold, over, times, sign, value, held = found.groups()
    window = f"{span_words(span(over)).zh}{_FOLDS[fold]} " if over else ""
    window = f"连续 {times} 段{window}" if times else window
    lasting = f"，持续{span_words(span(held)).zh}" if held else ""
    return Words(zh=f"{'不满足 ' if no else ''}{window}{sign} {value}{lasting}", en=text)
