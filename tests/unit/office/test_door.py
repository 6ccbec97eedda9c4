"""The door from ASGI to WSGI."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bihuan import office

from .cast import Gate


def ask(app: Any, method: str, path: str, parts: list[bytes], headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """What an ASGI server gets back for a request whose body comes in parts; a last part of None is a lost line."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {"Host": "testserver"}).items()],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("192.0.2.1", 1),
    }
    sent: list[dict[str, Any]] = []
    messages = [
        {"type": "http.request", "body": part, "more_body": n + 1 < len(parts)}
        if part is not None
        else {"type": "http.disconnect"}
        for n, part in enumerate(parts)
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


@pytest.fixture
def app(folder: Path, gate: Gate) -> Any:
    return office.as_asgi(office.start(folder, gate, demo=True, hosts=("testserver",)), threads=1)


def test_it_works(app: Any) -> None:
    begin, end = ask(app, "GET", "/office/me", [b""])
    assert begin["status"] == 200
    assert (b"content-type", b"application/json") in begin["headers"]
    assert json.loads(end["body"])["demo"] is True


def test_a_body_in_parts_arrives_whole(app: Any) -> None:
    begin, _ = ask(app, "GET", "/office/me", [b""])
    cookie = next(value.decode().split(";")[0] for name, value in begin["headers"] if name == b"set-cookie")
    token = json.loads(ask(app, "GET", "/office/me", [b""], {"Host": "testserver", "Cookie": cookie})[1]["body"])["csrf"]
    headers = {"Host": "testserver", "Cookie": cookie, "X-CSRFToken": token, "Content-Type": "application/json"}
    begin, end = ask(app, "POST", "/office/take", [b'{"post": "duty', b"@500101", b'"}'], headers)
    assert begin["status"] == 200, end
    assert json.loads(end["body"])["post"] == "duty@500101"


def test_a_body_without_end_is_cut_off(app: Any) -> None:
    begin, end = ask(app, "POST", "/office/commands", [b"x" * 60_000, b"x" * 60_000, b"never read"])
    assert begin["status"] == 413
    assert json.loads(end["body"])["remedy"]


def test_a_line_lost_in_the_middle_of_a_body_has_no_effect(app: Any) -> None:
    assert ask(app, "POST", "/office/take", [b'{"post":', None]) == []  # type: ignore[list-item]


def test_a_header_with_an_underscore_is_not_mistaken_for_one_with_a_dash(folder: Path, gate: Gate) -> None:
    seen: dict[str, Any] = {}

    def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("204 No Content", [])
        return []

    headers = {"X-Forwarded-Proto": "http", "X_Forwarded_Proto": "https", "Cookie": "a=1"}
    ask(office.as_asgi(wsgi), "GET", "/office/长", [b""], headers)
    assert seen["HTTP_X_FORWARDED_PROTO"] == "http"
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/office/长"
