"""The verified closing rate beside the claimed one, and looks again on the desk of who is asked for them."""

import msgspec
import pytest
from tests.unit.loop.test_recheck import RECHECK, RULES, closed, packs, to_midnight
from tests.unit.views.city import City, encoded

from bihuan.loop.supervise.interval import Looked, sound_share
from bihuan.model.errors import BihuanError
from bihuan.model.facts import Fact, RecheckDrawn
from bihuan.model.times import HOUR, MINUTE
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.views.audit import audit
from bihuan.views.closing import closing_rows

MORE = load(packs(RECHECK.replace("least: 2", "least: 4")))
"""Four of each stratum are looked at again, not two."""


def open_case(city: City) -> None:
    city.do("duty@1101", "report", "pothole", place="1101", text="another hole")
    city.do("duty@11.inspection", "register", list(city.loop.book.cases)[-1], choice="rebuild")


def eight(rules: Rules) -> City:
    """Eight cases closed in the small city, one flagged, one still open; the sample has just been drawn."""
    city = City(rules)
    city.wait(7 * HOUR)
    for number in range(8):
        closed(city, flagged=number == 0)  # type: ignore[arg-type]
    open_case(city)
    to_midnight(city)  # type: ignore[arg-type]
    return city


@pytest.fixture
def city() -> City:
    return eight(RULES)


@pytest.fixture
def two() -> City:
    """Six cases closed in the east, one still open there; two closed in the west."""
    city = City(MORE)
    city.wait(7 * HOUR)
    for number in range(8):
        closed(city, place="1101" if number < 6 else "1201")  # type: ignore[arg-type]
    open_case(city)
    to_midnight(city)  # type: ignore[arg-type]
    return city


def asked(city: City, unit: str = "11.audit") -> list[str]:
    return [row.id for row in city.views.desk(unit, city.now).queue]


def look_at_all(city: City, unit: str) -> None:
    for recheck in asked(city, unit):
        city.do(f"eye@{unit}", "found", recheck, choice="sound")


def test_before_anybody_looked_nothing_is_verified(city: City) -> None:
    (row,) = city.views.closing()
    assert (row.open, row.closed, row.flagged, row.drawn, row.looked) == (1, 8, 1, 3, 0)
    assert (row.claimed, row.verified, row.low, row.high) == (0.8889, None, 0.0, 0.8889)
    assert row.note.zh == "抽中的 3 件还没有人看过：没有数据，不是 0%"
    assert row.note.en == "Nobody has looked at any of the 3 drawn yet: no data, which is not 0 %."


def test_the_verified_rate_stands_beside_the_claimed_one_with_its_interval() -> None:
    city = eight(MORE)
    flagged = city.views.known.archive.rechecks.draws["cq-D00001"].strata[1].cases
    for recheck in asked(city):
        case = next(row.case for row in city.views.desk("11.audit", city.now).queue if row.id == recheck)
        if case in flagged:
            city.do("eye@11.audit", "found", recheck, "nothing was done", choice="not-sound")
        else:
            city.do("eye@11.audit", "found", recheck, choice="sound")
    (row,) = city.views.closing()
    share = sound_share([Looked(closed=7, looked=4, sound=4), Looked(closed=1, looked=1, sound=0)])
    assert share.estimate == 7 / 8
    assert (row.looked, row.not_sound, row.verified, row.claimed) == (5, 1, round(8 / 9 * 7 / 8, 4), 0.8889)
    assert (row.note.zh, row.note.en) == ("", "")
    assert (row.low, row.high) == (round(8 / 9 * share.low, 4), round(8 / 9 * 7 / 8, 4))
    assert encoded(row)["case_type"]["words"]["zh"] == "道路破损"  # type: ignore[index]
    parts = [(one.unit.id, one.flagged, one.closed, one.drawn, one.looked, one.not_sound) for one in row.strata]
    assert parts == [("11", False, 7, 4, 4, 0), ("11", True, 1, 1, 1, 1)]


def test_a_unit_has_the_rate_of_what_it_and_those_under_it_hold(two: City) -> None:
    look_at_all(two, "11.audit")
    look_at_all(two, "12.audit")
    ((whole,), (top,), (east,), (west,)) = (two.views.closing(unit) for unit in ("", "1", "11", "12"))
    assert whole == top
    assert (whole.open, whole.closed, whole.looked, whole.claimed) == (1, 8, 6, 0.8889)
    assert (east.open, east.closed, east.drawn, east.looked, east.claimed) == (1, 6, 4, 4, round(6 / 7, 4))
    assert [part.unit.id for part in east.strata] == ["11"]
    share = sound_share([Looked(closed=6, looked=4, sound=4)])
    assert (east.verified, east.low, east.high) == (east.claimed, round(6 / 7 * share.low, 4), east.claimed)
    assert (west.open, west.closed, west.claimed, west.verified, west.low, west.high) == (0, 2, 1.0, 1.0, 1.0, 1.0)
    assert two.views.closing("1101") == two.views.closing("11.drainage") == (), "they hold no case of their own"
    with pytest.raises(BihuanError, match="there is no unit '99'"):
        two.views.closing("99")


def test_what_one_unit_has_looked_at_says_nothing_of_another(two: City) -> None:
    look_at_all(two, "12.audit")
    (west,), (east,), (whole,) = two.views.closing("12"), two.views.closing("11"), two.views.closing()
    assert (west.verified, west.note.zh) == (1.0, "")
    assert (east.verified, east.low, east.high) == (None, 0.0, east.claimed)
    assert east.note.zh == "抽中的 4 件还没有人看过：没有数据，不是 0%"
    assert whole.verified is None
    assert whole.note.zh == "有的层还没人看过，区间按全部属实与全部不属实计"


def test_too_few_looks_are_said_in_words_and_give_no_rate(city: City) -> None:
    look_at_all(city, "11.audit")
    (row,) = city.views.closing("11")
    assert (row.looked, row.verified) == (3, None)
    assert row.high == row.claimed
    assert row.note.zh == "8 件结案只看过 3 件，太少：区间还占一半以上，给不出核实办结率"
    assert row.note.en == ("Of 8 closings only 3 were looked at: too few for a rate, the interval still spans more than half.")


def test_a_unit_with_open_cases_that_closed_none_has_no_data(two: City) -> None:
    draws = two.views.known.archive.rechecks.draws
    draw = draws["cq-D00001"]
    draws["cq-D00001"] = msgspec.structs.replace(draw, strata=tuple(part for part in draw.strata if part.unit != "11"))
    (row,) = two.views.closing("11")
    assert (row.open, row.closed, row.claimed, row.verified, row.low, row.high) == (1, 0, 0.0, None, None, None)
    assert row.note.en == "Nothing was closed in this period, so there is nothing to look at again: no data, which is not 0 %."


def test_a_draw_of_an_older_journal_has_the_rate_of_all_and_says_why_it_has_none_of_a_unit(two: City) -> None:
    fact = next(fact for fact in two.facts if isinstance(fact.body, RecheckDrawn))
    line = msgspec.json.decode(msgspec.json.encode(fact.body))
    assert [(part["unit"], part["cases"]) for part in line.pop("open_of")] == [("11", 1)]
    old = msgspec.json.decode(msgspec.json.encode(line), type=RecheckDrawn)
    assert msgspec.json.decode(msgspec.json.encode(old)) == line, "its bytes, and so its hash, stay"
    known = two.views.known
    known.archive.rechecks.draws[old.draw] = old
    (whole,), (west,) = closing_rows(known), closing_rows(known, "12")
    assert (whole.open, whole.claimed) == (1, 0.8889)
    assert (west.open, west.closed, west.claimed, west.verified, west.low) == (None, 2, None, None, None)
    assert west.note.zh == "抽取时没有按单位记下未结案件，算不出这个单位的办结率"


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


def test_the_unit_above_sees_what_nobody_looked_at_in_time_and_both_are_told_in_words(city: City) -> None:
    first, *_ = city.views.desk("11.audit", city.now).queue
    city.wait(4 * HOUR)
    assert "recheck" not in {row.kind for row in city.views.desk("11", city.now).watching}, "there was time until now"
    city.wait(MINUTE)
    (late, *_) = [row for row in city.views.desk("11", city.now).watching if row.kind == "recheck"]
    assert (late.kind, late.id, late.actions, late.escalated) == ("recheck", first.id, (), True)
    assert late.clock is not None
    assert late.clock.overdue
    assert "recheck" not in {row.kind for row in city.views.desk("11", city.now).queue}, "it can only see to it"
    assert first.case is not None
    said = [event.text for event in city.views.case(first.case, city.now).timeline if event.kind.startswith("case-")]
    due = city.views.known.speech.moment(late.clock.due)[11:16]
    assert [text.en for text in said if "again" in text.en][-2:] == [
        f"East audit is reminded: Broken road, East One, looking again is due at {due}",
        f"East audit: looking again is overdue: Broken road, East One (due at {due}); East is told",
    ]
    zh = [text.zh for text in said if "回头看" in text.zh]
    assert zh[-1] == f"东区审计 回头看超时：东一镇 道路破损（时限 {due}），已报告东区"


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
