"""Things, places, tasks; never people."""

# ruff: noqa: E501 - a table of sentences reads better unbroken

import pytest
from tests.packs_for_tests import with_change

from bihuan.pack.load import load
from bihuan.pack.persons import about_a_person
from bihuan.pack.trouble import PackErrors

PERSONS = [
    "person",
    "resident-score",
    "Employee attendance",
    "citizens",
    "重点人员",
    "居民积分",
    "村民表现",
    "信访当事人",
    "key individuals",
]
IDENTIFIERS = [
    "身份证号数量",
    "姓名",
    "phone-number",
    "phone",
    "passport checks",
    "人脸识别次数",
    "number of id cards",
    "home address",
]
WHOLE = [
    "people moved",
    "转移人数",
    "受困群众人数",
    "affected residents",
    "number of residents",
    "persons-evacuated",
    "人员密度",
    "滞留人员",
]
NO_PERSONS = ["居民楼", "residential building", "人员密集场所", "People's Square", "telephone lines", "phone network", "市民中心", "pump", "外墙",
              "interface errors", "学生宿舍"]  # fmt: skip


@pytest.mark.parametrize("text", PERSONS)
def test_a_word_for_a_person_is_refused(text: str) -> None:
    assert about_a_person(text, as_a_whole=True)
    assert about_a_person(text, as_a_whole=False)


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_what_identifies_a_person_is_refused_even_when_counted(text: str) -> None:
    assert about_a_person(text, as_a_whole=True)


@pytest.mark.parametrize("text", WHOLE)
def test_people_counted_or_moved_as_a_whole_measure_a_place(text: str) -> None:
    assert not about_a_person(text, as_a_whole=True)


@pytest.mark.parametrize("text", NO_PERSONS)
def test_buildings_and_lines_are_no_persons(text: str) -> None:
    assert not about_a_person(text, as_a_whole=False)


def test_a_kind_of_thing_can_never_be_people_not_even_counted() -> None:
    assert about_a_person("affected residents", as_a_whole=False) == "residents"


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("rain/indicators.yaml", "words: {zh: 低洼点, en: Low point}", "words: {zh: 重点人员, en: Low point}",
         "packs/rain/indicators.yaml:2: kind of thing 'low-point' is about a person ('人员'). Bihuan watches things, places and tasks, "
         "never people. Make it about the place or thing; people may be counted as a whole (people moved, 转移人数)."),
        ("rain/indicators.yaml", "en: Rainfall", "en: Resident behaviour",
         "packs/rain/indicators.yaml:4: indicator 'rain' is about a person ('Resident')."),
        ("rain/cases.yaml", "en: Data missing", "en: Petitioner", "case type 'data-duty' is about a person ('Petitioner')."),
    ],
)  # fmt: skip
def test_a_pack_about_persons_does_not_load(path: str, old: str, new: str, said: str) -> None:
    with pytest.raises(PackErrors) as caught:
        load(with_change(path, old, new))
    assert said in str(caught.value)


def test_an_indicator_of_people_moved_loads() -> None:
    packs = with_change("rain/indicators.yaml", "{zh: 降雨量, en: Rainfall}", "{zh: 转移人数, en: People moved}")
    assert load(packs).indicators["rain"].words.zh == "转移人数"
