"""Reviews as they were written, with the words for what they name."""

from bihuan.model.facts import Held, Improvement, ReviewWritten
from bihuan.views.case import timeline
from bihuan.views.known import Known, NotFound
from bihuan.views.shapes import (
    HeldView,
    ImprovementView,
    Named,
    Review,
    ReviewRow,
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
