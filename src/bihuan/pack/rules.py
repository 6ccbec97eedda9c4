"""Rules: all packs of a centre, checked and joined, ready to be asked. Built by `load`, read by every stage."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from bihuan.model.facts import PackVersion
from bihuan.model.positions import Position
from bihuan.pack.polygons import Area
from bihuan.pack.schema import (
    Calendar,
    CaseType,
    Department,
    FiveColours,
    Group,
    Indicator,
    Ladder,
    Level,
    Life,
    Place,
    PlaceLevel,
    Plan,
    Plate,
    Route,
    Scorecard,
    SubTrack,
    Thing,
    ThingKind,
    To,
    Track,
    Words,
)
from bihuan.pack.working import WorkingTime

if TYPE_CHECKING:  # columns of numbers, which who only reads packs need not load
    from bihuan.engine.areas import AreaIndex
    from bihuan.model.numbering import Numbering


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts. A place's own unit has the place's code; a department is `place.role`."""

    id: str
    words: Words
    place: str
    level: str
    role: str = ""
    parent: str = ""
    """The unit above, on the tree of duties: where escalations go."""
    checker: bool = False


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Everything declared, by id. Dicts keep the order of declaration, so every walk over them is deterministic."""

    packs: tuple[PackVersion, ...]
    digest: str
    origin: str
    """Short name of the centre: prefix of every id minted here."""
    zone: tzinfo
    levels: tuple[Level, ...]
    place_levels: tuple[PlaceLevel, ...]
    calendars: dict[str, Calendar]
    departments: dict[str, Department]
    places: dict[str, Place]
    things: dict[str, Thing]
    thing_kinds: dict[str, ThingKind]
    units: dict[str, Unit]
    plates: dict[str, Plate]
    tracks: dict[str, Track]
    sub_tracks: dict[str, SubTrack]
    indicators: dict[str, Indicator]
    ladders: dict[str, Ladder]
    """As in force on the day the rules were loaded for."""
    groups: dict[str, Group]
    plans: dict[str, Plan]
    cases: dict[str, CaseType]
    lives: dict[str, Life]
    areas: dict[str, tuple[Area, ...]]
    """Polygons by the file of areas they stand in."""
    routes: dict[str, Route]
    scorecards: dict[str, Scorecard]
    five_colours: dict[str, FiveColours]
    sentences: dict[str, Words]

    # levels of a ladder

    def rank(self, level: str) -> int:
        """0 for calm, rising to the worst."""
        return self._ranks[level]

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {level.id: rank for rank, level in enumerate(self.levels)}

    @property
    def calm(self) -> str:
        return self.levels[0].id

    # time that counts

    @cached_property
    def working(self) -> WorkingTime:
        """The working time of the centre: its first calendar's."""
        return WorkingTime(next(iter(self.calendars.values())), self.zone)

    def life_of(self, case: CaseType) -> Life:
        return self.lives[case.life] if case.life else next(iter(self.lives.values()))

    # the two trees

    def place_of(self, spot: str) -> Place:
        """The place of a place or thing code."""
        thing = self.things.get(spot)
        return self.places[thing.place if thing else spot]

    def above(self, spot: str, level: str) -> str:
        """Code of the place on duty at `level` above a place or thing (itself included); empty where there is none.

        Climbs the tree of duties: a town of a special zone belongs to the zone, not to its division's district.
        """
        place: Place | None = self.place_of(spot)
        while place is not None:
            if place.level == level:
                return place.code
            place = self.places.get(place.duty_parent or place.parent)
        return ""

    def below(self, place: str, level: str) -> tuple[str, ...]:
        """Codes of all places of `level` under `place` on the tree of duties, in order of declaration."""
        if self.places[place].level == level:
            return (place,)
        out: list[str] = []
        for child in self.duty_children.get(place, ()):
            out.extend(self.below(child, level))
        return tuple(out)

    def reached(self, to: To, spot: str) -> tuple[str, ...]:
        """Units that something for `spot` is sent to if all of it is affected: a department across, or units down the tree."""
        if to.role:
            unit = f"{self.above(spot, to.at)}.{to.role}"
            return (unit,) if unit in self.units else ()
        if unit := self.above(spot, to.down):
            return (unit,)
        return self.below(self.place_of(spot).code, to.down)

    @cached_property
    def duty_children(self) -> dict[str, tuple[str, ...]]:
        out: dict[str, list[str]] = {}
        for place in self.places.values():
            out.setdefault(place.duty_parent or place.parent, []).append(place.code)
        return {parent: tuple(children) for parent, children in out.items() if parent}

    # where things are

    def position(self, spot: str) -> Position | None:
        """Of a thing, else of a place; None where the packs do not know it (0, 0)."""
        known = self.things.get(spot) or self.places[spot]
        return (known.lon, known.lat) if known.lon or known.lat else None

    def in_area(self, area: str, at: Position) -> bool:
        """Whether a position lies in `file/name`."""
        file, _, name = area.partition("/")
        return any(self.areas[file][number].name == name for number in self._area_index(file).all_at(*at))

    def _area_index(self, file: str) -> "AreaIndex":
        from bihuan.engine.areas import AreaIndex

        if file not in self._area_indexes:
            self._area_indexes[file] = AreaIndex([area.rings for area in self.areas[file]])
        return self._area_indexes[file]

    @cached_property
    def _area_indexes(self) -> "dict[str, AreaIndex]":
        """Made when they are first asked."""
        return {}

    # series

    def subjects(self, indicator: Indicator) -> tuple[str, ...]:
        """Codes of the places or things an indicator is about, in order of declaration: its series.

        Indicators about the same ones get one and the same tuple.
        """
        subject = indicator.subject
        key = (subject.things, subject.places, subject.zones, subject.only)
        found = self._subjects.get(key)
        if found is None:
            found = self._by_kind.get(subject.things, ())
            for level in subject.levels:
                found += self._by_place_level.get((level, subject.zones), ())
            if subject.only:
                only = frozenset(subject.only)
                found = tuple(code for code in found if code in only)
            self._subjects[key] = found
        return found

    @cached_property
    def _subjects(self) -> dict[tuple[object, ...], tuple[str, ...]]:
        return {}

    @cached_property
    def numbering(self) -> "Numbering":
        """Every series by its dense id."""
        from bihuan.model.numbering import Numbering

        return Numbering((indicator.id, self.subjects(indicator)) for indicator in self.indicators.values())

    @cached_property
    def _by_place_level(self) -> dict[tuple[str, bool], tuple[str, ...]]:
        """Codes by level, without special zones and with them."""
        out: dict[tuple[str, bool], list[str]] = {}
        for place in self.places.values():
            for zones in (False, True):
                if zones or not place.unit_only:
                    out.setdefault((place.level, zones), []).append(place.code)
        return {key: tuple(codes) for key, codes in out.items()}

    @cached_property
    def _by_kind(self) -> dict[str, tuple[str, ...]]:
        out: dict[str, list[str]] = {}
        for thing in self.things.values():
            out.setdefault(thing.kind, []).append(thing.code)
        return {kind: tuple(codes) for kind, codes in out.items()}

    def series(self) -> Iterator[tuple[Indicator, str]]:
        """Every (indicator, place-or-thing) in the order of dense series ids."""
        for indicator in self.indicators.values():
            for spot in self.subjects(indicator):
                yield indicator, spot

    # what indicators are filed under

    def track_of(self, indicator: Indicator) -> Track | None:
        sub_track = self.sub_tracks.get(indicator.sub_track)
        return self.tracks.get(sub_track.track if sub_track else indicator.track)

    def plate_of(self, indicator: Indicator) -> Plate | None:
        track = self.track_of(indicator)
        return self.plates.get(track.plate if track else indicator.plate)

    def group_of(self, indicator: str) -> Group | None:
        return self._group_of.get(indicator)

    @cached_property
    def _group_of(self) -> dict[str, Group]:
        return {name: group for group in self.groups.values() for name in group.indicators}

    def name(self, spot: str) -> Words:
        """What a place, thing or unit is called, in both languages."""
        if spot in self.units:
            return self.units[spot].words
        known = self.places.get(spot) or self.things.get(spot)
        return Words(zh=known.name, en=known.name_en or known.name) if known else Words(zh=spot, en=spot)
