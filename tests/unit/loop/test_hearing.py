"""Who hears what: the marks on methods, and the facts the methods say they take."""

import gc
import weakref
from typing import get_args, get_type_hints

import pytest

from bihuan.loop.casebook import Casebook
from bihuan.loop.dispatch.foreign import Foreign
from bihuan.loop.dispatch.near import Neighbours
from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.supervise.flags import Memory
from bihuan.loop.supervise.recheck import Closings
from bihuan.loop.turn import STAGES, Loop
from bihuan.model.facts import Body, Fact, TaskReturned, WarningCleared, WarningRaised

HEARERS = [Loop, Casebook, Foreign, Neighbours, Memory, Closings, *(stage.State for stage in STAGES)]

CLEARED = WarningCleared(warning="W1", group="g", place="p", before="red", worst="red", level="calm", lasted=1)


def fact_of(body: Body) -> Fact:
    return Fact(seq=1, id="x-1", at=0, recorded_at=0, actor="warn", subject="", because=(), body=body)  # type: ignore[arg-type]


class Book(Hearer):
    def __init__(self, told: list[str], name: str) -> None:
        self.told, self.name = told, name

    @hears(WarningCleared, WarningRaised)
    def _later_in_the_alphabet(self, fact: Fact, body: WarningCleared | WarningRaised) -> None:
        self.told.append(f"{self.name} first")

    @hears(WarningCleared)
    def _another(self, fact: Fact, body: WarningCleared) -> None:
        self.told.append(f"{self.name} second")


class Shelf(Hearer):
    def __init__(self, told: list[str]) -> None:
        self.parts = (Book(told, "a"), Book(told, "b"))
        self.told = told

    @hears(WarningCleared)
    def _clear(self, fact: Fact, body: WarningCleared) -> None:
        self.told.append("shelf")


def test_parts_hear_before_the_whole_and_methods_in_the_order_they_are_written() -> None:
    told: list[str] = []
    Shelf(told).fold(fact_of(CLEARED))
    assert told == ["a first", "a second", "b first", "b second", "shelf"]


def test_who_does_not_name_a_kind_is_not_told_of_it() -> None:
    told: list[str] = []
    Shelf(told).fold(fact_of(TaskReturned(task="T1", case="C1", unit="u", reason="not ours")))
    assert told == []


def test_what_hears_is_gone_when_nobody_has_it_any_more() -> None:
    told: list[str] = []
    shelf = Shelf(told)
    shelf.fold(fact_of(CLEARED))
    seen = [weakref.ref(shelf), *(weakref.ref(part) for part in shelf.parts)]
    gc.disable()
    try:
        del shelf
        assert [one() for one in seen] == [None, None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize("hearer", HEARERS, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_a_method_is_marked_with_just_the_kinds_it_takes(hearer: type[Hearer]) -> None:
    marked = [one for one in vars(hearer).values() if hasattr(one, "hears_kinds")]
    for method in marked:
        takes = get_type_hints(method)["body"]
        assert set(get_args(takes) or (takes,)) == set(method.hears_kinds), method.__qualname__
    assert marked or hearer.__name__ == "State"
