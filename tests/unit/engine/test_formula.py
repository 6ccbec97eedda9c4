"""Formulas: nothing hostile gets through, and what gets through counts as plain Python floats do."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.engine.arithmetic import worked_out
from bihuan.engine.formula import MOST_DEPTH, MOST_NODES, MOST_TEXT, FormulaError, compiled, may_be_named

NAN = math.nan


def value(text: str, **inputs: float) -> float:
    return float(worked_out(compiled(text, list(inputs)), [np.array([one]) for one in inputs.values()])[0])


# --- what is refused ------------------------------------------------------------------------------------------

HOSTILE = [
    "a.__class__", "a.real", "().__class__", "__import__('os')", "open(a)", "a()", "a[0]", "[a for a in b]", "{a}", "{a: b}",
    "lambda: a", "(a := b)", "f'{a}'", "'a' * 9", "b'a'", "a if b else", "a; b", "a = b", "import os", "a, b", "*a", "await a",
    "yield a", "a @ b", "a // b", "a % b", "a << 2", "a | b", "~a", "a is b", "a in b", "not a", "a < b", "a and b", "True + a",
    "None", "...", "1j + a", "min(a)", "min(*a)", "max(a, b, key=a)", "min(a, b)(a)", "abs(a, b)", "eval(a)", "where(a, b, 1)",
    "where(a < b)", "exec", "a ** b", "a ** 9", "a ** -1", "a ** 0.5", "a ** True", "a ** a ** 2", "2 ** 999999999", "",
    "a\u0000b", "\uff41 + b", "\u03b1", "a\u200b", "a + b # c", "a\\b", "a < b + 1 < 3", "1e999 * a", "9" * 400 + " * a", "c",
    "(a < b) + 1", "a + (b > 1)", "a if b else 1", "a if b > 0 else b > 1", "-(a < b)", "a == 'x'", "a or b", "1_0j",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_arithmetic_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        compiled(text, ["a", "b"] if "b" in text else ["a"])
    assert caught.value.what.endswith(".")
    assert caught.value.remedy.endswith(".")
    assert len(caught.value.what) < 300


@pytest.mark.parametrize(
    "text",
    [
        "(" * 400 + "a" + ")" * 400,
        "(" * 150 + "-" * 100 + "a" + ")" * 150,
        "-" * (MOST_TEXT - 1) + "a",
        "not " * 200 + "a > 0",
        "+".join(["a"] * (MOST_DEPTH + 1)),
        "abs(" * MOST_DEPTH + "a" + ")" * MOST_DEPTH,
        "max(" + ", ".join(["a"] * 17) + ")",
        " and ".join(["a < 1"] * (MOST_NODES // 3 + 1)),
        "a + " + " " * 10 + "1" * MOST_TEXT,
        "where(" * 60 + "a",
        "a" * 999,
    ],
)
def test_what_is_too_large_or_too_deep_is_refused_at_once(text: str) -> None:
    with pytest.raises(FormulaError):
        compiled(text, ["a"])


def test_powers_of_powers_stay_small() -> None:
    text = "a"
    for _ in range(8):
        text = f"({text}) ** 8"
    assert len(compiled(text, ["a"]).steps) == 9
    assert value(text, a=1.0) == 1.0
    assert math.isnan(value(text, a=2.0))


def test_a_name_that_is_declared_and_not_used_or_used_and_not_declared_is_refused() -> None:
    with pytest.raises(FormulaError, match="does not use 'b'"):
        compiled("a", ["a", "b"])
    with pytest.raises(FormulaError, match="none of its inputs"):
        compiled("a + min", ["a"])
    with pytest.raises(FormulaError, match="17 inputs"):
        compiled("a", [f"a{n}" for n in range(17)])


@pytest.mark.parametrize("name", ["A", "min", "if", "and", "1a", "_a", "a-b", "a" * 33, "", "ａ", "where", "lambda"])
def test_names_that_mean_something_else_are_no_names(name: str) -> None:
    assert not may_be_named(name)


# --- what has no number ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("a / b", {"a": 0.0, "b": 0.0}, NAN),
        ("a / b", {"a": 1.0, "b": 0.0}, NAN),
        ("1 / (a / b)", {"a": 1.0, "b": 0.0}, NAN),
        ("a * 1e308 * 10", {"a": 1.0}, NAN),
        ("a ** 8", {"a": 1e300}, NAN),
        ("a + b", {"a": 1.0, "b": NAN}, NAN),
        ("a + 1", {"a": math.inf}, NAN),
        ("min(a, b)", {"a": NAN, "b": 1.0}, NAN),
        ("min(a, b)", {"a": 1.0, "b": NAN}, NAN),
        ("max(a, b)", {"a": NAN, "b": 1.0}, NAN),
        ("clip(a, 0, 1)", {"a": NAN}, NAN),
        ("a / b if b > 0 else 7", {"a": 1.0, "b": 0.0}, 7.0),
        ("where(b != 0 and a / b > 2, 1, 0)", {"a": 1.0, "b": 0.0}, 0.0),
        ("where(b == 0 or a / b > 2, 1, 0)", {"a": 1.0, "b": 0.0}, 1.0),
        ("where(a > 1, 1, 0)", {"a": NAN}, NAN),
        ("where(not a > 1, 1, 0)", {"a": NAN}, NAN),
        ("where(a > 1 and b > 1, 1, 0)", {"a": NAN, "b": 2.0}, NAN),
        ("where(a > 1 or b > 1, 1, 0)", {"a": NAN, "b": 0.0}, NAN),
        ("100 * a / b", {"a": 1.0, "b": 4.0}, 25.0),
        ("clip(a, 0, 1)", {"a": 5.0}, 1.0),
        ("-a ** 2", {"a": 3.0}, -9.0),
        ("where(0 < a < 2 <= b, 1, 0)", {"a": 1.0, "b": 2.0}, 1.0),
    ],
)
def test_no_number_is_no_data_and_a_branch_not_taken_does_not_matter(
    text: str, inputs: dict[str, float], expected: float
) -> None:
    found = value(text, **inputs)
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_the_columns_given_are_not_written_to() -> None:
    column = np.array([1.0, -2.0])
    out = worked_out(compiled("a", ["a"]), [column])
    out[:] = 9.0
    assert column.tolist() == [1.0, -2.0]


# --- ratios ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "over", "per", "times"),
    [
        ("a / b", {"a": 1}, {"b": 1}, 1),
        ("100 * a / b", {"a": 1}, {"b": 1}, 100),
        ("100 * (a / b)", {"a": 1}, {"b": 1}, 100),
        ("a / b * 100 / 2", {"a": 1}, {"b": 1}, 50),
        ("a * 100 / b", {"a": 1}, {"b": 1}, 100),
        ("a / (b * 4)", {"a": 1}, {"b": 1}, 0.25),
        ("(b - a) / (a + b)", {"b": 1, "a": -1}, {"a": 1, "b": 1}, 1),
        ("100 * (a - b) / b", {"a": 1, "b": -1}, {"b": 1}, 100),
        ("100 * (a + 3 * b - b) / (2 * a + 3 * b)", {"a": 1, "b": 2}, {"a": 1, "b": 1.5}, 50),
        ("-a / b", {"a": 1}, {"b": 1}, -1),
        ("1 - a / b", {"b": 1, "a": -1}, {"b": 1}, 1),
        ("100 - 100 * a / b", {"b": 1, "a": -1}, {"b": 1}, 100),
        ("a / b + 1", {"a": 1, "b": 1}, {"b": 1}, 1),
        ("a / (a + b) + b / (a + b) * 2", {"a": 1, "b": 2}, {"a": 1, "b": 1}, 1),
        ("(a / 2 + b) / b", {"a": 1, "b": 2}, {"b": 1}, 0.5),
    ],
)
def test_a_quotient_of_sums_has_parts_that_add_up(
    text: str, over: dict[str, float], per: dict[str, float], times: float
) -> None:
    expression = compiled(text, ["a", "b"])
    found = expression.ratio()
    assert found is not None
    assert (dict(found.over), dict(found.per), found.times) == (over, per, times)
    values = {"a": 3.0, "b": 4.0}
    above, below = (sum(weight * values[name] for name, weight in part) for part in (found.over, found.per))
    said = float(worked_out(expression, [np.array([3.0]), np.array([4.0])])[0])
    assert found.times * above / below == pytest.approx(said, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        *("a + b", "1 / (a + b)", "a / b if b > 0 else 0", "a * b", "a / b / 0", "a / b / a", "a / (b / a)", "b / a * a / b"),
        *("(a + 1) / b", "a / (b + 1)", "a / b + a", "a / b + b / a", "a ** 2 / b", "max(a, b) / b", "abs(a) / b"),
        *("(a - a) / b", "a / (b - b)", "0 * a / b", "a / b * 1e300 * 1e300", "1e-300 * (1e-300 * a) / b"),
    ],
)
def test_what_is_no_quotient_of_sums_has_no_parts_to_add_up(text: str) -> None:
    names = [name for name in ("a", "b") if name in text.replace("abs", "")]
    assert compiled(text, names).ratio() is None


# --- columns and scalars --------------------------------------------------------------------------------------

NUMBERS = st.floats(allow_nan=True, allow_infinity=False) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.1, 1e-300, 1e300])


def tree(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    condition = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), children, children)
    either = st.tuples(st.sampled_from(["and", "or"]), condition, condition)
    return st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "min", "max"]), children, children),
        st.tuples(st.sampled_from(["neg", "abs"]), children),
        st.tuples(st.just("**"), children, st.integers(1, 4)),
        st.tuples(st.just("where"), condition | either | st.tuples(st.just("not"), condition), children, children),
        st.tuples(st.just("clip"), children, children, children),
    )


TREES = st.recursive(st.sampled_from(["a", "b"]) | st.floats(0, 1e6).map(lambda x: round(x, 3)), tree, max_leaves=8)


def written(node: object) -> str:
    match node:
        case str() | float():
            return repr(node).strip("'")
        case ("neg", x):
            return f"(-{written(x)})"
        case ("not", x):
            return f"(not {written(x)})"
        case ("**", x, int(n)):
            return f"({written(x)} ** {n})"
        case ("min" | "max" | "abs" | "where" | "clip" as name, *parts):
            return f"{name}({', '.join(map(written, parts))})"
        case (op, x, y):
            return f"({written(x)} {op} {written(y)})"
    raise AssertionError(node)


def finite(x: float) -> float:
    return x if math.isfinite(x) else NAN


def counted(node: object, a: float, b: float) -> float:
    """One place, in Python's floats. Conditions are 1, 0 or not known."""
    match node:
        case "a" | "b":
            return a if node == "a" else b
        case float():
            return node
        case ("where", c, x, y):
            chosen = counted(c, a, b)
            return NAN if math.isnan(chosen) else counted(x, a, b) if chosen else counted(y, a, b)
        case ("clip", x, low, high):
            return counted(("min", ("max", x, low), high), a, b)
        case ("**", x, int(n)):
            base = out = counted(x, a, b)
            for _ in range(n - 1):
                out = finite(out * base)
            return out
        case ("and" | "or" as op, left, right):
            parts = [counted(left, a, b), counted(right, a, b)]
            decides = 0.0 if op == "and" else 1.0
            return decides if decides in parts else NAN if any(map(math.isnan, parts)) else 1.0 - decides
    assert isinstance(node, tuple)
    op, (x, *rest) = node[0], [counted(part, a, b) for part in node[1:]]
    if math.isnan(x) or any(map(math.isnan, rest)):
        return NAN
    y = rest[0] if rest else NAN
    match op:
        case "neg":
            return -x
        case "abs":
            return abs(x)
        case "not":
            return 1.0 - x
        case "+":
            return finite(x + y)
        case "-":
            return finite(x - y)
        case "*":
            return finite(x * y)
        case "/":
            return finite(x / y) if y else NAN
        case "min":
            return min(x, y)
        case "max":
            return max(x, y)
    known = {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}
    return float(known[op])


@given(TREES, st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6))
@settings(max_examples=400, deadline=None)
def test_columns_count_to_the_last_bit_as_python_does_place_by_place(node: object, places: list[tuple[float, float]]) -> None:
    names = sorted(set(re.findall(r"\b[ab]\b", written(node))))
    try:
        expression = compiled(written(node), names)
    except FormulaError as error:
        assert "uses no indicator" in error.what or "deep" in error.what
        return
    columns = {"a": np.array([a for a, _ in places]), "b": np.array([b for _, b in places])}
    found = worked_out(expression, [columns[name] for name in names]).tolist()
    assert [repr(one) for one in found] == [repr(counted(node, a, b)) for a, b in places]
