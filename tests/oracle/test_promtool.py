"""Prometheus itself judges our ladder, minute by minute, over random histories.

Where both mean the same, rules are written as anyone would: `>=`, `>`, `<=`, `<` against four values, `for`,
`keep_firing_for`, readings that fail to come for less and for more than the five minutes Prometheus looks back (a pending
alert starts anew, ours too), one evaluation a minute. Two settings make the engine coincide:

- `stale_ms` is between five minutes and six: Prometheus 2 still sees a sample that is exactly five minutes old.
- `overdue_ms` is a minute: what has not come when its minute is over is missing, and timers that waited for it run out.

The readings of a minute are handed over before time passes to it, as Prometheus looks at what was scraped by then, and in
other histories after it, as in a turn of the loop: it makes no difference.

Where we differ on purpose, the difference is either left out or said in PromQL:

- Silence does not clear. A plain alert ends when its series is stale; ours stays. In the plain histories a series with an
  active rung is therefore heard again in time; calm and pending ones fall silent as they like. In the other histories
  silences come at any time, and the rule itself says by its own ALERTS that a firing alert goes on during them.
- A clear value of its own has no key in a rule either: there it is said the same way.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bihuan.engine.tables import Op

from .histories import MINUTE, Bools, History, Ladder, Rung, firing, history_from
from .promtool import find_promtool, judge, ours, plain

pytestmark = pytest.mark.oracle

LADDERS, EACH, MINUTES = 16, 12, 240
SEEDS = {
    "plain": (1, plain, False, False),
    "ours": (2, ours, True, False),
    "plain, live": (3, plain, False, True),
    "ours, live": (4, ours, True, True),
}
"""By kind: seed, how rules are written, whether silences come anywhere, whether readings come after their minute."""


@pytest.fixture(scope="module")
def promtool(root: Path) -> Path:
    return find_promtool(root)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SEEDS)
def test_prometheus_fires_in_the_same_minutes(
    kind: str, promtool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.perf_counter()
    seed, say, silences_anywhere, live = SEEDS[kind]
    history = history_from(seed, ladders=LADDERS, each=EACH, minutes=MINUTES, ours=silences_anywhere, live=live)
    stands = firing(history, live=live)
    assertions, against = judge(promtool, tmp_path, history, stands, say)
    assert against == "", against[:4000]
    assert assertions == LADDERS * 4 * MINUTES
    series, changes = history.readings.shape[1], int(np.count_nonzero(stands[1:] != stands[:-1]))
    with capsys.disabled():
        print(
            f"\npromtool, {kind} rules: {assertions:,} assertions over {series} series and {MINUTES} minutes hold,"
            f" {changes:,} alerts began or ended ({time.perf_counter() - began:.1f} s)"
        )
    assert 0.1 < stands.mean() < 0.9, "histories are neither calm nor ever red"
    assert changes > series * 10
    assert silences(history, 6) > 100, "there are silences longer than Prometheus looks back"
    assert silences(history, 1) > 1000, "and shorter ones"


@pytest.mark.parametrize("kind", SEEDS)
def test_the_compiled_engine_fires_in_the_same_minutes_too(kind: str) -> None:
    pytest.importorskip("numba", reason="no numba: only the numpy engine is judged")
    seed, _, silences_anywhere, live = SEEDS[kind]
    history = history_from(seed, ladders=LADDERS, each=EACH, minutes=MINUTES, ours=silences_anywhere, live=live)
    assert np.array_equal(firing(history, fast=True, live=live), firing(history, live=live))


@pytest.mark.parametrize("seed", range(4))
def test_readings_before_their_minute_or_after_it_fire_in_the_same_minutes(seed: int) -> None:
    history = history_from(seed, ladders=4, each=EACH, minutes=MINUTES, ours=bool(seed % 2), live=True)
    assert np.array_equal(firing(history, live=True), firing(history))


def test_silences_under_an_active_rung_are_in_the_second_kind_only() -> None:
    for seed, _, anywhere, live in SEEDS.values():
        history = history_from(seed, ladders=4, each=EACH, minutes=MINUTES, ours=anywhere, live=live)
        stale = silent_for(history, 6)
        assert (firing(history)[5:].any(axis=2) & stale).any() == anywhere


def silences(history: History, length: int) -> int:
    """How many times readings stay away for so many minutes or more."""
    silent = silent_for(history, length)
    return int(np.count_nonzero(silent[1:] & ~silent[:-1]))


def silent_for(history: History, length: int) -> Bools:
    """`[minute, series]` from minute `length - 1` on: whether that many readings in a row are missing by then."""
    windows = np.lib.stride_tricks.sliding_window_view(np.isnan(history.readings), length, axis=0)
    return np.asarray(windows.all(axis=2))


# An engine that is off by one must not get past the judge.

HAIR = float(np.nextafter(10.0, np.inf))
EXAMPLE: Ladder = (Rung(op=Op.GE, value=10.0, for_ms=3 * MINUTE, keep_ms=2 * MINUTE),)
LOW: Ladder = (Rung(op=Op.LE, value=-0.5, for_ms=MINUTE),)
BANDED: Ladder = (Rung(op=Op.GE, value=10.0, clear_value=8.0),)
N = np.nan

Change = Callable[[Rung], Rung]


def small(ladder: Ladder, *values: float) -> History:
    return History(ladders=(ladder,), readings=np.array(values)[:, None])


HELD = small(EXAMPLE, 0, 10, HAIR, 12, 10, 11, 9, 9, 9, 0, 11, 11, 11, 0, 0)
LOWS = small(LOW, 0, -0.5, -0.5, -0.5, 1, -0.5, -1, -1)
PENDING: Ladder = (Rung(op=Op.GE, value=10.0, for_ms=7 * MINUTE),)
FIVE_MISSING = small(PENDING, 0, 10, N, N, N, N, N, 10, 10, 10, 9)
SIX_MISSING = small(PENDING, 0, 10, N, N, N, N, N, N, 10, 10, 10, 10, 10, 10, 10, 10, 9)
BAND = small(BANDED, 0, 10, 9, 8, 9, 7.9, 9, 8, 10, 8, 8, 7)
SILENT = small(BANDED, 0, 10, N, N, N, N, N, N, N, N, 9, 7, N, N)


@pytest.mark.parametrize(
    ("history", "say"),
    [(HELD, plain), (LOWS, plain), (FIVE_MISSING, plain), (SIX_MISSING, plain), (BAND, ours), (SILENT, ours)],
    ids=["held", "lows", "five-missing", "six-missing", "band", "silent"],
)
def test_the_small_histories_hold(history: History, say: Callable[..., str], promtool: Path, tmp_path: Path) -> None:
    stands = firing(history)
    assert stands.any(), "something fires"
    assert judge(promtool, tmp_path, history, stands, say)[1] == ""


@pytest.mark.parametrize(
    ("history", "say", "wrong"),
    [
        (HELD, plain, lambda rung: replace(rung, op=Op.GT)),
        (HELD, plain, lambda rung: replace(rung, for_ms=rung.for_ms - MINUTE)),
        (HELD, plain, lambda rung: replace(rung, for_ms=rung.for_ms + MINUTE)),
        (HELD, plain, lambda rung: replace(rung, keep_ms=rung.keep_ms - MINUTE)),
        (HELD, plain, lambda rung: replace(rung, keep_ms=rung.keep_ms + MINUTE)),
        (LOWS, plain, lambda rung: replace(rung, op=Op.LT)),
        (LOWS, plain, lambda rung: replace(rung, for_ms=0)),
        (BAND, ours, lambda rung: replace(rung, clear_value=float(np.nextafter(8.0, 9.0)))),
        (BAND, ours, lambda rung: replace(rung, clear_value=None)),
    ],
    ids=[
        "ge-as-gt",
        "for-a-minute-short",
        "for-a-minute-long",
        "keep-a-minute-short",
        "keep-a-minute-long",
        "le-as-lt",
        "no-for",
        "clears-at-its-value",
        "no-band",
    ],
)
def test_an_engine_that_is_off_by_one_is_caught(
    history: History, say: Callable[..., str], wrong: Change, promtool: Path, tmp_path: Path
) -> None:
    """The engine is told another rung than Prometheus: the same as an engine that reads the right one wrongly."""
    mistaken = tuple(tuple(wrong(rung) for rung in ladder) for ladder in history.ladders)
    assert "exp:" in judge(promtool, tmp_path, history, firing(history, mistaken), say)[1]


@pytest.mark.parametrize(
    ("history", "stale_ms"),
    [(FIVE_MISSING, 5 * MINUTE - 1), (SIX_MISSING, 6 * MINUTE + 1)],
    ids=["stale-a-moment-early", "stale-a-minute-late"],
)
def test_an_engine_that_is_wrong_about_silence_is_caught(
    history: History, stale_ms: int, promtool: Path, tmp_path: Path
) -> None:
    assert "exp:" in judge(promtool, tmp_path, history, firing(history, stale_ms=stale_ms), plain)[1]


def test_silence_clears_a_plain_alert_but_not_ours(promtool: Path, tmp_path: Path) -> None:
    """The difference that is meant: without it the second kind of rules would prove nothing."""
    history = small((replace(BANDED[0], clear_value=None),), 0, 10, N, N, N, N, N, N, N, 10, 0)
    stands = firing(history)
    assert judge(promtool, tmp_path, history, stands, ours)[1] == ""
    assert "exp:" in judge(promtool, tmp_path, history, stands, plain)[1]
