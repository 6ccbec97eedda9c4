"""Logs of other systems: what they claim, kept apart from what was done and checked here."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct


class LogReceived(Body, frozen=True, kw_only=True):
    """A log of another system was taken in. What it says is claimed by its source: nobody here looked."""

    stage: ClassVar[str] = "dispatch"
    log: str
    """The source's name: with the id a case has there it makes the case known again."""
    file: str
    """SHA-256 of the file, in hex."""
    map: str
    """SHA-256 of the map it was read by."""


class ForeignStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of a case in its log. `unit` is never a person."""

    activity: str
    at: int
    unit: str = ""
    due: int | None = None


class ForeignChild(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A case that its parent's own events speak of."""

    foreign: str
    case_type: str = ""
    unit: str = ""
    opened_at: int | None = None
    closed_at: int | None = None


class CaseImported(Body, frozen=True, kw_only=True):
    """A case as another system's log has it. `closed` is its source's claim: without proof, without a verifier, no credit."""

    stage: ClassVar[str] = "dispatch"
    log: str
    foreign: str
    """Its id there."""
    case_type: str
    state: str
    """`open` or `closed`."""
    opened_at: int
    closed_at: int | None = None
    """None where it is open, or where the source does not say when."""
    due: int | None = None
    place: str = ""
    """As the source writes it."""
    unit: str = ""
    """As the source writes it, or as the map translates it. Never a person."""
    lon: float | None = None
    lat: float | None = None
    duplicate: bool = False
    duplicate_of: str = ""
    parent: str = ""
    children: tuple[ForeignChild, ...] = ()
    steps: tuple[ForeignStep, ...] = ()
    updated_at: int | None = None
    """When its source last changed what it says of it, where it says so."""

    @property
    def told_at(self) -> int | None:
        """How new this is by what it says itself: when it was changed last, else its newest event; None where nothing tells.

        Opening and closing tell nothing: a case that was opened again has no time of closing any more.
        """
        if self.updated_at is not None:
            return self.updated_at
        children = (at for child in self.children for at in (child.opened_at, child.closed_at) if at is not None)
        return max((*(step.at for step in self.steps), *children), default=None)
