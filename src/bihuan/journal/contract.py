"""What every journal does, whatever it is kept in. One suite of tests holds all of them to it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where the chain ends: the last fact's `seq` (0: empty) and the hash of its entry, in hex."""

    seq: int
    hash: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A fact and its place in the chain: `hash` = SHA-256 over the bytes of `prev` and the fact's canonical JSON."""

    fact: Fact
    prev: str
    hash: str


class Row(NamedTuple):
    """An entry as it lies in store, unjudged: for verification only."""

    seq: int
    id: str
    kind: str
    subject: str
    at: int
    recorded_at: int
    body: bytes
    prev: bytes
    hash: bytes


class BadEntry(JournalError):
    """The first entry that is not as it was written. `entry` is its number."""

    def __init__(self, entry: int, what: str, *, where: str) -> None:
        self.entry = entry
        remedy = (
            f"Entries up to {entry - 1} are good. Stop, keep this copy as evidence, and restore from a copy that verifies."
            if entry > 1
            else "Stop, keep this copy as evidence, and restore from a copy that verifies."
        )
        super().__init__(what, where=f"{where}: entry {entry}", remedy=remedy)


class Unwritable(JournalError):
    """A fact has no canonical form: what led to it is at fault, not the store."""


class Rows(Protocol):
    """What verification needs of a journal."""

    @property
    def where(self) -> str:
        """How messages name this journal."""

    def rows(self) -> Iterator[Row]:
        """Every entry as it lies in store, by rising `seq`."""


class Journal(Rows, Protocol):
    """Append-only facts. One writer; readers in any thread see only what is durable."""

    def append(self, facts: Sequence[Fact]) -> Head:
        """Make all of `facts` durable, or none, and answer the new head.

        Raises JournalError when a `seq` is not the next one, an id exists, a number has no JSON form, or the store
        refuses (disk full, damaged); nothing is written then and the journal stays usable.
        """

    def read(
        self, after: int = 0, until: int | None = None, *, kind: str | None = None, subject: str | None = None
    ) -> Iterator[Entry]:
        """Entries with `after` < seq <= `until` (default: the head at this call), in order.

        At most one of `kind` and `subject` narrows it down. Raises JournalError at an entry that cannot be read.
        """

    def newest(self, subject: str, most: int) -> list[Entry]:
        """The newest entries with this subject, at most so many, in order. Raises JournalError as `read`."""

    def head(self) -> Head: ...

    def by_id(self, id: str) -> Entry | None: ...

    def checkpoint(self) -> None:
        """Sign the head as it is now, where this journal signs heads at all."""

    def close(self) -> None: ...
