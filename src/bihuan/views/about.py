"""What a screen needs once: the centre, levels, words, units; and what stands behind one series."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bihuan.loop.sense.words import override_at, overrides_of, rung_text
from bihuan.model.facts import LevelChanged
from bihuan.pack.rules import Rules, Unit
from bihuan.pack.schema import Indicator, Source, Words
from bihuan.views.known import Known, NotFound
from bihuan.views.shapes import (
    AllWords,
    CentreView,
    Hello,
    LevelAt,
    LevelView,
    Named,
    RungView,
    SeriesMeta,
    SourceView,
    UnitView,
)


def hello(known: Known, now: int, demo: Any) -> Hello:
    rules = known.rules
    root = root_of(rules)
    return Hello(
        centre=CentreView(id=rules.origin, name=known.speech.place(root), root=root),
        zone_minutes=_zone_minutes(rules, now),
        now=now,
        seq=known.archive.seq,
        levels=tuple(LevelView(id=one.id, words=one.words, colour=one.colour, digit=one.digit) for one in rules.levels),
        place_levels=tuple(Named(id=one.id, words=one.words) for one in rules.place_levels),
        sources=tuple(_source(known, indicator) for indicator in rules.indicators.values()),
        thing_kinds=tuple(Named(id=kind.id, words=kind.words) for kind in rules.thing_kinds.values()),
        words=_words(rules),
        demo=demo,
        reportable=_reportable(rules),
    )


def root_of(rules: Rules) -> str:
    """The place at the top of the tree."""
    return next(place.code for place in rules.places.values() if not (place.duty_parent or place.parent))


def _zone_minutes(rules: Rules, now: int) -> int:
    """Minutes east of UTC at `now`."""
    moment = datetime.fromtimestamp(now / 1_000, UTC).astimezone(rules.zone)
    return (moment.utcoffset() or timedelta(0)) // timedelta(minutes=1)


def _source(known: Known, indicator: Indicator) -> SourceView:
    return SourceView(
        indicator=indicator.id,
        words=indicator.words,
        unit=indicator.unit,
        origin=indicator.origin,
        note=indicator.origin_note or Words(zh="", en=""),
        datum=known.speech.datum(indicator.id),
    )


def _words(rules: Rules) -> AllWords:
    plans = rules.plans.values()
    return AllWords(
        case={kind.id: kind.words for kind in rules.cases.values()},
        plan={plan.id: plan.words for plan in plans},
        step={f"{plan.id}/{step.id}": step.words for plan in plans for step in plan.steps},
        group={group.id: group.words for group in rules.groups.values()},
        scorecard={card.id: card.words for card in rules.scorecards.values()},
        item={item.id: item.words for card in rules.scorecards.values() for item in card.items},
        sentence=rules.sentences,
        role={department.role: department.words for department in rules.departments.values()},
    )


# --- units ----------------------------------------------------------------------------------------------------


def units_by_parent(rules: Rules) -> dict[str, tuple[UnitView, ...]]:
    """Unit -> the units directly under it; the empty id -> the root's."""
    out: dict[str, list[UnitView]] = {}
    for unit in rules.units.values():
        out.setdefault(unit.parent, []).append(_unit(unit))
    return {parent: tuple(units) for parent, units in out.items()}


def _unit(unit: Unit) -> UnitView:
    return UnitView(id=unit.id, words=unit.words, level=unit.level, parent=unit.parent, place=unit.place, role=unit.role)


# --- series ---------------------------------------------------------------------------------------------------


def series_meta(known: Known, indicator: str, place: str) -> SeriesMeta:
    """The ladder, level, source and past changes of one series. Raises NotFound where no pack declares it."""
    declared = known.rules.indicators.get(indicator)
    if declared is None or not known.board.has_series(indicator, place):
        raise NotFound(
            f"there is no series '{indicator}@{place}'",
            where=f"{indicator}@{place}",
            remedy=f"Known indicators: {', '.join(known.rules.indicators)}; the place must be one of the indicator's.",
        )
    changes = (fact for fact in known.archive.about(f"{indicator}@{place}") if isinstance(fact.body, LevelChanged))
    ladder = known.rules.ladders.get(declared.ladder)
    return SeriesMeta(
        indicator=Named(id=indicator, words=declared.words),
        unit=declared.unit,
        level=known.board.series_level(indicator, place),
        unknown=known.board.series_unknown(indicator, place),
        rungs=tuple(_rungs(known.rules, declared, place)),
        changes=tuple(LevelAt(at=fact.at, level=fact.body.level) for fact in changes if isinstance(fact.body, LevelChanged)),
        origin=declared.origin,
        source=source_line(ladder.source) if ladder else "",
        datum=known.speech.datum(indicator),
        formula=declared.formula.expression if declared.formula else "",
    )


def _rungs(rules: Rules, indicator: Indicator, place: str) -> Iterator[RungView]:
    """The rungs as they hold at this place, local thresholds in."""
    ladder = rules.ladders.get(indicator.ladder)
    for rung in ladder.rungs if ladder else ():
        override = override_at(rules, overrides_of(ladder, rung.level), place) if ladder else None
        value = override.value if override else rung.raise_.value
        yield RungView(level=rung.level, text=rung_text(rung, value, clearing=False), value=value)


def source_line(source: Source) -> str:
    return ", ".join(part for part in (source.issuer, source.document, source.version) if part)


def _reportable(rules: Rules) -> tuple[str, ...]:
    """Case types that somebody registers, or for which a plan starts when one is reported."""
    answered = {plan.case for plan in rules.plans.values() if plan.trigger.report is not None}
    return tuple(id for id, case in rules.cases.items() if case.receive is not None or id in answered)
