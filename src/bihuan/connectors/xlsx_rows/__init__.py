"""Readings from a sheet of Excel: the columns of CSV, the first row that holds anything naming them. Dates are local."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from bihuan.connectors.headings import check
from bihuan.model.errors import ReadingError
from bihuan.pack.readings import Row
from bihuan.pack.trouble import known_names


def read(path: Path, sheet: str = "") -> Iterator[Row]:
    """Rows of the sheet called `sheet`, or of the first one, numbered as Excel does; empty rows are passed over.

    Raises ReadingError, while iterating, for a file that is no workbook, an unknown sheet or a header that does not fit.
    OSError where the file cannot be opened.
    """
    try:
        with CalamineWorkbook.from_path(path) as book:
            yield from _rows(_sheet(book, sheet))
    except CalamineError as error:
        what = f"this is no workbook of Excel that can be read: {error}."
        raise ReadingError(what, remedy="Save it as .xlsx without a password, or as CSV.") from error


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    if name and name not in book.sheet_names:
        raise ReadingError(f"there is no sheet '{name[:60]}'.", remedy=known_names("sheets", name[:60], book.sheet_names))
    return book.get_sheet_by_name(name) if name else book.get_sheet_by_index(0)


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    filled = ((number, cells) for number, cells in enumerate(sheet.iter_rows(), start=1) if any(cell != "" for cell in cells))
    number, first = next(filled, (1, []))
    header = [str(cell).strip().lower() for cell in first]
    check([name for name in header if name], f"sheet '{sheet.name}', row {number}")
    for number, cells in filled:
        yield _row(number, header, cells)


def _row(number: int, header: list[str], cells: list[Any]) -> Row:
    if any(cell != "" for name, cell in zip(header, cells, strict=True) if not name):
        return Row(row=number, trouble="the row has a cell in a column without a name.")
    named = {name: cell for name, cell in zip(header, cells, strict=True) if name}
    value = named["value"]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return Row(row=number, trouble=f"the value {value} is not a number: Excel holds it as {type(value).__name__}.")
    return Row(
        row=number,
        indicator=_text(named["indicator"]),
        place=_text(named["place"]),
        at=_text(named["at"]),
        value=value,
        quality=_text(named.get("quality", "")),
    )


def _text(cell: Any) -> str:
    """A cell as somebody would have written it into CSV: codes without a decimal point, dates in ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()
