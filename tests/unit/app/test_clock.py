"""The demo's clock: faster than the wall's, paused and changed at any moment, and never past its end."""

import pytest

from bihuan.app import clock as clock_module
from bihuan.app.clock import DemoClock, WallClock


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of the monotonic clock, for the test to move."""
    seconds = [100.0]
    monkeypatch.setattr(clock_module.time, "monotonic", lambda: seconds[0])
    return seconds


def test_virtual_time_runs_at_its_speed(wall: list[float]) -> None:
    clock = DemoClock(1_000_000, 60.0, 9_000_000)
    wall[0] += 10
    assert clock.now() == 1_000_000 + 600_000
    assert clock.seconds_until(1_000_000 + 660_000) == pytest.approx(1.0)
    assert clock.seconds_until(0) == 0.0


def test_a_new_speed_counts_from_now_on(wall: list[float]) -> None:
    clock = DemoClock(0, 60.0, 9_000_000)
    wall[0] += 10
    clock.set(speed=1.0)
    wall[0] += 10
    assert clock.now() == 610_000


def test_a_paused_clock_stands_still_and_waits_for_nothing(wall: list[float]) -> None:
    clock = DemoClock(0, 60.0, 9_000_000)
    wall[0] += 10
    clock.set(paused=True)
    wall[0] += 1_000
    assert clock.now() == 600_000
    assert clock.seconds_until(700_000) is None
    clock.set(paused=False)
    wall[0] += 1
    assert clock.now() == 660_000


def test_a_jump_goes_there_at_once(wall: list[float]) -> None:
    clock = DemoClock(0, 60.0, 9_000_000)
    wall[0] += 10
    clock.jump(5_000_000)
    assert clock.now() == 5_000_000


def test_the_play_ends_where_it_ends(wall: list[float]) -> None:
    clock = DemoClock(0, 60.0, 100_000)
    wall[0] += 1_000
    assert clock.now() == 100_000


def test_the_walls_clock_waits_for_what_is_to_come_and_not_for_the_past() -> None:
    clock = WallClock()
    now = clock.now()
    ahead = clock.seconds_until(now + 60_000)
    assert ahead is not None
    assert 59 < ahead <= 60
    assert clock.seconds_until(now - 60_000) == 0.0
