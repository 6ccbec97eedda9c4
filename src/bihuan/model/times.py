"""Times are integer milliseconds since 1970 in UTC; spans are integer milliseconds. No clock lives here."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_SPAN = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def span(text: str) -> int:
    """Milliseconds of a span such as `90s`, `10m`, `1h30m`, `2d`. Raises ValueError on anything else."""
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"'{text}' is not a span of time; write it like 90s, 10m, 1h30m or 2d")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def span_text(milliseconds: int) -> str:
    """The shortest exact way to write a span: 5400000 -> `1h30m`."""
    if milliseconds == 0:
        return "0s"
    out, left = [], milliseconds
    for unit in ("d", "h", "m", "s", "ms"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            out.append(f"{count}{unit}")
    return "".join(out)


def instant(text: str, zone: tzinfo) -> int:
    """Milliseconds UTC of an ISO 8601 time, or of integer milliseconds. A time without offset is local to `zone`.

    Raises ValueError when the text is neither.
    """
    text = text.strip()
    if re.fullmatch(r"-?\d{11,}", text):
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def iso(at: int, zone: tzinfo = UTC) -> str:
    """ISO 8601 of `at` in `zone`, to the second (to the millisecond where it has any)."""
    moment = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone)
    return moment.isoformat(timespec="milliseconds" if at % SECOND else "seconds")


def fixed_zone(hours: float) -> timezone:
    """A zone at a fixed offset from UTC, in hours."""
    return timezone(timedelta(hours=hours))


def local_floor(at: int, every: int, zone: tzinfo) -> int:
    """The last boundary of a rhythm at or before `at`: multiples of `every` counted from local midnight 1970."""
    offset = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).utcoffset() or timedelta(0)
    shift = offset // timedelta(milliseconds=1)
    return (at + shift) // every * every - shift
