"""YAML as packs may use it: plain values, bounded in size, depth and expansion, and every value knows its line."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from bihuan.model.errors import PackError
from bihuan.pack.yaml_nodes import CORE, MOST_DEPTH, Mapping, Node, Scalar, Sequence, compose

MOST_BYTES = 1 << 20
MOST_EXPANDED = 1_000
"""Values that aliases may repeat in one file; more is a mistake or a bomb."""

MOST_DIGITS = 40

Path: TypeAlias = tuple[str | int, ...]

_PLAIN = frozenset(CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML file: its plain value, and the node tree that knows the lines."""

    file: str
    value: object
    root: Node | None

    def where(self, path: Path = ()) -> str:
        """`packs/rain/plans.yaml:14` for the value at `path`, or for the nearest value above it that exists."""
        return f"{self.file}:{self.line(path)}"

    def line(self, path: Path = ()) -> int:
        node, line = self.root, _line(self.root)
        for part in path:
            node, line = _step(node, part, line)
            if node is None:
                break
        return line


def read_yaml(text: str, file: str) -> Document:
    """Reads one YAML document. Raises PackError with the line for anything that packs may not contain."""
    if len(text.encode()) > MOST_BYTES:
        raise PackError("the file is larger than 1 MiB.", where=file, remedy="Put bulk rows into a CSV, or split the file.")
    try:
        root = compose(text)
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, file) from None
    except yaml.YAMLError as error:
        said = str(error).partition("\n")[0]
        raise PackError(f"this is not YAML: {said}.", where=file, remedy="Save it as plain UTF-8 text.") from None
    value = _Reader(file).read(root) if root is not None else None
    return Document(file=file, value=value, root=root)


class _Reader:
    """Turns nodes into plain values, counting what aliases repeat."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._seen: set[int] = set()
        self._expanded = 0

    def read(self, node: Node, depth: int = 0, repeated: bool = False) -> object:
        repeated = repeated or id(node) in self._seen
        if repeated:
            self._expanded += 1
        if self._expanded > MOST_EXPANDED or depth > MOST_DEPTH:
            what = f"aliases repeat more than {MOST_EXPANDED} values here."
            raise self._error(node, what, "Write the values out, or put bulk rows into a CSV.")
        if node.tag not in _PLAIN:
            raise self._error(node, f"the tag '{node.tag}' is not allowed.", "Write plain text, numbers, lists and mappings.")
        self._seen.add(id(node))
        if isinstance(node, Mapping):
            return self._mapping(node, depth, repeated)
        if isinstance(node, Sequence):
            return [self.read(child, depth + 1, repeated) for child in node.value]
        return self._scalar(node)

    def _mapping(self, node: Mapping, depth: int, repeated: bool) -> dict[str, object]:
        out: dict[str, object] = {}
        for key, child in node.value:
            if not isinstance(key, Scalar):
                raise self._error(key, "a key must be a plain word.")
            if key.value in out:
                raise self._error(key, f"the key '{key.value}' stands here twice.", "Keep one of them.")
            out[key.value] = self.read(child, depth + 1, repeated)
        return out

    def _scalar(self, node: Node) -> object:
        kind, text = node.tag.removeprefix(CORE), str(node.value)
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind in ("int", "float") and len(text) <= MOST_DIGITS:
            return self._number(node, text, int if kind == "int" else float)
        raise self._error(node, f"'{text[:40]}' cannot be read as {kind}.")

    def _number(self, node: Node, text: str, kind: type[int] | type[float]) -> int | float:
        try:
            number = kind(text)
        except ValueError:
            raise self._error(node, f"'{text}' cannot be read as a number.") from None
        if not math.isfinite(number):
            raise self._error(node, f"'{text}' is not a number that can be compared.")
        return number

    def _error(self, node: Node, what: str, remedy: str = "") -> PackError:
        return PackError(what, where=f"{self._file}:{_line(node)}", remedy=remedy)


def _line(node: Node | None) -> int:
    return node.line if node is not None else 1


def _step(node: Node | None, part: str | int, line: int) -> tuple[Node | None, int]:
    if isinstance(node, Mapping):
        for key, child in node.value:
            if key.value == part:
                return child, _line(key)
    elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.value):
        return node.value[part], _line(node.value[part])
    return None, line


def _syntax(error: yaml.MarkedYAMLError, file: str) -> PackError:
    mark = error.problem_mark or error.context_mark
    where = f"{file}:{mark.line + 1}" if mark else file
    problem = error.problem or "this cannot be read"
    if problem == "but found another document":
        remedy = "Put it into a file of its own, or remove the '---'."
        return PackError("a second YAML document begins here.", where=where, remedy=remedy)
    if "\\t" in problem or "'\t'" in problem:
        return PackError("there is a tab where YAML wants spaces.", where=where, remedy="Indent with spaces.")
    return PackError(f"the YAML cannot be read: {problem}.", where=where, remedy="Check indentation, quotes and colons here.")
