"""The archive: facts by what they are about, and how warnings, responses, scores and reviews stand.

Facts of cases are kept in memory, and what they are because of. Of those that only pass (readings, levels, warnings that led to
nothing) the newest are: a city writes millions a day. What was let go is read from the journal when somebody asks for it.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import (
    AppealDecided,
    CaseClosed,
    CaseImported,
    Fact,
    LateReading,
    LevelChanged,
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ProposalOverdue,
    ReadingsReceived,
    ResponseDeclared,
    ResponseSeconded,
    ReviewWritten,
    ScoreAppealed,
    ScorePublished,
    SeriesReturned,
    SeriesSilent,
    WarningCleared,
    WarningRaised,
    WarningStepped,
    named_in,
)
from bihuan.pack.rules import Rules
from bihuan.views.rechecks import Rechecks

PASSING = frozenset(
    {
        ReadingsReceived, LevelChanged, LateReading, SeriesSilent, SeriesReturned,
        WarningRaised, WarningStepped, WarningCleared,
    }
)  # fmt: skip
"""Kinds of facts that come by the thousand, and mostly pass."""

MOST_PASSING = 20_000
"""Facts that only pass held in memory: about 20 MB."""

MOST_RECALLED = 1_000
"""Facts about one thing read from the journal at once: the newest."""

STAGES = ("sense", "warn", "plan", "dispatch", "supervise", "evaluate", "review")


@dataclass(kw_only=True)
class WarningNow:
    """One warning: how it stands, how bad it was, which series led last."""

    id: str
    group: str
    place: str
    level: str
    worst: str
    indicator: str
    origin: str
    raised: str
    """The fact that raised it."""
    on: bool = True
    kept: bool = False
    """Something came of it, so its facts stay."""
    cases: dict[str, None] = field(default_factory=dict)


@dataclass(kw_only=True)
class Asked:
    """A proposed response: who may answer it, and what was answered."""

    body: PlanProposed
    at: int
    state: str = "proposed"
    above: str = ""
    """The unit above, once it is asked too."""
    seconded: str = ""
    """The first of two who must agree, as post@unit."""

    @property
    def open(self) -> bool:
        return self.state == "proposed"


class Recall(Protocol):
    """What was let go, from where it lies for good."""

    def fact(self, id: str) -> Fact | None: ...

    def newest(self, subject: str, most: int) -> list[Fact]:
        """The newest facts with this subject, oldest first."""

    def rest_of_turn(self, fact: Fact) -> Iterator[Fact]:
        """Facts after this one that were written in the same turn."""


class NoRecall:
    """Where there is no journal, what was let go is gone."""

    def fact(self, id: str) -> Fact | None:
        return None

    def newest(self, subject: str, most: int) -> list[Fact]:
        return []

    def rest_of_turn(self, fact: Fact) -> Iterator[Fact]:
        return iter(())


class Archive(Hearer):
    def __init__(self, rules: Rules, recall: Recall | None = None) -> None:
        self.rules = rules
        self._recall = recall or NoRecall()
        self.most_passing = MOST_PASSING
        self._passing: deque[str] = deque()
        """Facts that may be let go, oldest first."""
        self._kept: set[str] = set()
        """Those that something came of."""
        self._let_go = False
        """Whether any was."""
        self.rechecks = Rechecks()
        self.parts = (self.rechecks,)
        self.seq = 0
        self.facts: dict[str, Fact] = {}
        self.after: dict[str, list[str]] = {}
        """Fact -> the facts that are because of it."""
        self.subject: dict[str, list[str]] = {}
        """Case, warning, run, proposal or series -> its facts, oldest first."""
        self.task: dict[str, list[str]] = {}
        self.warnings: dict[str, WarningNow] = {}
        self.proposals: dict[str, Asked] = {}
        self.asking: dict[str, Asked] = {}
        """Proposals nobody has answered yet."""
        self.in_force: dict[tuple[str, str], Asked] = {}
        """(place, case type) -> the response declared last, until its case closes."""
        self.published: dict[str, dict[int, list[str]]] = {}
        """Scorecard -> beginning of a period -> the facts that published it, the first and its corrections."""
        self.scored_last = ""
        """The scorecard published last."""
        self.appeals: dict[str, tuple[str, str]] = {}
        """Appeal -> its fact, and the one that decided it or nothing."""
        self.scored: dict[str, list[str]] = {}
        """Case -> the facts whose scores counted it."""
        self.reviews: dict[str, str] = {}
        self.review_of: dict[str, str] = {}
        """Case -> its newest review."""
        self.run_fact: dict[str, str] = {}
        self.written = dict.fromkeys(STAGES, 0)

    def fold(self, fact: Fact) -> None:
        self.seq, body = fact.seq, fact.body
        kind = type(body)
        if kind is CaseImported:
            return  # a history of hundred thousands, read from the journal when somebody asks
        self.facts[fact.id] = fact
        for cause in fact.because:
            self.after.setdefault(cause, []).append(fact.id)
        if fact.subject:
            self.subject.setdefault(fact.subject, []).append(fact.id)
        for name in named_in(kind, "into", "other"):
            # What joins two cases, or suggests it, is told in the life of both.
            if (other := getattr(body, name)) and other != fact.subject:
                self.subject.setdefault(other, []).append(fact.id)
        for name in named_in(kind, "task"):
            self.task.setdefault(getattr(body, name), []).append(fact.id)
        if body.stage in self.written:
            self.written[body.stage] += 1
        super().fold(fact)
        if kind in PASSING:
            self._pass(fact)
        else:
            self._keep(fact.because)
            for name in named_in(kind, "warning"):
                if known := self.warnings.get(getattr(body, name)):
                    known.kept = True

    def _pass(self, fact: Fact) -> None:
        """A fact that may be let go, unless it is of a warning that something came of; those of earlier turns make room."""
        known = self.warnings.get(fact.subject)
        if known is not None and known.kept:
            self._keep(fact.because)
            return
        self._passing.append(fact.id)
        while len(self._passing) > self.most_passing:
            oldest = self.facts[self._passing[0]]
            if oldest.recorded_at == fact.recorded_at:
                return
            self._passing.popleft()
            if oldest.id not in self._kept:
                self._forget(oldest)

    def _keep(self, ids: Iterable[str]) -> None:
        """Something came of these facts: they stay, and what they are because of."""
        todo = list(ids)
        while todo:
            fact = self.facts.get(todo.pop())
            if fact is None or type(fact.body) not in PASSING or fact.id in self._kept:
                continue
            self._kept.add(fact.id)
            todo += fact.because
            if known := self.warnings.get(fact.subject):
                known.kept = True

    def _forget(self, fact: Fact) -> None:
        self._let_go = True
        del self.facts[fact.id]
        self.after.pop(fact.id, None)
        if about := self.subject.get(fact.subject):
            about.remove(fact.id)
            if not about:
                del self.subject[fact.subject]
        if type(fact.body) is WarningCleared and (known := self.warnings.get(fact.subject)) and not (known.on or known.kept):
            del self.warnings[fact.subject]

    @hears(WarningRaised)
    def _raise(self, fact: Fact, body: WarningRaised) -> None:
        self.warnings[body.warning] = WarningNow(
            id=body.warning,
            group=body.group,
            place=body.place,
            level=body.level,
            worst=body.level,
            indicator=body.indicator,
            origin=body.origin,
            raised=fact.id,
        )

    @hears(WarningStepped)
    def _step(self, fact: Fact, body: WarningStepped) -> None:
        if now := self.warnings.get(body.warning):
            now.level, now.indicator, now.origin = body.level, body.indicator, body.origin
            now.worst = max(now.worst, body.level, key=self.rules.rank)

    @hears(WarningCleared)
    def _clear(self, fact: Fact, body: WarningCleared) -> None:
        if now := self.warnings.get(body.warning):
            now.level, now.on = body.level, False

    @hears(PlanProposed)
    def _propose(self, fact: Fact, body: PlanProposed) -> None:
        self.proposals[body.proposal] = self.asking[body.proposal] = Asked(body=body, at=fact.at)

    @hears(ResponseSeconded)
    def _second(self, fact: Fact, body: ResponseSeconded) -> None:
        if asked := self.proposals.get(body.proposal):
            asked.seconded = fact.actor

    @hears(ProposalOverdue)
    def _wait_above(self, fact: Fact, body: ProposalOverdue) -> None:
        if asked := self.proposals.get(body.proposal):
            asked.above = body.to

    @hears(ResponseDeclared, ProposalDeclined, ProposalLapsed)
    def _answer(self, fact: Fact, body: ResponseDeclared | ProposalDeclined | ProposalLapsed) -> None:
        asked = self.proposals.get(body.proposal)
        if asked is None:
            return
        self.asking.pop(body.proposal, None)
        if isinstance(body, ResponseDeclared):
            asked.state, asked.at = "declared", fact.at
            plan = self.rules.plans.get(body.plan)
            self.in_force[body.place, plan.case if plan else body.plan] = asked
        else:
            asked.state = "declined" if isinstance(body, ProposalDeclined) else "lapsed"

    @hears(PlanStarted)
    def _start(self, fact: Fact, body: PlanStarted) -> None:
        self.run_fact[body.run] = fact.id

    @hears(CaseClosed)
    def _close(self, fact: Fact, body: CaseClosed) -> None:
        self.in_force.pop((body.place, body.case_type), None)

    @hears(ScorePublished)
    def _publish(self, fact: Fact, body: ScorePublished) -> None:
        self.published.setdefault(body.scorecard, {}).setdefault(body.since, []).append(fact.id)
        self.scored_last = body.scorecard
        for case in dict.fromkeys(case for row in body.rows for case in row.cases):
            self.scored.setdefault(case, []).append(fact.id)

    @hears(ScoreAppealed)
    def _appeal(self, fact: Fact, body: ScoreAppealed) -> None:
        self.appeals[body.appeal] = fact.id, ""

    @hears(AppealDecided)
    def _rule(self, fact: Fact, body: AppealDecided) -> None:
        if known := self.appeals.get(body.appeal):
            self.appeals[body.appeal] = known[0], fact.id

    @hears(ReviewWritten)
    def _review(self, fact: Fact, body: ReviewWritten) -> None:
        self.reviews[body.review] = self.review_of[body.case] = fact.id

    # asking

    def fact(self, id: str) -> Fact | None:
        return self.facts.get(id) or (self._recall.fact(id) if self._let_go else None)

    def led(self, fact: Fact) -> LevelChanged | None:
        """The change of level a warning's fact is because of."""
        for cause in fact.because:
            known = self.fact(cause)
            if known is not None and isinstance(known.body, LevelChanged):
                return known.body
        return None

    def about(self, subject: str) -> list[Fact]:
        """Facts with this subject, oldest first; of what only passes the newest."""
        held = [self.facts[id] for id in self.subject.get(subject, ())]
        if not self._let_go or (held and type(held[0].body) not in PASSING):
            return held
        recalled = self._recall.newest(subject, MOST_RECALLED)
        return sorted({fact.id: fact for fact in (*recalled, *held)}.values(), key=lambda fact: fact.seq)

    def came_of(self, fact: Fact) -> list[Fact]:
        """The facts that are because of one. Of one that was let go: those of its own turn, and of its warning."""
        if fact.id in self.facts:
            return [after for id in self.after.get(fact.id, ()) if (after := self.fact(id)) is not None]
        later = (*self._recall.rest_of_turn(fact), *self.about(fact.subject)) if fact.subject else ()
        return list({after.id: after for after in later if fact.id in after.because}.values())
