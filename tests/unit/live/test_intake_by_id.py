"""Series ids handed out once, and readings that come by them."""

import pyarrow as pa
import pytest
from starlette.testclient import TestClient
from tests.packs_for_tests import small_pack
from tests.unit.live.fakes import NOW, RULES, FakeGate

from bihuan.connectors import arrow_rows
from bihuan.pack.catalogue import Catalogue
from bihuan.pack.load import load

ARROW = {"content-type": "application/vnd.apache.arrow.stream"}
CATALOGUE = Catalogue(RULES)
SERIES = [f"{indicator.id}@{spot}" for indicator, spot in RULES.series()]


def body(ids: list[int | None], digest: str = CATALOGUE.digest, **columns: list[object]) -> bytes:
    kind = pa.int64() if any(abs(one or 0) >= 2**31 for one in ids) else pa.int32()
    rows = {"series": pa.array(ids, kind), "at": [NOW] * len(ids), "value": [1.5] * len(ids)} | columns
    table = pa.table(rows).replace_schema_metadata({arrow_rows.CATALOGUE: digest} if digest else {})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_the_catalogue_numbers_every_series_in_order(client: TestClient) -> None:
    said = client.get("/live/series").json()
    assert (said["count"], said["catalogue"]) == (len(SERIES), CATALOGUE.digest)
    assert [f"{block['indicator']}@{place}" for block in said["blocks"] for place in said["sets"][block["places_of"]]] == SERIES
    assert [block["start"] for block in said["blocks"]] == CATALOGUE.numbering.starts[:-1].tolist()


def test_one_indicator_can_be_asked_for(client: TestClient) -> None:
    said = client.get("/live/series?indicator=rain").json()
    (block,) = said["blocks"]
    assert said["sets"] == {block["places_of"]: ["1101", "1102", "1201", "1202"]}
    assert SERIES[block["start"]] == "rain@1101"


def test_an_indicator_nobody_declares_is_not_found_with_what_was_meant(client: TestClient) -> None:
    answer = client.get("/live/series?indicator=rian")
    assert (answer.status_code, "Did you mean 'rain'" in answer.json()["remedy"]) == (404, True)


def test_who_has_the_catalogue_is_not_sent_it_again(client: TestClient) -> None:
    tag = client.get("/live/series").headers["etag"]
    again = client.get("/live/series", headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/live/series", headers={"if-none-match": '"another"'}).status_code == 200


def test_new_rules_make_a_new_catalogue(client: TestClient, gate: FakeGate) -> None:
    before = client.get("/live/series").json()["catalogue"]
    packs = small_pack()
    rain = next(name for name, texts in packs.items() if "indicators.yaml" in texts)
    for old, new, same in (("cadence: 5m", "cadence: 6m", True), ("LP-1101-1", "LP-1101-9", False)):
        changed = {name: text.replace(old, new) for name, text in packs[rain].items()}
        assert changed != packs[rain]
        gate.rules = load({**packs, rain: changed})
        assert (client.get("/live/series").json()["catalogue"] == before) is same


def test_readings_come_by_id(client: TestClient, gate: FakeGate) -> None:
    ids = [2, 0, 2]
    raw = body(ids, value=[1.0, None, 3.0], quality=["good", None, "suspect"])
    assert client.post("/live/readings", content=raw, headers=ARROW).json()["accepted"] == 3
    (batch,) = gate.batches
    assert batch.names() == [SERIES[number] for number in ids]
    assert batch.value.tolist()[::2] == [1.0, 3.0]
    assert batch.quality.tolist() == [0, 3, 2]


def test_the_same_rows_by_id_and_by_name_are_one_batch(client: TestClient, gate: FakeGate) -> None:
    ids = [3, 1, 3]
    rows = [
        {"indicator": name.split("@")[0], "place": name.split("@")[1], "at": NOW, "value": 1.5}
        for name in map(SERIES.__getitem__, ids)
    ]
    client.post("/live/readings", content=body(ids), headers=ARROW)
    client.post("/live/readings", json=rows)
    assert gate.batches[0].digest == gate.batches[1].digest


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_ids_of_another_catalogue_are_refused_whole(client: TestClient, gate: FakeGate, digest: str) -> None:
    answer = client.post("/live/readings", content=body([0], digest), headers=ARROW)
    assert answer.status_code == 409
    assert answer.json()["where"] == "Bihuan-Catalogue"
    assert "GET /live/series" in answer.json()["remedy"]
    assert gate.batches == []


def test_the_header_may_say_whose_ids_they_are(client: TestClient) -> None:
    for digest, status in ((CATALOGUE.digest, 200), ("0" * 64, 409)):
        headers = {**ARROW, "bihuan-catalogue": digest}
        assert client.post("/live/readings", content=body([0], ""), headers=headers).status_code == status


def test_ids_out_of_range_are_refused_row_by_row(client: TestClient, gate: FakeGate) -> None:
    said = client.post("/live/readings", content=body([0, len(SERIES), -1, None, 2**40, 1]), headers=ARROW).json()
    assert [refused["row"] for refused in said["refused"]] == [2, 3, 4, 5]
    assert f"no series {len(SERIES)}." in said["refused"][0]["what"]
    assert f"0 to {len(SERIES) - 1}" in said["refused"][0]["remedy"]
    assert gate.batches[0].names() == [SERIES[0], SERIES[1]]


def test_impossible_values_and_times_are_refused_row_by_row(client: TestClient, gate: FakeGate) -> None:
    rain = SERIES.index("rain@1101")
    raw = body([rain] * 5, at=[NOW, NOW, NOW + 120_000, 5, NOW], value=[-1.0, float("inf"), 1.0, 1.0, 2.0])
    said = client.post("/live/readings", content=raw, headers=ARROW).json()
    assert [refused["row"] for refused in said["refused"]] == [1, 2, 3, 4]
    assert "impossible for 'rain'" in said["refused"][0]["what"]
    assert gate.batches[0].value.tolist() == [2.0]


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"series": ["a"]}, "is string, not an integer"),
        ({"series": pa.array([2**63], pa.uint64())}, "no id"),
        ({"place": ["1101"]}, "'place' means nothing"),
    ],
)
def test_other_columns_beside_ids_are_refused(client: TestClient, columns: dict[str, list[object]], what: str) -> None:
    answer = client.post("/live/readings", content=body([0], **columns), headers=ARROW)
    assert (answer.status_code, what in answer.json()["what"]) == (400, True)
