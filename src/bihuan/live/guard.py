"""What keeps the door: headers on every answer, no orders from foreign pages, bounded bodies, bounded work at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bihuan.live.answers import Refused

T = TypeVar("T")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
}

_RAW_HEADERS = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in HEADERS.items()]

HANG_UP = {"connection": "close"}
"""Goes with a refusal while the body still comes, so that the server does not read it to its end."""

BODY_SECONDS = 60.0
"""A body must have come by then."""


class SafeHeaders:
    """ASGI middleware: HEADERS on every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name for name, _ in own}
                message["headers"] = own + [pair for pair in _RAW_HEADERS if pair[0] not in names]
            await send(message)

        await self._app(scope, receive, send_safe)


def refuse_foreign(request: Request) -> None:
    """No orders from another site's page in somebody's browser. Programs send no Origin. Raises Refused."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise Refused(403, f"a page of {origin[:100]} may not do this", where="Origin", remedy="Use this centre's own pages.")


async def body_of(request: Request, most: int) -> bytes:
    """The body, of `most` bytes at the most. Raises Refused (413, 408, 415) without reading further."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(
            415, "packed bodies are not taken", where="Content-Encoding", remedy="Send the body as it is, or packed Arrow."
        )
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise _too_large(most)
    pieces, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Refused(
            408, "the body did not come in time", where="body", remedy="Send smaller batches.", headers=HANG_UP
        ) from None
    return b"".join(pieces)  # one copy at the most: what came in one piece is handed on as it is


def _too_large(most: int) -> Refused:
    said = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most} bytes"
    return Refused(413, f"the body is larger than {said}", where="body", remedy="Send it in smaller parts.", headers=HANG_UP)


def _too_much() -> Refused:
    return Refused(503, "too much is asked at once", remedy="Try again in a moment.", headers={"retry-after": "1"})


class Pool:
    """Worker threads for what may block: `threads` at a time, `waiting` in line, and the rest is told to come again."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="live")
        self._at_a_time, self._most = threads, threads + waiting
        self._busy = 0
        """Touched on the event loop's thread only."""

    def crowded(self) -> Refused | None:
        """What there is against work that could as well wait: every thread has some."""
        return _too_much() if self._busy >= self._at_a_time else None

    async def run(self, work: Callable[[], T]) -> T:
        """Raises Refused (503) when the line is full."""
        if self._busy >= self._most:
            raise _too_much()
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._busy -= 1
