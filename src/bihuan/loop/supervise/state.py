"""What supervise remembers: every running clock by when it strikes, what is grey or in warning, who is asked to answer."""

import heapq
from typing import NamedTuple

from bihuan.loop.case import Case, Task
from bihuan.loop.casebook import Casebook
from bihuan.loop.clocks import due, passed
from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.over import Over
from bihuan.loop.supervise.flags import Memory
from bihuan.loop.supervise.recheck import Closings
from bihuan.model.facts import (
    AppealDecided,
    CaseClosed,
    CaseOffered,
    CaseOverdue,
    CaseReminded,
    CaseReopened,
    CaseReported,
    CaseUnmerged,
    CheckAsked,
    CreditReversed,
    Fact,
    PlanProposed,
    ProposalDeclined,
    ProposalLapsed,
    ProposalOverdue,
    RecheckAsked,
    ResponseDeclared,
    ScoreAppealed,
    SeriesReturned,
    SeriesSilent,
    TaskArrived,
    TaskEscalated,
    TaskExtended,
    TaskOverdue,
    TaskReleased,
    TaskReminded,
    TaskResumed,
    TaskReturned,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    TaskVerified,
    WarningCleared,
    WarningRaised,
)
from bihuan.pack.rules import Rules

WHAT = {TaskReminded: "remind", TaskOverdue: "overdue", TaskEscalated: "escalate"}


class Strike(NamedTuple):
    """A moment at which a clock wants something. Equal moments strike in the order they were set."""

    at: int
    order: int
    what: str
    """`remind`, `overdue`, `escalate`, `answer`, `case`, `draw`; `soon` and `late` for looks again and appeals."""
    target: str
    clock: str
    due: int


class State(Hearer):
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.memory = Memory(rules)
        self.closings = Closings(rules, book)
        self.parts = (self.memory, self.closings)
        self.warnings_on: set[str] = set()
        self.cleared: dict[str, str] = {}
        """Warning -> the fact that cleared it, where a case hung on it."""
        self._over = Over(book)
        self.silent: set[str] = set()
        self.returned: dict[str, str] = {}
        """Series -> the fact that ended its silence."""
        self.proposals: dict[str, PlanProposed] = {}
        self.facts: dict[str, str] = {}
        """Proposal -> its newest fact."""
        self._said: dict[str, set[str]] = {}
        """Task or proposal -> what its running clock has struck already: nothing strikes twice, also after a restart."""
        self.appeals: dict[str, tuple[ScoreAppealed, str]] = {}
        """Appeals nobody has decided, with their facts."""
        self._told: set[tuple[str, str, int]] = set()
        """Clocks of cases and appeals that have run out and were said to have: (case or appeal, clock, due)."""
        self._reminded: set[tuple[str, str, int]] = set()
        """Clocks of looks again and appeals of which somebody was reminded, likewise."""
        self._from: dict[str, int] = {}
        """Task or case -> strikes set up to this one are of clocks that were set anew since. Whether they still lie in the
        heap depends on who looked when; so they must mean nothing."""
        self._strikes: list[Strike] = []
        """A heap by moment and order."""
        self._set = 0
        self._periods: set[tuple[str, int]] = set()
        """Case type and end of a period of closings for which a strike was set."""

    @hears(WarningRaised)
    def _raise(self, fact: Fact, body: WarningRaised) -> None:
        for warning in self._over.let_go(fact.recorded_at):
            del self.cleared[warning]
        self.warnings_on.add(body.warning)

    @hears(WarningCleared)
    def _clear(self, fact: Fact, body: WarningCleared) -> None:
        self.warnings_on.discard(body.warning)
        self.cleared[body.warning] = fact.id
        self._over.add(body.warning, fact.recorded_at)

    @hears(SeriesSilent)
    def _fall_silent(self, fact: Fact, body: SeriesSilent) -> None:
        self.silent.add(fact.subject)

    @hears(SeriesReturned)
    def _return(self, fact: Fact, body: SeriesReturned) -> None:
        self.silent.discard(fact.subject)
        self.returned[fact.subject] = fact.id

    @hears(PlanProposed)
    def _propose(self, fact: Fact, body: PlanProposed) -> None:
        self.proposals[body.proposal] = body
        self.facts[body.proposal] = fact.id
        self._add(body.answer_by + 1, "answer", body.proposal, "answer", body.answer_by)

    @hears(ResponseDeclared, ProposalDeclined, ProposalLapsed)
    def _answer(self, fact: Fact, body: ResponseDeclared | ProposalDeclined | ProposalLapsed) -> None:
        self.proposals.pop(body.proposal, None)
        self._said.pop(body.proposal, None)

    @hears(ProposalOverdue)
    def _wait_above(self, fact: Fact, body: ProposalOverdue) -> None:
        self.facts[body.proposal] = fact.id
        self._said[body.proposal] = {"answer"}

    @hears(CaseReported, CaseUnmerged, CaseReopened)
    def _report(self, fact: Fact, body: CaseReported | CaseUnmerged | CaseReopened) -> None:
        case = self.book.cases[body.case]
        if case.stage == "reported" and case.register_by is not None:
            self._set_case_clock(body.case, "register", case.register_by)

    @hears(CaseOffered)
    def _offer(self, fact: Fact, body: CaseOffered) -> None:
        self._set_case_clock(body.case, "answer", body.answer_by)

    @hears(CaseOverdue)
    def _run_out(self, fact: Fact, body: CaseOverdue) -> None:
        self._told.add((body.appeal or body.case, body.clock, body.due))

    @hears(CaseReminded)
    def _remind(self, fact: Fact, body: CaseReminded) -> None:
        self._reminded.add((body.appeal or body.case, body.clock, body.due))

    @hears(CaseClosed)
    def _close(self, fact: Fact, body: CaseClosed) -> None:
        """The period of a closing is drawn from when it is over."""
        ends = self.closings.drawn_at(body.case_type, fact.recorded_at)
        if ends is not None and (body.case_type, ends) not in self._periods:
            self._periods.add((body.case_type, ends))
            self._add(ends, "draw", body.case_type, "draw", ends)

    @hears(CreditReversed)
    def _reverse(self, fact: Fact, body: CreditReversed) -> None:
        """A period of which nothing counts any more is not drawn from; whether its strike still lies in the heap depends on who
        looked when. So the next closing sets one anew."""
        kind = self.book.cases[body.case].type
        self._periods = {period for period in self._periods if period[0] != kind}

    @hears(RecheckAsked)
    def _ask_again(self, fact: Fact, body: RecheckAsked) -> None:
        rule = self.closings.rule_of(self.book.cases[body.case].type)
        self._set_asked(body.recheck, "recheck", fact.at, body.due, rule is not None and rule.within.working)

    @hears(ScoreAppealed)
    def _appeal(self, fact: Fact, body: ScoreAppealed) -> None:
        if body.due is not None:
            self.appeals[body.appeal] = body, fact.id
            card = self.rules.scorecards.get(body.scorecard)
            self._set_asked(body.appeal, "appeal", fact.at, body.due, card is not None and card.decide_in.working)

    @hears(AppealDecided)
    def _decide(self, fact: Fact, body: AppealDecided) -> None:
        self.appeals.pop(body.appeal, None)

    @hears(TaskExtended)
    def _extend(self, fact: Fact, body: TaskExtended) -> None:
        task = self.book.tasks[body.task]
        if (task.clock() or ("",))[0] == "done":  # to sign or to arrive is asked for by the same moment as before
            self._set_clock(task, fact.at)

    @hears(TaskSent, TaskSigned, TaskArrived, TaskSentBack, CheckAsked, TaskResumed)
    def _go_on(self, fact: Fact, body: TaskSent | TaskSigned | TaskArrived | TaskSentBack | CheckAsked | TaskResumed) -> None:
        self._set_clock(self.book.tasks[body.task], fact.at)

    @hears(TaskReminded, TaskOverdue, TaskEscalated)
    def _strike(self, fact: Fact, body: TaskReminded | TaskOverdue | TaskEscalated) -> None:
        self._said[body.task].add(WHAT[type(body)])

    @hears(TaskVerified, TaskReturned, TaskReleased)
    def _leave(self, fact: Fact, body: TaskVerified | TaskReturned | TaskReleased) -> None:
        self._said.pop(body.task, None)

    def _set_case_clock(self, case: str, clock: str, ends: int) -> None:
        self._from[case] = self._set
        self._add(ends + 1, "case", case, clock, ends)

    def _set_asked(self, target: str, clock: str, now: int, ends: int, working: bool) -> None:
        """Remind when a quarter of the time is left, and tell the unit above when it has run out."""
        span = max(passed(self.rules, now, ends, working), 0)
        self._add(due(self.rules, now, span - span // 4, working), "soon", target, clock, ends)
        self._add(ends + 1, "late", target, clock, ends)

    def _set_clock(self, task: Task, now: int) -> None:
        """Set the strikes of the clock that runs from `now`: before it is due, when it is, and one span later."""
        clock = task.clock()
        if clock is None:
            return
        self._said[task.id] = set()
        self._from[task.id] = self._set
        name, started, ends = clock
        working = task.working(name)
        span = max(passed(self.rules, started, ends, working), 0)  # below: it had run out when it was put on hold
        before = self.rules.cases[self.book.case_of(task).type].remind or span // 4
        remind = due(self.rules, started, span - before, working)
        if remind > now:
            self._add(remind, "remind", task.id, name, ends)
        self._add(ends + 1, "overdue", task.id, name, ends)
        # A call that nobody answers goes on at once; of a task the unit above hears one span later.
        later = 0 if task.sent.form == "call" else span
        self._add(due(self.rules, ends, later, working) + 1, "escalate", task.id, name, ends)

    def _add(self, at: int, what: str, target: str, clock: str, due: int) -> None:
        self._set += 1
        heapq.heappush(self._strikes, Strike(at, self._set, what, target, clock, due))

    def struck(self, now: int) -> list[Strike]:
        """The strikes due at `now` that still mean something, in order; they are taken off. A period is drawn from once."""
        out: list[Strike] = []
        drawn: set[tuple[str, int]] = set()
        while self._strikes and self._strikes[0].at <= now:
            strike = heapq.heappop(self._strikes)
            if not self._stands(strike) or (strike.what == "draw" and (strike.target, strike.due) in drawn):
                continue
            if strike.what == "draw":
                drawn.add((strike.target, strike.due))
            out.append(strike)
        return out

    def next_due(self) -> int | None:
        while self._strikes and not self._stands(self._strikes[0]):
            heapq.heappop(self._strikes)
        return self._strikes[0].at if self._strikes else None

    def _stands(self, strike: Strike) -> bool:
        if strike.what in self._said.get(strike.target, ()) or strike.order <= self._from.get(strike.target, 0):
            return False
        if strike.what == "answer":
            return strike.target in self.proposals
        if strike.what == "draw":
            return bool(self.closings.of_period(strike.target, strike.due))
        if strike.what in ("soon", "late"):
            said = self._reminded if strike.what == "soon" else self._told
            return self._still_asked(strike) and (self._about(strike), strike.clock, strike.due) not in said
        if strike.what == "case":
            case = self.book.cases[strike.target]
            if strike.clock == "register":
                waits = case.stage == "reported"
            else:
                waits = case.offer is not None and case.offer.answer_by == strike.due
            return waits and (strike.target, strike.clock, strike.due) not in self._told
        clock = self.book.tasks[strike.target].clock()
        return clock is not None and (clock[0], clock[2]) == (strike.clock, strike.due)

    def _still_asked(self, strike: Strike) -> bool:
        return strike.target in self.appeals if strike.clock == "appeal" else self.closings.wanted(strike.target)

    def _about(self, strike: Strike) -> str:
        """By what a clock of a look again or an appeal is known: one case has one look at a time, and may have many appeals."""
        return strike.target if strike.clock == "appeal" else self.closings.looks[strike.target].asked.case

    def green(self, case: Case) -> str:
        """The fact by which what started the case is over; `none` where nothing measured did; empty while it is not over.

        Silence is not calm: a grey series is never green.
        """
        over = ""
        inside = [self.book.cases[merged] for merged in case.merged]
        for run in (run for each in (case, *inside) for run in each.runs.values()):
            series = f"{run.indicator}@{run.place}"
            if run.warning in self.warnings_on or series in self.silent:
                return ""
            over = self.cleared.get(run.warning) or self.returned.get(series) or over
        return over or "none"
