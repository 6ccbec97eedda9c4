"""What happens when more comes than the loop takes, and when much comes at once."""

import asyncio
import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import DEMO, NOW, FakeGate

from bihuan.connectors import READERS
from bihuan.live import create
from bihuan.live import door as door_module
from bihuan.live.door import Door
from bihuan.live.guard import Pool
from bihuan.live.intake import LARGE_BYTES, Grouper
from bihuan.model.errors import Behind, JournalError
from bihuan.model.readings import Batch, named

CSV = {"content-type": "text/csv"}


def batch(rows: int = 1) -> Batch:
    return named(
        ["rain@1101"],
        series=np.zeros(rows, np.int32),
        at=np.full(rows, NOW),
        value=np.ones(rows),
        quality=np.zeros(rows, np.uint8),
    )


def csv(rows: int) -> str:
    return "indicator,place,at,value\n" + "".join(f"rain,1101,{NOW - n * 60_000},1.5\n" for n in range(rows))


def impatient(gate: FakeGate) -> TestClient:
    return TestClient(create(gate, static=None, readers=READERS, patience=0))


def test_large_batches_are_told_to_come_again_while_many_wait_and_small_ones_and_orders_go_on(gate: FakeGate) -> None:
    gate.play, gate.shut = DEMO, True
    with impatient(gate) as client:
        answer = client.post("/live/readings", content=csv(2), headers=CSV)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert answer.json()["what"] == "many readings wait"
        assert gate.batches == []
        assert client.post("/live/readings", content=csv(1), headers=CSV).status_code == 200
        assert client.post("/live/demo", json={"paused": True}).status_code == 200
        assert client.get("/live/wall?unit=11").status_code == 200
        gate.shut = False
        assert client.post("/live/readings", content=csv(2), headers=CSV).status_code == 200


def test_when_there_is_no_room_at_all_small_batches_are_refused_unread(gate: FakeGate) -> None:
    gate.full = True
    with impatient(gate) as client:
        answer = client.post("/live/readings", content=csv(1), headers=CSV)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("rows", [2, 10_000])
def test_a_large_batch_stands_at_the_door_until_it_opens(gate: FakeGate, rows: int) -> None:
    """Whether its bytes say that it is large, or only its rows."""
    gate.shut, asked = True, list[int]()

    def refusal(batch: int, coming: int = 0) -> Behind | None:
        asked.append(batch)
        gate.shut = len(asked) < 20
        return FakeGate.refusal(gate, batch, coming)

    gate.refusal = refusal  # type: ignore[method-assign]
    body = csv(rows)
    assert (len(body) >= LARGE_BYTES) is (rows > 2)
    with TestClient(create(gate, static=None, readers=READERS, patience=60)) as client:
        answer = client.post("/live/readings", content=body, headers=CSV)
    assert (answer.status_code, answer.json()["accepted"]) == (200, rows)
    assert len(asked) > 20


def test_the_first_at_the_door_is_the_first_let_in() -> None:
    async def play() -> list[int]:
        wait: list[Behind] = [Behind("many wait")]
        door, came = Door(lambda: wait[0] if wait else None), list[int]()

        async def stand(number: int) -> None:
            await door.passed(asyncio.get_running_loop().time() + 60)
            came.append(number)

        tasks = [asyncio.ensure_future(stand(number)) for number in range(5)]
        await asyncio.sleep(0)
        wait.clear()
        last = asyncio.ensure_future(stand(5))
        await asyncio.gather(*tasks, last)
        return came

    assert asyncio.run(play()) == [0, 1, 2, 3, 4, 5]


def test_a_line_that_is_too_long_takes_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "MOST_STANDING", 1)

    async def play() -> None:
        door = Door(lambda: Behind("many wait"))
        first = asyncio.ensure_future(door.passed(asyncio.get_running_loop().time() + 60))
        await asyncio.sleep(0)
        with pytest.raises(Behind, match="many wait"):
            await door.passed(asyncio.get_running_loop().time() + 60)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        with pytest.raises(Behind, match="many wait"):  # there is room in the line again: this one waits for its time
            await door.passed(asyncio.get_running_loop().time())

    asyncio.run(play())


def test_large_batches_leave_threads_to_small_ones() -> None:
    async def play() -> list[bool]:
        pool, let = Pool(threads=2, waiting=5), threading.Event()
        found = [pool.crowded() is None]
        works = [asyncio.ensure_future(pool.run(let.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        found.append(pool.crowded() is None)
        let.set()
        await asyncio.gather(*works)
        return [*found, pool.crowded() is None]

    assert asyncio.run(play()) == [True, False, True]


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
            entry = group.take(batch(10))
            assert entry is not None
            out.append(entry)
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
    group = Grouper(disk.take_many, lambda rows, coming: None)
    assert sorted(take_at_once(group, disk, 9), key=str) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert disk.groups == [1, 8]
    assert group.rows == 0


@pytest.mark.parametrize("trouble", [JournalError("the disk refused", remedy="Make room."), RuntimeError("a defect")])
def test_when_a_write_fails_nobody_of_its_group_is_told_otherwise(trouble: Exception) -> None:
    disk = SlowDisk()
    disk.trouble = trouble
    group = Grouper(disk.take_many, lambda rows, coming: None)
    said = take_at_once(group, disk, 4)
    assert [str(one) for one in said] == [str(trouble)] * 4
    assert all(isinstance(one, type(trouble)) for one in said)
    assert group.rows == 0
    disk.trouble = None
    assert group.take(batch()) == 5


def test_a_batch_that_would_wait_too_long_does_not_get_into_a_group() -> None:
    disk, coming = SlowDisk(), list[int]()
    disk.let.set()

    def refusal(rows: int, before: int) -> Behind | None:
        coming.append(before)
        return Behind("many wait") if rows > 5 else None

    group = Grouper(disk.take_many, refusal)
    assert group.take(batch(6)) is None
    assert group.rows == 0
    assert group.take(batch(5)) == 1
    assert coming == [0, 0]


def test_what_a_refusal_says_of_when_to_come_again_reaches_everybody_of_a_group() -> None:
    disk = SlowDisk()
    disk.trouble = Behind("the loop is behind", seconds=9)
    said = take_at_once(Grouper(disk.take_many, lambda rows, coming: None), disk, 3)
    assert [one.seconds for one in said if isinstance(one, Behind)] == [9, 9, 9]
