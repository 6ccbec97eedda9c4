"""The wall: where everything under a unit stands, what just happened, how the loop runs; whole or as a turn's changes."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bihuan.model.facts import (
    CaseImported,
    CaseReminded,
    CheckAsked,
    Commanded,
    Fact,
    LevelChanged,
    ReadingsReceived,
    TaskArrived,
    TaskClaimed,
    TaskReleased,
    TaskReminded,
    TaskReturned,
    TaskSent,
    TaskSigned,
    TaskVerified,
)
from bihuan.model.times import MINUTE
from bihuan.views.archive import Asked
from bihuan.views.known import Known
from bihuan.views.shapes import (
    Counters,
    DataAge,
    Event,
    FrameChange,
    Frames,
    MeasuredState,
    PlaceState,
    Response,
    ThingState,
    ThingView,
    Touched,
    Turn,
    Wall,
)
from bihuan.views.tree import Tally
from bihuan.views.work import Work

EVENTS = 60
QUIET_EVENTS = 20
"""Of the events of a wall, those of the steps of single tasks at the most: hundreds of villages must not hide a warning."""

STEP = 5 * MINUTE

UNTOLD = (ReadingsReceived, CaseImported, Commanded, CheckAsked, TaskSent, TaskReminded, CaseReminded)
"""Too many and too small for a wall; they are in the case and in the explanation."""

QUIET = (LevelChanged, TaskSigned, TaskArrived, TaskClaimed, TaskVerified, TaskReleased, TaskReturned)

HourSum = Callable[[str, str], float | None]
"""(indicator, place) -> sum of its readings over the last hour; None: not to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one call of `fold` changed."""

    seq: int
    places: frozenset[str]
    things: frozenset[str]
    cases: tuple[str, ...]
    units: tuple[str, ...]
    """Units whose desk changed."""
    news: tuple[Fact, ...]
    """What is worth an event, newest first."""
    readings: bool
    """Did readings come in, so that values moved too?"""


class News:
    """The last events: at most 300 loud ones and 200 quiet ones. Their sentences are made when asked for, once."""

    def __init__(self) -> None:
        self.loud: deque[Fact] = deque(maxlen=300)
        self.quiet: deque[Fact] = deque(maxlen=200)
        self._made: dict[str, Event] = {}

    def add(self, fact: Fact) -> bool:
        """Returns whether the fact is worth an event."""
        kind = type(fact.body)
        if kind in UNTOLD:
            return False
        ring = self.quiet if kind in QUIET else self.loud
        if len(ring) == ring.maxlen:
            self._made.pop(ring[0].id, None)
        ring.append(fact)
        return True

    def event(self, known: Known, fact: Fact) -> Event:
        event = self._made.get(fact.id)
        if event is None:
            event = known.event(fact)
            if len(self._made) < 1_000:
                self._made[fact.id] = event
        return event

    def newest(self, known: Known, place: str) -> tuple[Event, ...]:
        """Newest first, of what happened at or under `place`."""
        loud = (fact for fact in reversed(self.loud) if _concerns(known, fact, place))
        quiet = (fact for fact in reversed(self.quiet) if _concerns(known, fact, place))
        return tuple(self.event(known, fact) for fact in choose(loud, quiet))


def choose(loud: Iterable[Fact], quiet: Iterable[Fact]) -> list[Fact]:
    """At most EVENTS of both, newest first; quiet ones fill what the loud ones leave, and have QUIET_EVENTS for sure."""
    some_quiet = list(islice(quiet, EVENTS))
    some_loud = list(islice(loud, EVENTS - min(len(some_quiet), QUIET_EVENTS)))
    both = some_loud + some_quiet[: EVENTS - len(some_loud)]
    return sorted(both, key=lambda fact: fact.seq, reverse=True)


def is_told(known: Known, fact: Fact, place: str) -> bool:
    """Is a fact worth an event on the wall of `place`?"""
    return not isinstance(fact.body, UNTOLD) and _concerns(known, fact, place)


def _concerns(known: Known, fact: Fact, place: str) -> bool:
    spot = known.spot_of(fact)
    return not spot or known.tree.within(spot, place)


class WallMaker:
    """Makes walls; keeps what never changes about places and things."""

    def __init__(self, known: Known, work: Work, warnings: Tally, news: News, hour_sum: HourSum | None) -> None:
        self.known = known
        self.work = work
        self.warnings = warnings
        self.news = news
        self._hour = hour_sum or self._from_a_rung
        rules = known.rules
        self._bottom = known.board.levels[-1]
        numbering = rules.numbering
        firsts = numbering.pairs(numbering.first_of_places())
        self._value_of = {spot: indicator for indicator, spot in firsts}
        self._hour_rung = {name: _hour_rung(known, name) for name in rules.indicators}
        self._under: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def _from_a_rung(self, indicator: str, place: str) -> float | None:
        rung = self._hour_rung.get(indicator)
        return None if rung is None else self.known.gauges.window(indicator, place, rung)

    def under(self, place: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Places of the board at and under `place`, and the things there."""
        found = self._under.get(place)
        if found is None:
            within = self.known.tree.within
            places = tuple(code for code in self.known.board.nodes if within(code, place))
            found = self._under[place] = places, tuple(code for code in self.known.rules.things if within(code, place))
        return found

    # whole

    def wall(self, place: str, now: int) -> Wall:
        places, things = self.under(place)
        return Wall(
            seq=self.known.archive.seq,
            now=now,
            places={code: self._place(code) for code in places},
            things=tuple(self._thing(code) for code in things),
            events=self.news.newest(self.known, place),
            **self._counters(place, now),
        )

    def turn(self, change: Change, place: str, now: int) -> Turn:
        within = self.known.tree.within
        things = set(change.things)
        if change.readings:  # the values of what is in warning are looked at now
            things.update(code for code in self.under(place)[1] if self.known.board.state(code)[0])
        return Turn(
            seq=change.seq,
            now=now,
            places={code: self._place(code) for code in sorted(change.places) if within(code, place)},
            things={code: self._thing_state(code) for code in sorted(things) if within(code, place)},
            events=tuple(self.news.event(self.known, fact) for fact in change.news if _concerns(self.known, fact, place)),
            touched=Touched(cases=change.cases, units=change.units),
            **self._counters(place, now),
        )

    # parts

    def _place(self, code: str) -> PlaceState | MeasuredState:
        board = self.known.board
        rank, unknown = board.state(code)
        level = self.known.rules.levels[rank].id
        if board.measured(code):
            return MeasuredState(level=level, unknown=unknown, rain_1h=self._hour(self._value_of[code], code))
        return PlaceState(level=level, unknown=unknown, towns=board.counts_under(code, self._bottom))

    def _value(self, code: str) -> float | None:
        indicator = self._value_of.get(code)
        newest = self.known.gauges.newest(indicator, code) if indicator else None
        return newest[0] if newest else None

    def _thing_state(self, code: str) -> ThingState:
        rank, unknown = self.known.board.state(code)
        return ThingState(level=self.known.rules.levels[rank].id, unknown=unknown, value=self._value(code))

    def _thing(self, code: str) -> ThingView:
        thing, state = self.known.rules.things[code], self._thing_state(code)
        return ThingView(
            code=code,
            kind=thing.kind,
            name=self.known.speech.place(code),
            lon=thing.lon,
            lat=thing.lat,
            level=state.level,
            unknown=state.unknown,
            value=state.value,
            indicator=self._value_of.get(code, ""),
        )

    def _counters(self, place: str, now: int) -> dict[str, Any]:
        """The fields of Counters, for a wall or a turn."""
        known, gauges = self.known, self.known.gauges
        mine = known.rules.places[place].level
        levels = known.board.levels
        below = levels[levels.index(mine) + 1 :] if mine in levels else ()
        newest = gauges.newest_at
        whole = Counters(
            counts={level: known.board.counts_under(place, level) for level in below},
            cases=self.work.case_counts(place),
            tasks=self.work.task_counts(place),
            warnings={level.id: count for level in known.rules.levels[1:] if (count := self.warnings.count(place, level.id))},
            duties=self.work.duties(place),
            loop=dict(known.archive.written),
            responses=tuple(self._responses(place)),
            data=DataAge(
                newest_at=newest,
                age_ms=None if newest is None else max(0, now - newest),
                readings=gauges.readings,
                series=gauges.series,
                silent=gauges.silent,
            ),
        )
        return {name: getattr(whole, name) for name in Counters.__struct_fields__}

    def _responses(self, place: str) -> Iterable[Response]:
        """In force or waiting for an answer, newest first."""
        archive = self.known.archive
        asked = [*archive.asking.values(), *archive.in_force.values()]
        for one in sorted(asked, key=lambda one: (-one.at, one.body.proposal)):
            if self.known.tree.within(one.body.place, place):
                yield self._response(one)

    def _response(self, asked: Asked) -> Response:
        body, speech = asked.body, self.known.speech
        return Response(
            place=body.place,
            words=speech.place(body.place),
            plan=speech.plan(body.plan),
            response=body.response,
            state=asked.state,
            at=asked.at,
        )

    # the film

    def frames(self, place: str, now: int) -> Frames:
        film, levels = self.known.board.film, self.known.rules.levels
        mine = {spot for part in self.under(place) for spot in part}
        changes = []
        for at, ranks, unknown in film.turns:
            seen = {spot: levels[rank].id for spot, rank in ranks.items() if spot in mine}
            grey = {spot: flag for spot, flag in unknown.items() if spot in mine}
            if seen or grey:
                changes.append(FrameChange(at=at, places=seen, unknown=grey))
        start = {spot: state for spot, state in film.start.items() if spot in mine}
        return Frames(
            from_=now if film.began is None else film.began,
            until=now,
            step=STEP,
            start={spot: levels[rank].id for spot, (rank, _) in start.items()},
            start_unknown={spot: True for spot, (_, grey) in start.items() if grey},
            changes=tuple(changes),
        )


def _hour_rung(known: Known, indicator: str) -> int | None:
    """The rung of an indicator's ladder that sums one hour, if there is one."""
    ladder = known.rules.ladders.get(known.rules.indicators[indicator].ladder)
    for number, rung in enumerate(ladder.rungs if ladder else ()):
        if rung.window is not None and rung.window.fold == "sum" and rung.window.over == 60 * MINUTE:
            return number
    return None
