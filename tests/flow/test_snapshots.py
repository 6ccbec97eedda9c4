"""However often a centre starts again, from snapshots or without, and whatever its log was pruned of: it lives one life."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import GOOD_PROOF, START, batch_of

from bihuan.app.centre import Centre
from bihuan.app.upkeep import upkeep
from bihuan.history.intake import IntakeLog
from bihuan.history.parquet import History
from bihuan.journal.contract import Journal
from bihuan.journal.memory import MemoryJournal
from bihuan.model.commands import Command
from bihuan.model.facts import ReadingsReceived
from bihuan.model.times import DAY, MINUTE
from bihuan.pack.load import load

RULES = load(small_pack())

Step = tuple[int, list[tuple[str, int, float]], str]
"""Minutes that pass, what is read (series, minutes of its reading from now, value), and what somebody does."""

SERIES = ("rain@1101", "rain@1102", "rain@1201", "ponding-depth@LP-1101-1", "ponding-depth@LP-1201-1")

ROWS = st.lists(
    st.tuples(
        st.sampled_from(SERIES), st.integers(-30, 2), st.sampled_from((0.0, 9.0, 12.0, 16.0, 28.0, 41.0, 61.0, float("nan")))
    ),
    min_size=1,
    max_size=5,
)
STEP = st.tuples(st.sampled_from((0, 1, 3, 5, 11, 25, 70)), ROWS, st.sampled_from(("", "", "report", "sign")))
BETWEEN = st.sampled_from(("", "", "snapshot", "restart", "restart", "upkeep", "lose the newest"))
LIFE = st.lists(st.tuples(STEP, BETWEEN), min_size=4, max_size=25)


@dataclass
class One:
    """A centre in a folder of its own."""

    folder: Path
    journal: Journal = field(default_factory=MemoryJournal)
    centre: Centre = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.centre = Centre(
            rules=RULES,
            journal=self.journal,
            intake=IntakeLog(self.folder / "intake", segment_bytes=2_000),
            history=History(self.folder),
            began=START,
            folder=self.folder,
        )

    def step(self, at: int, step: Step, number: int) -> None:
        _, rows, does = step
        while (due := self.centre.loop.next_due()) is not None and due < at:
            self.centre.step(due)
        batch = batch_of([(series, at + minutes * MINUTE, value) for series, minutes, value in rows])
        self.centre.step(at, [batch], self._commands(does, number))

    def _commands(self, does: str, number: int) -> list[Command]:
        open_tasks = [task for task in self.centre.loop.book.tasks.values() if task.open and task.state == "sent"]
        if does == "report":
            return [Command(key=f"k-{number}", actor="duty@1101", does="report", target="ponding", place="1101")]
        if does == "sign" and open_tasks:
            task = open_tasks[0]
            return [Command(key=f"k-{number}", actor=f"crew@{task.unit}", does="sign", target=task.id, proof=GOOD_PROOF)]
        return []

    def between(self, what: str) -> None:
        match what:
            case "snapshot":
                self.centre.snapshot()
            case "upkeep":
                upkeep(self.centre, self.centre.now, 400 * DAY)
                assert self.centre.trouble is None
            case "restart":
                self.centre.intake.close()
                self.open()
            case "lose the newest":
                for path in sorted((self.folder / "snapshots").glob("*.npz"))[1:]:
                    path.unlink()


@contextmanager
def two_of_them() -> Iterator[tuple[One, One]]:
    folder = Path(tempfile.mkdtemp())
    one, other = One(folder / "one"), One(folder / "other")
    try:
        yield one, other
    finally:
        one.centre.close()
        other.centre.close()
        shutil.rmtree(folder)


def journal_of(one: One) -> list[tuple[bytes, str]]:
    return [(msgspec.json.encode(entry.fact), entry.hash) for entry in one.journal.read()]


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 4)  # each is many syncs
@given(LIFE)
def test_a_life_with_interruptions_is_the_life_without(life: list[tuple[Step, str]]) -> None:
    with two_of_them() as (interrupted, calm):
        at = START
        for number, (step, what) in enumerate(life):
            at += step[0] * MINUTE
            for one in (interrupted, calm):
                one.step(at, step, number)
            interrupted.between(what)
        interrupted.between("restart")
        for one in (interrupted, calm):
            one.step(at + 40 * MINUTE, (0, [(series, 0, 30.0) for series in SERIES], ""), len(life))
        assert journal_of(interrupted) == journal_of(calm)
        assert interrupted.centre.loop.next_due() == calm.centre.loop.next_due()
        states = [one.centre.loop.states[0] for one in (interrupted, calm)]
        for column in ("level", "unknown", "value", "at", "active"):
            left, right = (np.asarray(getattr(state.columns.engine, column)) for state in states)
            assert np.array_equal(left, right, equal_nan=column == "value"), column
        assert (states[0].receipt == states[1].receipt).all()
        assert (states[0].quiet == states[1].quiet).all()
        pages = [one.centre.read(lambda views: views.wall("1", at + DAY)) for one in (interrupted, calm)]
        assert pages[0] == pages[1]


def test_a_life_of_days_needs_only_the_end_of_its_log(tmp_path: Path) -> None:
    """Three nights: the log loses its beginning, the history has everything, a start lives through the last day only."""
    one = One(tmp_path)
    taken = 0
    for hour in range(0, 72, 3):
        at = START + hour * 60 * MINUTE
        one.step(at, (0, [(series, 0, float(hour % 40)) for series in SERIES], ""), hour)
        taken += 1
        if hour % 24 == 21:
            one.between("upkeep")
    assert one.centre.intake.first > taken // 3, "whole segments go: of the first night's all"
    one.between("restart")
    assert one.centre.loop.entry == taken
    kept = one.centre.history.read("rain", "1101", START, at)[0]
    assert len(kept) == taken
    receipts = [entry.fact.body for entry in one.journal.read(kind="readings-received")]
    assert [body.entry for body in receipts if isinstance(body, ReadingsReceived)] == list(range(1, taken + 1))
    one.centre.close()
