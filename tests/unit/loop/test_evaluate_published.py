"""What a published score carries: enough to compute it again; corrections; appeals; periods; areas that were re-drawn."""

from datetime import UTC, datetime

import msgspec
import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.city import HOUR, MINUTE, WEST_UNDERPASS, City

from bihuan.loop.evaluate.scoring import scored
from bihuan.loop.turn import Loop
from bihuan.model.errors import CommandRefused
from bihuan.model.facts import (
    AppealDecided,
    CaseOverdue,
    CaseReminded,
    CountedCase,
    CreditReversed,
    Fact,
    ScoreAppealed,
    ScorePublished,
)
from bihuan.model.periods import NAMES, begin_at, end_at, last_at, year_before_at
from bihuan.model.times import iso

ITEMS = "measure: signed_on_time_rate"


def _published(city: City) -> list[Fact]:
    return [fact for fact in city.facts if isinstance(fact.body, ScorePublished)]


def _body(fact: Fact) -> ScorePublished:
    assert isinstance(fact.body, ScorePublished)
    return fact.body


def _closing(every: str = "6h") -> City:
    """A city that scores closings beside signing."""
    packs = with_change("rain/scorecards.yaml", "measure: signed_on_time_rate", "measure: closed_rate")
    return City(with_change("rain/scorecards.yaml", "every: 6h", f"every: {every}", packs))


@pytest.fixture
def city() -> City:
    """One score is out: the east closed one case and the west signed its task too late."""
    return _scored("6h")[0]


def _scored(every: str) -> tuple[City, Fact]:
    city = _closing(every)
    city.flood()
    city.flood(point=WEST_UNDERPASS)
    city.finish(city.task("pump", "11.drainage"))
    city.drain()
    city.wait(6 * HOUR)
    return city, _published(city)[0]


@pytest.fixture
def score(city: City) -> Fact:
    (fact,) = _published(city)
    return fact


# --- computing it again ---------------------------------------------------------------------------------------


def test_every_published_figure_is_reproduced_from_what_the_fact_carries(city: City, score: Fact) -> None:
    city.flood()
    city.wait(20 * HOUR)
    assert len(_published(city)) > 3
    for fact in _published(city):
        assert scored(msgspec.structs.replace(_body(fact), rows=())) == _body(fact).rows


def test_a_score_names_the_cases_and_times_that_went_in(score: Fact) -> None:
    body = _body(score)
    assert [(case.case, case.unit) for case in body.cases] == [("cq-C00001", "11"), ("cq-C00002", "12")]
    east, west = body.rows
    assert (east.unit, east.items[0].numerator, east.items[0].denominator, east.rank) == ("11", 1, 1, 1)
    assert (west.unit, west.items[0].numerator, west.items[0].denominator, west.rank) == ("12", 0, 1, 2)


def test_one_changed_input_changes_the_figure_that_stands_on_it(score: Fact) -> None:
    body = _body(score)
    late = msgspec.structs.replace(body.cases[0], closed_at=None)
    east = next(row for row in scored(msgspec.structs.replace(body, cases=(late, *body.cases[1:]))) if row.unit == "11")
    assert (east.items[0].numerator, east.items[0].denominator) == (0, 1)


def test_only_what_an_item_looks_at_in_the_period_goes_in(city: City) -> None:
    city.wait(12 * HOUR)
    assert _body(_published(city)[-1]).cases == ()


# --- credit that is taken back --------------------------------------------------------------------------------


def _reverse(city: City, case: str, reason: str = "not-sound") -> None:
    """As supervise writes it when a look again found a closed case undone."""
    fact = Fact(
        seq=city.loop.seq + 1, id=f"cq-{city.loop.seq + 1}", at=city.now, recorded_at=city.now, actor="supervise",
        subject=case, because=(), body=CreditReversed(case=case, unit="11.inspection", reason=reason),
    )  # fmt: skip
    city.loop.fold(fact)
    city.facts.append(fact)


def test_a_reversed_credit_leaves_the_period_it_was_given_in_with_the_next_publication(city: City, score: Fact) -> None:
    _reverse(city, "cq-C00001")
    city.wait(HOUR)
    assert _published(city) == [score]
    city.wait(6 * HOUR)
    _, corrected = (fact for fact in _published(city)[1:])
    body = _body(corrected)
    assert (body.corrects, body.since, body.until) == (score.id, _body(score).since, _body(score).until)
    assert score.id in corrected.because
    east = next(row for row in body.rows if row.unit == "11")
    assert (east.items[0].numerator, east.items[0].denominator) == (0, 1)
    assert [(left.id, left.why) for left in east.items[0].left_out] == [("cq-C00001", "not-sound")]
    assert scored(msgspec.structs.replace(body, rows=())) == body.rows


def test_a_case_that_came_back_takes_the_credit_out_of_the_period_it_was_given_in(city: City, score: Fact) -> None:
    city.flood()
    assert [(body.case, body.reason) for body in city.of(CreditReversed)] == [("cq-C00001", "recurred")]
    city.wait(6 * HOUR)
    body = next(_body(fact) for fact in _published(city) if _body(fact).corrects)
    assert body.corrects == score.id
    east = next(row for row in body.rows if row.unit == "11")
    assert (east.items[0].numerator, [(left.id, left.why) for left in east.items[0].left_out]) == (
        0,
        [("cq-C00001", "recurred")],
    )


def test_a_credit_is_taken_back_once(city: City, score: Fact) -> None:
    _reverse(city, "cq-C00001")
    city.wait(20 * HOUR)
    assert len([fact for fact in _published(city) if _body(fact).corrects]) == 1


def test_a_correction_leaves_the_periods_that_come_as_they_are(city: City, score: Fact) -> None:
    _reverse(city, "cq-C00001")
    city.wait(13 * HOUR)
    spans = [(_body(fact).since, _body(fact).until) for fact in _published(city) if not _body(fact).corrects]
    assert [since for since, _ in spans[1:]] == [until for _, until in spans[:-1]]


# --- appeals --------------------------------------------------------------------------------------------------


def _appeal(city: City, score: Fact) -> ScoreAppealed:
    city.do("duty@12", "appeal", score.id, choice="sign", to="cq-C00002", text="The road was cut by a slide")
    return city.of(ScoreAppealed)[-1]


def test_a_scored_unit_appeals_and_the_unit_above_is_asked(city: City, score: Fact) -> None:
    appeal = _appeal(city, score)
    assert (appeal.appeal, appeal.unit, appeal.to, appeal.item, appeal.case) == ("cq-A00001", "12", "1", "sign", "cq-C00002")


def test_a_granted_appeal_publishes_a_corrected_version_that_names_the_first(city: City, score: Fact) -> None:
    appeal = _appeal(city, score)
    facts = city.do("duty@1", "decide", appeal.appeal, choice="changed", text="The slide is on record")
    assert [fact.kind for fact in facts] == ["commanded", "appeal-decided", "score-published"]
    body = _body(facts[-1])
    assert body.corrects == score.id
    west = next(row for row in body.rows if row.unit == "12")
    assert (west.items[0].value, [(left.id, left.why) for left in west.items[0].left_out]) == (None, [("cq-C00002", "appeal")])
    assert scored(msgspec.structs.replace(body, rows=())) == body.rows


def test_an_upheld_score_is_not_published_again(city: City, score: Fact) -> None:
    appeal = _appeal(city, score)
    facts = city.do("duty@1", "decide", appeal.appeal, choice="upheld", text="There was another road")
    assert [fact.kind for fact in facts] == ["commanded", "appeal-decided"]
    assert city.of(AppealDecided)[-1].granted is False


def test_two_corrections_add_up(city: City, score: Fact) -> None:
    appeal = _appeal(city, score)
    city.do("duty@1", "decide", appeal.appeal, choice="changed", text="It is on record")
    _reverse(city, "cq-C00001")
    city.wait(6 * HOUR)
    body = _body(_published(city)[-1])
    assert (body.corrects, [row.items[0].numerator for row in body.rows]) == (score.id, [0, 0])
    assert sorted(left.why for row in body.rows for left in row.items[0].left_out) == ["appeal", "not-sound"]


def _no(refused: CommandRefused) -> tuple[str, str]:
    return refused.what, refused.remedy


def test_who_may_not_appeal_is_told_who_may(city: City, score: Fact) -> None:
    said = {"choice": "sign", "to": "cq-C00002", "text": "why"}
    assert _no(city.refused("crew@12.drainage", "appeal", score.id, **said)) == (
        "this score does not score 12.drainage", "12 may appeal for itself.",
    )  # fmt: skip
    assert city.refused("duty@12", "appeal", "cq-1", **said).what == "there is no published score 'cq-1'"
    no_item = city.refused("duty@12", "appeal", score.id, **(said | {"choice": "beauty"}))
    assert (no_item.what, "Known items: relapse, sign." in no_item.remedy) == ("this score has no item 'beauty'", True)
    assert _no(city.refused("duty@12", "appeal", score.id, **(said | {"to": "cq-C00001"}))) == (
        "'cq-C00001' is not counted in 'sign' of 12", "Name it in 'to'. Counted there: cq-C00002.",
    )  # fmt: skip
    assert city.refused("duty@12", "appeal", score.id, **(said | {"text": ""})).what == "an appeal needs a reason"


def test_an_appeal_is_made_once_while_nobody_has_decided_it(city: City, score: Fact) -> None:
    _appeal(city, score)
    again = city.refused("duty@12", "appeal", score.id, choice="sign", to="cq-C00002", text="again")
    assert _no(again) == ("this appeal was made already (cq-A00001)", "1 may decide it now.")


def test_an_appeal_is_to_be_decided_within_ten_working_days_unless_the_pack_says_otherwise(city: City, score: Fact) -> None:
    appeal = _appeal(city, score)  # Monday 1 September, 08:28
    assert appeal.due is not None
    assert iso(appeal.due, city.rules.zone)[:16] == "2025-09-15T08:28"


def test_who_is_to_decide_an_appeal_is_reminded_and_then_the_unit_above_is_told_once() -> None:
    city, score = _scored("6h\n    decide_in: 4h")
    appeal = _appeal(city, score)
    city.wait(3 * HOUR - 1)
    assert city.of(CaseReminded) == []
    city.wait(1)
    (reminded,) = city.of(CaseReminded)
    assert (reminded.case, reminded.unit, reminded.clock, reminded.appeal) == ("cq-C00002", "1", "appeal", "cq-A00001")
    assert reminded.due == appeal.due == city.now + HOUR
    city.wait(HOUR)
    assert city.of(CaseOverdue) == [], "it is in time to the last"
    city.loop = Loop(rules=city.rules, began=city.loop.began)
    city.loop.restore(city.facts, city.batches.__getitem__)
    city.wait(10 * HOUR)
    (told,) = city.of(CaseOverdue)
    assert (told.case, told.unit, told.to, told.clock, told.appeal) == ("cq-C00002", "1", "1", "appeal", "cq-A00001")
    assert len(city.of(CaseReminded)) == 1
    assert not city.loop.book.cases["cq-C00002"].asked_above, "the case is nobody else's for that"
    city.do("duty@1", "decide", appeal.appeal, choice="upheld", text="late, but still")


def test_of_a_decided_appeal_nobody_is_reminded() -> None:
    city, score = _scored("6h\n    decide_in: 4h")
    city.do("duty@1", "decide", _appeal(city, score).appeal, choice="upheld", text="There was another road")
    city.wait(10 * HOUR)
    assert city.of(CaseReminded) == city.of(CaseOverdue) == []


def test_an_appeal_comes_within_the_span_of_the_pack() -> None:
    packs = with_change("rain/scorecards.yaml", "every: 6h", "every: 6h\n    appeal: 2h")
    city = City(with_change("rain/scorecards.yaml", "measure: signed_on_time_rate", "measure: closed_rate", packs))
    city.flood(point=WEST_UNDERPASS)
    city.wait(6 * HOUR)
    (score,) = _published(city)
    said = {"choice": "sign", "to": "cq-C00001", "text": "why"}
    city.wait(score.recorded_at + 2 * HOUR - city.now)
    late = City(rules=city.rules)
    late.loop.restore(city.facts, city.batches.__getitem__)
    late.now, late.facts = city.now + 1, list(city.facts)
    assert (
        late.refused("duty@12", "appeal", score.id, **said).what
        == "appeals against this score were heard until 2025-09-01 08:00"
    )
    city.do("duty@12", "appeal", score.id, **said)


def test_only_the_unit_above_decides_and_says_why(city: City, score: Fact) -> None:
    appeal = _appeal(city, score).appeal
    assert city.refused("duty@12", "decide", appeal, choice="changed", text="we say so").remedy == "1 may decide it now."
    assert city.refused("duty@1", "decide", appeal, choice="yes", text="why").what == "'yes' is no decision"
    assert city.refused("duty@1", "decide", appeal, choice="changed").what == "a decision needs a reason"
    assert city.refused("duty@1", "decide", "cq-A00009", choice="changed", text="why").what == "there is no appeal 'cq-A00009'"
    city.do("duty@1", "decide", appeal, choice="upheld", text="why")
    assert (
        city.refused("duty@1", "decide", appeal, choice="changed", text="why").what
        == "the appeal cq-A00001 was decided already"
    )


def test_appeals_and_corrections_outlive_a_restart(city: City, score: Fact) -> None:
    appeal = _appeal(city, score).appeal
    _reverse(city, "cq-C00001")
    twin = City(rules=city.rules)
    twin.loop = Loop(rules=city.rules, began=twin.now)
    twin.loop.restore(city.facts, city.batches.__getitem__)
    twin.now, twin.facts, twin.batches, twin._keys = city.now, list(city.facts), dict(city.batches), city._keys
    for each in (city, twin):
        each.do("duty@1", "decide", appeal, choice="changed", text="why")
        each.wait(7 * HOUR)
    assert twin.facts == city.facts


# --- periods --------------------------------------------------------------------------------------------------


def _at(city: City, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=city.rules.zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("every", "moment", "since", "until", "year_before"),
    [
        ("day", "2025-09-01T02:00", "2025-09-01", "2025-09-02", "2024-09-01"),
        ("week", "2025-09-04T02:00", "2025-09-01", "2025-09-08", "2024-09-02"),
        ("month", "2024-02-29T23:59", "2024-02-01", "2024-03-01", "2023-02-01"),
        ("quarter", "2025-12-31T23:59", "2025-10-01", "2026-01-01", "2024-10-01"),
        ("year", "2025-12-31T23:59", "2025-01-01", "2026-01-01", "2024-01-01"),
        ("6h", "2025-09-01T07:00", "2025-09-01T06:00", "2025-09-01T12:00", "2024-09-01T06:00"),
    ],
)  # fmt: skip
def test_periods_are_those_of_the_zone(every: str, moment: str, since: str, until: str, year_before: str) -> None:
    city = City()
    zone = city.rules.zone
    begun = begin_at(every, _at(city, moment), zone)
    assert (begun, end_at(every, begun, zone)) == (_at(city, since), _at(city, until))
    assert year_before_at(every, begun, zone) == _at(city, year_before)
    assert end_at(every, last_at(every, begun, zone), zone) == begun


def test_the_same_day_a_year_before_may_not_exist() -> None:
    zone = UTC
    assert year_before_at("day", int(datetime(2024, 2, 29, tzinfo=zone).timestamp() * 1000), zone) is None


@pytest.mark.parametrize("every", NAMES)
def test_a_period_follows_the_one_before_without_a_hole(every: str) -> None:
    since = begin_at(every, 0, UTC)
    for _ in range(40):
        until = end_at(every, since, UTC)
        assert until > since
        assert begin_at(every, until - 1, UTC) == since
        since = until


def test_a_month_is_published_when_it_is_over() -> None:
    city = _closing("month")
    city.flood()
    city.wait(30 * 24 * HOUR)
    (fact,) = _published(city)
    assert (_body(fact).since, _body(fact).until) == (_at(city, "2025-09-01"), _at(city, "2025-10-01"))


# --- areas that were re-drawn ---------------------------------------------------------------------------------


def _redrawn(valid: str) -> City:
    packs = with_change("rain/places.csv", "name_en\n", "name_en,valid_from,valid_to\n")
    rows = packs["rain"]["places.csv"].splitlines()
    rows[1:] = [row + (valid if row.startswith("12,") else ",,") for row in rows[1:]]
    packs["rain"]["places.csv"] = "\n".join(rows) + "\n"
    city = City(packs)
    city.flood()
    city.wait(6 * HOUR)
    return city


@pytest.mark.parametrize(
    ("valid", "units"), [(",2025-09-01,", ["11", "12"]), (",2025-09-02,", ["11"]), (",,2025-09-01", ["11"])]
)
def test_a_unit_that_was_not_there_is_not_scored(valid: str, units: list[str]) -> None:
    assert [row.unit for row in _body(_published(_redrawn(valid))[0]).rows] == units


def test_a_unit_that_was_there_for_a_part_is_left_out_by_name() -> None:
    packs = with_change("rain/scorecards.yaml", "every: 6h", "every: week")
    packs = with_change("rain/places.csv", "name_en\n", "name_en,valid_from,valid_to\n", packs)
    rows = packs["rain"]["places.csv"].splitlines()
    rows[1:] = [row + (",2025-09-03," if row.startswith("12,") else ",,") for row in rows[1:]]
    packs["rain"]["places.csv"] = "\n".join(rows) + "\n"
    city = City(packs)
    city.flood()
    city.wait(8 * 24 * HOUR)
    body = _body(_published(city)[0])
    assert [row.unit for row in body.rows] == ["11"]
    assert [(one.unit, one.valid_from) for one in body.absent] == [("12", "2025-09-03")]


# --- measures of the field ------------------------------------------------------------------------------------


def test_a_case_whose_task_rests_with_leave_is_not_due() -> None:
    city = _closing()
    city.flood()
    task = city.task("pump")
    city.do("crew@11.drainage", "sign", task.id)
    city.do("crew@11.drainage", "ask-hold", task.id, text="the road is cut")
    city.do(f"duty@{task.request.to if task.request else ''}", "grant", task.id)
    city.wait(6 * HOUR)
    (fact,) = _published(city)
    (case,) = _body(fact).cases
    assert isinstance(case, CountedCase)
    assert case.left == "held"
    east = next(row for row in _body(fact).rows if row.unit == "11")
    assert (east.items[0].denominator, [left.why for left in east.items[0].left_out]) == (0, ["held"])


def test_leave_moves_what_counts_as_done_on_time(city: City) -> None:
    city = City(with_change("rain/scorecards.yaml", "measure: signed_on_time_rate", "measure: done_on_time_rate"))
    city.flood()
    task = city.task("pump")
    city.do("crew@11.drainage", "sign", task.id)
    city.do("crew@11.drainage", "ask-extension", task.id, span=2 * HOUR, text="more water than pumps")
    city.do("duty@11", "grant", task.id)
    city.wait(3 * HOUR + 30 * MINUTE)
    city.finish(task)
    city.wait(6 * HOUR)
    figures = [
        (row.items[0].numerator, row.items[0].denominator)
        for fact in _published(city)
        for row in _body(fact).rows
        if row.unit == "11"
    ]
    assert sum(good for good, _ in figures) == 1
    assert sum(of for _, of in figures) == 1
