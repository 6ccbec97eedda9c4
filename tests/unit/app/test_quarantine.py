"""A batch that fails every turn is found, set aside and named; its neighbours and people's commands go on."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from tests.unit.app.conftest import Bench
from tests.unit.app.test_centre import eventually, reading, report
from tests.unit.loop.city import EAST_TOWN, MINUTE, START

from bihuan.app import centre as centre_module
from bihuan.connectors.csv_rows import read as read_csv
from bihuan.journal.contract import Unwritable
from bihuan.loop.sense.state import Columns
from bihuan.model.errors import JournalError
from bihuan.model.facts import ReadingsSetAside
from bihuan.model.readings import Batch

POISON = 66.5
"""The value that the engine of these tests cannot take."""


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """An engine with a defect: what it raises for a poisoned batch may be changed by the test; empty: nothing."""
    raised: list[Exception] = [ZeroDivisionError("a defect in the engine")]
    take = Columns.take

    def fails(self: Columns, batch: Batch, now: int) -> Any:
        if raised and (batch.value == POISON).any():
            raise raised[0]
        return take(self, batch, now)

    monkeypatch.setattr(Columns, "take", fails)
    monkeypatch.setattr(centre_module, "RETRY_AT_MOST_SECONDS", 0.02)
    return raised


def three(bench: Bench) -> list[int]:
    """A poisoned batch between two good ones."""
    values = (1.0, POISON, 2.0)
    return bench.centre.take_many([reading(START + n * MINUTE, value) for n, value in enumerate(values)])


def set_aside(bench: Bench) -> Sequence[ReadingsSetAside]:
    return [entry.fact.body for entry in bench.journal.read(kind="readings-set-aside")]  # type: ignore[misc]


def test_the_one_that_fails_is_set_aside_and_its_neighbours_are_taken(bench: Bench) -> None:
    three(bench)
    with bench.running():
        eventually(lambda: bench.entries() == [1, 3])
        eventually(lambda: bench.centre.standstill is None)
    (body,) = set_aside(bench)
    assert (body.entry, body.rows, body.source) == (2, 1, "test")
    assert body.what == "ZeroDivisionError: a defect in the engine"
    assert bench.centre.rows_waiting == 0
    _, value, _ = bench.centre.history.read("rain", EAST_TOWN, START, START + 9 * MINUTE)
    assert value.tolist() == [1.0, 2.0]


def test_its_rows_and_its_error_are_kept_so_that_they_can_be_sent_again(bench: Bench) -> None:
    three(bench)
    with bench.running():
        eventually(lambda: len(set_aside(bench)) == 1)
    rows = list(read_csv((bench.folder / "quarantine" / "entry-2.csv").read_bytes()))
    assert [(row.indicator, row.place, float(row.value)) for row in rows] == [("rain", EAST_TOWN, POISON)]
    why = json.loads((bench.folder / "quarantine" / "entry-2.json").read_text())
    assert (why["entry"], why["rows"]) == (2, 1)
    assert "a defect in the engine" in why["traceback"]


def test_it_is_named_until_somebody_has_moved_it_away(bench: Bench) -> None:
    three(bench)
    with bench.running():
        eventually(lambda: len(set_aside(bench)) == 1)
    trouble = bench.centre.trouble
    assert trouble is not None
    assert "1 batches of readings failed every turn" in trouble.what
    assert bench.crash().trouble is not None
    for path in (bench.folder / "quarantine").iterdir():
        path.unlink()
    bench.centre.quarantine.look()
    assert bench.centre.trouble is None


def test_it_is_not_taken_after_a_start_even_by_an_engine_that_could(bench: Bench, poisoned: list[Exception]) -> None:
    three(bench)
    with bench.running():
        eventually(lambda: bench.entries() == [1, 3])
    poisoned.clear()
    before = bench.centre.loop.seq
    bench.crash()
    assert (bench.centre.loop.seq, bench.centre.loop.set_aside, bench.centre.rows_waiting) == (before, {2}, 0)
    bench.centre.step(START + 9 * MINUTE, [reading(START + 9 * MINUTE)])
    assert bench.entries() == [1, 3, 4]
    assert len(bench.centre.history.read("rain", EAST_TOWN, START, START + 9 * MINUTE)[0]) == 3


def test_people_are_answered_while_a_batch_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre_module, "MOST_FAILURES", 1_000_000)
    three(bench)
    with bench.running():
        eventually(lambda: bench.centre.standstill is not None)
        for number in range(3):
            assert bench.centre.submit(report(f"k{number}"))
    assert set_aside(bench) == []


def test_a_batch_that_is_taken_alone_after_all_is_not_set_aside(bench: Bench, poisoned: list[Exception]) -> None:
    three(bench)
    with bench.centre.lock:
        bench.centre._failures = centre_module.MOST_FAILURES
        keep = bench.centre.quarantine.keep

        def keep_and_heal(entry: int, batch: Batch, error: Exception, at: int) -> None:
            keep(entry, batch, error, at)
            poisoned.clear()

        bench.centre.quarantine.keep = keep_and_heal  # type: ignore[method-assign]
        list(bench.centre._turns(START + 9 * MINUTE))
    assert (bench.entries(), set_aside(bench)) == ([1, 2, 3], [])
    assert bench.centre.trouble is None
    assert list((bench.folder / "quarantine").iterdir()) == []


def test_a_full_disk_sets_nothing_aside_however_long_it_lasts(bench: Bench, poisoned: list[Exception]) -> None:
    poisoned.clear()
    three(bench)
    bench.journal.refuse = 12
    with bench.running():
        eventually(lambda: bench.entries() == [1, 2, 3])
    assert bench.journal.refused == 12
    assert set_aside(bench) == []


def test_when_the_disk_refuses_the_quarantine_the_batch_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    three(bench)

    def refuse(*given: object) -> None:
        raise JournalError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(bench.centre.quarantine, "keep", refuse)
        with bench.running():
            eventually(lambda: "the disk is full" in str(bench.centre.standstill))
    assert set_aside(bench) == []
    assert bench.centre._readings[0][1][0] == 2


def test_what_leads_to_a_fact_that_cannot_be_written_is_set_aside_too(bench: Bench, poisoned: list[Exception]) -> None:
    poisoned[0] = Unwritable("this fact cannot be written as JSON")
    three(bench)
    with bench.running():
        eventually(lambda: bench.entries() == [1, 3])
    assert [body.entry for body in set_aside(bench)] == [2]


def test_a_listener_that_fails_sets_nothing_aside(bench: Bench, poisoned: list[Exception]) -> None:
    """Its facts are written by then: the batch is taken, and the trouble is another."""
    poisoned.clear()
    three(bench)

    def stumble(seq: int, now: int, change: object) -> None:
        raise ZeroDivisionError("a listener's defect")

    bench.centre.listeners.append(stumble)
    with bench.running():
        eventually(lambda: bench.entries() == [1, 2, 3])
    assert set_aside(bench) == []
