"""Both engines, numpy and numba, agree with the oracle on ten thousand random histories, to the last bit."""

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.engine import columns, kernel, limits, vector, vector_windows
from bihuan.engine.engine import Engine
from bihuan.engine.events import F64, I64
from bihuan.engine.tables import Op, WindowSpec

from .histories import BEGAN, BLOCKS, SERIES_A_BLOCK, History, Step, apply, first_difference, history, plain

HISTORIES_A_TALE = BLOCKS * SERIES_A_BLOCK
"""Each seed makes one engine with this many series, every one a history of its own."""

TALES = 5_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 510

random_tales = settings(
    max_examples=TALES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
fewer_tales = settings(random_tales, max_examples=60)
seeds = st.integers(min_value=0, max_value=2**32)


def test_engine_and_oracle_agree_on_ten_thousand_histories() -> None:
    compared = set()

    @random_tales
    @given(seed=seeds, steps=st.integers(min_value=6, max_value=18))
    def agree(seed: int, steps: int) -> None:
        compared.add((seed, steps))
        assert not first_difference(history(seed, steps))

    agree()
    assert len(compared) * HISTORIES_A_TALE >= 10_000


def test_random_histories_reach_every_kind_of_event_and_count() -> None:
    """A property that never sees a late red proves nothing about late reds."""
    seen: set[str] = set()
    counted: set[str] = set()
    for seed in range(30):
        told = history(seed, 24)
        engine = Engine(told.blocks, BEGAN)
        for step in told.steps:
            events, counts = apply(engine, step) if step.rows or step.rules else (plain(engine.advance(step.now)), {})
            seen |= {f"{kind} {'row' if row >= 0 else 'time'} {'up' if b < a else 'down'}" for row, _, kind, b, a, *_ in events}
            counted |= {name for name, count in counts.items() if count}
    moves = {"LEVEL row up", "LEVEL row down", "LEVEL time up", "LEVEL time down", "LATE row up"}
    assert seen == moves | {"SILENT time down", "RETURNED row down"}
    assert counted == {"applied", "late", "duplicate", "set_aside"}


@fewer_tales
@pytest.mark.parametrize("fast", [False, True])
@given(seed=seeds, cut=st.integers(min_value=0, max_value=40))
def test_cutting_a_batch_in_two_at_the_same_now_changes_nothing(fast: bool, seed: int, cut: int) -> None:
    told = history(seed, 16)
    whole, halves = Engine(told.blocks, BEGAN, fast), Engine(told.blocks, BEGAN, fast)
    for step in told.steps:
        at_once, counts = apply(whole, step)
        first, first_counts = apply(halves, step, 0, cut)
        passed = plain(halves.advance(step.now))
        second, second_counts = apply(halves, step, cut)
        moved = [(row if row < 0 else row + cut, *rest) for row, *rest in second]
        assert passed == []
        assert repr(first + moved) == repr(at_once)
        assert {name: first_counts[name] + second_counts[name] for name in counts} == counts
    assert whole.active.tolist() == halves.active.tolist()


@fewer_tales
@pytest.mark.parametrize("fast", [False, True])
@given(seed=seeds)
def test_sleeping_until_next_due_sees_what_ticking_every_millisecond_sees(fast: bool, seed: int) -> None:
    told = history(seed, 10)
    sleeper, ticker = Engine(told.blocks, BEGAN, fast), Engine(told.blocks, BEGAN, fast)
    now = BEGAN
    for step in [*told.steps, Step(now=told.steps[-1].now + 250)]:
        heard: list[object] = []
        while (due := sleeper.next_due()) is not None and due <= step.now:
            assert due > now
            now = due
            heard += [(due, event) for event in plain(sleeper.advance(due))]
        ticked: list[object] = []
        for tick in range(told.steps[0].now if now < BEGAN else BEGAN, step.now + 1):
            ticked += [(tick, event) for event in plain(ticker.advance(tick))]
        now = step.now
        assert repr(heard) == repr(ticked)
        assert repr(apply(sleeper, step)) == repr(apply(ticker, step))
        assert sleeper.level.tolist() == ticker.level.tolist()


def _span_of(op: Op, limit: F64) -> object:
    return rightly["span_of"](Op.GT if op is Op.GE else op, limit)


def _never_waits(since: int, span: int, at: int, cadence: int, overdue: int) -> int:
    return since + span


def _waits_a_moment_late(since: int, span: int, at: int, cadence: int, overdue: int) -> int:
    return rightly["runs_out"](since, span, at, cadence + 1, overdue)


def _open_at_the_wrong_end(w: int, time: int, high: int, rings: object) -> int:
    return rightly["first_after"](w, time - 1, high, rings)


def _forgets_early(w: int, at: int, v: float, keep: int, room: int, rings: object) -> None:
    rightly["append"](w, at, v, keep // 2, room, rings)


def _keeps_its_first_place(w: int, position: int, place: I64) -> int:
    return int(place[w, 0] + position % place[w, 1])


def _one_span_too_few(window: WindowSpec, rises: bool, cadence_ms: int) -> tuple[int, ...]:
    return rightly["spec_of"](replace(window, times=max(1, window.times - 1)), rises, cadence_ms)


def _the_best_span(window: WindowSpec, rises: bool, cadence_ms: int) -> tuple[int, ...]:
    return rightly["spec_of"](window, not rises, cadence_ms)


rightly: dict[str, Any] = {
    name: getattr(limits if name.endswith("_of") else kernel, name)
    for name in ("span_of", "spec_of", "runs_out", "first_after", "append")
}

rightly |= {"many_after": vector_windows.first_after, "_folded": vector_windows._folded}

PLANTED: dict[str, list[tuple[object, str, object]]] = {
    "a timer runs out a moment late": [(kernel, "runs_out", lambda *told: rightly["runs_out"](*told) + 1)],
    "a timer does not wait for a reading that is due": [(kernel, "runs_out", _never_waits)],
    "a timer that ends when a reading is due does not wait": [(kernel, "runs_out", _waits_a_moment_late)],
    "a threshold itself does not raise": [(limits, "span_of", _span_of)],
    "silence a millisecond early": [
        (room, "gone_silent", lambda heard, stale, now: now - heard >= stale) for room in (kernel, columns)
    ],
    "a window open at the wrong end": [(kernel, "first_after", _open_at_the_wrong_end)],
    "a window slides while a reading is under way": [(kernel, "end_of", lambda now, at, overdue: now)],
    "a window open at the wrong end, many at once": [
        (vector_windows, "first_after", lambda w, time, high, rings: rightly["many_after"](w, time - 1, high, rings))
    ],
    "folding many at once stops one short": [
        (vector_windows, "_folded", lambda *told: rightly["_folded"](*told[:3], np.maximum(told[3] - 1, 0), *told[4:]))
    ],
    "a ring forgets a reading too early": [(kernel, "append", _forgets_early)],
    "a ring read from where it begins": [(kernel, "cell", _keeps_its_first_place)],
    "one span too few in a row": [(limits, "spec_of", _one_span_too_few)],
    "one span in a row is enough": [(limits, "spec_of", _the_best_span)],
    "later rows of a candidate taken before it": [(vector, "DIRTY", 0), (np, "isin", lambda s, _: s < 0)],
    "thresholds of its own forgotten": [(kernel, "own_line", lambda s, block, flags, limits: block)],
}
"""Defects by where they sit. They are planted in what runs as Python, which is what numba compiles."""


@pytest.fixture(scope="module")
def tales() -> list[History]:
    """Histories on which engines and oracle agree as long as nothing is planted."""
    tales = [history(seed, 24) for seed in range(12)]
    assert not any(first_difference(told) for told in tales)
    return tales


@pytest.mark.parametrize("defect", PLANTED)
def test_a_planted_off_by_one_is_caught(defect: str, tales: list[History], monkeypatch: pytest.MonkeyPatch) -> None:
    for where, name, planted in PLANTED[defect]:
        monkeypatch.setattr(where, name, planted)
    assert any(first_difference(told, (False,)) for told in tales)


def test_a_threshold_planted_wrong_is_caught_in_compiled_loops(tales: list[History], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "span_of", _span_of)
    assert any(first_difference(told, (True,)) for told in tales)


def test_rings_that_grow_and_are_folded_in_small_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "FIRST_ROOM", 1)
    monkeypatch.setattr(vector_windows, "CELLS", 2)
    assert not any(first_difference(history(seed, 24)) for seed in range(12))
