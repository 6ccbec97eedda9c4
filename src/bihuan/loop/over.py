"""Warnings that are over and led to nothing: a city has thousands a day, and nobody has to remember them."""

from collections import deque
from collections.abc import Iterator

from bihuan.loop.casebook import Casebook


class Over:
    def __init__(self, book: Casebook) -> None:
        self._book = book
        self._ended: deque[tuple[int, str]] = deque()

    def add(self, warning: str, now: int) -> None:
        """A warning ended in the turn at `now`."""
        self._ended.append((now, warning))

    def let_go(self, now: int) -> Iterator[str]:
        """Warnings that ended in turns before `now` and that no case hangs on, each once: no plan starts for them any more."""
        while self._ended and self._ended[0][0] < now:
            _, warning = self._ended.popleft()
            if warning not in self._book.hang_on:
                yield warning
