"""A case as it stands in a file, before a map says what it means: texts by column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_EVENTS = 10_000
"""Events of one case. More is no case but a mistake in the map."""

MOST_BYTES = 8 << 20
"""Of one case in JSON, and of one line."""

TOO_MANY = f"the case has more than {MOST_EVENTS:,} events."

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`row` is its line in CSV and JSON lines, and its number among the cases in a list of JSON and in XES, from 1."""

    row: int
    case: Texts
    events: Sequence[Texts] = ()
    trouble: str = ""
    """Why this is no case; empty where it is one."""
    remedy: str = ""
