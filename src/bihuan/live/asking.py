"""What a request asks for: its parameters, checked."""

from collections.abc import Sequence

from starlette.requests import Request

from bihuan.live.answers import Refused
from bihuan.pack.rules import Rules
from bihuan.pack.trouble import known_names


def unit_of(request: Request, rules: Rules) -> str:
    """The unit asked about; the top of the tree of places where none is named. Raises Refused (404)."""
    unit = request.query_params.get("unit") or next((place.code for place in rules.places.values() if not place.parent), "")
    if unit not in rules.units:
        raise Refused(404, f"there is no unit '{unit[:60]}'", where="unit", remedy="Units are listed at /live/units?parent=.")
    return unit


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
