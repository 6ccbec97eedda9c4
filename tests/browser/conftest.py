"""A real demo on a free port and a real Chromium; every wait has a limit."""

import json
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
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

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
