"""The data folder of a centre: what is in it, and how it is opened. SQLite and files; nothing else is needed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bihuan.app import upkeep
from bihuan.app.centre import Centre
from bihuan.app.gauges import Gauges
from bihuan.history.clickhouse import ClickHouse
from bihuan.history.contract import Readings
from bihuan.history.intake import IntakeLog
from bihuan.history.parquet import History
from bihuan.journal.checkpoints import Checkpoints, read_checkpoints
from bihuan.journal.sqlite import SqliteJournal, read_facts
from bihuan.journal.verify import verify
from bihuan.loop.turn import Loop
from bihuan.model.errors import SettingError
from bihuan.model.facts import Fact
from bihuan.pack.rules import Rules
from bihuan.views import Views

ABOUT = "centre.json"

HISTORIES: dict[str, Callable[[Path], Readings]] = {"parquet": History, "clickhouse": ClickHouse}
"""What keeps the readings at rest, by the name in `centre.json`."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """`centre.json`: what a data folder belongs to."""

    packs: tuple[str, ...]
    began: int
    seed: int | None = None
    """Of the demo; None for a real centre."""
    history: str = "parquet"
    """One of HISTORIES."""
    upkeep_at: str = upkeep.AT
    """Local time of day of the nightly upkeep."""
    keep_readings: str = upkeep.KEEP
    """How long readings stay in the history, where their indicator does not say."""


@dataclass(frozen=True, kw_only=True)
class DataFolder:
    path: Path

    @property
    def journal(self) -> Path:
        return self.path / "journal"

    @property
    def rules(self) -> Path:
        """Where the rules are kept for the next start."""
        return self.path / "rules.kept"

    def exists(self) -> bool:
        return (self.path / ABOUT).is_file()

    def about(self) -> About:
        """Raises SettingError where this is no data folder of Bihuan."""
        try:
            return msgspec.json.decode((self.path / ABOUT).read_bytes(), type=About)
        except FileNotFoundError as error:
            raise SettingError(
                "there is no centre in this folder",
                where=str(self.path),
                remedy="Start one with `bihuan run --data DIR` first.",
            ) from error
        except msgspec.MsgspecError as error:
            raise SettingError(
                f"{ABOUT} is damaged: {error}", where=str(self.path), remedy="Restore it from a copy."
            ) from error

    def history(self) -> Readings:
        """The readings at rest. Raises SettingError where what keeps them is not known or not installed."""
        kind = self.about().history
        if kind not in HISTORIES:
            remedy = f"Known are {' and '.join(HISTORIES)}: write one of them as `history`."
            raise SettingError(f"nothing called '{kind}' keeps readings", where=str(self.path / ABOUT), remedy=remedy)
        return HISTORIES[kind](self.path)

    def found(self, about: About) -> None:
        """Make the folder a centre's."""
        self.journal.mkdir(parents=True, exist_ok=True)
        (self.path / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about)))

    def free_since(self) -> int:
        """When the centre turned last (or began): from then on nothing has happened in it.

        Raises JournalError where another process has the folder open.
        """
        IntakeLog(self.path / "intake").close()
        journal = SqliteJournal(self.journal)
        try:
            last = next(journal.read(journal.head().seq - 1), None)
        finally:
            journal.close()
        return last.fact.recorded_at if last else self.about().began

    def open(self, rules: Rules) -> Centre:
        """The centre, with the state it had when it stopped.

        Raises JournalError for a journal that is not as it was written: to go on from it would make a forgery the truth.
        """
        about = self.about()
        with ExitStack() as opened:
            # The intake log first: its lock keeps a second process away from everything else in the folder.
            intake = IntakeLog(self.path / "intake")
            opened.callback(intake.close)
            journal = SqliteJournal(self.journal, Checkpoints(self.journal, f"bihuan/{rules.origin}"))
            opened.callback(journal.close)
            verify(journal, read_checkpoints(self.journal))
            history = self.history()
            opened.callback(history.close)
            centre = Centre(rules=rules, journal=journal, intake=intake, history=history, began=about.began, folder=self.path)
            opened.pop_all()
            return centre

    def facts(self) -> Iterator[Fact]:
        """Every fact of the journal, read only: a running centre is not disturbed."""
        return read_facts(self.journal)

    def views(self, rules: Rules) -> Views:
        """The read models as the journal has them, without the engine: for looking at a folder from the command line."""
        loop = Loop(rules=rules, began=self.about().began)
        views = Views(rules, loop.book, Gauges(loop))
        for fact in self.facts():
            loop.fold(fact)
            views.fold([fact])
        return views
