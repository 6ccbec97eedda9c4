"""One whole life of a case on a telephone: reported, registered, signed, claimed with a photo, verified, closed."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from tests.browser.conftest import Demo
from tests.browser.test_screens import AXE

pytestmark = pytest.mark.browser

DISTRICT, TOWN = "500101", "500101001"
DRAINAGE, INSPECTION = f"{DISTRICT}.drainage", f"{DISTRICT}.inspection"
UNDER_A_THUMB = 44
"""Pixels that a thumb hits in the rain."""


@pytest.fixture
def phone(browser: Browser, demo: Demo) -> Iterator[Page]:
    """A telephone at one post after another. Errors of the page itself fail the test; a line that is cut is no error."""
    wrong: list[str] = []
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2, locale="zh-CN",
        geolocation={"longitude": 108.4, "latitude": 30.8}, permissions=["geolocation"],
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    demo.set(paused=False, speed=12)
    yield page
    context.close()
    demo.set(paused=False, speed=60)
    assert wrong == []


def a_photo() -> Any:
    """As the camera gives it: with a position in it."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 48.0, 0.0), 3: "E", 4: (108.0, 24.0, 0.0)})
    out = io.BytesIO()
    Image.effect_noise((1200, 900), 60).convert("RGB").save(out, "JPEG", exif=exif)
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def sit_at(page: Page, demo: Demo, unit: str) -> None:
    page.goto(f"{demo.url}/{unit}/desk")
    page.get_by_role("button", name="上岗值班").tap()
    expect(page.get_by_text("你在岗").first).to_be_visible()


def row_of(page: Page, title: str) -> None:
    page.get_by_role("button", name=re.compile(title)).first.tap()


def wide_enough(page: Page) -> None:
    """Nothing hangs over the edge of the screen."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0


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
    expect(page.get_by_text("还没有确认送达")).to_be_visible()
    expect(page.get_by_text("已提交")).to_be_visible()
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
