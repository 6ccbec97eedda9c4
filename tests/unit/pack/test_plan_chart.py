"""The drawing of a plan: every step and edge is in it, it is well-formed, and it is the same every time."""

from xml.etree import ElementTree

import pytest
from tests.packs_for_tests import small_pack

from bihuan.pack.docs import docs
from bihuan.pack.load import load
from bihuan.pack.plan_chart import WIDE, Lang, chart, wrap
from bihuan.pack.rules import Rules

MORE = """\
plans:
  - id: calls
    words: {zh: 叫应<一>, en: Call & wait}
    trigger: {button: {at: district}}
    case: ponding
    four_eyes: true
    steps:
      - {id: call, words: {zh: 叫, en: Call}, to: {down: town}, sign: 3m, form: call}
      - {id: tell, words: {zh: 通知, en: Tell}, to: {role: emergency, at: city}, sign: 1h, form: notice}
      - id: go
        words: {zh: 去, en: Go}
        to: {role: drainage, at: district}
        sign: 5m
        done: 1h
        after: [call]
        fallback: emergency
        when: [{indicator: rain, op: ">", value: 3, unknown: no}]
"""


@pytest.fixture(scope="module")
def rules() -> Rules:
    packs = small_pack()
    packs["rain"]["calls.yaml"] = MORE
    return load(packs)


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("}text")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_plan_is_one_well_formed_picture_without_an_empty_line(rules: Rules, lang: Lang) -> None:
    for plan in rules.plans.values():
        svg = chart(rules, plan, lang)
        assert "\n\n" not in svg
        assert svg == chart(rules, plan, lang)
        said = " ".join(texts(svg))
        for step in plan.steps:
            for line in wrap(getattr(step.words, lang), WIDE - 30, 13):
                assert line in said


def test_it_says_whom_until_when_on_what_condition_and_with_which_proof(rules: Rules) -> None:
    said = "".join(texts(chart(rules, rules.plans["calls"], "zh")))
    for part in (
        "区值守手动启动",
        "需另一岗位同意",
        "各镇",
        "应答\u00a03m",
        "知悉\u00a01h",
        "仅当降雨量 > 3，未知则等",
        "无人签收转应急",
        "逐级上呼",
    ):
        assert part in said
    assert "文字、数量" in "".join(texts(chart(rules, rules.plans["flood-iii"], "zh")))


def test_edges_follow_after_and_a_notice_holds_nothing_open(rules: Rules) -> None:
    svg = chart(rules, rules.plans["calls"], "en")
    # start -> asked; asked -> call, tell; call -> go; tell -> end passes a column; go -> end.
    assert svg.count('class="edge') == 7
    assert svg.count('class="edge free"') == 2
    assert svg.count("marker-end") == 6


def test_what_a_pack_writes_cannot_break_out_of_the_picture(rules: Rules) -> None:
    svg = chart(rules, rules.plans["calls"], "zh")
    assert "叫应&lt;一&gt;" in svg
    assert "<一>" not in svg


def test_no_cards_lie_on_each_other(rules: Rules) -> None:
    for plan in rules.plans.values():
        boxes = [
            tuple(int(node.attrib[name]) for name in ("x", "y", "width", "height"))
            for node in ElementTree.fromstring(chart(rules, plan)).iter()
            if node.attrib.get("class") == "card"
        ]
        assert len(boxes) >= 3
        for number, (x, y, _, high) in enumerate(boxes):
            assert all(x != a or y + high <= b or b + tall <= y for a, b, _, tall in boxes[number + 1 :])


def test_the_page_of_a_pack_has_every_plan_drawn(rules: Rules) -> None:
    assert docs(rules).count('<svg xmlns="http://www.w3.org/2000/svg" class="plan-chart"') == len(rules.plans)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("two words", ["two", "words"]),
        ("排水口巡查疏通", ["排水口巡", "查疏通"]),
        ("排水口巡，查", ["排水口", "巡，查"]),
    ],
)
def test_lines_break_between_words_and_between_han_characters_but_never_before_a_comma(text: str, lines: list[str]) -> None:
    assert wrap(text, 45, 10) == lines
