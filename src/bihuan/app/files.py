"""Files of readings: CSV, Parquet and sheets of Excel, held against the rules a thousand rows at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from bihuan.connectors import arrow_rows, csv_rows
from bihuan.model.errors import ReadingError, SettingError
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch
from bihuan.pack.catalogue import Catalogue
from bihuan.pack.readings import MOST_TOLD, Accepted, Columns, Row, accept, accept_columns
from bihuan.pack.rules import Rules

FORMATS = (".csv", ".parquet", ".xlsx")

END_OF_TIME = 1 << 52
"""For `now` where no time is in the future: in a replay."""

_COLUMNS = ("indicator", "place", "at", "value", "quality", "row")


def read_readings(rules: Rules, path: Path, *, now: int, sheet: str = "") -> Iterator[Accepted]:
    """The rows of a file in pieces so small that every refused row is told. `sheet` is for Excel; empty: the first one.

    Raises SettingError for a file that is not there or of no known format, ReadingError where it is not what its name says.
    """
    source, catalogue = path.name, Catalogue(rules)
    try:
        if path.suffix == ".parquet":
            for whole in arrow_rows.read_parquet(path):
                for columns in _pieces(whole):
                    yield accept_columns(rules, columns, now=now, source=source, catalogue=catalogue)
        else:
            rows = _rows(path, sheet)
            while some := list(islice(rows, MOST_TOLD)):
                yield accept(rules, some, now=now, source=source, catalogue=catalogue)
    except OSError as error:
        raise SettingError(f"the file cannot be read ({error.strerror})", where=str(path), remedy="Check its name.") from error
    except UnicodeDecodeError as error:
        raise ReadingError(f"not UTF-8: {error}", where=str(path), remedy="Save the file as UTF-8.") from error
    except ReadingError as error:
        raise ReadingError(error.what, where=f"{path.name}: {error.where}".rstrip(": "), remedy=error.remedy) from error


def _rows(path: Path, sheet: str) -> Iterator[Row]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield from csv_rows.read(text, bounded=False)
    elif path.suffix == ".xlsx":
        from bihuan.connectors import xlsx_rows

        yield from xlsx_rows.read(path, sheet)
    else:
        raise SettingError(f"'{path.name}' is none of {', '.join(FORMATS)}", remedy="Save the readings as one of these.")


def _pieces(columns: Columns) -> Iterator[Columns]:
    for start in range(0, len(columns), MOST_TOLD):
        yield replace(columns, **{name: getattr(columns, name)[start : start + MOST_TOLD] for name in _COLUMNS})


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch of all rows in their order."""
    if len(batches) == 1:
        return batches[0]
    numbering = batches[0].numbering if batches else Numbering(())
    assert all(batch.numbering.digest == numbering.digest for batch in batches), "batches of one file number alike"
    return Batch(
        numbering=numbering,
        series=np.concatenate([batch.series for batch in batches] or [np.empty(0, np.int32)]),
        at=np.concatenate([batch.at for batch in batches] or [np.empty(0, np.int64)]),
        value=np.concatenate([batch.value for batch in batches] or [np.empty(0)]),
        quality=np.concatenate([batch.quality for batch in batches] or [np.empty(0, np.uint8)]),
        source=batches[0].source if batches else "",
    )


def rows_of(batch: Batch, rows: "np.typing.NDArray[np.int64]") -> Batch:
    """Some rows of a batch, in the order of `rows`."""
    return replace(batch, series=batch.series[rows], at=batch.at[rows], value=batch.value[rows], quality=batch.quality[rows])
