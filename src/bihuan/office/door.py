"""A door from ASGI to WSGI: the office is synchronous and runs in a few threads beside the event loop."""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from bihuan.office.evidence import MOST_BYTES
from bihuan.office.settings import MOST_BODY_BYTES

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Asgi: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
Wsgi: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

Answer: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]

EVIDENCE = "/office/evidence"
MOST_PHOTOS = 8
"""Photos that come in at once: each is held in memory until it is kept."""

PHOTO_SECONDS = 120.0
"""A photo must have come by then: a phone on the edge of its network sends some 100 kB a second."""


def _refusal(status: int, what: str, remedy: str) -> Answer:
    body = f'{{"what":"{what}","where":"body","remedy":"{remedy}"}}'.encode()
    # The body still comes: the line is ended, not read to its end.
    return status, [(b"content-type", b"application/json"), (b"connection", b"close"), (b"retry-after", b"5")], body


_TOO_LARGE = _refusal(413, "the body is too large", "Send less at once.")
_TOO_MANY = _refusal(429, "too many photos come in just now", "Keep the photo and send it again.")
_TOO_SLOW = _refusal(408, "the photo took too long to come", "Send it again where the network is better.")


def as_asgi(wsgi: Wsgi, *, threads: int = 4) -> Asgi:
    """An ASGI application over `wsgi`. Bodies are small here, so they are read and answered whole.

    Photos are larger. They have a thread of their own, so that no command waits behind them and one is unpacked at a time.
    """
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="office")
    unpacking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="photos")
    coming = 0

    async def door(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal coming
        assert scope["type"] == "http", "the office speaks HTTP only; the lifespan is the live window's"
        if scope["method"] == "POST" and scope["path"] == EVIDENCE:
            if coming >= MOST_PHOTOS:
                answer: Answer | None = _TOO_MANY
            else:
                coming += 1
                try:
                    answer = await _photo(wsgi, scope, receive, unpacking)
                finally:
                    coming -= 1
        else:
            answer = await _answer(wsgi, scope, receive, pool, MOST_BODY_BYTES)
        if answer is not None:
            status, headers, content = answer
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})

    return door


async def _photo(wsgi: Wsgi, scope: Message, receive: Receive, pool: ThreadPoolExecutor) -> Answer | None:
    end = asyncio.get_running_loop().time() + PHOTO_SECONDS

    async def in_time() -> Message:
        async with asyncio.timeout_at(end):
            return await receive()

    try:
        return await _answer(wsgi, scope, in_time, pool, MOST_BYTES)
    except TimeoutError:
        return _TOO_SLOW


async def _answer(wsgi: Wsgi, scope: Message, receive: Receive, pool: ThreadPoolExecutor, most: int) -> Answer | None:
    """What is to be said to a request; None where nobody listens any more."""
    body, whole = await _read(receive, most)
    if body is None:
        return _TOO_LARGE
    if not whole:
        return None
    return await asyncio.get_running_loop().run_in_executor(pool, _call, wsgi, _environ(scope, body))


async def _read(receive: Receive, most: int) -> tuple[bytes | None, bool]:
    """(the body, whether it came whole); None in place of a body larger than the office takes."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"", False
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            return None, True
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts), True


def _environ(scope: Message, body: bytes) -> dict[str, Any]:
    """The request as PEP 3333 wants it. Headers the ASGI server did not send cannot be smuggled in by underscores."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "REMOTE_ADDR": str((scope.get("client") or ("",))[0]),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1")
        if "_" in key or key == "content-length":
            continue
        key = key.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in environ else text
    return environ


def _call(wsgi: Wsgi, environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], failure: object = None) -> None:
        started.append((status, headers))

    body = wsgi(environ, start_response)
    try:
        content = b"".join(body)
    finally:
        if close := getattr(body, "close", None):
            close()
    status, headers = started[-1]
    return int(status[:3]), [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers], content
