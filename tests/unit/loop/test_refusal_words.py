"""Every form in which the loop says no is there in Chinese. The forms are read from its own code, so none is forgotten."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest

import bihuan.loop
from bihuan.loop.life import MISSING, SAYS, May, next_steps
from bihuan.pack.schema import Words
from bihuan.pack.trouble import MOST_COMPARED, known_names
from bihuan.views.refusals import in_chinese, in_words

ROOM = Path(bihuan.loop.__file__).parent
Function = ast.FunctionDef

NAMED = ("11", "11.drainage or 12")
"""What stands for units, ids, places and times."""

SAMPLES = {
    "what": ("case", "task", "look again"),
    "state": ("open", "sent-back", "sound"),
    "case.standing": ("closed",),
    "other.standing": ("merged",),
    "said.does": ("claim", "ask-hold"),
    "fact.actor": ("duty@11",),
    "actor": ("duty@11",),
    "posts": ("duty@11", "duty@11 or crew@11"),
    "', '.join(proof)": ("photo, text",),
    "' and a '.join(lacking)": ("reason and a unit",),
    "', '.join(FOUND)": ("sound, not-sound",),
    "', '.join(DEEDS)": ("claim, sign",),
    "', '.join(case.merged)": ("11, 12",),
}
"""What may stand in a form, by how the code says it. What is not here may be anything that is named."""

LEFT = {"duty", "crew", "drainage"}
"""Latin words that may be in a Chinese sentence: of the samples, and ids."""


def functions() -> Iterator[Function]:
    for file in sorted(ROOM.rglob("*.py")):
        yield from (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, Function))


def refuses(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "refuse"


def said() -> Iterator[tuple[Function, ast.expr]]:
    """Every expression that is a reason or a remedy, and the function it is in."""
    for function in functions():
        for node in ast.walk(function):
            if refuses(node):
                assert isinstance(node, ast.Call)
                yield from ((function, one) for one in node.args[1:] if not isinstance(one, ast.Starred))
        returns = ast.unparse(function.returns) if function.returns else ""
        if returns in ("tuple[str, str] | None", "Trouble"):
            pairs = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
            yield from ((function, one) for pair in pairs if isinstance(pair, ast.Tuple) for one in pair.elts)


def assigned(function: Function, name: str) -> list[ast.expr]:
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
    ]


def forms(function: Function, node: ast.expr) -> list[str]:
    """What an expression may say."""
    values = assigned(function, node.id) if isinstance(node, ast.Name) else []
    if (known := SAMPLES.get(ast.unparse(node))) is not None and not any(isinstance(one, ast.JoinedStr) for one in values):
        return list(known)
    match node:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(said) for said in product(*(forms(function, part) for part in parts))]
        case ast.FormattedValue(value=value):
            return forms(function, value)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            both = forms(function, one), forms(function, other)
            return [*both[0], *both[1]] if isinstance(node, ast.IfExp) else ["".join(pair) for pair in product(*both)]
        case ast.BoolOp(values=parts):
            return [said for part in parts for said in forms(function, part) if said]
        case ast.Name() if values:
            return [said for value in values for said in forms(function, value)]
        case ast.Subscript(value=ast.Name(id="MISSING")):
            return list(MISSING.values())
        case ast.Call(func=ast.Name(id="known_names"), args=[ast.Constant(value=str() as what), *_]):
            many = [str(number) for number in range(MOST_COMPARED + 1)]
            return [known_names(what, "10", known) for known in ((), ("11", "12"), many[:50], many)]
        case ast.Call(func=ast.Name(id="next_steps")):
            return list(steps())
        case _:
            return list(NAMED[:1])


@cache
def steps() -> tuple[str, ...]:
    mays = [May(does=does, units=units, posts=(), needs=()) for does in SAYS for units in ((), ("11",), ("11", "12"))]
    return *(next_steps([may], "task") for may in mays), next_steps(mays, "case"), next_steps((), "look again")


CASES = sorted({(function.name, form) for function, node in said() for form in forms(function, node)})


def test_what_the_loop_refuses_was_found() -> None:
    calls = [node for function in functions() for node in ast.walk(function) if refuses(node)]
    assert len(calls) > 35
    assert len(CASES) > 150
    assert {"hear_appeal", "hear_ruling", "hear_start", "hear_answer", "hear_found", "_no_offer"} <= {name for name, _ in CASES}


@pytest.mark.parametrize(("where", "form"), CASES)
def test_it_is_there_in_chinese_without_a_word_of_english(where: str, form: str) -> None:
    zh = in_chinese(form)
    assert max(zh) >= "\u4e00", form
    assert set(re.findall(r"[A-Za-z]{2,}", zh)) <= LEFT, zh


def test_units_are_called_by_their_names_in_both_languages() -> None:
    names = {"500101.inspection": Words(zh="万州区督查", en="Wanzhou inspection"), "12": Words(zh="十二", en="Twelve")}
    said = in_words("500101.inspection may verify it or send it back; 500102 may return it now.", names.get)
    assert said.en == "Wanzhou inspection may verify it or send it back; 500102 may return it now."
    assert said.zh.startswith("现在 万州区督查 可“")
    assert in_words("Bring it within 12 hours.", names.get).en == "Bring it within 12 hours."
