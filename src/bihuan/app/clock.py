"""Clocks: the wall's, and the demo's that can run faster and be paused. Integer milliseconds UTC."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int: ...

    def seconds_until(self, at: int) -> float | None:
        """Seconds of waiting until `at`; None: it does not come by itself (the clock is paused)."""


class WallClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def seconds_until(self, at: int) -> float | None:
        return max(0.0, (at - self.now()) / 1_000)


class DemoClock:
    """Virtual time at `speed` times the wall's; the speed may change and the clock be paused at any moment."""

    def __init__(self, start: int, speed: float, until: int) -> None:
        self._lock = threading.Lock()
        self._virtual, self._real = float(start), time.monotonic()
        self._until = until
        self.speed = speed
        self.paused = False

    def now(self) -> int:
        with self._lock:
            return int(self._moment())

    def set(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        with self._lock:
            self._virtual, self._real = self._moment(), time.monotonic()
            self.speed = self.speed if speed is None else speed
            self.paused = self.paused if paused is None else paused

    def jump(self, at: int) -> None:
        """Go to `at` at once."""
        with self._lock:
            self._virtual, self._real = float(at), time.monotonic()

    def seconds_until(self, at: int) -> float | None:
        with self._lock:
            return None if self.paused else max(0.0, (at - self._moment()) / 1_000 / self.speed)

    def _moment(self) -> float:
        passed = 0.0 if self.paused else (time.monotonic() - self._real) * 1_000 * self.speed
        return min(self._virtual + passed, float(self._until))
