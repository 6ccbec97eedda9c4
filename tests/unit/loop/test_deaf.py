"""Kinds of facts that a stage is not told of, because they come by the thousand and mean nothing to it."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest
from tests.unit.loop.city import WEST_UNDERPASS, City

from bihuan.loop import casebook
from bihuan.loop.casebook import OF_SERIES, Casebook
from bihuan.loop.turn import STAGES

DEAF: dict[str, tuple[Any, list[Path]]] = {
    "casebook": (Casebook, [Path(inspect.getfile(casebook))]),
    **{
        stage.__name__.rpartition(".")[2]: (stage.State, sorted(Path(inspect.getfile(stage)).parent.glob("*.py")))
        for stage in STAGES
        if hasattr(stage.State, "deaf_to")
    },
}


def named_in_folds(file: Path) -> set[str]:
    """What the functions `fold` of a module speak of."""
    tree = ast.parse(file.read_text())
    folds = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "fold"]
    return {node.id for fold in folds for node in ast.walk(fold) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("who", DEAF)
def test_who_folds_a_kind_is_told_of_it(who: str) -> None:
    one, files = DEAF[who]
    heard = set[str]().union(*map(named_in_folds, files))
    missed = sorted(heard & {kind.__name__ for kind in one.deaf_to})
    assert not missed, f"{who} folds {', '.join(missed)} and would never be told: take it out of `deaf_to`"


def told_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for one, _ in DEAF.values():
        monkeypatch.setattr(one, "deaf_to", frozenset())


def storm() -> City:
    city = City()
    city.flood(40.0)
    city.flood(20.0, WEST_UNDERPASS)
    city.rain()
    city.drain()
    city.wait(2 * 86_400_000)
    city.flood()
    return city


def test_what_a_stage_is_not_told_changes_nothing_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    some = storm()
    told_all(monkeypatch)
    city = storm()
    assert city.facts == some.facts
    assert city.loop.next_due() == some.loop.next_due()
    assert {type(fact.body) for fact in some.facts} & OF_SERIES, "the storm has facts that somebody is deaf to"
