"""What the checks share: names that somebody must have declared, ids and dates as they may be written."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from bihuan.pack.draft import Draft, Section
from bihuan.pack.trouble import Troubles, known_names

ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
CODE = re.compile(r"[^\s@/.,;|\"'\\]{1,64}")


class Check:
    """Draft and troubles in one hand. Checks are functions `(check) -> None` that call these."""

    def __init__(self, draft: Draft, troubles: Troubles) -> None:
        self.draft = draft
        self.say = troubles.say
        self.levels = list(draft.levels.items)
        self.place_levels = list(draft.place_levels.items)

    def known(self, name: str, among: Collection[str], what: str, plural: str, where: str) -> bool:
        """Whether `name` is declared; if not, says so: "`what` 'pump', which ..."."""
        if name in among:
            return True
        self.say(where, f"{what} '{name}', which nobody declares.", known_names(plural, name, among))
        return False

    def level(self, name: str, what: str, where: str) -> bool:
        """Whether `name` is a warning level above calm."""
        if not self.known(name, self.levels, f"{what} the level", "levels", where):
            return False
        if name == self.levels[0]:
            self.say(where, f"{what} the level '{name}', which is calm.", f"Name one of: {', '.join(self.levels[1:])}.")
            return False
        return True

    def place_level(self, name: str, what: str, where: str) -> bool:
        return self.known(name, self.place_levels, f"{what} the place level", "place levels", where)

    def rank(self, level: str) -> int:
        return self.levels.index(level)

    def depth(self, place_level: str) -> int:
        """0 for the top of the place tree."""
        return self.place_levels.index(place_level)

    def role_at(self, role: str, level: str, what: str, where: str, *, checker: bool) -> bool:
        """Whether units with this role exist at this place level, and are checkers, or doers, as asked."""
        department = self.draft.departments.items.get(role)
        if department is None:
            self.say(
                where, f"{what} role '{role}', which no unit has.", known_names("roles", role, self.draft.departments.items)
            )
            return False
        if level not in department.at:
            what = f"{what} role '{role}' at level '{level}', where no unit has it."
            self.say(where, what, f"'{role}' exists at: {', '.join(department.at)}.")
            return False
        if department.checker != checker:
            others = [name for name, other in self.draft.departments.items.items() if other.checker == checker]
            why = (
                "does tasks, so it cannot check"
                if checker
                else "checks, so it can never do tasks itself: it would check its own work"
            )
            self.say(
                where, f"{what} role '{role}', which {why}.", f"Roles that may: {', '.join(sorted(others)) or 'none yet'}."
            )
            return False
        return True

    def ids(self, section: Section[Any]) -> None:
        for key in section.items:
            if not ID.fullmatch(key):
                remedy = "Write an id in small letters, digits and hyphens: rain-1h."
                self.say(section.where(key), f"'{key}' cannot be the id of a {section.what}.", remedy)

    def spot_levels(self, indicator: str) -> list[str]:
        """Place levels at which the series of an indicator stand (for things: where the things lie), from the top down."""
        known = self.draft.indicators.items.get(indicator)
        if known is None:
            return []
        if known.subject.levels:
            return [level for level in self.place_levels if level in known.subject.levels]
        places = self.draft.places.items
        codes = {thing.place for thing in self.draft.things.items.values() if thing.kind == known.subject.things}
        levels = {places[code].level for code in codes if code in places}
        return [level for level in self.place_levels if level in levels]


def is_date(text: str) -> bool:
    """Whether `text` is an ISO date, 2026-01-31."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
