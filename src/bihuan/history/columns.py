"""A batch of readings as bytes: little-endian columns behind a small head."""

import struct

import msgspec
import numpy as np

from bihuan.model.readings import Batch

_HEAD = struct.Struct("<III")
"""Rows, bytes of names, bytes of source."""

_COLUMNS = (("series", "<i4"), ("at", "<i8"), ("value", "<f8"), ("quality", "u1"))
_ROW_BYTES = sum(np.dtype(form).itemsize for _, form in _COLUMNS)
_NAMES = msgspec.json.Decoder(tuple[str, ...])


def encode(batch: Batch) -> bytes:
    """The batch as bytes. Values keep every bit, NaN payloads too, so its digest survives."""
    names, source = msgspec.json.encode(batch.names), batch.source.encode()
    columns = [np.ascontiguousarray(getattr(batch, name), dtype=form) for name, form in _COLUMNS]
    assert all(len(column) == len(batch) for column in columns), "columns of a batch have one length"
    head = _HEAD.pack(len(batch), len(names), len(source))
    return b"".join([head, names, source, *(column.tobytes() for column in columns)])


def decode(raw: memoryview) -> Batch:
    """The batch of these bytes; its columns are read-only views of them. Raises ValueError when they are no batch."""
    if len(raw) < _HEAD.size:
        raise ValueError("too short for a batch")
    rows, name_bytes, source_bytes = _HEAD.unpack_from(raw)
    position = _HEAD.size + name_bytes + source_bytes
    if len(raw) != position + rows * _ROW_BYTES:
        raise ValueError(f"{len(raw)} bytes cannot be {rows} rows")
    names = _NAMES.decode(raw[_HEAD.size : _HEAD.size + name_bytes])
    source = str(raw[_HEAD.size + name_bytes : position], "utf-8")
    columns = []
    for _, form in _COLUMNS:
        column = np.frombuffer(raw, dtype=form, count=rows, offset=position)
        columns.append(column.astype(column.dtype.newbyteorder("="), copy=False))
        position += column.nbytes
    series, at, value, quality = columns
    return Batch(names=names, series=series, at=at, value=value, quality=quality, source=source)
