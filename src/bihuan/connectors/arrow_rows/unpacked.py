"""How large an Arrow IPC body becomes when its compressed buffers are unpacked, told before any of it is.

Reads only the heads of messages (FlatBuffers, tables of the Arrow columnar format's Message.fbs) and the eight bytes before
each compressed buffer that give its full length.
"""

import struct

import pyarrow as pa

_VECTOR_OF_BUFFERS, _COMPRESSION = 2, 3
"""Fields of the table RecordBatch."""


def unpacked_bytes(stream: pa.Buffer) -> int:
    """Bytes of all bodies of an IPC stream. Raises ArrowInvalid or ValueError for bytes that are no stream."""
    total = 0
    try:
        for message in pa.ipc.MessageReader.open_stream(stream):
            if message.type in ("record batch", "dictionary") and message.body is not None:
                total += _unpacked(memoryview(message.metadata), memoryview(message.body), message.type == "dictionary")
    except (struct.error, IndexError) as error:
        raise ValueError(f"the head of a message is damaged: {error}") from error
    return total


def _unpacked(head: memoryview, body: memoryview, is_dictionary: bool) -> int:
    root: int = struct.unpack_from("<I", head)[0]
    batch = _child(head, root, 2)
    if is_dictionary:
        batch = _child(head, batch, 1)
    if not _field(head, batch, _COMPRESSION):
        return len(body)
    vector = _child(head, batch, _VECTOR_OF_BUFFERS)
    (count,) = struct.unpack_from("<I", head, vector)
    total = 0
    for number in range(count):
        offset, length = struct.unpack_from("<qq", head, vector + 4 + 16 * number)
        if length:
            (full,) = struct.unpack_from("<q", body, offset)
            total += length if full < 0 else full
    return total


def _field(head: memoryview, table: int, field: int) -> int:
    """Where a field of a table stands; 0 where it is absent."""
    (back,) = struct.unpack_from("<i", head, table)
    vtable = table - back
    (size,) = struct.unpack_from("<H", head, vtable)
    place = 4 + 2 * field
    if place + 2 > size:
        return 0
    (offset,) = struct.unpack_from("<H", head, vtable + place)
    return table + offset if offset else 0


def _child(head: memoryview, table: int, field: int) -> int:
    """Where the table or vector begins that a field refers to."""
    place = _field(head, table, field)
    if not place:
        raise ValueError("the head of a message lacks a part")
    return int(place + struct.unpack_from("<I", head, place)[0])
