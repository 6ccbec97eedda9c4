"""Rules as bytes, for the next start: reading thousands of declarations again takes seconds, these take a moment."""

from datetime import UTC, tzinfo
from hashlib import sha256

import msgspec

from bihuan.pack.draft import Folders
from bihuan.pack.load import digest_of, on_day
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Limit, Span

_HEAD = 64
"""SHA-256 of what the rules were made of, and of the rules."""


def key_of(folders: Folders, program: bytes) -> bytes:
    """What rules are made of: the texts, and the program that reads them."""
    out = sha256(program)
    for name, files in folders.items():
        out.update(f"{name}\0{digest_of(files)}\0".encode())
    return out.digest()


def kept(rules: Rules, key: bytes) -> bytes:
    body = _ENCODER.encode(rules)
    return key + sha256(body).digest() + body


def taken(raw: bytes, key: bytes, today: str) -> Rules | None:
    """The rules as they stand on `today` (see `load`); None where they were made of something else, or are damaged."""
    body = memoryview(raw)[_HEAD:]
    if raw[:_HEAD] != key + sha256(body).digest():
        return None
    try:
        return on_day(_DECODER.decode(body), today)
    except msgspec.DecodeError:
        return None


def _plain(value: object) -> object:
    if isinstance(value, Span):
        return int(value)
    if isinstance(value, Limit):
        return str(value)
    assert isinstance(value, tzinfo), f"no rule holds a {type(value)}"
    return None  # the zone: the calendars have it


def _typed(kind: type, value: object) -> object:
    if kind is Span:
        assert isinstance(value, int)
        return Span(value)
    if kind is Limit:
        assert isinstance(value, str)
        return Limit.read(value)
    return UTC


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_plain)
_DECODER = msgspec.msgpack.Decoder(Rules, dec_hook=_typed)
