"""Runs of plans: started, extended to further units, paused and let go on."""

from collections.abc import Sequence

from bihuan.loop.case import Case
from bihuan.loop.page import Page
from bihuan.loop.plan.state import Running, Standing, State
from bihuan.loop.plan.words import by_hand, on_duty, reach
from bihuan.loop.routes import route, spot_of
from bihuan.model.facts import Commanded, Fact, NotMatched, PlanExtended, PlanPaused, PlanResumed, PlanStarted
from bihuan.pack.schema import Plan


def start(
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
    ground = state.ground(page)
    found = reach(ground, plan, spot, level, case.condition if case else "")
    holder = case.unit if case else _holder(state, page, plan, spot, level, because)
    run = f"{state.rules.origin}-R{state.runs + 1:05d}"
    page.write(
        PlanStarted(
            run=run,
            plan=plan.id,
            case_type=plan.case,
            place=spot,
            unit=holder,
            level=level,
            warning=warning,
            indicator=indicator,
            response=plan.response,
            matched=why,
            not_matched=others,
            steps=found.steps or (by_hand(ground, plan, holder, spot),),
            case=case.id if case else "",
            not_now=found.not_now,
        ),
        because=because,
        subject=run,
    )


def _holder(state: State, page: Page, plan: Plan, spot: str, level: str, because: Sequence[str]) -> str:
    """Who holds the case of a plan that is started now: the one that is open or reopened for it, else who the routes name."""
    kind = state.rules.cases[plan.case]
    known = state.book.cases.get(state.book.newest.get((plan.case, spot), ""))
    if known is not None and (known.open or (known.closed_at is not None and kind.watch and page.now <= known.watch_until)):
        return known.unit
    return route(state.rules, kind, level, spot_of(page, spot, because), page.now).unit


def extend(state: State, page: Page, standing: Standing, running: Running, changed: Sequence[Fact]) -> None:
    plan = state.rules.plans.get(running.plan)
    if (
        plan is None
        or not state.knows(running.place)
        or not any(rule.to.affected or rule.levels or rule.when for rule in plan.steps)
    ):
        return
    found = reach(state.ground(page), plan, running.place, standing.level)
    steps = tuple(step for step in found.steps if (step.step, step.unit) not in running.sent)
    if steps:
        page.write(
            PlanExtended(run=running.run, plan=plan.id, place=running.place, level=standing.level, steps=steps),
            because=(*(fact.id for fact in changed), running.fact),
            subject=running.run,
        )


def hear_pause(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    """The holder of its case, or a unit above, stops a run or lets it go on: steps not sent yet wait, clocks stand still."""
    case = state.book.cases.get(state.book.by_run.get(said.target, ""))
    if case is None:
        page.refuse(fact, f"there is no run '{said.target}' of a plan", "Look at the case for the plans that run there.")
        return
    run, paused = case.runs[said.target], said.target in case.paused
    now = f"The duty post of {case.unit}, which holds the case, or of a unit above it may let it go on." if paused else (
        f"The duty post of {case.unit}, which holds the case, or of a unit above it may pause it.")  # fmt: skip
    if not case.open:
        page.refuse(fact, f"case {case.id} is {case.standing}", "Nothing of this plan is under way any more.")
    elif paused and said.does == "pause":
        page.refuse(fact, f"'{run.plan}' is paused already", now)
    elif not paused and said.does == "go-on":
        page.refuse(fact, f"'{run.plan}' is not paused", now)
    elif not on_duty(state.rules, fact.actor, case.unit):
        page.refuse(fact, f"this plan is not {fact.actor}'s to {said.does}", now)
    elif said.does == "pause" and not said.text:
        page.refuse(fact, "to pause a plan needs a reason", "Say why in the text.")
    else:
        common = {"run": run.run, "plan": run.plan, "place": run.place, "unit": fact.actor.partition("@")[2]}
        body = PlanPaused(reason=said.text, **common) if said.does == "pause" else PlanResumed(**common)
        page.write(body, because=(fact.id,), subject=run.run, actor=fact.actor)
