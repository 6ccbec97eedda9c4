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
    lines = (line + "\n" for line in text.removeprefix("\ufeff").rstrip("\n").split("\n"))
    reader = csv.reader(lines, strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        if not _columns_fit(kind, columns, file, troubles):
            return
        # Tens of thousands of rows: only numbers are asked whether they are finite.
        numbers = [field.name for field in msgspec.structs.fields(kind) if "float" in str(field.type)]
        for count, cells in enumerate(reader):
            if count >= MOST_ROWS:
                troubles.say(file, f"the table has more than {MOST_ROWS:,} rows.", "Split it, or declare fewer rows.")
                return
            row = _row(kind, columns, cells, f"{file}:{reader.line_num}", numbers, troubles) if any(cells) else None
            if row is not None:
                yield reader.line_num, row
    except csv.Error as error:
        troubles.say(f"{file}:{reader.line_num}", f"this row is not CSV: {error}.", "Check its quotes.")


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
    values = {name: text for name, cell in zip(columns, cells, strict=True) if (text := cell.strip())}
    try:
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
