"""Sense decides: which series stand at another level now, and which have fallen silent."""

from collections.abc import Sequence

import numpy as np

from bihuan.engine.engine import Event, Kind
from bihuan.loop.page import Page
from bihuan.loop.sense.state import State
from bihuan.loop.sense.words import override_at, rule_of
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
    if any(isinstance(fact.body, PacksLoaded) for fact in news):
        _compare_with_new_rules(state, page)


def _receive(state: State, page: Page, entry: int, batch: Batch) -> None:
    series, applied = state.columns.take(batch, page.now)
    receipt = page.write(
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
    for number in np.unique(series).tolist():
        state.receipt[number] = receipt.id
    for event in applied.events:
        _say(state, page, event, event.reading_at)


def _say(state: State, page: Page, event: Event, at: int) -> None:
    """Write the fact for one event of the engine, unless the facts say so already (after a restart under new rules)."""
    indicator, place = state.columns.series[event.series]
    body = _body(state, event, indicator, place)
    if body is not None:
        because = [receipt] if (receipt := state.receipt.get(event.series, state.newest_receipt)) else []
        page.write(body, because=because, subject=f"{indicator}@{place}", at=min(at, page.now))


def _body(state: State, event: Event, indicator: str, place: str) -> AnyBody | None:
    rules = state.rules
    level = rules.levels[event.after].id
    if event.kind is Kind.LEVEL:
        if state.said[event.series] == event.after:
            return None
        ladder = rules.ladders[rules.indicators[indicator].ladder]
        before = int(state.said[event.series])
        rung = ladder.rungs[event.rung if event.rung >= 0 else state.rung_of(event.series, before)]
        return LevelChanged(
            indicator=indicator,
            place=place,
            level=level,
            before=rules.levels[before].id,
            value=float(event.value),
            reading_at=event.reading_at,
            since=event.since,
            rule=rule_of(ladder, rung, override_at(rules, ladder, rung, place), clearing=event.after < before),
        )
    if event.kind is Kind.SILENT:
        heard = event.reading_at if event.reading_at >= 0 else None
        stale_after = int(rules.indicators[indicator].stale_after)
        return SeriesSilent(indicator=indicator, place=place, level=level, last_reading_at=heard, stale_after=stale_after)
    if event.kind is Kind.RETURNED:
        silent_for = event.reading_at - state.silent_since.get(event.series, event.reading_at)
        return SeriesReturned(indicator=indicator, place=place, level=level, silent_for=silent_for)
    return LateReading(indicator=indicator, place=place, value=float(event.value), level=level, reading_at=event.reading_at)


def _compare_with_new_rules(state: State, page: Page) -> None:
    """Rules changed while we were away: say every level that is another one under the new rules."""
    engine = state.columns.engine
    for series in np.flatnonzero(engine.level != state.said).tolist():
        _say(state, page, engine.standing(series), page.now)
