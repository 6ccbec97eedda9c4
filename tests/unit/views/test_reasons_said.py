"""Reasons and rules that stages write are said in both languages; nothing behind a whole case is in English only."""

import re

import pytest
from tests.unit.views.city import City

from bihuan.pack.schema import Words
from bihuan.views.details import details
from bihuan.views.reasons import reason_words, rule_words
from bihuan.views.sentences import sentence

OWN_WORDS = {"done", "seen on the spot", "rainstorm signal"}
"""What people wrote stays as it is, and so do the titles of documents that packs cite."""


@pytest.mark.parametrize(
    ("reason", "zh", "en"),
    [
        ("the warning ended", "预警已解除", "the warning ended"),
        ("not signed: given to 11.emergency", "未签收，转由东区应急承担", "not signed, given to East emergency"),
        ("returned: given to 11", "已退回，转由东区承担", "returned, given to East"),
        ("merged into cq-C00009", "已并入cq-C00009", "merged into cq-C00009"),
        (
            "a higher response is proposed: flood-iii, ponding",
            "已建议更高级别的防汛Ⅲ级响应、积水处置",
            "Flood response III, Ponding at a low point is proposed instead",
        ),
        ("road cut off", "road cut off", "road cut off"),
    ],
)
def test_why_a_task_was_released_or_a_proposal_has_lapsed(city: City, reason: str, zh: str, en: str) -> None:
    assert reason_words(city.views.known.speech, reason) == Words(zh=zh, en=en)


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("sum 12h >= 50", "12小时累计 >= 50"),
        ("sum 12h >= 50 for 10m", "12小时累计 >= 50，持续10分钟"),
        ("not mean 1d > 3.5 for 1h30m", "不满足 1天平均 > 3.5，持续1小时30分钟"),
        ("max 1d in each of the last 3 spans <= 2", "连续 3 段1天最大 <= 2"),
        ("< 4", "< 4"),
        ("no ladder any more", "已没有预警阶梯"),
    ],
)
def test_the_rule_of_a_level(text: str, zh: str) -> None:
    assert rule_words(text) == Words(zh=zh, en=text)


def test_nothing_behind_a_whole_case_is_in_english_only(story: City) -> None:
    speech, looked = story.views.known.speech, 0
    for fact in story.facts:
        rows = list(details(speech, fact))
        for words in (sentence(speech, fact), *(row.label for row in rows), *(row.value for row in rows)):
            looked += 1
            english = re.search(r"[A-Za-z]{2,}[,;]? [A-Za-z]{2,}", words.zh)
            assert english is None or words.zh in OWN_WORDS, (fact.kind, words)
    assert looked > 500
