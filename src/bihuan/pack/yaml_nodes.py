"""From YAML text to a tree of nodes that know their lines. Small nodes: half a million are read in a few seconds."""

import re
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

if yaml.__with_libyaml__:
    from yaml._yaml import CParser

MOST_DEPTH = 30

CORE = "tag:yaml.org,2002:"


class Node:
    """A scalar (`value` is its text), a mapping (pairs of nodes) or a sequence (nodes). Lines count from 1."""

    __slots__ = ("line", "tag", "value")

    def __init__(self, tag: str, value: Any, line: int) -> None:
        self.tag = tag
        self.value = value
        self.line = line


class Scalar(Node):
    __slots__ = ()


class Mapping(Node):
    __slots__ = ()


class Sequence(Node):
    __slots__ = ()


def compose(text: str) -> Node | None:
    """The one document of `text`; None where it is empty. Raises yaml.YAMLError.

    Scanned by libyaml where PyYAML has it, several times as fast; what libyaml refuses, Python reads again to say why.
    """
    if yaml.__with_libyaml__:
        try:
            return _Composer(CParser(text)).document()
        except yaml.YAMLError:
            pass
    return _Composer(_Events(text)).document()


class _Events(Reader, Scanner, Parser):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


class _Composer:
    """Builds nodes from a stream of events, never deeper than MOST_DEPTH, so that no text exhausts the stack."""

    def __init__(self, events: Any) -> None:
        self._next = events.get_event
        self._anchors: dict[str, Node] = {}

    def document(self) -> Node | None:
        self._next()  # the stream starts
        event = self._next()
        if isinstance(event, StreamEndEvent):
            return None
        node = self._node(self._next(), 0)
        self._next()  # the document ends
        event = self._next()
        if isinstance(event, DocumentStartEvent):
            where: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem="but found another document", problem_mark=where)
        return node

    def _node(self, event: Any, depth: int) -> Node:
        mark: Any = event.start_mark
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise yaml.MarkedYAMLError(problem=f"found undefined alias {event.anchor!r}", problem_mark=mark)
            return self._anchors[event.anchor]
        if depth > MOST_DEPTH:
            what = f"this is nested deeper than {MOST_DEPTH} levels"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=mark)
        line = mark.line + 1
        node: Node
        if isinstance(event, ScalarEvent):
            node = Scalar(_tag(event, ""), event.value, line)
            self._anchor(event, node)
        elif isinstance(event, MappingStartEvent):
            node = Mapping(_tag(event, "map"), [], line)
            self._anchor(event, node)
            while not isinstance(key := self._next(), MappingEndEvent):
                node.value.append((self._node(key, depth + 1), self._node(self._next(), depth + 1)))
        else:
            node = Sequence(_tag(event, "seq"), [], line)
            self._anchor(event, node)
            while not isinstance(item := self._next(), SequenceEndEvent):
                node.value.append(self._node(item, depth + 1))
        return node

    def _anchor(self, event: Any, node: Node) -> None:
        if event.anchor is None:
            return
        if event.anchor in self._anchors:
            raise yaml.MarkedYAMLError(problem=f"found duplicate anchor {event.anchor!r}", problem_mark=event.start_mark)
        self._anchors[event.anchor] = node


# The core schema of YAML 1.2, less infinities, hexadecimals and octals: a code such as 0101 must not lose its zero. Dates,
# clock times and `on` stay the text they look like.
_SHAPES = (
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)")),
    ("float", re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")),
)
_MAY_BE_NO_TEXT = frozenset("tTfF~nN-+.0123456789")


def _tag(event: Any, kind: str) -> str:
    """The tag that is written, else `kind`, else what the text of a plain scalar looks like."""
    if event.tag is not None and event.tag != "!":
        return str(event.tag)
    if kind:
        return CORE + kind
    text = event.value
    if event.implicit[0] and (not text or text[0] in _MAY_BE_NO_TEXT):
        for name, pattern in _SHAPES:
            if pattern.fullmatch(text):
                return CORE + name
    return CORE + "str"
