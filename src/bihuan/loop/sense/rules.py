"""Sense decides: which series stand at another level now, and which have fallen silent."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from bihuan.engine.engine import Event, Kind
from bihuan.loop.page import Page
from bihuan.loop.sense.state import State
from bihuan.loop.sense.words import no_rule
from bihuan.model.facts import (
    AnyBody,
    Fact,
    LateReading,
    LevelChanged,
    PacksLoaded,
    ReadingsReceived,
    SeriesReturned,
    SeriesSilent,
)
from bihuan.model.readings import Batch


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    for at, events in state.columns.pass_time(page.now):
        for event in events:
            _say(state, page, event, at)
    for entry, batch in page.take_batches():
        _receive(state, page, entry, batch)
    for fact in news:
        if type(fact.body) is PacksLoaded:
            _compare_with_new_rules(state, page, fact.id)


def _receive(state: State, page: Page, entry: int, batch: Batch) -> None:
    applied = state.take(batch, page.now, page.next_seq)
    page.write(
        ReadingsReceived(
            entry=entry,
            digest=batch.digest,
            rows=len(batch),
            applied=applied.applied,
            late=applied.late,
            duplicate=applied.duplicate,
            set_aside=applied.set_aside,
            source=batch.source,
        )
    )
    for event in applied.events:
        _say(state, page, event, event.reading_at)


def _say(state: State, page: Page, event: Event, at: int, because: Sequence[str] = ()) -> None:
    """Write the fact for one event of the engine, unless the facts say so already (after a restart under new rules)."""
    indicator, place = state.columns.numbering.pair(event.series)
    body = _body(state, event, indicator, place)
    state.note(event)
    if body is not None:
        receipts = [page.id_of(seq) for seq in state.receipts(event.series)]
        page.write(body, because=[*because, *receipts], subject=f"{indicator}@{place}", at=min(at, page.now))


def _body(state: State, event: Event, indicator: str, place: str) -> AnyBody | None:
    rules = state.rules
    level = rules.levels[event.after].id
    match event.kind:
        case Kind.LEVEL:
            return _level(state, event, indicator, place) if state.said[event.series] != event.after else None
        case Kind.SILENT if not state.silent[event.series]:
            heard = event.reading_at if event.reading_at >= 0 else None
            stale_after = int(rules.indicators[indicator].stale_after)
            return SeriesSilent(indicator=indicator, place=place, level=level, last_reading_at=heard, stale_after=stale_after)
        case Kind.RETURNED if state.silent[event.series]:
            # A reading from before the silence was said may end it, when it was long under way: never less than nothing.
            silent_for = max(0, event.reading_at - state.silent_since[event.series])
            return SeriesReturned(indicator=indicator, place=place, level=level, silent_for=silent_for)
        case Kind.LATE:
            value = float(event.value)
            return LateReading(indicator=indicator, place=place, value=value, level=level, reading_at=event.reading_at)
        case _:
            return None


def _level(state: State, event: Event, indicator: str, place: str) -> LevelChanged:
    rules = state.rules
    before = int(state.said[event.series])
    ladder = rules.ladders.get(rules.indicators[indicator].ladder)
    if ladder is None:
        rule = no_rule(rules.levels[event.after].id)
    else:
        rung = event.rung if event.rung >= 0 else state.rung_of(event.series, before)
        rule = state.in_words(ladder, rung, place, clearing=event.after < before)
    # Only under new rules may the window of a standing level be unknown: then the newest reading speaks.
    value = next((v for v in (event.value, float(state.columns.engine.value[event.series])) if isfinite(v)), 0.0)
    return LevelChanged(
        indicator=indicator,
        place=place,
        level=rules.levels[event.after].id,
        before=rules.levels[before].id,
        value=float(value),
        reading_at=event.reading_at,
        since=event.since,
        rule=rule,
        formula=state.columns.derived.formula_of(event.series),
        inputs=state.columns.derived.inputs_of(event.series, event.row),
    )


def _compare_with_new_rules(state: State, page: Page, loaded: str) -> None:
    """Rules changed while we were away: say every level and every silence that is another one under the new rules."""
    engine = state.columns.engine
    for series in np.flatnonzero(engine.level != state.said).tolist():
        _say(state, page, engine.standing(series), page.now, [loaded])
    for series in np.flatnonzero(state.quiet != state.silent).tolist():
        kind = Kind.SILENT if state.quiet[series] else Kind.RETURNED
        _say(state, page, replace(engine.standing(series), kind=kind), page.now, [loaded])
