"""Readings from Arrow: IPC streams and files, and Parquet. The fast path: columns stay columns."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bihuan.connectors.arrow_rows.unpacked import unpacked_bytes
from bihuan.model.errors import ReadingError
from bihuan.model.readings import MOST_ROWS, QUALITIES
from bihuan.pack.readings import NO_TIME, Columns

MOST_BYTES = 256 * 1024 * 1024
"""Bytes of an IPC body at the most once its compressed buffers are unpacked."""

_ROWS_AT_ONCE = 65_536
_COLUMNS = ("indicator", "place", "at", "value", "quality")
_FILE_MARK = b"ARROW1"
_REMEDY = (
    "The columns are indicator and place (text, best dictionary-encoded), at (timestamp or integer milliseconds UTC), "
    "value (number) and, if wanted, quality (text)."
)


def read(raw: bytes) -> Columns:
    """All rows of an IPC stream or file, counted from 1. Raises ReadingError for anything else."""
    try:
        stream = _stream(raw)
        if unpacked_bytes(stream) > MOST_BYTES:
            raise _refused(f"the columns take more than {MOST_BYTES >> 20} MiB unpacked", "Send them in several batches.")
        with pa.ipc.open_stream(stream) as reader:
            table = reader.read_all()
        table.validate(full=True)  # the bytes are a stranger's: nothing below may follow a wrong offset
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        raise _refused(f"these bytes are no Arrow IPC stream or file ({_first_line(error)})") from error
    return _columns(table, first_row=1)


def read_parquet(path: Path) -> Iterator[Columns]:
    """The rows of a Parquet file in pieces that fit in memory, counted from 1 over the whole file.

    Raises ReadingError, while iterating, where the file or its columns cannot be read.
    """
    first = 1
    try:
        with pq.ParquetFile(path) as file:
            for piece in file.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
                yield _columns(pa.Table.from_batches([piece]), first_row=first)
                first += piece.num_rows
    except (pa.ArrowException, OSError) as error:
        raise ReadingError(f"this is no Parquet file ({_first_line(error)}).", where=path.name, remedy=_REMEDY) from error


def _stream(raw: bytes) -> pa.Buffer:
    """A file is a stream behind a mark of eight bytes; its footer, an index, is not needed here."""
    whole = pa.py_buffer(raw)
    return whole.slice(8) if raw.startswith(_FILE_MARK) else whole


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


def _refused(what: str, remedy: str = _REMEDY) -> ReadingError:
    return ReadingError(f"{what}.", where="body", remedy=remedy)


def _columns(table: pa.Table, first_row: int) -> Columns:
    for name in table.column_names:
        if name not in _COLUMNS or table.column_names.count(name) > 1:
            raise _refused(f"the column '{name[:60]}' " + ("stands twice" if name in _COLUMNS else "means nothing"))
    for name in _COLUMNS[:4]:
        if name not in table.column_names:
            raise _refused(f"the column '{name}' is missing")
    if table.num_rows > MOST_ROWS:
        raise _refused(f"there are more than {MOST_ROWS:,} rows", "Send them in several batches.")
    indicators, indicator = _names(table, "indicator")
    places, place = _names(table, "place")
    qualities, quality = _qualities(table)
    at, local = _times(table)
    return Columns(
        indicators=indicators,
        indicator=indicator,
        places=places,
        place=place,
        at=at,
        value=_values(table),
        qualities=qualities,
        quality=quality,
        row=np.arange(first_row, first_row + table.num_rows, dtype=np.int64),
        local=local,
    )


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table[name].combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _names(table: pa.Table, name: str) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Dictionary and codes of a column of text; -1 for null. An empty or null entry of the dictionary is no name."""
    column = _whole(table, name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not _is_text(kind):
        raise _refused(f"the column '{name}' is {column.type}, not text")
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.large_string()).dictionary_encode()
    codes = column.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    known = tuple(entry or "" for entry in column.dictionary.to_pylist())
    if "" in known:
        codes[np.isin(codes, [code for code, entry in enumerate(known) if not entry])] = -1
    return known, codes


def _qualities(table: pa.Table) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Flags as text, or as the codes the history of readings uses."""
    if "quality" not in table.column_names:
        return (), np.full(table.num_rows, -1, np.int32)
    column = _whole(table, "quality")
    if pa.types.is_null(column.type):
        return (), np.full(table.num_rows, -1, np.int32)
    if not pa.types.is_integer(column.type):
        return _names(table, "quality")
    known, codes = np.unique(column.cast(pa.int64(), safe=False).fill_null(-1).to_numpy(), return_inverse=True)
    names = tuple(QUALITIES[code] if 0 <= code < len(QUALITIES) else str(code) for code in known.tolist())
    return names, np.where(column.is_null().to_numpy(zero_copy_only=False), -1, codes).astype(np.int32)


def _times(table: pa.Table) -> tuple[npt.NDArray[np.int64], bool]:
    """Milliseconds, and whether they are local to the centre: timestamps without a zone are, integers are not."""
    column = _whole(table, "at")
    is_timestamp = pa.types.is_timestamp(column.type)
    if not is_timestamp and not pa.types.is_integer(column.type):
        raise _refused(f"the column 'at' is {column.type}, not a timestamp or an integer")
    try:
        if is_timestamp:
            column = column.cast(pa.timestamp("ms", tz=column.type.tz), safe=column.type.unit == "s")
        at = column.cast(pa.int64()).fill_null(NO_TIME).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise _refused(f"the column 'at' holds a time beyond all calendars ({_first_line(error)})") from error
    return at.astype(np.int64), is_timestamp and column.type.tz is None


def _values(table: pa.Table) -> npt.NDArray[np.float64]:
    column = _whole(table, "value")
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)):
        raise _refused(f"the column 'value' is {kind}, not a number")
    numbers = column.cast(pa.float64(), safe=False).fill_null(np.nan)
    return np.array(numbers.to_numpy(zero_copy_only=False), np.float64)
