"""Pictures as they come from strangers' phones: told by their content, bounded before they are unpacked, drawn anew.

Pillow is imported when the first photo comes: a centre without photos does not pay for it.
"""

import io
import math
from typing import TYPE_CHECKING, Any

import msgspec

from bihuan.model.errors import BihuanError

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 40_000_000
"""Unpacked that is 160 MB at the most, and one photo is unpacked at a time."""

SHOWN_PIXELS = 2_048
"""The longer side of a copy for show."""

SMALLER = "Take it again with a lower resolution."
SMALLER_ZH = "请调低相机分辨率后重拍。"

_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
_EXIF, _GPS, _TAKEN = 0x8769, 0x8825, 0x9003


class BadPhoto(BihuanError):
    """These bytes are no picture that is taken as evidence. Who sends it stands in the rain: it is said in Chinese too."""

    def __init__(self, what: str, *, where: str, remedy: str, zh: tuple[str, str]) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.what_zh, self.remedy_zh = zh


class TooLarge(BadPhoto):
    """A picture, but more of it than is taken."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What the device wrote into a photo about itself. Anybody can write anything there."""

    taken: str | None = None
    """`2018-05-13T02:10:00`, by the device's own clock and zone."""
    lon: float | None = None
    lat: float | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    width: int
    height: int
    shown: bytes
    """A JPEG of the pixels alone: no EXIF, no position, no comment, no profile (colours are sRGB)."""
    device: Device


def read_picture(body: bytes) -> Picture:
    """Unpack a photo wholly, which is the only proof that it is one. Raises BadPhoto."""
    _known(body)
    from PIL import Image

    # Ours is the lower limit, and it refuses instead of warning.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(body), formats=("JPEG", "PNG", "WEBP")) as image:
            width, height = image.size
            _bounded(width, height)
            if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # a phone's JPEG with a second view in it
                raise _refused("this is a moving picture", "Send a still photo.", ("这是动图", "请发静态照片。"))
            device = _device(image)
            image.draft("RGB", (SHOWN_PIXELS, SHOWN_PIXELS))
            shown = _drawn_anew(image)
    except BadPhoto:
        raise
    except Exception as error:  # whatever a decoder trips over: the picture cannot be shown to anybody
        raise _refused(
            f"the photo cannot be read ({error})",
            "It is cut short or damaged: send it again, or take it anew.",
            ("照片打不开，可能没传完或已损坏", "请再发一次，或重拍。"),
        ) from error
    return Picture(width=width, height=height, shown=shown, device=device)


def _known(body: bytes) -> None:
    """What it is, by its first bytes; names and content types say nothing."""
    if not body:
        raise _refused(
            "there is no photo in the body", "Send the file's bytes as the whole body.", ("没有收到照片", "请重新选一张。")
        )
    if body[4:8] == b"ftyp" and body[8:12] in _HEIC:
        raise _refused(
            "this is a HEIC photo, which not every computer can show",
            "On an iPhone: Settings, Camera, Formats, Most Compatible; then take it again.",
            ("这是 HEIC 照片，不少电脑打不开", "苹果手机：设置 > 相机 > 格式 > 兼容性最佳（Most Compatible），然后重拍。"),
        )
    webp = body[:4] == b"RIFF" and body[8:12] == b"WEBP"
    if not (body[:3] == b"\xff\xd8\xff" or body[:8] == b"\x89PNG\r\n\x1a\n" or webp):
        raise _refused(
            "this is no photo",
            "JPEG, PNG and WebP are taken, told by content and not by name.",
            ("这不是照片", "只收 JPEG、PNG、WebP 照片，按内容识别。"),
        )
    if webp:
        _bounded(*_webp_size(body))


def _webp_size(body: bytes) -> tuple[int, int]:
    """Pillow makes room for a WebP's whole canvas when it opens it, so its size is read before."""
    kind, head = body[12:16], body[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


def _bounded(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise TooLarge(
            f"the photo has {width} x {height} pixels, at most {MOST_PIXELS // 1_000_000} million are taken",
            where="photo",
            remedy=SMALLER,
            zh=(f"照片 {width} × {height} 像素，最多收 {MOST_PIXELS // 10_000} 万像素", SMALLER_ZH),
        )


def _drawn_anew(image: "Image.Image") -> bytes:
    """The pixels, upright, in sRGB, at the size for show, in a picture that never had anything else in it."""
    from PIL import Image, ImageOps

    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        solid = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid)
    plain = _in_srgb(upright.convert("RGB") if upright.mode != "CMYK" else upright, profile)
    out = io.BytesIO()
    Image.frombytes("RGB", plain.size, plain.tobytes()).save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def _in_srgb(image: "Image.Image", profile: bytes | None) -> "Image.Image":
    from PIL import ImageCms

    if profile:
        try:
            own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, own, srgb, outputMode="RGB") or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that means nothing costs the colours, not the photo
    return image.convert("RGB")


def _device(image: "Image.Image") -> Device:
    """Where and when, as far as it makes sense: this is only offered, so what does not is left out."""
    try:
        exif = image.getexif()
        position = exif.get_ifd(_GPS)
        lat, lon = _degrees(position.get(2), position.get(1), "S", 90), _degrees(position.get(4), position.get(3), "W", 180)
        taken = _moment(exif.get_ifd(_EXIF).get(_TAKEN))
    except Exception:  # noqa: BLE001, RUF100 - a broken EXIF block is no reason to refuse the picture
        return Device()
    return Device(taken=taken, lon=lon, lat=lat) if lon is not None and lat is not None else Device(taken=taken)


def _degrees(parts: Any, side: Any, negative: str, most: float) -> float | None:
    if not parts or len(parts) != 3:
        return None
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or not 0 <= value <= most:
        return None
    return round(-value if str(side).upper().startswith(negative) else value, 6)


def _moment(text: Any) -> str | None:
    """`2018:05:13 02:10:00` as everybody else writes it."""
    if not isinstance(text, str) or len(text) != 19 or not text.replace(":", "").replace(" ", "").isdigit():
        return None
    return f"{text[:10].replace(':', '-')}T{text[11:]}"


def _refused(what: str, remedy: str, zh: tuple[str, str]) -> BadPhoto:
    return BadPhoto(what, where="photo", remedy=remedy, zh=zh)
