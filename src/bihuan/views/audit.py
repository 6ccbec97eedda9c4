"""The laws of closing, held against a journal: what an auditor would ask of every closed case, from the facts alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from bihuan.loop.casebook import Casebook
from bihuan.loop.supervise.recheck import Closing, lowest, seed_of
from bihuan.model.facts import (
    CaseClosed,
    CaseFlagged,
    CaseOpened,
    CaseReopened,
    CreditReversed,
    Fact,
    PlanStarted,
    RecheckDrawn,
    SeriesReturned,
    SeriesSilent,
    TaskClaimed,
    TaskSent,
    TaskSigned,
    TaskVerified,
    WarningCleared,
    WarningRaised,
)
from bihuan.pack.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    what: str
    holds: bool
    detail: str


def audit(rules: Rules, facts: Iterable[Fact]) -> list[Check]:
    """Every law with what was counted. Nothing here is taken from the stages' own state: only from their facts."""
    look = _Look(rules)
    for fact in facts:
        look.at(fact)
    return look.checks()


class _Look:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.book = Casebook()
        self.closes = 0
        self.sent: dict[str, TaskSent] = {}
        self.signed_at: dict[str, int] = {}
        self.quick: set[str] = set()
        self.flagged: set[str] = set()
        self.warnings_on: set[str] = set()
        self.silent: set[str] = set()
        self.silences: list[Fact] = []
        self.duties: set[str] = set()
        self.relapses: list[str] = []
        self.missed_relapses: list[str] = []
        self.inside: list[str] = []
        self.not_green: list[str] = []
        self.unverified: list[str] = []
        self.closings: dict[str, dict[str, Closing]] = {}
        """Case type -> case -> its closing, until it is drawn from or does not count any more."""
        self.draws = 0
        self.chosen: list[str] = []
        """Draws whose sample is not the one that chance gives."""

    def at(self, fact: Fact) -> None:
        match fact.body:
            case TaskSent() as body:
                self.sent[body.task] = body
            case TaskSigned() as body:
                self.signed_at[body.task] = fact.at
            case TaskClaimed() as body:
                self._claim(fact, body)
            case TaskVerified() as body:
                case = self.book.cases[body.case]
                if body.unit in case.doers or not self.rules.units[body.unit].checker:
                    self.inside.append(body.task)
            case CaseFlagged(flag="claimed-at-once") as body:
                self.flagged.add(body.task)
            case WarningRaised() as body:
                self.warnings_on.add(body.warning)
            case WarningCleared() as body:
                self.warnings_on.discard(body.warning)
            case SeriesSilent():
                self.silent.add(fact.subject)
                self.silences.append(fact)
            case SeriesReturned():
                self.silent.discard(fact.subject)
            case PlanStarted() as body if self.rules.plans[body.plan].trigger.silent:
                self.duties.update(fact.because)
            case CaseReopened() as body:
                self.relapses.append(body.case)
            case CaseOpened() as body:
                self._opened(fact, body)
            case CaseClosed() as body:
                self._close(body)
                closing = Closing(case=body.case, at=fact.recorded_at, unit=body.unit, fact=fact.id)
                self.closings.setdefault(body.case_type, {})[body.case] = closing
            case CreditReversed() as body:
                self.closings.get(self.book.cases[body.case].type, {}).pop(body.case, None)
            case RecheckDrawn() as body:
                self._draw(body)
            case _:
                pass
        self.book.fold(fact)

    def _claim(self, fact: Fact, body: TaskClaimed) -> None:
        kind = self.rules.cases[self.book.cases[body.case].type]
        first = self.book.tasks[body.task].sent_back == 0
        if first and fact.at - self.signed_at[body.task] < kind.sham:
            self.quick.add(body.task)

    def _opened(self, fact: Fact, body: CaseOpened) -> None:
        """A new case where a closed one was still being watched would be a relapse that was not seen."""
        known = self.book.cases.get(self.book.newest.get((body.case_type, body.place), ""))
        if known is not None and not known.open and fact.at <= known.watch_until:
            self.missed_relapses.append(body.case)

    def _close(self, body: CaseClosed) -> None:
        self.closes += 1
        case = self.book.cases[body.case]
        if case.warning in self.warnings_on or f"{case.indicator}@{case.place}" in self.silent:
            self.not_green.append(case.id)
        ended = ("verified", "released", "returned", "heard")
        if any(task.state not in ended and task.binding for task in case.tasks.values()) or case.waiting:
            self.unverified.append(case.id)

    def _draw(self, body: RecheckDrawn) -> None:
        """Draw again: the same closings, and of each stratum the cases that chance, and nobody, would choose."""
        self.draws += 1
        known = self.closings.get(body.case_type, {})
        frame = [one for one in known.values() if one.at < body.until]
        self.closings[body.case_type] = {case: one for case, one in known.items() if one.at >= body.until}
        strata: dict[tuple[str, bool], list[str]] = {}
        for one in frame:
            strata.setdefault((one.unit, bool(self.book.cases[one.case].flags)), []).append(one.case)
        seed = seed_of(self.rules.origin, body.case_type, body.until, frame)
        fair = {key: lowest(cases, seed) for key, cases in strata.items()}
        said = [(fair.get((part.unit, part.flagged), ()), part) for part in body.strata]
        kept = all(len(order) == part.closed and order[: len(part.cases)] == part.cases for order, part in said)
        if seed != body.seed or not kept or len(said) != len(fair):
            self.chosen.append(body.draw)

    def checks(self) -> list[Check]:
        owed = [fact.id for fact in self.silences if self._owes_duty(fact) and fact.id not in self.duties]
        return [
            _check("every task of a closed case was verified or released", self.unverified, f"{self.closes} closes"),
            _check("every verifier is a checker outside the doing chain", self.inside, f"{len(self.book.tasks)} tasks"),
            _check("every indicator was green at the close", self.not_green, f"{self.closes} closes"),
            _check(
                "every claim made right after signing is flagged",
                sorted(self.quick - self.flagged),
                f"{len(self.quick)} such claims: {', '.join(sorted(self.quick)) or 'none'}",
            ),
            _check(
                "a relapse reopens its case",
                self.missed_relapses,
                f"{len(self.relapses)} reopened: {', '.join(dict.fromkeys(self.relapses)) or 'none'}",
            ),
            _check("every sample of closed cases is the one that its seed gives", self.chosen, f"{self.draws} draws"),
            _check("every silent series has a duty", owed, f"{len(self.silences)} silences"),
        ]

    def _owes_duty(self, fact: Fact) -> bool:
        """Only indicators for which a pack declares what is to be done about silence."""
        body = fact.body
        assert isinstance(body, SeriesSilent)
        return any(
            plan.trigger.silent is not None and plan.trigger.silent.indicator == body.indicator
            for plan in self.rules.plans.values()
        )


def _check(what: str, broken: list[str], counted: str) -> Check:
    return Check(what=what, holds=not broken, detail=f"broken by {', '.join(broken[:10])}" if broken else counted)
