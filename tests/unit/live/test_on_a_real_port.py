"""Over a real socket: events arrive while the line is open, a body that is too large is cut off, and the server stops."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from tests.unit.live.fakes import FakeGate

from bihuan.connectors import READERS
from bihuan.live import create, guard, intake


class Running:
    def __init__(self, gate: FakeGate) -> None:
        self.gate = gate
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            create(gate, static=None, readers=READERS), lifespan="off", log_level="critical", loop="asyncio"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve(sockets=[self.socket])))

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def stop(self) -> None:
        self.gate.broadcast.close()
        self.server.should_exit = True
        self.thread.join(5)


@pytest.fixture
def running(gate: FakeGate) -> Iterator[Running]:
    running = Running(gate)
    running.thread.start()
    late = time.monotonic() + 5
    while not running.server.started and time.monotonic() < late:
        time.sleep(0.005)
    yield running
    running.stop()
    running.socket.close()


def test_turns_arrive_one_by_one_and_closing_the_broadcast_lets_the_server_stop(running: Running) -> None:
    line = running.connect()
    line.request("GET", "/live/events?unit=11", headers={"accept-encoding": "gzip"})
    answer = line.getresponse()
    assert answer.status == 200
    assert answer.readline() == b"retry: 2000\n"
    assert answer.readline() == b"\n"
    for seq in (1, 2):
        running.gate.broadcast.publish(seq, f"change {seq}", seq)
        id, event, data, _ = (answer.readline() for _ in range(4))
        assert (id, event) == (b"id: %d\n" % seq, b"event: turn\n")
        assert json.loads(data.removeprefix(b"data: "))["change"] == f"change {seq}"
    running.stop()
    assert not running.thread.is_alive()
    assert answer.read() == b""
    line.close()


def test_who_hangs_up_is_let_go(running: Running) -> None:
    line = running.connect()
    line.request("GET", "/live/events")
    answer = line.getresponse()
    answer.readline()
    assert len(running.gate.broadcast) == 1
    answer.close()
    line.close()
    late = time.monotonic() + 5
    while len(running.gate.broadcast) and time.monotonic() < late:
        running.gate.broadcast.publish(1, "x", 1)
        time.sleep(0.01)
    assert len(running.gate.broadcast) == 0


def send_for_seconds(line: http.client.HTTPConnection, chunk: bytes, seconds: float) -> None:
    late = time.monotonic() + seconds
    while time.monotonic() < late:
        line.send(chunk)


def test_a_body_without_an_end_is_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_BYTES", 100_000)
    line = running.connect()
    line.putrequest("POST", "/live/readings")
    line.putheader("content-type", "text/csv")
    line.putheader("transfer-encoding", "chunked")
    line.endheaders()
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    with pytest.raises(OSError):
        send_for_seconds(line, chunk, 5)
    line.close()
    assert running.gate.batches == []


def test_a_body_that_does_not_come_is_not_waited_for(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.05)
    line = running.connect()
    line.putrequest("POST", "/live/readings")
    line.putheader("content-type", "text/csv")
    line.putheader("content-length", "1000")
    line.endheaders(b"indicator,")
    answer = line.getresponse()
    assert answer.status == 408
    assert answer.getheader("connection") == "close"
    assert "in time" in json.loads(answer.read())["what"]
    answer.close()
    line.close()
