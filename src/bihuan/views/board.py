"""The board: where every place and thing stands now, and how it stood over the last days."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bihuan.engine.rollup import Rolled, RollUp
from bihuan.engine.score import Card, Scores
from bihuan.model.facts import Fact, LevelChanged, SeriesReturned, SeriesSilent
from bihuan.model.times import DAY
from bihuan.pack.rules import Rules
from bihuan.views.tree import Tally, Tree

FILM = 7 * DAY
"""How far back the film goes."""


class Gauges(Protocol):
    """The engine's newest values, as `app` gives them."""

    def newest(self, indicator: str, place: str) -> tuple[float, int] | None:
        """Value and time of the newest reading."""

    def window(self, indicator: str, place: str, rung: int) -> float | None:
        """What rung number `rung` of the series' ladder looks at now."""

    def heard(self, everyone: bool) -> npt.NDArray[np.int64]:
        """Numbers of series with fresh data now: of those who never had any before this was last asked, or of `everyone`."""

    def rolled_up(self, plan: RollUp, indicators: npt.NDArray[np.int64]) -> Rolled:
        """Of the indicators named by number; to be read before the next turn."""

    def scores(self, card: Card) -> Scores: ...

    @property
    def newest_at(self) -> int | None: ...

    @property
    def readings(self) -> int: ...

    @property
    def silent(self) -> int: ...

    @property
    def series(self) -> int: ...


State = tuple[int, bool]
"""Rank and unknown."""

_OF_SERIES = (LevelChanged, SeriesSilent, SeriesReturned)


class Own:
    """The series of one place or thing: how many stand at each rank, and how many say nothing."""

    __slots__ = ("grey", "ranks")

    def __init__(self, series: int, ranks: int) -> None:
        self.ranks = [series] + [0] * (ranks - 1)
        self.grey = series

    @property
    def state(self) -> State:
        return worst(self.ranks), self.grey > 0


class Node:
    """What lies under a place: how many measured places and things stand at each rank, how many are grey."""

    __slots__ = ("grey", "ranks", "total")

    def __init__(self, ranks: int) -> None:
        self.ranks = [0] * ranks
        self.grey = 0
        self.total = 0

    def add(self, state: State, step: int) -> None:
        self.ranks[state[0]] += step
        self.grey += step * state[1]
        self.total += step

    @property
    def worst(self) -> int:
        return worst(self.ranks)


def worst(counts: Sequence[int]) -> int:
    """The highest rank that anything stands at."""
    for rank in range(len(counts) - 1, 0, -1):
        if counts[rank]:
            return rank
    return 0


class Board:
    """States of places and things, kept up by facts.

    A place that is measured stands at the worst of its own series and of measured places below; the things in it have
    colours of their own. All places above stand at the worst of everything below. A measured place or a thing is unknown
    while one of its series is; a place above only when nothing below it reports (the counts say how many do not).
    """

    def __init__(self, rules: Rules, tree: Tree, gauges: Gauges) -> None:
        self.rules = rules
        self.tree = tree
        self._gauges = gauges
        numbering = self.numbering = rules.numbering
        self._rank = np.zeros(numbering.count, dtype=np.int8)
        self._grey = np.ones(numbering.count, dtype=bool)
        self._unheard = np.ones(numbering.count, dtype=bool)
        """By series: rank and silence as the facts have them, and of whom neither facts nor gauges have spoken."""
        self._listens = False
        """Has it asked the gauges before?"""
        self._own = {
            spot: Own(series, len(rules.levels))
            for spot, series in zip(numbering.places, numbering.counts().tolist(), strict=True)
        }
        self.levels = self._levels()
        self.nodes = {place.code: Node(len(rules.levels)) for place in rules.places.values() if place.level in self.levels}
        self._feeds = {spot: self._fed_by(spot) for spot in self._own}
        for spot, own in self._own.items():
            for place in self._feeds[spot]:
                self.nodes[place].add(own.state, 1)
        self.counts = Tally()
        self._shown: dict[str, State] = {}
        self._dirty: set[str] = set()
        for spot in (*self.nodes, *rules.things):
            self._shown[spot] = self.state(spot)
            self._count(spot)
        self.film = Film(self._shown)

    def _levels(self) -> tuple[str, ...]:
        """Place levels from the top down to the lowest that has series of its own or holds things."""
        named = [level.id for level in self.rules.place_levels]
        deepest = 0
        for spot in self._own:
            place = self.rules.places.get(spot)
            deepest = max(deepest, named.index(place.level) if place else 0)
        return tuple(named[: max(deepest + 1, min(2, len(named)))])

    def _fed_by(self, spot: str) -> tuple[str, ...]:
        """The places above that a place or thing counts at."""
        path = [place for place in self.tree.path(spot) if place in self.nodes]
        measured = bool(path) and path[0] in self._own
        return tuple(path[1:] if measured else path)

    # folding

    def fold(self, fact: Fact) -> None:
        body = fact.body
        if type(body) not in _OF_SERIES:
            return
        assert isinstance(body, _OF_SERIES)
        number = self.numbering.number(body.indicator, body.place)
        if number < 0:
            return  # a series of an older pack
        own = self._own[body.place]
        before = own.state
        if isinstance(body, LevelChanged):
            rank = self.rules.rank(body.level)
            own.ranks[self._rank[number]] -= 1
            own.ranks[rank] += 1
            self._rank[number] = rank
        grey = bool(self._grey[number])
        if isinstance(body, SeriesSilent):
            grey = True
        elif isinstance(body, SeriesReturned) or self._unheard[number]:
            grey = False
        own.grey += grey - int(self._grey[number])
        self._grey[number], self._unheard[number] = grey, False
        self._moved(body.place, before, own.state)

    def hear(self) -> None:
        """Readings came in: series never heard before may be known now. No fact says so, the gauges do."""
        heard, self._listens = self._gauges.heard(not self._listens), True
        heard = heard[self._unheard[heard]]
        if not len(heard):
            return
        self._unheard[heard] = self._grey[heard] = False
        places, counts = np.unique(self.numbering.place_of(heard), return_counts=True)
        for place, count in zip(places.tolist(), counts.tolist(), strict=True):
            spot = self.numbering.places[place]
            own = self._own[spot]
            before = own.state
            own.grey -= count
            self._moved(spot, before, own.state)

    def _moved(self, spot: str, before: State, after: State) -> None:
        if before == after:
            return
        self._dirty.add(spot)
        for place in self._feeds[spot]:
            node = self.nodes[place]
            node.add(before, -1)
            node.add(after, 1)
            self._dirty.add(place)

    def flush(self, at: int) -> set[str]:
        """What changed since the last flush goes into the counts and onto the film. Returns the spots that changed, and
        the places whose counts did."""
        levels: dict[str, int] = {}
        unknown: dict[str, bool] = {}
        changed = self._dirty & self._shown.keys()
        for spot in sorted(changed):
            before, now = self._shown[spot], self.state(spot)
            if now[0] != before[0]:
                levels[spot] = now[0]
            if now[1] != before[1]:
                unknown[spot] = now[1]
            self._shown[spot] = now
            self._count(spot)
        self._dirty.clear()
        self.film.add(at, levels, unknown)
        return changed

    def _count(self, spot: str) -> None:
        """Count a place at every place above it: at its level (a calm one only while it reports), and as unknown if it is."""
        place = self.rules.places.get(spot)
        if place is None:
            return
        rank, grey = self.state(spot)
        labels = [(place.level, "unknown")] if grey else []
        if rank or not grey:
            labels.append((place.level, self.rules.levels[rank].id))
        self.counts.put(spot, self.tree.path(spot)[1:], tuple(labels))

    # asking

    def state(self, spot: str) -> State:
        """Rank and unknown of a place or thing; calm and unknown where nobody measures."""
        own, node = self._own.get(spot), self.nodes.get(spot)
        if own is None:
            return (node.worst, node.total == node.grey) if node else (0, True)
        rank, grey = own.state
        return max(rank, node.worst if node else 0), grey

    def level(self, spot: str) -> str:
        return self.rules.levels[self.state(spot)[0]].id

    def unknown(self, spot: str) -> bool:
        return self.state(spot)[1]

    def measured(self, spot: str) -> bool:
        """Has a place or thing series of its own?"""
        return spot in self._own

    def has_series(self, indicator: str, spot: str) -> bool:
        return self.numbering.number(indicator, spot) >= 0

    def series_unknown(self, indicator: str, spot: str) -> bool:
        number = self.numbering.number(indicator, spot)
        return number < 0 or bool(self._grey[number])

    def series_level(self, indicator: str, spot: str) -> str:
        number = self.numbering.number(indicator, spot)
        return self.rules.levels[int(self._rank[number]) if number >= 0 else 0].id

    def counts_under(self, place: str, level: str) -> dict[str, int]:
        """Level -> how many places of a place level under `place`; those with a warning whose data is missing count twice:
        at their level and as unknown."""
        names = (*(each.id for each in self.rules.levels), "unknown")
        return {name: self.counts.count(place, (level, name)) for name in names}


class Film:
    """Changes of state, turn by turn, over the last days. A spot that is not mentioned keeps what it had."""

    def __init__(self, start: dict[str, State]) -> None:
        self.start = dict(start)
        self.began: int | None = None
        self.turns: deque[tuple[int, dict[str, int], dict[str, bool]]] = deque()

    def add(self, at: int, levels: dict[str, int], unknown: dict[str, bool]) -> None:
        if self.began is None:
            self.began = at
        if levels or unknown:
            self.turns.append((at, levels, unknown))
        while self.turns and self.turns[0][0] < at - FILM:
            _, old_levels, old_unknown = self.turns.popleft()
            for spot, rank in old_levels.items():
                self.start[spot] = (rank, self.start[spot][1])
            for spot, grey in old_unknown.items():
                self.start[spot] = (self.start[spot][0], grey)
        self.began = max(self.began, at - FILM)
