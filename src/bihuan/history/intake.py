"""The durable log of what came in: batches in order, on disk before anybody is told they were taken.

A log is a folder of segments `intake-00000001.log`. A segment is a head and frames; a frame holds the batches of one
`append`, or the numberings of series that batches after it refer to, each once a segment: whoever has a segment can read it
without the packs. A frame ends in SHA-256 over the previous frame's digest, its own head and the digests of its parts. So
it is there whole or not at all, and no byte before the last frame can change unseen. Whole segments may be pruned from the
front: `anchor.json` then says with which segment, entry and digest the log begins, and is on disk before the first of them
goes.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import BinaryIO

import msgspec

from bihuan.model.errors import JournalError
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch, unpacked

SEGMENT_BYTES = 64 * 1024 * 1024
"""A segment takes no further frame beyond this; one frame may be larger."""

_SECTOR = 512
"""Disks write this much whole or not at all."""

_DIGEST = 32
_GENESIS = bytes(_DIGEST)
_SEGMENT_HEAD = struct.Struct("<8sQ32s32s")
"""Mark, first entry, digest of the frame before it, SHA-256 over these three."""
_SEGMENT_MARK = b"BHINTAK2"
_FRAME_HEAD = struct.Struct("<4sIQIQ")
"""Mark, CRC-32 of what follows in this head, first entry, batches, bytes of the parts."""
_FRAME_MARK, _NAMES_MARK = b"FRAM", b"NAME"
"""Before batches, and before numberings, where the first entry is the next one and the batches are none."""
_LENGTH = struct.Struct("<Q")
_ANCHOR = "anchor.json"

Bytes = bytes | memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    path: Path
    number: int
    first: int
    prev: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    first: int
    count: int
    start: int
    """Where in the file its parts begin."""
    size: int

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    @property
    def end(self) -> int:
        return self.start + self.size + _DIGEST


class _Anchor(msgspec.Struct, frozen=True):
    """Where a pruned log begins."""

    segment: int = 1
    first: int = 1
    prev: str = _GENESIS.hex()
    """Digest of the last frame that was pruned."""
    digest: str = ""
    """SHA-256 over the three."""

    @property
    def expected_digest(self) -> str:
        return sha256(f"{self.segment} {self.first} {self.prev}".encode()).hexdigest()


class _Damage(Exception):
    """A frame that cannot be believed. `torn`: it looks like the last write before a crash."""

    def __init__(self, what: str, *, torn: bool) -> None:
        self.torn = torn
        super().__init__(what)


class IntakeLog:
    """The intake log of `folder`; entries count from 1. One process writes it, one thread at a time; others may read.

    `dropped_bytes` says how much of an unfinished last write was cut off at opening: it was never acknowledged.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES, read_only: bool = False) -> None:
        """Opens or makes the log, checking the last segment whole and the heads of the others.

        Raises JournalError where anything but an unfinished last write is damaged, and when another process writes it.
        """
        self.folder = folder
        self.dropped_bytes = 0
        self.last = 0
        self._segment_bytes = segment_bytes
        self._prev = _GENESIS
        self._end = 0
        self._named: set[str] = set()
        """Digests of the numberings that the last segment has."""
        self._file: int | None = None
        self._refuses = "the log is open for reading only" if read_only else ""
        if not read_only:
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = None if read_only else _lock(folder / "intake.lock")
        try:
            self._anchor = _read_anchor(folder / _ANCHOR)
            self._segments = self._open_segments()
            self._find_end()
        except BaseException:
            self.close()
            raise

    def append(self, batches: Sequence[Batch]) -> list[int]:
        """Make all of `batches` durable, or none, with one sync; answer their entry numbers.

        Raises JournalError when the disk refuses; the log is then as before and takes the next append.
        """
        if self._refuses:
            raise JournalError(self._refuses, where=str(self.folder), remedy="Nothing was written. Restart the service.")
        if not batches:
            return []
        first = self.last + 1
        if self._file is None or self._end + sum(_room(batch) for batch in batches) > self._segment_bytes:
            self._next_segment()
        new = {digest: one for batch in batches if (digest := (one := batch.numbering).digest) not in self._named}
        raw, prev = b"", self._prev
        if new:
            parts = [one.packed for one in new.values()]
            raw, prev = _frame(_NAMES_MARK, prev, first, 0, [([part], digest) for part, digest in zip(parts, new, strict=True)])
        more, prev = _frame(_FRAME_MARK, prev, first, len(batches), [(batch.parts, batch.digest) for batch in batches])
        self._write(raw + more)
        self._named.update(new)
        self.last, self._prev = self.last + len(batches), prev
        return list(range(first, self.last + 1))

    def read(self, after: int = 0) -> Iterator[tuple[int, Batch]]:
        """Entries above `after` up to the last at this call, in order, checked against the chain.

        Raises JournalError at the first that is damaged, naming entry and file, and when some of them were pruned.
        """
        after = max(after, 0)
        if after < self.first - 1:
            raise JournalError(
                f"entries up to {self.first - 1} were pruned, so there is no reading on from {after}",
                where=str(self.folder),
                remedy="Their readings are in the history. To have the batches themselves, restore the log from a backup.",
            )
        return self._read(after, self.last, tuple(self._segments))

    @property
    def first(self) -> int:
        """The first entry that was not pruned; `last + 1` while there is none."""
        return self._segments[0].first if self._segments else self._anchor.first

    def prune(self, through: int) -> int:
        """Remove the segments in which no entry is above `through`, never the last segment; answer the first entry left.

        Only for entries whose rows are safe in the history and whose receipts are in the journal: the caller knows. What is
        left is checked against the digest of what went. Raises JournalError when the disk refuses; the log goes on.
        """
        if self._refuses:
            raise JournalError(self._refuses, where=str(self.folder), remedy="Nothing was removed. Restart the service.")
        kept = next((n for n, (_, after) in enumerate(pairwise(self._segments)) if after.first > through + 1), None)
        kept = max(len(self._segments) - 1, 0) if kept is None else kept
        if kept:
            head = self._segments[kept]
            anchor = _Anchor(segment=head.number, first=head.first, prev=head.prev.hex())
            _write_anchor(self.folder / _ANCHOR, anchor)
            self._anchor = anchor
            gone, self._segments = self._segments[:kept], self._segments[kept:]
            for segment in gone:
                _remove(segment.path)
        return self.first

    def close(self) -> None:
        for file in (self._file, self._lock):
            if file is not None:
                os.close(file)
        self._file = self._lock = None
        self._refuses = self._refuses or "the log is closed"

    # --- writing ---

    def _write(self, frame: bytes) -> None:
        assert self._file is not None
        try:
            _write_all(self._file, frame, self._end)
            os.fdatasync(self._file)
        except OSError as error:
            self._take_back(error)
        self._end += len(frame)

    def _take_back(self, error: OSError) -> None:
        """Cut a half-written frame off again, so that the log ends as before."""
        assert self._file is not None
        try:
            os.ftruncate(self._file, self._end)
            os.fsync(self._file)
        except OSError as worse:
            self._refuses = f"the disk failed and what it holds is unsure: {worse}"
        raise _disk_refused(self._segments[-1].path, error) from error

    def _next_segment(self) -> None:
        """Begin the next segment. A head cut short by a crash is removed at the next opening."""
        number = self._segments[-1].number + 1 if self._segments else self._anchor.segment
        path = self.folder / f"intake-{number:08}.log"
        parts = struct.pack("<8sQ32s", _SEGMENT_MARK, self.last + 1, self._prev)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
            try:
                _write_all(file, parts + sha256(parts).digest(), 0)
                os.fsync(file)
                _sync_folder(self.folder)
            except OSError:
                os.close(file)
                path.unlink()
                raise
        except OSError as error:
            raise _disk_refused(path, error) from error
        if self._file is not None:
            os.close(self._file)
        self._file, self._end, self._named = file, _SEGMENT_HEAD.size, set()
        self._segments.append(_Segment(path=path, number=number, first=self.last + 1, prev=self._prev))

    # --- opening ---

    def _open_segments(self) -> list[_Segment]:
        paths = self._unpruned()
        segments: list[_Segment] = []
        for number, path in enumerate(paths, self._anchor.segment):
            if path.name != f"intake-{number:08}.log":
                raise _damaged(path, 0, f"segment intake-{number:08}.log before it is missing")
            segment = _read_segment_head(path, number)
            if segment is None and path != paths[-1]:
                raise _damaged(path, 0, "its head is damaged")
            if segment is not None:
                segments.append(segment)
        if len(segments) < len(paths):
            self._drop_segment(paths[-1])
        if segments and (segments[0].first, segments[0].prev.hex()) != (self._anchor.first, self._anchor.prev):
            raise _damaged(segments[0].path, segments[0].first, "it does not follow what was before it")
        if not segments and self._anchor.segment > 1:
            raise _damaged(self.folder / _ANCHOR, 0, f"segment intake-{self._anchor.segment:08}.log is missing")
        return segments

    def _unpruned(self) -> list[Path]:
        """The segments from the anchor on. Those before it a crash kept from being removed: they go now."""
        paths = sorted(self.folder.glob("intake-*.log"))
        first = f"intake-{self._anchor.segment:08}.log"
        if self._lock is not None:
            for path in paths:
                if path.name < first:
                    _remove(path)
        return [path for path in paths if path.name >= first]

    def _drop_segment(self, path: Path) -> None:
        """The last segment has no good head: either its making was cut short, or it is damaged."""
        if path.stat().st_size > _SEGMENT_HEAD.size:
            raise _damaged(path, 0, "its head is damaged")
        self.dropped_bytes += path.stat().st_size
        if self._lock is not None:
            path.unlink()

    def _find_end(self) -> None:
        if not self._segments:
            return
        segment = self._segments[-1]
        self.last, self._prev, self._end = segment.first - 1, segment.prev, _SEGMENT_HEAD.size
        with segment.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            try:
                names: dict[str, memoryview] = {}
                for frame, _, self._prev in _frames(file, segment, size, names, after=0):
                    self.last, self._end = frame.last, frame.end
                    self._named.update(names)
            except _Damage as damage:
                if not damage.torn:
                    raise _damaged(segment.path, self.last + 1, str(damage)) from damage
        self.dropped_bytes += size - self._end
        if self._lock is not None:
            self._file = os.open(segment.path, os.O_RDWR)
            if size > self._end:
                os.ftruncate(self._file, self._end)
                os.fsync(self._file)

    # --- reading ---

    def _read(self, after: int, until: int, segments: Sequence[_Segment]) -> Iterator[tuple[int, Batch]]:
        names = _Names()
        for segment, following in zip_longest(segments, segments[1:]):
            end = until if following is None else following.first - 1
            if end <= after:
                continue
            done, digest = segment.first - 1, segment.prev
            with _opened(segment.path) as file:
                try:
                    names.raw.clear()
                    size = os.fstat(file.fileno()).st_size
                    for frame, parts, found in _frames(file, segment, size, names.raw, after=after):
                        for entry, part in enumerate(parts if frame.count else (), frame.first):
                            if entry > after:
                                yield entry, unpacked(part, names)
                        done, digest = frame.last, found
                        if done >= end:
                            break
                except (_Damage, ValueError) as error:
                    raise _damaged(segment.path, done + 1, str(error)) from error
            if done != end:
                raise _damaged(segment.path, done + 1, f"it breaks off, though entries up to {end} were written")
            if following is not None and digest != following.prev:
                raise _damaged(segment.path, done, "the next segment follows another entry")


def _room(batch: Batch) -> int:
    """Bytes that a batch takes at the most, without the numbering."""
    return 256 + len(batch.source.encode()) + 21 * len(batch)


def _frame(
    mark: bytes, prev: bytes, first: int, count: int, parts: Sequence[tuple[Sequence[Bytes], str]]
) -> tuple[bytes, bytes]:
    """A frame of parts, each in pieces with its digest, and the digest of the frame."""
    lengths = [_LENGTH.pack(sum(len(piece) for piece in pieces)) for pieces, _ in parts]
    size = sum(_LENGTH.size + _LENGTH.unpack(length)[0] for length in lengths)
    rest = struct.pack("<QIQ", first, count, size)
    head = struct.pack("<4sI", mark, zlib.crc32(rest, zlib.crc32(mark))) + rest
    digest = _digest(prev, head, zip(lengths, (bytes.fromhex(own) for _, own in parts), strict=True))
    payload = [piece for length, (pieces, _) in zip(lengths, parts, strict=True) for piece in (length, *pieces)]
    return b"".join([head, *payload, digest]), digest


def _digest(prev: bytes, head: bytes, parts: Iterable[tuple[bytes | memoryview, bytes]]) -> bytes:
    """Of a frame: `parts` are the packed lengths and the digests of its parts."""
    out = sha256(prev + head)
    for length, digest in parts:
        out.update(length)
        out.update(digest)
    return out.digest()


def _frames(
    file: BinaryIO, segment: _Segment, size: int, names: dict[str, memoryview], *, after: int
) -> Iterator[tuple[_Frame, list[memoryview], bytes]]:
    """Each frame of batches with its parts and its digest; those that end at or before entry `after` are passed over unread.
    What numberings there are goes into `names`."""
    position, first, prev = _SEGMENT_HEAD.size, segment.first, segment.prev
    while position < size:
        file.seek(position)
        head = file.read(_FRAME_HEAD.size)
        frame = _read_head(head, position, first, size)
        parts: list[memoryview] = []
        if frame.count and frame.last <= after:
            file.seek(frame.end - _DIGEST)
            digest = file.read(_DIGEST)
        else:
            payload, digest = file.read(frame.size), file.read(_DIGEST)
            lengths, parts = _parts(payload)
            digests = [sha256(part).digest() for part in parts]
            if _digest(prev, head, zip(lengths, digests, strict=True)) != digest:
                torn = frame.end == size and _unwritten(head + payload + digest, position)
                raise _Damage("its digest is not that of its bytes", torn=torn)
            if not frame.count:
                names.update((own.hex(), part) for own, part in zip(digests, parts, strict=True))
        yield frame, parts, digest
        position, first, prev = frame.end, frame.last + 1, digest


def _parts(payload: bytes) -> tuple[list[memoryview], list[memoryview]]:
    """The packed lengths and the parts of a frame; of damaged bytes whatever comes out, its digest is another."""
    left, lengths, parts = memoryview(payload), [], []
    while left:
        lengths.append(left[: _LENGTH.size])
        length = int.from_bytes(lengths[-1], "little")
        parts.append(left[_LENGTH.size : _LENGTH.size + length])
        left = left[_LENGTH.size + length :]
    return lengths, parts


def _read_head(head: bytes, position: int, first: int, size: int) -> _Frame:
    if len(head) < _FRAME_HEAD.size:
        raise _Damage("it breaks off in its head", torn=True)
    mark, crc, found, count, length = _FRAME_HEAD.unpack(head)
    if mark not in (_FRAME_MARK, _NAMES_MARK) or crc != zlib.crc32(head[8:], zlib.crc32(mark)):
        raise _Damage("its head is damaged", torn=_unwritten(head, position))
    if found != first or (count == 0) != (mark == _NAMES_MARK):
        raise _Damage(f"entry {found} lies where {first} belongs", torn=False)
    frame = _Frame(first=first, count=count, start=position + _FRAME_HEAD.size, size=length)
    if frame.end > size:
        raise _Damage("it breaks off", torn=True)
    return frame


def _unwritten(raw: bytes, position: int) -> bool:
    """Whether a sector's worth of these bytes is all zero: the power went before the disk had it."""
    edges = [0, *range(_SECTOR - position % _SECTOR, len(raw), _SECTOR), len(raw)]
    return any(not any(raw[a:b]) for a, b in pairwise(edges) if a < b)


class _Names:
    """Numberings by their digests, unpacked once however many segments have them."""

    def __init__(self) -> None:
        self.raw: dict[str, memoryview] = {}
        self._made: dict[str, Numbering] = {}

    def __call__(self, digest: str) -> Numbering:
        """Raises ValueError where the segments read so far have none."""
        if digest not in self._made:
            if digest not in self.raw:
                raise ValueError(f"the numbering {digest[:8]} is not in it")
            self._made[digest] = Numbering.unpacked(self.raw[digest])
        return self._made[digest]


def _read_segment_head(path: Path, number: int) -> _Segment | None:
    with path.open("rb") as file:
        raw = file.read(_SEGMENT_HEAD.size)
    if len(raw) < _SEGMENT_HEAD.size or sha256(raw[:-_DIGEST]).digest() != raw[-_DIGEST:] or raw[:8] != _SEGMENT_MARK:
        return None
    _, first, prev, _ = _SEGMENT_HEAD.unpack(raw)
    return _Segment(path=path, number=number, first=first, prev=prev)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        remedy = "If the log was pruned meanwhile, read again from its first entry."
        raise JournalError("this segment of the intake log is gone", where=str(path), remedy=remedy) from error


def _read_anchor(path: Path) -> _Anchor:
    if not path.exists():
        return _Anchor()
    try:
        anchor = msgspec.json.decode(path.read_bytes(), type=_Anchor)
    except msgspec.DecodeError as error:
        raise _damaged(path, 0, str(error)) from error
    if anchor.digest != anchor.expected_digest:
        raise _damaged(path, 0, "its digest is not that of what it says")
    return anchor


def _write_anchor(path: Path, anchor: _Anchor) -> None:
    half = path.with_suffix(".new")
    raw = msgspec.json.encode(msgspec.structs.replace(anchor, digest=anchor.expected_digest))
    try:
        file = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            _write_all(file, raw, 0)
            os.fsync(file)
        finally:
            os.close(file)
        half.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _disk_refused(path, error) from error


def _remove(path: Path) -> None:
    """What cannot be removed now is at the next opening."""
    with suppress(OSError):
        path.unlink()


def _write_all(file: int, raw: bytes, position: int) -> None:
    left = memoryview(raw)
    while left:
        written = os.pwrite(file, left, position)
        left, position = left[written:], position + written


def _lock(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise JournalError(
            "another process writes this intake log", where=str(path.parent), remedy="Stop it: the log has one writer."
        ) from error
    return file


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _damaged(path: Path, entry: int, what: str) -> JournalError:
    where = f"{path}: entry {entry}" if entry else str(path)
    return JournalError(
        f"the intake log is damaged: {what}", where=where, remedy="Stop, keep this copy, and restore the file from a backup."
    )


def _disk_refused(path: Path, error: OSError) -> JournalError:
    reason = error.strerror or str(error)
    return JournalError(
        f"the disk refused: {reason}", where=str(path), remedy="Nothing was taken. Make room on the disk and send again."
    )
