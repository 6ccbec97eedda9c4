"""A person's command as it comes over the wire, checked before it becomes a Command."""

import math
from typing import Annotated

import msgspec

from bihuan.model.commands import Command
from bihuan.model.facts import Proof
from bihuan.model.times import DAY
from bihuan.office.settings import MOST_BODY_BYTES

_Key = Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Text = Annotated[str, msgspec.Meta(max_length=2000)]

MOST_SPAN = 366 * DAY
"""Nobody asks for more time than that, and a moment beyond the calendar would stop the loop."""


class _Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    photo: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    text: _Text = ""
    count: float | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    from_device: bool = False


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: _Key
    does: Annotated[str, msgspec.Meta(pattern=r"^[a-z-]{1,30}\Z")]
    target: _Name = ""
    text: _Text = ""
    proof: _Evidence | None = None
    place: _Name = ""
    to: _Name = ""
    choice: _Name = ""
    span: Annotated[int, msgspec.Meta(ge=0, le=MOST_SPAN)] = 0


_decoder = msgspec.json.Decoder(_Asked)


class BadCommand(Exception):
    """The body is no command. `str()` says why; `where` names the field."""

    def __init__(self, what: str, where: str = "body") -> None:
        super().__init__(what)
        self.where = where


def read_command(body: bytes, actor: str) -> Command:
    """The command in a JSON body, by `actor` (`post@unit`). Raises BadCommand."""
    assert len(body) <= MOST_BODY_BYTES
    try:
        asked = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what, _, path = str(error).partition(" - at `$")
        raise BadCommand(what, path.strip("`.") or "body") from error
    return Command(
        key=asked.key,
        actor=actor,
        does=asked.does,
        target=asked.target,
        text=asked.text.strip(),
        proof=_proof(asked.proof),
        place=asked.place,
        to=asked.to,
        choice=asked.choice,
        span=asked.span,
    )


def _proof(given: _Evidence | None) -> Proof | None:
    if given is None:
        return None
    if given.count is not None and not math.isfinite(given.count):
        raise BadCommand("a count must be a finite number", "proof.count")
    if (given.lon is None) != (given.lat is None):
        raise BadCommand("a position has both lon and lat", "proof")
    return Proof(
        photo=given.photo,
        text=given.text.strip(),
        count=given.count,
        lon=given.lon,
        lat=given.lat,
        from_device=given.from_device and given.lon is not None,
    )
