"""What sense remembers: the engine's columns, and what it last said of each series."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine.engine import Applied, Engine, Event, Events, Kind
from bihuan.loop.casebook import Casebook
from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.sense.derived import Derived, Rows
from bihuan.loop.sense.words import RulesInWords, blocks
from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact, LevelChanged, ReadingsReceived, SeriesReturned, SeriesSilent
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch
from bihuan.pack.rules import Rules


class Columns:
    """The engine, whose dense ids are the numbers of `numbering`."""

    def __init__(self, rules: Rules, began: int) -> None:
        self.numbering = rules.numbering
        self.engine = Engine(blocks(rules), began)
        self.derived = Derived(rules.indicators, rules.numbering)
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
        """Apply a batch and what formulas make of it. Returns the rows' dense ids, derived ones too, and what came of those
        that were sent; series no pack knows any more are left out."""
        series, at, value, quality = (
            self.numbering.translated(batch.numbering, batch.series),
            batch.at,
            batch.value,
            batch.quality,
        )
        if len(series) and series.min() < 0:
            known = series >= 0
            series, at, value, quality = series[known], at[known], value[known], quality[known]
        rows = Rows(series=series, at=at, value=value, quality=quality)
        if self.derived:
            rows = self.derived.weave(rows)
        return rows.series, rows.counted(self.engine.apply(rows.series, rows.at, rows.value, rows.quality, now))


class State(Hearer):
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.in_words = RulesInWords(rules)
        self.columns = Columns(rules, began)
        size = self.columns.numbering.count
        self.said = np.zeros(size, dtype=np.int8)
        """Rank of each series as the facts have it."""
        self.silent = np.zeros(size, dtype=bool)
        """Who is silent as the facts have it."""
        self.silences = 0
        """How many that are."""
        self.silent_since: dict[int, int] = {}
        self.quiet = np.zeros(size, dtype=bool)
        """Who is silent as the engine has it: another thing only after a restart under new rules."""
        self.receipt = np.zeros(size, dtype=np.uint32)
        """Sequence of the newest receipt that touched each series (0: none): what a later change of level is because of."""
        self.readings = 0
        """Rows taken so far."""
        self.newest_at = -1
        """Time of the newest reading of all; -1 before the first."""
        self.known = np.zeros(size, dtype=bool)
        """Who ever had fresh data."""
        self._heard: list[npt.NDArray[np.int64]] = []

    @hears(ReadingsReceived)
    def _receive(self, fact: Fact, body: ReadingsReceived) -> None:
        self.readings += body.rows

    @hears(LevelChanged)
    def _change(self, fact: Fact, body: LevelChanged) -> None:
        if (series := self._number(body)) >= 0:
            self.said[series] = self.rules.rank(body.level)

    @hears(SeriesSilent)
    def _fall_silent(self, fact: Fact, body: SeriesSilent) -> None:
        if (series := self._number(body)) >= 0:
            self.silences += not self.silent[series]
            self.silent[series] = True
            self.silent_since[series] = fact.at

    @hears(SeriesReturned)
    def _return(self, fact: Fact, body: SeriesReturned) -> None:
        if (series := self._number(body)) >= 0:
            self.silences -= bool(self.silent[series])
            self.silent[series] = False
            self.silent_since.pop(series, None)

    def _number(self, body: LevelChanged | SeriesSilent | SeriesReturned) -> int:
        """Of its series; below 0 where no pack knows it any more."""
        return self.columns.numbering.number(body.indicator, body.place)

    def take(self, batch: Batch, now: int, receipt: int) -> Applied:
        """Apply a batch, whose receipt has this sequence, and remember who was heard."""
        engine = self.columns.engine
        series, applied = self.columns.take(batch, now)
        self.receipt[series] = receipt
        if len(series):
            self.newest_at = max(self.newest_at, int(engine.at[series].max()))
            new = series[~self.known[series]]
            new = new[~engine.unknown[new]]
            if len(new):
                self.known[new] = True
                self._heard.append(new)
        return applied

    def newest(self, indicator: str, place: str) -> float | None:
        """Newest value of a series; None where there is no such series, no reading, or no fresh one."""
        series = self.columns.numbering.number(indicator, place)
        if series < 0 or self.columns.engine.unknown[series]:
            return None
        value = float(self.columns.engine.value[series])
        return value if value == value else None

    def heard(self, everyone: bool) -> npt.NDArray[np.int64]:
        """Which series have fresh data now: of those who never had any before this was last asked, or of `everyone`."""
        news, self._heard = self._heard, []
        if everyone:
            return np.flatnonzero(~self.columns.engine.unknown[:])
        found: npt.NDArray[np.int64] = np.concatenate(news) if news else np.empty(0, dtype=np.int64)
        return np.compress(~self.columns.engine.unknown[found], found)

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
            for event in self.take(batch, fact.recorded_at, fact.seq).events:
                self.note(event)

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """What is not in the facts, as named arrays to be written down before anything goes on: the engine, which
        receipt last touched each series, who is quiet, the `now` of all that, and what numbers the series.
        """
        columns = self.columns
        kept = {f"engine.{name}": column for name, column in columns.engine.saved().items()}
        kept |= {f"derived.{name}": column for name, column in columns.derived.saved().items()}
        kept["numbering"] = np.frombuffer(columns.numbering.packed, dtype=np.uint8)
        return kept | {"receipt": self.receipt, "quiet": self.quiet, "now": np.array(columns.now, dtype=np.int64)}

    def put_back(self, kept: Mapping[str, npt.NDArray[Any]], *, other_rules: bool = False) -> None:
        """Go on from `saved` in a fresh state. Raises ValueError where it is not complete, or of other series.

        Of other rules then, series may be others too: those that are still there go on, new ones are unknown. What their
        readings mean now is said by the next turn (`PacksLoaded`).
        """
        numbered = "numbering" in kept
        there = Numbering.unpacked(kept["numbering"].tobytes()) if numbered else self.columns.numbering
        # The first snapshots did not say their numbering: it is that of their rules.
        known = numbered if other_rules else there.digest == self.columns.numbering.digest
        whole = {"receipt", "quiet", "now"} <= kept.keys()
        if not (known and whole and len(kept["receipt"]) == len(kept["quiet"]) == there.count):
            raise ValueError("what was saved is not complete, or of other series")
        here = self.columns.numbering.translated(there, np.arange(there.count))
        engine, formulas = _part(kept, "engine."), _part(kept, "derived.")
        if other_rules:
            self.columns.engine.put_over(engine, here)
            formulas = self.columns.derived.carried(formulas, there, here)
        else:
            self.columns.engine.put_back(engine)
        stays = np.flatnonzero(here >= 0)
        self.receipt[here[stays]], self.quiet[here[stays]] = kept["receipt"][stays], kept["quiet"][stays]
        self.columns.now = int(kept["now"])
        self.columns.derived.put_back(formulas, self.columns.engine.at)
        self.newest_at = int(self.columns.engine.at.max(initial=-1))
        self.known = ~self.columns.engine.unknown[:]
        if other_rules:
            for event in self.columns.engine.reevaluate(self.columns.now):
                self.note(event)

    def receipts(self, series: int) -> list[int]:
        """Sequences of the newest receipts that touched a series, or what a derived one is worked out from, oldest first."""
        touched = {int(self.receipt[one]) for one in (series, *self.columns.derived.sources_of(series))}
        return sorted(touched - {0})

    def rung_of(self, series: int, rank: int) -> int:
        """Index of the rung of a series' ladder with this rank (the nearest below where the ladder has none)."""
        indicator = self.rules.indicators[self.columns.numbering.pair(series)[0]]
        ranks = [self.rules.rank(rung.level) for rung in self.rules.ladders[indicator.ladder].rungs]
        return max((n for n, own in enumerate(ranks) if own <= rank), default=0)

    def next_due(self) -> int | None:
        return self.columns.engine.next_due()


def _part(kept: Mapping[str, npt.NDArray[Any]], prefix: str) -> dict[str, npt.NDArray[Any]]:
    return {name.removeprefix(prefix): column for name, column in kept.items() if name.startswith(prefix)}
