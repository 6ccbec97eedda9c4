"""Routing: which unit holds a case, by which rule, and why the rules before it did not match."""

from dataclasses import dataclass

from bihuan.model.facts import NotMatched
from bihuan.pack.rules import Rules
from bihuan.pack.schema import CaseType


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where trouble is: a place or thing, and the position of the report where it has one."""

    place: str
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    unit: str
    route: str
    """Id of the rule; empty for the case type's own holder."""
    matched: str
    not_matched: tuple[NotMatched, ...] = ()


def route(rules: Rules, case: CaseType, level: str, spot: Spot, now: int) -> Routed:
    """The holder of a case of this type at `spot`."""
    unit = rules.above(spot.place, case.holder)
    return Routed(unit=unit, route="", matched=f"held at level {case.holder} above {spot.place}")
