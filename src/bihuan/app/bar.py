"""A bar on standard error: how far, how much longer."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 25
EVERY_SECONDS = 0.1


class Bar:
    """On a terminal one line written over itself, with n/N and the time left; otherwise a line for every tenth."""

    def __init__(self, what: str, of: int, *, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._of = what, max(of, 1)
        self._out = out or sys.stderr
        self._clock = clock
        self._began = self._shown_at = clock()
        self._tenth = 0

    def show(self, done: int) -> None:
        """`done` of N are done."""
        if self._out.isatty():
            if done >= self._of or self._clock() - self._shown_at >= EVERY_SECONDS:
                self._draw(done)
        elif (tenth := done * 10 // self._of) > self._tenth:
            self._tenth = tenth
            print(f"  {self._what}: {tenth * 10} % ({done:,}/{self._of:,})", file=self._out, flush=True)

    def _draw(self, done: int) -> None:
        self._shown_at = self._clock()
        bar = "#" * (done * WIDTH // self._of)
        line = f"\r  {self._what} [{bar:<{WIDTH}}] {done:,}/{self._of:,} {self._left(done):>12}"
        print(line, end="\n" if done >= self._of else "", file=self._out, flush=True)

    def _left(self, done: int) -> str:
        passed = self._clock() - self._began
        seconds = round(passed if done >= self._of else passed * (self._of - done) / max(done, 1))
        return f"{seconds // 60}:{seconds % 60:02} " + ("in all" if done >= self._of else "left")
