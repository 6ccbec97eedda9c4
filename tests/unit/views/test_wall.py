"""The wall: levels rolled up, grey where nobody speaks, counters that agree with the casebook."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack, with_change
from tests.unit.views.city import START, City, LoopGauges, encoded

from bihuan.model.facts import Fact, LevelChanged, Proof, Rule, SeriesReturned, SeriesSilent
from bihuan.model.times import DAY, MINUTE
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.views import Views
from bihuan.views.board import FILM, Board
from bihuan.views.tree import Tree
from bihuan.views.wall import EVENTS, QUIET_EVENTS


def wall(city: City, unit: str = "1") -> Any:
    return encoded(city.views.wall(unit, city.now))


def turn(city: City, unit: str = "1") -> Any:
    assert city.change is not None
    return encoded(city.views.turn_event(city.change, unit, city.now))


def test_before_anybody_speaks_everything_is_grey_and_nothing_is_calm(city: City) -> None:
    seen = wall(city)
    assert all(place["unknown"] for place in seen["places"].values())
    assert seen["counts"]["town"] == {"normal": 0, "blue": 0, "yellow": 0, "orange": 0, "red": 0, "unknown": 4}
    assert seen["data"]["newest_at"] is None


def test_a_town_is_known_from_its_first_reading_on(city: City) -> None:
    city.read({"rain@1101": 0.0})
    seen = wall(city)
    assert seen["places"]["1101"] == {"level": "normal", "unknown": False, "rain_1h": None}
    assert seen["counts"]["town"]["normal"] == 1
    assert seen["counts"]["town"]["unknown"] == 3
    assert turn(city)["places"]["1101"]["unknown"] is False


def test_a_place_above_stands_at_the_worst_of_what_is_below(city: City) -> None:
    city.rain({"1101": 10.0}, times=6)
    seen = wall(city)
    assert seen["places"]["1101"]["level"] == "orange"
    assert seen["places"]["11"] == {
        "level": "orange",
        "unknown": False,
        "towns": {"normal": 1, "blue": 0, "yellow": 0, "orange": 1, "red": 0, "unknown": 0},
    }
    assert seen["places"]["1"]["level"] == "orange"
    assert seen["places"]["12"]["level"] == "normal"
    assert seen["counts"]["district"] == {"normal": 1, "blue": 0, "yellow": 0, "orange": 1, "red": 0, "unknown": 0}
    assert seen["warnings"] == {"orange": 1}


def test_a_thing_colours_the_district_but_not_the_town_that_is_measured_itself(flooded: City) -> None:
    seen = wall(flooded)
    assert seen["places"]["1101"]["level"] == "normal"
    assert seen["places"]["11"]["level"] == "yellow"
    (point,) = [thing for thing in seen["things"] if thing["code"] == "LP-1101-1"]
    assert (point["level"], point["unknown"], point["value"]) == ("yellow", False, 30.0)


def test_a_town_that_fell_silent_with_a_warning_keeps_its_level_and_counts_as_unknown(city: City) -> None:
    city.rain({"1101": 10.0}, times=6)
    city.wait(21 * MINUTE)
    seen = wall(city)
    assert seen["places"]["1101"]["level"] == "orange"
    assert seen["places"]["1101"]["unknown"] is True
    assert seen["counts"]["town"] == {"normal": 0, "blue": 0, "yellow": 0, "orange": 1, "red": 0, "unknown": 4}


def test_a_district_is_grey_only_when_nothing_in_it_reports(city: City) -> None:
    city.rain({})
    city.wait(10 * MINUTE)
    city.read({"rain@1101": 0.0})
    city.wait(11 * MINUTE)
    seen = wall(city)
    assert seen["places"]["11"]["unknown"] is False
    assert seen["places"]["11"]["towns"]["unknown"] == 1
    assert seen["places"]["12"]["unknown"] is True


def test_grey_series_are_duties_with_an_owner_until_their_case_closes(city: City) -> None:
    city.rain({})
    city.wait(21 * MINUTE)
    seen = wall(city)
    assert seen["duties"] == seen["cases"]["open"] == 6
    assert wall(city, "12")["duties"] == 3


def test_a_special_zone_takes_its_towns_from_the_division_on_the_wall() -> None:
    packs = with_change(
        "rain/places.csv",
        "1201,西一镇,town,12,106.41,29.51,West One",
        "z,新区,district,1,106.5,29.5,New Area,,true\n1201,西一镇,town,12,106.41,29.51,West One,z,",
    )
    lines = packs["rain"]["places.csv"].split("\n")
    lines = [lines[0] + ",duty_parent,unit_only"] + [line + "," * (8 - line.count(",")) for line in lines[1:] if line]
    packs["rain"]["places.csv"] = "\n".join(lines) + "\n"
    city = City(load(packs))
    city.rain({"1201": 10.0}, times=6)
    seen = wall(city)
    assert seen["places"]["z"]["level"] == "orange"
    assert seen["places"]["12"]["level"] == "normal"
    assert set(wall(city, "z")["places"]) == {"z", "1201"}


def test_tasks_and_cases_are_counted_where_they_stand(flooded: City) -> None:
    pump, guard = flooded.task("pump"), flooded.task("guard")
    assert wall(flooded)["tasks"] == {"unsigned": 2, "working": 0, "overdue": 0, "checking": 0, "verified": 0}
    flooded.do("duty@11.drainage", "sign", pump)
    flooded.wait(11 * MINUTE)
    assert wall(flooded)["tasks"] == {"unsigned": 1, "working": 1, "overdue": 1, "checking": 0, "verified": 0}
    flooded.do("duty@1101", "sign", guard)
    flooded.wait(5 * MINUTE)
    flooded.do("duty@1101", "claim", guard, proof=Proof(text="water is gone"))
    assert wall(flooded)["tasks"] == {"unsigned": 0, "working": 1, "overdue": 0, "checking": 1, "verified": 0}
    counted = {"reported": 0, "open": 1, "closed": 0, "reopened": 0, "flagged": 0}
    assert wall(flooded, "1101")["cases"] == wall(flooded)["cases"] == counted
    assert wall(flooded, "12")["cases"]["open"] == 0


def test_a_proposal_waits_as_a_response_and_is_in_force_until_its_case_closes(city: City, story: City) -> None:
    city.rain({"1101": 10.0}, times=6)
    (waiting,) = wall(city)["responses"]
    assert (waiting["place"], waiting["response"], waiting["state"]) == ("11", "III", "proposed")
    city.do("duty@11", "declare", next(iter(city.views.known.archive.asking)))
    (declared,) = wall(city)["responses"]
    assert declared["state"] == "declared"
    assert wall(city, "12")["responses"] == []
    assert wall(story)["responses"] == []


def test_events_are_newest_first_and_only_of_the_unit(flooded: City) -> None:
    events = wall(flooded)["events"]
    assert events[0]["kind"] == "case-opened"
    assert [event["at"] for event in events] == sorted((event["at"] for event in events), reverse=True)
    assert events[0]["case"] == "cq-C00001"
    assert not [event for event in wall(flooded, "12")["events"] if event["kind"] != "packs-loaded"]
    assert "readings-received" not in {event["kind"] for event in events}


def test_hundreds_of_signatures_do_not_hide_a_warning(many_towns: City) -> None:
    many_towns.rain({f"11{number:02}": 10.0 for number in range(3, 83)}, times=6)
    many_towns.do("duty@11", "declare", next(iter(many_towns.views.known.archive.asking)))
    for task in [task.id for task in many_towns.loop.book.tasks.values() if task.sent.step == "town-watch"]:
        many_towns.do(f"duty@{many_towns.loop.book.tasks[task].unit}", "sign", task)
    events = wall(many_towns)["events"]
    assert len(events) <= EVENTS
    kinds = [event["kind"] for event in events]
    assert "warning-raised" in kinds
    assert "response-declared" in kinds
    assert kinds.count("task-signed") >= QUIET_EVENTS


def test_a_turn_tells_what_changed_and_whose_desk(flooded: City) -> None:
    flooded.do("duty@11.drainage", "sign", flooded.task("pump"))
    seen = turn(flooded)
    assert seen["places"] == {}
    assert seen["touched"] == {"cases": ["cq-C00001"], "units": ["11", "11.drainage", "11.inspection"]}
    assert [event["kind"] for event in seen["events"]] == ["task-signed"]
    assert seen["tasks"]["working"] == 1
    assert seen["loop"] == wall(flooded)["loop"]


def test_values_of_points_in_warning_come_with_every_turn_of_readings(flooded: City) -> None:
    flooded.pond("LP-1101-1", 33.0)
    assert turn(flooded)["things"] == {"LP-1101-1": {"level": "yellow", "unknown": False, "value": 33.0}}
    assert turn(flooded, "12")["things"] == {}


def test_rain_of_the_last_hour_is_shown_where_it_can_be_had(rules: Rules, flooded: City) -> None:
    views = Views(rules, flooded.loop.book, LoopGauges(flooded.loop), hour_sum=lambda indicator, place: 12.5)
    seen: Any = encoded(views.wall("1", START))
    assert seen["places"]["1101"]["rain_1h"] == 12.5


def test_a_rung_that_sums_an_hour_gives_the_rain_of_the_last_hour() -> None:
    city = City(load(with_change("rain/indicators.yaml", "fold: sum, over: 3h, missing: zero}, raise: {op: \">=\", value: 100}",
                                 "fold: sum, over: 1h, missing: zero}, raise: {op: \">=\", value: 100}")))  # fmt: skip
    city.rain({"1101": 1.5}, times=2)
    assert wall(city)["places"]["1101"]["rain_1h"] == 3.0


# --- frames ---------------------------------------------------------------------------------------------------


def at_end(frames: Any) -> dict[str, tuple[str, bool]]:
    levels, grey = dict(frames["start"]), {spot: frames["start_unknown"].get(spot, False) for spot in frames["start"]}
    for change in frames["changes"]:
        levels |= change["places"]
        grey |= change["unknown"]
    return {spot: (levels[spot], grey[spot]) for spot in levels}


def test_the_film_ends_where_the_wall_stands(city: City) -> None:
    city.rain({"1101": 10.0}, times=8)
    city.pond("LP-1201-1", 45.0)
    city.wait(30 * MINUTE)
    frames: Any = encoded(city.views.frames("1", city.now))
    seen = wall(city)
    now = {code: (place["level"], place["unknown"]) for code, place in seen["places"].items()}
    now |= {thing["code"]: (thing["level"], thing["unknown"]) for thing in seen["things"]}
    assert at_end(frames) == now
    assert frames["from"] <= frames["changes"][0]["at"] <= frames["until"] == city.now
    assert frames["changes"] == sorted(frames["changes"], key=lambda change: change["at"])


def test_the_film_of_a_journal_read_again_has_its_own_times(city: City) -> None:
    city.rain({"1101": 10.0}, times=8)
    again = Views(city.rules, city.loop.book, LoopGauges(city.loop))
    again.fold(city.facts)
    before: Any = encoded(city.views.frames("1", city.now))
    after: Any = encoded(again.frames("1", city.now))
    assert after == before
    assert encoded(again.wall("1", city.now)) == wall(city)


def test_the_film_keeps_seven_days_and_starts_from_what_was_then(city: City) -> None:
    city.rain({"1101": 10.0}, times=6)
    facts = city.facts
    board = Board(city.rules, Tree(city.rules), LoopGauges(city.loop))
    for fact in facts:
        board.fold(fact)
    board.flush(START)
    assert board.film.turns
    board.flush(START + FILM + DAY)
    assert not board.film.turns
    assert board.film.start["1101"][0] == 3
    assert board.film.began == START + DAY


# --- the board against counting anew --------------------------------------------------------------------------

RULES = load(small_pack())
SERIES = [(indicator.id, spot) for indicator, spot in RULES.series()]
LEVELS = [level.id for level in RULES.levels]
RULE = Rule(ladder="rainstorm", level="blue", text="", op=">=", threshold=1.0)


class Deaf:
    """Gauges that were never heard."""

    newest_at = None
    readings = silent = series = 0

    def newest(self, indicator: str, place: str) -> None:
        return None

    def window(self, indicator: str, place: str, rung: int) -> None:
        return None

    def known(self, indicator: str, place: str) -> bool:
        return False


def as_fact(number: int, what: str, series: tuple[str, str], level: str) -> Fact:
    indicator, place = series
    body: LevelChanged | SeriesSilent | SeriesReturned
    if what == "level":
        body = LevelChanged(
            indicator=indicator, place=place, level=level, before="normal", value=1.0, reading_at=0, since=0, rule=RULE
        )
    elif what == "silent":
        body = SeriesSilent(indicator=indicator, place=place, level=level, last_reading_at=None, stale_after=1)
    else:
        body = SeriesReturned(indicator=indicator, place=place, level=level, silent_for=1)
    return Fact(seq=number, id=f"x-{number}", at=number, recorded_at=number, actor="sense", subject="", because=(), body=body)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(["level", "silent", "back"]), st.sampled_from(SERIES), st.sampled_from(LEVELS)),
        max_size=30,
    )
)
def test_counts_kept_up_fact_by_fact_equal_counts_made_anew(moves: list[tuple[str, tuple[str, str], str]]) -> None:
    board = Board(RULES, Tree(RULES), Deaf())
    level = dict.fromkeys(SERIES, 0)
    grey = set(SERIES)
    never = set(SERIES)
    for number, (what, series, name) in enumerate(moves):
        board.fold(as_fact(number, what, series, name))
        board.flush(number)
        if what == "level":
            level[series] = RULES.rank(name)
            grey -= {series} & never
        elif what == "silent":
            grey.add(series)
        else:
            grey.discard(series)
        never.discard(series)
    for town in ("1101", "1102", "1201", "1202"):
        assert board.state(town) == (level["rain", town], ("rain", town) in grey)
    for district in ("11", "12"):
        mine = [series for series in SERIES if RULES.above(series[1], "district") == district]
        assert board.state(district) == (max(level[series] for series in mine), all(series in grey for series in mine))
        towns = [board.state(town) for town in RULES.below(district, "town")]
        counts = board.counts_under(district, "town")
        assert counts["unknown"] == sum(unknown for _, unknown in towns)
        assert counts["normal"] == sum(rank == 0 and not unknown for rank, unknown in towns)
        assert counts["red"] == sum(rank == 4 for rank, _ in towns)


def test_news_of_a_moment_leave_out_what_came_later(story: City) -> None:
    raised = next(fact for fact in story.facts if fact.kind == "warning-raised")
    news = story.views.news("1", raised.at, 10)
    assert raised.id in [event.id for event in news]
    assert all(event.at <= raised.at for event in news)
    assert [event.at for event in news] == sorted((event.at for event in news), reverse=True)
    assert story.views.news("1", 0, 10) == ()
