"""From plain values to what packs declare: msgspec does the work, this says in a sentence what is wrong and on which line."""

import re
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar, get_args, get_origin

import msgspec

from bihuan.model.errors import PackError
from bihuan.pack.schema import read_span
from bihuan.pack.trouble import known_names
from bihuan.pack.yaml_text import Path

T = TypeVar("T")
Where: TypeAlias = Callable[[Path], str]

_PATH = re.compile(r" - at `\$(.*)`$")
_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a mapping (key: value)",
    "array": "a list",
    "null": "nothing",
}


def shape(kind: type[T], value: object, name: str, where: Where, *, lax: bool = False) -> T:
    """`value` as a `kind`. `name` says what is read ("plan 'flood-iii'"), `where` gives file and line of a path inside it.

    `lax` reads numbers and booleans from text, for CSV. Raises PackError.
    """
    try:
        return msgspec.convert(value, kind, strict=not lax, dec_hook=read_span)
    except msgspec.ValidationError as error:
        raise _said(kind, value, name, where, str(error)) from None


def _said(kind: Any, value: object, name: str, where: Where, message: str) -> PackError:
    text, path = _split(message)
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or "it"
    found = _at(value, path)
    if missing := re.match(r"Object missing required field `(.+)`", text):
        inside = f" ({field})" if path else ""
        return PackError(f"{name}{inside} has no '{missing[1]}'.", where=where(path), remedy=f"Add '{missing[1]}'.")
    if unknown := re.match(r"Object contains unknown field `(.+)`", text):
        inside = f" ({field})" if path else ""
        names = known_names("keys", unknown[1], _keys(_kind_at(kind, path)))
        return PackError(
            f"{name}{inside} has the key '{unknown[1]}', which means nothing.", where=where((*path, unknown[1])), remedy=names
        )
    if text.startswith("Invalid enum value"):
        choices = _choices(_kind_at(kind, path))
        return PackError(
            f"{name}: '{found}' is no choice for {field}.",
            where=where(path),
            remedy=known_names("choices", str(found), choices),
        )
    if wanted := re.match(r"Expected `(.+)`, got `(.+)`", text):
        return PackError(f"{name}: {field} {_wanted(wanted[1], found)}", where=where(path), remedy=_mend(wanted[1], found))
    return PackError(f"{name}: {field}: {text}.", where=where(path))


def _split(message: str) -> tuple[str, Path]:
    at = _PATH.search(message)
    if not at:
        return message, ()
    parts = [part[1] or (int(part[2]) if part[2] else "...") for part in _PART.finditer(at[1])]
    return message[: at.start()], tuple(parts)


def _at(value: Any, path: Path) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _wanted(kinds: str, found: object) -> str:
    said = " or ".join(_KINDS.get(kind, kind) for kind in kinds.split(" | "))
    shown = "nothing" if found is None else "a list" if isinstance(found, list) else None
    shown = shown or ("a mapping" if isinstance(found, dict) else f"'{found}'")
    return f"should be {said}, and is {shown}."


def _mend(kinds: str, found: object) -> str:
    if kinds == "str" and isinstance(found, int | float):
        return f'Put it in quotes: "{str(found).lower() if isinstance(found, bool) else found}".'
    if kinds == "array" and not isinstance(found, dict | list):
        return f"Write it as a list: [{found}]."
    return ""


def _kind_at(kind: Any, path: Path) -> Any:
    """The declared type of the value at `path`, through tuples, dicts and optional fields."""
    for part in path:
        kind = _bare(kind)
        if isinstance(part, int) or get_origin(kind) in (tuple, dict):
            kind = [arg for arg in get_args(kind) if arg is not ...][-1]
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            kind = next((field.type for field in msgspec.structs.fields(kind) if field.encode_name == part), object)
    return _bare(kind)


def _bare(kind: Any) -> Any:
    """`X` of `X | None`."""
    args = [arg for arg in get_args(kind) if arg is not type(None)]
    return args[0] if type(None) in get_args(kind) and len(args) == 1 else kind


def _keys(kind: Any) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)] if isinstance(kind, type) else []


def _choices(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(choice) for choice in get_args(kind)]
    return [choice for arg in get_args(kind) for choice in _choices(arg)]
