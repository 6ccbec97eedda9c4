"""Who hears which facts. What remembers them marks its methods with the kinds they take in (`hears`); what decides has a
table of what it answers (`answered`). Nobody is told of any others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

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
    """What it is made of, if parts of it hear facts of their own: they hear first."""

    @cached_property
    def ears(self) -> dict[type[Body], tuple[Ear, ...]]:
        """By kind of fact."""
        marked = (name for each in reversed(type(self).__mro__) for name, one in vars(each).items() if hasattr(one, _MARK))
        methods = [getattr(self, name) for name in dict.fromkeys(marked)]
        out = together(self.parts)
        for ear in methods:
            for kind in getattr(ear, _MARK):
                out[kind] = (*out.get(kind, ()), ear)
        return out

    def fold(self, fact: Fact) -> None:
        for ear in self.ears.get(type(fact.body), ()):
            ear(fact, fact.body)


def together(hearers: Iterable[Hearer]) -> dict[type[Body], tuple[Ear, ...]]:
    """The ears of all of them: whoever is named first hears first."""
    out: dict[type[Body], tuple[Ear, ...]] = {}
    for hearer in hearers:
        for kind, ears in hearer.ears.items():
            out[kind] = (*out.get(kind, ()), *ears)
    return out


def answered(answers: Answers, state: object, news: Sequence[Fact], page: Page) -> None:
    """Answer each of the news that the table speaks of, in order."""
    for fact in news:
        answer = answers.get(type(fact.body))
        if answer is not None:
            answer(state, page, fact, fact.body)
