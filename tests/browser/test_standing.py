"""The league and what stands beside it: an appeal from the unit scored to the decision above, and the verified closing rate."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Demo
from tests.browser.test_screens import AXE

pytestmark = pytest.mark.browser

DRAW = {
    "draw": "cq-D00001", "case_type": {"id": "ponding", "words": {"zh": "道路积水", "en": "Ponding on a road"}},
    "since": 1_526_140_800_000, "until": 1_528_560_000_000, "open": 3, "closed": 40, "flagged": 2, "drawn": 7, "looked": 6,
    "not_sound": 1, "claimed": 0.9302, "verified": 0.8571, "low": 0.6914, "high": 0.9081, "seed": "7082ee36" * 8,
    "note": {"zh": "", "en": ""},
    "strata": [
        {"unit": {"id": "500101", "words": {"zh": "万州区", "en": "Wanzhou"}}, "flagged": flagged, "closed": closed,
         "drawn": drawn, "looked": looked, "not_sound": wrong}
        for flagged, closed, drawn, looked, wrong in ((False, 38, 5, 4, 0), (True, 2, 2, 2, 1))
    ],
}  # fmt: skip
"""The storm ends before the first draw is due."""

NO_DATA = DRAW | {
    "draw": "cq-D00002", "open": None, "flagged": 0, "not_sound": 0, "claimed": None, "verified": None, "low": None,
    "high": None, "note": {"zh": "算不出这个单位的办结率", "en": "there is no rate of this unit alone"}, "strata": [],
}  # fmt: skip


def one_case(demo: Demo) -> tuple[str, Any] | None:
    """A published period, and a row of its score that one case alone stands behind; None while there is none."""
    for since in reversed(demo.get("/live/scores?scorecard=closing")["periods"]):
        period = datetime.fromtimestamp(since / 1000, UTC).isoformat().replace("+00:00", "Z")
        for row in demo.get(f"/live/scores?scorecard=closing&period={period}")["rows"]:
            if len(row["cases"]) == 1 and row["score"] is not None:
                return period, row
    return None


def sit_at(page: Page, demo: Demo, unit: str) -> None:
    page.goto(f"{demo.url}/{unit}/desk")
    page.get_by_role("button", name="上岗值班").click()
    expect(page.get_by_text("你在岗").first).to_be_visible()


def appeals(demo: Demo, period: str) -> Any:
    return demo.get(f"/live/scores?scorecard=closing&period={period}")["appeals"]


def test_a_unit_appeals_and_the_unit_above_decides(page: Page, demo: Demo) -> None:
    demo.set(paused=False, speed=3000)
    period, row = demo.wait("a score with a case behind it", lambda: one_case(demo))
    demo.set(speed=12)
    item = next(item["item"] for item in row["items"] if item["points"] is not None)
    sit_at(page, demo, row["unit"]["id"])
    page.goto(f"{demo.url}/500000/scores?card=closing&period={period}")
    page.get_by_role("button", name=f"{row['unit']['words']['zh']}: 看分项与案卷").click()
    page.get_by_role("button", name="申诉", exact=True).click()
    page.get_by_label("对哪一项").select_option(item["id"])
    page.get_by_label("哪一件案卷不应计入").select_option(row["cases"][0])
    page.get_by_label("原因").fill("道路中断,不能到场")
    page.locator("form").get_by_role("button", name="申诉").click()
    expect(page.get_by_text("待重庆市裁定")).to_be_visible()
    (appeal,) = appeals(demo, period)
    assert (appeal["unit"]["id"], appeal["item"], appeal["case"]) == (row["unit"]["id"], item["id"], row["cases"][0])

    sit_at(page, demo, "500000")
    page.goto(f"{demo.url}/500000/scores?card=closing&period={period}")
    page.get_by_role("button", name="裁定申诉").click()
    page.get_by_text("申诉成立，剔除后重算").click()
    page.get_by_label("说明").fill("当日该路段确已封闭")
    page.locator("form").get_by_role("button", name="裁定申诉").click()
    expect(page.get_by_text("更正版,首版为", exact=False)).to_be_visible()
    assert [one["granted"] for one in appeals(demo, period)] == [True]
    demo.set(speed=60)


@pytest.mark.parametrize(("width", "theme", "lang"), [(1440, "dark", "zh"), (390, "light", "en")])
def test_the_verified_closing_rate_stands_beside_the_claimed_one(
    page: Page, demo: Demo, root: Path, width: int, theme: str, lang: str
) -> None:
    page.route("**/live/closing*", lambda route: route.fulfill(json=[DRAW, NO_DATA]))
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{demo.url}/500000/scores?theme={theme}&lang={lang}")
    page.get_by_role("link", name="真实办结率" if lang == "zh" else "Verified closing rate").click()
    for said in ("93.0%", "85.7%", "69.1% – 90.8%"):
        expect(page.get_by_text(said, exact=False).first).to_be_visible()
    note = NO_DATA["note"]
    assert isinstance(note, dict)
    expect(page.get_by_text(note[lang])).to_be_visible()
    expect(page.get_by_text("0.0%")).to_have_count(0)
    page.locator("summary").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    axe = root / "cockpit" / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not there (make setup installs it with the screens)")
    page.evaluate(axe.read_text("utf-8"))
    assert page.evaluate(AXE) == []
