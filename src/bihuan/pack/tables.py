"""Bulk rows of packs: places and things in CSV. The first row names the columns; empty cells take the default."""

import csv
import math
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from bihuan.model.errors import PackError
from bihuan.pack.schema import Declared
from bihuan.pack.shape import shape
from bihuan.pack.trouble import Troubles, known_names

MOST_ROWS = 200_000

Row = TypeVar("Row", bound=Declared)


def read_table(kind: type[Row], text: str, file: str, troubles: Troubles) -> Iterator[tuple[int, Row]]:
    """Yields (line, row) of a CSV; adds what is wrong to `troubles`, and skips those rows."""
    lines = [line + "\n" for line in text.removeprefix("\ufeff").rstrip("\n").split("\n")]
    reader = csv.reader(lines, strict=True)
    columns: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    end: PackError | None = None
    try:
        columns = [name.strip() for name in next(reader, [])]
        if not _columns_fit(kind, columns, file, troubles):
            return
        for count, cells in enumerate(reader):
            if count >= MOST_ROWS:
                what = f"the table has more than {MOST_ROWS:,} rows."
                end = PackError(what, where=file, remedy="Split it, or declare fewer rows.")
                break
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        end = PackError(f"this row is not CSV: {error}.", where=f"{file}:{reader.line_num}", remedy="Check its quotes.")
    yield from _shaped(kind, columns, rows, file, troubles)
    if end is not None:
        troubles.add(end)


def _shaped(
    kind: type[Row], columns: list[str], rows: list[tuple[int, list[str]]], file: str, troubles: Troubles
) -> Iterator[tuple[int, Row]]:
    """All rows at once, as tens of thousands are several times as quick; where something is wrong, one by one to say what."""
    fields = msgspec.structs.fields(kind)
    numbers = [field.name for field in fields if "float" in str(field.type) and field.encode_name in columns]
    if all(len(cells) == len(columns) for _, cells in rows):
        try:
            found = msgspec.convert(_values(columns, [cells for _, cells in rows]), list[kind], strict=False)  # type: ignore[valid-type]
        except msgspec.ValidationError:
            pass
        else:
            if all(math.isfinite(getattr(row, field)) for field in numbers for row in found):
                yield from zip((line for line, _ in rows), found, strict=True)
                return
    for line, cells in rows:
        row = _row(kind, columns, cells, f"{file}:{line}", numbers, troubles)
        if row is not None:
            yield line, row


def _values(columns: list[str], rows: list[list[str]]) -> list[dict[str, str]]:
    """What is not empty by the names of columns."""
    return [{name: text for name, cell in zip(columns, cells, strict=True) if (text := cell.strip())} for cells in rows]


def _columns_fit(kind: type[Row], columns: list[str], file: str, troubles: Troubles) -> bool:
    fields = msgspec.structs.fields(kind)
    known = [field.encode_name for field in fields]
    before = len(troubles)
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        troubles.say(f"{file}:1", f"the column '{name}' stands twice.", "Keep one of them.")
    for name in columns:
        if name not in known:
            troubles.say(f"{file}:1", f"the column '{name}' means nothing.", known_names("columns", name, known))
    for field in fields:
        if field.required and field.encode_name not in columns:
            troubles.say(f"{file}:1", f"the column '{field.encode_name}' is missing.", "Add it to the first row and fill it.")
    return len(troubles) == before


def _row(
    kind: type[Row], columns: list[str], cells: list[str], where: str, numbers: list[str], troubles: Troubles
) -> Row | None:
    if len(cells) != len(columns):
        what = f"this row has {len(cells)} cells where the first row names {len(columns)}."
        troubles.say(where, what, "Check its commas and quotes.")
        return None
    try:
        (values,) = _values(columns, [cells])
        row = shape(kind, values, "this row", lambda _path: where, lax=True)
    except PackError as error:
        troubles.add(error)
        return None
    for field in numbers:
        value = getattr(row, field)
        if isinstance(value, float) and not math.isfinite(value):
            troubles.say(where, f"{field} is no number.", "Write degrees such as 106.55.")
            return None
    return row
