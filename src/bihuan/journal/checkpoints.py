"""Signed checkpoints: a tree head that outlives its journal, in the text form of C2SP tlog-checkpoint.

A checkpoint is a signed note (C2SP signed-note, Ed25519): origin, size, root, and as an extension line the hash of the
chain's last entry. `checkpoints.txt` holds them one after another, each closed by an empty line.
"""

import base64
import binascii
import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from bihuan.model.errors import JournalError

FILE = "checkpoints.txt"
PRIVATE = "keys/journal.key"
PUBLIC = "keys/journal.vkey"

_ED25519 = b"\x01"
"""The algorithm's number in C2SP signed-note."""

_NOTE = re.compile(
    r"(?P<text>(?P<origin>[^\n]+)\n(?P<size>0|[1-9]\d*)\n(?P<root>[A-Za-z0-9+/]{43}=)\nhead (?P<head>[0-9a-f]{64})\n)"
    r"\n(?P<signatures>(?:\u2014 [^\s+]+ [A-Za-z0-9+/=]+\n)+)\n"
)
_NAME = re.compile(r"[^\s+]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """`size` entries had the RFC 6962 tree head `root`, the last one the chain hash `head` (both hex)."""

    origin: str
    size: int
    root: str
    head: str

    def text(self) -> str:
        root = base64.b64encode(bytes.fromhex(self.root)).decode()
        return f"{self.origin}\n{self.size}\n{root}\nhead {self.head}\n"


class Verifier:
    """Whose signature to look for. `vkey` is the C2SP verifier key: name+id+key."""

    def __init__(self, vkey: str) -> None:
        """Raises JournalError when `vkey` is not such a key."""
        try:
            self.name, self.id, key = vkey.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
            if raw[:1] != _ED25519 or _key_id(self.name, raw) != self.id:
                raise ValueError("its parts do not belong together")
            self._key = Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError as error:
            raise JournalError(
                f"not a verifier key ({error})", where=PUBLIC, remedy="Put back the file written at the first start."
            ) from error

    def accepts(self, text: str, signatures: str) -> bool:
        """Whether one of the signature lines is this key's, and good. Lines of others (counter-signatures) are passed over."""
        for line in signatures.splitlines():
            _, name, coded = line.split(" ")
            try:
                raw = base64.b64decode(coded, validate=True)
                # The last letter has spare bits: without this, two spellings would be one signature.
                spelled_well = base64.b64encode(raw).decode() == coded
                if name == self.name and raw[:4].hex() == self.id and spelled_well:
                    self._key.verify(raw[4:], text.encode())
                    return True
            except (binascii.Error, InvalidSignature):
                return False
        return False


class Signer:
    """The centre's key, made at the first start and kept in `keys/` with mode 600."""

    def __init__(self, folder: Path, name: str, *, create: bool = True) -> None:
        """`name` is the origin. Raises JournalError when the key is missing and may not be made, or is not a key."""
        if not _NAME.fullmatch(name):
            raise JournalError(f"'{name}' cannot name a key", where=FILE, remedy="Use an origin without spaces and plus signs.")
        path = folder / PRIVATE
        if not path.exists():
            if not create:
                raise JournalError(
                    f"{PRIVATE} is missing, but its checkpoints are there",
                    where=str(folder),
                    remedy=f"Put it back from the backup. If it is lost for good, move {FILE} and keys/ aside together.",
                )
            _make_key(path)
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except ValueError as error:
            raise JournalError(
                f"not a private key ({error})", where=str(path), remedy="Put it back from the backup."
            ) from error
        assert isinstance(key, Ed25519PrivateKey)
        self._key, self._name = key, name
        public = _ED25519 + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._id = _key_id(name, public)
        self.vkey = f"{name}+{self._id}+{base64.b64encode(public).decode()}"
        if not (folder / PUBLIC).exists():
            _write_durably(folder / PUBLIC, (self.vkey + "\n").encode(), 0o644)

    def sign(self, text: str) -> str:
        """The signature line of a note."""
        raw = bytes.fromhex(self._id) + self._key.sign(text.encode())
        return f"\u2014 {self._name} {base64.b64encode(raw).decode()}\n"


class Checkpoints:
    """The checkpoints of one journal, beside it. `every` so many facts one is due."""

    def __init__(self, folder: Path, origin: str, *, every: int = 1000) -> None:
        """Makes the key on the first start. A half-written last checkpoint is cut off.

        Raises JournalError when the key or a checkpoint is damaged.
        """
        self._path, self._origin, self._every = folder / FILE, origin, every
        known = self._path.exists() and self._path.stat().st_size > 0
        self._signer = Signer(folder, origin, create=not known)
        found, self._length = _read(folder)
        self._cut_back()
        self.last: Checkpoint | None = found[-1] if found else None

    def due(self, size: int) -> bool:
        return size - (self.last.size if self.last else 0) >= self._every

    def write(self, size: int, root: str, head: str) -> None:
        """Sign and keep durably; does nothing when this size has one. Raises OSError when the disk refuses."""
        if size == (self.last.size if self.last else 0):
            return
        checkpoint = Checkpoint(origin=self._origin, size=size, root=root, head=head)
        text = checkpoint.text()
        note = f"{text}\n{self._signer.sign(text)}\n".encode()
        try:
            _append_durably(self._path, note)
        except OSError:
            self._cut_back()
            raise
        self._length += len(note)
        self.last = checkpoint

    def _cut_back(self) -> None:
        if self._path.exists() and self._path.stat().st_size > self._length:
            os.truncate(self._path, self._length)


def read_checkpoints(folder: Path) -> list[Checkpoint]:
    """All checkpoints of a journal's folder, oldest first, each with a good signature. A torn last one is left out.

    Raises JournalError at the first that is altered.
    """
    return _read(folder)[0]


def newest_note(folder: Path) -> tuple[Checkpoint, str] | None:
    """The last checkpoint and the signed note it stands in, as others may keep it; None before the first.

    Raises JournalError as `read_checkpoints`.
    """
    found, length = _read(folder)
    if not found:
        return None
    notes = (folder / FILE).read_bytes()[:length].decode()
    return found[-1], notes[notes.rindex(found[-1].text()) :]


def read_note(note: str, vkey: str) -> Checkpoint | None:
    """The checkpoint of a note signed by this key; None where it is none, or the signature does not hold."""
    found = _NOTE.fullmatch(note)
    if found is None or not Verifier(vkey).accepts(found["text"], found["signatures"]):
        return None
    root = base64.b64decode(found["root"]).hex()
    return Checkpoint(origin=found["origin"], size=int(found["size"]), root=root, head=found["head"])


def _read(folder: Path) -> tuple[list[Checkpoint], int]:
    """The checkpoints, and how many bytes of the file they take."""
    path = folder / FILE
    text = path.read_bytes().decode(errors="replace") if path.exists() else ""
    if not text:
        return [], 0
    if not (folder / PUBLIC).exists():
        raise JournalError(f"{PUBLIC} is missing: nothing to check signatures with", where=str(folder), remedy="Put it back.")
    verifier = Verifier((folder / PUBLIC).read_text())
    found: list[Checkpoint] = []
    position = 0
    while position < len(text):
        note = _NOTE.match(text, position)
        if note is None and text.count("\n\n", position) < 2:
            break  # what a crash in the middle of a write left: a finished one has an empty line before and after signatures
        if note is None or not verifier.accepts(note["text"], note["signatures"]):
            raise _altered(path, len(found) + 1, found[-1].size if found else 0)
        root = base64.b64decode(note["root"]).hex()
        found.append(Checkpoint(origin=note["origin"], size=int(note["size"]), root=root, head=note["head"]))
        position = note.end()
    return found, len(text[:position].encode())


def _altered(path: Path, number: int, good: int) -> JournalError:
    return JournalError(
        f"checkpoint {number} is altered: its signature does not hold",
        where=str(path),
        remedy=f"Checkpoints up to size {good} are good. Put the file back from a copy, or from the centre above.",
    )


def _key_id(name: str, public: bytes) -> str:
    return sha256(name.encode() + b"\n" + public).digest()[:4].hex()


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_durably(path, pem, 0o600)


def _write_durably(path: Path, raw: bytes, mode: int) -> None:
    """Whole or not at all, also when the power goes."""
    half = path.with_suffix(path.suffix + ".new")
    half.unlink(missing_ok=True)
    _append_durably(half, raw, mode)
    half.rename(path)
    _sync_folder(path.parent)


def _append_durably(path: Path, raw: bytes, mode: int = 0o644) -> None:
    new = not path.exists()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode)
    try:
        while raw:
            raw = raw[os.write(file, raw) :]
        os.fsync(file)
    finally:
        os.close(file)
    if new:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
