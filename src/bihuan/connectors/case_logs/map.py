"""The map of a foreign log: which of its columns is what. YAML, held against this schema before the log is opened."""

import re
from typing import Literal
from zoneinfo import ZoneInfo

from bihuan.connectors.case_logs.schema import Cell, Field, Map
from bihuan.model.errors import PackError
from bihuan.pack.persons import WHY
from bihuan.pack.shape import shape
from bihuan.pack.yaml_text import Document, read_yaml

_PERSONS = frozenset(
    {"resource", "monitoringresource", "responsible", "responsible_actor", "actor", "employee", "user", "assignee", "inspector"}
)
"""Last words of columns that name who did something: in XES `org:resource`."""

_NO_COLUMNS = ("path", "begun_by", "ended_by")
"""Texts of a map that name no column."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
NAMES = "Use small letters, digits, '-' and '.': town-311."


def read_map(text: str, file: str) -> Map:
    """Raises PackError with the line for a map that cannot be used."""
    document = read_yaml(text, file)
    found = shape(Map, document.value, "the map", document.where)
    if not is_name(found.log):
        raise PackError(f"'{found.log}' is no name for a log.", where=document.where(("log",)), remedy=NAMES)
    _check_zone(found, document)
    _check_times(found, document)
    _check_units(found, document)
    _check_state(found, document)
    return found


def is_name(text: str) -> bool:
    """Whether a log may be called so. There is no slash in it: what comes behind one is the id of a case."""
    return _NAME.fullmatch(text) is not None


def field(cell: Cell) -> Field:
    """The long form of what may be written as the name of a column."""
    return Field(source=cell) if isinstance(cell, str) else cell


def cells(part: object) -> dict[str, Field]:
    """What a part of the map reads, by what the map calls it."""
    named = {name: getattr(part, name) for name in getattr(part, "__struct_fields__", ()) if name not in _NO_COLUMNS}
    return {name: field(cell) for name, cell in named.items() if isinstance(cell, str | Field)}


def columns_of(found: Map) -> list[str]:
    """Every column of a case that the map reads, once; paths of JSON with their dots."""
    case = [wanted.source for wanted in cells(found.case).values()]
    events = _of_events(found) if found.one_table else []
    return _once([*case, *(one.source for one in found.only), *events])


def event_columns(found: Map) -> list[str]:
    """Every key of an event that the map reads, where events do not stand in the rows of cases."""
    return [] if found.one_table else _once(_of_events(found))


def _of_events(found: Map) -> list[str]:
    return [wanted.source for part in (found.events, found.children) for wanted in cells(part).values()]


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))


def _check_zone(found: Map, document: Document) -> None:
    try:
        ZoneInfo(found.zone)
    except (KeyError, OSError, ValueError):
        what = f"there is no time zone '{found.zone}'."
        raise PackError(what, where=document.where(("zone",)), remedy="Write it like Asia/Shanghai or UTC.") from None


def _check_times(found: Map, document: Document) -> None:
    if found.case.opened is None and "opened" not in found.milestones.values():
        what = "the map does not say when a case was opened."
        remedy = "Name the column as `case: {opened: ...}`, or the activity under `milestones`."
        raise PackError(what, where=document.where(("case",)), remedy=remedy)
    if found.times not in ("iso", "epoch-s", "epoch-ms") and "%" not in found.times:
        what = f"'{found.times}' is no form of time."
        raise PackError(what, where=document.where(("times",)), remedy='Write iso, epoch-s, epoch-ms or a pattern: "%Y-%m-%d".')
    if found.events is None and (found.milestones or found.children):
        what = "milestones and children come from events, and the map does not say where those are."
        raise PackError(what, where=document.where(), remedy="Add `events: {activity: ..., at: ...}`.")


def _check_units(found: Map, document: Document) -> None:
    parts = [("case", found.case.unit), ("events", found.events.unit if found.events else None)]
    for part, cell in parts:
        if cell is None:
            continue
        unit = field(cell)
        if re.split("[:.]", unit.source.lower())[-1] in _PERSONS and not unit.values:
            what = f"'{unit.source}' names who did it, which may be a person. {WHY}"
            remedy = "Take the column of the department or group, or translate each value into a unit with `values`."
            raise PackError(what, where=document.where((part, "unit")), remedy=remedy)


def _check_state(found: Map, document: Document) -> None:
    """What `values` translate into must be a state, or yes and no."""
    choices: dict[Literal["state", "duplicate"], tuple[str, ...]] = {"state": ("open", "closed"), "duplicate": ("yes", "no")}
    for name, allowed in choices.items():
        cell: Cell | None = getattr(found.case, name)
        if cell is None:
            continue
        given = field(cell)
        for value in (*given.values.values(), *filter(None, (given.otherwise, given.constant))):
            if value not in allowed:
                what = f"{name} is {' or '.join(allowed)}, not '{value}'."
                raise PackError(what, where=document.where(("case", name)), remedy="Translate the log's words with `values`.")
