"""Periods compared over what a running centre has in its history."""

from tests.unit.app.conftest import Bench
from tests.unit.app.test_snapshot import TWICE, more_indicators
from tests.unit.loop.city import EAST_TOWN, MINUTE, OTHER_EAST_TOWN, START, UNDERPASS, batch_of

from bihuan.app.gates import LiveGate
from bihuan.model.times import DAY
from bihuan.pack.load import load

RAIN, OTHER_RAIN, DEPTH = f"rain@{EAST_TOWN}", f"rain@{OTHER_EAST_TOWN}", f"ponding-depth@{UNDERPASS}"


def test_a_place_and_a_thing_are_compared_over_what_was_taken_in(bench: Bench) -> None:
    rows = [
        (RAIN, START, 1.5),
        (RAIN, START + MINUTE, 2.5),
        (OTHER_RAIN, START, 3.0),
        (DEPTH, START, 7.0),
        (DEPTH, START + MINUTE, 9.0),
    ]
    bench.centre.step(START + MINUTE, [batch_of(rows)])
    gate, at = LiveGate(bench.centre, bench.clock, ()), START + MINUTE
    rain = gate.compare(gate.read(lambda views: views.comparable("rain", "11", "duty")), "day", at)
    assert (rain.this.value, rain.this.readings, rain.last.value, rain.against_last) == (4.0, 3, None, None)
    depth = gate.compare(gate.read(lambda views: views.comparable("ponding-depth", UNDERPASS, "duty")), "year", at)
    assert (depth.this.value, depth.this.readings, depth.this.expected, depth.year) == (9.0, 2, 1, None)


def test_what_a_formula_works_out_is_compared_by_what_is_kept_of_its_inputs(bench: Bench) -> None:
    bench.rules = load(more_indicators(TWICE))
    bench.crash()
    week = 7 * DAY
    for since, values in ((START - week, (4.0, 6.0)), (START, (5.0, 8.0))):
        for minute, value in enumerate(values):
            at = since + 5 * minute * MINUTE
            bench.centre.step(max(at, START), [batch_of([(DEPTH, at, value)])])
    gate, at = LiveGate(bench.centre, bench.clock, ()), START + 10 * MINUTE
    for place in (UNDERPASS, "11", "1"):
        twice = gate.compare(gate.read(lambda views, place=place: views.comparable("depth-twice", place, "duty")), "week", at)
        assert (twice.this.value, twice.this.readings, twice.this.series) == (16.0, 2, 1)
        assert (twice.last.value, twice.last.readings) == (12.0, 2)
        assert twice.against_last is not None
        assert twice.against_last.difference == 4.0
