"""Checks of what is worked out from other indicators: formulas and ratios, over the right places, in units that go together."""

from dataclasses import dataclass

from bihuan.engine.formula import Expression, FormulaError, Node, may_be_named
from bihuan.model.times import span_text
from bihuan.pack.checking import Check
from bihuan.pack.formulas import expression_of, in_order
from bihuan.pack.schema import Formula, Indicator, Subject


def check_formulas(check: Check) -> None:
    section = check.draft.indicators
    for key, indicator in section.items.items():
        if indicator.formula:
            _formula(check, key, indicator, indicator.formula)
        _ratio(check, key, indicator)
    _, circle = in_order(section.items)
    if circle:
        what = f"formulas go round in a circle: {' -> '.join(circle)}."
        check.say(section.where(circle[0], "formula"), what, "One of them has to be measured.")


def _formula(check: Check, key: str, indicator: Indicator, formula: Formula) -> None:
    section = check.draft.indicators
    where, said = section.where(key, "formula"), f"the formula of indicator '{key}'"
    inputs: dict[str, Indicator] = {}
    for name, id in formula.of.items():
        here = section.where(key, "formula", "of", name)
        if not may_be_named(name):
            remedy = "Write a short name in small letters: a, due, rain_1h."
            check.say(here, f"{said} calls an input '{name}', which cannot be a name in it.", remedy)
        elif id == key:
            check.say(here, f"{said} is worked out from itself.", "Name another indicator.")
        elif check.known(id, section.items, f"{said} uses the indicator", "indicators", here):
            inputs[name] = section.items[id]
            _same_places(check, key, indicator, section.items[id], here)
    try:
        expression = expression_of(formula)
    except FormulaError as error:
        check.say(section.where(key, "formula", "expression"), f"{said}: {error.what}", error.remedy)
        return
    if len(inputs) == len(formula.of):
        _cadence(check, key, indicator, inputs)
        _goes_together(check, said, indicator, expression, inputs, where)


def _same_places(check: Check, key: str, derived: Indicator, source: Indicator, where: str) -> None:
    if not _within(derived.subject, source.subject):
        what = f"indicator '{key}' is worked out where '{source.id}' is not measured: they are not about the same places."
        check.say(where, what, "Give both the same subject; a sum over places below is a roll-up, not a formula.")


def _within(mine: Subject, other: Subject) -> bool:
    """Whether everything `mine` is about, `other` is about too."""
    if mine.things != other.things or not set(mine.levels) <= set(other.levels):
        return False
    if mine.zones and not other.zones:
        return False
    return not other.only or (bool(mine.only) and set(mine.only) <= set(other.only))


def _cadence(check: Check, key: str, derived: Indicator, inputs: dict[str, Indicator]) -> None:
    fastest = min(inputs.values(), key=lambda one: one.cadence)
    if derived.cadence != fastest.cadence:
        mine, theirs = span_text(derived.cadence), span_text(fastest.cadence)
        what = f"indicator '{key}' says a reading every {mine}, but is worked out every {theirs}, as '{fastest.id}' comes."
        check.say(check.draft.indicators.where(key, "cadence"), what, f"Write cadence: {theirs}.")


# --- units and heights ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Quantity:
    """What a part of an expression is: its unit ("": a plain number; None: not to be told), and how many heights above
    the datum it adds up to: a stage is one, a difference of two stages none, a mean of two one again."""

    unit: str | None
    heights: float | None = 0.0


class _Clash(ValueError):
    """Two parts that do not go together."""


def _goes_together(
    check: Check, said: str, derived: Indicator, expression: Expression, inputs: dict[str, Indicator], where: str
) -> None:
    datums = {one.height_above for one in inputs.values()} - {""}
    if len(datums) > 1:
        what = f"{said} mixes heights above {' and '.join(sorted(datums))}, which differ by a metre or more."
        check.say(where, what, "Bring them to one datum before they are sent.")
        return
    try:
        found = _quantity(expression.tree, inputs)
    except _Clash as clash:
        check.say(where, f"{said} {clash}.", "Bring both to one unit first; a plain number goes with any.")
        return
    if found.unit and found.unit != derived.unit:
        what = f"{said} gives {found.unit}, and the indicator is in {derived.unit}."
        check.say(where, what, f"Write unit: {found.unit}, or multiply by what lies between.")
    if found.heights == 1.0 and derived.height_above not in datums:
        (datum,) = datums
        check.say(where, f"{said} gives a height above {datum}, which the indicator does not say.", f"Write datum: {datum}.")
    elif found.heights == 0.0 and derived.height_above:
        what = f"{said} gives no height, and the indicator says it is one above {derived.height_above}."
        check.say(where, what, "Remove the datum.")
    elif derived.height_above and datums and derived.height_above not in datums:
        what = f"{said} has heights above {min(datums)}, and the indicator says {derived.height_above}."
        check.say(where, what, f"Write datum: {min(datums)}.")
    elif found.unit and found.heights not in (None, 0.0, 1.0):
        check.say(where, f"{said} adds up heights, which is no height.", "Take their difference, or their mean.")


def _quantity(node: Node, inputs: dict[str, Indicator]) -> _Quantity:
    if node.op == "number":
        return _Quantity("")
    if node.op == "name":
        one = inputs[node.name]
        return _Quantity(one.unit, 1.0 if one.height_above else 0.0)
    parts = [_quantity(part, inputs) for part in node.parts]
    match node.op:
        case "+" | "-":
            return _Quantity(_one_unit(node, parts), _added(parts, 1.0 if node.op == "+" else -1.0))
        case "*" | "/":
            return _product(node, parts)
        case "power":
            return parts[0] if node.number == 1 else _Quantity(None, None if parts[0].heights else 0.0)
        case "negative":
            return _Quantity(parts[0].unit, _added([_Quantity(""), parts[0]], -1.0))
        case "abs":
            return parts[0]
        case "and" | "or" | "not":
            return _Quantity("")
        case "where":
            return _alike(node, parts[1:])
        case _:  # min, max and comparisons: both sides are of one kind
            return _Quantity("") if _alike(node, parts) and node.condition else _alike(node, parts)


def _one_unit(node: Node, parts: list[_Quantity]) -> str | None:
    """The unit of all parts; plain numbers go with any."""
    units = list(dict.fromkeys(part.unit for part in parts if part.unit != ""))
    if None in units:
        return None
    if len(units) > 1:
        verb = {"+": "adds", "-": "subtracts", "where": "chooses between"}.get(node.op, "compares")
        raise _Clash(f"{verb} {units[0]} and {units[1]}")
    return units[0] if units else ""


def _added(parts: list[_Quantity], sign: float) -> float | None:
    left, right = (part.heights for part in parts)
    return None if left is None or right is None else left + sign * right


def _alike(node: Node, parts: list[_Quantity]) -> _Quantity:
    heights = {part.heights for part in parts if part.unit != ""}
    if heights >= {0.0, 1.0}:
        raise _Clash("holds a height above a datum against what is none")
    return _Quantity(_one_unit(node, parts), heights.pop() if len(heights) == 1 else None if heights else 0.0)


def _product(node: Node, parts: list[_Quantity]) -> _Quantity:
    """A share of like and like is a plain number; a factor may change the unit, and what else comes out has no name here."""
    left, right = parts
    unit = "" if left.unit == right.unit and (node.op == "/" or left.unit == "") else None
    if not left.heights and not right.heights:
        return _Quantity(unit, None if None in (left.heights, right.heights) else 0.0)
    numbers = [part.number for part in node.parts if part.op == "number"]
    factor = numbers[0] if len(numbers) == 1 else 0.0
    if not factor or (node.op == "/" and node.parts[1].op != "number"):
        return _Quantity(unit, None)
    scaled = left.heights or right.heights
    return _Quantity(unit, None if scaled is None else scaled * (factor if node.op == "*" else 1.0 / factor))


# --- ratios ---------------------------------------------------------------------------------------------------


def _ratio(check: Check, key: str, indicator: Indicator) -> None:
    """A ratio is one of two sums that are both there."""
    section = check.draft.indicators
    if not indicator.per:
        return
    where, said = section.where(key, "per"), f"indicator '{key}'"
    if indicator.roll_up != "ratio":
        check.say(where, f"{said} says what it is divided by, but rolls up as {indicator.roll_up}.", "Write roll_up: ratio.")
    if indicator.per == key:
        check.say(where, f"{said} is divided by itself.", "Name what it is a share of.")
    elif check.known(indicator.per, section.items, f"{said} is divided by", "indicators", where):
        below = section.items[indicator.per]
        if not _within(indicator.subject, below.subject):
            what = f"{said} is divided by '{below.id}', which is not measured at the same places."
            check.say(where, what, "Give both the same subject.")
        if indicator.unit in ("%", "‰"):
            what = f"{said} is a share already; sums of shares over sums of '{below.id}' mean nothing."
            check.say(where, what, "Let the indicator be what is counted, or write a formula such as 100 * a / b.")
