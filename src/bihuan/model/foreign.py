"""What an import of a foreign log brings to a turn."""

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.model.facts import CaseImported, LogReceived


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCases:
    """Cases of one log, in the order of the file. The loop passes over those it has."""

    log: LogReceived
    cases: Sequence[CaseImported]
