"""Plans by hand: a duty post starts one with its button, and the unit above pauses it and lets it go on."""

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Demo

pytestmark = pytest.mark.browser

DISTRICT, TOWN = "500101", "500101001"
PLAN = "close-bridge"


def take(page: Page, demo: Demo, unit: str) -> None:
    page.goto(f"{demo.url}/{unit}/desk")
    page.get_by_role("button", name="上岗值班").click()
    expect(page.get_by_text("你在岗").first).to_be_visible()


def cases(demo: Demo) -> set[str]:
    return {row["id"] for row in demo.get(f"/live/cases?unit={TOWN}&state=open") if row["type"] == "crest"}


def test_a_plan_is_started_by_hand_paused_with_a_reason_and_let_go_on(page: Page, demo: Demo) -> None:
    demo.set(paused=False, speed=12)
    take(page, demo, DISTRICT)
    take(page, demo, TOWN)
    before = cases(demo)
    page.get_by_text("启动预案", exact=False).first.click()
    page.get_by_role("button", name="封桥管控").click()
    assert cases(demo) == before  # one press only chooses: many people are put to work
    page.get_by_role("button", name="在", exact=False).filter(has_text="启动").click()
    (case,) = demo.wait("the case of the plan", lambda: cases(demo) - before)
    sent = demo.wait("its tasks", lambda: demo.get(f"/live/case/{case}")["tasks"])
    assert all(task["step"]["id"] == f"{PLAN}/close" for task in sent)

    def paused() -> bool:
        (run,) = demo.get(f"/live/case/{case}")["runs"]
        assert run["plan"]["id"] == PLAN
        return bool(run["paused"])

    assert not paused()
    take(page, demo, DISTRICT)
    page.goto(f"{demo.url}/case/{case}")
    page.get_by_role("button", name="暂停预案").click()
    form = page.locator("form")
    expect(form.get_by_role("button", name="暂停预案")).to_be_disabled()  # not without a reason
    form.get_by_label("说明").fill("洪峰推迟")
    form.get_by_role("button", name="暂停预案").click()
    expect(page.get_by_text("已暂停").first).to_be_visible()
    assert paused()
    page.get_by_role("button", name="继续预案").click()
    demo.wait("the plan to go on", lambda: not paused())
    expect(page.get_by_role("button", name="暂停预案")).to_be_visible()
    demo.set(speed=60)
