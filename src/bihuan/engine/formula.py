"""Formulas: an expression over named columns, read by Python's parser, never run by it, and compiled to a few operations.

Numbers, names, `+ - * /`, `**` with a small whole number, `min max abs clip where`, comparisons, `and or not`, `x if c else y`.
Everything is float64, element by element, in the order written: the same columns give the same bits on any machine.

No data is NaN, and stays it. What has no number is no data too: a division by zero, an overflow. A condition over no data is
not known; `and` and `or` still answer where the other side decides, and a branch that is not taken may be without data.
"""

import ast
import keyword
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

MOST_TEXT = 1_000
"""Characters."""
MOST_NODES = 200
MOST_DEPTH = 20
MOST_INPUTS = 16
MOST_POWER = 8

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")

_ALLOWED = re.compile(r"[0-9A-Za-z_ .+\-*/(),<>=!]*")
WHAT_MAY_STAND = "Write numbers, names, + - * / **, min max abs clip where, comparisons, and or not, 'x if c else y'."


class FormulaError(ValueError):
    """An expression that is not one, or not ours: `what` is wrong and a `remedy`, both full sentences."""

    def __init__(self, what: str, remedy: str = WHAT_MAY_STAND) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression: a `number`, a `name`, or an operation over `parts`."""

    op: str
    parts: "tuple[Node, ...]" = ()
    number: float = 0.0
    name: str = ""

    @property
    def condition(self) -> bool:
        return self.op in CONDITIONS


CONDITIONS = frozenset(("<", "<=", ">", ">=", "==", "!=", "and", "or", "not"))

Step: TypeAlias = tuple[str, float | int]
"""`number` and `name` put a value (the column's index) on the pile; an operation takes as many off it and puts one back."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `names` are the columns it is worked out from, in order (`engine.arithmetic`)."""

    text: str
    names: tuple[str, ...]
    tree: Node
    steps: tuple[Step, ...]

    def ratio(self) -> "Ratio | None":
        """The expression as a quotient of two sums of its names: what adds up over many places. None for anything else."""
        above, below = _quotient(self.tree) or (_NOTHING, None)
        if below is None or not above or not below or _ONE in above or _ONE in below:
            return None
        first, second = next(iter(above.values())), next(iter(below.values()))
        over, per = ({name: weight / by for name, weight in form.items()} for form, by in ((above, first), (below, second)))
        times = first / second
        if not all(math.isfinite(number) and number for number in (times, *over.values(), *per.values())):
            return None
        return Ratio(over=tuple(over.items()), per=tuple(per.items()), times=times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """`times` the sum of `over` by the sum of `per`: names with what each counts. The first of both counts once."""

    over: tuple[tuple[str, float], ...]
    per: tuple[tuple[str, float], ...]
    times: float


_Form: TypeAlias = dict[str, float]
"""A sum of names, by what each is multiplied with; `_ONE` stands for a plain number."""
_ONE = ""
_NOTHING: _Form = {}


def _quotient(node: Node) -> tuple[_Form, _Form | None] | None:
    """Numerator and denominator (None: nothing is divided by a name) of what is one quotient of sums; None for all else."""
    if node.op == "number":
        return {_ONE: node.number}, None
    if node.op == "name":
        return {node.name: 1.0}, None
    if node.op not in ("+", "-", "*", "/", "negative"):
        return None
    parts = [found for part in node.parts if (found := _quotient(part)) is not None]
    if len(parts) < len(node.parts):
        return None
    if node.op == "negative":
        return _scaled(parts[0][0], -1.0), parts[0][1]
    left, right = parts
    if node.op in ("+", "-"):
        return _sum(left, right, 1.0 if node.op == "+" else -1.0)
    (above, below), (other, divisor) = left, right
    number = _plain(other) if divisor is None else None
    if node.op == "/":
        if number is not None:
            return (_scaled(above, 1.0 / number), below) if number else None
        return (above, other) if below is None and divisor is None else None
    if number is not None:
        return _scaled(above, number), below
    number = _plain(above) if below is None else None
    return (_scaled(other, number), divisor) if number is not None else None


def _sum(left: tuple[_Form, _Form | None], right: tuple[_Form, _Form | None], sign: float) -> tuple[_Form, _Form | None] | None:
    """`a/c + b/c`, and `1 + a/c`, which is `(c + a)/c`."""
    (above, below), (other, divisor) = left, right
    if below != divisor:
        if below is None and divisor is not None and (number := _plain(above)) is not None:
            above = _scaled(divisor, number)
        elif divisor is None and below is not None and (number := _plain(other)) is not None:
            other = _scaled(below, number)
        else:
            return None
    names = dict.fromkeys((*above, *other))
    total = {name: above.get(name, 0.0) + sign * other.get(name, 0.0) for name in names}
    return {name: weight for name, weight in total.items() if weight}, below or divisor


def _plain(form: _Form) -> float | None:
    """The number that a sum is without any name."""
    return form.get(_ONE, 0.0) if form.keys() <= {_ONE} else None


def _scaled(form: _Form, by: float) -> _Form:
    return {name: weight * by for name, weight in form.items() if weight * by}


def _compiled(text: str, names: tuple[str, ...], tree: Node) -> Expression:
    steps: list[Step] = []

    def add(node: Node) -> None:
        for part in node.parts:
            add(part)
        if node.op == "name":
            steps.append(("name", names.index(node.name)))
        elif node.op in ("number", "power"):
            steps.append((node.op, node.number))
        else:
            steps.append((node.op, len(node.parts)))

    add(tree)
    return Expression(text, names, tree, tuple(steps))


# --- reading --------------------------------------------------------------------------------------------------


def may_be_named(name: str) -> bool:
    """Whether an input may have this short name."""
    return bool(NAME.fullmatch(name)) and not keyword.iskeyword(name) and name not in _ARGUMENTS


def compiled(text: str, names: Sequence[str]) -> Expression:
    """Read an expression over `names`. Raises FormulaError for anything that is not allowed, too large or of no use."""
    text = " ".join(text.split())
    if len(text) > MOST_TEXT:
        raise FormulaError(f"it has {len(text):,} characters, and {MOST_TEXT:,} is the most.", "Split it into two indicators.")
    if len(names) > MOST_INPUTS:
        raise FormulaError(f"it has {len(names)} inputs, and {MOST_INPUTS} is the most.", "Split it into two indicators.")
    if not _ALLOWED.fullmatch(text):
        wrong = next(letter for letter in text if not _ALLOWED.fullmatch(letter))
        raise FormulaError(f"{wrong!a} means nothing in it.")
    try:
        parsed = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "offset", None)
        raise FormulaError(f"'{_short(text)}' cannot be read{f' from character {at} on' if at else ''}.") from None
    reader = _Reader(names)
    tree = reader.number(parsed, 1)
    if unused := [name for name in names if name not in reader.used]:
        raise FormulaError(f"it does not use '{unused[0]}'.", "Use it, or leave it out.")
    if not reader.used:
        raise FormulaError("it uses no indicator, so it is a number and no measurement.", "Name at least one.")
    return _compiled(text, tuple(names), tree)


_BINARY: Mapping[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARE: Mapping[type[ast.AST], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARGUMENTS = {"abs": (1, 1), "min": (2, MOST_INPUTS), "max": (2, MOST_INPUTS), "clip": (3, 3), "where": (3, 3)}


class _Reader:
    """Python's tree to ours, counting as it goes; nothing that is not named here gets through."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._nodes = 0
        self.used: set[str] = set()

    def number(self, node: ast.AST, depth: int) -> Node:
        return self._must(node, depth, condition=False)

    def condition(self, node: ast.AST, depth: int) -> Node:
        return self._must(node, depth, condition=True)

    def _must(self, node: ast.AST, depth: int, *, condition: bool) -> Node:
        found = self._read(node, depth)
        if found.condition and not condition:
            what = f"'{_said(node)}' is true or false where a number is wanted."
            raise FormulaError(what, f"Write where({_said(node)}, 1, 0).")
        if condition and not found.condition:
            raise FormulaError(f"'{_said(node)}' is a number where true or false is wanted.", f"Write {_said(node)} > 0.")
        return found

    def _read(self, node: ast.AST, depth: int) -> Node:
        self._count(depth)
        match node:
            case ast.Constant():
                return Node("number", number=_constant(node))
            case ast.Name():
                return self._name(node.id)
            case ast.BinOp(op=ast.Pow()):
                return self._power(node, depth)
            case ast.BinOp() if type(node.op) in _BINARY:
                parts = self.number(node.left, depth + 1), self.number(node.right, depth + 1)
                return Node(_BINARY[type(node.op)], parts)
            case ast.UnaryOp(op=ast.USub()):
                inner = self.number(node.operand, depth + 1)
                return Node("number", number=-inner.number) if inner.op == "number" else Node("negative", (inner,))
            case ast.UnaryOp(op=ast.UAdd()):
                return self.number(node.operand, depth + 1)
            case ast.UnaryOp(op=ast.Not()):
                return Node("not", (self.condition(node.operand, depth + 1),))
            case ast.BoolOp():
                op = "and" if isinstance(node.op, ast.And) else "or"
                return self._fold(op, [self.condition(value, depth + 1) for value in node.values])
            case ast.Compare():
                return self._compare(node, depth)
            case ast.IfExp():
                return self._where([node.test, node.body, node.orelse], depth)
            case ast.Call():
                return self._call(node, depth)
            case _:
                raise FormulaError(f"'{_said(node)}' may not stand in it.")

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if depth > MOST_DEPTH:
            raise FormulaError(f"it is nested more than {MOST_DEPTH} deep.", "Split it into two indicators.")
        if self._nodes > MOST_NODES:
            raise FormulaError(f"it has more than {MOST_NODES} parts.", "Split it into two indicators.")

    def _name(self, name: str) -> Node:
        if name not in self._names:
            known = f"Names: {', '.join(self._names)}." if self._names else "It has no inputs yet: name them under 'of'."
            raise FormulaError(f"it uses '{_short(name)}', which is none of its inputs.", known)
        self.used.add(name)
        return Node("name", name=name)

    def _power(self, node: ast.BinOp, depth: int) -> Node:
        power = node.right.value if isinstance(node.right, ast.Constant) else None
        if type(power) is not int or not 1 <= power <= MOST_POWER:
            said = _said(node.right)
            raise FormulaError(f"the exponent '{said}' is no whole number from 1 to {MOST_POWER}.", "Write a ** 2.")
        return Node("power", (self.number(node.left, depth + 1),), number=power)

    def _compare(self, node: ast.Compare, depth: int) -> Node:
        pairs: list[Node] = []
        left = self.number(node.left, depth + 1)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            if type(op) not in _COMPARE:
                raise FormulaError(f"'{_said(node)}' may not stand in it.")
            right = self.number(comparator, depth + 1)
            if pairs and left.parts:
                # Chains are written out, so a part in the middle would be worked out twice, and in a nest a thousand times.
                raise FormulaError(f"'{_said(node)}' compares more than names and numbers in a row.", "Write it with 'and'.")
            pairs.append(Node(_COMPARE[type(op)], (left, right)))
            left = right
        return self._fold("and", pairs)

    def _where(self, parts: Sequence[ast.AST], depth: int) -> Node:
        test, body, other = parts
        chosen = self.condition(test, depth + 1), self.number(body, depth + 1), self.number(other, depth + 1)
        return Node("where", chosen)

    def _call(self, node: ast.Call, depth: int) -> Node:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _ARGUMENTS or node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            raise FormulaError(f"'{_said(node)}' may not stand in it.")
        least, most = _ARGUMENTS[name]
        if not least <= len(node.args) <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            raise FormulaError(f"'{name}' takes {takes} values, and has {len(node.args)}.", f"Mend '{_said(node)}'.")
        if name == "where":
            return self._where(node.args, depth)
        parts = [self.number(each, depth + 1) for each in node.args]
        if name == "clip":
            return Node("min", (Node("max", (parts[0], parts[1])), parts[2]))
        return Node("abs", (parts[0],)) if name == "abs" else self._fold(name, parts)

    def _fold(self, op: str, parts: Sequence[Node]) -> Node:
        out = parts[0]
        for part in parts[1:]:
            out = Node(op, (out, part))
        return out


def _constant(node: ast.Constant) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormulaError(f"'{_said(node)}' is no number.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise FormulaError("it has a number too large to count with.", "Write a smaller one.")
    return number


def _said(node: ast.AST) -> str:
    """A part of the expression as it may be shown; of what is nested too deep to write, only that it is."""
    try:
        return _short(ast.unparse(node))
    except (RecursionError, ValueError):
        return "..."


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
