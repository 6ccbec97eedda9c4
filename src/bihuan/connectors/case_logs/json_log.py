"""Cases from JSON: a list of objects, or one object a line. One case is in memory at a time."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, TextIO

from bihuan.connectors.case_logs.map import columns_of, event_columns
from bihuan.connectors.case_logs.record import MOST_BYTES, MOST_EVENTS, TOO_MANY, Record, Texts
from bihuan.connectors.case_logs.schema import Map
from bihuan.model.errors import LogError

CHUNK = 1 << 16
_REMEDY = 'Give a list of cases, [{"id": ...}, ...], or one object a line.'


def read(text: TextIO, found: Map) -> Iterator[Record]:
    """Raises LogError, while iterating, for what is no JSON; in JSON lines the other lines are kept."""
    start = _start(text)
    columns, of_events = columns_of(found), event_columns(found)
    path = found.events.path if found.events else ""
    values = _listed(_Text(text, start)) if start.startswith("[") else _lines(text, start)
    for row, value, trouble in values:
        if not isinstance(value, dict):
            yield Record(row=row, case={}, trouble=trouble or "this is no object with the columns of a case.", remedy=_REMEDY)
            continue
        events = _at(value, path) if path else None
        if events is not None and not isinstance(events, list):
            yield Record(row=row, case={}, trouble=f"'{path}' is no list of events.", remedy="Check `events: {path: ...}`.")
            continue
        listed = events or []
        trouble = TOO_MANY if len(listed) > MOST_EVENTS else ""
        yield Record(row=row, case=_texts(value, columns), events=[_texts(one, of_events) for one in listed], trouble=trouble)


def _start(text: TextIO) -> str:
    """The first piece of text that is not blank."""
    while piece := text.readline(CHUNK):
        if piece.strip():
            return piece.lstrip()
    raise LogError("the file is empty.", remedy=_REMEDY)


def _texts(value: Any, paths: Sequence[str]) -> Texts:
    found = {path: _at(value, path) for path in paths}
    return {path: _text(one) for path, one in found.items() if one is not None}


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    """A plain value as text; a list or an object says nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if isinstance(value, dict | list) else str(value)


# one object a line


def _lines(text: TextIO, start: str) -> Iterator[tuple[int, Any, str]]:
    rest = "" if start.endswith("\n") else text.readline(MOST_BYTES)
    number, line = 1, start + rest
    while line:
        if len(line) >= MOST_BYTES:
            _fail("the line is longer than 8 MiB.", number)
        if line.strip():
            try:
                yield number, _DECODER.decode(line), ""
            except (ValueError, RecursionError) as error:
                yield number, None, f"the line is no JSON: {error}."
        number, line = number + 1, text.readline(MOST_BYTES)


# a list


class _Text:
    """What is in memory of a list: from the next case on."""

    def __init__(self, text: TextIO, start: str) -> None:
        self._text, self._buffer, self._next = text, start, 1
        self._chunk = CHUNK

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._next < len(self._buffer):
                if not self._buffer[self._next].isspace():
                    return self._buffer[self._next]
                self._next += 1
            if not self._more():
                return ""

    def skip(self) -> None:
        self._next += 1

    def value(self, number: int) -> Any:
        """The value that begins at the next character."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._next)
            except (ValueError, RecursionError) as error:
                fits = isinstance(error, json.JSONDecodeError) and len(self._buffer) - self._next < MOST_BYTES
                if not (fits and self._more()):
                    _fail(f"the case is no JSON: {error}.", number)
                continue
            self._next, self._chunk = end, CHUNK
            return value

    def _more(self) -> bool:
        piece = self._text.read(self._chunk)
        self._buffer, self._next = self._buffer[self._next :] + piece, 0
        self._chunk *= 2  # a case that does not fit yet is read again from its beginning
        return bool(piece)


def _listed(text: _Text) -> Iterator[tuple[int, Any, str]]:
    number = 0
    while text.peek() not in ("]", ""):
        number += 1
        yield number, text.value(number), ""
        if (mark := text.peek()) == ",":
            text.skip()
        elif mark != "]":
            _fail("behind the case there is neither a comma nor the end of the list.", number)
    if not text.peek():
        _fail("the list does not end: the file is cut off.", number)


def _fail(what: str, number: int) -> NoReturn:
    remedy = "What stands before is taken; import again when it is mended."
    raise LogError(what, where=f"row {number}", remedy=remedy)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)
