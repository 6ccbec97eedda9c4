"""Warn 预警: the episodes of a group of series."""

from typing import ClassVar

from bihuan.model.facts.base import Body


class WarningRaised(Body, frozen=True, kw_only=True):
    """A group of series at a place rose above normal: one episode begins."""

    stage: ClassVar[str] = "warn"
    warning: str
    group: str
    place: str
    level: str
    indicator: str
    origin: str
    """The series' place or thing that led."""


class WarningStepped(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "warn"
    warning: str
    group: str
    place: str
    level: str
    before: str
    indicator: str
    origin: str


class WarningCleared(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "warn"
    warning: str
    group: str
    place: str
    before: str
    worst: str
    lasted: int
    level: str
