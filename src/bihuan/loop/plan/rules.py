"""Plan decides: which declared answer fits, whether a person must start it, and which units get which step."""

from collections.abc import Sequence

from bihuan.loop.casebook import Case
from bihuan.loop.page import Page
from bihuan.loop.plan.state import Proposal, Running, Standing, State
from bihuan.loop.plan.words import holder_of, levels_of, listening, not_matched, steps_for
from bihuan.model.facts import (
    CaseRouted,
    Commanded,
    Fact,
    LevelChanged,
    NotMatched,
    PlanExtended,
    PlanProposed,
    PlanStarted,
    ProposalDeclined,
    ProposalLapsed,
    ResponseDeclared,
    SeriesSilent,
    WarningCleared,
    WarningRaised,
    WarningStepped,
)
from bihuan.pack.schema import Plan


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    for fact in news:
        match fact.body:
            case WarningRaised() | WarningStepped() as body:
                _answer(state, page, fact, body)
            case WarningCleared() as body:
                _lapse(state, page, fact, body.warning, "the warning ended")
            case SeriesSilent() as body:
                _answer_silence(state, page, fact, body)
            case Commanded(does="declare" | "decline") as body:
                _answer_proposal(state, page, fact, body)
            case Commanded(does="report") as body:
                _answer_report(state, page, fact, body)
            case CaseRouted() as body:
                _answer_registered(state, page, fact, state.book.cases[body.case])
            case _:
                pass
    if any(isinstance(fact.body, LevelChanged) for fact in news):
        _reach_newly_affected(state, page, news)


def _answer(state: State, page: Page, fact: Fact, body: WarningRaised | WarningStepped) -> None:
    standing = state.on.get(body.warning)
    before = state.rules.rank(body.before) if isinstance(body, WarningStepped) else 0
    if standing is None or state.rules.rank(body.level) < before:
        return  # stepping down needs no new answer: the runs go on until their tasks are verified
    fitting = [plan for plan in listening(state, body.group, body.level) if plan.id not in standing.answered]
    if higher := [plan.id for plan in fitting if plan.declared_at]:
        _lapse(state, page, fact, body.warning, f"a higher response is proposed: {', '.join(higher)}")
    for plan in fitting:
        why = f"warning {body.group} at {body.level} ({', '.join(levels_of(plan))})"
        others = not_matched(state, body.group, body.level, plan)
        if plan.declared_at:
            _propose(state, page, fact, plan, standing, why, others)
        else:
            _start(state, page, plan, standing.place, body.level, [fact.id], why, others, warning=body.warning,
                   indicator=body.indicator)  # fmt: skip


def _propose(
    state: State, page: Page, fact: Fact, plan: Plan, standing: Standing, why: str, others: tuple[NotMatched, ...]
) -> None:
    proposal = f"{state.rules.origin}-P{len(state.proposals) + 1:05d}"
    page.write(
        PlanProposed(
            proposal=proposal,
            plan=plan.id,
            response=plan.response,
            place=standing.place,
            unit=state.rules.above(standing.place, plan.declared_at),
            warning=standing.warning,
            matched=why,
            not_matched=others,
            answer_by=page.now + plan.answer,
        ),
        because=(fact.id,),
        subject=proposal,
    )


def _lapse(state: State, page: Page, fact: Fact, warning: str, reason: str) -> None:
    for id in state.proposed_for.get(warning, ()):
        proposal = state.proposals[id]
        body = proposal.body
        if proposal.open:
            page.write(
                ProposalLapsed(proposal=body.proposal, plan=body.plan, place=body.place, reason=reason),
                because=(fact.id, proposal.fact),
                subject=body.proposal,
            )


def _start(
    state: State,
    page: Page,
    plan: Plan,
    spot: str,
    level: str,
    because: Sequence[str],
    why: str,
    others: tuple[NotMatched, ...] = (),
    *,
    warning: str = "",
    indicator: str = "",
    case: Case | None = None,
) -> None:
    run = f"{state.rules.origin}-R{state.runs + 1:05d}"
    page.write(
        PlanStarted(
            run=run,
            plan=plan.id,
            case_type=plan.case,
            place=spot,
            unit=case.unit if case else holder_of(state, state.rules.cases[plan.case], spot),
            level=level,
            warning=warning,
            indicator=indicator,
            response=plan.response,
            matched=why,
            not_matched=others,
            steps=steps_for(state, plan, spot, level, case.condition if case else ""),
            case=case.id if case else "",
        ),
        because=because,
        subject=run,
    )


def _answer_silence(state: State, page: Page, fact: Fact, body: SeriesSilent) -> None:
    for plan in state.rules.plans.values():
        trigger = plan.trigger.silent
        if trigger is not None and trigger.indicator == body.indicator:
            why = f"series {body.indicator}@{body.place} is silent"
            _start(state, page, plan, body.place, body.level, [fact.id], why, indicator=body.indicator)


def _answer_registered(state: State, page: Page, fact: Fact, case: Case) -> None:
    """A reported case was registered and has a holder: the plans that answer its type start."""
    if case.runs:
        return
    for plan in state.rules.plans.values():
        if plan.trigger.report and plan.trigger.report.case == case.type:
            why = f"a registered report of {case.type}" + (f" ({case.condition})" if case.condition else "")
            _start(state, page, plan, case.place, state.rules.calm, [fact.id], why, case=case)


def _answer_report(state: State, page: Page, fact: Fact, body: Commanded) -> None:
    rules = state.rules
    if body.target in rules.cases and rules.cases[body.target].receive is not None:
        return  # it has to be registered first: dispatch takes it
    if body.place not in rules.places and body.place not in rules.things:
        page.refuse(fact, f"place '{body.place}' is not known", "Name a place or thing by its code.")
        return
    fitting = [plan for plan in rules.plans.values() if plan.trigger.report and plan.trigger.report.case == body.target]
    if not fitting:
        known = sorted({plan.trigger.report.case for plan in rules.plans.values() if plan.trigger.report})
        page.refuse(fact, f"no plan answers reports of '{body.target}'", f"Report one of: {', '.join(known) or 'none yet'}.")
        return
    levels = sorted({level for plan in fitting for level in (rules.cases[plan.case].holder, rules.cases[plan.case].verify_at)})
    if not all(rules.above(body.place, level) for level in levels):
        page.refuse(fact, f"no unit would hold or check a case at '{body.place}'",
                    f"Name a place or thing under one of level: {', '.join(levels)}.")  # fmt: skip
        return
    reaching = [plan for plan in fitting if steps_for(state, plan, body.place, rules.calm)]
    if not reaching:
        page.refuse(fact, f"nobody at '{body.place}' would get a task", "Name a finer place, or the thing itself.")
    for plan in reaching:
        _start(state, page, plan, body.place, rules.calm, [fact.id], f"a report of {body.target}")


def _answer_proposal(state: State, page: Page, fact: Fact, body: Commanded) -> None:
    proposal = state.proposals.get(body.target)
    if proposal is None:
        page.refuse(fact, f"there is no proposal '{body.target}'", "Look at the desk for what is proposed now.")
        return
    said = proposal.body
    if not proposal.open:
        page.refuse(fact, "this proposal was answered or has lapsed", "Look at the case for what was decided.")
    elif said.warning not in state.on:  # it ended in this very turn, and the proposal lapses with it
        page.refuse(fact, "the warning has ended", "Nothing is to be answered any more; if there is trouble, report it.")
    elif not _may_answer(state, fact.actor, said.unit):
        page.refuse(
            fact, f"{fact.actor} may not answer for {said.unit}", f"The duty post of {said.unit} or of a unit above it may."
        )
    elif body.does == "decline" and not body.text:
        page.refuse(fact, "a declined response needs a reason", "Say why in the text.")
    elif body.does == "decline":
        page.write(
            ProposalDeclined(proposal=said.proposal, plan=said.plan, place=said.place, unit=said.unit, reason=body.text),
            because=(fact.id, proposal.fact),
            subject=said.proposal,
            actor=fact.actor,
        )
    else:
        _declare(state, page, fact, proposal)


def _declare(state: State, page: Page, fact: Fact, proposal: Proposal) -> None:
    said = proposal.body
    declared = page.write(
        ResponseDeclared(proposal=said.proposal, plan=said.plan, response=said.response, place=said.place, unit=said.unit),
        because=(fact.id, proposal.fact),
        subject=said.proposal,
        actor=fact.actor,
    )
    plan = state.rules.plans[said.plan]
    standing = state.on[said.warning]
    group = state.rules.groups[standing.group]
    why = f"{said.matched}; response {said.response} declared by {fact.actor}"
    _start(state, page, plan, said.place, standing.level, [declared.id], why, said.not_matched, warning=said.warning,
           indicator=group.indicators[0])  # fmt: skip


def _may_answer(state: State, actor: str, unit: str) -> bool:
    post, _, mine = actor.partition("@")
    above: str = unit
    while above:
        if mine == above:
            return post == "duty"
        above = state.rules.units[above].parent
    return False


def _reach_newly_affected(state: State, page: Page, news: Sequence[Fact]) -> None:
    """Towns that came under water after the plan started get its tasks too, and a worse level may bring further steps."""
    changed: dict[str, list[Fact]] = {}
    for fact in news:
        if isinstance(fact.body, LevelChanged) and (warning := state.warning_of(fact.body.indicator, fact.body.place)):
            changed.setdefault(warning, []).append(fact)
    for warning, facts in changed.items():
        standing = state.on[warning]
        for running in standing.runs:
            _extend(state, page, standing, running, facts)


def _extend(state: State, page: Page, standing: Standing, running: Running, changed: Sequence[Fact]) -> None:
    plan = state.rules.plans[running.plan]
    if not any(rule.to.affected or rule.levels for rule in plan.steps):
        return
    steps = tuple(
        step for step in steps_for(state, plan, running.place, standing.level) if (step.step, step.unit) not in running.sent
    )
    if steps:
        page.write(
            PlanExtended(run=running.run, plan=plan.id, place=running.place, level=standing.level, steps=steps),
            because=(*(fact.id for fact in changed), running.fact),
            subject=running.run,
        )
