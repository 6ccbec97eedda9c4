"""Readings from JSON: a list of rows, or an object with the list as `rows`."""

import msgspec

from bihuan.model.errors import ReadingError
from bihuan.model.readings import MOST_ROWS
from bihuan.pack.readings import Lists


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    indicator: str
    place: str
    at: int | str
    value: float | str | None = None
    quality: str | None = None


class _Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: list[_Row]


_DECODER = msgspec.json.Decoder(_Rows | list[_Row])


def read(raw: bytes) -> Lists:
    """Rows, counted from 1. Raises ReadingError for anything that is none, naming the first such row."""
    try:
        found = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadingError(
            f"these are no rows: {error}.",
            where="body",
            remedy='Send [{"indicator": "", "place": "", "at": 0, "value": 0}, ...] or {"rows": [...]}; `quality` is optional.',
        ) from error
    rows = found.rows if isinstance(found, _Rows) else found
    if len(rows) > MOST_ROWS:
        raise ReadingError(f"there are more than {MOST_ROWS:,} rows.", where="body", remedy="Send them in several batches.")
    return Lists(
        indicator=[row.indicator for row in rows],
        place=[row.place for row in rows],
        at=[row.at for row in rows],
        value=[row.value for row in rows],
        quality=[row.quality for row in rows],
    )
