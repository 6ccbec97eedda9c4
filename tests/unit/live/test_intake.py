"""Intake of readings over HTTP."""

import pyarrow as pa
import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import NOW, FakeGate

from bihuan.live import intake
from bihuan.model.errors import JournalError

CSV = {"content-type": "text/csv; charset=utf-8"}
HEADER = "indicator,place,at,value,quality\n"
GOOD = HEADER + f"rain,1101,{NOW},1.5,\n"


def test_it_works_with_csv_and_tells_which_rows_were_refused(client: TestClient, gate: FakeGate) -> None:
    text = GOOD + f"rain,1103,{NOW},1,\nrain,1102,{NOW},2,suspect\n"
    answer = client.post("/live/readings", content=text, headers=CSV)
    assert answer.status_code == 200
    body = answer.json()
    assert {name: body[name] for name in ("entry", "rows", "accepted")} == {"entry": 1, "rows": 3, "accepted": 2}
    (refused,) = body["refused"]
    assert (refused["row"], "1103" in refused["what"], "Did you mean" in refused["remedy"]) == (3, True, True)
    assert gate.batches[0].names() == ["rain@1101", "rain@1102"]
    assert gate.batches[0].source == "live"


def test_it_works_with_json(client: TestClient, gate: FakeGate) -> None:
    row = {"indicator": "rain", "place": "1101", "at": NOW, "value": 1}
    assert client.post("/live/readings", json=[row]).json() == {"entry": 1, "rows": 1, "accepted": 1, "refused": []}
    assert client.post("/live/readings", json={"rows": [row]}).json()["entry"] == 2
    assert gate.batches[0].digest == gate.batches[1].digest


@pytest.mark.parametrize("kind", ["stream", "file"])
def test_it_works_with_arrow(client: TestClient, gate: FakeGate, kind: str) -> None:
    table = pa.table({"indicator": ["rain"], "place": ["1101"], "at": [NOW], "value": [1.5]})
    sink = pa.BufferOutputStream()
    with (pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    headers = {"content-type": f"application/vnd.apache.arrow.{kind}"}
    assert client.post("/live/readings", content=sink.getvalue().to_pybytes(), headers=headers).json()["accepted"] == 1
    assert gate.batches[0].value.tolist() == [1.5]


def test_when_no_row_is_good_nothing_is_taken_and_each_is_told(client: TestClient, gate: FakeGate) -> None:
    answer = client.post("/live/readings", content=HEADER + "rain,nowhere,0,x,\n", headers=CSV)
    assert answer.status_code == 400
    body = answer.json()
    assert body["what"] == "none of the rows can be taken."
    assert [said["row"] for said in body["refused"]] == [2]
    assert (body["rows"], body["accepted"]) == (1, 0)
    assert gate.batches == []


def test_no_rows_at_all_are_refused(client: TestClient) -> None:
    answer = client.post("/live/readings", json=[])
    assert (answer.status_code, answer.json()["what"]) == (400, "there are no rows.")


@pytest.mark.parametrize(
    ("content", "kind", "what"),
    [
        (b"", "text/csv", "names no columns"),
        (b"indicator,place,at\n", "text/csv", "'value' is missing"),
        (b"[{]", "application/json", "malformed"),
        (b"x", "application/vnd.apache.arrow.stream", "no Arrow IPC"),
    ],
)
def test_a_body_of_another_format_is_refused_with_its_first_fault(
    client: TestClient, content: bytes, kind: str, what: str
) -> None:
    answer = client.post("/live/readings", content=content, headers={"content-type": kind})
    assert answer.status_code == 400
    assert what in answer.json()["what"]
    assert answer.json()["remedy"]


@pytest.mark.parametrize("headers", [{}, {"content-type": ""}, {"content-type": "text/plain"}, {"content-type": "x" * 500}])
def test_other_media_types_are_refused_with_those_that_are_read(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/live/readings", content=GOOD, headers=headers)
    assert answer.status_code == 415
    assert "text/csv" in answer.json()["remedy"]
    assert len(answer.json()["what"]) < 200


def test_packed_bodies_are_refused(client: TestClient) -> None:
    assert client.post("/live/readings", content=GOOD, headers={**CSV, "content-encoding": "gzip"}).status_code == 415


def test_a_body_that_says_it_is_too_large_is_refused_unread(client: TestClient) -> None:
    for length in (str(32 * 1024 * 1024 + 1), "9" * 400):
        answer = client.post("/live/readings", content=GOOD, headers={**CSV, "content-length": length})
        assert answer.status_code == 413
        assert "32 MiB" in answer.json()["what"]


def test_a_body_that_grows_too_large_is_refused_on_the_way(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_BYTES", 100)
    sent = client.post("/live/readings", content=iter([GOOD.encode()] * 50), headers=CSV)
    assert sent.status_code == 413
    assert client.post("/live/readings", content=iter([GOOD.encode()]), headers=CSV).status_code == 200


def test_only_so_many_bodies_are_held_at_a_time(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_HELD", 0)
    large = GOOD + "\n" * intake.LARGE_BYTES
    answer = client.post("/live/readings", content=large, headers=CSV)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert client.post("/live/readings", content=GOOD, headers=CSV).status_code == 200, "there is room besides for small ones"
    monkeypatch.undo()
    assert client.post("/live/readings", content=large, headers=CSV).status_code == 200


def test_nothing_is_acknowledged_that_is_not_durable(client: TestClient, gate: FakeGate) -> None:
    gate.trouble = JournalError("the disk refused: no space left", where="intake", remedy="Make room.")
    answer = client.post("/live/readings", content=GOOD, headers=CSV)
    assert answer.status_code == 503
    assert answer.json() == {"what": "the disk refused: no space left", "where": "intake", "remedy": "Make room."}


def test_pages_of_other_sites_may_not(client: TestClient, gate: FakeGate) -> None:
    assert (
        client.post("/live/readings", content=GOOD, headers={**CSV, "origin": "https://elsewhere.example"}).status_code == 403
    )
    assert gate.batches == []
    assert client.post("/live/readings", content=GOOD, headers={**CSV, "origin": "http://testserver"}).status_code == 200
