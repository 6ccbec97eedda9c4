"""The archive: facts by what they are about, and how warnings, responses, scores and reviews stand.

All facts are kept in memory for now; those of closed cases are to move to SQL, where only this file must change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import (
    AppealDecided,
    CaseClosed,
    CaseImported,
    Fact,
    LevelChanged,
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ProposalOverdue,
    ResponseDeclared,
    ResponseSeconded,
    ReviewWritten,
    ScoreAppealed,
    ScorePublished,
    WarningCleared,
    WarningRaised,
    WarningStepped,
    named_in,
)
from bihuan.pack.rules import Rules
from bihuan.views.rechecks import Rechecks

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


class Archive(Hearer):
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
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
        if type(body) is CaseImported:
            return  # a history of hundred thousands, read from the journal when somebody asks
        self.facts[fact.id] = fact
        for cause in fact.because:
            self.after.setdefault(cause, []).append(fact.id)
        if fact.subject:
            self.subject.setdefault(fact.subject, []).append(fact.id)
        for name in named_in(type(body), "into", "other"):
            # What joins two cases, or suggests it, is told in the life of both.
            if (other := getattr(body, name)) and other != fact.subject:
                self.subject.setdefault(other, []).append(fact.id)
        for name in named_in(type(body), "task"):
            self.task.setdefault(getattr(body, name), []).append(fact.id)
        if body.stage in self.written:
            self.written[body.stage] += 1
        super().fold(fact)

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

    def led(self, fact: Fact) -> LevelChanged | None:
        """The change of level a warning's fact is because of."""
        for cause in fact.because:
            known = self.facts.get(cause)
            if known is not None and isinstance(known.body, LevelChanged):
                return known.body
        return None

    def about(self, subject: str) -> Iterator[Fact]:
        for fact in self.subject.get(subject, ()):
            yield self.facts[fact]
