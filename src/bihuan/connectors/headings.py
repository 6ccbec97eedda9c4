"""The columns of a table of readings, and whether its first row names them."""

from collections.abc import Sequence

from bihuan.model.errors import ReadingError

COLUMNS = ("indicator", "place", "at", "value", "quality")
_NEEDED = COLUMNS[:4]
_HEADER = ",".join(COLUMNS)


def check(header: Sequence[str], where: str) -> None:
    """Raises ReadingError where `header` (in small letters) does not name each needed column once, and no others."""
    if not any(header):
        raise ReadingError("the first row names no columns.", where=where, remedy=f"Begin with the row {_HEADER}")
    for name in header:
        if name not in COLUMNS:
            raise ReadingError(f"the column '{name[:60]}' means nothing.", where=where, remedy=f"The columns are {_HEADER}.")
        if header.count(name) > 1:
            raise ReadingError(f"the column '{name}' stands twice.", where=where, remedy="Keep one of them.")
    for name in _NEEDED:
        if name not in header:
            raise ReadingError(f"the column '{name}' is missing.", where=where, remedy=f"The columns are {_HEADER}.")
