"""One whole life of a case on a telephone: reported, registered, signed, claimed with a photo, verified, closed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.conftest import Demo, a_photo, row_of, sit_at, wide_enough
from tests.browser.test_screens import AXE

pytestmark = pytest.mark.browser

DISTRICT, TOWN = "500101", "500101001"
DRAINAGE, INSPECTION = f"{DISTRICT}.drainage", f"{DISTRICT}.inspection"
UNDER_A_THUMB = 44
"""Pixels that a thumb hits in the rain."""


def test_a_case_lives_from_report_to_close_on_a_telephone(phone: Page, demo: Demo) -> None:
    page = phone
    for unit in (DISTRICT, DRAINAGE, INSPECTION):  # people sit there: the cast leaves their work alone
        sit_at(page, demo, unit)

    sit_at(page, demo, TOWN)
    page.get_by_role("link", name="上报").tap()
    page.get_by_text("雨水口堵塞或井盖缺失").tap()
    page.get_by_label("说明").fill("路口雨水口被树叶堵住")
    page.get_by_role("button", name="用当前位置").tap()
    expect(page.get_by_text("设备自述")).to_be_visible()
    wide_enough(page)
    page.get_by_role("button", name="上报", exact=True).tap()
    page.wait_for_url("**/case/**")
    case = page.url.split("/case/")[1].split("?")[0]
    expect(page.get_by_text("尚未立案")).to_be_visible()
    wide_enough(page)

    sit_at(page, demo, INSPECTION)
    row_of(page, "上报待立案")
    page.get_by_role("button", name="立案", exact=True).first.tap()
    page.get_by_text("清掏疏通（限2小时）").tap()
    page.locator("form").get_by_role("button", name="立案").tap()
    demo.wait("the case to be opened", lambda: demo.get(f"/live/case/{case}")["state"] == "open")

    sit_at(page, demo, DRAINAGE)
    row_of(page, "疏通雨水口")
    page.get_by_role("button", name=re.compile("^签收")).tap()
    claim = page.get_by_role("button", name=re.compile("^报完成")).first
    expect(claim).to_be_visible()
    box = claim.bounding_box()
    assert box is not None
    assert box["height"] >= UNDER_A_THUMB
    claim.tap()

    cut, keys = {"photo": 2, "claim": 2}, set()

    def flaky(route: Route, what: str) -> None:
        if what == "claim":
            keys.add(route.request.post_data_json["key"])
        if cut[what] > 0:
            cut[what] -= 1
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/office/evidence", lambda route: flaky(route, "photo"))
    page.route("**/office/commands", lambda route: flaky(route, "claim"))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="拍照或选照片").tap()
    chooser.value.set_files(a_photo())
    expect(page.get_by_text("照片还没有发出去")).to_be_visible()  # it says so, and tries again by itself
    expect(page.get_by_text("照片已送达")).to_be_visible()
    page.get_by_role("button", name="用照片里的位置").tap()
    page.locator("form").get_by_label("说明").fill("已清掏,水已下去")
    wide_enough(page)
    page.locator("form").get_by_role("button", name="报完成").tap()
    expect(page.get_by_text("尚未送出 1 条")).to_be_visible()
    expect(page.get_by_text("已送达:报完成")).to_be_visible()
    demo.wait("the claim", lambda: demo.get(f"/live/case/{case}")["tasks"][0]["state"] == "claimed")
    assert (cut, len(keys)) == ({"photo": 0, "claim": 0}, 1)  # tried again, and with the one key
    proof = demo.get(f"/live/case/{case}")["tasks"][0]["proof"]
    assert (proof["lon"], proof["lat"], proof["from_device"]) == (108.4, 30.8, True)
    assert len(proof["photo"]) == 64

    sit_at(page, demo, INSPECTION)
    row_of(page, "核查：疏通雨水口")
    picture = page.locator("img[src*='/office/evidence/']").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('img')].some((one) => one.naturalWidth > 0)")
    page.get_by_role("button", name=re.compile("^核查通过")).first.tap()
    page.locator("form").get_by_role("button", name="核查通过").tap()
    expect(page.get_by_text("已提交")).to_be_visible()
    demo.wait("the close", lambda: demo.get(f"/live/case/{case}")["state"] == "closed")

    page.goto(f"{demo.url}/case/{case}")
    expect(page.get_by_text("已结案").first).to_be_visible()
    expect(page.get_by_text("主办至今").or_(page.get_by_text("共", exact=False)).first).to_be_visible()
    wide_enough(page)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_forms_shut_out_nobody(phone: Page, demo: Demo, root: Path, theme: str) -> None:
    axe = root / "cockpit" / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not there (make setup installs it with the screens)")
    sit_at(phone, demo, TOWN)
    phone.goto(f"{demo.url}/{TOWN}/report?theme={theme}")
    phone.get_by_role("button", name="手工填写").tap()
    phone.evaluate(axe.read_text("utf-8"))
    assert phone.evaluate(AXE) == []
    case = next(row["id"] for row in demo.get("/live/cases?unit=500000&state=all"))
    phone.goto(f"{demo.url}/case/{case}?theme={theme}")
    expect(phone.get_by_text("谁报的,谁在办")).to_be_visible()
    phone.evaluate(axe.read_text("utf-8"))
    assert phone.evaluate(AXE) == []


def test_what_is_refused_says_what_and_who_may(phone: Page, demo: Demo) -> None:
    """A photo that is none, and the step of another unit."""
    sit_at(phone, demo, TOWN)
    phone.goto(f"{demo.url}/{TOWN}/report")
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="拍照或选照片").tap()
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    chooser.value.set_files({"name": "IMG_0002.jpg", "mimeType": "image/jpeg", "buffer": heic})
    expect(phone.get_by_role("alert")).to_contain_text("Most Compatible")
