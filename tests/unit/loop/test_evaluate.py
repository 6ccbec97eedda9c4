"""Evaluate: scores by the declared formula, with every part of it; 0/0 is no data, and nothing is gained by not answering."""

import msgspec
import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, START, UNDERPASS, WEST_UNDERPASS, City

from bihuan.loop.evaluate.scoring import counted, exact, points, ranked, rounded, scored
from bihuan.loop.evaluate.sheets import sheet
from bihuan.model.facts import BandOfScore, ItemOfScore, ScorePublished, UnitScore
from bihuan.model.times import local_floor
from bihuan.pack.measures import MEASURES
from bihuan.pack.schema import Item, Scorecard, Words

DEPTH = f"ponding-depth@{UNDERPASS}"
WORDS = Words(zh="项", en="item")


def _row(unit: str, score: float | None) -> UnitScore:
    return UnitScore(unit=unit, items=(), score=score, level="normal", rank=None)


def _card(city: City, *measures: str) -> Scorecard:
    (card,) = city.rules.scorecards.values()
    items = tuple(
        Item(id=name, words=WORDS, measure=name, weight=100 / len(measures), direction=MEASURES[name].direction)
        for name in measures
    )
    return msgspec.structs.replace(card, items=items, case_types=("ponding",))


def _sheet(city: City, *measures: str, since: int = START - 1) -> ScorePublished:
    """What the districts had to do about ponding since a moment, as a score would carry it."""
    state = city.loop.states[5]
    return sheet(state, _card(city, *measures), since, city.now, "")


def _share(city: City, measure: str, unit: str = "11", since: int = START - 1) -> tuple[int, int, int]:
    """Numerator, denominator, and how many are left out."""
    body = _sheet(city, measure, since=since)
    verdicts = [verdict for _, verdict in counted(body, body.items[0], unit)]
    said = [verdict for verdict in verdicts if isinstance(verdict, bool)]
    return sum(said), len(said), len(verdicts) - len(said)


@pytest.fixture
def city() -> City:
    city = City()
    city.flood()
    return city


# --- measures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_scores_0_of_0_are_no_data(measure: str) -> None:
    body = _sheet(City(), measure)
    (row, _) = scored(body)
    assert (row.score, row.level, row.rank) == (None, "unknown", None)
    assert [(item.numerator, item.denominator, item.value, item.points) for item in row.items] == [(0, 0, None, None)]


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_measure_looks_at_tasks_or_at_cases(measure: str) -> None:
    assert (MEASURES[measure].task is None) != (MEASURES[measure].case is None)


def test_signed_in_time_counts_at_the_last_instant_and_not_after(city: City) -> None:
    city.flood(point=WEST_UNDERPASS)
    first, second = city.task("pump", "11.drainage"), city.task("pump", "12.drainage")
    city.wait(first.sent.sign_by - city.now)
    city.do("crew@11.drainage", "sign", first.id)
    city.wait(second.sent.sign_by + 1 - city.now)
    city.do("crew@12.drainage", "sign", second.id)
    assert _share(city, "signed_on_time_rate") == (1, 1, 0)
    assert _share(city, "signed_on_time_rate", "12") == (0, 1, 0)


def test_an_unsigned_task_counts_from_when_its_time_is_over(city: City) -> None:
    city.wait(4 * MINUTE)
    assert _share(city, "signed_on_time_rate") == (0, 0, 0)
    city.wait(MINUTE)
    assert _share(city, "signed_on_time_rate") == (0, 1, 0)


def test_letting_a_task_lie_until_others_get_it_is_not_forgiven() -> None:
    city = City()
    city.flood(30.0)
    city.finish(city.task("pump"))
    city.wait(HOUR)
    assert city.task("guard").unit == "11.emergency"
    city.finish(city.task("guard"))
    numerator, denominator, excluded = _share(city, "signed_on_time_rate")
    assert (numerator, denominator, excluded) == (1, 3, 0), "the town never signed, the fallback signed late"


def test_a_task_returned_in_time_is_left_out_and_counted_as_left_out(city: City) -> None:
    city.do("crew@11.drainage", "return", city.task("pump").id, text="no pump left")
    city.finish(city.task("pump"))
    city.wait(HOUR)
    assert _share(city, "signed_on_time_rate") == (1, 1, 1)
    assert _share(city, "done_on_time_rate") == (1, 1, 0)


def test_done_is_measured_against_the_first_deadline(city: City) -> None:
    task = city.task("pump")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    city.do("checker@11.inspection", "send-back", task.id, text="again")
    city.wait(3 * HOUR)
    city.do("crew@11.drainage", "claim", task.id, proof=GOOD_PROOF)
    assert _share(city, "done_on_time_rate") == (1, 1, 0)
    city.do("checker@11.inspection", "send-back", task.id, text="and again")
    city.wait(1)
    city.do("crew@11.drainage", "claim", task.id, proof=GOOD_PROOF)
    assert _share(city, "done_on_time_rate")[:2] == (0, 1)


def test_only_what_others_verified_counts_as_verified(city: City) -> None:
    task = city.task("pump")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    assert _share(city, "verified_rate") == (0, 1, 0)
    assert _share(city, "flagged_rate") == (1, 1, 0)
    city.do("checker@11.inspection", "verify", task.id)
    assert _share(city, "verified_rate") == (1, 1, 0)
    assert _share(city, "first_pass_rate") == (1, 1, 0)


def test_a_relapse_takes_the_credit_back(city: City) -> None:
    city.finish(city.task("pump"))
    city.drain()
    city.keep_reading({DEPTH: 0.0}, 4 * HOUR)
    assert _share(city, "closed_rate") == (1, 1, 0)
    assert _share(city, "reopened_rate") == (0, 1, 0)
    city.flood()
    city.keep_reading({DEPTH: 20.0}, 4 * HOUR)
    assert _share(city, "closed_rate") == (0, 1, 0)
    assert _share(city, "reopened_rate") == (1, 1, 0)


def test_a_relapse_counts_in_the_period_in_which_it_came(city: City) -> None:
    city.finish(city.task("pump"))
    city.drain()
    city.flood()
    city.finish(city.task("pump"))
    city.drain()
    relapsed = city.now
    city.wait(HOUR)
    assert _share(city, "reopened_rate") == (1, 1, 0)
    assert _share(city, "reopened_rate", since=relapsed) == (0, 0, 0)


# --- points, colours, ranks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "bands", "value", "expected"),
    [
        ("higher-is-better", (), 0.25, 25.0),
        ("lower-is-better", (), 0.25, 75.0),
        ("higher-is-better", ((0.95, 100.0), (0.8, 60.0)), 0.95, 100.0),
        ("higher-is-better", ((0.95, 100.0), (0.8, 60.0)), 0.9499, 60.0),
        ("higher-is-better", ((0.95, 100.0), (0.8, 60.0)), 0.5, 0.0),
        ("lower-is-better", ((0.0, 100.0), (0.1, 50.0)), 0.0, 100.0),
        ("lower-is-better", ((0.0, 100.0), (0.1, 50.0)), 0.1, 50.0),
        ("lower-is-better", ((0.0, 100.0), (0.1, 50.0)), 0.11, 0.0),
    ],
)
def test_points_come_from_bands_or_from_the_share(
    direction: str, bands: tuple[tuple[float, float], ...], value: float, expected: float
) -> None:
    item = ItemOfScore(
        item="item",
        measure="verified_rate",
        formula="",
        weight=100,
        direction=direction,
        bands=tuple(BandOfScore(value=at, points=given) for at, given in bands),
    )
    assert points(item, exact(value)) == exact(expected)


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    rows = ranked([_row("d", 70.0), _row("b", 90.0), _row("e", None), _row("a", 90.0), _row("c", 0.0)])
    assert [(row.unit, row.rank) for row in rows] == [("a", 1), ("b", 1), ("d", 3), ("c", 4), ("e", None)]


def test_halves_are_rounded_up_and_decimals_are_what_is_written() -> None:
    assert [rounded(exact(number), 2) for number in (0.125, 0.135, 2.675, 99.995)] == [0.13, 0.14, 2.68, 100.0]
    assert exact(0.1) * 3 == exact(0.3)


def test_the_colour_is_that_of_the_score_as_published(city: City) -> None:
    """Who recomputes the score from the published figures must come to the same colour."""
    task = city.task("pump")
    city.do("crew@11.drainage", "sign", task.id)
    body = _sheet(city, "signed_on_time_rate", "verified_rate")
    (east, _) = scored(body)
    assert (east.score, east.level) == (100.0, "normal"), "only signing has data: it has all the weight"
    close = msgspec.structs.replace(body, colours=(msgspec.structs.replace(body.colours[0], least=100.0), *body.colours[1:]))
    assert scored(close)[0].level == "normal"


# --- publishing -----------------------------------------------------------------------------------------------


def test_nothing_is_published_before_there_was_anything_to_do() -> None:
    city = City()
    city.wait(60 * HOUR)
    assert city.of(ScorePublished) == []
    city.flood()
    assert city.of(ScorePublished) == [], "empty periods of the past are not published afterwards"


def test_a_period_ends_on_the_local_clock_and_is_published_once() -> None:
    city = City()
    city.flood()
    zone, every = city.rules.zone, 6 * HOUR
    until = local_floor(city.now, every, zone) + every
    city.wait(until - 1 - city.now)
    assert city.of(ScorePublished) == []
    assert city.loop.next_due() == until
    city.wait(1)
    city.wait(every - 1)
    (published,) = city.of(ScorePublished)
    assert (published.since, published.until, published.scorecard, published.version) == (until - every, until, "closing", "1")
    assert [row.unit for row in published.rows] == ["11", "12"]


def test_a_score_names_what_it_was_counted_through_and_its_cases() -> None:
    city = City()
    city.flood()
    city.finish(city.task("pump"))
    city.drain()
    city.wait(6 * HOUR)
    fact = next(fact for fact in city.facts if isinstance(fact.body, ScorePublished))
    assert isinstance(fact.body, ScorePublished)
    assert [city.facts[int(id.split("-")[1]) - 1].kind for id in fact.because] == ["case-closed"]
    assert fact.body.through in {one.id for one in city.facts if one.seq < fact.seq}
    east, west = fact.body.rows
    assert (east.cases, east.rank, west.score, west.rank) == (("cq-C00001", "cq-C00002"), 1, None, None)


def test_looking_late_publishes_every_period_that_ended() -> None:
    city = City()
    city.flood()
    city.now += 20 * HOUR
    city.turn()
    periods = [(published.since, published.until) for published in city.of(ScorePublished)]
    assert len(periods) == 3
    assert all(until - since == 6 * HOUR for since, until in periods)
    assert [since for since, _ in periods[1:]] == [until for _, until in periods[:-1]]


def test_only_the_case_types_of_the_card_are_counted() -> None:
    packs = with_change("rain/scorecards.yaml", "[rainstorm, ponding, data-duty]", "[rainstorm]")
    city = City(packs)
    city.flood()
    city.wait(7 * HOUR)
    (published,) = city.of(ScorePublished)
    assert [row.score for row in published.rows] == [None, None]
