"""Readings from CSV: the first row names the columns `indicator,place,at,value,quality`; `quality` may be left out."""

import csv
import io
from collections.abc import Iterator
from typing import TextIO

from bihuan.model.errors import ReadingError
from bihuan.model.readings import MOST_ROWS
from bihuan.pack.readings import Row

COLUMNS = ("indicator", "place", "at", "value", "quality")
_NEEDED = COLUMNS[:4]
_HEADER = ",".join(COLUMNS)


def read(text: bytes | TextIO) -> Iterator[Row]:
    """Rows with their line numbers. Bytes are UTF-8, with or without a byte-order mark; empty lines are passed over.

    Raises ReadingError, while iterating, for text that is no CSV, a header that does not fit, or more than MOST_ROWS rows.
    """
    reader = csv.reader(_decoded(text) if isinstance(text, bytes) else text, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if header:
            header[0] = header[0].removeprefix("\ufeff")
        _check(header)
        for count, cells in enumerate(cells for cells in reader if cells):
            if count == MOST_ROWS:
                raise ReadingError(f"there are more than {MOST_ROWS:,} rows.", remedy="Send them in several batches.")
            yield _row(header, cells, reader.line_num)
    except csv.Error as error:
        raise ReadingError(
            f"this is not CSV: {error}.", where=f"line {reader.line_num}", remedy="Check its quotes; separate cells by commas."
        ) from error


def _decoded(raw: bytes) -> TextIO:
    try:
        return io.StringIO(raw.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ReadingError(
            f"the byte 0x{raw[error.start]:02X} is not UTF-8.",
            where=f"line {line}",
            remedy="Save the file as UTF-8 (not GBK or UTF-16).",
        ) from error


def _check(header: list[str]) -> None:
    where = "line 1"
    if not any(header):
        raise ReadingError("the first row names no columns.", where=where, remedy=f"Begin with the row {_HEADER}")
    for name in header:
        if name not in COLUMNS:
            raise ReadingError(f"the column '{name[:60]}' means nothing.", where=where, remedy=f"The columns are {_HEADER}.")
        if header.count(name) > 1:
            raise ReadingError(f"the column '{name}' stands twice.", where=where, remedy="Keep one of them.")
    for name in _NEEDED:
        if name not in header:
            raise ReadingError(f"the column '{name}' is missing.", where=where, remedy=f"The columns are {_HEADER}.")


def _row(header: list[str], cells: list[str], line: int) -> Row:
    if len(cells) != len(header):
        return Row(row=line, trouble=f"the row has {len(cells)} cells where the first row names {len(header)}.")
    named = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    return Row(
        row=line,
        indicator=named["indicator"],
        place=named["place"],
        at=named["at"],
        value=named["value"],
        quality=named.get("quality", ""),
    )
