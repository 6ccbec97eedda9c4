"""All that the pages are made from, in one hand; and how a fact becomes an event."""

from dataclasses import dataclass

from bihuan.loop.case import Case, Task
from bihuan.loop.casebook import Casebook
from bihuan.model.errors import BihuanError
from bihuan.model.facts import CaseReopened, Fact, WarningCleared
from bihuan.pack.rules import Rules, Unit
from bihuan.views.archive import Archive
from bihuan.views.board import Board, Gauges
from bihuan.views.flags import seen_in
from bihuan.views.sentences import sentence
from bihuan.views.shapes import Clock, Event, Flag, Named, Spot
from bihuan.views.tree import Tree
from bihuan.views.words import Speech


class NotFound(BihuanError):
    """There is nothing by this id: the remedy says where ids come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    rules: Rules
    book: Casebook
    gauges: Gauges
    tree: Tree
    archive: Archive
    board: Board
    speech: Speech

    # by id, or a NotFound

    def unit(self, id: str) -> Unit:
        if (unit := self.rules.units.get(id)) is None:
            raise NotFound(f"there is no unit '{id}'", where=id, remedy="Take an id from /live/units, such as the root's.")
        return unit

    def above(self, unit: str) -> str:
        """The unit above on the tree of duties; empty at the top, and for one that the packs have dropped."""
        known = self.rules.units.get(unit)
        return known.parent if known else ""

    def case(self, id: str) -> Case:
        if (case := self.book.cases.get(id)) is None:
            raise NotFound(f"there is no case '{id}'", where=id, remedy="Take an id from /live/cases.")
        return case

    # small shapes

    def spot(self, code: str) -> Spot:
        return Spot(code=code, words=self.speech.place(code))

    def named(self, unit: str) -> Named:
        return Named(id=unit, words=self.rules.name(unit))

    def spot_of(self, fact: Fact) -> str:
        """The place or thing a fact is about: its own, its task's, its proposal's or its case's. Empty: the whole centre."""
        body = fact.body
        if place := getattr(body, "place", ""):
            return str(place)
        task = self.book.tasks.get(getattr(body, "task", "") or getattr(body, "target", ""))
        if task is not None:
            return task.sent.place
        asked = self.archive.proposals.get(getattr(body, "proposal", "") or getattr(body, "target", ""))
        if asked is not None:
            return asked.body.place
        case = self.book.cases.get(getattr(body, "case", ""))
        return case.place if case else ""

    def event(self, fact: Fact) -> Event:
        body = fact.body
        return Event(
            id=fact.id,
            at=fact.at,
            kind=fact.kind,
            level=level_in(fact),
            text=sentence(self.speech, fact),
            place=self.spot_of(fact),
            case=getattr(body, "case", "") or None,
            warning=getattr(body, "warning", "") or None,
        )

    # how a case stands

    def level_of(self, case: Case) -> str:
        """The level of its warning while that is on; else the worst it had, which is what the case was about."""
        warnings = [self.archive.warnings[id] for id in warnings_of(case) if id in self.archive.warnings]
        on = [warning.level for warning in warnings if warning.on]
        if on and case.open:
            return max(on, key=self.rules.rank)
        return max([case.level or self.rules.calm, *(warning.worst for warning in warnings)], key=self.rules.rank)

    def warning_on(self, case: Case) -> bool:
        warning = self.archive.warnings.get(case.warning)
        return warning is not None and warning.on

    def silent(self, case: Case) -> bool:
        """Does the series the case waits for say nothing? Only a series of the case's own place or thing can."""
        return self.board.has_series(case.indicator, case.place) and self.board.series_unknown(case.indicator, case.place)


def warnings_of(case: Case) -> list[str]:
    found = dict.fromkeys(run.warning for run in case.runs.values() if run.warning)
    if case.warning:
        found[case.warning] = None
    return list(found)


def level_in(fact: Fact) -> str | None:
    """The level a fact speaks of; a review's is the peak."""
    body = fact.body
    if isinstance(body, WarningCleared | CaseReopened):
        return body.level
    return getattr(body, "level", None) or getattr(body, "peak", None) or None


def asked_of(task: Task) -> str:
    """The unit whose move it is."""
    return task.sent.verifier if task.state == "claimed" else task.unit


def is_overdue(task: Task) -> bool:
    """Has the clock that runs now run out, as supervise has said? (No look at the time.)"""
    clock = task.clock()
    return clock is not None and clock[0] in task.overdue


def clock_at(task: Task, now: int | None) -> Clock | None:
    """The running clock; without `now`, overdue is what supervise has said."""
    clock = task.clock()
    if clock is None:
        return None
    name, started, due = clock
    overdue = name in task.overdue if now is None else now > due
    return Clock(name=name, started=started, due=due, overdue=overdue)


def urgent(case: Case) -> Task | None:
    """The open task whose clock runs out first."""
    ticking = [(clock[2], task.id, task) for task in case.tasks.values() if (clock := task.clock()) is not None]
    return min(ticking)[2] if ticking else None


def flags_of(speech: Speech, one: Case | Task) -> tuple[Flag, ...]:
    return tuple(Flag(flag=flag.flag, detail=seen_in(speech, flag)) for flag in one.flags)


def flag_names(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flag.flag for flag in case.flags))
