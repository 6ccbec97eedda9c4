"""Why a step is or is not sent is said in both languages, with names for ids: in dry runs and behind a started plan."""

import pytest
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import START, UNDERPASS
from tests.unit.loop.test_plan_steps import with_plan

from bihuan.loop.casebook import Casebook
from bihuan.loop.plan.explain import Explained, explain
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Words
from bihuan.views.archive import Archive
from bihuan.views.steps import why_of_step
from bihuan.views.words import Speech

SMALL = load(small_pack())
GO = "id: go, to: {role: drainage, at: district}, sign: 5m, done: 1h"
DEEP = GO + ", when: [{indicator: ponding-depth, op: '>=', value: 10%s}]"


def speech(rules: Rules) -> Speech:
    return Speech(rules, Casebook(), Archive(rules))


def left_out(rules: Rules, found: Explained) -> tuple[str, str]:
    (row,) = found.left_out
    words = why_of_step(speech(rules), row.why)
    return words.zh, words.en


def test_a_step_for_worse_levels() -> None:
    assert left_out(SMALL, explain(SMALL, "ponding", UNDERPASS, START)) == (
        "等级为蓝色，仅在黄色、橙色、红色时发出",
        "it is blue, and this is sent only at yellow or orange or red",
    )
    worse = explain(SMALL, "ponding", UNDERPASS, START, level="red")
    (condition,) = worse.tasks[1].conditions
    assert why_of_step(speech(SMALL), condition) == Words(
        zh="等级为黄色、橙色、红色", en="the level is yellow or orange or red"
    )


def test_a_step_whose_data_are_not_as_asked() -> None:
    rules = load(with_plan(DEEP % ""))
    found = explain(rules, "extra", UNDERPASS, START, values={"ponding-depth": 9.5})
    place, measure = rules.name(UNDERPASS), rules.indicators["ponding-depth"].words
    assert left_out(rules, found) == (
        f"要求{measure.zh} ≥ 10 cm，而{place.zh}为 9.5 cm",
        f"{measure.en.lower()} ≥ 10 cm is asked for, and it is 9.5 cm at {place.en}",
    )


def test_a_step_about_which_nothing_is_known() -> None:
    rules = load(with_plan(DEEP % ", unknown: no"))
    zh, en = left_out(rules, explain(rules, "extra", UNDERPASS, START))
    assert zh.endswith(" ≥ 10 cm，而此处没有数据")
    assert en.endswith(" ≥ 10 cm is asked for, and nothing is known of it")


@pytest.mark.parametrize(
    ("values", "zh", "en"),
    [({}, "（没有数据，照发）", "(not known, so it goes)"), ({"ponding-depth": 12.0}, "（现为 12 cm）", "(it is 12 cm)")],
)
def test_what_a_step_that_goes_asks_of_the_data(values: dict[str, float], zh: str, en: str) -> None:
    rules = load(with_plan(DEEP % ""))
    (condition,) = explain(rules, "extra", UNDERPASS, START, values=values).tasks[0].conditions
    words = why_of_step(speech(rules), condition)
    assert (words.zh.endswith(zh), words.en.endswith(en)) == (True, True), words


def test_forms_that_name_who_is_not_there() -> None:
    said = speech(SMALL)
    assert why_of_step(said, "no 'drainage' at level district above 11") == Words(
        zh="东区所属的区没有“排水”", en="there is no drainage at the district of East"
    )
    assert why_of_step(said, "no unit of level town at 11") == Words(
        zh="东区没有镇一级的单位", en="there is no unit of level town at East"
    )
    assert why_of_step(said, "no unit of level town at 11 that stands at red or worse") == Words(
        zh="东区没有镇一级的单位达到红色或更重", en="no unit of level town at East stands at red or worse"
    )


def test_what_packs_no_longer_know_is_called_by_its_id() -> None:
    words = why_of_step(speech(SMALL), "snow > 3 is asked for, and it is 2 at nowhere")
    assert words == Words(zh="要求snow > 3，而nowhere为 2", en="snow > 3 is asked for, and it is 2 at nowhere")
    assert why_of_step(speech(SMALL), "no 'sweepers' at level hamlet above 11").zh == "东区所属的hamlet没有“sweepers”"
    assert why_of_step(speech(SMALL), "because") == Words(zh="because", en="because")
