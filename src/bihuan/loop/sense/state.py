"""What sense remembers: the engine's columns, and what it last said of each series."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from bihuan.engine.engine import Applied, Engine, Event, Events, Kind
from bihuan.loop.casebook import Casebook
from bihuan.loop.sense.words import blocks
from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact, LevelChanged, ReadingsReceived, SeriesReturned, SeriesSilent
from bihuan.model.readings import Batch
from bihuan.pack.rules import Rules


class Columns:
    """The engine with names: series are `indicator@place`, in the order of dense ids."""

    def __init__(self, rules: Rules, began: int) -> None:
        self.series = [(indicator.id, spot) for indicator, spot in rules.series()]
        self.index = {f"{indicator}@{spot}": number for number, (indicator, spot) in enumerate(self.series)}
        self.engine = Engine(blocks(rules), began)
        self.now = began

    def pass_time(self, now: int) -> Iterator[tuple[int, Events]]:
        """Let time pass to `now`, stopping wherever something may change, so that it does not matter how often we look."""
        if now <= self.now:
            return
        while (due := self.engine.next_due()) is not None and due < now:
            yield due, self.engine.advance(due)
        self.now = now
        yield now, self.engine.advance(now)

    def take(self, batch: Batch, now: int) -> tuple[npt.NDArray[np.int64], Applied]:
        """Apply a batch. Returns the rows' dense ids and what came of them; series no pack knows any more are left out."""
        ids = np.array([self.index.get(name, -1) for name in batch.names], dtype=np.int64)
        series = ids[batch.series] if len(ids) else np.empty(0, dtype=np.int64)
        known = series >= 0
        return series[known], self.engine.apply(series[known], batch.at[known], batch.value[known], batch.quality[known], now)


class State:
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.columns = Columns(rules, began)
        size = len(self.columns.series)
        self.said = np.zeros(size, dtype=np.int8)
        """Rank of each series as the facts have it."""
        self.silent = np.zeros(size, dtype=bool)
        """Who is silent as the facts have it."""
        self.silent_since: dict[int, int] = {}
        self.quiet = np.zeros(size, dtype=bool)
        """Who is silent as the engine has it: another thing only after a restart under new rules."""
        self.receipt = np.zeros(size, dtype=np.int64)
        """Sequence of the newest receipt that touched each series (0: none): what a later change of level is because of."""
        self.readings = 0
        """Rows taken so far."""

    def fold(self, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, ReadingsReceived):
            self.readings += body.rows
        elif isinstance(body, LevelChanged | SeriesSilent | SeriesReturned):
            series = self.columns.index.get(f"{body.indicator}@{body.place}")
            if series is None:
                return
            if isinstance(body, LevelChanged):
                self.said[series] = self.rules.rank(body.level)
            elif isinstance(body, SeriesSilent):
                self.silent[series] = True
                self.silent_since[series] = fact.at
            else:
                self.silent[series] = False
                self.silent_since.pop(series, None)

    def note(self, event: Event) -> None:
        """Remember what the engine says about silence."""
        if event.kind in (Kind.SILENT, Kind.RETURNED):
            self.quiet[event.series] = event.kind is Kind.SILENT

    def relive(self, fact: Fact, batch_at: Callable[[int], Batch]) -> None:
        """Bring the columns to where they were when `fact` was written, without saying anything again.

        Raises JournalError for a batch that is not the one the fact received.
        """
        for _, events in self.columns.pass_time(fact.recorded_at):
            for event in events:
                self.note(event)
        if isinstance(fact.body, ReadingsReceived):
            batch = batch_at(fact.body.entry)
            if batch.digest != fact.body.digest:
                raise JournalError(
                    f"entry {fact.body.entry} of the intake log is not the one this fact took",
                    where=fact.id,
                    remedy="Restore journal and intake log from one and the same backup.",
                )
            series, applied = self.columns.take(batch, fact.recorded_at)
            self.receipt[series] = fact.seq
            for event in applied.events:
                self.note(event)

    def rung_of(self, series: int, rank: int) -> int:
        """Index of the rung of a series' ladder with this rank (the nearest below where the ladder has none)."""
        indicator = self.rules.indicators[self.columns.series[series][0]]
        ranks = [self.rules.rank(rung.level) for rung in self.rules.ladders[indicator.ladder].rungs]
        return max((n for n, own in enumerate(ranks) if own <= rank), default=0)

    def next_due(self) -> int | None:
        return self.columns.engine.next_due()
