"""From the loop's thread to everybody who listens: turns are handed out at once, and the last ones kept for who was cut off.

Every queue is bounded. A listener that is too slow, or was away too long, is told to read everything again.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

from bihuan.model.errors import BihuanError
from bihuan.views import Change

KEPT = 256
"""Turns kept for reconnecting, and waiting for one listener, at the most."""

MOST_LISTENERS = 1_000


class TooManyListeners(BihuanError):
    """No more lines can be held open: close some, or try again later."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turned:
    """A turn wrote facts up to `seq`."""

    seq: int
    now: int
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSet:
    """The demo object as it is sent."""

    demo: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Something was missed: read everything, then go on from `seq`."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """No more will come."""


Item: TypeAlias = Turned | DemoSet | Reset | Ended


class Broadcast:
    """`publish`, `publish_demo` and `close` may be called from any thread; they never wait for a listener."""

    def __init__(self, seq: int = 0, *, kept: int = KEPT, listeners: int = MOST_LISTENERS) -> None:
        """`seq`: the last fact there is already."""
        self._lock = threading.Lock()
        self._turns: deque[Turned] = deque()
        self._before = self._newest = seq
        """Sequences before the first turn kept, and of the last one."""
        self._kept, self._most = kept, listeners
        self._listeners: dict[Hashable, Subscription] = {}
        self._closed = False

    def publish(self, seq: int, change: Change, now: int) -> None:
        turned = Turned(seq=seq, now=now, change=change)
        with self._lock:
            if seq < self._newest:  # the centre went back to an older state
                self._turns.clear()
                self._before = self._newest = seq
                self._tell(Reset(seq=seq))
                return
            if seq > self._newest:
                self._keep(turned)
            self._tell(turned)

    def publish_demo(self, demo: object) -> None:
        with self._lock:
            self._tell(DemoSet(demo=demo))

    def close(self) -> None:
        """End every line: a server that stops would wait for them."""
        with self._lock:
            self._closed = True
            self._tell(Ended())

    def subscribe(self, after: int | None = None) -> "Subscription":
        """Listen from now on; with `after`, first what came after that fact, or a Reset where that is not kept any more.

        Call it on the event loop's thread. Raises TooManyListeners.
        """
        with self._lock:
            if len(self._listeners) >= self._most:
                raise TooManyListeners(
                    f"{self._most} listeners are on the line already", where="events", remedy="Close some, or try again later."
                )
            listener = Subscription(self, most=self._kept)
            if self._closed:
                listener.put(Ended(), self._newest)
            elif after is not None:
                self._catch_up(listener, after)
            self._listeners[id(listener)] = listener
            return listener

    def leave(self, listener: "Subscription") -> None:
        with self._lock:
            self._listeners.pop(id(listener), None)

    def __len__(self) -> int:
        return len(self._listeners)

    def _keep(self, turned: Turned) -> None:
        self._turns.append(turned)
        self._newest = turned.seq
        while len(self._turns) > self._kept:
            self._before = self._turns.popleft().seq

    def _tell(self, item: Item) -> None:
        for listener in self._listeners.values():
            listener.put(item, self._newest)

    def _catch_up(self, listener: "Subscription", after: int) -> None:
        if not self._before <= after <= self._newest:
            listener.put(Reset(seq=self._newest), self._newest)
            return
        for turned in self._turns:
            if turned.seq > after:
                listener.put(turned, self._newest)


class Subscription:
    """One listener's queue: put from any thread, taken on the event loop's."""

    def __init__(self, broadcast: Broadcast, *, most: int) -> None:
        self._broadcast, self._most = broadcast, most
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: deque[Item] = deque()
        self._some = asyncio.Event()

    def put(self, item: Item, newest: int) -> None:
        with self._lock:
            if len(self._waiting) >= self._most and not isinstance(item, Ended):
                self._waiting.clear()
                item = Reset(seq=newest)
            self._waiting.append(item)
        try:
            self._loop.call_soon_threadsafe(self._some.set)
        except RuntimeError:  # the event loop has ended, and nobody listens any more
            return

    async def next(self, seconds: float) -> Item | None:
        """What comes next; None where nothing comes within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while (item := self._take()) is None:
                    await self._some.wait()
        except TimeoutError:
            return None
        return item

    def _take(self) -> Item | None:
        with self._lock:
            self._some.clear()
            return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        self._broadcast.leave(self)
