"""Readings as columns: what connectors hand in, and the bytes the intake log keeps of them."""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.model.numbering import Numbering, numbered
from bihuan.model.qualities import QUALITIES as QUALITIES

MOST_ROWS = 1_000_000
"""Rows in one batch at the most."""

_HEAD = struct.Struct("<II4s32s")
"""Rows, bytes of the source, a form for each column, digest of the numbering."""
_COLUMNS = (("series", "<i4"), ("at", "<i8"), ("value", "<f8"), ("quality", "u1"))
_WHOLE, _SAME, _RISING = range(3)
"""How a column is written: row by row; its first entry, which all are; its first entry, each next one being one more."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows of readings, in the order they are to be applied.

    `series` (int32) are numbers of `numbering`. `at` (int64) is UTC milliseconds, `value` float64, `quality` (uint8) indexes
    QUALITIES. All columns have one length.
    """

    numbering: Numbering
    series: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    source: str = ""

    def __len__(self) -> int:
        return len(self.series)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of `parts`: the same rows have the same digest on any machine."""
        out = sha256()
        for part in self.parts:
            out.update(part)
        return out.hexdigest()

    @cached_property
    def parts(self) -> list[bytes | memoryview]:
        """The batch as bytes, little-endian, cut in pieces. Values keep every bit, NaN payloads too."""
        source = self.source.encode()
        columns = [_column(np.ascontiguousarray(getattr(self, name), dtype=form)) for name, form in _COLUMNS]
        assert all(len(getattr(self, name)) == len(self) for name, _ in _COLUMNS), "columns of a batch have one length"
        forms = bytes(form for form, _ in columns)
        head = _HEAD.pack(len(self), len(source), forms, bytes.fromhex(self.numbering.digest))
        return [head, source, *(raw for _, raw in columns)]

    def names(self) -> list[str]:
        """The name of each row's series: for messages and tests, not for many rows."""
        return [self.numbering.name(number) for number in self.series.tolist()]


def named(
    names: Sequence[str],
    *,
    at: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    quality: npt.NDArray[np.uint8],
    series: npt.NDArray[Any] | None = None,
    source: str = "",
) -> Batch:
    """A batch of rows whose series go by name: row for row, or through indexes `series` into `names`."""
    numbering, codes = numbered(names)
    numbers = codes if series is None else codes[series]
    return Batch(numbering=numbering, series=numbers, at=at, value=value, quality=quality, source=source)


def unpacked(raw: memoryview, numbering: Callable[[str], Numbering]) -> Batch:
    """The batch of the bytes of `Batch.parts`, where possible as read-only views of them; `numbering` finds one by digest.

    Raises ValueError when they are no batch.
    """
    if len(raw) < _HEAD.size:
        raise ValueError("too short for a batch")
    rows, source_bytes, forms, digest = _HEAD.unpack_from(raw)
    position = _HEAD.size + source_bytes
    sizes = [np.dtype(kind).itemsize * (rows if form == _WHOLE else min(rows, 1)) for form, kind in _forms(forms)]
    if len(raw) != position + sum(sizes) or max(forms) > _RISING:
        raise ValueError(f"{len(raw)} bytes cannot be {rows} rows")
    source = str(raw[_HEAD.size : position], "utf-8")
    columns = {}
    for (name, _), (form, kind), size in zip(_COLUMNS, _forms(forms), sizes, strict=True):
        columns[name] = _rows(form, np.frombuffer(raw[position : position + size], dtype=kind), rows)
        position += size
    return Batch(numbering=numbering(digest.hex()), source=source, **columns)


def _forms(forms: bytes) -> Iterator[tuple[int, str]]:
    return zip(forms, (kind for _, kind in _COLUMNS), strict=True)


def _column(column: npt.NDArray[Any]) -> tuple[int, bytes | memoryview]:
    """The form that takes least room, and the bytes."""
    if len(column) > 1:
        bits = column.view(f"<u{column.itemsize}")
        if bits[0] == bits[-1] and bool((bits == bits[0]).all()):
            return _SAME, column[:1].tobytes()
        span = int(column[-1]) - int(column[0]) if column.dtype.kind == "i" else 0
        if span == len(column) - 1 and bool((np.diff(column) == 1).all()):
            return _RISING, column[:1].tobytes()
    return _WHOLE, column.data.cast("B") if len(column) else b""


def _rows(form: int, found: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    column: npt.NDArray[Any] = found.astype(found.dtype.newbyteorder("="), copy=False)
    if form == _WHOLE or not rows:
        return column
    if form == _SAME:
        return np.full(rows, column[0])
    counted: npt.NDArray[Any] = np.arange(rows, dtype=column.dtype) + column[0]
    return counted
