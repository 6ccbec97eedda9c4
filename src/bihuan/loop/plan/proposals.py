"""What a person starts: responses that are proposed and declared, by one or by two; plans with a button."""

from collections.abc import Sequence

from bihuan.loop.page import Page
from bihuan.loop.plan.runs import start
from bihuan.loop.plan.state import Proposal, State
from bihuan.loop.plan.words import in_line, on_duty
from bihuan.model.facts import (
    Commanded,
    Fact,
    NotMatched,
    PlanProposed,
    ProposalDeclined,
    ProposalLapsed,
    ResponseDeclared,
    ResponseSeconded,
)
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Plan


def propose(
    state: State,
    page: Page,
    fact: Fact,
    plan: Plan,
    place: str,
    unit: str,
    why: str,
    others: tuple[NotMatched, ...] = (),
    *,
    warning: str = "",
) -> Fact:
    """Ask the duty officer of `unit`, and another post where the plan wants four eyes."""
    proposal = f"{state.rules.origin}-P{len(state.proposals) + 1:05d}"
    return page.write(
        PlanProposed(
            proposal=proposal,
            plan=plan.id,
            response=plan.response,
            place=place,
            unit=unit,
            warning=warning,
            matched=why,
            not_matched=others,
            answer_by=page.now + plan.answer,
            eyes=4 if plan.four_eyes else 2,
        ),
        because=(fact.id,),
        subject=proposal,
    )


def lapse(state: State, page: Page, fact: Fact, warning: str, reason: str) -> None:
    for id in state.proposed_for.get(warning, ()):
        proposal = state.proposals[id]
        body = proposal.body
        if proposal.open:
            page.write(
                ProposalLapsed(proposal=body.proposal, plan=body.plan, place=body.place, reason=reason),
                because=(fact.id, proposal.fact),
                subject=body.proposal,
            )


def hear_answer(state: State, page: Page, fact: Fact, body: Commanded) -> None:
    proposal = state.proposals.get(body.target)
    if proposal is None:
        page.refuse(fact, f"there is no proposal '{body.target}'", "Look at the desk for what is proposed now.")
        return
    said = proposal.body
    if not proposal.open:
        page.refuse(fact, "this proposal was answered or has lapsed", "Look at the case for what was decided.")
    elif said.warning and said.warning not in state.on:  # it ended in this very turn, and the proposal lapses with it
        page.refuse(fact, "the warning has ended", "Nothing is to be answered any more; if there is trouble, report it.")
    elif said.plan not in state.rules.plans:
        page.refuse(fact, f"no pack declares plan '{said.plan}' any more", "Decide by the plans there are now.")
    elif trouble := _not_his(state.rules, proposal, fact.actor, body.does):
        page.refuse(fact, *trouble)
    elif body.does == "decline" and not body.text:
        page.refuse(fact, "a declined response needs a reason", "Say why in the text.")
    elif body.does == "decline":
        page.write(
            ProposalDeclined(proposal=said.proposal, plan=said.plan, place=said.place, unit=said.unit, reason=body.text),
            because=(fact.id, proposal.fact),
            subject=said.proposal,
            actor=fact.actor,
        )
    elif said.eyes == 4 and not proposal.seconded_by:
        second(page, proposal, fact.actor, (fact.id, proposal.fact))
    else:
        _declare(state, page, fact, proposal)


def second(page: Page, proposal: Proposal, actor: str, because: Sequence[str]) -> None:
    """The first of two has agreed."""
    said = proposal.body
    page.write(
        ResponseSeconded(proposal=said.proposal, plan=said.plan, place=said.place, unit=actor.partition("@")[2]),
        because=because,
        subject=said.proposal,
        actor=actor,
    )


def _not_his(rules: Rules, proposal: Proposal, actor: str, does: str) -> tuple[str, str] | None:
    """Why this actor may not answer: reason and remedy. Of two who must agree the second may be at any other post of the
    unit or of one above it; that two posts are not one person shows as far as their names do."""
    unit = proposal.body.unit
    if does == "declare" and proposal.seconded_by:
        if actor == proposal.seconded_by:
            return f"{actor} has agreed already", f"A second person, at another post of {unit} or of a unit above it, has to."
        if in_line(rules, actor, unit):
            return None
        return f"{actor} may not answer for {unit}", f"A second post of {unit}, or one of a unit above it, may."
    if on_duty(rules, actor, unit):
        return None
    return f"{actor} may not answer for {unit}", f"The duty post of {unit} or of a unit above it may."


def _declare(state: State, page: Page, fact: Fact, proposal: Proposal) -> None:
    said = proposal.body
    declared = page.write(
        ResponseDeclared(proposal=said.proposal, plan=said.plan, response=said.response, place=said.place, unit=said.unit),
        because=(fact.id, proposal.fact),
        subject=said.proposal,
        actor=fact.actor,
    )
    plan = state.rules.plans[said.plan]
    both = f"{proposal.seconded_by} and {fact.actor}" if proposal.seconded_by else fact.actor
    if standing := state.on.get(said.warning):
        why = f"{said.matched}; response {said.response} declared by {both}"
        start(state, page, plan, said.place, standing.level, [declared.id], why, said.not_matched, warning=said.warning,
              indicator=state.rules.groups[standing.group].indicators[0])  # fmt: skip
    else:
        start(state, page, plan, said.place, state.rules.calm, [declared.id], f"{said.matched}; agreed by {both}")


# --- a button ---------------------------------------------------------------------------------------------------


def hear_start(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    """A plan with a button: the duty post of a unit of its level, or of one above it, starts it."""
    rules = state.rules
    plan = rules.plans.get(said.target)
    button = plan.trigger.button if plan else None
    if plan is None or button is None:
        known = ", ".join(plan.id for plan in rules.plans.values() if plan.trigger.button) or "none yet"
        page.refuse(fact, f"no plan '{said.target}' is started by hand", f"Plans with a button: {known}.")
        return
    spot = said.place or rules.units[fact.actor.partition("@")[2]].place
    if trouble := _not_here(rules, plan, spot):
        page.refuse(fact, *trouble)
        return
    unit = rules.above(spot, button.at)
    if not on_duty(rules, fact.actor, unit):
        page.refuse(fact, f"{fact.actor} may not start '{plan.id}' at {spot}",
                    f"The duty post of {unit} or of a unit above it may.")  # fmt: skip
        return
    if already := state.under_way(plan, spot):
        page.refuse(fact, f"'{plan.id}' was started at {spot} already", f"Go on with {already}.")
        return
    why = f"started by {fact.actor}"
    if plan.four_eyes:
        asked = propose(state, page, fact, plan, spot, unit, why)
        second(page, state.proposals[asked.subject], fact.actor, (asked.id,))  # who presses it agrees
    else:
        start(state, page, plan, spot, rules.calm, [fact.id], why)


def _not_here(rules: Rules, plan: Plan, spot: str) -> tuple[str, str] | None:
    """Why a plan cannot be started at `spot`: reason and remedy."""
    assert plan.trigger.button is not None
    if spot not in rules.places and spot not in rules.things:
        return f"place '{spot}' is not known", "Name a place or thing by its code."
    case = rules.cases[plan.case]
    levels = dict.fromkeys((plan.trigger.button.at, case.holder, case.verify_at))
    if lacking := [level for level in levels if not rules.above(spot, level)]:
        return f"'{plan.id}' cannot be started at '{spot}'", f"Name a place or thing under one of level: {', '.join(lacking)}."
    return None
