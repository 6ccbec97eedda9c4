"""What every part of a pack is written in: spans, limits, words, sources, the manifest."""

import re
from typing import Literal

import msgspec

from bihuan.model.times import HOUR, span, span_text


class Span(int):
    """A span of time: `10m` in YAML, milliseconds in Python."""


_WORK = re.compile(r"(\d+)w([hd])")


class Limit:
    """How long something may take: `4h` and `2d` run on, `4wh` and `7wd` count working time only.

    Not more than one of `span` (milliseconds; of working time where `working`) and `days` (work days, which only a calendar
    can turn into hours) is not 0.
    """

    __slots__ = ("days", "span", "working")

    def __init__(self, span: int = 0, *, working: bool = False, days: int = 0) -> None:
        self.span = span
        self.working = working or days > 0
        self.days = days

    @classmethod
    def read(cls, text: str) -> "Limit":
        """Raises ValueError with the accepted forms."""
        if (match := _WORK.fullmatch(text)) is not None:
            number = int(match[1])
            return cls(days=number) if match[2] == "d" else cls(number * HOUR, working=True)
        try:
            return cls(span(text))
        except ValueError as error:
            raise ValueError(f"'{text}' is no limit; write 10m, 4h or 2d (running on), 4wh or 7wd (working time)") from error

    def __bool__(self) -> bool:
        return bool(self.span or self.days)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limit) and (self.span, self.working, self.days) == (other.span, other.working, other.days)

    def __hash__(self) -> int:
        return hash((self.span, self.working, self.days))

    def __repr__(self) -> str:
        return f"Limit({self})"

    def __str__(self) -> str:
        if self.days:
            return f"{self.days}wd"
        return f"{self.span // HOUR}wh" if self.working else span_text(self.span)


def read_span(kind: type, value: object) -> object:
    """msgspec hook that reads a `Span` or a `Limit`. Raises ValueError with the accepted forms."""
    if kind is Limit and isinstance(value, str):
        return Limit.read(value)
    if kind is Span and isinstance(value, str):
        return Span(span(value))
    raise ValueError(f"'{value}' is not a span of time; write it like 90s, 10m, 1h30m or 2d")


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a pack declares: unknown keys are refused, so a typing error is never silently ignored."""


class Words(Declared, frozen=True):
    """One thing said in both languages."""

    zh: str
    en: str


class Source(Declared, frozen=True):
    """Who set a threshold, where it is written, and from when to when it holds (ISO dates, inclusive and exclusive)."""

    issuer: str
    document: str
    version: str = ""
    valid_from: str = ""
    valid_to: str = ""
    note: str = ""
    confidence: Literal["", "standard", "derived", "own-judgement"] = ""
    """How far to trust the values: written in a standard, derived from one or from a real case, or our own judgement."""


class Manifest(Declared, frozen=True):
    """`pack.yaml`. `requires` names packs by folder name; `places`, `things` list CSV files inside the pack."""

    urn: str
    version: str
    words: Words
    licence: str
    owner: str
    requires: tuple[str, ...] = ()
    synthetic: bool = False
    about: str = ""
    places: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    review_by: str = ""
    """ISO date by which somebody looks at this pack again."""
