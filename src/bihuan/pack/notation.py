"""Series of test values in one line, as promtool writes them: `5+10x8 _x2 90x3`."""

import re

from bihuan.model.errors import PackError

MOST_VALUES = 100_000

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_PART = re.compile(rf"(?:(?P<gap>_)|(?P<start>{_NUMBER})(?P<step>[-+](?:\d+(?:\.\d*)?|\.\d+))?)(?:x(?P<times>\d{{1,9}}))?")


def values(text: str) -> list[float | None]:
    """Values of a series, None where a reading is missing.

    `5` is one value, `5x3` four times 5 (the value, then three more), `5+10x3` is 5 15 25 35, `5-1x2` is 5 4 3,
    `_` one missing reading and `_x3` three. Raises PackError with the position.
    """
    out: list[float | None] = []
    for part in re.finditer(r"\S+", text):
        match = _PART.fullmatch(part[0])
        if match is None:
            raise _wrong(part, text, _hint(part[0]))
        times = int(match["times"] or 0)
        count = (times if match["times"] else 1) if match["gap"] else times + 1
        if len(out) + count > MOST_VALUES:
            raise _wrong(part, text, f"Write at most {MOST_VALUES:,} values.")
        if match["gap"]:
            out.extend([None] * count)
        elif match["step"] and not match["times"]:
            raise _wrong(part, text, f"Say how often to step: {part[0]}x5.")
        else:
            start, step = float(match["start"]), float(match["step"] or 0)
            out.extend(start + index * step for index in range(count))
    if not out:
        raise PackError("a series has no values.", remedy="Write values such as 5 7 9, 5+10x8, 90x3 or _x2.")
    return out


def _wrong(part: re.Match[str], text: str, remedy: str) -> PackError:
    return PackError(f"'{part[0]}' at position {part.start() + 1} of '{text}' is no value of a series.", remedy=remedy)


def _hint(part: str) -> str:
    if "," in part:
        return "Put spaces between values, not commas."
    if "X" in part or "*" in part:
        return "Write a small x to repeat: 90x3."
    return "Write a number, 5+10x8 (steps), 90x3 (three more of it), _ or _x2 (missing)."
