"""The map's TopoJSON."""

from starlette.testclient import TestClient
from tests.unit.live.fakes import FakeGate


def test_it_works_and_is_read_once(client: TestClient, gate: FakeGate) -> None:
    first, second = client.get("/live/geo"), client.get("/live/geo")
    assert first.json() == second.json() == {"type": "Topology", "objects": {}}
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"] == "application/json"
    assert int(first.headers["content-length"]) < 200
    assert gate.looks == 1


def test_a_known_map_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/live/geo").headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}"):
        answer = client.get("/live/geo", headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert client.get("/live/geo", headers={"if-none-match": '"other"'}).status_code == 200


def test_who_does_not_unpack_gets_it_plain_under_another_tag(client: TestClient, gate: FakeGate) -> None:
    plain = client.get("/live/geo", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == gate.geo()
    assert plain.headers["etag"] != client.get("/live/geo").headers["etag"]
    assert plain.headers["vary"] == "Accept-Encoding"
