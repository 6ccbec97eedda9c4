"""Routing: which unit holds a case, by which rule, and why the rules before it did not match."""

from collections.abc import Iterable
from dataclasses import dataclass

from bihuan.loop.page import Page
from bihuan.model.facts import Commanded, Fact, NotMatched
from bihuan.model.positions import Position
from bihuan.pack.rules import Rules
from bihuan.pack.schema import CaseType, Route

MOST_NOT_MATCHED = 20
"""Routes at the most of which a fact says why they did not match; the words of the one that did say how many there were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where trouble is: a place or thing, and the position of the report where it has one."""

    place: str
    at: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    unit: str
    route: str
    """Id of the rule; empty for the case type's own holder."""
    matched: str
    not_matched: tuple[NotMatched, ...] = ()

    @property
    def concerned(self) -> bool:
        """Whether any route is for cases of this type at all."""
        return bool(self.route) or any(not other.why.startswith("type:") for other in self.not_matched)


def report_of(page: Page, because: Iterable[str]) -> Fact | None:
    """The command of this turn that something is because of."""
    return next((one for id in because if (one := page.heard(id))), None)


def spot_of(page: Page, place: str, because: Iterable[str]) -> Spot:
    """Where the trouble of a plan is: at the position that the command which started it says, where it says one."""
    said = report_of(page, because)
    proof = said.body.proof if said and isinstance(said.body, Commanded) else None
    return Spot(place=place, at=None if proof is None or proof.lon is None or proof.lat is None else (proof.lon, proof.lat))


def route(rules: Rules, case: CaseType, level: str, spot: Spot, now: int) -> Routed:
    """The holder of a case of this type at `spot`: by the first route that fits, else at the type's own level."""
    passed: list[NotMatched] = []
    for number, rule in enumerate(rules.routes.values(), 1):
        why = _not(rules, rule, case, level, spot, now)
        if not why:
            said = f"route {rule.id}, {number} of {len(rules.routes)}: {_asks(rule)}"
            return Routed(unit=_unit(rules, rule, spot), route=rule.id, matched=said, not_matched=tuple(passed))
        if len(passed) < MOST_NOT_MATCHED:
            passed.append(NotMatched(plan=rule.id, why=why))
    unit = rules.above(spot.place, case.holder)
    said = f"held at level {case.holder} above {spot.place}"
    return Routed(unit=unit, route="", matched=said, not_matched=tuple(passed))


def _not(rules: Rules, rule: Route, case: CaseType, level: str, spot: Spot, now: int) -> str:
    """Why a route does not take a case; its first word says which of its conditions. Empty where it does."""
    if rule.cases and case.id not in rule.cases:
        return f"type: {case.id} is not one of {', '.join(rule.cases)}"
    if rule.levels and level not in rule.levels:
        return f"level: {level} is not one of {', '.join(rule.levels)}"
    if rule.hours and rules.working.open_at(now) != (rule.hours == "working"):
        return f"hours: it is {'off' if rule.hours == 'working' else 'working'} time"
    if rule.area:
        at = spot.at or rules.position(spot.place)
        if at is None:
            return f"area: nobody knows where {spot.place} lies"
        if not rules.in_area(rule.area, at):
            return f"area: {at[0]:g}, {at[1]:g} lies outside {rule.area}"
    if not _unit(rules, rule, spot):
        return f"unit: there is no {rule.to.role or 'unit'} at level {rule.to.at} above {spot.place}"
    return ""


def _asks(rule: Route) -> str:
    """What a route asks of a case, in one line."""
    said = [
        f"type {' or '.join(rule.cases)}" if rule.cases else "any type",
        f"level {' or '.join(rule.levels)}" if rule.levels else "",
        f"in {rule.area}" if rule.area else "",
        f"in {rule.hours} time" if rule.hours else "",
    ]
    return ", ".join(part for part in said if part)


def _unit(rules: Rules, rule: Route, spot: Spot) -> str:
    """The unit a route names for a spot; empty where there is none."""
    place = rules.above(spot.place, rule.to.at)
    unit = f"{place}.{rule.to.role}" if rule.to.role else place
    return unit if unit in rules.units else ""
