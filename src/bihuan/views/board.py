"""The board: where every place and thing stands now, and how it stood over the last days."""

from collections import deque
from collections.abc import Iterable
from typing import Protocol

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

    def known(self, indicator: str, place: str) -> bool:
        """Is there fresh data?"""

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


class Own:
    """The series of one place or thing: their ranks, and which of them say nothing."""

    __slots__ = ("grey", "ranks")

    def __init__(self, indicators: Iterable[str]) -> None:
        self.ranks = dict.fromkeys(indicators, 0)
        self.grey = set(self.ranks)

    @property
    def state(self) -> State:
        return max(self.ranks.values()), bool(self.grey)


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
        return next((rank for rank in range(len(self.ranks) - 1, 0, -1) if self.ranks[rank]), 0)


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
        subjects: dict[str, list[str]] = {}
        for indicator, spot in rules.series():
            subjects.setdefault(spot, []).append(indicator.id)
        self.own = {spot: Own(indicators) for spot, indicators in subjects.items()}
        self.unheard = {(name, spot): None for spot, names in subjects.items() for name in names}
        self.levels = self._levels()
        self.nodes = {place.code: Node(len(rules.levels)) for place in rules.places.values() if place.level in self.levels}
        self._feeds = {spot: self._fed_by(spot) for spot in self.own}
        for spot, own in self.own.items():
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
        for spot in self.own:
            place = self.rules.places.get(spot)
            deepest = max(deepest, named.index(place.level) if place else 0)
        return tuple(named[: max(deepest + 1, min(2, len(named)))])

    def _fed_by(self, spot: str) -> tuple[str, ...]:
        """The places above that a place or thing counts at."""
        path = [place for place in self.tree.path(spot) if place in self.nodes]
        measured = bool(path) and path[0] in self.own
        return tuple(path[1:] if measured else path)

    # folding

    def fold(self, fact: Fact) -> None:
        body = fact.body
        if not isinstance(body, LevelChanged | SeriesSilent | SeriesReturned):
            return
        own, name = self.own.get(body.place), body.indicator
        if own is None or name not in own.ranks:
            return  # a series of an older pack
        before = own.state
        if isinstance(body, LevelChanged):
            own.ranks[name] = self.rules.rank(body.level)
        if isinstance(body, SeriesSilent):
            own.grey.add(name)
        elif isinstance(body, SeriesReturned) or (name, body.place) in self.unheard:
            own.grey.discard(name)
        self.unheard.pop((name, body.place), None)
        self._moved(body.place, before, own.state)

    def hear(self) -> None:
        """Readings came in: series never heard before may be known now. No fact says so, the gauges do."""
        for name, spot in [key for key in self.unheard if self._gauges.known(*key)]:
            del self.unheard[name, spot]
            own = self.own[spot]
            before = own.state
            own.grey.discard(name)
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
        own, node = self.own.get(spot), self.nodes.get(spot)
        if own is None:
            return (node.worst, node.total == node.grey) if node else (0, True)
        rank, grey = own.state
        return max(rank, node.worst if node else 0), grey

    def level(self, spot: str) -> str:
        return self.rules.levels[self.state(spot)[0]].id

    def unknown(self, spot: str) -> bool:
        return self.state(spot)[1]

    def series_unknown(self, indicator: str, spot: str) -> bool:
        own = self.own.get(spot)
        return own is None or indicator in own.grey

    def series_level(self, indicator: str, spot: str) -> str:
        own = self.own.get(spot)
        return self.rules.levels[own.ranks.get(indicator, 0) if own else 0].id

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
