"""Which cases are near: open ones that may be the same trouble, closed ones whose trouble came back."""

from collections import deque
from collections.abc import Iterator
from itertools import product
from math import floor
from typing import TypeAlias, TypeVar

from bihuan.loop.case import Case
from bihuan.loop.casebook import Casebook
from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import (
    CaseClosed,
    CaseMerged,
    CaseOpened,
    CaseRejected,
    CaseReopened,
    CaseReported,
    CaseUnmerged,
    DuplicateSuspected,
    Fact,
)
from bihuan.model.positions import Position, metres_between, on_sphere
from bihuan.pack.rules import Rules

AROUND = tuple(product((-1, 0, 1), repeat=3))

Cell = tuple[int, int, int]
Standing: TypeAlias = CaseReported | CaseOpened | CaseRejected | CaseMerged | CaseUnmerged | CaseReopened | CaseClosed
"""Facts after which a case may be another one's neighbour, or no longer."""
K = TypeVar("K")
V = TypeVar("V")


class Near:
    """Cases by place and position. Cubes of `metres` through the globe hold them, so that only 27 are ever looked into:
    straight through the earth nothing is farther than over ground. With 0 metres only places count.
    """

    def __init__(self, metres: float) -> None:
        self.metres = metres
        self._at: dict[str, tuple[str, Position | None]] = {}
        self._cells: dict[Cell, dict[str, Position]] = {}
        self._places: dict[str, dict[str, None]] = {}

    def add(self, case: str, place: str, at: Position | None) -> None:
        at = at if self.metres else None
        self._at[case] = place, at
        self._places.setdefault(place, {})[case] = None
        if at is not None:
            self._cells.setdefault(self._cell(at), {})[case] = at

    def remove(self, case: str) -> None:
        if case not in self._at:
            return
        place, at = self._at.pop(case)
        _drop(self._places, place, case)
        if at is not None:
            _drop(self._cells, self._cell(at), case)

    def around(self, place: str, at: Position | None) -> Iterator[tuple[str, float | None]]:
        """Cases nearer than `metres`; where one of both has no position, those at the same place, without a distance."""
        at = at if self.metres else None
        if at is not None:
            x, y, z = self._cell(at)
            for dx, dy, dz in AROUND:
                for case, other in self._cells.get((x + dx, y + dy, z + dz), {}).items():
                    if (metres := metres_between(at, other)) < self.metres:
                        yield case, metres
        for case in self._places.get(place, ()):
            if at is None or self._at[case][1] is None:
                yield case, None

    def _cell(self, at: Position) -> Cell:
        x, y, z = on_sphere(at)
        return floor(x / self.metres), floor(y / self.metres), floor(z / self.metres)


class Neighbours(Hearer):
    """The open cases of types that look for the same (`same`), and the closed ones that are watched (`watch`), by type."""

    def __init__(self, rules: Rules, book: Casebook) -> None:
        self._rules = rules
        self._book = book
        kinds = rules.cases.values()
        self._open = {kind.id: Near(kind.same.metres) for kind in kinds if kind.same}
        self._watched = {kind.id: Near(kind.watch_metres) for kind in kinds if kind.watch}
        self._ending: dict[str, deque[str]] = {kind: deque() for kind in self._watched}
        """Closed cases by type, in the order in which their watches end."""

    @hears(CaseReported, CaseOpened, CaseRejected, CaseMerged, CaseUnmerged, CaseReopened, CaseClosed)
    def _settle(self, fact: Fact, body: Standing) -> None:
        """Put a case where it belongs now, and forget those that are not watched any more."""
        case = self._book.cases[body.case]
        spot = case.place, self.position(case)
        if near := self._open.get(case.type):
            near.remove(case.id)
            if case.standing in ("reported", "open", "offered"):
                near.add(case.id, *spot)
        if near := self._watched.get(case.type):
            near.remove(case.id)
            if case.standing == "closed":
                near.add(case.id, *spot)
                self._ending[case.type].append(case.id)
            self._forget(near, self._ending[case.type], fact.at)

    def _forget(self, near: Near, ending: deque[str], now: int) -> None:
        while ending and self._book.cases[ending[0]].watch_until < now:
            if self._book.cases[old := ending.popleft()].closed_at is not None:
                near.remove(old)

    def position(self, case: Case) -> Position | None:
        """Of the report, else of the thing; where a place lies does not say where in it the trouble is."""
        return case.position or self.position_of(case.place)

    def position_of(self, spot: str) -> Position | None:
        return self._rules.position(spot) if spot in self._rules.things else None

    def suspect(self, case: Case, now: int) -> DuplicateSuspected | None:
        """The nearest open case of the type that is recent enough; one with a distance before one without."""
        near, same = self._open.get(case.type), self._rules.cases[case.type].same
        if near is None or same is None:
            return None
        found = [
            (metres is None, metres or 0.0, number, other, metres)
            for number, (other, metres) in enumerate(near.around(case.place, self.position(case)))
            if other != case.id and now - self._book.cases[other].opened_at <= same.within
        ]
        if not found:
            return None
        *_, other, metres = min(found)
        apart = now - self._book.cases[other].opened_at
        return DuplicateSuspected(case=case.id, other=other, metres=None if metres is None else round(metres, 1), apart=apart)

    def registered_again(self, case: Case, now: int) -> Case | None:
        """The watched case whose trouble a registered report is. That it is of the same town proves nothing: only the same
        thing does, or a distance.
        """
        known = self.recurred(case.type, case.place, self.position(case), now)
        measured = (
            known is not None and self._rules.cases[case.type].watch_metres and self.position(case) and self.position(known)
        )
        return known if measured or case.place in self._rules.things else None

    def recurred(self, case_type: str, place: str, at: Position | None, now: int) -> Case | None:
        """The closed case of the type nearest to new trouble that is still watched; among equals the one closed last."""
        near = self._watched.get(case_type)
        if near is None:
            return None
        found = [
            (metres is None, metres or 0.0, -number, other)
            for number, (other, metres) in enumerate(near.around(place, at or self.position_of(place)))
            if now <= self._book.cases[other].watch_until
        ]
        return self._book.cases[min(found)[-1]] if found else None


def _drop(shelves: dict[K, dict[str, V]], key: K, case: str) -> None:
    shelf = shelves[key]
    del shelf[case]
    if not shelf:
        del shelves[key]
