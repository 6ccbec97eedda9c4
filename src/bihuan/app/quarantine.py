"""Quarantine: batches that no turn can take, kept whole and readable, with what they failed with."""

import csv
import io
import os
import traceback
from pathlib import Path

import msgspec

from bihuan.history.files import sync
from bihuan.model.errors import BihuanError, JournalError
from bihuan.model.readings import QUALITIES, Batch

MOST_SAID = 500
"""Characters of an error that go into the journal."""


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """`entry-12.json`, beside the rows in `entry-12.csv`."""

    entry: int
    digest: str
    rows: int
    source: str
    at: int
    what: str
    traceback: str


class Quarantine:
    """The folder of what was set aside. `count` is how many batches are in it: a person looks at them and moves them away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.look()

    def look(self) -> None:
        """Count again: somebody may have moved some away."""
        self.count = sum(1 for _ in self.folder.glob("entry-*.json"))

    def keep(self, entry: int, batch: Batch, error: Exception, at: int) -> None:
        """Make the rows and their error durable. Raises JournalError when the disk refuses."""
        why = Why(
            entry=entry,
            digest=batch.digest,
            rows=len(batch),
            source=batch.source,
            at=at,
            what=said(error),
            traceback="".join(traceback.format_exception(error)),
        )
        try:
            self.folder.mkdir(exist_ok=True)
            _write(self.folder / f"entry-{entry}.csv", _csv(batch))
            _write(self.folder / f"entry-{entry}.json", msgspec.json.format(msgspec.json.encode(why)))
            sync(self.folder)
        except OSError as refused:
            raise JournalError(
                f"the disk refused: {refused.strerror or refused}",
                where=str(self.folder),
                remedy="A batch that fails every turn waits to be set aside. Make room on the disk; it goes on by itself.",
            ) from refused
        self.look()

    def forget(self, entry: int) -> None:
        """It was taken after all."""
        for path in (self.folder / f"entry-{entry}.json", self.folder / f"entry-{entry}.csv"):
            path.unlink(missing_ok=True)
        self.look()

    @property
    def trouble(self) -> BihuanError | None:
        if not self.count:
            return None
        return BihuanError(
            f"{self.count} batches of readings failed every turn and were set aside",
            where=str(self.folder),
            remedy="Report what their .json says. Mend the .csv, send it again and move both files away.",
        )


def said(error: Exception) -> str:
    """What an error says, in one line that is not too long."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:MOST_SAID]


def _csv(batch: Batch) -> bytes:
    """The rows as `POST /live/readings` takes them. What is wrong with them may be anything: nothing is taken for granted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("indicator", "place", "at", "value", "quality"))
    columns = (batch.series.tolist(), batch.at.tolist(), batch.value.tolist(), batch.quality.tolist())
    for series, at, value, quality in zip(*columns, strict=True):
        name = batch.numbering.name(series) if 0 <= series < batch.numbering.count else f"series number {series}"
        indicator, _, place = name.partition("@")
        flag = QUALITIES[quality] if 0 <= quality < len(QUALITIES) else str(quality)
        writer.writerow((indicator, place, at, "" if value != value else repr(value), flag))
    return out.getvalue().encode("utf-8", "backslashreplace")


def _write(path: Path, raw: bytes) -> None:
    half = path.with_suffix(".new")
    with half.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
