"""Server-sent events, driven over bare ASGI so that lines are read as they come."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import DEMO, FakeGate

from bihuan.live import Broadcast, create


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 8))


class Line:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self._news = asyncio.Event()
        self.gone = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message.get("body", b"").decode()
        self._news.set()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def blocks(self, count: int) -> list[dict[str, str]]:
        """The first `count` events (comments are events without fields), as soon as they are there."""
        while self.text.count("\n\n") < count:
            self._news.clear()
            await self._news.wait()
        found = self.text.split("\n\n")[:count]
        return [dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")) for block in found]


@asynccontextmanager
async def listening(gate: FakeGate, query: str = "", last: str = "", beat: float = 5, app: Any = None) -> AsyncIterator[Line]:
    line = Line()
    headers = [(b"host", b"testserver"), (b"accept-encoding", b"gzip")] + ([(b"last-event-id", last.encode())] if last else [])
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/live/events",
        "raw_path": b"/live/events",
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    app = app or create(gate, static=None, readers={}, beat_seconds=beat)
    task = asyncio.create_task(app(scope, line.receive, line.send))
    try:
        await line.blocks(1)
        yield line
    finally:
        line.gone.set()
        await asyncio.wait_for(task, 5)


def test_it_works() -> None:
    async def story() -> None:
        gate = FakeGate()
        async with listening(gate, "unit=1101") as line:
            await asyncio.to_thread(gate.broadcast.publish, 7, "rain", 99)
            retry, turn = await line.blocks(2)
            assert line.status == 200
            assert line.headers["content-type"].startswith("text/event-stream")
            assert line.headers["cache-control"] == "no-store"
            assert "content-encoding" not in line.headers
            assert line.headers["x-content-type-options"] == "nosniff"
            assert retry == {"retry": "2000"}
            assert (turn["id"], turn["event"]) == ("7", "turn")
            assert json.loads(turn["data"]) == {"change": "rain", "unit": "1101", "now": 99}
        assert len(gate.broadcast) == 0

    run(story())


def test_each_unit_gets_its_own_turn_and_listeners_of_one_unit_share_the_look() -> None:
    async def story() -> None:
        gate = FakeGate()
        app = create(gate, static=None, readers={})
        async with (
            listening(gate, "unit=11", app=app) as first,
            listening(gate, "unit=11", app=app) as second,
            listening(gate, app=app) as third,
        ):
            gate.broadcast.publish(1, "x", 5)
            units = [json.loads((await line.blocks(2))[1]["data"])["unit"] for line in (first, second, third)]
            assert units == ["11", "11", "1"]
            assert gate.looks == 2

    run(story())


def test_the_line_goes_on_after_the_last_event() -> None:
    async def story() -> None:
        gate = FakeGate()
        for seq in (1, 2, 3):
            gate.broadcast.publish(seq, f"change {seq}", seq)
        async with listening(gate, last="1") as line:
            assert [block["id"] for block in (await line.blocks(3))[1:]] == ["2", "3"]
        async with listening(gate, "after=2") as line:
            assert [block["id"] for block in (await line.blocks(2))[1:]] == ["3"]
        async with listening(gate, "after=1", last="2") as line:
            assert [block["id"] for block in (await line.blocks(2))[1:]] == ["3"]

    run(story())


def test_what_is_not_kept_any_more_is_a_reset() -> None:
    async def story() -> None:
        gate = FakeGate(broadcast=Broadcast(50))
        async with listening(gate, last="12") as line:
            (_, reset) = await line.blocks(2)
            assert (reset["event"], reset["id"], json.loads(reset["data"])) == ("reset", "50", {"seq": 50})
            gate.broadcast.publish(51, "x", 1)
            assert (await line.blocks(3))[2]["id"] == "51"

    run(story())


def test_a_changed_demo_is_told() -> None:
    async def story() -> None:
        gate = FakeGate(play=DEMO)
        async with listening(gate) as line:
            await asyncio.to_thread(lambda: gate.set_demo(speed=60.0, paused=None))
            (_, demo) = await line.blocks(2)
            assert demo["event"] == "demo"
            assert "id" not in demo
            assert json.loads(demo["data"])["speed"] == 60.0

    run(story())


def test_a_silent_line_beats() -> None:
    async def story() -> None:
        async with listening(FakeGate(), beat=0.01) as line:
            await line.blocks(3)
            assert line.text.count(": beat\n\n") >= 2

    run(story())


def test_a_closed_broadcast_ends_the_line() -> None:
    async def story() -> None:
        gate = FakeGate()
        async with listening(gate) as line:
            gate.broadcast.close()
            while len(gate.broadcast):
                await asyncio.sleep(0.01)
            assert line.text == "retry: 2000\n\n"

    run(story())


def test_a_turn_that_cannot_be_told_ends_the_line_and_the_listener_is_let_go() -> None:
    async def story() -> None:
        gate = FakeGate()
        line = listening(gate)
        await line.__aenter__()
        gate.broadcast.publish(1, "broken", 1)
        while len(gate.broadcast):
            await asyncio.sleep(0.01)
        with pytest.raises(RuntimeError, match="a defect"):
            await line.__aexit__(None, None, None)

    run(story())


@pytest.mark.parametrize(
    ("path", "headers", "status", "what"),
    [
        ("/live/events?unit=13", {}, 404, "there is no unit '13'"),
        ("/live/events?after=x", {}, 400, "'x' is no number of a fact"),
        ("/live/events", {"last-event-id": "-1"}, 400, "'-1' is no number"),
        ("/live/events", {"last-event-id": "9" * 19}, 400, "no number"),
    ],
)
def test_what_cannot_be_listened_to_is_refused(
    client: TestClient, path: str, headers: dict[str, str], status: int, what: str
) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    assert what in answer.json()["what"]


def test_too_many_listeners_are_told_to_come_again() -> None:
    gate = FakeGate(broadcast=Broadcast(listeners=0))
    with TestClient(create(gate, static=None, readers={})) as client:
        answer = client.get("/live/events")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"


def test_a_head_request_does_not_hold_a_line(client: TestClient, gate: FakeGate) -> None:
    answer = client.head("/live/events")
    assert answer.status_code == 200
    assert len(gate.broadcast) == 0
