"""The ladder, one rule at a time: what each sentence of the semantics means with numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bihuan.engine import engine as engine_module
from bihuan.engine.columns import kernels_for
from bihuan.engine.engine import Engine, Event, Kind
from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec

MINUTE = 60_000
CADENCE = 5 * MINUTE
STALE = 15 * MINUTE


@pytest.fixture(autouse=True, params=[False, True], ids=["numpy", "numba"])
def fast(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Every sentence holds for both engines."""
    chosen = kernels_for(0, request.param)
    monkeypatch.setattr(engine_module, "kernels_for", lambda size, fast: chosen)
    return bool(request.param)


def rung(rank: int, limit: float, **more: Any) -> RungTable:
    if "clear_value" in more:
        more["clear_value"] = np.array([more["clear_value"]])
    return RungTable(rank=rank, op=more.pop("op", Op.GE), raise_value=np.array([limit]), **more)


def engine(*rungs: RungTable, began: int = 0, **more: Any) -> Engine:
    """One series, read every five minutes, stale after fifteen."""
    block = Block(start=0, stop=1, cadence_ms=CADENCE, stale_ms=more.pop("stale_ms", STALE), rungs=rungs, **more)
    return Engine([block], began)


@dataclass
class Heard:
    """What came of some readings, added up."""

    events: list[Event] = field(default_factory=list)
    applied: int = 0
    late: int = 0
    duplicate: int = 0
    set_aside: int = 0


def read(it: Engine, minute: float, *values: float, now: float | None = None, quality: int = 0) -> Heard:
    """Readings five minutes apart from `minute` on, each arriving as it is taken; or all in one batch at `now`."""
    ats = [int((minute + 5 * i) * MINUTE) for i in range(len(values))]
    batches = (
        [(ats, values, int(now * MINUTE))] if now is not None else [([a], (v,), a) for a, v in zip(ats, values, strict=True)]
    )
    heard = Heard()
    for at, value, moment in batches:
        done = it.apply([0] * len(at), at, value, [quality] * len(at), moment)
        heard.events += done.events
        for name in ("applied", "late", "duplicate", "set_aside"):
            setattr(heard, name, getattr(heard, name) + getattr(done, name))
    return heard


def levels(events: Sequence[Event]) -> list[tuple[int, int]]:
    return [(event.before, event.after) for event in events if event.kind is Kind.LEVEL]


def total(over: int, missing: Missing = Missing.UNKNOWN, share: float = 0.0, times: int = 1) -> WindowSpec:
    return WindowSpec(fold=Fold.SUM, over=over * MINUTE, missing=missing, share=share, times=times)


# --- rungs ----------------------------------------------------------------------------------------------------


def test_the_level_is_the_highest_active_rung_and_one_event_says_so() -> None:
    it = engine(rung(1, 10.0), rung(2, 20.0), rung(4, 40.0))
    (event,) = read(it, 5, 45.0).events
    assert (event.before, event.after, event.rung, event.value) == (0, 4, 2, 45.0)
    assert it.active[0] == 0b111
    assert levels(read(it, 10, 25.0).events) == [(4, 2)]


def test_a_threshold_itself_counts_as_its_sign_says() -> None:
    for op, at_limit in ((Op.GE, 1), (Op.GT, 0), (Op.LE, 1), (Op.LT, 0)):
        it = engine(rung(1, 10.0, op=op))
        read(it, 5, 10.0)
        assert it.level[0] == at_limit


def test_for_runs_out_without_a_new_reading_while_the_last_is_fresh() -> None:
    it = engine(rung(1, 10.0, for_ms=4 * MINUTE))
    assert not len(read(it, 5, 12.0).events)
    assert it.next_due() == 9 * MINUTE
    assert not len(it.advance(9 * MINUTE - 1))
    (event,) = it.advance(9 * MINUTE)
    assert (event.row, event.after, event.since, event.reading_at) == (-1, 1, 5 * MINUTE, 5 * MINUTE)


@pytest.mark.parametrize("minutes", [10, 12])
def test_a_timer_that_ends_when_a_reading_is_due_waits_for_it_until_it_is_overdue(minutes: int) -> None:
    it = engine(rung(1, 10.0, for_ms=minutes * MINUTE))
    read(it, 5, 12.0, 12.0)
    assert not len(it.advance(20 * MINUTE))
    assert it.next_due() == 20 * MINUTE + 1  # the reading of minute 10 and two cadences
    (event,) = it.advance(20 * MINUTE + 1)
    assert (event.after, event.since, event.reading_at) == (1, 5 * MINUTE, 10 * MINUTE)


@pytest.mark.parametrize("last", [9.0, 12.0])
def test_it_does_not_matter_whether_time_passes_before_a_reading_or_after_it(last: float) -> None:
    before, after = (engine(rung(1, 10.0, for_ms=10 * MINUTE)) for _ in "12")
    for minute, value in ((5, 12.0), (10, 12.0), (15, last)):
        before.advance(minute * MINUTE)
        read(before, minute, value)
        read(after, minute, value, now=minute - 0.01)
        after.advance(minute * MINUTE)
        assert before.level[0] == after.level[0] == int(minute == 15 and last == 12.0)


def test_keep_waits_for_the_reading_that_may_raise_again() -> None:
    it = engine(rung(1, 10.0, keep_ms=10 * MINUTE))
    read(it, 5, 12.0, 9.0, 9.0)
    it.advance(20 * MINUTE)
    assert not len(read(it, 20, 12.0).events)
    assert it.level[0] == 1


def test_a_dip_starts_for_again() -> None:
    it = engine(rung(1, 10.0, for_ms=10 * MINUTE))
    read(it, 5, 12.0, 9.0, 12.0, 12.0)
    assert it.level[0] == 0
    (event,) = read(it, 25, 12.0).events
    assert event.since == 15 * MINUTE


def test_keep_holds_a_level_until_it_has_been_calm_long_enough() -> None:
    it = engine(rung(1, 10.0, keep_ms=10 * MINUTE))
    read(it, 5, 12.0, 9.0, 12.0, 9.0, 9.0)
    assert it.level[0] == 1
    (event,) = read(it, 30, 9.0).events
    assert (event.before, event.after, event.since) == (1, 0, 20 * MINUTE)


def test_between_raise_and_clear_nothing_moves() -> None:
    it = engine(rung(1, 10.0, clear_op=Op.LT, clear_value=8.0))
    assert levels(read(it, 5, 9.0, 10.0, 9.0, 8.0, 7.9, 9.0).events) == [(0, 1), (1, 0)]


def test_nothing_clears_while_it_raises() -> None:
    """A clear condition that overlaps the raise condition must not make a level flicker."""
    it = engine(rung(1, 10.0, clear_op=Op.LT, clear_value=20.0))
    assert levels(read(it, 5, 12.0, 12.0, 12.0).events) == [(0, 1)]


def test_each_series_has_its_own_threshold_and_nan_means_never() -> None:
    rungs = (RungTable(rank=1, op=Op.GE, raise_value=np.array([10.0, 20.0, math.nan])),)
    it = Engine([Block(start=0, stop=3, cadence_ms=CADENCE, stale_ms=STALE, rungs=rungs)], 0)
    it.apply([0, 1, 2], [1, 1, 1], [15.0, 15.0, 1e9], [0, 0, 0], 1)
    assert it.level.tolist() == [1, 0, 0]


def test_one_batch_may_take_a_series_up_and_down_again() -> None:
    it = engine(rung(1, 10.0))
    events = read(it, 5, 12.0, 8.0, 12.0, now=15).events
    assert [(event.row, event.after) for event in events] == [(0, 1), (1, 0), (2, 1)]


# --- silence --------------------------------------------------------------------------------------------------


def test_silence_does_not_clear_a_warning() -> None:
    it = engine(rung(1, 10.0))
    read(it, 5, 12.0)
    assert it.next_due() == 20 * MINUTE + 1
    assert not len(it.advance(20 * MINUTE))
    (event,) = it.advance(20 * MINUTE + 1)
    assert (event.kind, event.before, event.after, event.since) == (Kind.SILENT, 1, 1, 5 * MINUTE)
    assert it.unknown[0]
    assert not len(it.advance(500 * MINUTE))
    assert it.level[0] == 1
    assert it.next_due() is None


def test_a_reading_ends_silence_and_is_evaluated() -> None:
    it = engine(rung(1, 10.0))
    read(it, 5, 12.0)
    it.advance(40 * MINUTE)
    back, level = read(it, 45, 9.0).events
    assert (back.kind, back.since, back.reading_at, back.after) == (Kind.RETURNED, 5 * MINUTE, 45 * MINUTE, 1)
    assert (level.kind, level.before, level.after) == (Kind.LEVEL, 1, 0)
    assert not it.unknown[0]


def test_timers_need_unbroken_evidence_in_both_directions() -> None:
    rising, falling = engine(rung(1, 10.0, for_ms=20 * MINUTE)), engine(rung(1, 10.0, keep_ms=20 * MINUTE))
    read(rising, 5, 12.0)
    read(falling, 5, 12.0, 9.0)
    for it in (rising, falling):
        it.advance(60 * MINUTE)
    read(rising, 65, 12.0)
    read(falling, 65, 9.0)
    assert (rising.level[0], falling.level[0]) == (0, 1)
    assert rising.next_due() == falling.next_due() == 80 * MINUTE + 1  # silent before either timer could run out
    assert levels(read(rising, 70, 12.0, 12.0, 12.0, 12.0).events) == [(0, 1)]
    assert levels(read(falling, 70, 9.0, 9.0, 9.0, 9.0).events) == [(1, 0)]


def test_a_series_never_heard_falls_silent_only_where_all_are_expected() -> None:
    expected, not_expected = engine(rung(1, 1.0), expect_all=True, began=1000), engine(rung(1, 1.0), began=1000)
    assert expected.unknown[0]
    assert not_expected.unknown[0]
    assert not len(expected.advance(1000 + STALE))
    (event,) = expected.advance(1000 + STALE + 1)
    assert (event.kind, event.since, event.reading_at) == (Kind.SILENT, 1000, -1)
    assert math.isnan(event.value)
    assert not_expected.next_due() is None
    assert not len(not_expected.advance(10**9))


def test_the_first_reading_of_a_series_is_no_return() -> None:
    assert not len(read(engine(rung(1, 10.0), expect_all=True), 5, 1.0).events)


def test_an_old_reading_is_kept_but_ends_no_silence() -> None:
    it = engine(rung(1, 10.0))
    read(it, 5, 1.0)
    it.advance(60 * MINUTE)
    done = read(it, 30, 50.0, now=60)
    assert (done.applied, len(done.events)) == (1, 0)
    assert (it.at[0], it.value[0], it.level[0]) == (30 * MINUTE, 50.0, 0)
    assert it.unknown[0]


# --- readings that are no evidence, late or double ------------------------------------------------------------


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_set_aside(value: float) -> None:
    it = engine(rung(1, 10.0))
    assert read(it, 5, value).set_aside == 1
    assert it.at[0] == -1


def test_a_flag_the_block_does_not_accept_neither_moves_nor_refreshes() -> None:
    it = engine(rung(1, 10.0))
    read(it, 5, 1.0)
    assert read(it, 10, 99.0, quality=2).set_aside == 1
    assert read(it, 10, 99.0, quality=200).set_aside == 1
    assert (it.level[0], it.at[0]) == (0, 5 * MINUTE)
    assert [event.kind for event in it.advance(20 * MINUTE + 1)] == [Kind.SILENT]


def test_a_late_reading_moves_nothing_and_is_said_when_it_would_have_mattered() -> None:
    it = engine(rung(1, 10.0), rung(2, 20.0))
    read(it, 5, 1.0, 1.0, 12.0)
    harmless = read(it, 7, 15.0, now=15)
    assert (harmless.late, len(harmless.events)) == (1, 0)
    (event,) = read(it, 7, 25.0, now=15).events
    assert (event.kind, event.before, event.after, event.rung, event.reading_at) == (Kind.LATE, 1, 2, 1, 7 * MINUTE)
    assert it.level[0] == 1


def test_a_late_reading_is_judged_in_the_window_at_its_own_time() -> None:
    it = engine(rung(1, 50.0, window=total(15, Missing.ZERO)))
    read(it, 5, 20.0, 20.0, 0.0, 0.0)
    (event,) = read(it, 12, 15.0, now=20).events
    assert (event.kind, event.value, it.level[0]) == (Kind.LATE, 55.0, 0)


def test_the_same_time_again_is_a_duplicate() -> None:
    it = engine(rung(1, 10.0))
    read(it, 5, 1.0)
    done = read(it, 5, 99.0)
    assert (done.duplicate, it.value[0], it.level[0]) == (1, 1.0, 0)


def test_a_reading_delivered_again_is_not_added_to_a_window_twice() -> None:
    it = engine(rung(1, 50.0, window=total(15, Missing.ZERO)))
    read(it, 5, 30.0, 15.0)
    done = read(it, 5, 30.0, now=10)
    assert (done.duplicate, len(done.events)) == (1, 0)


# --- windows --------------------------------------------------------------------------------------------------


def test_a_window_holds_its_newer_end_and_not_its_older() -> None:
    it = engine(rung(1, 60.0, window=total(15)))
    read(it, 5, 20.0, 20.0, 20.0)
    assert (it.level[0], it.window_value(0, 0)[0]) == (1, 60.0)
    read(it, 20, 19.0)
    assert (it.level[0], it.window_value(0, [0]).tolist()) == (0, [59.0])


def test_a_missing_reading_makes_a_window_unknown_zero_or_counted_by_share() -> None:
    seen = []
    for missing, share in ((Missing.UNKNOWN, 0.0), (Missing.ZERO, 0.0), (Missing.SHARE, 0.5), (Missing.SHARE, 0.7)):
        it = engine(rung(1, 30.0, window=total(15, missing, share)))
        read(it, 10, 20.0, 20.0)
        seen.append((int(it.level[0]), it.window_value(0, 0)[0]))
    assert [level for level, _ in seen] == [0, 1, 1, 0]
    np.testing.assert_equal([value for _, value in seen], [math.nan, 40.0, 40.0, math.nan])


def test_an_unknown_window_leaves_an_active_rung_active() -> None:
    it = engine(rung(1, 30.0, window=total(10)), stale_ms=100 * MINUTE)
    read(it, 5, 20.0, 20.0)
    read(it, 30, 0.0)
    assert it.level[0] == 1
    read(it, 35, 0.0)
    assert it.level[0] == 0


def test_a_reading_under_way_is_not_a_missing_one() -> None:
    """Steady rain at the threshold: between two readings the window waits for the next instead of stepping down."""
    it = engine(rung(1, 60.0, window=total(15, Missing.ZERO)))
    read(it, 5, 20.0, 20.0, 20.0)
    for minute in range(20, 60, 5):
        assert not len(it.advance(minute * MINUTE + 30_000))
        assert not len(read(it, minute, 20.0, now=minute + 1).events)
    assert it.level[0] == 1


def test_for_runs_out_on_a_window_that_needs_every_reading() -> None:
    it = engine(rung(1, 60.0, window=total(15), for_ms=10 * MINUTE))
    read(it, 5, 20.0, 20.0, 20.0)
    for minute in (20, 25):
        it.advance(minute * MINUTE + 30_000)
        read(it, minute, 20.0, now=minute + 1)
    assert it.level[0] == 1


def test_a_sum_of_rain_runs_dry_once_readings_are_overdue() -> None:
    it = engine(rung(1, 40.0, window=total(15, Missing.ZERO)), stale_ms=60 * MINUTE)
    read(it, 5, 20.0, 20.0, 20.0)
    assert not len(it.advance(25 * MINUTE))
    assert it.next_due() == 25 * MINUTE + 1
    (event,) = it.advance(25 * MINUTE + 1)
    assert (event.after, event.value, event.since) == (0, 20.0, 25 * MINUTE + 1)


# --- spans in a row -------------------------------------------------------------------------------------------


def test_three_spans_running_means_each_of_them() -> None:
    it = engine(rung(1, 30.0, window=total(10, times=3)), stale_ms=60 * MINUTE)
    read(it, 5, 20.0, 10.0, 20.0, 15.0, 25.0)
    assert (it.level[0], math.isnan(it.window_value(0, 0)[0])) == (0, True)  # the first span is not whole yet
    (event,) = read(it, 30, 5.0).events
    assert (event.after, event.value) == (1, 30.0)  # 30, 35, 30: the least of the three
    (event,) = read(it, 35, 20.0).events
    assert (event.after, event.value) == (0, 25.0)  # 30, 40, 25


def test_where_less_is_worse_the_greatest_span_counts() -> None:
    it = engine(rung(1, 30.0, op=Op.LE, window=total(5, times=3)))
    assert levels(read(it, 5, 10.0, 40.0, 10.0, 20.0, 30.0, 31.0).events) == [(0, 1), (1, 0)]
    assert it.window_value(0, 0)[0] == 31.0


def test_one_span_without_enough_readings_makes_all_unknown() -> None:
    it = engine(rung(1, 10.0, window=total(5, times=3)), stale_ms=60 * MINUTE)
    read(it, 5, 20.0, 20.0)
    read(it, 20, 20.0, 20.0)  # nothing at 15
    assert (it.level[0], math.isnan(it.window_value(0, 0)[0])) == (0, True)
    assert levels(read(it, 30, 20.0).events) == [(0, 1)]


def test_a_series_denser_than_its_cadence_keeps_every_reading() -> None:
    it = engine(rung(1, 1e9, window=total(15)))
    minutes = [i / 60 for i in range(1, 4000)]
    it.apply([0] * len(minutes), [int(m * MINUTE) for m in minutes], [1.0] * len(minutes), [0] * len(minutes), 67 * MINUTE)
    assert it.window_value(0, 0)[0] == 900.0


# --- the engine as a whole ------------------------------------------------------------------------------------


def test_regular_readings_need_no_waking_in_between() -> None:
    """48 hours at five minutes: windows of active and of calm rungs never ask for a look before the next reading."""
    it = engine(rung(1, 10.0, window=total(60, Missing.ZERO)), rung(2, 90.0, window=total(720)))
    for minute in range(5, 48 * 60, 5):
        assert it.next_due() is None or it.next_due() > minute * MINUTE
        read(it, minute, 3.0 + minute % 7)
    assert it.level[0] == 2


def test_time_does_not_run_backwards() -> None:
    it = engine(rung(1, 10.0, for_ms=MINUTE))
    read(it, 5, 12.0)
    assert not len(it.advance(4 * MINUTE))
    assert not len(it.advance(5 * MINUTE))
    assert levels(list(it.advance(6 * MINUTE))) == [(0, 1)]


def test_events_of_a_batch_come_in_order_of_rows_after_those_of_time() -> None:
    blocks = [
        Block(start=i, stop=i + 1, cadence_ms=CADENCE, stale_ms=STALE, rungs=(rung(1, 10.0, for_ms=i * MINUTE),))
        for i in range(2)
    ]
    it = Engine([*blocks, Block(start=2, stop=2, cadence_ms=1, stale_ms=1)], 0)
    it.apply([1], [MINUTE], [50.0], [0], MINUTE)
    done = it.apply([1, 0], [3 * MINUTE, 3 * MINUTE], [0.0, 50.0], [0, 0], 3 * MINUTE)
    assert [(event.row, event.series, event.after) for event in done.events] == [(-1, 1, 1), (0, 1, 0), (1, 0, 1)]


def test_standing_says_which_rung_is_highest_and_what_it_sees() -> None:
    it = engine(rung(1, 10.0), rung(2, 30.0, window=total(10)))
    read(it, 5, 12.0)
    assert (it.standing(0).after, it.standing(0).rung, it.standing(0).value) == (1, 0, 12.0)
    read(it, 10, 20.0)
    assert (it.standing(0).after, it.standing(0).rung, it.standing(0).value) == (2, 1, 32.0)
    assert math.isnan(it.window_value(7, 0)[0])


def test_an_empty_engine_and_an_empty_batch_are_fine() -> None:
    assert Engine([], 0).next_due() is None
    done = engine().apply([], [], [], [], 5)
    assert (len(done.events), done.applied, done.set_aside) == (0, 0, 0)
