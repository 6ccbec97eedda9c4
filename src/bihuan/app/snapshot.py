"""Snapshots of what the readings did: a cache beside journal and intake log, so that a start need not relive them all.

`snapshots/000000012345.npz` belongs to the journal's entry 12345: its columns, and an `about` that says what they belong to
and their digest. The journal stays the truth: a snapshot is taken only where everything it names is still the same.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from bihuan.history.files import sync
from bihuan.journal.contract import Journal
from bihuan.model.errors import JournalError
from bihuan.pack.rules import Rules

FORMAT = 1
"""Of the file and of what the columns mean. Another one is passed over, never read."""

KEPT = 2
"""The newest may turn out damaged; the log is pruned only before the older."""

Arrays = dict[str, npt.NDArray[Any]]

log = logging.getLogger(__name__)


class _Format(msgspec.Struct, frozen=True):
    format: int


class About(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    seq: int
    """Sequence of the journal's last entry then, and its hash."""
    hash: str
    entry: int
    """The last entry of the intake log that is in here."""
    rules: str
    """Digest of the rules in force."""
    digest: str
    """SHA-256 over all columns by name."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    about: About
    arrays: Arrays


class Snapshots:
    """The snapshots of a folder. One thread at a time writes; reading never changes one that is good."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble: JournalError | None = None
        """What was found damaged and set aside."""

    def write(self, about: About, arrays: Arrays) -> None:
        """Keep one durably, whole or not at all, and remove the oldest. `about.digest` is filled in.

        Raises JournalError when the disk refuses.
        """
        about = msgspec.structs.replace(about, digest=digest_of(arrays))
        path, half = self.folder / f"{about.seq:012}.npz", self.folder / "writing.new"
        try:
            self.folder.mkdir(exist_ok=True)
            with half.open("wb") as file:
                # As a file, not a name: numpy would put `.npz` behind it.
                np.savez(file, **{"about": np.frombuffer(msgspec.json.encode(about), np.uint8), **arrays})  # type: ignore[arg-type]
                file.flush()
                os.fsync(file.fileno())
            half.rename(path)
            sync(self.folder)
            self._remove_old(about.seq)
        except OSError as error:
            raise JournalError(
                f"no snapshot could be written: {error.strerror or error}",
                where=str(path),
                remedy="Nothing is lost: a start takes longer. Make room on the disk; the next night writes one.",
            ) from error

    def newest(self, journal: Journal, rules: Rules, *, other_rules: bool = False) -> Iterator[Snapshot]:
        """Those of this journal, newest first: of these rules or, if asked, of others, which may have other series."""
        for path in self._paths():
            head = self._load(path, columns=False)
            if head is None or not _is_of(head.about, journal):
                continue
            if (head.about.rules != rules.digest) == other_rules and (whole := self._load(path)) is not None:
                yield whole

    def fitting(self, journal: Journal, rules: Rules) -> list[About]:
        """What those say that a start could go on from, read and held against their digests, newest first."""
        return [found.about for found in self.newest(journal, rules)]

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.npz"), reverse=True)

    def _remove_old(self, seq: int) -> None:
        """All but the newest; those of entries that the journal does not have (any more) first."""
        ours = [path for path in self._paths() if int(path.stem) <= seq]
        for path in set(self._paths()) - set(ours[:KEPT]):
            path.unlink(missing_ok=True)

    def _load(self, path: Path, *, columns: bool = True) -> Snapshot | None:
        """None for one of another format, and for one that is damaged: that is set aside."""
        try:
            # Opened here: numpy leaves a file open that turns out to be none of its own.
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                raw = file["about"].tobytes()
                if msgspec.json.decode(raw, type=_Format).format != FORMAT:
                    return None
                about = msgspec.json.decode(raw, type=About)
                arrays = {name: file[name] for name in file.files if name != "about"} if columns else {}
            if columns and digest_of(arrays) != about.digest:
                raise ValueError("its columns are not those its digest was made of")
        except FileNotFoundError:
            return None  # a newer one has just taken its place
        except MemoryError:
            raise
        except Exception as error:  # damage shows as almost anything: of zip, of numpy, of JSON, of the disk
            self._set_aside(path, error)
            return None
        return Snapshot(about, arrays)

    def _set_aside(self, path: Path, error: Exception) -> None:
        """Rename a damaged one, so that it is neither taken nor lost, and say so."""
        damaged = path.with_suffix(".npz.damaged")
        self.trouble = JournalError(
            f"a snapshot is damaged and was not used: {error}",
            where=str(damaged),
            remedy="Nothing is lost: the start took longer. Look at the disk, then remove the file.",
        )
        log.warning("%s", self.trouble)
        try:
            path.rename(damaged)
        except OSError as worse:
            log.warning("it could not be renamed: %s", worse)


def about_now(journal: Journal, rules: Rules, seq: int, entry: int) -> About:
    """What a snapshot of the loop as it stands belongs to. The caller keeps the loop from turning."""
    head = journal.head()
    assert head.seq == seq, "the loop stands where the journal ends"
    return About(
        format=FORMAT,
        seq=seq,
        hash=head.hash,
        entry=entry,
        rules=rules.digest,
        digest="",
    )


def digest_of(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 over names, types, shapes and bytes of columns, by name."""
    out = sha256()
    for name in sorted(arrays):
        column = np.ascontiguousarray(arrays[name])
        out.update(f"{name} {column.dtype.str} {arrays[name].shape}\n".encode())
        out.update(column.data)
    return out.hexdigest()


def _is_of(about: About, journal: Journal) -> bool:
    entry = next(journal.read(about.seq - 1, about.seq), None)
    return entry is not None and entry.hash == about.hash
