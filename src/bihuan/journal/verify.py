"""Walks a whole journal and names the first entry that is not as it was written, and what happened to it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import msgspec

from bihuan.journal.chain import GENESIS, Frontier, link
from bihuan.journal.checkpoints import Checkpoint, read_checkpoints
from bihuan.journal.contract import BadEntry, Row, Rows
from bihuan.journal.sqlite import FILE, check_format, load_head, open_to_verify, stored_rows, told
from bihuan.model.errors import JournalError


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in order: `entries` entries, ending in `head`, with tree head `root` (hex), and so many checkpoints."""

    entries: int
    head: str
    root: str
    checkpoints: int
    checkpointed: int
    """Size of the last checkpoint: entries after it are bound by the chain alone."""


class _Kind(msgspec.Struct, frozen=True):
    kind: str


class _Stored(msgspec.Struct, frozen=True):
    """What the index columns repeat of a body, read without knowing its kind: older and newer journals verify too."""

    columns: ClassVar[tuple[str, ...]] = ("seq", "id", "kind", "subject", "at", "recorded_at")
    seq: int
    id: str
    at: int
    recorded_at: int
    subject: str
    body: _Kind

    @property
    def kind(self) -> str:
        return self.body.kind


_DECODER = msgspec.json.Decoder(_Stored)


def verify(journal: Rows, checkpoints: Sequence[Checkpoint] = ()) -> Report:
    """Hold every entry of `journal` against the chain, its index columns and the checkpoints.

    Give also checkpoints that other centres keep: only those show that a journal and its own checkpoints were cut
    back together. Raises BadEntry at the first entry that is altered, missing, swapped or cut off.
    """
    return _walk(journal.rows(), checkpoints, journal.where)


def verify_folder(folder: Path, checkpoints: Sequence[Checkpoint] = ()) -> Report:
    """Verify the SQLite journal of `folder` with its own checkpoints and the given ones; also while it is being written.

    Raises JournalError for a damaged file or an altered checkpoint, BadEntry for the first bad entry.
    """
    where = str(folder / FILE)
    # Checkpoints first: what is appended from here on can only make the journal longer than they say.
    known = [*read_checkpoints(folder), *checkpoints]
    with told(where), closing(open_to_verify(folder)) as connection:
        connection.execute("begin")
        if check_format(connection, where) == 0:
            raise JournalError("the file is empty", where=where, remedy="Restore a copy that verifies.")
        report = _walk(stored_rows(connection), known, where)
        _check_file(connection, where)
        stored = load_head(connection, where)
        if (stored[0].hash, stored[1].root().hex()) != (report.head, report.root):
            raise JournalError("the journal's head is altered", where=where, remedy="Restore from a copy that verifies.")
    return report


def _check_file(connection: sqlite3.Connection, where: str) -> None:
    """SQLite's own check: also finds damage in indexes, which the walk by seq never touches."""
    (found,) = connection.execute("pragma integrity_check(1)").fetchone()
    if found != "ok":
        remedy = "Stop, keep this copy, and restore from a backup that verifies."
        raise JournalError(f"the file is damaged: {found}", where=where, remedy=remedy)


def _walk(rows: Iterator[Row], checkpoints: Sequence[Checkpoint], where: str) -> Report:
    ordered = sorted(checkpoints, key=lambda checkpoint: checkpoint.size)
    waiting = iter(ordered)
    checkpoint = next(waiting, None)
    frontier, prev, signed = Frontier(), GENESIS, 0
    for row in rows:
        _check_row(row, frontier.size, prev, where)
        frontier.add(row.body)
        prev = row.hash
        while checkpoint is not None and checkpoint.size <= frontier.size:
            _check_checkpoint(checkpoint, frontier, prev, signed, where)
            signed, checkpoint = checkpoint.size, next(waiting, None)
    if checkpoint is not None:
        what = f"it is missing: the journal ends at {frontier.size}, but a checkpoint signed {ordered[-1].size} entries"
        raise BadEntry(frontier.size + 1, what, where=where)
    return Report(
        entries=frontier.size, head=prev.hex(), root=frontier.root().hex(), checkpoints=len(ordered), checkpointed=signed
    )


def _check_row(row: Row, before: int, prev: bytes, where: str) -> None:
    """Hold one row against the `before` good entries, the last of which has hash `prev`."""
    expected = before + 1
    if row.seq != expected:
        raise BadEntry(expected, f"it is missing: entry {row.seq} follows entry {before}", where=where)
    if not all(isinstance(part, bytes) for part in (row.body, row.prev, row.hash)) or link(row.prev, row.body) != row.hash:
        raise BadEntry(row.seq, "it was altered: its hash is not that of its text", where=where)
    if row.prev != prev:
        raise BadEntry(row.seq, f"it does not follow entry {before}: entries were swapped, replaced or taken out", where=where)
    try:
        stored = _DECODER.decode(row.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadEntry(row.seq, f"it is not a fact: {error}", where=where) from error
    for column in _Stored.columns:
        if getattr(stored, column) != getattr(row, column):
            what = f"column {column} says {getattr(row, column)!r}, the fact says {getattr(stored, column)!r}"
            raise BadEntry(row.seq, what, where=where)


def _check_checkpoint(checkpoint: Checkpoint, frontier: Frontier, prev: bytes, signed: int, where: str) -> None:
    if (checkpoint.size, checkpoint.head, checkpoint.root) != (frontier.size, prev.hex(), frontier.root().hex()):
        what = f"entries {signed + 1} to {checkpoint.size} are not those that the checkpoint of size {checkpoint.size} signed"
        raise BadEntry(signed + 1, f"{what}: the chain was written anew from somewhere among them", where=where)
