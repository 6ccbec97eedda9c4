"""Recorded readings in virtual time: every moment at its own time, what is due in between as well, one JSON line a fact."""

import json

import numpy as np
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import MINUTE, START, batch_of

from bihuan.loop.turn import Inputs, Loop
from bihuan.pack.load import load
from bihuan.replay.offline import as_line, as_lines, by_time, run

RULES = load(small_pack())
ROWS = [("rain@1102", START + 5 * MINUTE, 2.0), ("rain@1101", START, 1.0), ("rain@1101", START + 5 * MINUTE, 3.0)]


def test_a_recording_is_cut_into_moments_in_order_of_time_and_rows_keep_theirs() -> None:
    moments = list(by_time(batch_of(ROWS)))
    assert [now - START for now, _ in moments] == [0, 5 * MINUTE]
    last = moments[1][1]
    assert last.names() == ["rain@1102", "rain@1101"]
    assert last.value.tolist() == [2.0, 3.0]


def test_nothing_recorded_is_no_moment() -> None:
    assert list(by_time(batch_of([]))) == []


def test_what_is_due_between_two_readings_has_a_turn_of_its_own() -> None:
    loop = Loop(rules=RULES, began=START)
    depth = "ponding-depth@LP-1101-1"
    recording = batch_of([(depth, START, 20.0), (depth, START + 60 * MINUTE, 20.0)])
    facts = [fact for facts in run(loop, by_time(recording)) for fact in facts]
    times = {fact.kind: fact.recorded_at - START for fact in reversed(facts)}
    assert (times["level-changed"], times["task-overdue"], times["series-silent"]) == (
        10 * MINUTE + 1,  # a hold of five minutes, until the reading after it is overdue
        15 * MINUTE + 2,
        20 * MINUTE + 1,
    )


def test_entries_are_counted_on_from_where_the_loop_is() -> None:
    loop = Loop(rules=RULES, began=START)
    loop.turn(Inputs(batches=[(1, batch_of([("rain@1101", START, 0.0)]))]), START)
    facts = [fact for facts in run(loop, by_time(batch_of(ROWS[:1]))) for fact in facts]
    assert [fact.body.entry for fact in facts if fact.kind == "readings-received"] == [2]  # type: ignore[union-attr]


def test_a_fact_is_one_line_with_what_it_says_on_top() -> None:
    loop = Loop(rules=RULES, began=START)
    facts = [fact for facts in run(loop, by_time(batch_of([("rain@1101", START, 60.0)]))) for fact in facts]
    changed = next(fact for fact in facts if fact.kind == "level-changed")
    line = as_line(changed)
    said = json.loads(line)
    assert line.endswith(b"\n")
    assert (said["kind"], said["indicator"], said["place"], said["level"]) == ("level-changed", "rain", "1101", "orange")
    assert (said["seq"], said["id"], said["because"]) == (changed.seq, changed.id, list(changed.because))
    assert said["time"] == "2025-08-31T18:00:00+00:00"
    assert as_lines([changed, changed]) == line * 2


def test_the_order_of_rows_of_one_moment_does_not_depend_on_the_sort() -> None:
    rows = [(f"rain@{town}", START, float(value)) for value, town in enumerate(["1101", "1102", "1201", "1202"] * 50)]
    ((_, batch),) = by_time(batch_of(rows))
    assert np.array_equal(batch.value, np.arange(200.0))
