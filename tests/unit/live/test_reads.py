"""Reads: what reaches the views, and what is answered where it cannot be read."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import DEMO, NOW, FakeGate

from bihuan.live import guard
from bihuan.model.errors import JournalError
from bihuan.model.times import DAY


@pytest.mark.parametrize(
    ("path", "look", "given"),
    [
        ("/live/units?parent=11", "units", ["11"]),
        ("/live/units", "units", [""]),
        ("/live/wall?unit=1101", "wall", ["1101", NOW]),
        ("/live/wall", "wall", ["1", NOW]),
        ("/live/frames?unit=11", "frames", ["11", NOW]),
        ("/live/desk/11.drainage", "desk", ["11.drainage", NOW]),
        ("/live/cases?unit=11&state=all&limit=7", "cases", ["11", "all", 7]),
        ("/live/cases", "cases", ["1", "open", 200]),
        ("/live/case/cq-C00001", "case", ["cq-C00001", NOW]),
        ("/live/explain/rain@1101", "explain", ["rain@1101"]),
        ("/live/reviews", "reviews", []),
        ("/live/review/cq-V1", "review", ["cq-V1"]),
        ("/live/scores?scorecard=closing&period=2026-09", "scores", ["closing", "2026-09"]),
        ("/live/closing?unit=11.drainage", "closing", ["11.drainage"]),
        ("/live/closing", "closing", ["1"]),
    ],
)
def test_it_works(client: TestClient, path: str, look: str, given: list[object]) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json() == {"look": look, "given": given}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_hello_carries_the_demo_or_null(client: TestClient, gate: FakeGate) -> None:
    assert client.get("/live/hello").json() == {"look": "hello", "given": [NOW, None]}
    gate.play = DEMO
    demo = {"speed": 288.0, "paused": False, "from": NOW, "until": NOW + 1, "seed": 7, "ended": False}
    assert client.get("/live/hello").json() == {"look": "hello", "given": [NOW, demo]}


def test_a_series_comes_with_its_readings_and_missing_values_are_null(client: TestClient, gate: FakeGate) -> None:
    body = client.get("/live/series/rain/1101?since=5&until=9").json()
    assert gate.asked == [("rain", "1101", 5, 9)]
    assert body["at"] == [0, 1, 2]
    assert body["value"] == [1.5, 1.5, None]
    assert body["quality"] == ["good", "good", "missing"]
    assert body["indicator"] == {"id": "rain", "words": {"zh": "降雨量", "en": "Rainfall"}}
    assert (body["level"], body["unknown"], body["unit"]) == ("blue", False, "mm")
    assert body["changes"] == [{"at": NOW, "level": "blue"}]


def test_a_series_is_given_for_a_day_where_no_span_is_named(client: TestClient, gate: FakeGate) -> None:
    client.get("/live/series/rain/1101")
    client.get("/live/series/rain/1101?until=86400001")
    assert [asked[2:] for asked in gate.asked] == [(NOW - DAY, NOW), (1, DAY + 1)]


@pytest.mark.parametrize(
    ("path", "status", "what"),
    [
        ("/live/wall?unit=13", 404, "there is no unit '13'"),
        ("/live/frames?unit=13", 404, "there is no unit '13'"),
        ("/live/units?parent=none", 404, "no such thing"),
        ("/live/cases?unit=13", 404, "there is no unit '13'"),
        ("/live/desk/none", 404, "no such thing"),
        ("/live/case/none", 404, "no such thing"),
        ("/live/explain/none", 404, "no such thing"),
        ("/live/review/none", 404, "no such thing"),
        ("/live/scores?scorecard=none", 404, "no such thing"),
        ("/live/series/none/1101", 404, "no indicator"),
        ("/live/cases?state=opn", 400, "'opn' is no state"),
        ("/live/cases?limit=0", 400, "'0' is no limit"),
        ("/live/cases?limit=1001", 400, "is no limit"),
        ("/live/cases?limit=1e3", 400, "is no limit"),
        ("/live/cases?limit=" + "9" * 5000, 400, "is no limit"),
        ("/live/series/rain/1101?since=x", 400, "'x' is no since"),
        ("/live/series/rain/1101?since=2&until=1", 400, "no span of time"),
        (f"/live/series/rain/1101?since=0&until={500 * DAY}", 400, "no span of time"),
        ("/live/nothing", 404, "there is nothing here"),
        ("/live/case/cq-1/more", 404, "there is nothing here"),
        ("/live", 404, "there is nothing here"),
        ("/office/me", 404, "there is nothing here"),
        ("/live/readings", 405, "GET means nothing here"),
        ("/live/demo", 405, "GET means nothing here"),
        ("/live/case/broken", 500, "something is broken in the server"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_remedy(client: TestClient, path: str, status: int, what: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"what", "where", "remedy"}
    assert what in body["what"]
    assert body["remedy"]
    assert "defect" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_other_methods_are_refused_with_those_allowed(client: TestClient) -> None:
    answer = client.delete("/live/wall")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "GET" in answer.json()["remedy"]


def test_a_span_with_too_many_readings_is_refused(client: TestClient, gate: FakeGate) -> None:
    gate.rows = 50_001
    answer = client.get("/live/series/rain/1101")
    assert answer.status_code == 400
    assert "50,001 readings" in answer.json()["what"]


def test_trouble_of_the_centre_is_a_503(client: TestClient, gate: FakeGate, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object) -> None:
        raise JournalError("the file is damaged", where="05.parquet", remedy="Restore it.")

    monkeypatch.setattr(gate, "readings", damaged)
    answer = client.get("/live/series/rain/1101")
    assert answer.status_code == 503
    assert answer.json() == {"what": "the file is damaged", "where": "05.parquet", "remedy": "Restore it."}
    assert answer.headers["retry-after"]


def test_large_answers_are_packed_and_small_ones_are_not(client: TestClient, gate: FakeGate) -> None:
    gate.rows = 1_000
    assert client.get("/live/series/rain/1101").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/live/reviews").headers
    assert "content-encoding" not in client.get("/live/series/rain/1101", headers={"accept-encoding": "identity"}).headers


def test_every_answer_carries_the_safe_headers(client: TestClient) -> None:
    for path in ("/live/reviews", "/live/none", "/", "/live/geo", "/live/case/broken"):
        headers = client.get(path).headers
        assert {name: headers[name] for name in guard.HEADERS} == guard.HEADERS
    assert "unsafe" not in guard.POLICY
    assert "script-src 'self';" in guard.POLICY


def test_the_line_for_worker_threads_is_bounded(client: TestClient, gate: FakeGate, monkeypatch: pytest.MonkeyPatch) -> None:
    go = Event()

    def slow(look: object) -> bytes:
        assert go.wait(10)
        return b"[]"

    monkeypatch.setattr(gate, "read", slow)
    with ThreadPoolExecutor(260) as pool:
        asked = [pool.submit(lambda: client.get("/live/reviews").status_code) for _ in range(230)]
        late = time.monotonic() + 10
        while not any(one.done() for one in asked) and time.monotonic() < late:
            time.sleep(0.01)
        go.set()
        statuses = [one.result(10) for one in asked]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 204
    assert client.get("/live/reviews").status_code == 200
