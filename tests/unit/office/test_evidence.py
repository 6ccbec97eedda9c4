"""Photos as evidence: told by content, bounded, kept whole under their hash, shown without what the phone wrote into them."""

import asyncio
import io
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import threading
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from bihuan import office
from bihuan.office import door, pictures
from bihuan.office.evidence import MOST_BYTES, Evidence
from bihuan.office.pictures import BadPhoto, TooLarge

from .cast import Gate, Visitor
from .test_door import ask


def photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48), colour: Any = (200, 30, 30), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new(how.pop("mode", "RGB"), size, colour).save(out, kind, **how)
    return out.getvalue()


def from_a_phone() -> bytes:
    """A JPEG with a position, a moment, a serial number, a comment and a profile in it, turned on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the sensor lay on its side
    exif[0x010F] = "SECRET-MAKER"
    exif.get_ifd(0x8769)[0x9003] = "2018:05:13 02:10:00"
    exif.get_ifd(0x8769)[0xA431] = "SECRET-SERIAL"
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 33.0, 36.0), 3: "E", 4: (106.0, 34.0, 12.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return photo(exif=exif, comment="SECRET-COMMENT", icc_profile=profile, xmp=b"<x>SECRET-XMP</x>")


@pytest.fixture
def kept(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path / "evidence")


def opened(shown: bytes | None) -> Image.Image:
    assert shown is not None
    return Image.open(io.BytesIO(shown))


# --- what is kept, what is shown ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_as_it_came_under_its_hash(kept: Evidence, kind: str) -> None:
    body = photo(kind)
    answer = kept.keep(body)
    assert (answer.photo, answer.size, answer.width, answer.height) == (sha256(body).hexdigest(), len(body), 64, 48)
    original = kept.folder / answer.photo[:2] / answer.photo
    assert original.read_bytes() == body
    assert stat.S_IMODE(original.stat().st_mode) == 0o400
    assert opened(kept.shown(answer.photo)).format == "JPEG"


def test_the_copy_for_show_holds_the_picture_and_nothing_else(kept: Evidence) -> None:
    body = from_a_phone()
    assert body.count(b"SECRET") == 4
    answer = kept.keep(body)
    shown = kept.shown(answer.photo)
    copy = opened(shown)
    assert (b"SECRET" in (shown or b""), dict(copy.getexif()), set(copy.info) & {"comment", "icc_profile", "exif", "xmp"}) == (
        False,
        {},
        set(),
    )
    assert copy.size == (48, 64)  # upright
    red, green, blue = copy.getpixel((20, 20))  # type: ignore[misc]
    assert (abs(red - 200) < 9, abs(green - 30) < 9, abs(blue - 30) < 9) == (True, True, True)


def test_what_the_device_says_is_offered_to_who_sent_it(kept: Evidence) -> None:
    answer = kept.keep(from_a_phone())
    assert (answer.taken, answer.lon, answer.lat) == ("2018-05-13T02:10:00", 106.57, 29.56)
    plain = kept.keep(photo())
    assert (plain.taken, plain.lon, plain.lat) == (None, None, None)


@pytest.mark.parametrize(
    "position",
    [
        {1: "N", 2: (91.0, 0, 0), 3: "E", 4: (1.0, 0, 0)},
        {2: (29.0, 1.0)},
        {1: "N", 2: (29.0, 0.0, 0.0), 3: "E", 4: (181.0, 0.0, 0.0)},
    ],
)
def test_a_position_that_is_none_is_left_out(kept: Evidence, position: dict[int, Any]) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(position)
    assert kept.keep(photo(exif=exif)).lon is None


def test_the_same_bytes_again_are_the_same_photo_and_nothing_is_written(kept: Evidence) -> None:
    body = photo()
    first = kept.keep(body)
    files = {path: path.stat().st_mtime_ns for path in kept.folder.rglob("*")}
    assert kept.keep(body) == first
    assert {path: path.stat().st_mtime_ns for path in kept.folder.rglob("*")} == files


def test_a_large_photo_is_shown_small(kept: Evidence) -> None:
    answer = kept.keep(photo(size=(4000, 3000)))
    assert (answer.width, opened(kept.shown(answer.photo)).size) == (4000, (2048, 1536))


@pytest.mark.parametrize(("mode", "kind", "colour"), [("RGBA", "PNG", (0, 0, 0, 0)), ("LA", "PNG", (0, 0)), ("P", "PNG", 0)])
def test_what_is_transparent_is_shown_on_white(kept: Evidence, mode: str, kind: str, colour: Any) -> None:
    extra = {"transparency": 0} if mode == "P" else {}
    answer = kept.keep(photo(kind, mode=mode, colour=colour, **extra))
    assert opened(kept.shown(answer.photo)).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "CMYK", "1"])
def test_any_kind_of_colour_becomes_an_ordinary_one(kept: Evidence, mode: str) -> None:
    answer = kept.keep(photo("PNG" if mode == "1" else "JPEG", mode=mode, colour=(0, 0, 0, 0) if mode == "CMYK" else 1))
    assert opened(kept.shown(answer.photo)).mode == "RGB"


def test_a_profile_that_means_nothing_costs_no_photo(kept: Evidence) -> None:
    assert kept.shown(kept.keep(photo(icc_profile=b"no profile at all")).photo)


@pytest.mark.parametrize("behind", [b"<script>SECRET</script>", b"PK\x05\x06SECRET" + bytes(18), b"%PDF-1.7 SECRET"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hangs_behind_the_picture_is_never_shown(kept: Evidence, kind: str, behind: bytes) -> None:
    answer = kept.keep(photo(kind) + behind)
    assert b"SECRET" not in (kept.shown(answer.photo) or b"SECRET")


# --- what is refused ------------------------------------------------------------------------------------------


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few kilobytes that says it unpacks to gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def webp_bomb() -> bytes:
    head = b"\0\0\0\0" + (16_000).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + head


@pytest.mark.parametrize("body", [bomb(), webp_bomb()])
def test_a_bomb_is_refused_by_its_header(kept: Evidence, body: bytes) -> None:
    with pytest.raises(TooLarge, match="million are taken"):
        kept.keep(body)


def test_text_that_unpacks_to_gigabytes_is_refused(kept: Evidence) -> None:
    packed = b"comment\0\0" + zlib.compress(bytes(200_000_000), 9)
    chunk = struct.pack(">I", len(packed)) + b"zTXt" + packed + struct.pack(">I", zlib.crc32(b"zTXt" + packed))
    body = photo("PNG")
    with pytest.raises(BadPhoto):
        kept.keep(body[:33] + chunk + body[33:])


@pytest.mark.parametrize("size", [(64, 48), (4000, 3000)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_was_cut_short_is_refused(kept: Evidence, kind: str, size: tuple[int, int]) -> None:
    body = photo(kind, size=size)
    with pytest.raises(BadPhoto, match="cannot be read") as refused:
        kept.keep(body[: len(body) * 2 // 3])
    assert "send it again" in refused.value.remedy
    assert not kept.folder.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<html><body>" + photo(),
        b"PK\x03\x04" + photo(),
        photo("GIF"),
        photo("TIFF"),
        b"GIF89a" + photo(),
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
        bytes(100),
        b"",
    ],
)
def test_what_is_no_photo_is_refused_whatever_is_in_it(kept: Evidence, body: bytes) -> None:
    with pytest.raises(BadPhoto):
        kept.keep(body)
    assert not kept.folder.exists()


def test_a_heic_photo_is_refused_with_the_setting_that_helps(kept: Evidence) -> None:
    with pytest.raises(BadPhoto, match="HEIC") as refused:
        kept.keep(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    assert "Most Compatible" in refused.value.remedy


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kept: Evidence, kind: str) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (n * 40, 0, 0)) for n in range(3)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(BadPhoto, match="moving"):
        kept.keep(out.getvalue())


def test_a_phones_two_views_in_one_file_are_one_photo(kept: Evidence) -> None:
    out = io.BytesIO()
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert opened(kept.shown(kept.keep(out.getvalue()).photo)).size == (64, 48)


def test_too_many_bytes_are_refused_before_anybody_looks_at_them(kept: Evidence) -> None:
    with pytest.raises(TooLarge, match="at most"):
        kept.keep(photo() + bytes(MOST_BYTES))


@pytest.mark.parametrize("hash", ["", "../../office.sqlite", "0" * 63, "0" * 64, "Z" * 64, "ab/" + "c" * 61])
def test_a_name_that_is_no_kept_photo_finds_nothing(kept: Evidence, hash: str) -> None:
    kept.keep(photo())
    assert (kept.has(hash), kept.shown(hash)) == (False, None)


# --- nothing half ---------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from bihuan.office.evidence import Evidence
stop, done, real = int(sys.argv[2]), 0, {name: getattr(os, name) for name in ("fsync", "replace", "chmod")}
def dying(name):
    def call(*args):
        global done
        if done == stop:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1
        return real[name](*args)
    return call
for name in real:
    setattr(os, name, dying(name))
Evidence(Path(sys.argv[1])).keep(sys.stdin.buffer.read())
"""


@pytest.mark.parametrize("step", [0, 3, 4, 5, 6, 7, 8, 9, 10])
def test_a_killed_office_leaves_the_photo_whole_or_not_there(tmp_path: Path, step: int) -> None:
    """Killed before each of the calls that write; what comes next starts again and takes the photo."""
    kept, body = Evidence(tmp_path / "evidence"), photo()
    hash = sha256(body).hexdigest()
    ended = subprocess.run([sys.executable, "-c", KILLED, str(kept.folder), str(step)], input=body, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    if kept.has(hash):
        assert (kept.folder / hash[:2] / hash).read_bytes() == body
        assert opened(kept.shown(hash)).size == (64, 48)
    else:
        assert kept.shown(hash) is None
    kept.sweep()
    assert kept.keep(body).photo == hash
    assert sorted(path.name for path in kept.folder.rglob("*") if path.is_file()) == [hash, f"{hash}.jpg"]


def test_a_full_disk_says_so_and_keeps_nothing(kept: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    body = photo()
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(Exception, match="No space left"):
            kept.keep(body)
    assert not kept.has(sha256(body).hexdigest())
    assert kept.keep(body).photo == sha256(body).hexdigest()


# --- the door -------------------------------------------------------------------------------------------------


def send(visitor: Visitor, body: bytes, kind: str = "image/jpeg") -> Any:
    token = visitor.me()["csrf"]
    return visitor.browser.post("/office/evidence", body, content_type=kind, headers={"X-CSRFToken": token})


def test_an_officer_sends_a_photo_and_names_it_in_a_claim(officer: Visitor, gate: Gate) -> None:
    hash = send(officer, photo()).json()["photo"]
    assert officer.command(does="claim", proof={"photo": hash, "lon": 1.0, "lat": 2.0, "from_device": True}).status_code == 200
    proof = gate.came[0].proof
    assert proof is not None
    assert (proof.photo, proof.from_device) == (hash, True)


def test_a_photo_that_never_came_is_refused_with_what_to_do(officer: Visitor, gate: Gate) -> None:
    answer = officer.command(does="claim", proof={"photo": "a" * 64})
    assert (answer.status_code, answer.json()["where"]) == (409, "proof.photo")
    assert "POST /office/evidence" in answer.json()["remedy"]
    assert gate.came == []


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "image/png", "image/svg+xml"])
def test_the_content_type_says_nothing(officer: Visitor, kind: str) -> None:
    assert send(officer, photo(), kind).status_code == 200
    assert send(officer, b"<svg/>", kind).status_code == 400


def test_a_form_is_refused_with_what_to_send(officer: Visitor) -> None:
    answer = send(officer, b"--x\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x")
    assert (answer.status_code, answer.json()["remedy"]) == (415, "Send the file's bytes as the whole body.")


def test_nobody_sends_or_sees_photos_without_a_post(officer: Visitor, stranger: Visitor) -> None:
    hash = send(officer, photo()).json()["photo"]
    assert send(stranger, photo()).status_code == 403
    assert stranger.get(f"/office/evidence/{hash}").status_code == 403
    assert officer.get(f"/office/evidence/{hash}").status_code == 200


def test_a_photo_is_not_taken_from_a_foreign_page(officer: Visitor) -> None:
    answer = officer.browser.post("/office/evidence", photo(), content_type="text/plain")
    assert (answer.status_code, answer.json()["where"]) == (403, "header X-CSRFToken")


def test_a_photo_is_shown_as_a_picture_that_can_do_nothing(officer: Visitor) -> None:
    body = from_a_phone()
    answer = officer.get(f"/office/evidence/{send(officer, body).json()['photo']}")
    assert answer.content[:3] == b"\xff\xd8\xff"
    assert b"SECRET" not in answer.content
    headers = answer.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(("method", "path"), [("get", "/office/evidence"), ("delete", "/office/evidence/" + "a" * 64)])
def test_other_methods_are_refused(officer: Visitor, method: str, path: str) -> None:
    answer = getattr(officer.browser, method)(path, headers={"X-CSRFToken": officer.me()["csrf"]})
    assert answer.status_code == 405


def test_a_photo_nobody_has_is_not_found(officer: Visitor) -> None:
    assert officer.get(f"/office/evidence/{'a' * 64}").status_code == 404
    assert officer.get("/office/evidence/..%2Foffice.sqlite").status_code == 404


def test_refusals_tell_too_large_from_bad(officer: Visitor) -> None:
    assert send(officer, bomb(), "image/png").status_code == 413
    assert send(officer, b"no photo").status_code == 400


# --- bounds of the door ---------------------------------------------------------------------------------------


@pytest.fixture
def app(folder: Path, gate: Gate) -> Any:
    return office.as_asgi(office.start(folder, gate, demo=True, hosts=("testserver",)), threads=1)


def test_the_door_lets_photos_be_larger_than_commands_but_not_endless(app: Any) -> None:
    part = bytes(1024 * 1024)
    begin, _ = ask(app, "POST", "/office/commands", [part])
    assert begin["status"] == 413
    begin, _ = ask(app, "POST", "/office/evidence", [part] * 3)
    assert begin["status"] == 403  # no post: it was read and asked
    begin, end = ask(app, "POST", "/office/evidence", [part] * 13)
    assert (begin["status"], json.loads(end["body"])["where"]) == (413, "body")


def test_too_many_photos_at_once_are_asked_to_come_again(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_PHOTOS", 0)
    begin, end = ask(app, "POST", "/office/evidence", [b"x"])
    assert (begin["status"], json.loads(end["body"])["remedy"]) == (429, "Keep the photo and send it again.")
    assert (b"retry-after", b"5") in begin["headers"]


def test_a_photo_that_never_ends_is_given_up(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PHOTO_SECONDS", 0.0)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def keep(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "method": "POST", "path": "/office/evidence", "headers": []}, receive, keep))
    assert (sent[0]["status"], json.loads(sent[1]["body"])["what"]) == (408, "the photo took too long to come")


def test_a_command_does_not_wait_behind_a_photo() -> None:
    """While a photo is being unpacked, the only other thread of the office answers."""
    busy, go_on = threading.Event(), threading.Event()

    def wsgi(environ: dict[str, Any], start: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            busy.set()
            assert go_on.wait(20)
        start("200 OK", [])
        return [b""]

    app = office.as_asgi(wsgi, threads=1)
    sender = threading.Thread(target=ask, args=(app, "POST", "/office/evidence", [b"x"]))
    sender.start()
    try:
        assert busy.wait(20)
        assert ask(app, "GET", "/office/me", [b""])[0]["status"] == 200
    finally:
        go_on.set()
        sender.join(20)


def test_a_centre_without_photos_does_not_load_what_unpacks_them() -> None:
    code = "import sys, bihuan.office, bihuan.office.evidence, bihuan.office.pictures; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_pictures_are_bounded_by_what_unpacking_costs() -> None:
    assert pictures.MOST_PIXELS * 4 <= 160_000_000


def test_evidence_is_swept_when_the_office_starts(folder: Path, gate: Gate) -> None:
    left = folder / "evidence" / "new" / "tmp-left"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    office.start(folder, gate, hosts=("testserver",))
    assert not left.exists()
