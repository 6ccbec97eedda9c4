"""Answers of the office as JSON."""

from typing import Any

import msgspec
from django.http import HttpResponse


class Trouble(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, where, and what to do about it; a refusal of the loop in Chinese too."""

    what: str
    where: str
    remedy: str
    what_zh: str = ""
    remedy_zh: str = ""


def answer(body: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse(status: int, what: str, *, where: str, remedy: str, what_zh: str = "", remedy_zh: str = "") -> HttpResponse:
    return answer(Trouble(what=what, where=where, remedy=remedy, what_zh=what_zh, remedy_zh=remedy_zh), status)
