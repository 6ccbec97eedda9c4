"""What screens and reports read, folded from facts and kept in memory. Every page is a frozen shape of docs/api.md.

The casebook is the loop's own: it must have folded the facts before `fold` is called here, and is only read. Facts of cases
stay in memory, those that only pass for a while (`archive.py`). Events are bounded by number, the film by days.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from bihuan.loop.casebook import Casebook
from bihuan.model.facts import Fact
from bihuan.pack.rules import Rules
from bihuan.views.about import hello, series_meta, units_by_parent
from bihuan.views.archive import Archive, Recall
from bihuan.views.board import Board, Gauges
from bihuan.views.case import case_rows, case_view
from bihuan.views.closing import ClosingRow, closing_rows
from bihuan.views.comparing import Comparable, comparable
from bihuan.views.desk import desk
from bihuan.views.explain import Explainer
from bihuan.views.known import Known, NotFound, asked_of
from bihuan.views.league import scores
from bihuan.views.league_shapes import Scores
from bihuan.views.review import review_rows, review_view
from bihuan.views.seen import Seen
from bihuan.views.shapes import (
    CaseRow,
    CaseView,
    Desk,
    Event,
    Explanation,
    Frames,
    Hello,
    Review,
    ReviewRow,
    SeriesMeta,
    Turn,
    UnitView,
    Wall,
)
from bihuan.views.tree import Tally, Tree
from bihuan.views.vital_layout import Key
from bihuan.views.vital_shapes import IndicatorVitals, TreeName, VitalsView
from bihuan.views.vitals import Vitals
from bihuan.views.wall import QUIET, Change, HourSum, News, WallMaker, choose, is_told
from bihuan.views.words import Speech
from bihuan.views.work import Work

__all__ = ["Change", "Gauges", "HourSum", "NotFound", "Views"]

CASE_STATES = ("open", "closed", "reported", "rejected", "merged", "all")
MOST_CASES = 1_000


class Views:
    """The read models of one centre. Not safe for threads: the caller holds a lock around `fold` and every page."""

    def __init__(
        self, rules: Rules, book: Casebook, gauges: Gauges, *, hour_sum: HourSum | None = None, recall: Recall | None = None
    ) -> None:
        tree = Tree(rules)
        archive = Archive(rules, recall)
        board = Board(rules, tree, gauges)
        speech = Speech(rules, book, archive)
        self.known = Known(
            rules=rules, book=book, gauges=gauges, tree=tree, archive=archive, board=board, speech=speech
        )  # fmt: skip
        self._work = Work(rules, book, tree)
        self._warnings = Tally()
        self._news = News()
        self._walls = WallMaker(self.known, self._work, self._warnings, self._news, hour_sum)
        self._explainer = Explainer(self.known)
        self._vitals = Vitals(self.known)
        self._units = units_by_parent(rules)
        self._seen = Seen(self.known, self._work, self._warnings, self._news)

    # folding

    def fold(self, facts: Sequence[Fact]) -> Change:
        """Take the facts of one turn, or of a whole journal, in order."""
        known, seen = self.known, self._seen
        seen.begin()
        for fact in facts:
            if seen.at is not None and fact.recorded_at != seen.at:
                self._flush(seen)
            seen.at = fact.recorded_at
            known.archive.fold(fact)
            known.board.fold(fact)
            seen.fold(fact)
        if seen.at is not None:
            self._flush(seen)
        return self._settle(seen)

    def _flush(self, seen: Seen) -> None:
        assert seen.at is not None
        seen.spots |= self.known.board.flush(seen.at)

    def _settle(self, seen: Seen) -> Change:
        """Bring desks and counts up to the casebook, which has the whole turn already."""
        book, archive = self.known.book, self.known.archive
        seen.cases.update(dict.fromkeys(book.by_run[run] for run in seen.named["run"] if run in book.by_run))
        for id in seen.named["task"]:
            if (task := book.tasks.get(id)) is not None:
                self._work.see_task(task)
                seen.cases[task.sent.case] = None
                seen.units.update(dict.fromkeys((task.unit, task.sent.verifier, asked_of(task))))
                if task.escalated_to:
                    seen.units[task.escalated_to] = None
        for id in seen.cases:
            if (case := book.cases.get(id)) is not None:
                self._work.see_case(case)
                seen.units.update(dict.fromkeys(unit for unit in (case.unit, case.receiver) if unit))
                seen.wait(case)
        for id in seen.named["proposal"]:
            if (asked := archive.proposals.get(id)) is not None:
                seen.units.update(dict.fromkeys(unit for unit in (asked.body.unit, asked.above) if unit))
        return self._change(seen)

    def _change(self, seen: Seen) -> Change:
        rules = self.known.rules
        newest = seen.news[::-1]
        loud = (fact for fact in newest if not isinstance(fact.body, QUIET))
        quiet = (fact for fact in newest if isinstance(fact.body, QUIET))
        return Change(
            seq=self.known.archive.seq,
            places=frozenset(spot for spot in seen.spots if spot in rules.places),
            things=frozenset(spot for spot in seen.spots if spot in rules.things),
            cases=tuple(id for id in seen.cases if id in self.known.book.cases),
            units=tuple(sorted(seen.units)),
            news=tuple(choose(loud, quiet)),
            readings=seen.readings,
        )

    # pages

    def hello(self, now: int, demo: Any = None) -> Hello:
        return hello(self.known, now, demo)

    def units(self, parent: str) -> tuple[UnitView, ...]:
        """The units directly under one, departments included; the root's for an empty parent."""
        if parent:
            self.known.unit(parent)
        return self._units.get(parent, ())

    def wall(self, unit: str, now: int) -> Wall:
        return self._walls.wall(self.known.unit(unit).place, now)

    def turn_event(self, change: Change, unit: str, now: int) -> Turn:
        return self._walls.turn(change, self.known.unit(unit).place, now)

    def news(self, unit: str, until: int, limit: int) -> tuple[Event, ...]:
        """Newest first, of what happened at or under a unit's place up to a moment: what a replay shows."""
        place, facts = self.known.unit(unit).place, self.known.archive.facts
        told = (fact for fact in reversed(facts.values()) if fact.at <= until and is_told(self.known, fact, place))
        return tuple(self._news.event(self.known, fact) for fact in islice(told, limit))

    def frames(self, unit: str, now: int) -> Frames:
        return self._walls.frames(self.known.unit(unit).place, now)

    def desk(self, unit: str, now: int) -> Desk:
        return desk(self.known, self._work, unit, now)

    def cases(self, unit: str, state: str = "open", limit: int = 200) -> tuple[CaseRow, ...]:
        """Newest first. Raises NotFound for an unknown unit, or a state that is none of CASE_STATES."""
        if state not in CASE_STATES:
            raise NotFound(f"there is no state '{state}'", where=state, remedy=f"Ask for one of: {', '.join(CASE_STATES)}.")
        return case_rows(self.known, self.known.unit(unit), state, max(0, min(limit, MOST_CASES)))

    def case(self, id: str, now: int) -> CaseView:
        return case_view(self.known, self._explainer, self.known.case(id), now)

    def explain(self, id: str) -> Explanation:
        return self._explainer.explain(id)

    def reviews(self) -> tuple[ReviewRow, ...]:
        return review_rows(self.known)

    def review(self, id: str) -> Review:
        return review_view(self.known, id)

    def scores(self, scorecard: str = "", period: str = "") -> Scores:
        """One period as it is written (`2026-09`, `2026-Q3`, ...); the last one published without any."""
        return scores(self.known, scorecard, period)

    def closing(self, unit: str = "") -> tuple[ClosingRow, ...]:
        """Of what `unit` and those under it hold; of everybody where none is named. Raises NotFound for an unknown unit."""
        return closing_rows(self.known, self.known.unit(unit).id if unit else "")

    def series_meta(self, indicator: str, place: str) -> SeriesMeta:
        return series_meta(self.known, indicator, place)

    def vitals(self, place: str, heading: Key | None, tree: TreeName, now: int) -> VitalsView:
        """Places right under one by the headings right under one (all plates without one)."""
        return self._vitals.matrix(place, heading, tree, now)

    def comparable(self, indicator: str, place: str, tree: TreeName) -> Comparable:
        """What a comparison of periods is about; the readings are history's."""
        return comparable(self.known, indicator, place, tree)

    def indicator_vitals(self, indicator: str, place: str, tree: TreeName, now: int) -> IndicatorVitals:
        return self._vitals.indicator(indicator, place, tree, now)
