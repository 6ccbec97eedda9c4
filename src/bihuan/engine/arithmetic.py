"""Arithmetic: compiled formulas over columns of numbers. Apart from their reading, which has to do with texts only."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bihuan.engine.events import F64
from bihuan.engine.formula import Expression

Operand: TypeAlias = npt.NDArray[np.float64]


def worked_out(expression: Expression, columns: Sequence[F64]) -> F64:
    """Columns of one length, one for each of the expression's `names`, to one of that length. NaN is "no data"."""
    assert len(columns) == len(expression.names), "one column a name"
    pile: list[Operand] = []
    with np.errstate(all="ignore"):
        for op, value in expression.steps:
            if op == "name":
                pile.append(_finite(columns[int(value)]))
            elif op == "number":
                pile.append(np.array(value, dtype=np.float64))
            elif op == "power":
                pile[-1] = _power(pile[-1], int(value))
            else:
                arity = int(value)
                pile[-arity:] = [OPERATIONS[op](*pile[-arity:])]
    (out,) = pile
    return np.array(np.broadcast_to(out, columns[0].shape), dtype=np.float64)


def _finite(value: Operand) -> Operand:
    return np.where(np.isfinite(value), value, np.nan)


def _known(answer: npt.NDArray[np.bool_], x: Operand, y: Operand) -> Operand:
    return np.where(np.isnan(x) | np.isnan(y), np.nan, answer)


def _and(x: Operand, y: Operand) -> Operand:
    return np.where((x == 0) | (y == 0), 0.0, x * y)


def _or(x: Operand, y: Operand) -> Operand:
    return np.where((x == 1) | (y == 1), 1.0, x + y)


def _power(x: Operand, power: int) -> Operand:
    """By repeated multiplication, from the left: libraries of mathematics do not agree on the last bit of a power."""
    out = x
    for _ in range(power - 1):
        out = _finite(out * x)
    return out


def _where(c: Operand, x: Operand, y: Operand) -> Operand:
    return np.where(c == 1, x, np.where(c == 0, y, np.nan))


OPERATIONS: dict[str, Callable[..., Operand]] = {
    "+": lambda x, y: _finite(x + y),
    "-": lambda x, y: _finite(x - y),
    "*": lambda x, y: _finite(x * y),
    "/": lambda x, y: _finite(x / y),
    "negative": lambda x: -x,
    "abs": lambda x: np.abs(x),
    "min": lambda x, y: np.where(y < x, y, np.where(np.isnan(y), y, x)),
    "max": lambda x, y: np.where(y > x, y, np.where(np.isnan(y), y, x)),
    "<": lambda x, y: _known(x < y, x, y),
    "<=": lambda x, y: _known(x <= y, x, y),
    ">": lambda x, y: _known(x > y, x, y),
    ">=": lambda x, y: _known(x >= y, x, y),
    "==": lambda x, y: _known(x == y, x, y),
    "!=": lambda x, y: _known(x != y, x, y),
    "and": _and,
    "or": _or,
    "not": lambda x: 1.0 - x,
    "where": _where,
}
