"""The journal in SQLite: one file, one writer, every commit on disk before it is answered."""

import re
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from bihuan.journal.chain import GENESIS, Frontier, entry_of, id_exists, link_facts
from bihuan.journal.checkpoints import FILE as CHECKPOINTS
from bihuan.journal.checkpoints import Checkpoints
from bihuan.journal.contract import Entry, Head, Row
from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact

FILE = "journal.sqlite"
FORMAT = 1
"""`user_version` of the file."""

PAGE = 1000
"""Entries fetched at once: no reader holds a transaction open while its caller thinks."""

_SQL = dict(re.findall(r"^-- name: (\S+)\n(.*?);$", Path(__file__).with_name("queries.sql").read_text(), re.M | re.S))

_REMEDIES = {
    sqlite3.SQLITE_FULL: "Nothing was written. Make room on the disk; the journal goes on by itself.",
    sqlite3.SQLITE_IOERR: "Nothing was written. Look at the disk (full, failing, gone?) and at the system's log.",
    sqlite3.SQLITE_BUSY: "Another process is writing this journal. Stop it: a journal has one writer.",
    sqlite3.SQLITE_READONLY: "Nothing was written. Give the service's account the right to write the file and its folder.",
    sqlite3.SQLITE_CANTOPEN: "Check that the folder exists and the service's account may read and write it.",
    sqlite3.SQLITE_CORRUPT: "The file is damaged. Stop, keep this copy, and restore from a backup that verifies.",
    sqlite3.SQLITE_NOTADB: "Damaged, or no journal. Stop, keep this copy, and restore from a backup that verifies.",
}


class SqliteJournal:
    """The journal of `folder`. Give `checkpoints` so that every so many facts, and at the close, a checkpoint is signed.

    A checkpoint that the disk refused does not fail an append (the facts are durable by then): `trouble` says so, and it
    is tried again with the next append and at the close.
    """

    def __init__(self, folder: Path, checkpoints: Checkpoints | None = None) -> None:
        """Opens or makes the journal. Raises JournalError when it is damaged, newer than this release, or shorter than its
        last checkpoint."""
        self.where = str(folder / FILE)
        self.trouble = ""
        self._checkpoints = checkpoints
        self._write_lock, self._read_lock = Lock(), Lock()
        with told(self.where):
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = _connect(folder / FILE)
            try:
                _prepare(self._writer, self.where)
                self._head, self._frontier = load_head(self._writer, self.where)
                self._hold_against_checkpoint()
                self._reader = _connect(folder / FILE)
                self._reader.execute("pragma query_only = on")
            except BaseException:
                self._writer.close()
                raise

    def append(self, facts: Sequence[Fact]) -> Head:
        if not facts:
            return self._head
        with self._write_lock:
            frontier = self._frontier.copy()
            rows = link_facts(facts, self._head, frontier, where=self.where)
            with told(self.where), _transaction(self._writer):
                self._insert(rows)
                self._move_head(rows[-1], frontier)
            self._head, self._frontier = Head(seq=rows[-1].seq, hash=rows[-1].hash.hex()), frontier
            if self._checkpoints and self._checkpoints.due(self._head.seq):
                self._write_checkpoint(self._checkpoints)
            return self._head

    def read(
        self, after: int = 0, until: int | None = None, *, kind: str | None = None, subject: str | None = None
    ) -> Iterator[Entry]:
        assert kind is None or subject is None
        sql = _SQL["read" if kind is None and subject is None else "read-kind" if subject is None else "read-subject"]
        until = self._head.seq if until is None else until
        return self._pages(sql, {"after": after, "until": until, "wanted": kind if subject is None else subject, "most": PAGE})

    def newest(self, subject: str, most: int) -> list[Entry]:
        with told(self.where), self._read_lock:
            rows = self._reader.execute(_SQL["newest-subject"], {"wanted": subject, "most": most}).fetchall()
        return [entry_of(body, prev, hash, where=self.where, seq=seq) for seq, body, prev, hash in reversed(rows)]

    def head(self) -> Head:
        return self._head

    def root(self) -> str:
        """RFC 6962 tree head over all entries, in hex."""
        return self._frontier.root().hex()

    def by_id(self, id: str) -> Entry | None:
        with told(self.where), self._read_lock:
            row = self._reader.execute(_SQL["by-id"], {"id": id}).fetchone()
        return None if row is None else entry_of(*row[1:], where=self.where, seq=row[0])

    def rows(self) -> Iterator[Row]:
        with told(self.where), closing(_connect(Path(self.where), read_only=True)) as reader:
            yield from stored_rows(reader)

    def checkpoint(self) -> None:
        if self._checkpoints:
            with self._write_lock:
                self._write_checkpoint(self._checkpoints)

    def close(self) -> None:
        """Signs a last checkpoint. Raises JournalError when the disk refuses it; the journal is closed all the same."""
        if self._checkpoints:
            self._write_checkpoint(self._checkpoints)
        self._reader.close()
        self._writer.close()
        if self.trouble:
            raise JournalError(self.trouble, where=self.where, remedy="All facts are safe. Make room and start once more.")

    def _insert(self, rows: list[Row]) -> None:
        try:
            self._writer.executemany(_SQL["append-entry"], rows)
        except sqlite3.IntegrityError as error:
            for row in rows:
                if self._writer.execute(_SQL["by-id"], {"id": row.id}).fetchone():
                    raise id_exists(row.id, self.where) from error
            raise _other_writer(self.where) from error

    def _move_head(self, last: Row, frontier: Frontier) -> None:
        values = {"seq": last.seq, "hash": last.hash, "frontier": frontier.packed(), "before": self._head.seq}
        if self._writer.execute(_SQL["move-head"], values).rowcount != 1:
            raise _other_writer(self.where)

    def _pages(self, sql: str, values: dict[str, Any]) -> Iterator[Entry]:
        while True:
            with told(self.where), self._read_lock:
                page = self._reader.execute(sql, values).fetchall()
            for seq, body, prev, hash in page:
                yield entry_of(body, prev, hash, where=self.where, seq=seq)
            if len(page) < PAGE:
                return
            values["after"] = page[-1][0]

    def _write_checkpoint(self, checkpoints: Checkpoints) -> None:
        try:
            checkpoints.write(self._head.seq, self.root(), self._head.hash)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"no checkpoint could be written at size {self._head.seq}: {error}"

    def _hold_against_checkpoint(self) -> None:
        """A journal shorter than its checkpoint, or another one, must not be continued: that would be a fork."""
        last = self._checkpoints.last if self._checkpoints else None
        if last is None:
            return
        row = self._writer.execute(_SQL["hash-of"], {"seq": last.size}).fetchone()
        if row is None or row[0].hex() != last.head:
            what = f"ends at entry {self._head.seq}" if row is None else f"has another entry {last.size}"
            raise JournalError(
                f"the journal {what}, but {CHECKPOINTS} signed {last.size} entries",
                where=self.where,
                remedy=f"Restore the journal that belongs to it. To go on from this copy knowingly, move {CHECKPOINTS} aside.",
            )


def open_to_verify(folder: Path) -> sqlite3.Connection:
    """A read-only connection, whatever state the file is in. Raises JournalError when there is no such file."""
    if not (folder / FILE).exists():
        raise JournalError("there is no journal here", where=str(folder / FILE), remedy="Name the data folder.")
    return _connect(folder / FILE, read_only=True)


def stored_rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """Every entry as it lies in store, by rising seq."""
    return map(Row._make, connection.execute(_SQL["rows"]))


def read_facts(folder: Path) -> Iterator[Fact]:
    """Every fact in order, read only: whoever is writing is not disturbed. Raises JournalError at one that cannot be read."""
    where = str(folder / FILE)
    with told(where), closing(open_to_verify(folder)) as connection:
        for row in stored_rows(connection):
            yield entry_of(row.body, row.prev, row.hash, where=where, seq=row.seq).fact


def entries_of(folder: Path, kind: str) -> Generator[Entry, None, None]:
    """Every entry of a kind in order, read only. Raises JournalError at one that cannot be read."""
    where = str(folder / FILE)
    with told(where), closing(open_to_verify(folder)) as connection:
        found = {"after": 0, "until": 2**62, "wanted": kind, "most": -1}
        for seq, body, prev, hash in connection.execute(_SQL["read-kind"], found):
            yield entry_of(body, prev, hash, where=where, seq=seq)


def load_head(connection: sqlite3.Connection, where: str) -> tuple[Head, Frontier]:
    """The head as last committed. Raises JournalError when it is missing or is not the last entry's."""
    found, last = connection.execute(_SQL["head"]).fetchone(), connection.execute(_SQL["last-entry"]).fetchone()
    remedy = "Run `bihuan journal verify`, then restore from a copy that verifies."
    seq, hash, packed = found or (0, None, None)
    if not isinstance(hash, bytes) or not isinstance(packed, bytes) or len(packed) != 32 * seq.bit_count():
        raise JournalError("the journal's head is lost or altered", where=where, remedy=remedy)
    if (seq, hash) != (last or (0, GENESIS)):
        what = f"the head says {seq} entries, but the last entry is {last[0] if last else 0}"
        raise JournalError(what if last is None or last[0] != seq else f"entry {seq} is altered", where=where, remedy=remedy)
    return Head(seq=seq, hash=hash.hex()), Frontier(seq, packed)


def check_format(connection: sqlite3.Connection, where: str) -> int:
    """The file's format; 0: an empty file. Raises JournalError for one this release does not know."""
    (found,) = connection.execute("pragma user_version").fetchone()
    (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
    if found != (FORMAT if tables else 0):
        remedy = "Use the release that wrote it. If none did, the file is damaged: restore a copy that verifies."
        raise JournalError(f"the journal has format {found}, this release knows {FORMAT}", where=where, remedy=remedy)
    return int(found)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Says what an error of SQLite means for the operator."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        remedy = _REMEDIES.get(code, _REMEDIES[sqlite3.SQLITE_CORRUPT])
        raise JournalError(str(error), where=where, remedy=remedy) from error


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Autocommit, so that every transaction is begun by name; usable from any one thread at a time."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute("pragma busy_timeout = 5000")
    connection.execute("pragma trusted_schema = off")
    return connection


def _prepare(connection: sqlite3.Connection, where: str) -> None:
    new = check_format(connection, where) == 0
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    if not new:
        return
    with _transaction(connection):
        for name in ("create-entry", "create-entry-kind", "create-entry-subject", "create-head"):
            connection.execute(_SQL[name])
        connection.execute(_SQL["first-head"], {"hash": GENESIS, "frontier": b""})
        connection.execute(f"pragma user_version = {FORMAT}")


def _other_writer(where: str) -> JournalError:
    return JournalError(
        "the journal has moved on without this process",
        where=where,
        remedy="Nothing was written. Another process is writing this journal: stop one of the two and start again.",
    )
