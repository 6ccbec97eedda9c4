"""What may still be taken is told by how long it would wait, as fast as turns lately were."""

import pytest

from bihuan.app.pace import (
    AWAY_AT_MOST_SECONDS,
    FIRST_GUESS,
    MOST_WAIT_SECONDS,
    MOST_WAITING_ROWS,
    NEARLY_NOTHING,
    SMALL_ROWS,
    TELLING_ROWS,
    Pace,
)

LARGE = SMALL_ROWS + 1


def at(rows_a_second: float) -> Pace:
    pace = Pace()
    for _ in range(50):
        pace.finished(10_000, 10_000 / rows_a_second)
    return pace


@pytest.mark.parametrize("speed", [2e6, 4e6])
def test_a_large_batch_is_refused_as_soon_as_what_is_ahead_takes_too_long(speed: float) -> None:
    most = int(speed * MOST_WAIT_SECONDS)
    assert at(speed).refusal(LARGE, most - 1) is None
    assert at(speed).refusal(LARGE, most + 1) is not None


def test_a_large_batch_is_never_refused_for_its_own_size() -> None:
    assert at(1e3).refusal(1_000_000, 0) is None


def test_a_pause_of_the_disk_turns_the_usual_load_not_away() -> None:
    pace = at(2e6)
    for _ in range(10):
        pace.finished(10_000, 5.0)
    assert pace.refusal(10_000, NEARLY_NOTHING) is None
    assert pace.refusal(10_000, NEARLY_NOTHING + 1) is not None


def test_a_small_batch_is_taken_until_there_is_no_room_at_all() -> None:
    assert at(1e5).refusal(SMALL_ROWS, MOST_WAITING_ROWS - 1) is None
    assert at(1e5).refusal(1, MOST_WAITING_ROWS) is not None


def test_the_last_turns_tell_how_fast_it_goes() -> None:
    pace = at(1e6)
    for _ in range(30):
        pace.finished(10_000, 0.001)
    assert pace.seconds(1_000_000) == pytest.approx(0.1, rel=0.02)
    pace.finished(10_000, 0.201)
    assert pace.seconds(10_000) == pytest.approx(0.041, rel=0.02), "a fifth of it is news"


def test_turns_with_few_rows_say_nothing_about_many() -> None:
    pace = at(1e6)
    for _ in range(1_000):
        pace.finished(TELLING_ROWS - 1, 1.0)
    assert pace.seconds(1_000_000) == pytest.approx(1.0)


def test_before_the_first_turn_there_is_a_guess_and_after_it_there_is_none() -> None:
    pace = Pace()
    assert pace.seconds(int(FIRST_GUESS)) == 1.0
    pace.finished(10_000, 0.1)
    assert pace.seconds(10_000) == pytest.approx(0.1)


@pytest.mark.parametrize(("ahead", "seconds"), [(40_000, 1), (2_450_000, 25), (100_000_000, AWAY_AT_MOST_SECONDS)])
def test_who_is_refused_is_told_when_what_is_ahead_will_be_done(ahead: int, seconds: int) -> None:
    refusal = at(1e5).refusal(LARGE, ahead)
    assert refusal is not None
    assert refusal.seconds == seconds
    assert f"{ahead:,} rows of readings wait" in refusal.what
