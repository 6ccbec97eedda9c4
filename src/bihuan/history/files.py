"""One Parquet file of readings, sorted by indicator, place and time, and the reading of a piece of it.

Columns are `indicator`, `place`, `at`, `value`, `quality`: any Parquet reader can use them. A row group holds whole
indicators as far as they fit, and the footer says with which series each begins and ends, so that one series costs one
row group. Encodings were chosen by measuring, bytes a reading on values to one decimal: places as plain text under zstd
0.11 (as a dictionary 0.64: eleven packed bits repeat on no byte), times with their bytes split 0.01 (the same as a
dictionary where all are read on the minute, and half of it where every gauge has its own), values as a dictionary 1.3-1.4
(bytes split 1.7). Values that hardly repeat have their bytes split instead. float32 holds no tenth exactly; decimals would
save another 0.3, but then one folder would have two types of `value`, and other programs would round one to the other.
"""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from time import sleep
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bihuan.history.contract import Columns
from bihuan.history.rows import NO_ROWS, Rows
from bihuan.model.errors import JournalError

GROUP_ROWS = 16_384
"""Rows in a row group at the most: one series over 30 days reads 30 of them."""

HOUR_GROUP_ROWS, HOUR_LEVEL = 65_536, 1
"""The same of a file that the nightly compaction rewrites, and its level of zstd: both for how quickly it is written."""

FEW_PLACES = 8
"""Rows of a row group for each place, from which on places go into a dictionary where that is quicker."""

FOOTERS = 128
"""Footers kept in memory at the most, about 330 KB each."""

_AT = pa.timestamp("ms", tz="UTC")
_SCHEMA = pa.schema(
    [
        pa.field("indicator", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("place", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("at", _AT, nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("quality", pa.uint8(), nullable=False),
    ]
)
_NUMBERS = ["at", "value", "quality"]
_GROUPS, _ROWS, _CRC = b"bihuan.groups", b"bihuan.rows", b"bihuan.crc"

Ends = tuple[str, str, str, str]
"""First indicator and place of a row group, last indicator and place."""

_groups_of = msgspec.json.Decoder(tuple[Ends, ...]).decode
_rows_of = msgspec.json.Decoder(dict[str, int]).decode


class Footer(NamedTuple):
    metadata: Any
    groups: tuple[Ends, ...]

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows it has of each indicator."""
        return _rows_of(self.metadata.metadata[_ROWS])


class Missing(Exception):
    """The file has gone since its name was looked up."""


class Files:
    """Reads sorted files, keeping the footers last used. Any thread may."""

    def __init__(self) -> None:
        self.footer = lru_cache(maxsize=FOOTERS)(_footer)

    def series(self, path: Path, indicator: str, place: str, since: int, until: int) -> Columns:
        """at, value, quality of one series. Raises Missing, and JournalError when the file is damaged."""
        wanted, footer = (indicator, place), self.footer(path)
        groups = [n for n, ends in enumerate(footer.groups) if ends[:2] <= wanted <= ends[2:]]
        if not groups:
            return NO_ROWS.at, NO_ROWS.value, NO_ROWS.quality
        alone = all(ends[0] == ends[2] for ends in footer.groups[groups[0] : groups[-1] + 1])
        table = self._table(path, groups, ["place", *_NUMBERS] if alone else ["indicator", "place", *_NUMBERS])
        # Rows are in order: looking up some thirty names is cheaper than comparing sixteen thousand.
        low, high = _run(
            table["place"], place, *((0, len(table)) if alone else _run(table["indicator"], indicator, 0, len(table)))
        )
        at, value, quality = _numbers(table.slice(low, high - low))
        rows = (at >= since) & (at <= until)
        return at[rows], value[rows], quality[rows]

    def indicators(self, path: Path, first: str, last: str) -> Rows:
        """The rows of the indicators from `first` to `last`, both included. Raises Missing and JournalError."""
        groups = [n for n, ends in enumerate(self.footer(path).groups) if ends[0] <= last and ends[2] >= first]
        if not groups:
            return NO_ROWS
        columns = ["indicator", "place", *_NUMBERS]
        table = self._table(path, groups, columns, names=["indicator", "place"]).unify_dictionaries().combine_chunks()
        at, value, quality = _numbers(table)
        indicators, indicator = _ordered(table["indicator"].chunk(0))
        places, place = _ordered(table["place"].chunk(0))
        rows = Rows(indicators=indicators, places=places, indicator=indicator, place=place, at=at, value=value, quality=quality)
        inside = np.fromiter((first <= name <= last for name in indicators), bool, len(indicators))
        return rows if inside.all() else rows.chosen(inside[indicator])

    def _table(self, path: Path, groups: list[int], columns: list[str], *, names: list[str] | None = None) -> pa.Table:
        """These columns of these row groups; `names` as dictionaries."""
        metadata = self.footer(path).metadata
        try:
            with pq.ParquetFile(path, metadata=metadata, read_dictionary=names, page_checksum_verification=True) as file:
                table = file.read_row_groups(groups, columns=columns, use_threads=False)
                if not set(columns) <= set(table.column_names):
                    raise ValueError("it lacks columns")
                return table
        except FileNotFoundError as error:
            raise Missing(str(path)) from error
        except (OSError, ValueError, pa.ArrowException) as error:
            raise damaged(path, error) from error


def _run(column: pa.ChunkedArray, name: str, low: int, high: int) -> tuple[int, int]:
    """From where up to where it is this name, between two rows where the column is in order."""
    rows, of = range(len(column)), lambda row: column[row].as_py()
    return bisect_left(rows, name, low, high, key=of), bisect_right(rows, name, low, high, key=of)


def _numbers(table: pa.Table) -> Columns:
    return table["at"].cast(pa.int64()).to_numpy(), table["value"].to_numpy(), table["quality"].to_numpy()


def _ordered(column: pa.DictionaryArray) -> tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.int32]]]:
    names: list[str] = column.dictionary.to_pylist()
    codes = column.indices.to_numpy()
    ordered = sorted(names)
    if ordered == names:
        return tuple(names), codes
    rank = {name: number for number, name in enumerate(ordered)}
    return tuple(ordered), np.fromiter((rank[name] for name in names), np.int32, len(names))[codes]


def _footer(path: Path) -> Footer:
    try:
        metadata = pq.read_metadata(path)
        if _CRC not in (metadata.metadata or ()):
            raise ValueError("it was not written by this version's history")
        if metadata.metadata[_CRC] != _crc(metadata.metadata):
            raise ValueError("its index is not what was written")
        return Footer(metadata, _groups_of(metadata.metadata[_GROUPS]))
    except FileNotFoundError as error:
        raise Missing(str(path)) from error
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


# --- writing ---


def write(
    pieces: Iterable[Rows],
    path: Path,
    *,
    level: int = HOUR_LEVEL,
    group_rows: int = HOUR_GROUP_ROWS,
    quick: bool = False,
    pause_seconds: float = 0.0,
) -> None:
    """Write sorted rows, piece after piece, at this level of zstd, and sync. Raises OSError when the disk refuses.

    No indicator is in two pieces. The first piece, which is not empty, shows how values are best written. `quick` is for a
    file that is soon rewritten: half a byte a reading more, for two thirds of the work. It has places as a dictionary, and no
    statistics of row groups, which are for other readers: ours has its index. `pause_seconds` after each row group leave the
    core to others.
    """
    pieces = iter(pieces)
    first = next(pieces)
    # A dictionary is written whole into every row group: not where there are more places than a group can have.
    plain = ["quality"] if quick and len(first.places) * FEW_PLACES <= group_rows else ["place"]
    split = ["at", "value"] if _values_hardly_repeat(first) else ["at"]
    groups: list[Ends] = []
    found: dict[str, int] = {}
    with pq.ParquetWriter(
        path,
        _SCHEMA,
        compression="zstd",
        compression_level=level,
        use_dictionary=[name for name in _SCHEMA.names if name not in (*plain, *split)],
        column_encoding={**dict.fromkeys(plain, "PLAIN"), **dict.fromkeys(split, "BYTE_STREAM_SPLIT")},
        write_statistics=False if quick else ["indicator", "place", "at"],
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        for rows in chain([first], pieces):
            codes, edges = _edges(rows)
            found |= {rows.indicators[code]: end - start for code, (start, end) in zip(codes, pairwise(edges), strict=True)}
            places = _texts(rows.places)
            for start, end in _cuts(edges, group_rows):
                part = rows.chosen(slice(start, end))
                writer.write_table(_group(part, places), row_group_size=len(part))
                groups.append((*_series(part, 0), *_series(part, -1)))
                if pause_seconds:
                    sleep(pause_seconds)
        index = {_GROUPS: msgspec.json.encode(groups), _ROWS: msgspec.json.encode(found)}
        writer.add_key_value_metadata({**index, _CRC: _crc(index)})
    sync(path)


def _edges(rows: Rows) -> tuple[list[int], list[int]]:
    """Which indicators sorted rows have, and where the rows of each begin; at last where they end."""
    low, high = int(rows.indicator[0]), int(rows.indicator[-1])
    edges = np.searchsorted(rows.indicator, np.arange(low, high + 2, dtype=np.int32))
    there = np.flatnonzero(edges[1:] > edges[:-1])
    return (low + there).tolist(), [*edges[there].tolist(), len(rows)]


@lru_cache(maxsize=1)
def _texts(names: tuple[str, ...]) -> pa.Array:
    """Pieces of a file have the same names."""
    return pa.array(names, pa.string())


def _crc(index: Mapping[bytes, bytes]) -> bytes:
    """Pages have checksums of their own; this is one for what says where to look."""
    return b"%08x" % crc32(index[_ROWS], crc32(index[_GROUPS]))


def _series(rows: Rows, row: int) -> tuple[str, str]:
    return rows.indicators[int(rows.indicator[row])], rows.places[int(rows.place[row])]


def _group(rows: Rows, places: pa.Array) -> pa.Table:
    low, high = int(rows.indicator[0]), int(rows.indicator[-1])
    # Only the names it has: a dictionary is written whole into every row group.
    names = pa.array(rows.indicators[low : high + 1], pa.string())
    indicator = pa.DictionaryArray.from_arrays(rows.indicator - low, names, safe=False)
    place = pa.DictionaryArray.from_arrays(rows.place, places, safe=False)
    columns = [indicator, place, pa.array(rows.at).cast(_AT), pa.array(rows.value), pa.array(rows.quality)]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def _cuts(edges: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Where each row group starts and ends: after whole indicators, or within one that is too long."""
    start = 0
    for begin, end in pairwise(edges):
        if end - start > most and begin > start:
            yield start, begin
            start = begin
        while end - start > most:
            pieces = -(-(end - start) // most)
            cut = start + -(-(end - start) // pieces)
            yield start, cut
            start = cut
    if start < edges[-1]:
        yield start, edges[-1]


def _values_hardly_repeat(rows: Rows) -> bool:
    """Looks at up to four pieces of the size of a row group."""
    size = min(GROUP_ROWS, len(rows))
    pieces = [rows.value[start : start + size] for start in np.linspace(0, len(rows) - size, 4).astype(int)]
    return sum(len(np.unique(piece)) for piece in pieces) > 0.6 * 4 * size


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def damaged(path: Path, error: Exception) -> JournalError:
    remedy = "Put the file back from the backup, or move the history's folder aside: it is made again from the intake log."
    return JournalError(f"the file of readings is damaged: {error}", where=str(path), remedy=remedy)
