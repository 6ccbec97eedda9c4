"""A centre of the small city on a folder, with a clock the test moves and a journal that can be told to refuse."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import START

from bihuan.app import centre as centre_module
from bihuan.app.centre import Centre
from bihuan.app.clock import Clock
from bihuan.history.intake import SEGMENT_BYTES, IntakeLog
from bihuan.history.parquet import History
from bihuan.journal.contract import Head
from bihuan.journal.memory import MemoryJournal
from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact
from bihuan.pack.load import load

RULES = load(small_pack())


class Refusing(MemoryJournal):
    """A journal whose disk is full for the next `refuse` appends. `meanwhile` is called before each append."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse = 0
        self.refused = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def append(self, facts: Sequence[Fact]) -> Head:
        self.meanwhile()
        if self.refuse:
            self.refuse -= 1
            self.refused += 1
            raise JournalError("the disk is full", where=self.where, remedy="Make room.")
        return super().append(facts)


class HandClock:
    """A clock that stands still until it is set."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def now(self) -> int:
        return self.at

    def seconds_until(self, at: int) -> float | None:
        return 0.0 if at <= self.at else 0.01


class Bench:
    """Everything of one centre, and the way to stop and start it on the same journal and folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rules = RULES
        self.segment_bytes = SEGMENT_BYTES
        self.journal = Refusing()
        self.clock = HandClock()
        self.centre = self._open()

    def _open(self) -> Centre:
        intake, history = IntakeLog(self.folder / "intake", segment_bytes=self.segment_bytes), History(self.folder)
        try:
            return Centre(
                rules=self.rules, journal=self.journal, intake=intake, history=history, began=START, folder=self.folder
            )
        except BaseException:
            intake.close()
            raise

    def crash(self) -> Centre:
        """What is only in memory is gone; the centre starts again."""
        self.centre.intake.close()
        self.centre = self._open()
        return self.centre

    @contextmanager
    def running(self, clock: Clock | None = None) -> Iterator[threading.Thread]:
        thread = threading.Thread(target=self.centre.run, args=(clock or self.clock,), daemon=True)
        thread.start()
        try:
            yield thread
        finally:
            self.centre.stop()
            thread.join(timeout=10)
            assert not thread.is_alive()

    def kinds(self) -> list[str]:
        return [entry.fact.kind for entry in self.journal.read()]

    def entries(self) -> list[int]:
        """Entries of the intake log that the journal has taken, in order."""
        return [entry.fact.body.entry for entry in self.journal.read(kind="readings-received")]  # type: ignore[union-attr]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(centre_module, "RETRY_SECONDS", 0.01)
    bench = Bench(tmp_path)
    yield bench
    bench.centre.close()
