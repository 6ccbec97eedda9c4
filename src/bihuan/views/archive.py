"""The archive: facts by what they are about, and how warnings, responses, scores and reviews stand.

All facts are kept in memory for now; those of closed cases are to move to SQL, where only this file must change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

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


class Archive:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.rechecks = Rechecks()
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
        self.seq = fact.seq
        self.rechecks.fold(fact)
        if isinstance(fact.body, CaseImported):
            return  # a history of hundred thousands, read from the journal when somebody asks
        self.facts[fact.id] = fact
        for cause in fact.because:
            self.after.setdefault(cause, []).append(fact.id)
        # What joins two cases, or suggests it, is told in the life of both.
        for subject in dict.fromkeys((fact.subject, getattr(fact.body, "into", ""), getattr(fact.body, "other", ""))):
            if subject:
                self.subject.setdefault(subject, []).append(fact.id)
        if task := getattr(fact.body, "task", ""):
            self.task.setdefault(task, []).append(fact.id)
        if fact.body.stage in self.written:
            self.written[fact.body.stage] += 1
        self._stand(fact)

    def _stand(self, fact: Fact) -> None:
        match fact.body:
            case WarningRaised() as body:
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
            case WarningStepped() as body if body.warning in self.warnings:
                now = self.warnings[body.warning]
                now.level, now.indicator, now.origin = body.level, body.indicator, body.origin
                now.worst = max(now.worst, body.level, key=self.rules.rank)
            case WarningCleared() as body if body.warning in self.warnings:
                self.warnings[body.warning].level, self.warnings[body.warning].on = body.level, False
            case PlanProposed() as body:
                self.proposals[body.proposal] = self.asking[body.proposal] = Asked(body=body, at=fact.at)
            case ResponseSeconded() as body if body.proposal in self.proposals:
                self.proposals[body.proposal].seconded = fact.actor
            case ProposalOverdue() as body if body.proposal in self.proposals:
                self.proposals[body.proposal].above = body.to
            case ResponseDeclared() | ProposalDeclined() | ProposalLapsed() as body if body.proposal in self.proposals:
                self._answered(fact, body)
            case PlanStarted() as body:
                self.run_fact[body.run] = fact.id
            case CaseClosed() as body:
                self.in_force.pop((body.place, body.case_type), None)
            case ScorePublished() as body:
                self.published.setdefault(body.scorecard, {}).setdefault(body.since, []).append(fact.id)
                self.scored_last = body.scorecard
                for case in dict.fromkeys(case for row in body.rows for case in row.cases):
                    self.scored.setdefault(case, []).append(fact.id)
            case ScoreAppealed() as body:
                self.appeals[body.appeal] = fact.id, ""
            case AppealDecided() as body if body.appeal in self.appeals:
                self.appeals[body.appeal] = self.appeals[body.appeal][0], fact.id
            case ReviewWritten() as body:
                self.reviews[body.review] = self.review_of[body.case] = fact.id
            case _:
                pass

    def _answered(self, fact: Fact, body: ResponseDeclared | ProposalDeclined | ProposalLapsed) -> None:
        asked = self.proposals[body.proposal]
        self.asking.pop(body.proposal, None)
        if isinstance(body, ResponseDeclared):
            asked.state, asked.at = "declared", fact.at
            plan = self.rules.plans.get(body.plan)
            self.in_force[body.place, plan.case if plan else body.plan] = asked
        else:
            asked.state = "declined" if isinstance(body, ProposalDeclined) else "lapsed"

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
