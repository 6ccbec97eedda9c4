"""How the centre is, for whoever watches over it."""

from starlette.testclient import TestClient
from tests.unit.live.fakes import FakeGate

from bihuan.live.gate import Health, Ill


def test_it_works(client: TestClient) -> None:
    answer = client.get("/live/health")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert {"turning", "now", "seq", "waiting", "upkeep_at", "troubles"} == answer.json().keys()


def test_troubles_are_named_and_a_loop_that_stands_still_is_unavailable(client: TestClient, gate: FakeGate) -> None:
    ill = Ill(what="the disk is full", where="/data", remedy="Make room.")
    gate.condition = Health(turning=True, now=1, seq=7, waiting=0, upkeep_at=None, troubles=(ill,))
    answer = client.get("/live/health")
    assert (answer.status_code, answer.json()["troubles"]) == (
        200,
        [{"what": "the disk is full", "where": "/data", "remedy": "Make room."}],
    )
    gate.condition = Health(turning=False, now=1, seq=7, waiting=5, upkeep_at=None, troubles=(ill,))
    assert client.get("/live/health").status_code == 503


def test_it_asks_no_view(client: TestClient, gate: FakeGate) -> None:
    client.get("/live/health")
    assert gate.looks == 0
