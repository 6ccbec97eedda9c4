"""Ladders with several versions in time, and ladders that are worse on both sides."""

import pytest
from tests.packs_for_tests import small_pack, with_change

from bihuan.pack.docs import docs
from bihuan.pack.kept import kept, taken
from bihuan.pack.lint import lint
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.pack.trouble import PackErrors

DUST = """\
indicators:
  - id: dust
    words: {zh: 颗粒物, en: Dust}
    unit: µg/m³
    subject: {places: town}
    cadence: 1h
    stale_after: 4h
    direction: higher-is-worse
    origin: real
    ladder: dust
ladders:
  - id: dust
    words: {zh: 颗粒物, en: Dust}
    source: {issuer: x, document: y, version: "2", valid_from: "2026-03-01", valid_to: "2031-01-01", confidence: standard}
    rungs: [{level: blue, raise: {op: ">", value: 60}}]
    versions:
      - source: {issuer: x, document: y, version: "3", valid_from: "2031-01-01"}
        rungs: [{level: blue, raise: {op: ">", value: 50}}]
      - source: {issuer: x, document: y, version: "1", valid_from: "2016-01-01", valid_to: "2026-03-01"}
        rungs: [{level: blue, raise: {op: ">", value: 75}}]
"""


def dusty(old: str = "", new: str = "") -> dict[str, dict[str, str]]:
    packs = small_pack()
    assert old in DUST
    packs["rain"]["dust.yaml"] = DUST.replace(old, new, 1) if old else DUST
    return packs


def limit(rules: Rules) -> tuple[str, float]:
    ladder = rules.ladders["dust"]
    return ladder.source.version, ladder.rungs[0].raise_.value


def refusal(packs: dict[str, dict[str, str]]) -> str:
    with pytest.raises(PackErrors) as caught:
        load(packs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("today", "version", "value"),
    [
        ("2010-01-01", "1", 75),
        ("2026-02-28", "1", 75),
        ("2026-03-01", "2", 60),
        ("2030-12-31", "2", 60),
        ("2031-01-01", "3", 50),
        ("", "3", 50),
    ],
)
def test_the_newest_version_that_has_begun_is_in_force(today: str, version: str, value: float) -> None:
    assert limit(load(dusty(), today=today)) == (version, value)


@pytest.mark.parametrize("today", ["2010-01-01", "2026-03-01", "2031-01-01", ""])
@pytest.mark.parametrize("before", ["2010-01-01", ""])
def test_rules_kept_on_one_day_are_those_of_another_on_that_day(before: str, today: str) -> None:
    assert taken(kept(load(dusty(), today=before), bytes(32)), bytes(32), today) == load(dusty(), today=today)


def test_rules_of_two_versions_are_not_the_same_rules() -> None:
    before, after = load(dusty(), today="2026-02-28"), load(dusty(), today="2026-03-01")
    assert before.packs == after.packs
    assert before.digest != after.digest
    assert after.digest == load(dusty(), today="2030-01-01").digest


def test_no_version_is_lost_whichever_is_in_force() -> None:
    ladder = load(dusty(), today="2031-06-01").ladders["dust"]
    assert sorted([ladder.source.version, *(version.source.version for version in ladder.versions)]) == ["1", "2", "3"]
    page = docs(load(dusty(), today="2026-06-01"))
    assert "Holds from 2026-03-01 until 2031-01-01." in page
    assert "Holds from 2031-01-01 until something new is written." in page
    assert "Confidence: standard." in page


def test_two_versions_may_not_hold_at_once() -> None:
    said = refusal(dusty('valid_to: "2026-03-01"', 'valid_to: "2026-04-01"'))
    assert "ladder 'dust': the version until 2026-04-01 overlaps the one from 2026-03-01." in said
    said = refusal(dusty('valid_from: "2031-01-01"', 'valid_from: "2026-03-01"'))
    assert "ladder 'dust' has two versions from 2026-03-01." in said


def test_a_version_is_checked_like_the_ladder_itself() -> None:
    said = refusal(dusty('op: ">", value: 75', 'op: "<", value: 75'))
    assert "packs/rain/dust.yaml:20: ladder 'dust' raises blue at < 75, but of indicator 'dust' higher-is-worse." in said
    said = refusal(dusty('valid_from: "2016-01-01"', 'valid_from: "2016"'))
    assert "ladder 'dust': '2016' is no date." in said


def test_a_ladder_whose_last_version_has_ended_keeps_a_pack_from_gold() -> None:
    packs = dusty('version: "3", valid_from: "2031-01-01"', 'version: "3", valid_from: "2031-01-01", valid_to: "2032-01-01"')
    assert [f.what for f in lint(packs, today="2031-12-31").findings if "held until" in f.what] == []
    ended = [f.what for f in lint(packs, today="2032-01-01").findings if "held until" in f.what]
    assert ended == ["ladder 'dust' held until 2032-01-01, and nothing has followed."]


BAND = """\
    rungs:
      - {level: blue, raise: {op: "<", value: 20}}
      - {level: blue, raise: {op: ">", value: 80}}
      - {level: red, raise: {op: "<", value: 10}}
      - {level: red, raise: {op: ">", value: 90}}
"""


def band(old: str = "", new: str = "") -> dict[str, dict[str, str]]:
    rungs = '    rungs: [{level: blue, raise: {op: ">", value: 60}}]\n'
    assert old in BAND
    packs = dusty(rungs, BAND.replace(old, new, 1) if old else BAND)
    packs["rain"]["dust.yaml"] = packs["rain"]["dust.yaml"].replace("higher-is-worse", "band")
    return packs


def test_a_level_of_a_band_has_one_rung_for_too_low_and_one_for_too_high() -> None:
    rungs = load(band(), today="2026-06-01").ladders["dust"].rungs
    assert [(rung.level, rung.raise_.op) for rung in rungs] == [("blue", "<"), ("blue", ">"), ("red", "<"), ("red", ">")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('op: ">", value: 80', 'op: "<", value: 15', "ladder 'dust' has blue after blue."),
        ('op: ">", value: 80', 'op: ">", value: 20', "ladder 'dust' raises blue at < 20 or > 20, that is always."),
        ('op: ">", value: 90', 'op: ">", value: 70', "ladder 'dust' raises red at > 70, which is milder than blue at > 80."),
        (
            "      - {level: red, raise: {op: \"<\"",
            "      - {level: blue, raise: {op: \"<\", value: 5}}\n      - {level: red, raise: {op: \"<\"",
            "ladder 'dust' has more than two rungs of blue.",
        ),
        (
            '      - {level: red, raise: {op: ">", value: 90}}',
            '      - {level: red, raise: {op: ">", value: 90}}\n    overrides: [{place: "1101", level: red, value: 95}]',
            "level red has two rungs, so it is not clear which one is meant.",
        ),
    ],
)  # fmt: skip
def test_a_band_that_cannot_be_meant_is_refused(old: str, new: str, said: str) -> None:
    assert said in refusal(band(old, new))


def test_more_rungs_than_the_engine_takes_are_refused() -> None:
    nine = "rungs: [" + ", ".join('{level: blue, raise: {op: ">", value: 60}}' for _ in range(9)) + "]"
    said = refusal(dusty('rungs: [{level: blue, raise: {op: ">", value: 60}}]', nine))
    assert "ladder 'dust' has 9 rungs. A ladder has 8 at the most: merge levels." in said


def test_the_small_packs_have_no_dated_ladder_and_the_same_digest_on_every_day() -> None:
    assert load(small_pack(), today="2010-01-01").digest == load(small_pack()).digest
    assert with_change("rain/cases.yaml", "check: 1h", "check: 2h") != small_pack()
