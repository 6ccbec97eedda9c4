"""Cases from XES (IEEE 1849): a trace is a case. Read by its tags as they come; only what the map wants is kept."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from bihuan.connectors.case_logs.map import columns_of, event_columns
from bihuan.connectors.case_logs.record import MOST_EVENTS, TOO_MANY, Record
from bihuan.connectors.case_logs.schema import Map
from bihuan.model.errors import LogError

CHUNK = 1 << 16
_VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})


def read(stream: BinaryIO, found: Map) -> Iterator[Record]:
    """Raises LogError, while iterating, for what is no XES. A document type is refused: it may name other files, or grow."""
    traces = _Traces(frozenset(columns_of(found)), frozenset(event_columns(found)))
    ended = False
    while not ended:
        piece = stream.read(CHUNK)
        ended = not piece
        try:
            traces.parser.Parse(piece, ended)
        except expat.ExpatError as error:
            what = f"this is no XML: {expat.errors.messages[error.code]}."
            remedy = "What stands before is taken; import again when it is mended."
            raise LogError(what, where=f"line {error.lineno}", remedy=remedy) from error
        yield from traces.done
        traces.done.clear()


class _Traces:
    def __init__(self, wanted: frozenset[str], of_events: frozenset[str]) -> None:
        self.done: list[Record] = []
        self._wanted, self._of_events = wanted, of_events
        self._open: list[str] = []
        self._number = 0
        self._case: dict[str, str] = {}
        self._events: list[dict[str, str]] = []
        self._many = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        match self._open:
            case []:
                if name != "log":
                    raise LogError(f"this is no XES: it begins with <{name[:40]}>.", remedy="Give the file as it was exported.")
            case ["log"] if name == "trace":
                self._number, self._case, self._events, self._many = self._number + 1, {}, [], False
            case ["log", "trace"] if name == "event":
                self._many = len(self._events) >= MOST_EVENTS
                if not self._many:
                    self._events.append({})
            case ["log", "trace"] if name in _VALUES and attributes.get("key") in self._wanted:
                self._case[attributes["key"]] = attributes.get("value", "")
            case ["log", "trace", "event"] if name in _VALUES and attributes.get("key") in self._of_events:
                self._events[-1][attributes["key"]] = attributes.get("value", "")
            case _:
                pass
        self._open.append(name)

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._open == ["log"] and name.rpartition(":")[2] == "trace":
            trouble = TOO_MANY if self._many else ""
            self.done.append(Record(row=self._number, case=self._case, events=self._events, trouble=trouble))

    def _doctype(self, *_: object) -> None:
        raise LogError("the file has a document type, which XES does not need.", remedy="Remove the line with <!DOCTYPE.")
