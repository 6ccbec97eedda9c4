"""Reviews and scores as they were written, with the words for what they name."""

from collections.abc import Iterator

from bihuan.model.facts import Held, Improvement, ItemScore, ReviewWritten, ScorePublished, UnitScore
from bihuan.pack.schema import Scorecard
from bihuan.views.case import timeline
from bihuan.views.known import Known, NotFound
from bihuan.views.shapes import (
    HeldView,
    ImprovementView,
    ItemView,
    Named,
    Review,
    ReviewRow,
    ScoreRow,
    Scores,
)


def review_rows(known: Known) -> tuple[ReviewRow, ...]:
    """Newest first."""
    return tuple(_row(known, _body(known, review)) for review in reversed(known.archive.reviews))


def review_view(known: Known, id: str) -> Review:
    if id not in known.archive.reviews:
        raise NotFound(f"there is no review '{id}'", where=id, remedy="Take an id from /live/reviews.")
    body = _body(known, id)
    row = _row(known, body)
    return Review(
        **{name: getattr(row, name) for name in ReviewRow.__struct_fields__},
        first_warning_to_dispatch=body.first_warning_to_dispatch,
        median_sign=body.median_sign,
        held=tuple(_held(known, held) for held in body.held),
        improvements=tuple(_improvement(known, item) for item in body.improvements),
        timeline=timeline(known, known.case(body.case)),
    )


def _body(known: Known, review: str) -> ReviewWritten:
    body = known.archive.facts[known.archive.reviews[review]].body
    assert isinstance(body, ReviewWritten)
    return body


def _row(known: Known, body: ReviewWritten) -> ReviewRow:
    return ReviewRow(
        id=body.review,
        case=body.case,
        title=known.speech.case_title(body.case),
        place=known.spot(body.place),
        peak=body.peak,
        opened_at=body.opened_at,
        closed_at=body.closed_at,
        conformance=body.conformance,
    )


def _held(known: Known, held: Held) -> HeldView:
    return HeldView(
        task=held.task,
        step=Named(id=held.step, words=known.speech.step(held.step)),
        unit=known.named(held.unit),
        sign_planned=held.sign_planned,
        sign_took=held.sign_took,
        done_planned=held.done_planned,
        done_took=held.done_took,
        verdict=held.verdict,
    )


def _improvement(known: Known, item: Improvement) -> ImprovementView:
    return ImprovementView(
        words=known.speech.sentence(item.what), unit=known.named(item.unit), tasks=item.tasks, value=item.value
    )


# --- scores ---------------------------------------------------------------------------------------------------


def scores(known: Known, scorecard: str) -> Scores:
    """The scores published last; an empty table until the first period has ended. Empty `scorecard`: the first declared."""
    card = known.rules.scorecards.get(scorecard or next(iter(known.rules.scorecards), ""))
    if card is None:
        names = ", ".join(known.rules.scorecards) or "none is declared"
        raise NotFound(f"there is no scorecard '{scorecard}'", where=scorecard, remedy=f"Known scorecards: {names}.")
    head = Named(id=card.id, words=card.words)
    if (id := known.archive.scores.get(card.id)) is None:
        return Scores(scorecard=head, since=None, until=None, fact=None, rows=())
    body = known.archive.facts[id].body
    assert isinstance(body, ScorePublished)
    rows = tuple(_score_row(known, card, row) for row in body.rows)
    return Scores(scorecard=head, since=body.since, until=body.until, fact=id, rows=rows)


def _score_row(known: Known, card: Scorecard, row: UnitScore) -> ScoreRow:
    return ScoreRow(
        unit=known.named(row.unit),
        score=row.score,
        level=row.level,
        rank=row.rank,
        items=tuple(_items(card, row.items)),
        cases=row.cases,
    )


def _items(card: Scorecard, items: tuple[ItemScore, ...]) -> Iterator[ItemView]:
    declared = {item.id: item for item in card.items}
    for item in items:
        if (known := declared.get(item.item)) is not None:
            yield ItemView(
                item=Named(id=item.item, words=known.words),
                numerator=item.numerator,
                denominator=item.denominator,
                value=item.value,
                points=item.points,
                weight=known.weight,
            )
