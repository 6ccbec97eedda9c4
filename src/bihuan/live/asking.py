"""What a request asks for: its parameters, checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from bihuan.live.answers import Refused
from bihuan.live.gate import Gate
from bihuan.pack.rules import Rules
from bihuan.pack.trouble import known_names
from bihuan.views import Views

LATEST = 10**14
"""No moment asked about is later (in the year 5138)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request and the centre it asks."""

    request: Request
    gate: Gate
    now: int

    def part(self, name: str) -> str:
        return str(self.request.path_params[name])

    def unit(self) -> str:
        return unit_of(self.request, self.gate.rules)

    def place(self) -> str:
        """The place or thing asked about, unchecked; the top of the tree of places where none is named."""
        return self.request.query_params.get("place") or _root(self.gate.rules)


Look = Callable[[Views], object]
Read = Callable[[Ask], Look]
"""Checks what is asked (before the lock is taken) and answers how to look it up."""


def unit_of(request: Request, rules: Rules) -> str:
    """The unit asked about; the top of the tree of places where none is named. Raises Refused (404)."""
    unit = request.query_params.get("unit") or _root(rules)
    if unit not in rules.units:
        raise Refused(404, f"there is no unit '{unit[:60]}'", where="unit", remedy="Units are listed at /live/units?parent=.")
    return unit


def _root(rules: Rules) -> str:
    return next((place.code for place in rules.places.values() if not place.parent), "")


def choice_of(request: Request, name: str, choices: Sequence[str]) -> str:
    """One of `choices`; the first where none is named. Raises Refused (400)."""
    said = request.query_params.get(name) or choices[0]
    if said not in choices:
        raise Refused(400, f"'{said[:40]}' is no {name}", where=name, remedy=known_names("values", said[:40], choices))
    return said


def number_of(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    """An integer of `least..most`. Raises Refused (400)."""
    said = request.query_params.get(name, "")
    if not said:
        return default
    digits = said.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 15 and least <= int(said) <= most):
        raise Refused(400, f"'{said[:40]}' is no {name}", where=name, remedy=f"Send an integer from {least} to {most}.")
    return int(said)
