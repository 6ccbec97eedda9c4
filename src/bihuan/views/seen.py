"""What a turn touched: cases, desks, places and news, gathered while its facts are folded."""

from typing import Any

from bihuan.loop.case import Case
from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import (
    AppealDecided,
    CaseAccepted,
    CaseGivenBack,
    CaseMerged,
    CaseOffered,
    CaseOverdue,
    CaseReported,
    CaseUnmerged,
    ExtensionAsked,
    Fact,
    HoldAsked,
    OfferWithdrawn,
    ReadingsReceived,
    RecheckAsked,
    RecheckDone,
    RequestDenied,
    ScoreAppealed,
    SeriesReturned,
    SeriesSilent,
    TaskClaimed,
    TaskEscalated,
    TaskExtended,
    TaskHeld,
    TaskSentBack,
    TaskVerified,
    WarningCleared,
    WarningRaised,
    WarningStepped,
    named_in,
)
from bihuan.views.known import Known
from bihuan.views.tree import Tally
from bihuan.views.wall import News
from bihuan.views.work import Work

NAMED = ("task", "case", "run", "proposal")
"""Fields by which a fact names what it is about."""


class Seen(Hearer):
    def __init__(self, known: Known, work: Work, warnings: Tally, news: News) -> None:
        self._known = known
        self._work = work
        self._warnings = warnings
        self._news = news
        self._waiting: dict[tuple[str, str], dict[str, None]] = {}
        """Warning (id, "") or series (indicator, place) -> cases that wait for it."""
        self.begin()

    def begin(self) -> None:
        """Nothing is touched yet."""
        self.at: int | None = None
        self.readings = False
        self.spots: set[str] = set()
        self.news: list[Fact] = []
        self.named: dict[str, dict[str, None]] = {name: {} for name in NAMED}
        """Ids that facts name, by the field they do it in."""
        self.cases = self.named["case"]
        self.units: dict[str, None] = {}

    def wait(self, case: Case) -> None:
        """Remember what a case waits for."""
        if case.warning:
            self._waiting.setdefault((case.warning, ""), {})[case.id] = None
        if case.indicator:
            self._waiting.setdefault((case.indicator, case.place), {})[case.id] = None

    def fold(self, fact: Fact) -> None:
        """The archive, the board and the casebook have it already."""
        if self._news.add(fact):
            self.news.append(fact)
        for name in named_in(type(fact.body), *NAMED):
            if id := getattr(fact.body, name):
                self.named[name][id] = None
        super().fold(fact)

    @hears(ReadingsReceived)
    def _receive(self, fact: Fact, body: ReadingsReceived) -> None:
        if not self.readings:
            self.readings = True
            self._known.board.hear()

    @hears(CaseMerged, CaseUnmerged)
    def _merge(self, fact: Fact, body: CaseMerged | CaseUnmerged) -> None:
        self.cases[body.into] = None

    @hears(CaseReported, CaseOverdue, CaseOffered, CaseAccepted, CaseGivenBack, OfferWithdrawn, ScoreAppealed)
    def _between(self, fact: Fact, body: Any) -> None:
        units = (getattr(body, name) for name in named_in(type(fact.body), "unit", "to", "before"))
        self.units.update(dict.fromkeys(unit for unit in units if unit))

    @hears(ExtensionAsked, HoldAsked, TaskEscalated)
    def _ask_above(self, fact: Fact, body: ExtensionAsked | HoldAsked | TaskEscalated) -> None:
        self.units[body.to] = None

    @hears(TaskExtended, TaskHeld, RequestDenied, RecheckAsked, RecheckDone, AppealDecided)
    def _answer(self, fact: Fact, body: Any) -> None:
        self.units[body.unit] = None

    @hears(WarningRaised, WarningStepped, WarningCleared)
    def _warn(self, fact: Fact, body: WarningRaised | WarningStepped | WarningCleared) -> None:
        warning = self._known.archive.warnings.get(body.warning)
        if warning is not None:
            if warning.on:
                self._warnings.put(body.warning, self._known.tree.path(warning.place), (warning.level,))
            else:
                self._warnings.drop(body.warning)
        self.cases.update(self._waiting.get((body.warning, ""), {}))

    @hears(SeriesSilent, SeriesReturned)
    def _silence(self, fact: Fact, body: SeriesSilent | SeriesReturned) -> None:
        self.cases.update(self._waiting.get((body.indicator, body.place), {}))

    @hears(TaskClaimed, TaskVerified, TaskSentBack)
    def _do(self, fact: Fact, body: TaskClaimed | TaskVerified | TaskSentBack) -> None:
        self._work.did(body.unit, fact.at)
