"""What is worked out, and what is a height: shown with formula and inputs, and with what it is above."""

import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.test_derived import RULES, counts
from tests.unit.views.city import City, encoded

from bihuan.model.times import MINUTE
from bihuan.pack.load import load
from bihuan.pack.schema import Words

SERIES = "closing-rate@1101"


@pytest.fixture(scope="module")
def late() -> City:
    """Four of ten cases that were due are closed in East One."""
    city = City(RULES)
    city.read(counts("1101", 9, 10) | counts("1102", 88, 90))
    city.wait(5 * MINUTE)
    city.read(counts("1101", 4, 10))
    return city


def test_a_level_shows_its_formula_and_what_went_into_it_in_both_languages(late: City) -> None:
    link = next(link for link in late.views.explain(SERIES).chain if link.kind == "level-changed")
    shown = {row.label.en: row.value for row in link.detail}
    assert shown["Formula (as last worked out)"].en == "100 * c / d (c: count 4 件, d: count 10 件)"
    assert shown["Formula (as last worked out)"].zh == "100 * c / d（c 数 4 件，d 数 10 件）"
    assert shown["c taken"].en.endswith("02:05:00 · Count")
    assert shown["Value"].en == "40 %"


def test_a_case_of_a_derived_indicator_leads_back_to_the_receipts_of_all_its_inputs(late: City) -> None:
    (case,) = late.loop.book.cases
    chain = late.views.case(case, late.now).chain
    kinds = [link.kind for link in chain]
    assert kinds[0] == "readings-received"
    assert {"level-changed", "warning-raised", "plan-started", "case-opened"} <= set(kinds)
    assert any(row.value.en.startswith("100 * c / d (") for link in chain for row in link.detail)


def test_a_derived_series_that_never_changed_says_how_it_is_worked_out(late: City) -> None:
    assert late.views.explain("closing-rate@1102").text.en.endswith(
        "; worked out as 100 * c / d (c: count 88 件, d: count 90 件)"
    )
    assert late.views.explain("closing-rate@1201").text.zh.endswith("；计算公式 100 * c / d")
    assert late.views.explain("rain@1101").text.en.endswith("its state is unknown")


def test_a_district_has_the_rate_of_all_its_cases_and_not_the_mean_of_its_towns() -> None:
    city = City(RULES)
    city.read(counts("1101", 9, 10) | counts("1102", 3, 90))
    found = city.views.indicator_vitals("closing-rate", "11", "duty", city.now)
    assert found.roll_up == "ratio"
    assert found.whole.value == pytest.approx(12.0)
    assert {row.place.code: row.cell.value for row in found.rows} == pytest.approx({"1101": 90.0, "1102": 300 / 90})


def test_a_height_says_what_it_is_above_wherever_its_value_stands() -> None:
    packs = with_change("rain/indicators.yaml", "    unit: cm\n", "    unit: m\n    datum: Wusong\n")
    packs["rain"]["words.yaml"] = "sentences: [{id: datum-wusong, words: {zh: 吴淞高程, en: above the Wusong datum}}]"
    city = City(load(packs))
    city.pond("LP-1101-1", 30.0, times=2)
    link = next(link for link in city.views.explain("ponding-depth@LP-1101-1").chain if link.kind == "level-changed")
    assert link.text.en.endswith("(30 m above the Wusong datum)")
    assert link.text.zh.endswith("（30 m（吴淞高程））")
    assert {row.label.en: row.value.en for row in link.detail}["Threshold"] == ">= 27 m above the Wusong datum"
    meta = city.views.series_meta("ponding-depth", "LP-1101-1")
    assert (meta.unit, meta.datum.en, meta.formula) == ("m", "above the Wusong datum", "")
    above = Words(zh="吴淞高程", en="above the Wusong datum")
    (open_case,) = city.views.cases("1", "open")
    now = city.views.case(open_case.id, city.now).indicator
    panel = city.views.indicator_vitals("ponding-depth", "1", "duty", city.now)
    period = city.views.comparable("ponding-depth", "LP-1101-1", "duty")
    assert now is not None
    assert {one.datum for one in (meta, now, panel, period)} == {above}
    sources = {one.indicator: one.datum for one in city.views.hello(city.now, None).sources}
    assert sources == {"rain": Words(zh="", en=""), "ponding-depth": above}
    things = {one.code: one.indicator for one in city.views.wall("1", city.now).things}
    assert set(things.values()) == {"ponding-depth"}, "the wall finds the unit of a point by what its value is of"


def test_a_datum_without_words_goes_by_its_name() -> None:
    packs = with_change("rain/indicators.yaml", "    unit: cm\n", "    unit: m\n    datum: Ordnance\n")
    city = City(load(packs))
    assert city.views.series_meta("ponding-depth", "LP-1101-1").datum.en == "above Ordnance"
    bare = City(RULES).views.series_meta("closing-rate", "1101")
    assert encoded(bare.datum) == {"zh": "", "en": ""}
    assert bare.formula == "100 * c / d"
