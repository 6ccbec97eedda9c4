"""Readings from many senders: one sync for all, in order, and nobody waits for the disk who need not."""

import threading
from collections.abc import Sequence

import pytest
from starlette.testclient import TestClient
from tests.unit.app.conftest import Bench
from tests.unit.app.test_centre import eventually, reading, report
from tests.unit.loop.city import EAST_TOWN, MINUTE, START

from bihuan.app import centre as centre_module
from bihuan.app import keeping, pace
from bihuan.app.gates import LiveGate
from bihuan.connectors import READERS
from bihuan.live.window import create
from bihuan.model.errors import Behind, JournalError
from bihuan.model.readings import Batch

CSV = {"content-type": "text/csv"}


def readings(count: int) -> list[Batch]:
    return [reading(START + minute * MINUTE) for minute in range(count)]


class HeldDisk:
    """The intake log's append, which waits until it is let."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let, self.began = threading.Event(), threading.Event()
        self.syncs = 0
        append = bench.centre.intake.append

        def held(batches: Sequence[Batch]) -> list[int]:
            self.syncs += 1
            self.began.set()
            assert self.let.wait(5)
            return append(batches)

        monkeypatch.setattr(bench.centre.intake, "append", held)


def test_many_batches_go_to_disk_with_one_sync_and_reach_the_loop_in_order(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = HeldDisk(bench, monkeypatch)
    disk.let.set()
    assert bench.centre.take_many(readings(3)) == [1, 2, 3]
    assert bench.centre.take_many([]) == []
    assert disk.syncs == 1
    bench.centre.step(START + 3 * MINUTE)
    assert bench.entries() == [1, 2, 3]


def test_when_the_disk_refuses_none_of_a_group_is_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(batches: object) -> list[int]:
        raise JournalError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(bench.centre.intake, "append", refuse)
        with pytest.raises(JournalError):
            bench.centre.take_many(readings(3))
    assert bench.centre.rows_waiting == 0
    bench.centre.step(START)
    assert bench.entries() == []


def test_turns_reads_and_commands_go_on_while_readings_are_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = HeldDisk(bench, monkeypatch)
    sender = threading.Thread(target=bench.centre.take_many, args=(readings(2),))
    with bench.running():
        sender.start()
        assert disk.began.wait(5)
        assert bench.centre.submit(report())
        assert bench.centre.read(lambda views: views.hello(START)).seq == bench.centre.loop.seq
        assert bench.entries() == []
        disk.let.set()
        sender.join(5)
        eventually(lambda: bench.entries() == [1, 2])


def test_the_rows_of_the_running_turn_wait_until_it_is_done(bench: Bench) -> None:
    seen: list[int] = []
    bench.journal.meanwhile = lambda: seen.append(bench.centre.rows_waiting)
    bench.centre.take_many(readings(2))
    assert bench.centre.rows_waiting == 2
    bench.centre.step(START, [reading(START + 5 * MINUTE)])
    assert (seen, bench.centre.rows_waiting) == ([3], 0)


def test_what_a_failed_turn_gave_back_waits_again(bench: Bench) -> None:
    bench.centre.take_many(readings(2))
    bench.journal.refuse = 1
    with pytest.raises(JournalError):
        bench.centre.step(START)
    assert bench.centre.rows_waiting == 2
    bench.centre.step(START)
    assert bench.centre.rows_waiting == 0


def test_what_was_acknowledged_before_a_crash_waits_after_it(bench: Bench) -> None:
    bench.centre.take_many(readings(2))
    assert bench.crash().rows_waiting == 2


def test_too_many_readings_are_told_to_come_again_and_people_are_not(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre_module, "MOST_WAITING", 2)
    gate = LiveGate(bench.centre, bench.clock, ())
    body = f"indicator,place,at,value\nrain,{EAST_TOWN},{START},1\n"
    with TestClient(create(gate, static=None, readers=READERS)) as client:
        for _ in range(2):
            assert client.post("/live/readings", content=body, headers=CSV).status_code == 200
        answer = client.post("/live/readings", content=body, headers=CSV)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert "2 batches of readings wait" in answer.json()["what"]
        assert client.get("/live/health").json()["waiting"] == 2
        with bench.running():
            assert bench.centre.submit(report())
            eventually(lambda: bench.centre.rows_waiting == 0)
            assert client.post("/live/readings", content=body, headers=CSV).status_code == 200


def test_a_group_that_finds_no_room_is_refused_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_WAITING_ROWS", 2)
    bench.centre.take_many(readings(2))
    with pytest.raises(Behind):
        bench.centre.take_many(readings(2))
    assert bench.centre.intake.last == 2


LARGE = pace.SMALL_ROWS + 1


def test_a_batch_is_taken_however_large_it_is_when_nothing_waits(bench: Bench) -> None:
    assert bench.centre.refusal(1_000_000) is None


def test_rows_on_their_way_to_the_disk_wait_as_well(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "NEARLY_NOTHING", 1)
    monkeypatch.setattr(pace, "MOST_WAIT_SECONDS", 0.0)
    assert bench.centre.refusal(LARGE, coming=1) is None
    assert bench.centre.refusal(LARGE, coming=2) is not None
    bench.centre.take_many(readings(2))
    assert bench.centre.refusal(LARGE) is not None
    assert bench.centre.refusal(pace.SMALL_ROWS) is None
    bench.centre.step(START)
    assert bench.centre.refusal(LARGE) is None


def test_large_batches_wait_for_a_history_that_is_behind_and_small_ones_do_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.centre.step(START, readings(3))
    monkeypatch.setattr(keeping, "MOST_UNWRITTEN", 4)
    refusal = bench.centre.refusal(LARGE)
    assert refusal is not None
    assert refusal.what == "the history is behind: 3 rows of readings wait for its disk"
    assert bench.centre.refusal(pace.SMALL_ROWS) is None
    bench.centre._keeper.trouble = JournalError("the disk is full")
    assert bench.centre.refusal(LARGE) is None, "who knows when there will be room"


def test_an_alarm_is_taken_while_a_large_batch_waits_for_what_is_ahead_of_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "SMALL_ROWS", 1)
    monkeypatch.setattr(pace, "NEARLY_NOTHING", 1)
    monkeypatch.setattr(pace, "MOST_WAIT_SECONDS", 0.0)
    alarm = f"indicator,place,at,value\nrain,{EAST_TOWN},{START},1\n"
    large = alarm + f"rain,{EAST_TOWN},{START + 1},1\n"

    def post(client: TestClient, body: str) -> int:
        return client.post("/live/readings", content=body, headers=CSV).status_code

    gate = LiveGate(bench.centre, bench.clock, ())
    with TestClient(create(gate, static=None, readers=READERS, patience=0)) as client:
        assert post(client, large) == 200
        assert post(client, large) == 429
        assert post(client, alarm) == 200
    with TestClient(create(gate, static=None, readers=READERS, patience=60)) as client, bench.running():
        assert post(client, large) == 200
        eventually(lambda: bench.entries() == [1, 2, 3])
