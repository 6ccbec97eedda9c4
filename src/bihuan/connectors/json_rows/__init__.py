"""Readings from JSON: a list of rows, or an object with the list as `rows`."""

import msgspec

from bihuan.model.errors import ReadingError
from bihuan.model.readings import MOST_ROWS
from bihuan.pack.readings import Lists, Row

_REMEDY = 'Send [{"indicator": "", "place": "", "at": 0, "value": 0}, ...] or {"rows": [...]}; `quality` is optional.'


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    indicator: str
    place: str
    at: int | str
    value: float | str | None = None
    quality: str | None = None


class _Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: list[_Row]


class _LooseRows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: list[msgspec.Raw]


_DECODER = msgspec.json.Decoder(_Rows | list[_Row])
_LOOSE = msgspec.json.Decoder(_LooseRows | list[msgspec.Raw])
_ROW = msgspec.json.Decoder(_Row)


def read(raw: bytes) -> Lists | list[Row]:
    """Rows, counted from 1; where some are none, those say why.

    Raises ReadingError for a body that is no JSON, naming the byte, and for one that is no list of rows.
    """
    try:
        found = _DECODER.decode(raw)
    except msgspec.ValidationError:
        return _one_by_one(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_rows(raw, error) from error
    rows = found.rows if isinstance(found, _Rows) else found
    _bounded(len(rows))
    return Lists(
        indicator=[row.indicator for row in rows],
        place=[row.place for row in rows],
        at=[row.at for row in rows],
        value=[row.value for row in rows],
        quality=[row.quality for row in rows],
    )


def _one_by_one(raw: bytes) -> list[Row]:
    """Where a row at least is none: each read by itself, so that the good ones are kept."""
    # Each row has this many commas at the most, the one behind it too: what follows takes memory by entries of the list.
    _bounded(raw.count(b",") // len(_Row.__struct_fields__))
    try:
        raw.decode()
        found = _LOOSE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_rows(raw, error) from error
    rows = found.rows if isinstance(found, _LooseRows) else found
    _bounded(len(rows))
    return [_row(number, row) for number, row in enumerate(rows, 1)]


def _row(number: int, raw: msgspec.Raw) -> Row:
    try:
        row = _ROW.decode(raw)
    except msgspec.DecodeError as error:
        return Row(row=number, trouble=f"this is no row: {error}.")
    return Row(row=number, indicator=row.indicator, place=row.place, at=row.at, value=row.value, quality=row.quality or "")


def _bounded(rows: int) -> None:
    if rows > MOST_ROWS:
        raise ReadingError(f"there are more than {MOST_ROWS:,} rows.", where="body", remedy="Send them in several batches.")


def _no_rows(raw: bytes, error: Exception) -> ReadingError:
    return ReadingError(f"these are no rows: {_said(raw, error)}.", where="body", remedy=_REMEDY)


def _said(raw: bytes, error: Exception) -> str:
    """What was found, and where: of a text that is no UTF-8 the decoder knows only the place within the text."""
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return f"the byte 0x{raw[wrong.start]:02X} is not UTF-8 (byte {wrong.start})"
    return str(error)
