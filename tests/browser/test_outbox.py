"""Deeds without a network: they wait on the telephone, say so, outlive a reload, and happen once."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, Route, expect
from tests.browser.conftest import Demo, a_photo, sit_at, wide_enough
from tests.browser.test_screens import AXE

pytestmark = pytest.mark.browser

DISTRICT, TOWN = "500101", "500101001"
DRAINAGE, INSPECTION = f"{DISTRICT}.drainage", f"{DISTRICT}.inspection"
SAID = "已清掏,水已下去"
REPORT, TASK = "drain-cover", "疏通雨水口"


class Office:
    """Posts that somebody sits at elsewhere: what they send goes past the telephone."""

    def __init__(self, line: APIRequestContext, demo: Demo) -> None:
        self.line, self.demo = line, demo

    def at(self, unit: str) -> None:
        self._post("/office/take", {"post": f"duty@{unit}"})

    def does(self, verb: str, target: str, **more: Any) -> Any:
        answer = self._post("/office/commands", {"key": str(uuid4()), "does": verb, "target": target, **more})
        assert answer.ok, answer.text()
        return answer.json()["facts"]

    def _post(self, path: str, body: Any) -> Any:
        csrf = self.line.get(self.demo.url + "/office/me").json()["csrf"]
        return self.line.post(self.demo.url + path, data=body, headers={"X-CSRFToken": csrf})

    def signed_task(self) -> tuple[str, str]:
        """A case and its one task, signed by the district's drainage."""
        for unit in (DISTRICT, DRAINAGE, INSPECTION):  # people sit there: the cast leaves their work alone
            self.at(unit)
        self.at(TOWN)
        (fact, *_) = self.does("report", REPORT, text=f"路口积水 {uuid4()}", place=TOWN)
        case = self.demo.wait("the reported case", lambda: self.demo.get(f"/live/explain/{fact}")["case"])
        self.at(INSPECTION)
        register = next(one for one in self.demo.get(f"/live/case/{case}")["actions"] if one["does"] == "register")
        self.does("register", case, choice=register["choices"][0]["id"])
        task = self.demo.wait("its task", lambda: self.demo.get(f"/live/case/{case}")["tasks"])[0]["id"]
        self.at(DRAINAGE)
        self.does("sign", task)
        return case, task


@pytest.fixture
def office(browser: Browser, demo: Demo) -> Iterator[Office]:
    context = browser.new_context()
    yield Office(context.request, demo)
    context.close()


def state_of(demo: Demo, case: str) -> str:
    state: str = demo.get(f"/live/case/{case}")["tasks"][0]["state"]
    return state


def claims(demo: Demo, case: str) -> list[Any]:
    return [link for link in demo.get(f"/live/case/{case}")["chain"] if link["kind"] == "task-claimed"]


def claim(page: Page, *, said: str = SAID, photo: bool = True) -> None:
    """Fill in the claim of the row that is open and send it, whatever the line is like."""
    page.get_by_role("button", name=re.compile("^报完成")).first.tap()
    if photo:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="拍照或选照片").tap()
        chooser.value.set_files(a_photo())
        expect(page.get_by_text("照片还没有发出去")).to_be_visible()
    page.get_by_role("button", name="用当前位置").tap()
    expect(page.get_by_text("设备自述", exact=True)).to_be_visible()
    page.locator("form").get_by_label("说明").fill(said)
    page.locator("form").get_by_role("button", name="报完成").tap()


def open_row(page: Page, demo: Demo, case: str, task: str) -> None:
    page.goto(f"{demo.url}/{DRAINAGE}/desk?row=task:{task}")
    expect(page.get_by_role("link", name=TASK).or_(page.get_by_role("heading", name=TASK)).first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^报完成")).first).to_be_visible()


def test_a_claim_without_network_outlives_a_reload_and_arrives_once(phone: Page, demo: Demo, office: Office) -> None:
    case, task = office.signed_task()
    sit_at(phone, demo, DRAINAGE)
    open_row(phone, demo, case, task)
    phone.context.set_offline(True)
    claim(phone)
    expect(phone.get_by_text("尚未送出 1 条")).to_be_visible()
    expect(phone.get_by_text("已提交")).to_have_count(0)
    expect(phone.get_by_role("button", name=re.compile("^报完成")).first).to_be_disabled()
    wide_enough(phone)

    keys: list[str] = []
    phone.context.route("**/office/**", lambda route: route.abort("internetdisconnected"))
    phone.context.set_offline(False)
    phone.reload()  # the page itself comes, the way to the office stays cut
    expect(phone.get_by_text("尚未送出 1 条")).to_be_visible()
    phone.get_by_role("button", name="查看").first.tap()
    card = phone.locator("section.outbox li")
    expect(card).to_contain_text(SAID)
    expect(card.get_by_role("img")).to_be_visible()
    wide_enough(phone)
    assert (state_of(demo, case), claims(demo, case)) == ("signed", [])

    def lost(route: Route) -> None:
        """The centre hears it, and its answer is lost on the way back: once."""
        keys.append(route.request.post_data_json["key"])
        if len(keys) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    phone.context.unroute("**/office/**")
    phone.route("**/office/commands", lost)
    expect(phone.get_by_text("已送达:报完成")).to_be_visible(timeout=40_000)  # by itself
    expect(phone.locator("section.outbox li")).to_have_count(0)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert state_of(demo, case) == "claimed"
    assert len(claims(demo, case)) == 1
    proof = demo.get(f"/live/case/{case}")["tasks"][0]["proof"]
    assert (proof["text"], len(proof["photo"]), proof["lon"], proof["from_device"]) == (SAID, 64, 108.4, True)
    phone.reload()
    expect(phone.get_by_text("你在岗").first).to_be_visible()
    expect(phone.get_by_text("尚未送出", exact=False)).to_have_count(0)
    phone.wait_for_timeout(1_500)
    assert len(claims(demo, case)) == 1


def test_a_late_refusal_says_why_and_keeps_what_was_written(phone: Page, demo: Demo, office: Office, root: Path) -> None:
    case, task = office.signed_task()
    sit_at(phone, demo, DRAINAGE)
    open_row(phone, demo, case, task)
    phone.context.set_offline(True)
    claim(phone)
    expect(phone.get_by_text("尚未送出 1 条")).to_be_visible()
    office.does("claim", task, proof={"text": "班长已报", "lon": 108.4, "lat": 30.8})  # somebody else of the post was faster
    phone.context.set_offline(False)
    expect(phone.get_by_text("1 条没有被接受")).to_be_visible(timeout=40_000)
    phone.reload()  # it does not go away with the page
    phone.locator("section.outbox").get_by_role("button", name="查看").tap()
    card = phone.locator("section.outbox li")
    expect(card.get_by_role("alert")).to_contain_text(re.compile("[一-鿿]"))
    expect(card).to_contain_text(SAID)
    wide_enough(phone)
    axe = root / "cockpit" / "node_modules" / "axe-core" / "axe.min.js"
    if axe.exists():
        phone.evaluate(axe.read_text("utf-8"))
        assert phone.evaluate(AXE) == []

    office.at(INSPECTION)
    office.does("send-back", task, text="没有看到井盖")
    card.get_by_role("button", name="修改后再发").tap()
    expect(card.get_by_label("说明")).to_have_value(SAID)
    expect(card.get_by_text("照片已送达")).to_be_visible()
    card.get_by_label("说明").fill(f"{SAID},井盖已复位")
    card.get_by_role("button", name="再发一次").tap()
    expect(phone.get_by_text("已送达:报完成")).to_be_visible()
    assert demo.get(f"/live/case/{case}")["tasks"][0]["proof"]["text"] == f"{SAID},井盖已复位"
    expect(phone.locator("section.outbox li")).to_have_count(0)


def test_a_deed_waits_for_the_post_it_was_done_at_and_may_be_let_go(phone: Page, demo: Demo, office: Office) -> None:
    case, task = office.signed_task()
    sit_at(phone, demo, DRAINAGE)
    open_row(phone, demo, case, task)
    phone.route("**/office/commands", lambda route: route.abort())
    claim(phone, photo=False)
    expect(phone.get_by_text("尚未送出 1 条")).to_be_visible()
    sit_at(phone, demo, TOWN)
    phone.unroute("**/office/commands")
    phone.get_by_role("button", name="现在就试").first.tap()
    expect(phone.get_by_text("要回到当时的岗位才能发")).to_be_visible()
    assert state_of(demo, case) == "signed"
    phone.locator("section.outbox").get_by_role("button", name="查看").tap()
    phone.get_by_role("button", name="不要了").tap()
    phone.get_by_role("button", name="删掉").tap()
    expect(phone.locator("section.outbox li")).to_have_count(0)
    sit_at(phone, demo, DRAINAGE)
    phone.wait_for_timeout(1_000)
    assert state_of(demo, case) == "signed"


def test_without_a_store_it_says_so_and_sends_at_once(phone: Page, demo: Demo, office: Office) -> None:
    phone.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    case, task = office.signed_task()
    sit_at(phone, demo, DRAINAGE)
    open_row(phone, demo, case, task)
    phone.context.set_offline(True)
    claim(phone)
    expect(phone.get_by_text("本机存不下").first).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.get_by_text("已送达:报完成")).to_be_visible(timeout=40_000)
    assert len(claims(demo, case)) == 1
    assert len(demo.get(f"/live/case/{case}")["tasks"][0]["proof"]["photo"]) == 64


def test_reports_without_network_go_out_in_their_order(phone: Page, demo: Demo, office: Office) -> None:
    office.at(INSPECTION)
    sit_at(phone, demo, TOWN)
    phone.wait_for_load_state("networkidle")
    phone.context.set_offline(True)
    phone.get_by_role("link", name="上报").tap()  # the page for it is here already
    told = [f"井盖移位 {n} {uuid4()}" for n in (1, 2)]
    for n, text in enumerate(told, start=1):
        phone.get_by_text("雨水口堵塞或井盖缺失").tap()
        phone.get_by_label("说明").fill(text)
        phone.get_by_role("button", name="上报", exact=True).tap()
        expect(phone.get_by_text(f"{n} 条上报尚未送出")).to_be_visible()
        expect(phone.get_by_label("说明")).to_have_value("")
    wide_enough(phone)
    sent: list[str] = []
    phone.on("request", lambda one: sent.append(one.post_data_json["text"]) if one.url.endswith("/office/commands") else None)
    phone.context.set_offline(False)
    expect(phone.locator("section.outbox")).to_contain_text("已送达:上报", timeout=40_000)
    expect(phone.get_by_text("上报尚未送出", exact=False)).to_have_count(0)
    assert list(dict.fromkeys(sent)) == told
