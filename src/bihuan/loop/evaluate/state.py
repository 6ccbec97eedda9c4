"""What evaluate remembers: how reports, tasks and closings went beyond the casebook, what was published, and appeals."""

from dataclasses import dataclass

from bihuan.loop.casebook import Casebook
from bihuan.model.facts import (
    AppealDecided,
    CaseClosed,
    CaseRegistered,
    CaseRejected,
    CaseReported,
    CreditReversed,
    Fact,
    PacksLoaded,
    ScoreAppealed,
    ScorePublished,
    TaskExtended,
    TaskReleased,
    TaskResumed,
    TaskReturned,
    TaskSent,
    TaskSentBack,
)
from bihuan.model.periods import begin_at, end_at
from bihuan.model.times import DAY
from bihuan.pack.rules import Rules

KEEP = 100 * DAY
"""How long after its end a period can still be corrected."""


@dataclass(kw_only=True)
class Report:
    """A report, before it was a case."""

    register_by: int
    decided_at: int | None = None
    decided: str = ""


@dataclass(kw_only=True)
class Path:
    """How a task went, as far as the casebook forgets it."""

    done_by: int
    """Moved by leave only."""
    sent_back_at: int | None = None
    """The first time."""
    left: str = ""
    left_at: int | None = None


@dataclass(kw_only=True)
class Publication:
    """A scorecard over one period: the fact that published it first, and its newest version."""

    first: str
    newest: str
    at: int
    body: ScorePublished


@dataclass(kw_only=True)
class Appeal:
    body: ScoreAppealed
    fact: str
    decided: bool = False


class State:
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.until: dict[str, int] = {}
        """Scorecard -> end of the last period published. Empty until the first task: there is nothing to score before."""
        self._ever: set[str] = set()
        """Scorecards that were published once."""
        self.published: dict[tuple[str, int], Publication] = {}
        """By scorecard and beginning of the period."""
        self.version: dict[str, tuple[str, int]] = {}
        """Fact of any version -> its publication."""
        self.appeals: dict[str, Appeal] = {}
        self.reversed: dict[str, list[tuple[int, str, str]]] = {}
        """Case -> (when, why, fact) each time its credit was taken back."""
        self.reports: dict[str, Report] = {}
        self.paths: dict[str, Path] = {}
        self.on_time: dict[str, bool] = {}
        """Of the newest close of each case."""
        self.closes: list[tuple[int, str]] = []
        """(when, fact) of every close that may still lie in an unpublished period."""
        self.last_fact = ""

    def fold(self, fact: Fact) -> None:
        match fact.body:
            case ScorePublished() as body:
                self._publish(fact, body)
                return
            case TaskSent() as body:
                self.paths[body.task] = Path(done_by=body.done_by)
                if not self.until:
                    self._begin(fact.at)
            case PacksLoaded() if self.until:
                self._begin(fact.at)
            case CaseClosed() as body:
                self.on_time[body.case] = body.on_time
                self.closes.append((fact.at, fact.id))
            case CreditReversed() as body:
                self.reversed.setdefault(body.case, []).append((fact.at, body.reason, fact.id))
            case CaseReported() as body:
                self.reports[body.case] = Report(register_by=body.register_by)
            case CaseRegistered() | CaseRejected() as body if body.case in self.reports:
                report = self.reports[body.case]
                report.decided_at = fact.at
                report.decided = "registered" if isinstance(body, CaseRegistered) else "rejected"
            case TaskExtended() | TaskResumed() | TaskSentBack() | TaskReturned() | TaskReleased() as body:
                self._move(fact, body, self.paths[body.task])
            case ScoreAppealed() as body:
                self.appeals[body.appeal] = Appeal(body=body, fact=fact.id)
            case AppealDecided() as body:
                self.appeals[body.appeal].decided = True
            case _:
                pass
        self.last_fact = fact.id

    def _move(self, fact: Fact, body: object, path: Path) -> None:
        match body:
            case TaskExtended() if path.sent_back_at is None:
                path.done_by = body.done_by
            case TaskResumed() if path.sent_back_at is None:
                path.done_by = max(path.done_by, self.book.tasks[body.task].done_by)
            case TaskSentBack() if path.sent_back_at is None:
                path.sent_back_at = fact.at
            case TaskReturned():
                path.left, path.left_at = "returned", fact.at
            case TaskReleased():
                path.left, path.left_at = "released", fact.at
            case _:
                pass

    def _publish(self, fact: Fact, body: ScorePublished) -> None:
        key = body.scorecard, body.since
        if body.corrects:
            known = self.published[key]
            known.newest, known.at, known.body = fact.id, fact.recorded_at, body
        else:
            self.published[key] = Publication(first=fact.id, newest=fact.id, at=fact.recorded_at, body=body)
            self.until[body.scorecard] = body.until
            self._ever.add(body.scorecard)
            oldest = min(self.until.values())
            self.closes = [(at, close) for at, close in self.closes if at > oldest]
            self._forget(body.until - KEEP)
        self.version[fact.id] = key

    def _forget(self, before: int) -> None:
        for key in [key for key, known in self.published.items() if known.body.until < before]:
            del self.published[key]
            self.version = {fact: of for fact, of in self.version.items() if of != key}

    def _begin(self, at: int) -> None:
        """A scorecard counts from the period in which the first task was sent, or the packs brought it."""
        for card in self.rules.scorecards.values():
            if card.id not in self._ever:
                self.until[card.id] = begin_at(card.every, at, self.rules.zone)

    def end_of(self, card: str) -> int | None:
        """When the period of a scorecard that runs now is over; None before there was anything to score."""
        since = self.until.get(card)
        return None if since is None else end_at(self.rules.scorecards[card].every, since, self.rules.zone)

    def next_due(self) -> int | None:
        ends = (self.end_of(card) for card in self.rules.scorecards)
        return min((end for end in ends if end is not None), default=None)
