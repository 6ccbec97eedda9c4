"""Cases from other systems' logs (外部案件日志): CSV, JSON and XES, also packed with gzip, under a declared map.

A log is read as a stream; one case is in memory at a time.
"""

import io
import zlib
from collections.abc import Iterator
from gzip import BadGzipFile, GzipFile
from typing import BinaryIO

from bihuan.connectors.case_logs import csv_log, json_log, xes_log
from bihuan.connectors.case_logs.map import NAMES, is_name, read_map
from bihuan.connectors.case_logs.reading import Reader, RefusedCase, Taken
from bihuan.connectors.case_logs.record import Record
from bihuan.connectors.case_logs.schema import Map
from bihuan.model.errors import LogError

__all__ = ["NAMES", "Map", "Reader", "Record", "RefusedCase", "Taken", "is_name", "read", "read_map"]

_GZIP = b"\x1f\x8b"


def read(stream: BinaryIO, found: Map) -> Iterator[Record]:
    """The records of a log, read from `stream` as far as they are asked for. It must be able to seek.

    Raises LogError, while iterating, where the file is not what the map says.
    """
    packed = stream.read(2) == _GZIP
    stream.seek(0)
    plain: BinaryIO = GzipFile(fileobj=stream) if packed else stream  # type: ignore[assignment]  # reads as one
    try:
        if found.format == "xes":
            yield from xes_log.read(plain, found)
        else:
            text = io.TextIOWrapper(plain, encoding=_encoding(found), newline="")
            try:
                yield from csv_log.read(text, found) if found.format == "csv" else json_log.read(text, found)
            finally:
                text.detach()
    except UnicodeDecodeError as error:
        what = f"the byte 0x{error.object[error.start]:02X} is not {found.encoding}."
        raise LogError(what, remedy="Say how the file is written as `encoding` in the map, e.g. gb18030.") from error
    except (EOFError, BadGzipFile, zlib.error) as error:
        raise LogError(f"the packed file is damaged or cut off: {error}.", remedy="Fetch it again.") from error


def _encoding(found: Map) -> str:
    try:
        "".encode(found.encoding)
    except LookupError:
        raise LogError(f"there is no encoding '{found.encoding}'.", remedy="Write utf-8 or gb18030.") from None
    return "utf-8-sig" if found.encoding.lower() in ("utf-8", "utf8") else found.encoding
