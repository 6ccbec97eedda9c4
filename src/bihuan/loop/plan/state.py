"""What plan remembers: the warnings that are on, what was proposed and started for each, where every series stands."""

from dataclasses import dataclass, field

from bihuan.loop.casebook import Casebook
from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.page import Page
from bihuan.loop.plan.words import Ground, value_at
from bihuan.model.facts import (
    Fact,
    LevelChanged,
    PlanExtended,
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ResponseDeclared,
    ResponseSeconded,
    SeriesReturned,
    SeriesSilent,
    Step,
    WarningCleared,
    WarningRaised,
    WarningStepped,
)
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Plan


@dataclass(kw_only=True)
class Running:
    """A run whose warning is still on: it may have to reach more units."""

    run: str
    plan: str
    place: str
    fact: str
    sent: set[tuple[str, str]]


@dataclass(kw_only=True)
class Standing:
    """A warning that is on, with what was answered."""

    warning: str
    group: str
    place: str
    level: str
    answered: set[str] = field(default_factory=set)
    """Plans proposed or started for it."""
    runs: list[Running] = field(default_factory=list)


@dataclass(kw_only=True)
class Proposal:
    fact: str
    body: PlanProposed
    open: bool = True
    seconded_by: str = ""
    """The first of two who must agree, as post@unit."""


class State(Hearer):
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.on: dict[str, Standing] = {}
        self._on_at: dict[tuple[str, str], str] = {}
        """(group, place) -> the warning that is on."""
        self.proposals: dict[str, Proposal] = {}
        self.proposed_for: dict[str, list[str]] = {}
        """Warning -> proposals made for it."""
        self.levels: dict[tuple[str, str], int] = {}
        """(indicator, place or thing) above calm -> rank."""
        self.runs = 0
        self._newest_run: dict[tuple[str, str], str] = {}
        """(plan, place) -> the run started last."""
        self._asks: dict[str, set[str]] = {}
        """Indicator -> plans with a condition on it."""
        for plan in rules.plans.values():
            for when in (when for rule in plan.steps for when in rule.when):
                self._asks.setdefault(when.indicator, set()).add(plan.id)

    @hears(LevelChanged)
    def _change(self, fact: Fact, body: LevelChanged) -> None:
        if not self.knows(body.place):
            return  # the packs have dropped it since
        if rank := self.rules.rank(body.level):
            self.levels[body.indicator, body.place] = rank
        else:
            self.levels.pop((body.indicator, body.place), None)

    @hears(WarningRaised)
    def _raise(self, fact: Fact, body: WarningRaised) -> None:
        self.on[body.warning] = Standing(warning=body.warning, group=body.group, place=body.place, level=body.level)
        self._on_at[body.group, body.place] = body.warning

    @hears(WarningStepped)
    def _step(self, fact: Fact, body: WarningStepped) -> None:
        self.on[body.warning].level = body.level

    @hears(WarningCleared)
    def _clear(self, fact: Fact, body: WarningCleared) -> None:
        self.on.pop(body.warning, None)
        self._on_at.pop((body.group, body.place), None)

    @hears(PlanProposed)
    def _propose(self, fact: Fact, body: PlanProposed) -> None:
        self.proposals[body.proposal] = Proposal(fact=fact.id, body=body)
        self.proposed_for.setdefault(body.warning, []).append(body.proposal)
        if body.warning in self.on:
            self.on[body.warning].answered.add(body.plan)

    @hears(ResponseDeclared, ProposalDeclined, ProposalLapsed)
    def _answer(self, fact: Fact, body: ResponseDeclared | ProposalDeclined | ProposalLapsed) -> None:
        self.proposals[body.proposal].open = False

    @hears(ResponseSeconded)
    def _second(self, fact: Fact, body: ResponseSeconded) -> None:
        proposal = self.proposals[body.proposal]
        proposal.seconded_by, proposal.fact = fact.actor, fact.id

    @hears(PlanExtended)
    def _extend(self, fact: Fact, body: PlanExtended) -> None:
        for standing in self.on.values():
            for running in standing.runs:
                if running.run == body.run:
                    running.sent |= _pairs(body.steps)

    @hears(PlanStarted)
    def _start(self, fact: Fact, body: PlanStarted) -> None:
        self.runs += 1
        self._newest_run[body.plan, body.place] = body.run
        if standing := self.on.get(body.warning):
            standing.answered.add(body.plan)
            standing.runs.append(Running(run=body.run, plan=body.plan, place=body.place, fact=fact.id, sent=_pairs(body.steps)))

    def warning_of(self, indicator: str, spot: str) -> str:
        """The warning that is on and counts this series; empty where there is none."""
        group = self.rules.group_of(indicator)
        if group is None or (spot not in self.rules.places and spot not in self.rules.things):
            return ""
        return self._on_at.get((group.id, spot if group.at == "subject" else self.rules.above(spot, group.at)), "")

    def knows(self, spot: str) -> bool:
        """Whether the packs still have a place or thing of old facts."""
        return spot in self.rules.places or spot in self.rules.things

    def ground(self, page: Page) -> Ground:
        """What plans are held against now."""
        return Ground(rules=self.rules, levels=self.levels, newest=page.newest)

    def concerned(self, news: LevelChanged | SeriesSilent | SeriesReturned) -> list[str]:
        """Warnings whose runs this may bring further steps: its own, and those with a condition on what it is about."""
        own = self.warning_of(news.indicator, news.place) if isinstance(news, LevelChanged) else ""
        out = {own: None} if own else {}
        asking = self._asks.get(news.indicator, ())
        ground = Ground(rules=self.rules)
        for standing in self.on.values() if asking else ():
            for running in standing.runs:
                if running.plan in asking and self.knows(running.place):
                    place, _ = value_at(ground, news.indicator, running.place)
                    if place == news.place:
                        out[standing.warning] = None
        return list(out)

    def under_way(self, plan: Plan, place: str) -> str:
        """What already goes on where a plan was started there, or is proposed; empty where nothing does."""
        case = self.book.cases.get(self.book.by_run.get(self._newest_run.get((plan.id, place), ""), ""))
        if case is not None and case.open:
            return f"case {case.id}"
        asked = (one.body for one in self.proposals.values() if one.open)
        return next((f"proposal {one.proposal}" for one in asked if (one.plan, one.place) == (plan.id, place)), "")

    def next_due(self) -> int | None:
        return None


def _pairs(steps: tuple[Step, ...]) -> set[tuple[str, str]]:
    return {(step.step, step.unit) for step in steps}
