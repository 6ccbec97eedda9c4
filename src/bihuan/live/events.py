"""Server-sent events: every turn as the listener's unit sees it, and a reset where the line cannot be continued."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bihuan.live.answers import NO_STORE, Refused
from bihuan.live.asking import unit_of
from bihuan.live.broadcast import DemoSet, Ended, Item, Reset, Subscription, Turned
from bihuan.live.gate import Gate
from bihuan.live.guard import Pool
from bihuan.views import Views

BEAT_SECONDS = 10.0
RETRY_MS = 2_000

MOST_TELLINGS = 128
"""Encoded turns kept at the most, so that a hundred listeners of one unit cost one look at the views."""


class _Reset(msgspec.Struct, frozen=True):
    seq: int


class Events:
    def __init__(self, gate: Gate, pool: Pool, *, beat_seconds: float = BEAT_SECONDS) -> None:
        self._gate, self._pool, self._beat = gate, pool, beat_seconds
        self._tellings: OrderedDict[tuple[Turned, str], asyncio.Task[bytes]] = OrderedDict()

    async def endpoint(self, request: Request) -> Response:
        """`Last-Event-ID`, or `after` for a first connection, says which fact the listener knows already."""
        unit = unit_of(request, self._gate.rules)
        after = _after(request)
        headers = {**NO_STORE, "x-accel-buffering": "no"}
        if request.method == "HEAD":
            return Response(media_type="text/event-stream", headers=headers)
        listener = self._gate.subscribe(after)
        return StreamingResponse(self._lines(listener, unit), media_type="text/event-stream", headers=headers)

    async def _lines(self, listener: Subscription, unit: str) -> AsyncIterator[bytes]:
        try:
            yield b"retry: %d\n\n" % RETRY_MS
            while not isinstance(item := await listener.next(self._beat), Ended):
                yield b": beat\n\n" if item is None else await self._line(item, unit)
        finally:
            listener.close()

    async def _line(self, item: Item, unit: str) -> bytes:
        match item:
            case Turned():
                return _event("turn", await self._telling(item, unit), item.seq)
            case Reset():
                return _event("reset", msgspec.json.encode(_Reset(item.seq)), item.seq)
            case DemoSet():
                return _event("demo", msgspec.json.encode(item.demo))
            case Ended():
                return b""

    async def _telling(self, turned: Turned, unit: str) -> bytes:
        """The turn as `unit` sees it, looked up once for all its listeners."""
        key = (turned, unit)
        task = self._tellings.get(key)
        if task is None:
            task = self._tellings[key] = asyncio.create_task(self._look(turned, unit))
            while len(self._tellings) > MOST_TELLINGS:
                self._tellings.popitem(last=False)
        # One listener may go while others wait for the same.
        return await asyncio.shield(task)

    async def _look(self, turned: Turned, unit: str) -> bytes:
        def look(views: Views) -> bytes:
            return msgspec.json.encode(views.turn_event(turned.change, unit, turned.now))

        return await self._pool.run(lambda: self._gate.read(look))


def _event(name: str, data: bytes, id: int | None = None) -> bytes:
    head = b"" if id is None else b"id: %d\n" % id
    return b"%sevent: %s\ndata: %s\n\n" % (head, name.encode(), data)


def _after(request: Request) -> int | None:
    said = request.headers.get("last-event-id") or request.query_params.get("after", "")
    if not said:
        return None
    if not said.isascii() or not said.isdecimal() or len(said) > 18:
        raise Refused(400, f"'{said[:40]}' is no number of a fact", where="Last-Event-ID", remedy="Leave it out to begin anew.")
    return int(said)
