"""Evidence: photos kept whole under their hash, and copies for show that hold the picture and nothing else."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from bihuan.model.errors import BihuanError
from bihuan.office.pictures import SMALLER, SMALLER_ZH, Device, TooLarge, read_picture

MOST_BYTES = 12 * 1024 * 1024
"""Of one photo. A phone's usual twelve megapixels take two to six."""


class Kept(Device, frozen=True, kw_only=True):
    """A photo that is kept for good. Where and when the device says it was taken is told to who sent it, and nobody else."""

    photo: str
    """SHA-256 of the bytes as they came: what a proof names."""
    size: int
    width: int
    height: int


class Evidence:
    """Photos in `folder`: `ab/abcd...` as it came and `ab/abcd....jpg` for show.

    The original is the last file to get its name, so that a photo is there with everything it needs, or not at all. Nothing
    is ever written again. What a motion photo or somebody with other ideas hung behind the picture stays in the original,
    which is never served.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, body: bytes) -> Kept:
        """Keep a photo and return once it is on the disk. The same bytes again are the same photo.

        Raises BadPhoto for what is no picture we take, BihuanError where the disk does not.
        """
        if len(body) > MOST_BYTES:
            raise TooLarge(
                f"the photo has {len(body)} bytes, at most {MOST_BYTES} are taken",
                where="body",
                remedy=SMALLER,
                zh=(f"照片太大，最多收 {MOST_BYTES >> 20} MB", SMALLER_ZH),
            )
        picture = read_picture(body)
        hash = sha256(body).hexdigest()
        try:
            self._write(hash, body, picture.shown)
        except OSError as error:
            raise BihuanError(
                f"the photo could not be kept ({error.strerror})",
                where="evidence",
                remedy="Send it again; the centre's disk may be full.",
            ) from error
        return Kept(
            photo=hash,
            size=len(body),
            width=picture.width,
            height=picture.height,
            taken=picture.device.taken,
            lon=picture.device.lon,
            lat=picture.device.lat,
        )

    def has(self, hash: str) -> bool:
        return _is_hash(hash) and self._original(hash).is_file()

    def shown(self, hash: str) -> bytes | None:
        """The copy for show, a JPEG without metadata; None where no such photo is kept."""
        return self._copy(hash).read_bytes() if self.has(hash) else None

    def _write(self, hash: str, body: bytes, shown: bytes) -> None:
        if self.has(hash):
            return
        new = self.folder / "new"
        for made in (self.folder, new, self._original(hash).parent):
            if not made.is_dir():
                made.mkdir(mode=0o700, parents=True, exist_ok=True)
                _sync(made.parent)
        _put(new, self._copy(hash), shown)
        _put(new, self._original(hash), body)

    def _original(self, hash: str) -> Path:
        return self.folder / hash[:2] / hash

    def _copy(self, hash: str) -> Path:
        return self.folder / hash[:2] / f"{hash}.jpg"

    def sweep(self) -> None:
        """Drop what was being written when the process last ended. Once, before the first photo comes."""
        for left in (self.folder / "new").glob("*"):
            left.unlink(missing_ok=True)


def _is_hash(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _put(new: Path, to: Path, content: bytes) -> None:
    """Write a file whole under its name, and return when both are on the disk."""
    handle, name = tempfile.mkstemp(dir=new)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, 0o400)
    os.replace(name, to)
    _sync(to.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder last. Windows has no such thing."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
