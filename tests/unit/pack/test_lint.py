"""Lint: bronze loads, silver can be argued with, gold is tested and looked after."""

# ruff: noqa: E501 - a table of sentences reads better unbroken

import pytest
from tests.packs_for_tests import small_pack, with_change

from bihuan.pack.lint import Report, lint


def said(report: Report) -> list[str]:
    return [str(finding) for finding in report.findings]


def test_the_small_packs_are_gold() -> None:
    report = lint(small_pack(), today="2025-09-01")
    assert said(report) == []
    assert report.grades == {"base": "gold", "rain": "gold"}
    assert report.grade == "gold"


def test_packs_that_do_not_load_have_no_grade_and_say_why() -> None:
    report = lint(with_change("rain/plans.yaml", "role: drainage", "role: pump"))
    assert report.grades == {"base": "none", "rain": "none"}
    assert report.grade == "none"
    assert [finding.what for finding in report.errors] == ["plan 'flood-iii' sends to role 'pump', which no unit has."]
    assert report.errors[0].pack == "rain"


@pytest.mark.parametrize(
    ("path", "old", "new", "grade", "finding"),
    [
        ("rain/plans.yaml", "en: Town patrols", 'en: ""', "bronze",
         "warning (silver): packs/rain/plans.yaml:18: plan 'flood-iii' has no English words. Say it in both languages."),
        ("rain/plans.yaml", "zh: 镇街巡查", "zh: ' '", "bronze", "plan 'flood-iii' has no Chinese words."),
        ("rain/plans.yaml", "en: Town patrols", "en: 镇街", "bronze", "has Chinese in its English words ('镇街')."),
        ("rain/pack.yaml", "owner: Bihuan", 'owner: ""', "bronze",
         "warning (silver): packs/rain/pack.yaml: pack 'rain' says no owner. Fill in 'owner'."),
        ("rain/pack.yaml", "licence: Apache-2.0", 'licence: ""', "bronze", "pack 'rain' says no licence."),
        ("rain/pack.yaml", "en: Rain in a small city", 'en: ""', "bronze", "the name of pack 'rain' has no English words."),
        ("rain/indicators.yaml", ', version: "1"}', "}", "bronze",
         "packs/rain/indicators.yaml:32: ladder 'rainstorm' does not say its source's version, so nobody can argue with it."),
        ("rain/indicators.yaml", "    origin_note: {zh: 为测试编写, en: Written for tests}\n", "", "bronze",
         "packs/rain/indicators.yaml:11: indicator 'rain' is synthetic, and does not say from what."),
        ("rain/places.csv", "29.52,East Two", "29.52,", "bronze",
         "warning (silver): packs/rain/places.csv:6: 1 of 7 places in this file have no English name, this one first. Fill in name_en."),
        ("rain/pack.yaml", 'review_by: "2030-01-01"', "about: x", "silver",
         "warning (gold): packs/rain/pack.yaml: pack 'rain' needs a date by which somebody looks at it again, and has none."),
        ("rain/pack.yaml", "2030-01-01", "soon", "silver", "and has 'soon', which is no date."),
        ("rain/pack.yaml", "2030-01-01", "2025-08-31", "silver", "pack 'rain' was to be looked at again by 2025-08-31."),
        ("rain/indicators.yaml", "over: 12h", "over: 12h1m", "silver",
         "packs/rain/indicators.yaml:34: ladder 'rainstorm' looks at 12h1m, which is no multiple of the cadence 5m of 'rain'."),
        ("rain/plans.yaml", "{silent: {indicator: rain}}", "{silent: {indicator: ponding-depth}}", "silver",
         "packs/rain/indicators.yaml:4: nobody has the duty to act when indicator 'rain' falls silent."),
        ("rain/plans.yaml", "levels: [blue, yellow, orange, red]", "levels: [blue, orange]", "silver",
         "packs/rain/indicators.yaml:47: no plan answers a warning of group 'rainstorm' at yellow, red."),
        ("rain/cases.yaml", "    watch: 1d\n", "", "silver",
         "packs/rain/cases.yaml:10: case type 'ponding' watches for no relapse"),
        ("rain/indicators.yaml", "groups:\n", "  - {id: more, words: {zh: 多, en: More}, source: {issuer: x, document: y, version: z}, "
         "rungs: [{level: red, raise: {op: '>', value: 1}}]}\ngroups:\n", "silver",
         "packs/rain/indicators.yaml:46: no indicator uses ladder 'more'. Use it or remove it."),
        ("rain/indicators.yaml", "indicators: [ponding-depth]}", "indicators: [ponding-depth], at: district, least: 2}", "silver",
         "packs/rain/indicators.yaml:48: group 'ponding' wants 2 series at a level; at '11' and 1 more it has fewer and never warns."),
        ("rain/tests/rain.yaml", "indicator: rain", "indicator: rian", "silver",
         "error (gold): packs/rain/tests/rain.yaml:4: the scenario names indicator 'rian', which nobody declares."),
        ("rain/tests/rain.yaml", "10x11", "10*11", "silver", "error (gold): packs/rain/tests/rain.yaml:4: '10*11' at position 1"),
        ("rain/tests/rain.yaml", "clock:", "colck:", "silver", "error (gold): packs/rain/tests/rain.yaml:2: the scenario has the key 'colck'"),
    ],
)  # fmt: skip
def test_a_finding_keeps_a_pack_from_its_grade(path: str, old: str, new: str, grade: str, finding: str) -> None:
    report = lint(with_change(path, old, new), today="2025-09-01")
    assert report.grades == {"base": "gold", "rain": grade}
    assert report.grade == grade
    assert [line for line in said(report) if finding in line], said(report)


def test_an_indicator_with_a_ladder_but_in_no_group_is_named() -> None:
    packs = with_change("rain/indicators.yaml", "indicators: [ponding-depth]", "indicators: [other]")
    other = "  - {id: other, words: {zh: 水位, en: Stage}, unit: m, subject: {places: town}, cadence: 5m, stale_after: 20m, "
    other += "direction: higher-is-worse, origin: real, ladder: ponding}\nladders:\n"
    packs = with_change("rain/indicators.yaml", "ladders:\n", other, packs)
    assert any(
        "indicator 'ponding-depth' has a ladder but is in no group, so it never warns." in line for line in said(lint(packs))
    )


def test_a_pack_that_acts_needs_scenario_tests_for_gold_and_one_that_only_names_places_does_not() -> None:
    packs = small_pack()
    del packs["rain"]["tests/rain.yaml"]
    report = lint(packs)
    assert report.grades == {"base": "gold", "rain": "silver"}
    assert said(report)[0].startswith("warning (gold): packs/rain/tests: pack 'rain' has no scenario tests, so nobody knows")


def test_without_a_today_no_review_date_is_past() -> None:
    assert lint(with_change("rain/pack.yaml", "2030-01-01", "1999-01-01")).grade == "gold"


def test_a_group_whose_units_have_enough_series_is_gold() -> None:
    packs = with_change(
        "rain/indicators.yaml", "indicators: [rain], at: district}", "indicators: [rain], at: district, least: 2}"
    )
    del packs["rain"]["tests/rain.yaml"]
    assert [line for line in said(lint(packs, today="2025-09-01")) if "wants" in line] == []
