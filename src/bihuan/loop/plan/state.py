"""What plan remembers: the warnings that are on, what was proposed and started for each, where every series stands."""

from dataclasses import dataclass, field

from bihuan.loop.casebook import Casebook
from bihuan.model.facts import (
    Fact,
    LevelChanged,
    PlanExtended,
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ResponseDeclared,
    Step,
    WarningCleared,
    WarningRaised,
    WarningStepped,
)
from bihuan.pack.rules import Rules


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


class State:
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

    def fold(self, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, LevelChanged):
            if body.place not in self.rules.places and body.place not in self.rules.things:
                return  # the packs have dropped it since
            if rank := self.rules.rank(body.level):
                self.levels[body.indicator, body.place] = rank
            else:
                self.levels.pop((body.indicator, body.place), None)
        elif isinstance(body, WarningRaised):
            self.on[body.warning] = Standing(warning=body.warning, group=body.group, place=body.place, level=body.level)
            self._on_at[body.group, body.place] = body.warning
        elif isinstance(body, WarningStepped):
            self.on[body.warning].level = body.level
        elif isinstance(body, WarningCleared):
            self.on.pop(body.warning, None)
            self._on_at.pop((body.group, body.place), None)
        elif isinstance(body, PlanProposed):
            self.proposals[body.proposal] = Proposal(fact=fact.id, body=body)
            self.proposed_for.setdefault(body.warning, []).append(body.proposal)
            if body.warning in self.on:
                self.on[body.warning].answered.add(body.plan)
        elif isinstance(body, ResponseDeclared | ProposalDeclined | ProposalLapsed):
            self.proposals[body.proposal].open = False
        elif isinstance(body, PlanStarted):
            self._started(fact.id, body)
        elif isinstance(body, PlanExtended):
            for standing in self.on.values():
                for running in standing.runs:
                    if running.run == body.run:
                        running.sent |= _pairs(body.steps)

    def _started(self, fact: str, body: PlanStarted) -> None:
        self.runs += 1
        if standing := self.on.get(body.warning):
            standing.answered.add(body.plan)
            standing.runs.append(Running(run=body.run, plan=body.plan, place=body.place, fact=fact, sent=_pairs(body.steps)))

    def warning_of(self, indicator: str, spot: str) -> str:
        """The warning that is on and counts this series; empty where there is none."""
        group = self.rules.group_of(indicator)
        if group is None or (spot not in self.rules.places and spot not in self.rules.things):
            return ""
        return self._on_at.get((group.id, spot if group.at == "subject" else self.rules.above(spot, group.at)), "")

    def next_due(self) -> int | None:
        return None


def _pairs(steps: tuple[Step, ...]) -> set[tuple[str, str]]:
    return {(step.step, step.unit) for step in steps}
