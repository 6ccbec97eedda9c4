"""What is wrong with a plan is said when it is loaded; what is odd about it, by the lint."""

import pytest
from tests.packs_for_tests import small_pack, with_change

from bihuan.pack.lint import lint
from bihuan.pack.load import load
from bihuan.pack.trouble import PackErrors

FIRST = "      - id: pumps\n"
SIGN = "        sign: 5m\n        arrive: 40m\n        done: 3h\n        proof: [text, count]\n      - id: town-watch"


def refused(old: str, new: str) -> str:
    with pytest.raises(PackErrors) as caught:
        load(with_change("rain/plans.yaml", old, new))
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (FIRST, FIRST + "        form: call\n", "step 'pumps' is a call, of which 'done' is never asked"),
        (FIRST, FIRST + "        form: notice\n", "step 'pumps' is a notice, of which 'proof' is never asked"),
        ("        done: 3h\n        proof: [text, count]\n", "        proof: [text, count]\n", "gives no time to done"),
        (FIRST, FIRST + "        when: [{indicator: rian, op: '>', value: 1}]\n", "Did you mean 'rain'?"),
        (
            "    trigger: {silent: {indicator: rain}}\n",
            "    trigger: {silent: {indicator: rain}}\n    four_eyes: true\n",
            "wants four eyes, but nobody declares it or presses a button",
        ),
        ("    trigger: {silent: {indicator: rain}}\n", "    trigger: {button: {at: vilage}}\n", "is started at"),
    ],
)
def test_a_step_or_trigger_that_cannot_work_is_refused_with_where_and_why(old: str, new: str, said: str) -> None:
    assert said in refused(old, new)


def test_a_plan_whose_cases_nobody_could_hold_is_refused() -> None:
    packs = with_change("rain/indicators.yaml", "indicators: [rain], at: district}", "indicators: [rain], at: city}")
    with pytest.raises(PackErrors, match="opens cases that are held at level 'district', but its cases are about places"):
        load(packs)


def test_the_lint_names_the_places_where_a_plan_reaches_nobody() -> None:
    packs = small_pack()
    packs["rain"]["places.csv"] += "13,空区,district,1,106.5,29.4,Empty\n"
    packs["rain"]["more.yaml"] = """\
plans:
  - id: by-hand
    words: {zh: 手动, en: By hand}
    trigger: {button: {at: district}}
    case: ponding
    steps:
      - {id: look, words: {zh: 看, en: Look}, to: {down: town}, sign: 5m, done: 1h}
"""
    found = [str(finding) for finding in lint(packs).findings]
    assert len(found) == 1
    assert "plan 'by-hand' reaches nobody at '13': its holder gets one task" in found[0]
    assert "more.yaml" in found[0]


def test_the_lint_names_reports_that_nobody_answers() -> None:
    packs = with_change(
        "rain/cases.yaml", "    check: 2h\n", "    check: 2h\n    receive: {role: inspection, at: district, within: 1h}\n"
    )
    found = [str(finding) for finding in lint(packs).findings]
    assert len(found) == 1
    assert "reports of case type 'data-duty' are registered, but no plan answers them" in found[0]
