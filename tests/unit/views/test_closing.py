"""The verified closing rate beside the claimed one, and looks again on the desk of who is asked for them."""

import msgspec
import pytest
from tests.unit.loop.test_recheck import RULES, closed, to_midnight
from tests.unit.views.city import City, encoded

from bihuan.loop.supervise.interval import Looked, sound_share
from bihuan.model.facts import Fact, RecheckDrawn
from bihuan.model.times import HOUR
from bihuan.views.audit import audit


@pytest.fixture
def city() -> City:
    """Eight cases closed in the small city, one flagged, one still open; the sample has just been drawn."""
    city = City(RULES)
    city.wait(7 * HOUR)
    for number in range(8):
        closed(city, flagged=number == 0)  # type: ignore[arg-type]
    city.do("duty@1101", "report", "pothole", place="1101", text="another hole")
    city.do("duty@11.inspection", "register", list(city.loop.book.cases)[-1], choice="rebuild")
    to_midnight(city)  # type: ignore[arg-type]
    return city


def asked(city: City) -> list[str]:
    return [row.id for row in city.views.desk("11.audit", city.now).queue]


def test_before_anybody_looked_nothing_is_verified(city: City) -> None:
    (row,) = city.views.closing()
    assert (row.open, row.closed, row.flagged, row.drawn, row.looked) == (1, 8, 1, 3, 0)
    assert (row.claimed, row.verified, row.low, row.high) == (0.8889, None, 0.0, 0.8889)


def test_the_verified_rate_stands_beside_the_claimed_one_with_its_interval(city: City) -> None:
    flagged = city.views.known.archive.rechecks.draws["cq-D00001"].strata[1].cases
    for recheck in asked(city):
        case = next(row.case for row in city.views.desk("11.audit", city.now).queue if row.id == recheck)
        if case in flagged:
            city.do("eye@11.audit", "found", recheck, "nothing was done", choice="not-sound")
        else:
            city.do("eye@11.audit", "found", recheck, choice="sound")
    (row,) = city.views.closing()
    share = sound_share([Looked(closed=7, looked=2, sound=2), Looked(closed=1, looked=1, sound=0)])
    assert share.estimate == 7 / 8
    assert (row.looked, row.not_sound, row.verified, row.claimed) == (3, 1, round(8 / 9 * 7 / 8, 4), 0.8889)
    assert (row.low, row.high) == (round(8 / 9 * share.low, 4), round(8 / 9 * 7 / 8, 4))
    assert encoded(row)["case_type"]["words"]["zh"] == "道路破损"  # type: ignore[index]
    parts = [(one.unit.id, one.flagged, one.closed, one.drawn, one.looked, one.not_sound) for one in row.strata]
    assert parts == [("11", False, 7, 2, 2, 0), ("11", True, 1, 1, 1, 1)]


def test_a_case_that_came_back_before_anybody_looked_counts_as_not_sound(city: City) -> None:
    back = city.views.desk("11.audit", city.now).queue[0]
    assert back.case is not None
    city.do("duty@1", "reopen", back.case, "the hole is there again")
    assert back.id not in asked(city)
    (row,) = city.views.closing()
    assert (row.looked, row.not_sound) == (1, 1)


def test_a_look_again_is_on_the_desk_of_who_is_asked_until_it_is_done(city: City) -> None:
    first, *others = city.views.desk("11.audit", city.now).queue
    assert (first.kind, first.state, first.title.en) == ("recheck", "closed", "Look again: Broken road, East One")
    assert first.clock is not None
    assert (first.clock.name, first.clock.due - first.clock.started) == ("recheck", 4 * HOUR)
    (action,) = first.actions
    assert (action.does, [choice.id for choice in action.choices]) == ("found", ["sound", "not-sound"])
    city.do("eye@11.audit", "found", first.id, choice="sound")
    assert asked(city) == [row.id for row in others]
    assert city.views.desk("11.inspection", city.now).queue == ()


def test_who_is_asked_to_look_again_hears_of_it_at_once(city: City) -> None:
    assert city.change is not None
    assert "11.audit" in city.change.units


def law(city: City, facts: list[Fact]) -> bool:
    (check,) = [check for check in audit(city.rules, facts) if "its seed gives" in check.what]
    return check.holds


def test_the_audit_draws_again_and_notices_a_case_that_was_chosen(city: City) -> None:
    assert law(city, city.facts)
    number, drawn = next((n, fact) for n, fact in enumerate(city.facts) if isinstance(fact.body, RecheckDrawn))
    assert isinstance(drawn.body, RecheckDrawn)
    fair = drawn.body.strata[0]
    unfair = msgspec.structs.replace(
        fair, cases=(*fair.cases[:-1], "cq-C00008" if "cq-C00008" not in fair.cases else "cq-C00007")
    )
    for wrong in (
        msgspec.structs.replace(drawn.body, strata=(unfair, *drawn.body.strata[1:])),
        msgspec.structs.replace(drawn.body, seed="0" * 64),
        msgspec.structs.replace(drawn.body, strata=drawn.body.strata[1:]),
        msgspec.structs.replace(drawn.body, strata=(msgspec.structs.replace(fair, closed=6), *drawn.body.strata[1:])),
    ):
        facts = list(city.facts)
        facts[number] = msgspec.structs.replace(drawn, body=wrong)
        assert not law(city, facts)
