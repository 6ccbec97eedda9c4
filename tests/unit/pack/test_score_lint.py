"""A scorecard such as real systems have used it is refused, with sentences that a duty officer understands."""

import pytest
from tests.packs_for_tests import small_pack

from bihuan.pack.load import load
from bihuan.pack.trouble import PackErrors

CARD = """\
scorecards:
  - id: area
    words: {zh: 区域评价, en: Areas}
    version: "1"
    units: district
    case_types: []
    every: month
    items:
      - {id: reports, words: {zh: 监督举报率, en: Reports}, measure: open_rate, weight: 10, direction: higher-is-better}
      - id: cases
        words: {zh: 案件数, en: Cases}
        measure: case_count
        weight: 20
        direction: lower-is-better
        bands: [{value: 0, points: 100}, {value: 3, points: 90}, {value: 5, points: 75}, {value: 7, points: 60}]
      - id: closing
        words: {zh: 结案率, en: Closing}
        measure: closed_rate
        weight: 30
        direction: higher-is-better
        bands: [{value: 0, points: 100}, {value: 0.5, points: 50}, {value: 1, points: 0}]
      - {id: on-time, words: {zh: 按期率, en: On time}, measure: closed_on_time_rate, weight: 10, direction: higher-is-better}
    colours: [{least: 0, level: normal}]
"""

WEIGHTS = (
    "the weights of scorecard 'area' add up to 70; 30 are missing, so nobody can say what full marks are. "
    "They must add up to 100: mend the weights, or the item that was forgotten."
)
COUNT = (
    "scorecard 'area', item 'cases' scores 'case_count', a bare count. A unit must never score better because fewer cases are "
    "on its list: the easiest way to have fewer is not to report, and then nobody comes when it matters. Score a share "
)
SIGN = (
    "scorecard 'area', item 'closing' gives no more points for a better value (higher-is-better): 50 from 0.5 on, "
    "but 100 from 0 on. Let points rise with better values."
)


def _said(card: str) -> str:
    packs = small_pack()
    packs["rain"]["scorecards.yaml"] = card
    with pytest.raises(PackErrors) as caught:
        load(packs)
    return str(caught.value)


@pytest.mark.parametrize("sentence", [WEIGHTS, COUNT, SIGN])
def test_the_card_of_a_real_system_is_refused(sentence: str) -> None:
    assert sentence in _said(CARD)


def test_the_same_sign_error_without_bands_is_refused_too() -> None:
    bands = "        bands: [{value: 0, points: 100}, {value: 0.5, points: 50}, {value: 1, points: 0}]\n"
    turned = CARD.replace(bands, "").replace("30\n        direction: higher", "30\n        direction: lower")
    assert (
        "item 'closing' says lower-is-better, but a higher 'closed_rate' (cases closed and still closed / cases due) is "
        "better: the better a unit works, the fewer points it would get. Write 'direction: higher-is-better'."
    ) in _said(turned)


def test_a_card_without_a_direction_is_refused() -> None:
    missing = CARD.replace("weight: 30\n        direction: higher-is-better", "weight: 30")
    assert "scorecard 'area' (items[2]) has no 'direction'. Add 'direction'." in _said(missing)


@pytest.mark.parametrize("count", ["cases", "raw_total", "number-of-reports", "open_cases", "warnings_sum"])
def test_every_bare_count_is_refused_whatever_it_is_called(count: str) -> None:
    assert f"scores '{count}', a bare count." in _said(CARD.replace("case_count", count))


def test_mended_it_is_taken() -> None:
    bands = "        bands: [{value: 0, points: 100}, {value: 0.5, points: 50}, {value: 1, points: 0}]\n"
    counted = CARD[CARD.index("      - id: cases") : CARD.index("      - id: closing")]
    packs = small_pack()
    packs["rain"]["scorecards.yaml"] = CARD.replace(bands, "").replace(counted, "").replace("weight: 30", "weight: 80")
    assert [item.id for item in load(packs).scorecards["area"].items] == ["reports", "closing", "on-time"]
