"""Facts that the views let go, read again from the journal."""

from collections.abc import Iterator
from itertools import takewhile

from bihuan.journal.contract import Journal
from bihuan.model.facts import Fact


class Recalled:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def fact(self, id: str) -> Fact | None:
        entry = self._journal.by_id(id)
        return entry.fact if entry else None

    def newest(self, subject: str, most: int) -> list[Fact]:
        return [entry.fact for entry in self._journal.newest(subject, most)]

    def rest_of_turn(self, fact: Fact) -> Iterator[Fact]:
        later = (entry.fact for entry in self._journal.read(fact.seq))
        return takewhile(lambda other: other.recorded_at == fact.recorded_at, later)
