"""What happens when more comes than the loop takes, and when much comes at once."""

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import DEMO, NOW, FakeGate

from bihuan.connectors import READERS
from bihuan.live import create
from bihuan.live.intake import Grouper
from bihuan.model.errors import JournalError
from bihuan.model.readings import Batch, named

CSV = {"content-type": "text/csv"}
GOOD = f"indicator,place,at,value\nrain,1101,{NOW},1.5\n"


def batch(rows: int = 1) -> Batch:
    return named(
        ["rain@1101"],
        series=np.zeros(rows, np.int32),
        at=np.full(rows, NOW),
        value=np.ones(rows),
        quality=np.zeros(rows, np.uint8),
    )


def test_readings_are_told_to_come_again_while_too_many_wait_and_orders_go_on(gate: FakeGate) -> None:
    gate.play = DEMO
    with TestClient(create(gate, static=None, readers=READERS, most_waiting=100)) as client:
        gate.unapplied = 100
        answer = client.post("/live/readings", content=GOOD, headers=CSV)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert "100 readings wait" in answer.json()["what"]
        assert "Retry-After" in answer.json()["remedy"]
        assert gate.batches == []
        assert client.post("/live/demo", json={"paused": True}).status_code == 200
        assert client.get("/live/wall?unit=11").status_code == 200
        gate.unapplied = 99
        assert client.post("/live/readings", content=GOOD, headers=CSV).status_code == 200


class SlowDisk:
    """Takes batches when it is let; remembers what came together."""

    def __init__(self) -> None:
        self.let, self.began = threading.Event(), threading.Event()
        self.groups: list[int] = []
        self.trouble: Exception | None = None

    def take_many(self, batches: Sequence[Batch]) -> list[int]:
        self.groups.append(len(batches))
        self.began.set()
        assert self.let.wait(5)
        if self.trouble:
            raise self.trouble
        last = sum(self.groups)
        return list(range(last - len(batches) + 1, last + 1))


def take_at_once(group: Grouper, disk: SlowDisk, count: int) -> list[int | Exception]:
    """One batch, and the others while the disk is busy with it."""
    out: list[int | Exception] = []

    def take() -> None:
        try:
            out.append(group.take(batch(10)))
        except Exception as error:
            out.append(error)

    threads = [threading.Thread(target=take) for _ in range(count)]
    threads[0].start()
    assert disk.began.wait(5)
    for thread in threads[1:]:
        thread.start()
    late = time.monotonic() + 5
    while group.rows < 10 * count and time.monotonic() < late:
        time.sleep(0.001)
    disk.let.set()
    for thread in threads:
        thread.join(5)
    return out


def test_what_comes_while_a_write_runs_goes_with_the_next_in_one() -> None:
    disk = SlowDisk()
    group = Grouper(disk.take_many)
    assert sorted(take_at_once(group, disk, 9), key=str) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert disk.groups == [1, 8]
    assert group.rows == 0


@pytest.mark.parametrize("trouble", [JournalError("the disk refused", remedy="Make room."), RuntimeError("a defect")])
def test_when_a_write_fails_nobody_of_its_group_is_told_otherwise(trouble: Exception) -> None:
    disk = SlowDisk()
    disk.trouble = trouble
    group = Grouper(disk.take_many)
    said = take_at_once(group, disk, 4)
    assert [str(one) for one in said] == [str(trouble)] * 4
    assert all(isinstance(one, type(trouble)) for one in said)
    assert group.rows == 0
    disk.trouble = None
    assert group.take(batch()) == 5
