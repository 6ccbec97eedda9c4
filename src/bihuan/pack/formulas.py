"""Formulas of indicators: compiled, and in an order in which each comes after those it is worked out from."""

from collections.abc import Mapping

from bihuan.engine.formula import Expression, compiled
from bihuan.pack.schema import Formula, Indicator


def expression_of(formula: Formula) -> Expression:
    """Its inputs are in the order of `of`. Raises FormulaError."""
    return compiled(formula.expression, tuple(formula.of))


def share_of(formula: Formula) -> tuple[str, str, float] | None:
    """Indicators of numerator and denominator, and the factor, of a formula such as `100 * a / b`: what adds up over places.

    None for anything else. What is divided must be an indicator each: a sum of two is one with a formula of its own.
    """
    parts = expression_of(formula).ratio()
    if parts is None or [op for part in parts[:2] for op, _ in part.steps] != ["name", "name"]:
        return None
    above, below = (formula.of[part.tree.name] for part in parts[:2])
    return above, below, parts[2]


def in_order(indicators: Mapping[str, Indicator]) -> tuple[list[str], list[str]]:
    """Ids of derived indicators, inputs first, else as declared; and one circle (`a b a`) where some go round in one."""
    waiting = {
        id: [name for name in indicator.formula.of.values() if name in indicators and indicators[name].formula]
        for id, indicator in indicators.items()
        if indicator.formula
    }
    order: list[str] = []
    done: set[str] = set()
    while ready := [id for id, needs in waiting.items() if id not in done and done.issuperset(needs)]:
        order += ready
        done.update(ready)
    return order, _circle({id: [name for name in needs if name not in done] for id, needs in waiting.items() if id not in done})


def _circle(waiting: Mapping[str, list[str]]) -> list[str]:
    if not waiting:
        return []
    seen: list[str] = []
    id = next(iter(waiting))
    while id not in seen:
        seen.append(id)
        id = waiting[id][0]
    return [*seen[seen.index(id) :], id]
