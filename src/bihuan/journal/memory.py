"""A journal in memory: for tests, drills and the simulator."""

from collections.abc import Iterator, Sequence

from bihuan.journal.chain import GENESIS, Frontier, entry_of, id_exists, link_facts
from bihuan.journal.contract import Entry, Head, Row
from bihuan.model.facts import Fact


class MemoryJournal:
    """Keeps the bytes a durable journal would keep, so it reads and verifies alike."""

    where = "the journal in memory"

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._place: dict[str, int] = {}
        self._frontier = Frontier()

    def append(self, facts: Sequence[Fact]) -> Head:
        frontier = self._frontier.copy()
        rows = link_facts(facts, self.head(), frontier, where=self.where)
        for row in rows:
            if row.id in self._place:
                raise id_exists(row.id, self.where)
        for row in rows:
            self._place[row.id] = len(self._rows)
            self._rows.append(row)
        self._frontier = frontier
        return self.head()

    def read(
        self, after: int = 0, until: int | None = None, *, kind: str | None = None, subject: str | None = None
    ) -> Iterator[Entry]:
        assert kind is None or subject is None
        rows = self._rows[max(after, 0) : len(self._rows) if until is None else max(until, 0)]
        return (
            self._entry(row)
            for row in rows
            if (kind is None or row.kind == kind) and (subject is None or row.subject == subject)
        )

    def newest(self, subject: str, most: int) -> list[Entry]:
        rows = [row for row in self._rows if row.subject == subject]
        return [self._entry(row) for row in rows[-most:]]

    def head(self) -> Head:
        if not self._rows:
            return Head(seq=0, hash=GENESIS.hex())
        return Head(seq=self._rows[-1].seq, hash=self._rows[-1].hash.hex())

    def root(self) -> str:
        """RFC 6962 tree head over all entries, in hex."""
        return self._frontier.root().hex()

    def by_id(self, id: str) -> Entry | None:
        place = self._place.get(id)
        return None if place is None else self._entry(self._rows[place])

    def rows(self) -> Iterator[Row]:
        return iter(self._rows)

    def checkpoint(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _entry(self, row: Row) -> Entry:
        return entry_of(row.body, row.prev, row.hash, where=self.where, seq=row.seq)
