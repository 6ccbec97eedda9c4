"""A real demo on a free port and a real Chromium; every wait has a limit."""

import io
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A running demo, as a script sees it."""

    url: str

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def set(self, **wish: object) -> None:
        body = json.dumps(wish).encode()
        request = urllib.request.Request(f"{self.url}/live/demo", body, {"content-type": "application/json"}, method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def wait(self, what: str, look: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.1)
        raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}")


@pytest.fixture(scope="session")
def demo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if not (root / "src" / "bihuan" / "live" / "static" / "index.html").exists():
        pytest.skip("the screens are not built (make setup builds them)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("demo") / "data"
    log = (data.parent / "log").open("wb")
    command = [sys.executable, "-m", "bihuan.cli", "demo", "--data", str(data), "--port", str(port), "--speed", "3000"]
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=root)
    running = Demo(url=f"http://127.0.0.1:{port}")
    try:
        running.wait("the demo to answer", lambda: process.poll() is None and _answers(running))
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _answers(demo: Demo) -> bool:
    try:
        return bool(demo.get("/live/hello"))
    except (urllib.error.URLError, ConnectionError):
        return False


@pytest.fixture(scope="module")  # a running Playwright keeps an event loop in this thread
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """A fresh page. An error in the console, or a request to anywhere else, fails the test."""
    wrong: list[str] = []
    opened = browser.new_page(viewport={"width": 1600, "height": 900}, locale="zh-CN")
    opened.set_default_timeout(20_000)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    opened.on("console", listen)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(demo.url) else wrong.append(f"asked {request.url}"))
    yield opened
    opened.close()
    assert wrong == []


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
