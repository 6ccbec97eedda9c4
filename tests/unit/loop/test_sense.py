"""Sense: readings become levels with the rule that decided them, silence becomes unknown, late readings are said, not lost."""

from tests.packs_for_tests import with_change
from tests.unit.loop.city import EAST_TOWN, MINUTE, START, UNDERPASS, City, batch_of

from bihuan.model.facts import LateReading, LevelChanged, PacksLoaded, ReadingsReceived, SeriesReturned, SeriesSilent

RAIN, DEPTH = f"rain@{EAST_TOWN}", f"ponding-depth@{UNDERPASS}"


def test_the_first_turn_names_the_packs_and_later_ones_do_not() -> None:
    city = City()
    city.turn()
    city.turn()
    (loaded,) = city.of(PacksLoaded)
    assert [pack.urn for pack in loaded.packs] == ["bihuan/test-base", "bihuan/test-rain"]
    assert loaded.digest == city.rules.digest
    assert city.kinds() == ["packs-loaded"]


def test_a_receipt_counts_what_came_of_every_row() -> None:
    city = City()
    city.read({RAIN: 1.0})
    city.wait(10 * MINUTE)
    rows = [(RAIN, city.now, 2.0), (RAIN, START, 1.0), (RAIN, START - 5 * MINUTE, 1.0), ("rain@9999", city.now, 1.0)]
    city.turn(batches=[batch_of(rows, source="gauges")])
    city.read({RAIN: 3.0}, quality="missing")
    mixed, missing = city.of(ReadingsReceived)[1:]
    assert (mixed.rows, mixed.applied, mixed.late, mixed.duplicate, mixed.set_aside) == (4, 1, 1, 1, 0)
    assert mixed.digest == city.batches[2].digest
    assert mixed.source == "gauges"
    assert (missing.applied, missing.set_aside) == (0, 1)


def test_a_level_carries_the_rule_that_decided_it_and_its_receipt() -> None:
    city = City()
    city.read({RAIN: 60.0})
    (changed,) = [fact for fact in city.facts if isinstance(fact.body, LevelChanged)]
    body = changed.body
    assert (body.level, body.before, body.value, body.reading_at) == ("orange", "normal", 60.0, START)
    assert (body.rule.text, body.rule.threshold, body.rule.window) == ("sum 3h >= 50", 50.0, "sum 3h")
    assert (body.rule.issuer, body.rule.document, body.rule.version) == ("CMA", "rainstorm signal", "1")
    assert changed.subject == RAIN
    (receipt,) = changed.because
    assert [fact.kind for fact in city.facts if fact.id == receipt] == ["readings-received"]


def test_a_clearing_names_the_rung_that_let_go() -> None:
    city = City()
    city.keep_reading({DEPTH: 20.0}, 5 * MINUTE)
    city.drain()
    up, down = city.of(LevelChanged)
    assert (up.level, up.rule.text) == ("blue", ">= 15 for 5m")
    assert (down.level, down.rule.level, down.rule.text) == ("normal", "blue", "< 10 for 10m")


def test_an_override_nearer_to_the_place_decides_and_says_so() -> None:
    packs = with_change(
        "rain/indicators.yaml",
        '    source: {issuer: CMA, document: rainstorm signal, version: "1"}\n',
        '    source: {issuer: CMA, document: rainstorm signal, version: "1"}\n'
        "    overrides:\n"
        '      - {place: "11", level: orange, value: 40, source: {issuer: City, document: low ground}}\n'
        '      - {place: "1101", level: orange, value: 30}\n',
    )
    city = City(packs)
    city.read({"rain@1101": 35.0, "rain@1102": 35.0, "rain@1201": 35.0})
    (changed,) = city.of(LevelChanged)
    assert (changed.place, changed.rule.threshold, changed.rule.override, changed.rule.issuer) == ("1101", 30.0, True, "CMA")
    city.wait(5 * MINUTE)
    city.read({"rain@1102": 10.0, "rain@1201": 10.0})
    assert (city.of(LevelChanged)[-1].place, city.of(LevelChanged)[-1].rule.issuer) == ("1102", "City")


def test_three_spans_running_raise_only_when_each_of_them_does_and_the_rule_says_so() -> None:
    three_hours = 'over: 3h, missing: zero}, raise: {op: ">=", value: 100'
    running = 'over: 5m, times: 3}, raise: {op: ">=", value: 100'
    city = City(with_change("rain/indicators.yaml", three_hours, running))
    city.keep_reading({RAIN: 120.0}, 5 * MINUTE)
    assert city.of(LevelChanged)[-1].level == "orange"
    city.wait(5 * MINUTE)
    city.read({RAIN: 105.0})
    changed = city.of(LevelChanged)[-1]
    assert (changed.level, changed.value, changed.rule.window) == ("red", 105.0, "sum 5m x3")
    assert changed.rule.text == "sum 5m in each of the last 3 spans >= 100"


def test_a_series_is_silent_one_instant_after_its_time_not_at_it() -> None:
    city = City()
    city.read({RAIN: 60.0})
    city.now = START + 20 * MINUTE
    city.turn()
    assert city.of(SeriesSilent) == []
    assert city.loop.next_due() == START + 20 * MINUTE + 1
    city.now += 1
    city.turn()
    (silent,) = city.of(SeriesSilent)
    assert (silent.place, silent.level, silent.last_reading_at, silent.stale_after) == ("1101", "orange", START, 20 * MINUTE)


def test_silence_is_said_once_however_long_it_lasts() -> None:
    city = City()
    city.read({RAIN: 1.0})
    city.wait(600 * MINUTE)
    assert len(city.of(SeriesSilent)) == 1


def test_the_first_fresh_reading_ends_a_silence_and_says_how_long_it_was() -> None:
    city = City()
    city.read({RAIN: 1.0})
    city.wait(50 * MINUTE)
    city.read({RAIN: 1.0})
    (back,) = city.of(SeriesReturned)
    assert back.silent_for == 30 * MINUTE - 1


def test_a_reading_from_before_the_silence_was_said_never_makes_it_shorter_than_nothing() -> None:
    city = City()
    city.read({RAIN: 1.0})
    city.wait(21 * MINUTE)
    city.turn(batches=[batch_of([(RAIN, START + 19 * MINUTE, 1.0)])])
    (back,) = city.of(SeriesReturned)
    assert back.silent_for == 0


def test_a_series_nobody_ever_heard_is_silent_where_all_are_expected() -> None:
    packs = with_change("rain/indicators.yaml", "    ladder: ponding\n", "    ladder: ponding\n    expect: all\n")
    city = City(packs)
    city.wait(20 * MINUTE)
    assert city.of(SeriesSilent) == []
    city.wait(1)
    silent = [fact for fact in city.facts if isinstance(fact.body, SeriesSilent)]
    assert [fact.body.last_reading_at for fact in silent] == [None, None]
    assert [fact.because for fact in silent] == [(), ()], "no receipt led to it"


def test_a_late_reading_that_would_have_meant_another_level_is_a_fact() -> None:
    city = City()
    city.read({DEPTH: 1.0})
    city.wait(10 * MINUTE)
    city.read({DEPTH: 1.0})
    city.turn(batches=[batch_of([(DEPTH, START + 5 * MINUTE, 70.0), (DEPTH, START + 4 * MINUTE, 2.0)])])
    (late,) = city.of(LateReading)
    assert (late.level, late.value, late.reading_at) == ("red", 70.0, START + 5 * MINUTE)
    assert city.of(LevelChanged) == []


def test_a_hold_runs_out_without_a_new_reading() -> None:
    city = City()
    city.read({DEPTH: 20.0})
    overdue = 10 * MINUTE + 1  # the hold ends when the next reading is due, and waits for it: two cadences
    assert city.loop.next_due() == START + overdue
    city.wait(overdue)
    (changed,) = [fact for fact in city.facts if isinstance(fact.body, LevelChanged)]
    assert (changed.body.since, changed.at) == (START, START + overdue)


def test_nothing_is_said_to_have_happened_after_it_was_written() -> None:
    """A station's clock may run a little ahead."""
    city = City()
    city.turn(batches=[batch_of([(RAIN, START + MINUTE, 60.0)])])
    (changed,) = [fact for fact in city.facts if isinstance(fact.body, LevelChanged)]
    assert (changed.at, changed.recorded_at, changed.body.reading_at) == (START, START, START + MINUTE)
