"""What is worked out from other indicators, ratios and heights: what an author is told, and what stands after it is mended."""

import numpy as np
import pytest
from tests.packs_for_tests import small_pack

from bihuan.engine.formula import Ratio
from bihuan.model.times import MINUTE
from bihuan.pack.catalogue import Catalogue
from bihuan.pack.formulas import in_order, share_of
from bihuan.pack.lint import lint
from bihuan.pack.load import load
from bihuan.pack.readings import IdColumns, Row, accept, accept_ids
from bihuan.pack.rules import Rules
from bihuan.pack.scenario import check_scenario, read_scenario
from bihuan.pack.schema import Formula
from bihuan.pack.trouble import PackErrors, Troubles

NOW = 1_756_663_200_000
BASE = {
    "words": "{zh: 数, en: Count}",
    "unit": "件",
    "subject": "{places: town}",
    "cadence": "5m",
    "stale_after": "20m",
    "direction": "higher-is-worse",
    "origin": "real",
}
STAGE = {"unit": "m", "datum": "Wusong"}


def texts(**indicators: dict[str, str]) -> dict[str, dict[str, str]]:
    """The small packs with these indicators more, keys as YAML; `_` in a name is a hyphen."""
    lines = ["indicators:"]
    for name, said in indicators.items():
        lines += [f"  - id: {name.replace('_', '-')}", *(f"    {key}: {value}" for key, value in (BASE | said).items())]
    packs = small_pack()
    packs["rain"]["more.yaml"] = "\n".join(lines) + "\n"
    return packs


def rules(**indicators: dict[str, str]) -> Rules:
    return load(texts(**indicators))


def told(packs: dict[str, dict[str, str]]) -> str:
    with pytest.raises(PackErrors) as caught:
        load(packs)
    return str(caught.value)


def formula(expression: str, of: str = "{a: one, b: two}", **more: str) -> dict[str, str]:
    return {"formula": f'{{expression: "{expression}", of: {of}}}', **more}


RATE = formula("100 * a / b", unit='"%"')


@pytest.mark.parametrize(
    ("derived", "said"),
    [
        (formula("a + c"), "the formula of indicator 'rate': it uses 'c', which is none of its inputs. Names: a, b."),
        (formula("a.b + b"), "the formula of indicator 'rate': 'a.b' may not stand in it. Write numbers, names,"),
        (formula("a + b", "{a: one, b: tow}"), "uses the indicator 'tow', which nobody declares."),
        (formula("a + b", "{a: one, b: rate}"), "the formula of indicator 'rate' is worked out from itself."),
        (formula("a + min", "{a: one, min: two}"), "calls an input 'min', which cannot be a name in it."),
        (formula("a + b", "{a: one, b: ponding-depth}"), "worked out where 'ponding-depth' is not measured"),
        (
            formula("a + b", cadence="1h", stale_after="4h"),
            "says a reading every 1h, but is worked out every 5m, as 'one' comes.",
        ),
        (formula("a + b", "{a: one, b: rain}"), "adds 件 and mm. Bring both to one unit first"),
        (formula("where(a > b, a, b)", "{a: one, b: rain}"), "compares 件 and mm."),
        (formula("a - b", unit="mm"), "gives 件, and the indicator is in mm. Write unit: 件, or multiply"),
    ],
)
def test_a_formula_that_cannot_be_meant_is_refused_in_a_sentence(derived: dict[str, str], said: str) -> None:
    found = told(texts(one={}, two={}, rate=derived))
    assert said in found
    assert "packs/rain/more.yaml:" in found


@pytest.mark.parametrize(
    "derived",
    [
        formula("a + b"),
        RATE,
        formula("100 * (a - b) / b", unit='"%"'),
        formula("a / b", unit="'1'"),
        formula("max(a, 3) - b"),
        formula("1000 * a + b * b", unit="x"),
        formula("a * b", "{a: one, b: rain}", unit="件·mm"),
        formula("where(a > 3 and b > 0.5, a, 0)", "{a: one, b: rain}"),
    ],
)
def test_formulas_in_units_that_go_together_load(derived: dict[str, str]) -> None:
    assert rules(one={}, two={}, rate=derived).indicators["rate"].formula is not None


def test_formulas_that_go_round_in_a_circle_are_named() -> None:
    found = told(texts(one={}, x=formula("a", "{a: z}"), y=formula("a + b", "{a: x, b: one}"), z=formula("a", "{a: y}")))
    assert "formulas go round in a circle: x -> z -> y -> x. One of them has to be measured." in found


def test_inputs_come_before_what_is_worked_out_from_them() -> None:
    known = rules(c=formula("a", "{a: b}"), b=formula("a", "{a: one}"), d=formula("a + e", "{a: c, e: b}"), one={})
    assert in_order(known.indicators) == (["b", "c", "d"], [])


def test_one_of_fewer_places_may_be_worked_out_from_one_of_more_but_not_the_other_way_round() -> None:
    few = {"subject": '{places: town, only: ["1101"]}'}
    assert rules(one={}, two={}, rate=formula("a + b") | few)
    assert "they are not about the same places" in told(texts(one={}, two=few, rate=formula("a + b")))


# --- the door -------------------------------------------------------------------------------------------------


def test_a_reading_of_a_derived_indicator_is_refused_and_the_inputs_are_named() -> None:
    known = rules(one={}, two={}, rate=RATE)
    rows = [Row(row=n, indicator=name, place="1101", at=NOW, value=1.0) for n, name in enumerate(("one", "rate", "two"), 1)]
    accepted = accept(known, rows, now=NOW, source="test")
    (refused,) = accepted.refused
    assert (refused.row, len(accepted.batch)) == (2, 2)
    assert refused.what == "'rate' is worked out by a formula (100 * a / b), and cannot be sent."
    assert refused.remedy == "Send what it is worked out from: one, two."


def test_the_same_by_id() -> None:
    known = rules(one={}, two={}, rate=RATE)
    catalogue = Catalogue(known)
    ids = np.array([known.numbering.number("rate", "1101"), known.numbering.number("one", "1101"), 10**6], dtype=np.int64)
    columns = IdColumns(
        catalogue=catalogue.digest,
        ids=ids,
        at=np.full(3, NOW, dtype=np.int64),
        value=np.ones(3),
        quality=np.full(3, -1, dtype=np.int32),
    )
    accepted = accept_ids(catalogue, columns, now=NOW + MINUTE, source="test")
    assert [(row.row, "formula" in row.what) for row in accepted.refused] == [(1, True), (3, False)]
    assert accepted.batch.names() == ["one@1101"]


def test_a_scenario_sends_the_inputs_and_not_the_result() -> None:
    scenario = """
clock: 2025-09-01T02:00+08:00
series: [{indicator: rate, place: "1101", every: 5m, values: 1x3}]
expect: [{at: 5m, none: {closed: true}}]
"""
    troubles = Troubles()
    check_scenario(read_scenario(scenario, "tests/rate.yaml"), rules(one={}, two={}, rate=RATE), troubles)
    with pytest.raises(PackErrors, match="the scenario sends 'rate', which is worked out by a formula. Send .*: one, two."):
        troubles.stop_if_any()


# --- ratios ---------------------------------------------------------------------------------------------------


def test_the_parts_of_a_share_are_indicators() -> None:
    of = {"a": "one", "b": "two"}
    assert share_of(Formula(expression="100 * a / b", of=of)) == Ratio(over=(("one", 1.0),), per=(("two", 1.0),), times=100.0)
    missed = Ratio(over=(("two", 1.0), ("one", -1.0)), per=(("two", 1.0),), times=1.0)
    assert share_of(Formula(expression="1 - a / b", of=of)) == missed
    assert share_of(Formula(expression="a * b", of=of)) is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"roll_up": "sum", "per": "two"}, "says what it is divided by, but rolls up as sum. Write roll_up: ratio."),
        ({"roll_up": "ratio", "per": "one"}, "indicator 'one' is divided by itself."),
        ({"roll_up": "ratio", "per": "tow"}, "indicator 'one' is divided by 'tow', which nobody declares."),
        ({"roll_up": "ratio", "per": "ponding-depth"}, "divided by 'ponding-depth', which is not measured at the same places."),
        ({"roll_up": "ratio", "per": "two", "unit": '"%"'}, "indicator 'one' is a share already"),
    ],
)
def test_a_ratio_of_what_cannot_be_divided_is_refused(more: dict[str, str], said: str) -> None:
    assert said in told(texts(one=more, two={}))


def test_a_ratio_without_parts_keeps_a_pack_from_gold_and_one_with_parts_does_not() -> None:
    of_what = "rolls up as a ratio, and nobody says of what"

    def found(**indicators: dict[str, str]) -> list[str]:
        report = lint(texts(**indicators))
        return [finding.what for finding in report.findings if of_what in finding.what]

    (said,) = found(one={"roll_up": "ratio"}, two={"roll_up": "ratio"})
    assert said.startswith("indicator 'one' rolls up as a ratio, and nobody says of what (and 1 more in this file)")
    assert found(one={"roll_up": "ratio", "per": "two"}, two={}, rate=RATE | {"roll_up": "ratio"}) == []


# --- heights --------------------------------------------------------------------------------------------------

LADDER = """
ladders:
  - id: {id}
    words: {{zh: 水位, en: Stage}}
    source: {{issuer: x, document: y, version: "1"}}
    rungs: [{{level: blue, raise: {{op: ">=", value: 180}}}}]
    {more}
"""


def with_ladder(packs: dict[str, dict[str, str]], more: str = "", id: str = "stage") -> dict[str, dict[str, str]]:
    packs["rain"][f"{id}.yaml"] = LADDER.format(id=id, more=more)
    return packs


OTHER = {"unit": "m", "datum": "Huanghai"}


@pytest.mark.parametrize(
    ("derived", "said"),
    [
        (formula("a - b", "{a: one, b: other}", unit="m"), "mixes heights above Huanghai and Wusong, which differ"),
        (formula("a + b", "{a: one, b: two}", unit="m"), "adds up heights, which is no height."),
        (
            formula("(a + b) / 2", "{a: one, b: two}", unit="m"),
            "gives a height above Wusong, which the indicator does not say.",
        ),
        (formula("a - b", "{a: one, b: two}", **STAGE), "gives no height, and the indicator says it is one above Wusong."),
        (formula("max(a, b)", "{a: one, b: depth}", **STAGE), "holds a height above a datum against what is none"),
        (formula("a + b", "{a: one, b: depth}", **OTHER), "gives a height above Wusong, which the indicator does not say."),
    ],
)
def test_heights_above_different_datums_and_sums_of_heights_are_refused(derived: dict[str, str], said: str) -> None:
    found = told(texts(one=STAGE, two=STAGE, other=OTHER, depth={"unit": "m", "datum": "none"}, x=derived))
    assert said in found


@pytest.mark.parametrize(
    "derived",
    [
        formula("a - b", "{a: one, b: two}", unit="m", datum="none"),
        formula("100 * (a - b)", "{a: one, b: two}", unit="cm"),
        formula("(a + b) / 2", "{a: one, b: two}", **STAGE),
        formula("0.5 * a + 0.5 * b", "{a: one, b: two}", **STAGE),
        formula("max(a, b)", "{a: one, b: two}", **STAGE),
        formula("a + b", "{a: one, b: depth}", **STAGE),
        formula("a - 1.5", "{a: one}", **STAGE),
        formula("where(a > 180, a - b, 0)", "{a: one, b: two}", unit="m"),
    ],
)
def test_differences_and_means_of_heights_load(derived: dict[str, str]) -> None:
    assert rules(one=STAGE, two=STAGE, depth={"unit": "m", "datum": "none"}, x=derived)


def test_one_ladder_is_not_for_two_datums() -> None:
    packs = with_ladder(texts(one=STAGE | {"ladder": "stage"}, other=OTHER | {"ladder": "stage"}))
    assert "ladder 'stage' is used for 'one' (above Wusong) and for 'other' (above Huanghai)." in told(packs)


def test_a_ladder_or_an_override_above_another_datum_is_refused() -> None:
    stage = {"one": STAGE | {"ladder": "stage"}}
    assert load(with_ladder(texts(**stage), "datum: Wusong")).ladders["stage"].datum == "Wusong"
    said = "ladder 'stage' has thresholds above Huanghai, but indicator 'one' is above Wusong. Convert the values to Wusong."
    assert said in told(with_ladder(texts(**stage), "datum: Huanghai"))
    override = 'overrides: [{place: "1101", level: blue, value: 170, datum: Huanghai}]'
    assert said in told(with_ladder(texts(**stage), override))


def test_thresholds_in_metres_beside_a_height_say_their_datum_or_that_they_need_none() -> None:
    bare = {"unit": "m", "ladder": "stage"}
    said = "indicator 'two' has thresholds in m and no datum, though 'one' beside it has one."
    assert said in told(with_ladder(texts(one=STAGE, two=bare)))
    assert load(with_ladder(texts(one=STAGE, two=bare | {"datum": "none"}))).indicators["two"].height_above == ""


def test_a_group_warns_of_one_datum_at_a_unit() -> None:
    def grouped(east: str, west: str, at: str) -> dict[str, dict[str, str]]:
        packs = texts(
            one=STAGE | {"ladder": "stage", "subject": f'{{places: town, only: ["{east}"]}}'},
            other=OTHER | {"ladder": "stage-other", "subject": f'{{places: town, only: ["{west}"]}}'},
        )
        with_ladder(with_ladder(packs), id="stage-other")
        packs["rain"]["group.yaml"] = f"groups: [{{id: stages, words: {{zh: 水, en: S}}, indicators: [one, other], at: {at}}}]"
        return packs

    assert load(grouped("1101", "1201", "district"))
    said = "group 'stages' warns at '11' of 'one' (above Wusong) and of 'other' (above Huanghai) as one."
    assert said in told(grouped("1101", "1102", "district"))
    assert "group 'stages' warns at '1101'" in told(grouped("1101", "1101", "subject"))
