"""Readings from Arrow: IPC streams and files, and Parquet. The fast path: columns stay columns."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bihuan.connectors.arrow_rows.unpacked import unpacked_bytes
from bihuan.model.errors import ReadingError
from bihuan.model.readings import MOST_ROWS, QUALITIES
from bihuan.pack.readings import NO_TIME, Columns, IdColumns

MOST_BYTES = 256 * 1024 * 1024
"""Bytes of an IPC body at the most once its compressed buffers are unpacked."""

_ROWS_AT_ONCE = 65_536
_COLUMNS = ("indicator", "place", "at", "value", "quality")
_BY_ID = ("series", "at", "value", "quality")
CATALOGUE = b"Bihuan-Catalogue"
"""Key of the schema's metadata that says whose ids `series` holds."""
_FILE_MARK = b"ARROW1"
_KEPT_BYTES = 1 << 20
"""Of a dictionary that is kept, at the most."""
_dictionaries: deque[tuple[pa.Array, tuple[str, ...]]] = deque(maxlen=8)
"""The last ones, and their entries."""
_REMEDY = (
    "The columns are indicator and place (text, best dictionary-encoded) or series (ids of GET /live/series), "
    "at (timestamp or integer milliseconds UTC), value (number) and, if wanted, quality (text)."
)


def read(raw: bytes) -> Columns | IdColumns:
    """All rows of an IPC stream or file, counted from 1: by id where there is a column `series`, else by name.

    Raises ReadingError for anything else.
    """
    try:
        stream = _stream(raw)
        if unpacked_bytes(stream) > MOST_BYTES:
            raise _refused(f"the columns take more than {MOST_BYTES >> 20} MiB unpacked", "Send them in several batches.")
        with pa.ipc.open_stream(stream) as reader:
            table = reader.read_all()
        table.validate(full=True)  # the bytes are a stranger's: nothing below may follow a wrong offset
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        raise _refused(f"these bytes are no Arrow IPC stream or file ({_first_line(error)})") from error
    return _by_id(table) if "series" in table.column_names else _columns(table, first_row=1)


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
    _check(table, _COLUMNS)
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


def _by_id(table: pa.Table) -> IdColumns:
    _check(table, _BY_ID)
    qualities, quality = _qualities(table)
    at, local = _times(table)
    said = (table.schema.metadata or {}).get(CATALOGUE, b"")
    return IdColumns(
        catalogue=said[:200].decode("ascii", "replace"),
        ids=_ids(table),
        at=at,
        value=_values(table),
        qualities=qualities,
        quality=quality,
        local=local,
    )


def _check(table: pa.Table, names: tuple[str, ...]) -> None:
    """All columns of `names` once, but for the last, which may be missing, and no others."""
    given: list[str] = table.column_names
    for name in given:
        if name not in names or given.count(name) > 1:
            raise _refused(f"the column '{name[:60]}' " + ("stands twice" if name in names else "means nothing"))
    for name in names[:-1]:
        if name not in given:
            raise _refused(f"the column '{name}' is missing")
    if table.num_rows > MOST_ROWS:
        raise _refused(f"there are more than {MOST_ROWS:,} rows", "Send them in several batches.")


def _ids(table: pa.Table) -> npt.NDArray[np.int32] | npt.NDArray[np.int64]:
    """Ids as they were sent; -1, which is no id, for null."""
    column = _whole(table, "series")
    if not pa.types.is_integer(column.type):
        raise _refused(f"the column 'series' is {column.type}, not an integer")
    try:
        return _numbers(column, pa.int32() if column.type == pa.int32() else pa.int64(), -1)
    except pa.ArrowInvalid as error:
        raise _refused("the column 'series' holds a number that is no id") from error


def _numbers(column: pa.Array, kind: pa.DataType, missing: float) -> npt.NDArray[Any]:
    """A column as numpy's: what needs no other type and has no nulls is not copied."""
    column = column if column.type == kind else column.cast(kind)
    column = column.fill_null(missing) if column.null_count else column
    out: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return out


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    if column.num_chunks == 1:
        return column.chunk(0)
    column = column.combine_chunks()
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
    codes = _numbers(column.indices, pa.int32() if column.indices.type == pa.int32() else pa.int64(), -1)
    codes, known = codes.astype(np.int32, copy=False), _words(column.dictionary)
    if "" in known:
        codes = codes.copy()  # as it came it may be the body's own
        codes[np.isin(codes, [code for code, entry in enumerate(known) if not entry])] = -1
    return known, codes


def _words(dictionary: pa.Array) -> tuple[str, ...]:
    """The entries of a dictionary. Senders send the same ones again and again: the same then answers the same object."""
    for kept, words in tuple(_dictionaries):  # another thread may add one meanwhile
        if kept.type == dictionary.type and kept.equals(dictionary):
            return words
    found = dictionary.to_pylist()
    words = tuple(entry or "" for entry in found)
    if dictionary.nbytes <= _KEPT_BYTES:
        # A copy: the array is a window on the whole body.
        _dictionaries.append((pa.array(found, dictionary.type), words))
    return words


def _qualities(table: pa.Table) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Flags as text, or as the codes the history of readings uses."""
    if "quality" not in table.column_names:
        return (), np.broadcast_to(np.int32(-1), table.num_rows)
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
        at: npt.NDArray[np.int64] = _numbers(column, pa.int64(), NO_TIME)
    except pa.ArrowInvalid as error:
        raise _refused(f"the column 'at' holds a time beyond all calendars ({_first_line(error)})") from error
    return at, is_timestamp and column.type.tz is None


def _values(table: pa.Table) -> npt.NDArray[np.float64]:
    column = _whole(table, "value")
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)):
        raise _refused(f"the column 'value' is {kind}, not a number")
    return _numbers(column if kind == pa.float64() else column.cast(pa.float64(), safe=False), pa.float64(), np.nan)
