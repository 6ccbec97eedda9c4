"""What evaluate remembers: how reports, tasks and closings went beyond the casebook, what was published, and appeals."""

from dataclasses import dataclass

from bihuan.loop.casebook import Casebook
from bihuan.loop.hearing import Hearer, hears
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


class State(Hearer):
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

    @hears(TaskSent)
    def _send(self, fact: Fact, body: TaskSent) -> None:
        self.paths[body.task] = Path(done_by=body.done_by)
        if not self.until:
            self._begin(fact.at)

    @hears(PacksLoaded)
    def _load(self, fact: Fact, body: PacksLoaded) -> None:
        if self.until:
            self._begin(fact.at)

    @hears(CaseClosed)
    def _close(self, fact: Fact, body: CaseClosed) -> None:
        self.on_time[body.case] = body.on_time
        self.closes.append((fact.at, fact.id))

    @hears(CreditReversed)
    def _reverse(self, fact: Fact, body: CreditReversed) -> None:
        self.reversed.setdefault(body.case, []).append((fact.at, body.reason, fact.id))

    @hears(CaseReported)
    def _report(self, fact: Fact, body: CaseReported) -> None:
        self.reports[body.case] = Report(register_by=body.register_by)

    @hears(CaseRegistered, CaseRejected)
    def _decide(self, fact: Fact, body: CaseRegistered | CaseRejected) -> None:
        if report := self.reports.get(body.case):
            report.decided_at = fact.at
            report.decided = "registered" if isinstance(body, CaseRegistered) else "rejected"

    @hears(TaskExtended)
    def _extend(self, fact: Fact, body: TaskExtended) -> None:
        path = self.paths[body.task]
        if path.sent_back_at is None:
            path.done_by = body.done_by

    @hears(TaskResumed)
    def _resume(self, fact: Fact, body: TaskResumed) -> None:
        path = self.paths[body.task]
        if path.sent_back_at is None:
            path.done_by = max(path.done_by, self.book.tasks[body.task].done_by)

    @hears(TaskSentBack)
    def _send_back(self, fact: Fact, body: TaskSentBack) -> None:
        path = self.paths[body.task]
        if path.sent_back_at is None:
            path.sent_back_at = fact.at

    @hears(TaskReturned, TaskReleased)
    def _leave(self, fact: Fact, body: TaskReturned | TaskReleased) -> None:
        path = self.paths[body.task]
        path.left, path.left_at = "returned" if isinstance(body, TaskReturned) else "released", fact.at

    @hears(ScoreAppealed)
    def _appeal(self, fact: Fact, body: ScoreAppealed) -> None:
        self.appeals[body.appeal] = Appeal(body=body, fact=fact.id)

    @hears(AppealDecided)
    def _rule(self, fact: Fact, body: AppealDecided) -> None:
        self.appeals[body.appeal].decided = True

    @hears(ScorePublished)
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
