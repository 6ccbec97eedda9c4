"""Done is not closed: every task verified by others, the indicator green, and a watch on what comes back."""

import pytest
from tests.packs_for_tests import with_change
from tests.unit.loop.city import EAST_TOWN, GOOD_PROOF, HOUR, MINUTE, UNDERPASS, City

from bihuan.model.facts import CaseClosed, CaseReopened, SeriesSilent, WarningCleared

DEPTH = f"ponding-depth@{UNDERPASS}"


@pytest.fixture
def city() -> City:
    city = City()
    city.flood()
    return city


def test_a_case_closes_when_all_is_verified_and_the_water_is_gone(city: City) -> None:
    opened_at = city.now
    city.finish(city.task("pump"))
    assert city.of(CaseClosed) == [], "the water still stands"
    city.drain()
    (closed,) = city.of(CaseClosed)
    cleared = next(fact for fact in city.facts if isinstance(fact.body, WarningCleared))
    assert closed.green == cleared.id
    assert (closed.opened_at, closed.on_time, closed.watch_until) == (opened_at, True, city.now + 24 * HOUR)
    assert (closed.verifiers, closed.doers) == (("11.inspection",), ("11.drainage",))


def test_a_case_does_not_close_before_every_task_is_verified(city: City) -> None:
    city.flood(30.0)
    city.finish(city.task("pump"))
    city.drain()
    assert city.of(CaseClosed) == []
    task = city.task("guard")
    city.do("duty@1101", "sign", task.id)
    city.wait(2 * MINUTE)
    city.do("duty@1101", "claim", task.id, proof=GOOD_PROOF)
    assert city.of(CaseClosed) == [], "claimed is not verified"
    city.do("checker@11.inspection", "verify", task.id)
    assert len(city.of(CaseClosed)) == 1


def test_a_claim_sent_back_keeps_the_case_open(city: City) -> None:
    city.drain()
    task = city.task("pump")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    city.do("checker@11.inspection", "send-back", task.id, text="mud everywhere")
    assert city.of(CaseClosed) == []


def test_a_case_does_not_close_while_its_indicator_is_grey(city: City) -> None:
    city.drain()
    city.wait(HOUR)
    assert len(city.of(SeriesSilent)) == 1
    city.finish(city.task("pump"))
    assert city.of(CaseClosed) == []
    city.read({DEPTH: 0.0})
    (closed,) = [body for body in city.of(CaseClosed) if body.case_type == "ponding"]
    assert closed.green


def test_silence_does_not_close_a_case(city: City) -> None:
    city.finish(city.task("pump"))
    city.wait(72 * HOUR)
    assert city.of(CaseClosed) == []


def test_a_case_begun_by_silence_closes_when_the_series_is_heard_again() -> None:
    city = City()
    city.read({DEPTH: 0.0})
    city.wait(21 * MINUTE)
    city.finish(city.task("restore-depth"))
    assert city.of(CaseClosed) == [], "the gauge was not heard yet"
    city.read({DEPTH: 0.0})
    (closed,) = city.of(CaseClosed)
    assert [fact.kind for fact in city.facts if fact.id == closed.green] == ["series-returned"]


def test_a_case_begun_by_a_report_needs_no_indicator() -> None:
    city = City()
    city.do("duty@1101", "report", "ponding", place="1101")
    city.finish(city.task("look"))
    assert [closed.green for closed in city.of(CaseClosed)] == ["none"]


def test_a_reported_case_that_a_warning_joined_waits_for_the_warning() -> None:
    city = City()
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    city.flood()
    assert (city.case().warning, city.case().indicator) == ("cq-W00001", "ponding-depth")
    city.finish(city.task("look"))
    city.finish(city.task("pump"))
    assert city.of(CaseClosed) == []
    city.drain()
    assert len(city.of(CaseClosed)) == 1


def test_a_reported_case_that_a_warning_joined_is_not_closed_while_that_series_is_grey() -> None:
    city = City()
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    city.flood()
    city.drain()
    city.wait(HOUR)
    assert len(city.of(SeriesSilent)) == 1
    city.finish(city.task("pump"))
    city.finish(city.task("look"))
    assert city.of(CaseClosed) == []


def test_two_silent_gauges_of_one_place_must_both_be_heard() -> None:
    packs = with_change(
        "rain/indicators.yaml",
        "  - id: ponding-depth\n",
        "  - id: wind\n"
        "    words: {zh: 风速, en: Wind}\n"
        "    unit: m/s\n"
        "    subject: {places: town}\n"
        "    cadence: 5m\n"
        "    stale_after: 20m\n"
        "    direction: higher-is-worse\n"
        "    origin: synthetic\n"
        "    origin_note: {zh: 为测试编写, en: Written for tests}\n"
        "  - id: ponding-depth\n",
    )
    silent = "  - id: ponding-silent\n"
    wind = (
        "  - id: wind-silent\n"
        "    words: {zh: 风速中断, en: Wind silent}\n"
        "    trigger: {silent: {indicator: wind}}\n"
        "    case: data-duty\n"
        "    steps:\n"
        "      - {id: restore-wind, words: {zh: 恢复, en: Restore}, to: {role: sensing, at: district}, sign: 15m, done: 6h}\n"
    )
    city = City(with_change("rain/plans.yaml", silent, wind + silent, packs))
    city.read({f"rain@{EAST_TOWN}": 1.0, f"wind@{EAST_TOWN}": 3.0})
    city.wait(21 * MINUTE)
    city.finish(city.task("restore-rain"))
    city.finish(city.task("restore-wind"))
    city.read({f"wind@{EAST_TOWN}": 3.0})
    assert city.of(CaseClosed) == [], "the rain gauge is still grey"
    city.read({f"rain@{EAST_TOWN}": 1.0})
    assert len(city.of(CaseClosed)) == 1


def test_a_case_whose_task_was_late_is_not_on_time(city: City) -> None:
    city.wait(6 * MINUTE)
    city.finish(city.task("pump"))
    city.drain()
    assert [closed.on_time for closed in city.of(CaseClosed)] == [False]


def test_being_sent_back_forgives_no_lateness(city: City) -> None:
    task = city.task("pump")
    city.do("crew@11.drainage", "sign", task.id)
    city.do("crew@11.drainage", "arrive", task.id)
    city.wait(4 * HOUR)
    city.do("crew@11.drainage", "claim", task.id, proof=GOOD_PROOF)
    city.do("checker@11.inspection", "send-back", task.id, text="again")
    assert task.overdue == set(), "the new clock is not overdue"
    city.finish(task)
    city.read({DEPTH: 0.0})
    city.drain()
    assert [closed.on_time for closed in city.of(CaseClosed) if closed.case_type == "ponding"] == [False]


def test_a_slow_check_is_not_held_against_the_doers(city: City) -> None:
    task = city.task("pump")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    city.keep_reading({DEPTH: 0.0}, 2 * HOUR)
    city.do("checker@11.inspection", "verify", task.id)
    assert [closed.on_time for closed in city.of(CaseClosed)] == [True]


def test_a_relapse_takes_the_close_back_and_the_case_closes_anew(city: City) -> None:
    city.finish(city.task("pump"))
    city.drain()
    assert city.case().closed_at == city.now
    city.flood()
    assert len(city.of(CaseReopened)) == 1
    assert city.case().closed_at is None
    assert city.case().reopened == 1
    city.finish(city.task("pump"))
    city.drain()
    first, second = city.of(CaseClosed)
    assert first.case == second.case
    assert second.green != first.green
    assert second.opened_at == first.opened_at


def test_a_case_is_closed_once(city: City) -> None:
    city.finish(city.task("pump"))
    city.drain()
    city.keep_reading({DEPTH: 0.0}, HOUR)
    assert len(city.of(CaseClosed)) == 1
