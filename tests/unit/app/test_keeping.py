"""The history is written beside the turns: nobody waits for it, and what fails is said and tried again."""

from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest

from bihuan.app import keeping
from bihuan.app.keeping import Keeper
from bihuan.model.errors import JournalError
from bihuan.model.readings import Batch, named

PATIENCE_SECONDS = 10.0


class Slow:
    """A history that is always due, and writes only when it is let."""

    def __init__(self) -> None:
        self.held: list[int] = []
        self.written: list[list[int]] = []
        self.begun, self.let, self.done = Event(), Event(), Event()
        self.fails = 0

    def put(self, entry: int, batch: Batch) -> bool:
        self.held.append(entry)
        return True

    def flush(self) -> None:
        taken = self.held[:]
        self.begun.set()
        assert self.let.wait(PATIENCE_SECONDS)
        if self.fails:
            self.fails -= 1
            raise JournalError("the disk is full")
        self.written.append(taken)
        self.held = self.held[len(taken) :]
        if not self.held:
            self.done.set()


@pytest.fixture
def history() -> Slow:
    return Slow()


@pytest.fixture
def keeper(history: Slow) -> Iterator[Keeper]:
    made = Keeper(history)  # type: ignore[arg-type]
    yield made
    history.let.set()
    made.stop()


def batch() -> Batch:
    return named(["rain@a"], at=np.array([5]), value=np.array([1.0]), quality=np.zeros(1, np.uint8))


def eventually(so: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(int(PATIENCE_SECONDS * 100)):
        if so():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to be so")


def test_adding_does_not_wait_for_a_write_that_goes_on(history: Slow, keeper: Keeper) -> None:
    keeper.add(1, batch())
    assert history.begun.wait(PATIENCE_SECONDS)
    keeper.add(2, batch())
    assert (history.held, history.written) == ([1, 2], [])


def test_what_came_during_a_write_is_in_the_next(history: Slow, keeper: Keeper) -> None:
    keeper.add(1, batch())
    assert history.begun.wait(PATIENCE_SECONDS)
    keeper.add(2, batch())
    history.let.set()
    assert history.done.wait(PATIENCE_SECONDS)
    assert history.written == [[1], [2]]


def test_a_write_that_fails_is_said_and_tried_again(history: Slow, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(keeping, "RETRY_AT_MOST_SECONDS", 0.01)
    history.fails = 1
    history.let.set()
    keeper.add(1, batch())
    assert history.done.wait(PATIENCE_SECONDS)
    assert history.written == [[1]]
    eventually(lambda: keeper.trouble is None)


def test_a_disk_that_refuses_does_not_hold_up_turns(history: Slow, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_UNWRITTEN", 1)
    history.fails = 1_000
    history.let.set()
    for entry in range(1, 6):
        keeper.add(entry, batch())
    assert keeper.trouble is not None
    assert keeper.trouble.what == "the disk is full"
    assert history.held == [1, 2, 3, 4, 5]


def test_stopping_waits_for_the_write_that_goes_on(history: Slow, keeper: Keeper) -> None:
    keeper.add(1, batch())
    assert history.begun.wait(PATIENCE_SECONDS)
    history.let.set()
    keeper.stop()
    assert history.written == [[1]]
