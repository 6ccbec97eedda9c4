"""The catalogue of vital signs: every row can be stood behind, or says how far."""

import re
from datetime import UTC
from functools import cache

import pytest

from bihuan.app import packs
from bihuan.engine.formula import Ratio
from bihuan.model.times import instant
from bihuan.pack.draft import Draft
from bihuan.pack.formulas import share_of
from bihuan.pack.lint import lint
from bihuan.pack.load import read_checked, rules_of
from bihuan.pack.persons import about_a_person
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator, Rung

from .places import PACKS, texts

TODAY = "2026-11-21"


@cache
def folders() -> dict[str, dict[str, str]]:
    return {name: texts(name) for name in ("base", "chongqing", "city-vitals")}


@cache
def draft() -> Draft:
    return read_checked(folders())


@cache
def vitals(today: str = TODAY) -> Rules:
    return rules_of(draft(), folders(), "cq", today)


def worse_up(rung: Rung) -> bool:
    return rung.raise_.op in (">", ">=")


def laddered() -> list[Indicator]:
    return [indicator for indicator in vitals().indicators.values() if indicator.ladder]


def test_there_are_seven_plates_of_55_tracks_and_no_track_is_empty() -> None:
    rules = vitals()
    assert (len(rules.plates), len(rules.tracks)) == (7, 55)
    assert {indicator.track for indicator in rules.indicators.values()} == set(rules.tracks)
    assert all(rules.tracks[i.track].plate == i.id[:2] and i.track == i.id[:4] for i in rules.indicators.values())


def test_counts_are_those_of_the_page_about_the_check() -> None:
    rules, page = vitals(), (PACKS / "city-vitals" / "CHECKED.md").read_text("utf-8")
    said = dict(re.findall(r"^\| ([a-z -]+) \| ([0-9,]+) \|", page, re.MULTILINE))
    kept, ladders = len(rules.indicators), [rules.ladders[indicator.ladder] for indicator in laddered()]
    assert int(said["kept"]) + int(said["added"]) == kept
    assert int(said["in the draft"]) == int(said["kept"]) + int(said["dropped"])
    assert int(said["dropped"]) == len(re.findall(r"^\| `[a-z]{2}\d{2}-\d{3}` \| dropped", page, re.MULTILINE))
    assert int(said["without a ladder"]) == kept - len(ladders)
    for confidence in ("standard", "derived", "own-judgement"):
        assert int(said[confidence]) == sum(ladder.source.confidence == confidence for ladder in ladders)
    assert int(said["series in chongqing"].replace(",", "")) == sum(1 for _ in rules.series())


def test_no_threshold_hides_behind_a_milder_one() -> None:
    """Two levels at one value on one side: the milder would never be seen."""
    for ladder in vitals().ladders.values():
        rungs = [(worse_up(rung), rung.raise_.value) for rung in ladder.rungs]
        assert len(set(rungs)) == len(rungs), ladder.id


def test_a_share_that_meets_its_target_is_no_warning() -> None:
    for indicator in laddered():
        if indicator.unit == "%" and indicator.direction == "lower-is-worse":
            for rung in vitals().ladders[indicator.ladder].rungs:
                assert rung.raise_.op == "<", indicator.id


def test_thresholds_lie_among_the_values_that_are_possible() -> None:
    for indicator in laddered():
        for rung in vitals().ladders[indicator.ladder].rungs:
            value, least, most = rung.raise_.value, indicator.least, indicator.most
            assert least is not None, indicator.id
            assert value > least or (value == least and rung.raise_.op in (">=", "<=")), indicator.id
            assert most is None or value < most or (value == most and rung.raise_.op in (">=", "<", "<=")), indicator.id


def test_shares_are_added_up_from_their_parts_and_never_averaged() -> None:
    averaged = {indicator.id for indicator in vitals().indicators.values() if indicator.roll_up == "mean"}
    assert averaged == {"wm39-002", "st42-013", "fw55-006"}  # hours of a house, a concentration over stations, a price
    for indicator in vitals().indicators.values():
        if indicator.unit in ("%", "‰"):
            assert indicator.roll_up in ("ratio", "worst", "max"), indicator.id
        if indicator.roll_up in ("sum", "max"):
            assert indicator.direction == "higher-is-worse" or not indicator.ladder, indicator.id


def test_every_ladder_says_how_far_to_trust_it_and_what_is_only_remembered_says_so() -> None:
    for ladder in vitals().ladders.values():
        source = ladder.source
        assert source.confidence, ladder.id
        if source.confidence == "own-judgement":
            assert (source.issuer, "own judgement" in source.document) == ("Bihuan", True), ladder.id
        else:
            assert source.note, ladder.id
        assert "[recall]" not in source.note, ladder.id


def test_silence_is_noticed_after_more_than_one_missed_reading() -> None:
    for indicator in vitals().indicators.values():
        assert indicator.stale_after >= 1.4 * indicator.cadence, indicator.id


def test_stages_have_a_datum_or_no_thresholds() -> None:
    stations = [indicator for indicator in vitals().indicators.values() if indicator.subject.only]
    assert len(stations) == 10
    for indicator in stations:
        assert bool(indicator.datum) == bool(indicator.ladder), indicator.id
        assert len(vitals().subjects(indicator)) == 1


def test_closing_rates_are_worked_out_and_add_up() -> None:
    derived = {indicator.id: share_of(indicator.formula) for indicator in vitals().indicators.values() if indicator.formula}
    due = (("zl20-003", 1.0),)
    assert derived == {
        "zl20-004": Ratio(over=(("zl20-021", 1.0),), per=due, times=100.0),
        "zl20-005": Ratio(over=(("zl20-022", 1.0),), per=due, times=100.0),
    }
    parts = [part for share in filter(None, derived.values()) for part, _ in (*share.over, *share.per)]
    assert {vitals().indicators[part].roll_up for part in parts} == {"sum"}


def test_every_datum_has_words_in_both_languages() -> None:
    datums = {indicator.height_above for indicator in vitals().indicators.values()} - {""}
    assert {f"datum-{datum.lower()}" for datum in datums} <= set(vitals().sentences)


def test_nothing_is_about_a_person() -> None:
    for indicator in vitals().indicators.values():
        for text in (indicator.words.zh, indicator.words.en):
            assert not about_a_person(text, as_a_whole=True), indicator.id


@pytest.mark.parametrize(
    ("today", "fine", "coarse", "year"), [("2026-02-28", 75, 150, 35), (TODAY, 60, 120, 30), ("2031-01-01", 50, 120, 25)]
)
def test_limits_of_the_air_are_those_of_the_day(today: str, fine: float, coarse: float, year: float) -> None:
    ladders = vitals(today).ladders
    assert ladders["st42-002"].rungs[0].raise_.value == fine
    assert ladders["st42-003"].rungs[0].raise_.value == coarse
    assert [rung.raise_.value for rung in ladders["st42-013"].rungs if rung.level == "yellow"] == [year]


def test_a_centre_gets_the_limits_of_its_own_day() -> None:
    loaded = packs.rules(["city-vitals"], at=instant("2026-02-28T12:00+08:00", UTC))
    assert loaded.ladders["st42-002"].source.version == "2012"
    assert packs.day(instant("2026-03-01T12:00+08:00", UTC)) == "2026-03-01"


def test_the_pack_is_silver_and_lacks_only_plans() -> None:
    report = lint(folders(), today=TODAY)
    assert report.grades["city-vitals"] == "silver"
    open_ends = "no plan answers|nobody has the duty|rolls up as a ratio, and nobody says of what"
    assert all(re.search(open_ends, finding.what) for finding in report.findings)
