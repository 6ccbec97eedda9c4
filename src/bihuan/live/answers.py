"""Answers: JSON bodies, and every error as what, where and remedy with a fitting status."""

from collections.abc import Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bihuan.live.broadcast import TooManyListeners
from bihuan.model.errors import Behind, BihuanError, ReadingError
from bihuan.views import NotFound

NO_STORE = {"cache-control": "no-store"}


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    where: str
    remedy: str


class Refused(BihuanError):
    """A request that cannot be answered as it is: mend it as the remedy says."""

    def __init__(
        self, status: int, what: str, *, where: str = "", remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.status = status
        self.headers = dict(headers or {})


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON; bytes are JSON already."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, status, media_type="application/json", headers={**NO_STORE, **(headers or {})})


def trouble(error: BihuanError, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return answer(Trouble(what=error.what, where=error.where, remedy=error.remedy), status, headers)


def on_bihuan_error(_request: Request, error: Exception) -> Response:
    """The status for each class of error. What has no class of its own is the centre's trouble, not the asker's: 503."""
    assert isinstance(error, BihuanError)
    if isinstance(error, Refused):
        return trouble(error, error.status, error.headers)
    if isinstance(error, NotFound):
        return trouble(error, 404)
    if isinstance(error, ReadingError):
        return trouble(error, 400)
    if isinstance(error, Behind):
        return trouble(error, 429, {"retry-after": str(error.seconds)})
    wait = "10" if isinstance(error, TooManyListeners) else "1"
    return trouble(error, 503, {"retry-after": wait})


def on_http_error(request: Request, error: Exception) -> Response:
    """What Starlette refuses: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    where = request.url.path[:200]
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "GET, HEAD")
        said = BihuanError(f"{request.method} means nothing here", where=where, remedy=f"Allowed: {allowed}.")
    else:
        said = BihuanError(
            "there is nothing here" if error.status_code == 404 else error.detail, where=where, remedy="See docs/api.md."
        )
    return trouble(said, error.status_code, error.headers)


def on_any_error(request: Request, _error: Exception) -> Response:
    """A defect: the server's log has it, the asker only learns that it is none of theirs."""
    said = BihuanError(
        "something is broken in the server", where=request.url.path[:200], remedy="Its log says what. Tell its operator."
    )
    return trouble(said, 500)
