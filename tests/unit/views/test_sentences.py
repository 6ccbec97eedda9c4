"""Every kind of fact has one full sentence in both languages."""

import re
from typing import get_args

import pytest
from tests.unit.views.city import START, City

from bihuan.model.facts import (
    AnyBody,
    CommandWasRefused,
    Fact,
    LateReading,
    LevelChanged,
    ProposalDeclined,
    ProposalLapsed,
    Rule,
    TaskReleased,
    TaskReturned,
    WarningStepped,
)
from bihuan.model.times import HOUR, MINUTE, SECOND
from bihuan.pack.schema import Words
from bihuan.views.sentences import SENTENCES, sentence
from bihuan.views.words import number, span_words


def fact_of(body: AnyBody, *, because: tuple[str, ...] = (), id: str = "cq-9") -> Fact:
    return Fact(seq=9, id=id, at=START, recorded_at=START, actor="duty@11", subject="", because=because, body=body)


def said(city: City, kind: str) -> Words:
    return sentence(city.views.known.speech, city.newest(kind))


def test_every_kind_of_fact_has_a_sentence() -> None:
    assert set(SENTENCES) == set(get_args(AnyBody))


def test_spans_running_are_said_in_both_languages(city: City) -> None:
    rule = Rule(ladder="rainstorm", level="red", text="", op=">=", threshold=50.0, window="sum 1d x3")
    body = LevelChanged(
        indicator="rain", place="1101", level="red", before="normal", value=53.2, reading_at=START, since=START, rule=rule
    )
    speech = city.views.known.speech
    assert speech.value(body).zh == "连续 3 个1天 53.2 mm"
    assert speech.value(body).en == "53.2 mm in each of the last 3 spans of 1 d"


def test_every_fact_a_city_writes_reads_well_in_both_languages(city: City) -> None:
    """Everything that can go wrong in one storm: nobody signs, a sham claim, a check that fails, a relapse, a dead gauge."""
    city.rain({"1101": 10.0}, times=6)
    city.wait(11 * MINUTE)
    city.do("duty@1", "declare", next(iter(city.views.known.archive.asking)))
    pumps, watch = city.task("pumps"), city.task("town-watch")
    city.do("duty@11.drainage", "sign", pumps)
    city.finish(watch, minutes=0)
    city.do("duty@11.drainage", "return", pumps, text="the pumps are elsewhere")
    city.rain({"1102": 12.0}, times=6)
    city.wait(2 * HOUR)
    city.do("duty@1201", "report", "ponding", place="LP-1201-1")
    city.rain({})
    reads_well(city)
    assert {"plan-extended", "proposal-overdue", "task-escalated", "task-overdue", "task-reminded", "task-released",
            "case-flagged", "task-returned", "series-silent", "series-returned"} <= city.kinds()  # fmt: skip


def test_every_fact_of_a_case_that_went_well_reads_well_too(story: City) -> None:
    reads_well(story)


def reads_well(city: City) -> None:
    for fact in city.facts:
        words = sentence(city.views.known.speech, fact)
        for text in (words.zh, words.en):
            assert len(text) > 8, fact
            assert not re.search(r"None|\{|\}|  |<", text), text
        assert re.search(r"[一-鿿]", words.zh), words.zh
        assert not re.search(r"[一-鿿]", words.en), words.en


def test_a_warning_that_rises_names_the_place_the_level_and_the_reading_behind_it(city: City) -> None:
    rule = Rule(ladder="rainstorm", level="yellow", text="sum 6h >= 50", op=">=", threshold=50.0, window="sum 6h")
    led = LevelChanged(
        indicator="rain", place="1101", level="yellow", before="blue", value=53.24, reading_at=START, since=START, rule=rule
    )
    city.views.fold([fact_of(led, id="cq-8")])
    body = WarningStepped(
        warning="cq-W1", group="rainstorm", place="11", level="yellow", before="blue", indicator="rain", origin="1101"
    )
    words = sentence(city.views.known.speech, fact_of(body, because=("cq-8",)))
    assert words.zh == "东区 暴雨预警 升至黄色（东一镇 6小时 53.2 mm）"
    assert words.en == "East: rainstorm warning up to yellow (East One, 53.2 mm in 6 h)"


def test_a_whole_case_is_told_in_sentences(story: City) -> None:
    assert said(story, "warning-cleared").zh.startswith("东区 暴雨预警 解除（最高橙色，历时")
    assert said(story, "plan-proposed").en.startswith(
        "Flood response III is proposed for East; East's duty officer is to answer by 02:"
    )
    assert said(story, "response-declared").en == "East: Flood response III declared by the duty officer of East"
    assert said(story, "task-signed").en == "East emergency signed after 0 s: Report the situation"
    assert said(story, "task-claimed").zh == "东区应急 报完成：汇总险情（签收后5分钟），待核查"
    assert said(story, "task-verified").en == "East inspection verified the work of East emergency: Report the situation"
    assert "indicator green again, on time" in said(story, "case-closed").en
    assert said(story, "score-published").zh.startswith("闭环评价 发布（")
    assert (
        said(story, "review-written").en
        == "Review of Heavy rain response, East: worst orange, 100 % of tasks as planned, 0 improvements"
    )


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        (
            ProposalLapsed(proposal="P1", plan="flood-iii", place="11", reason="the warning ended"),
            "东区 防汛Ⅲ级响应的启动建议失效：预警已解除",
            "East: the proposal of Flood response III has lapsed: the warning ended",
        ),
        (
            ProposalDeclined(proposal="P1", plan="flood-iii", place="11", unit="11", reason="雨将停"),
            "东区 暂不启动防汛Ⅲ级响应（东区值守：雨将停）",
            "East: Flood response III declined by the duty officer of East: 雨将停",
        ),
        (
            TaskReleased(task="T1", case="C1", unit="1101", reason="not signed: given to 11.emergency"),
            "东一镇 不再承担：T1（未签收，转由东区应急承担）",
            "East One is released from: T1 (not signed, given to East emergency)",
        ),
        (
            TaskReturned(task="T1", case="C1", unit="1101", reason="路断"),
            "东一镇 退回任务：T1（路断）",
            "East One returned a task: T1 (路断)",
        ),
        (
            LateReading(indicator="rain", place="1101", value=60, level="blue", reading_at=START),
            "东一镇 降雨量 迟到读数：02:00 为 60 mm，当时应为蓝色，只入历史、不再触发",
            "East One: a late rainfall reading of 60 mm at 02:00 would have meant blue; only kept",
        ),
        (
            CommandWasRefused(key="k", does="sign", target="T1", reason="not yours", remedy="Ask East."),
            "东区值守的操作“签收”未被接受：T1（not yours；Ask East.）",
            "Refused to the duty officer of East: sign: T1 (not yours; Ask East.)",
        ),
    ],
)
def test_rarer_facts_are_told_too(city: City, body: AnyBody, zh: str, en: str) -> None:
    words = sentence(city.views.known.speech, fact_of(body))
    assert (words.zh, words.en) == (zh, en)


def test_what_the_packs_no_longer_know_is_called_by_its_id(city: City) -> None:
    body = LateReading(indicator="snow", place="9999", value=1.5, level="violet", reading_at=START)
    assert sentence(city.views.known.speech, fact_of(body)).en.startswith("9999: a late snow reading of 1.5 at 02:00")


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (0, "0秒", "0 s"),
        (20 * SECOND, "20秒", "20 s"),
        (6 * HOUR + 10 * MINUTE + 5 * SECOND, "6小时10分钟", "6 h 10 min"),
        (25 * HOUR, "1天1小时", "1 d 1 h"),
    ],
)
def test_spans_are_said_in_their_two_largest_parts(span: int, zh: str, en: str) -> None:
    assert span_words(span) == Words(zh=zh, en=en)


def test_numbers_have_no_trailing_noughts() -> None:
    assert [number(value) for value in (0, 0.25, 5, 53.24, 100.0, -1.5)] == ["0", "0.25", "5", "53.2", "100", "-1.5"]
