"""Speed and pause of a demo."""

import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import DEMO, NOW, FakeGate


@pytest.fixture(autouse=True)
def play(gate: FakeGate) -> None:
    gate.play = DEMO


def test_it_works(client: TestClient, gate: FakeGate) -> None:
    answer = client.post("/live/demo", json={"speed": 60})
    assert answer.status_code == 200
    assert answer.json() == {"speed": 60.0, "paused": False, "from": NOW, "until": NOW + 1, "seed": 7, "ended": False}
    assert client.post("/live/demo", json={"paused": True}).json()["paused"] is True
    assert (gate.play.speed, gate.play.paused) == (60.0, True)


def test_outside_a_demo_there_is_nothing_to_set(client: TestClient, gate: FakeGate) -> None:
    gate.play = None
    answer = client.post("/live/demo", json={"speed": 60})
    assert answer.status_code == 404
    assert "this is no demo" in answer.json()["what"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"speed": 0}', b'{"speed": -1}', b'{"speed": 1e6}', b'{"speed": "9"}', b'{"sped": 9}', b"\xff"],
)
def test_other_bodies_are_refused(client: TestClient, gate: FakeGate, body: bytes) -> None:
    answer = client.post("/live/demo", content=body)
    assert answer.status_code == 400
    assert "288" in answer.json()["remedy"]
    assert gate.play == DEMO


def test_a_large_body_is_refused(client: TestClient) -> None:
    assert client.post("/live/demo", content=b" " * 1_025).status_code == 413


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://testserver:81", "http://testserver.example", ""]
)
def test_foreign_pages_may_not(client: TestClient, gate: FakeGate, origin: str) -> None:
    answer = client.post("/live/demo", json={"paused": True}, headers={"origin": origin})
    assert answer.status_code == 403
    assert gate.play == DEMO


def test_own_pages_may(client: TestClient) -> None:
    assert client.post("/live/demo", json={"paused": True}, headers={"origin": "http://TestServer"}).status_code == 200
