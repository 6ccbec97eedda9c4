"""Reads of vital signs: the matrix of places and headings, one indicator, and a period against others."""

from typing import cast

from bihuan.live.answers import Refused
from bihuan.live.asking import LATEST, Ask, Look, choice_of, number_of
from bihuan.model.times import DAY
from bihuan.views import Views
from bihuan.views.comparing import PERIODS, Comparable, Period
from bihuan.views.vital_layout import Key
from bihuan.views.vital_shapes import Kind, TreeName

TREES = ("duty", "division")
LONGEST: dict[Period, int] = {"day": DAY, "week": 7 * DAY, "month": 31 * DAY, "year": 366 * DAY}
MOST_ROWS = 150_000_000
"""Readings of one period that may be due, read in pieces: more would keep an answer waiting for longer than anybody does."""
MOST_STEPS = 60_000
"""As many readings of one place a formula may be worked out for, one after the other."""


def vitals(ask: Ask) -> Look:
    place, heading, tree = ask.place(), _heading(ask), _tree(ask)
    return lambda views: views.vitals(place, heading, tree, ask.now)


def indicator(ask: Ask) -> Look:
    name, place, tree = ask.part("indicator"), ask.place(), _tree(ask)
    return lambda views: views.indicator_vitals(name, place, tree, ask.now)


def compare(ask: Ask) -> Look:
    name = ask.request.query_params.get("indicator", "")
    if not name:
        remedy = "Name one: ?indicator=rain. Indicators are the last columns of /live/vitals."
        raise Refused(400, "which indicator is to be compared is not said", where="indicator", remedy=remedy)
    period = cast(Period, choice_of(ask.request, "period", PERIODS))
    at = number_of(ask.request, "at", ask.now, least=0, most=LATEST)
    place, tree = ask.place(), _tree(ask)

    def look(views: Views) -> object:
        what = views.comparable(name, place, tree)
        _not_too_much(what, period)
        return lambda: ask.gate.compare(what, period, at)

    return look


def _not_too_much(what: Comparable, period: Period) -> None:
    if _fits(what, period):
        return
    due = what.rows_due(LONGEST[period])
    said = f"some {due:,} readings are due in a {period}; at most {MOST_ROWS:,} are compared at once"
    if what.indicator.formula:
        said += f", and {MOST_STEPS:,} of one place where a formula is worked out"
    shorter = next((one for one in ("month", "week", "day") if _fits(what, one)), None)
    remedies = [f"Ask for a {shorter}"] if shorter else []
    if len(what.spots) > 1 and what.steps_due(LONGEST[period]) <= MOST_STEPS:
        remedies += [f"{'or' if shorter else 'Ask'} for one of the {len(what.spots):,} places or things that are measured"]
    remedy = ", ".join(remedies) or "Ask for /live/series of a time that is not too long"
    raise Refused(400, said, where="period", remedy=f"{remedy}.")


def _fits(what: Comparable, period: Period) -> bool:
    return what.rows_due(LONGEST[period]) <= MOST_ROWS and what.steps_due(LONGEST[period]) <= MOST_STEPS


def _tree(ask: Ask) -> TreeName:
    return cast(TreeName, choice_of(ask.request, "tree", TREES))


def _heading(ask: Ask) -> Key | None:
    """The narrowest heading named."""
    said = ask.request.query_params
    kinds: tuple[Kind, ...] = ("sub_track", "track", "plate")
    for kind in kinds:
        if said.get(kind):
            return kind, said[kind]
    return None
