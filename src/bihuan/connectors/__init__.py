"""Formats readings come in: one folder each. `READERS` says which one reads which media type."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from bihuan.connectors import arrow_rows, csv_rows, json_rows
from bihuan.pack.readings import Columns, IdColumns, Lists, Row

READERS: Mapping[str, Callable[[bytes], Iterable[Row] | Lists | Columns | IdColumns]] = MappingProxyType(
    {
        "text/csv": csv_rows.read,
        "application/json": json_rows.read,
        "application/vnd.apache.arrow.stream": arrow_rows.read,
        "application/vnd.apache.arrow.file": arrow_rows.read,
    }
)
