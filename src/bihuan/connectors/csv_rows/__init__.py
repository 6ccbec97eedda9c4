"""Readings from CSV: the first row names the columns `indicator,place,at,value,quality`; `quality` may be left out."""

import csv
import io
from collections.abc import Iterator
from typing import TextIO

from bihuan.connectors.headings import check
from bihuan.model.errors import ReadingError
from bihuan.model.readings import MOST_ROWS
from bihuan.pack.readings import Row


def read(text: bytes | TextIO, *, bounded: bool = True) -> Iterator[Row]:
    """Rows with their line numbers. Bytes are UTF-8, with or without a byte-order mark; empty lines are passed over.

    Raises ReadingError, while iterating, for text that is no CSV, a header that does not fit, or, where `bounded`, more than
    MOST_ROWS rows.
    """
    reader = csv.reader(_decoded(text) if isinstance(text, bytes) else text, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if header:
            header[0] = header[0].removeprefix("\ufeff")
        check(header, "line 1")
        for count, cells in enumerate(cells for cells in reader if cells):
            if bounded and count == MOST_ROWS:
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
