"""Workbooks of Excel as small as they may be, for tests: a zip of a few lines of XML, as the standard (ECMA-376) has it."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

Cell = str | float | bool | datetime | None

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - sheets hold local time
_DATE_STYLE = 1


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]], *, first_row: int = 1) -> Path:
    """Sheets by name, in order; rows begin at `first_row`. None leaves a cell out."""
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _links({"r1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _book(list(sheets)),
        "xl/_rels/workbook.xml.rels": _links(
            {"st": ("styles", "styles.xml")} | {f"s{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in numbers}
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": _sheet(rows, first_row) for n, rows in zip(numbers, sheets.values(), strict=True)}
    with zipfile.ZipFile(path, "w") as out:
        for name, text in parts.items():
            out.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path


def _types() -> str:
    links = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return f'<Types xmlns="{_PACKAGE}/content-types">{links}<Default Extension="xml" ContentType="application/xml"/></Types>'


def _links(links: Mapping[str, tuple[str, str]]) -> str:
    each = (f'<Relationship Id="{id}" Type="{_LINKS}/{kind}" Target="{to}"/>' for id, (kind, to) in links.items())
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(each)}</Relationships>'


def _book(names: Sequence[str]) -> str:
    each = (f'<sheet name="{escape(name)}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(names, 1))
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{"".join(each)}</sheets></workbook>'


def _sheet(rows: Sequence[Sequence[Cell]], first_row: int) -> str:
    lines = []
    for number, row in enumerate(rows, first_row):
        cells = "".join(_cell(f"{'ABCDEFGH'[column]}{number}", cell) for column, cell in enumerate(row) if cell is not None)
        if cells:
            lines.append(f'<row r="{number}">{cells}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(where: str, cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f'<c r="{where}" s="{_DATE_STYLE}"><v>{(cell - _DAY_ZERO) / timedelta(days=1)!r}</v></c>'
    if isinstance(cell, bool):
        return f'<c r="{where}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{where}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{where}"><v>{cell!r}</v></c>'
