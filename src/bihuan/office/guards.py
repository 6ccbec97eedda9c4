"""Guards in front of every view: content policy, forged forms, guessed passwords."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bihuan.office.answers import refuse

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

FORMS = ("/office/login/", "/office/logout/", "/office/language/", "/office/admin/")
"""Pages for people; everything else under /office/ speaks JSON."""


class ContentPolicy:
    """No page of the office runs or shows anything from elsewhere, and none is kept in a cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        if not request.path.startswith("/office/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.path.startswith(FORMS):
        return render(request, "office/forged.html", status=403)
    return refuse(
        403,
        "the request does not carry this session's token",
        where="header X-CSRFToken",
        remedy="Take `csrf` from GET /office/me and send it as X-CSRFToken.",
    )


class Tries:
    """Counts failed log-ins per (name, address) in memory; bounded, forgets the oldest."""

    def __init__(
        self, *, most: int = 5, within_seconds: float = 300.0, keep: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._within, self._keep, self._clock = most, within_seconds, keep, clock
        self._failed: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._lock = Lock()

    def spent(self, name: str, address: str) -> bool:
        """True while no further try is allowed."""
        with self._lock:
            return len(self._recent((name, address))) >= self._most

    def failed(self, name: str, address: str) -> None:
        with self._lock:
            key = (name, address)
            self._failed[key] = [*self._recent(key), self._clock()][-self._most :]
            self._failed.move_to_end(key)
            while len(self._failed) > self._keep:
                self._failed.popitem(last=False)

    def forget(self, name: str, address: str) -> None:
        with self._lock:
            self._failed.pop((name, address), None)

    def _recent(self, key: tuple[str, str]) -> list[float]:
        since = self._clock() - self._within
        return [at for at in self._failed.get(key, ()) if at > since]
