"""Evaluate decides: when a period has ended, every unit's score by the declared formula, its colour and its rank."""

from collections.abc import Sequence

from bihuan.loop.casebook import Case, Task
from bihuan.loop.evaluate.state import State
from bihuan.loop.evaluate.words import MEASURES, Work
from bihuan.loop.page import Page
from bihuan.model.facts import Fact, ItemScore, ScorePublished, UnitScore
from bihuan.pack.schema import Item, Scorecard


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    for card in state.rules.scorecards.values():
        while (since := state.until.get(card.id)) is not None and page.now >= since + card.every:
            _publish(state, page, card, since, since + card.every)


def _publish(state: State, page: Page, card: Scorecard, since: int, until: int) -> None:
    tasks, cases = _by_unit(state, card)
    rows = [
        score(card, unit, Work(tasks=tasks.get(unit, ()), cases=cases.get(unit, ()), since=since, until=until))
        for unit in _units(state, card)
    ]
    closes = [fact for at, fact in state.closes if since < at <= until]
    page.write(
        ScorePublished(
            scorecard=card.id,
            version=card.version,
            since=since,
            until=until,
            rows=ranked(rows),
            through=state.last_fact,
        ),
        because=closes,
        subject=card.id,
        at=until,
    )


def _units(state: State, card: Scorecard) -> list[str]:
    return [place.code for place in state.rules.places.values() if place.level == card.units]


def _by_unit(state: State, card: Scorecard) -> tuple[dict[str, list[Task]], dict[str, list[Case]]]:
    """Tasks by the unit above the one that does them, cases by the unit above their place; of the card's case types."""
    tasks: dict[str, list[Task]] = {}
    cases: dict[str, list[Case]] = {}
    rules = state.rules
    for case in state.book.cases.values():
        if case.type not in card.case_types or not (case.place in rules.places or case.place in rules.things):
            continue  # a place that new packs no longer know belongs to no unit
        cases.setdefault(rules.above(case.place, card.units), []).append(case)
        for task in case.tasks.values():
            if (unit := rules.units.get(task.unit)) is not None:
                tasks.setdefault(rules.above(unit.place, card.units), []).append(task)
    return tasks, cases


def score(card: Scorecard, unit: str, work: Work) -> UnitScore:
    """One row: items without data (0/0) carry no weight; a row without any data has no score, no colour and no rank."""
    items = [_item(item, work) for item in card.items]
    weights = {item.id: item.weight for item in card.items}
    counted = [item for item in items if item.points is not None]
    weight = sum(weights[item.item] for item in counted)
    total = round(sum((item.points or 0.0) * weights[item.item] for item in counted) / weight, 2) if weight else None
    return UnitScore(
        unit=unit,
        items=tuple(items),
        score=total,
        level="unknown" if total is None else _colour(card, total),
        rank=None,
        cases=tuple(case.id for case in work.cases if work.within(case.opened_at) or work.within(case.closed_at)),
    )


def _item(item: Item, work: Work) -> ItemScore:
    numerator, denominator, excluded = MEASURES[item.measure](work)
    value = numerator / denominator if denominator else None
    return ItemScore(
        item=item.id,
        numerator=float(numerator),
        denominator=float(denominator),
        value=None if value is None else round(value, 4),
        points=None if value is None else round(points(item, value), 2),
        excluded=excluded,
    )


def points(item: Item, value: float) -> float:
    """0-100 for a value: by the item's bands, else the value itself as a share (turned round where lower is better)."""
    higher = item.direction == "higher-is-better"
    if not item.bands:
        return 100 * value if higher else 100 * (1 - value)
    reached = [band for band in item.bands if (value >= band.value if higher else value <= band.value)]
    return max((band.points for band in reached), default=0.0)


def _colour(card: Scorecard, total: float) -> str:
    return next((colour.level for colour in card.colours if total >= colour.least), card.colours[-1].level)


def ranked(rows: Sequence[UnitScore]) -> tuple[UnitScore, ...]:
    """Best first; equal scores share a rank and the next is skipped; rows without data come last and have none."""
    order = sorted(rows, key=lambda row: (row.score is None, -(row.score or 0.0), row.unit))
    better = [row.score for row in order if row.score is not None]
    return tuple(
        UnitScore(
            unit=row.unit,
            items=row.items,
            score=row.score,
            level=row.level,
            rank=None if row.score is None else better.index(row.score) + 1,
            cases=row.cases,
        )
        for row in order
    )
