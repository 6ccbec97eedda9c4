"""What a map of a foreign log may say."""

from typing import Literal, TypeAlias

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a map: a key that means nothing is refused."""


class Field(Part, frozen=True, kw_only=True):
    """Where a value comes from, and what the log's words mean here."""

    source: str = msgspec.field(name="from", default="")
    """Column of CSV, key of XES, or path of JSON (`extended_attributes.zip`)."""
    constant: str = ""
    """The value of every case, without any column."""
    values: dict[str, str] = {}
    """What the log writes -> what it means. What is not listed is refused, unless `otherwise` says what it means."""
    otherwise: str = ""


Cell: TypeAlias = str | Field
"""The name of a column alone, or with what its words mean."""


class CasePart(Part, frozen=True, kw_only=True):
    """What is read of every case."""

    id: Cell
    type: Cell
    opened: Cell | None = None
    closed: Cell | None = None
    due: Cell | None = None
    updated: Cell | None = None
    """When the source last changed what it says of the case: of two exports the one with the later time counts."""
    state: Cell | None = None
    """`open` or `closed`; without it a case is closed where it has a time of closing."""
    place: Cell | None = None
    unit: Cell | None = None
    lon: Cell | None = None
    lat: Cell | None = None
    duplicate: Cell | None = None
    """`yes` or `no`."""
    duplicate_of: Cell | None = None
    parent: Cell | None = None


class EventPart(Part, frozen=True, kw_only=True):
    """What is read of every event of a case: the steps it went through."""

    path: str = ""
    """Of JSON: where in a case the list of its events lies."""
    activity: Cell
    at: Cell
    unit: Cell | None = None
    due: Cell | None = None


class Children(Part, frozen=True, kw_only=True):
    """Events by which a case tells of the cases it began. What names the child is read of the event."""

    begun_by: str
    """The activity of the event that begins a child."""
    ended_by: str
    id: Cell
    type: Cell | None = None
    unit: Cell | None = None


class Only(Part, frozen=True, kw_only=True):
    """A case is taken where the column says one of these; the others are counted as passed over."""

    source: str = msgspec.field(name="from")
    values: tuple[str, ...]


class Map(Part, frozen=True, kw_only=True):
    """A map of one log."""

    log: str
    """The source's name. It must stay the same: with the id of a case it makes the case known again."""
    format: Literal["csv", "json", "xes"]
    encoding: str = "utf-8"
    """Of CSV and JSON."""
    separator: str = ","
    """Of CSV."""
    rows: Literal["cases", "events"] = "cases"
    """Of CSV: whether a row is a case, or an event of the case it repeats."""
    zone: str = "UTC"
    """Of times that say no offset."""
    times: str = "iso"
    """`iso`, `epoch-s`, `epoch-ms`, or a pattern as of C's strptime."""
    only: tuple[Only, ...] = ()
    case: CasePart
    events: EventPart | None = None
    milestones: dict[str, Literal["opened", "closed"]] = {}
    """Activity -> what its event means for the case: opened by the first of them, closed by the last."""
    children: Children | None = None

    @property
    def one_table(self) -> bool:
        """Whether events stand in the same rows as their cases."""
        return self.format == "csv"
