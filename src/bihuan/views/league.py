"""The league of a scorecard: rows as published, beside the last period and the same one a year before, and its appeals."""

from collections.abc import Iterator

from bihuan.loop.clocks import due_of
from bihuan.loop.evaluate.scoring import ROUNDING
from bihuan.model.facts import AppealDecided, Fact, ItemScore, LeftOut, ScoreAppealed, ScorePublished, UnitScore
from bihuan.model.periods import last_at, moment_of, year_before_at
from bihuan.pack.measures import MEASURES
from bihuan.pack.schema import Scorecard, Words
from bihuan.views.known import Known, NotFound, flag_names
from bihuan.views.league_shapes import (
    AbsentView,
    AppealView,
    ItemView,
    LeftOutView,
    Other,
    ScoreRow,
    Scores,
    Standing,
)
from bihuan.views.shapes import Action, Clock, DeskRow, Named
from bihuan.views.words import VERBS

WHY = {
    "returned": Words(zh="已退回", en="given back"),
    "released": Words(zh="已解除", en="released"),
    "held": Words(zh="经批准挂账", en="on hold with leave"),
    "merged": Words(zh="已并案", en="merged into another"),
    "appeal": Words(zh="申诉成立", en="left out on appeal"),
    "recurred": Words(zh="复发，不再计为办结", en="came back: no longer counted as closed"),
    "not-sound": Words(zh="回头看未通过，不再计为办结", en="found undone later: no longer counted as closed"),
}


RULINGS = (
    Named(id="upheld", words=Words(zh="维持原评分", en="The score stands")),
    Named(id="changed", words=Words(zh="申诉成立，剔除后重算", en="Granted: left out, and scored again")),
)


def scores(known: Known, scorecard: str, period: str = "") -> Scores:
    """The newest version of one period; without `period` of the last one published, and an empty table before the first.

    Without `scorecard`: the one published last, else the first declared. Raises NotFound.
    """
    card = known.rules.scorecards.get(scorecard or known.archive.scored_last or next(iter(known.rules.scorecards), ""))
    if card is None:
        names = ", ".join(known.rules.scorecards) or "none is declared"
        raise NotFound(f"there is no scorecard '{scorecard}'", where=scorecard, remedy=f"Known scorecards: {names}.")
    head = Named(id=card.id, words=card.words)
    found = _version(known, card, period)
    if found is None:
        return Scores(scorecard=head, since=None, until=None, fact=None, rows=())
    fact, body = found
    last, year = _others(known, card, body)
    return Scores(
        scorecard=head,
        since=body.since,
        until=body.until,
        fact=fact,
        rows=tuple(_row(known, card, body, row, last, year) for row in body.rows),
        every=card.every,
        rounding=ROUNDING,
        corrects=body.corrects or None,
        absent=tuple(
            AbsentView(unit=known.named(one.unit), valid_from=one.valid_from, valid_to=one.valid_to) for one in body.absent
        ),
        last=_other(known, body, last),
        year=_other(known, body, year),
        appeals=tuple(_appeals(known, body)),
        periods=tuple(sorted(known.archive.published.get(card.id, {}))),
        appeal_until=due_of(known.rules, known.archive.facts[fact].recorded_at, card.appeal),
    )


def _version(known: Known, card: Scorecard, period: str) -> tuple[str, ScorePublished] | None:
    published = known.archive.published.get(card.id, {})
    if not period:
        return _newest(known, card, max(published)) if published else None
    try:
        at = moment_of(period, known.rules.zone)
    except ValueError as error:
        raise NotFound(str(error), where="period", remedy="Leave it out for the last one.") from error
    for since in published:
        found = _newest(known, card, since)
        if found is not None and since <= at < found[1].until:
            return found
    what = f"no period of '{card.id}' that has {period} in it was published"
    raise NotFound(what, where="period", remedy="Leave it out for the last one.")


def _newest(known: Known, card: Scorecard, since: int | None) -> tuple[str, ScorePublished] | None:
    ids = known.archive.published.get(card.id, {}).get(-1 if since is None else since)
    if not ids:
        return None
    body = known.archive.facts[ids[-1]].body
    assert isinstance(body, ScorePublished)
    return ids[-1], body


Before = tuple[str, ScorePublished] | None


def _others(known: Known, card: Scorecard, body: ScorePublished) -> tuple[Before, Before]:
    zone = known.rules.zone
    last = _newest(known, card, last_at(card.every, body.since, zone))
    return last, _newest(known, card, year_before_at(card.every, body.since, zone))


def _other(known: Known, body: ScorePublished, before: Before) -> Other | None:
    """The other period, with the units that are only in one of the two: areas are re-drawn, and they are named."""
    if before is None:
        return None
    fact, other = before
    return Other(
        since=other.since,
        until=other.until,
        fact=fact,
        new=tuple(known.named(unit) for unit in body.units if unit not in other.units),
        gone=tuple(known.named(unit) for unit in other.units if unit not in body.units),
    )


def _row(known: Known, card: Scorecard, body: ScorePublished, row: UnitScore, last: Before, year: Before) -> ScoreRow:
    return ScoreRow(
        unit=known.named(row.unit),
        score=row.score,
        level=row.level,
        rank=row.rank,
        items=tuple(_items(card, body, row.items)),
        cases=row.cases,
        tied=row.rank is not None and sum(other.rank == row.rank for other in body.rows) > 1,
        last=_standing(last, row.unit),
        year=_standing(year, row.unit),
    )


def _standing(before: Before, unit: str) -> Standing | None:
    """None: it was not scored then."""
    rows = before[1].rows if before else ()
    return next((Standing(score=row.score, rank=row.rank) for row in rows if row.unit == unit), None)


def _items(card: Scorecard, body: ScorePublished, items: tuple[ItemScore, ...]) -> Iterator[ItemView]:
    words = {item.id: item.words for item in card.items}
    declared = {item.item: item for item in body.items}
    for item in items:
        if (formula := declared.get(item.item)) is None:
            continue
        measure = MEASURES.get(formula.measure)
        yield ItemView(
            item=Named(id=item.item, words=words.get(item.item) or (measure.words if measure else Words(zh="", en=item.item))),
            numerator=item.numerator,
            denominator=item.denominator,
            value=item.value,
            points=item.points,
            weight=formula.weight,
            formula=formula.formula,
            left_out=tuple(_left_out(one) for one in item.left_out),
        )


def _left_out(one: LeftOut) -> LeftOutView:
    return LeftOutView(id=one.id, why=WHY.get(one.why, Words(zh=one.why, en=one.why)))


def _appeals(known: Known, body: ScorePublished) -> Iterator[AppealView]:
    for asked, answered in known.archive.appeals.values():
        said = known.archive.facts[asked].body
        assert isinstance(said, ScoreAppealed)
        if (said.scorecard, said.since) != (body.scorecard, body.since):
            continue
        decided = known.archive.facts[answered].body if answered else None
        yield AppealView(
            id=said.appeal,
            unit=known.named(said.unit),
            item=said.item,
            case=said.case,
            reason=said.reason,
            to=known.named(said.to),
            granted=decided.granted if isinstance(decided, AppealDecided) else None,
            answer=decided.reason if isinstance(decided, AppealDecided) else "",
            actions=() if answered else (_decide(said.to),),
        )


def _decide(unit: str) -> Action:
    return Action(does="decide", words=VERBS["decide"], needs=("choice", "text"), main=True, units=(unit,), choices=RULINGS)


def pleas(known: Known, unit: str, now: int) -> Iterator[DeskRow]:
    """Appeals that a unit is to decide, for its desk."""
    yield from (_plea(known, fact, now, (_decide(unit),)) for fact in _undecided(known) if _asked(fact).to == unit)


def late_pleas(known: Known, unit: str, now: int) -> Iterator[DeskRow]:
    """Appeals that a unit right under this one should have decided: it is told, and can only see to it."""
    for fact in _undecided(known):
        said = _asked(fact)
        if said.due is not None and now > said.due and known.above(said.to) == unit:
            yield _plea(known, fact, now, ())


def _undecided(known: Known) -> list[Fact]:
    return [known.archive.facts[asked] for asked, answered in known.archive.appeals.values() if not answered]


def _asked(fact: Fact) -> ScoreAppealed:
    assert isinstance(fact.body, ScoreAppealed)
    return fact.body


def _plea(known: Known, fact: Fact, now: int, actions: tuple[Action, ...]) -> DeskRow:
    said = _asked(fact)
    case, who = known.book.cases[said.case], known.speech.unit(said.unit)
    title = known.speech.case_title(said.case)
    return DeskRow(
        kind="appeal",
        id=said.appeal,
        case=case.id,
        title=Words(zh=f"{who.zh}申诉（{said.reason}）：{title.zh}", en=f"{who.en} appeals ({said.reason}): {title.en}"),
        place=known.spot(case.place),
        level=known.level_of(case),
        state=case.standing,
        clock=None if said.due is None else Clock(name="appeal", started=fact.at, due=said.due, overdue=now > said.due),
        escalated=not actions,
        actions=actions,
        holder=case.unit,
        flags=flag_names(case),
    )
