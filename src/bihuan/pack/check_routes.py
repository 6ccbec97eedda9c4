"""Checks of routes and of what makes cases the same: does every route reach somebody, and can it ever be the one that fits?"""

from itertools import product

from bihuan.pack.checking import Check
from bihuan.pack.schema import CaseType, Route

HOURS = ("working", "off")


def check_routes(check: Check) -> None:
    for key, route in check.draft.routes.items.items():
        _route(check, key, route)
    _shadows(check)
    for key, case in check.draft.cases.items.items():
        _same(check, key, case)


def _route(check: Check, key: str, route: Route) -> None:
    section, said = check.draft.routes, f"route '{key}'"
    for index, name in enumerate(route.cases):
        where = section.where(key, "cases", index)
        check.known(name, check.draft.cases.items, f"{said} takes cases of the type", "case types", where)
    for index, name in enumerate(route.levels):
        check.known(name, check.levels, f"{said} takes cases at the level", "levels", section.where(key, "levels", index))
    if route.area:
        _area(check, key, route)
    _to(check, key, route)


def _area(check: Check, key: str, route: Route) -> None:
    where, said = check.draft.routes.where(key, "area"), f"route '{key}' is for the area"
    file, _, name = route.area.partition("/")
    if not name:
        check.say(where, f"{said} '{route.area}', which is no area.", "Write it as file/name.")
    elif check.known(file, check.draft.areas.items, f"{said} '{name}' of the file", "files of areas", where):
        names = [area.name for area in check.draft.polygons[file]]
        if names:  # an empty file has been told of already
            check.known(name, names, f"{said} '{file}' /", "areas of this file", where)


def _to(check: Check, key: str, route: Route) -> None:
    """A role at a level, or the place's own unit there; up the tree only: one case has one holder."""
    section, said, to = check.draft.routes, f"route '{key}' sends to", route.to
    where = section.where(key, "to")
    if to.down or to.affected or not to.at:
        remedy = "Write 'at: <place level>' for the unit of the place there, and 'role' for one of its departments."
        check.say(where, f"route '{key}' does not say which one unit holds its cases.", remedy)
    elif check.place_level(to.at, said, section.where(key, "to", "at")) and to.role:
        check.role_at(to.role, to.at, said, section.where(key, "to", "role"), checker=False)


def _shadows(check: Check) -> None:
    """A route none of whose cases are left, because routes before it with the same area or none take every one of them.

    One before it that goes to a lower level does not take all: a case above that level has no unit there and goes on.
    """
    before: list[tuple[str, Route, set[tuple[str, str, str]]]] = []
    for key, route in check.draft.routes.items.items():
        if route.to.at not in check.place_levels:
            continue
        mine = _takes(check, route)
        left, takers = set(mine), []
        for name, other, theirs in before:
            if other.area in ("", route.area) and check.depth(other.to.at) <= check.depth(route.to.at) and left & theirs:
                left -= theirs
                takers.append(name)
        if mine and not left:
            what = f"route '{key}' can never match: {', '.join(takers)} before it take{'s' * (len(takers) == 1)} all its cases."
            check.say(check.draft.routes.where(key), what, "Put it before them, or remove it.")
        before.append((key, route, mine))


def _takes(check: Check, route: Route) -> set[tuple[str, str, str]]:
    """Every kind of case that comes to a route, as (type, level, hours)."""
    cases, levels = route.cases or check.draft.cases.items, route.levels or check.levels
    return set(product(cases, levels, (route.hours,) if route.hours else HOURS))


def _same(check: Check, key: str, case: CaseType) -> None:
    section, said = check.draft.cases, f"case type '{key}'"
    if case.same and not (case.same.metres > 0 and case.same.within > 0):
        what = f"{said} takes two cases for one nearer than {case.same.metres:g} m within {case.same.within} ms: that is never."
        check.say(section.where(key, "same"), what, "Write 'same: {metres: 50, within: 2d}'.")
    if case.watch_metres < 0 or (case.watch_metres and not case.watch):
        what = f"{said} watches {case.watch_metres:g} m around what was closed, but for no time."
        check.say(section.where(key, "watch_metres"), what, "Write how long too: watch: 7d.")
