"""From what stands in a file to what a case says here, under a map. Bad ones say why; the others are not touched by them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from bihuan.connectors.case_logs.map import cells, columns_of, event_columns
from bihuan.connectors.case_logs.record import Record, Texts
from bihuan.connectors.case_logs.schema import Field, Map
from bihuan.model.facts import CaseImported, ForeignChild, ForeignStep
from bihuan.model.times import instant, iso

MOST_TEXT = 200
"""Letters of an id, a type, a place or a unit. Longer is free text, which may tell of persons, and is not taken."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = instant("1900-01-01", UTC)
_LATEST = instant("2200-01-01", UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCase:
    """What was not taken: by row, what is wrong, and what to do."""

    row: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of one record. No case and nothing refused: the map passes over it."""

    case: CaseImported | None = None
    refused: tuple[RefusedCase, ...] = ()


class Reader:
    """Reads records under a map. `now` is the latest that anything can have happened."""

    def __init__(self, found: Map, now: int) -> None:
        self._map, self._now = found, now
        self._at = _times(found)
        self._fields, self._of_events, self._of_children = cells(found.case), cells(found.events), cells(found.children)
        self._unseen = set(columns_of(found)) if found.format != "csv" else set()
        self._unseen_in_events = set(event_columns(found))

    @property
    def unseen(self) -> list[str]:
        """Columns of the map that no record had."""
        return sorted(self._unseen | self._unseen_in_events)

    def take(self, record: Record) -> Taken:
        if record.trouble:
            return Taken(refused=(RefusedCase(row=record.row, what=record.trouble, remedy=record.remedy),))
        if self._unseen:
            self._unseen.difference_update(record.case)
        if any(record.case.get(one.source, "") not in one.values for one in self._map.only):
            return Taken()
        refused: list[RefusedCase] = []
        events = self._events(record, refused)
        try:
            return Taken(case=self._case(record.case, events), refused=tuple(refused))
        except _Bad as bad:
            return Taken(refused=(*refused, RefusedCase(row=record.row, what=bad.what, remedy=bad.remedy)))

    def _case(self, texts: Texts, events: list["_Event"]) -> CaseImported:
        get = _Getter(self._fields, texts, self._at)
        opened = get.time("opened") if "opened" in self._fields else self._milestone(events, "opened", min)
        closed = get.time("closed") if "closed" in self._fields else self._milestone(events, "closed", max)
        state = get.text("state") if "state" in self._fields else "open" if closed is None else "closed"
        updated = get.time("updated")
        self._check(opened, closed if state == "closed" else None, updated, state)
        assert opened is not None
        return CaseImported(
            log=self._map.log,
            foreign=get.needed("id"),
            case_type=get.needed("type"),
            state=state,
            opened_at=opened,
            closed_at=closed if state == "closed" else None,
            due=get.time("due"),
            updated_at=updated,
            place=get.text("place"),
            unit=get.text("unit"),
            lon=get.degrees("lon", 180),
            lat=get.degrees("lat", 90),
            duplicate=get.text("duplicate") == "yes" or bool(get.text("duplicate_of")),
            duplicate_of=get.text("duplicate_of"),
            parent=get.text("parent"),
            children=self._children(events),
            steps=tuple(event.step for event in events),
        )

    def _check(self, opened: int | None, closed: int | None, updated: int | None, state: str) -> None:
        if opened is None:
            _bad("the case does not say when it was opened.", "Fill in the time, or leave the row out.")
        if state not in ("open", "closed"):
            _bad("the case has no state.", "Fill in the state, or add `otherwise: open` to it in the map.")
        if (last := max(opened, closed or opened, updated or opened)) > self._now:
            _bad(f"{iso(last)} is in the future.", "Check `times` and `zone` in the map.")

    def _milestone(self, events: list["_Event"], name: str, choose: Callable[[list[int]], int]) -> int | None:
        found = [event.step.at for event in events if self._map.milestones.get(event.step.activity) == name]
        return choose(found) if found else None

    def _events(self, record: Record, refused: list[RefusedCase]) -> list["_Event"]:
        out: list[_Event] = []
        for number, texts in enumerate(record.events if self._of_events else (), start=1):
            if self._unseen_in_events:
                self._unseen_in_events.difference_update(texts)
            try:
                out.append(self._event(texts))
            except _Bad as bad:
                refused.append(RefusedCase(row=record.row, what=f"event {number} of the case: {bad.what}", remedy=bad.remedy))
        return out

    def _event(self, texts: Texts) -> "_Event":
        get = _Getter(self._of_events, texts, self._at)
        at = get.time("at")
        if at is None:
            _bad("it does not say when it was.", "Fill in the time, or leave the event out.")
        step = ForeignStep(activity=get.needed("activity"), at=at, unit=get.text("unit"), due=get.time("due"))
        return _Event(step=step, texts=texts)

    def _children(self, events: list["_Event"]) -> tuple[ForeignChild, ...]:
        told = self._map.children
        if told is None:
            return ()
        found: dict[str, ForeignChild] = {}
        for event in events:
            begun, ended = event.step.activity == told.begun_by, event.step.activity == told.ended_by
            if not (begun or ended):
                continue
            get = _Getter(self._of_children, event.texts, self._at)
            child = get.needed("id")
            known = found.get(child) or ForeignChild(foreign=child, case_type=get.text("type"), unit=get.text("unit"))
            found[child] = ForeignChild(
                foreign=child,
                case_type=known.case_type,
                unit=known.unit,
                opened_at=event.step.at if begun and known.opened_at is None else known.opened_at,
                closed_at=event.step.at if ended else known.closed_at,
            )
        return tuple(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    step: ForeignStep
    texts: Texts


class _Bad(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


def _bad(what: str, remedy: str) -> NoReturn:
    raise _Bad(what, remedy)


class _Getter:
    """The values of one row, by what the map calls them."""

    def __init__(self, fields: dict[str, Field], texts: Texts, at: Callable[[str], int]) -> None:
        self._fields, self._texts, self._at = fields, texts, at

    def text(self, name: str) -> str:
        """Empty where the map does not speak of it, or the row has nothing there."""
        wanted = self._fields.get(name)
        if wanted is None:
            return ""
        if wanted.constant:
            return wanted.constant
        found = self._texts.get(wanted.source, "").strip()
        if wanted.values or wanted.otherwise:
            found = wanted.values.get(found) or wanted.otherwise or _unknown(wanted, found)
        if len(found) > MOST_TEXT:
            _bad(f"'{wanted.source}' has more than {MOST_TEXT} letters.", "Name a column of ids or names, not of free text.")
        return found

    def needed(self, name: str) -> str:
        return self.text(name) or _bad(f"the {name} is empty.", "Fill it in, or leave it out.")

    def time(self, name: str) -> int | None:
        found = self.text(name)
        if not found:
            return None
        try:
            at = self._at(found)
        except (ValueError, OverflowError):
            _bad(f"'{found[:60]}' is no time as the map says.", "Check `times` in the map, or mend the row.")
        if not _EARLIEST <= at < _LATEST:
            _bad(f"'{found[:60]}' is not between 1900 and 2200.", "Mend the row, or leave the time out.")
        return at

    def degrees(self, name: str, most: float) -> float | None:
        found = self.text(name)
        if not found:
            return None
        try:
            number = float(found)
        except ValueError:
            number = math.nan
        if not abs(number) <= most:
            _bad(f"{name} '{found[:60]}' is no number of degrees up to {most:g}.", "Mend the row, or leave it out.")
        return number


def _unknown(wanted: Field, found: str) -> NoReturn:
    _bad(f"the map does not say what '{found[:60]}' in '{wanted.source}' means.", "Add it to `values`, or add `otherwise`.")


def _times(found: Map) -> Callable[[str], int]:
    zone, pattern = ZoneInfo(found.zone), found.times
    if pattern == "iso":
        return lambda text: instant(text, zone)
    if pattern.startswith("epoch"):
        scale = 1_000 if pattern == "epoch-s" else 1
        return lambda text: math.floor(float(text) * scale)

    def parsed(text: str) -> int:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - a zone is given to it on the next line
        return ((moment if moment.tzinfo else moment.replace(tzinfo=zone)) - _EPOCH) // timedelta(milliseconds=1)

    return parsed
