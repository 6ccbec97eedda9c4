"""Cases from CSV: a row is a case, or an event of the case that it repeats."""

import csv
from collections.abc import Iterator
from hashlib import blake2b
from typing import TextIO

from bihuan.connectors.case_logs.map import columns_of, field
from bihuan.connectors.case_logs.record import MOST_EVENTS, TOO_MANY, Record, Texts
from bihuan.connectors.case_logs.schema import Map
from bihuan.model.errors import LogError
from bihuan.pack.trouble import known_names


def read(text: TextIO, found: Map) -> Iterator[Record]:
    """Raises LogError, while iterating, for a column that the file does not have, and for text that is no CSV."""
    reader = csv.reader(text, delimiter=found.separator, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check(header, found)
        rows = _rows(((reader.line_num, cells) for cells in reader), header)
        yield from rows if found.rows == "cases" else _gathered(rows, field(found.case.id).source)
    except csv.Error as error:
        raise LogError(
            f"this is not CSV: {error}.",
            where=f"line {reader.line_num}",
            remedy="Check its quotes, and `separator` in the map. What stands before is taken; import again when it is mended.",
        ) from error


def _check(header: list[str], found: Map) -> None:
    for name in columns_of(found):
        if name not in header:
            raise LogError(f"there is no column '{name}'.", where="line 1", remedy=known_names("columns", name, header))
        if header.count(name) > 1:
            raise LogError(f"the column '{name}' stands twice.", where="line 1", remedy="Keep one of them.")


def _rows(lines: Iterator[tuple[int, list[str]]], header: list[str]) -> Iterator[Record]:
    for line, cells in lines:
        if len(cells) == len(header):
            yield Record(row=line, case=dict(zip(header, cells, strict=True)))
        elif cells:
            what = f"the row has {len(cells)} cells where the first row names {len(header)}."
            yield Record(row=line, case={}, trouble=what, remedy="Quote what has the separator in it.")


def _gathered(rows: Iterator[Record], id: str) -> Iterator[Record]:
    """Rows of one case, one after another, as one record. Of a case that was over and comes back nothing more is taken."""
    past: set[bytes] = set()
    first, events = None, list[Texts]()
    for row in rows:
        if row.trouble:
            yield row
        elif first is not None and row.case[id] == first.case[id]:
            events.append(row.case)
        elif (mark := blake2b(row.case[id].encode(), digest_size=12).digest()) in past:
            what = f"case '{row.case[id][:60]}' was over some rows before."
            yield Record(row=row.row, case={}, trouble=what, remedy="Sort the rows by case.")
        else:
            past.add(mark)
            if first is not None:
                yield _one(first, events)
            first, events = row, [row.case]
    if first is not None:
        yield _one(first, events)


def _one(first: Record, events: list[Texts]) -> Record:
    trouble = TOO_MANY if len(events) > MOST_EVENTS else ""
    return Record(row=first.row, case=first.case, events=events, trouble=trouble, remedy="Check `case: {id: ...}` in the map.")
