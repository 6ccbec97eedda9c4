"""Who hears which facts. What remembers them marks its methods with the kinds they take in (`hears`); what decides has a
table of what it answers (`answered`). Nobody is told of any others.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MethodType
from typing import Any, ClassVar, TypeAlias, TypeVar

from bihuan.loop.page import Page
from bihuan.model.facts import Body, Fact

Ear: TypeAlias = Callable[[Fact, Any], None]
"""Takes in a fact of one of its kinds: the fact, and its body."""

Answers: TypeAlias = Mapping[type[Body], Callable[[Any, Page, Fact, Any], None]]
"""By kind of fact, what a stage does about it: given the stage's state, the page to write on, the fact and its body."""

E = TypeVar("E", bound=Callable[..., None])

_MARK = "hears_kinds"


def hears(*kinds: type[Body]) -> Callable[[E], E]:
    """Mark a method of a `Hearer` as one that takes in facts of these kinds."""

    def mark(ear: E) -> E:
        setattr(ear, _MARK, kinds)
        return ear

    return mark


class Hearer:
    """Remembers what the facts it hears say. Methods that hear the same kind take it in the order they are written."""

    parts: Sequence["Hearer"] = ()
    """What it is made of, if parts of it hear facts of their own: they hear first, in this order."""

    _own: ClassVar[dict[type[Body], tuple[Callable[[Any, Fact, Any], None], ...]]] = {}
    """By kind of fact, the methods marked with it. Of the class: a thing that keeps its own methods keeps itself, and lives on
    until the garbage collector looks."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._own = dict(cls._own)
        for method in [one for one in vars(cls).values() if hasattr(one, _MARK)]:
            for kind in getattr(method, _MARK):
                cls._own[kind] = (*cls._own.get(kind, ()), method)

    def fold(self, fact: Fact) -> None:
        kind, body = type(fact.body), fact.body
        for ear in self._ears_of_parts.get(kind, ()):
            ear(fact, body)
        for own in self._own.get(kind, ()):
            own(self, fact, body)

    @cached_property
    def _ears_of_parts(self) -> dict[type[Body], tuple[Ear, ...]]:
        out: dict[type[Body], tuple[Ear, ...]] = {}
        for part in self.parts:
            for kind, ears in part.ears().items():
                out[kind] = (*out.get(kind, ()), *ears)
        return out

    def ears(self) -> dict[type[Body], tuple[Ear, ...]]:
        """By kind of fact, its own methods after those of its parts."""
        out = dict(self._ears_of_parts)
        for kind, methods in self._own.items():
            out[kind] = (*out.get(kind, ()), *(MethodType(method, self) for method in methods))
        return out


def answered(answers: Answers, state: object, news: Sequence[Fact], page: Page) -> None:
    """Answer each of the news that the table speaks of, in order."""
    for fact in news:
        answer = answers.get(type(fact.body))
        if answer is not None:
            answer(state, page, fact, fact.body)
