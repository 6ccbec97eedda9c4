"""The live window put together: an ASGI application over a gate."""

from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from bihuan.live.answers import on_any_error, on_bihuan_error, on_http_error
from bihuan.live.catalogues import Catalogues
from bihuan.live.demo import DemoControl
from bihuan.live.door import PATIENCE_SECONDS
from bihuan.live.events import BEAT_SECONDS, Events
from bihuan.live.gate import Gate
from bihuan.live.geo import Geo
from bihuan.live.guard import HEADERS, Pool, SafeHeaders
from bihuan.live.health import health
from bihuan.live.intake import Express, Intake, Reader
from bihuan.live.plan_chart import plan_chart_route
from bihuan.live.reads import read_routes
from bihuan.live.scores import score_route
from bihuan.live.screens import screens
from bihuan.model.errors import BihuanError

PACK_FROM = 1_024
"""Bytes of an answer from which it is sent packed. Server-sent events never are."""


def create(
    gate: Gate,
    *,
    static: Path | None,
    readers: Mapping[str, Reader],
    beat_seconds: float = BEAT_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> Starlette:
    """The application: `/live/...` and, for all other paths, the screens in `static`.

    `readers` says by media type how bodies of readings are read (`bihuan.connectors.READERS`). A large batch of
    them waits `patience` seconds for room before it is refused. Close the gate's Broadcast before the server waits for its
    connections to end.
    """
    looks, bodies = Pool(threads=4, waiting=200), Pool(threads=4, waiting=16)
    catalogues = Catalogues(gate, looks)
    intake = Intake(gate, readers, bodies, catalogues, patience=patience)
    live = [
        *read_routes(gate, looks),
        score_route(gate, looks),
        plan_chart_route(gate, looks),
        Route("/health", health(gate)),
        Route("/geo", Geo(gate, looks).endpoint),
        Route("/events", Events(gate, looks, beat_seconds=beat_seconds).endpoint),
        Route("/series", catalogues.endpoint),
        Route("/readings", intake.endpoint, methods=["POST"]),
        Route("/demo", DemoControl(gate, looks).endpoint, methods=["POST"]),
    ]
    return Starlette(
        routes=[
            Mount("/live", routes=live),
            screens(static),
        ],
        middleware=[
            Middleware(SafeHeaders),
            Middleware(Express, intake=intake, path="/live/readings"),
            Middleware(GZipMiddleware, minimum_size=PACK_FROM, compresslevel=5),
        ],
        exception_handlers={
            HTTPException: on_http_error,
            BihuanError: on_bihuan_error,
            Exception: _on_any_error,
        },
    )


def _on_any_error(request: Request, error: Exception) -> Response:
    """Starlette answers this one outside of all middleware."""
    response = on_any_error(request, error)
    response.headers.update(HEADERS)
    return response
