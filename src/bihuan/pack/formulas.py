"""Formulas of indicators: compiled, and in an order in which each comes after those it is worked out from."""

from collections.abc import Mapping

from bihuan.engine.formula import Expression, Ratio, compiled
from bihuan.pack.schema import Formula, Indicator


def expression_of(formula: Formula) -> Expression:
    """Its inputs are in the order of `of`. Raises FormulaError."""
    return compiled(formula.expression, tuple(formula.of))


def share_of(formula: Formula) -> Ratio | None:
    """A formula such as `100 * (a - b) / c` as two sums of indicators and a factor: what adds up over places.

    None for anything else.
    """
    found = expression_of(formula).ratio()
    if found is None:
        return None
    over, per = (tuple((formula.of[name], weight) for name, weight in part) for part in (found.over, found.per))
    return Ratio(over=over, per=per, times=found.times)


def behind(indicators: Mapping[str, Indicator], id: str) -> tuple[str, ...]:
    """An indicator and all that it is worked out from, each once."""
    found: dict[str, None] = {id: None}
    waiting = [id]
    while waiting:
        formula = indicators[waiting.pop()].formula
        new = [name for name in (formula.of.values() if formula else ()) if name not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return tuple(found)


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
