"""Plan's words: who gets a step, and why a plan matched or did not."""

from bihuan.loop.plan.state import State
from bihuan.model.facts import NotMatched, Step
from bihuan.pack.schema import CaseType, Plan, StepRule


def holder_of(state: State, case: CaseType, spot: str) -> str:
    """The unit that holds a case of this type about `spot`."""
    return state.rules.above(spot, case.holder)


def steps_for(state: State, plan: Plan, spot: str, level: str, condition: str = "") -> tuple[Step, ...]:
    """Every step of `plan` at every unit it goes to now, for a case about `spot` at `level`.

    The limit of the opening condition stands for the steps' own.
    """
    return tuple(
        _resolve(state, plan, rule, unit, spot, condition)
        for rule in plan.steps
        if not rule.levels or level in rule.levels
        for unit in units_for(state, plan, rule, spot)
    )


def units_for(state: State, plan: Plan, rule: StepRule, spot: str) -> tuple[str, ...]:
    """Units a step goes to: a department across, or the units down the tree that are affected."""
    rules = state.rules
    if rule.to.role:
        unit = f"{rules.above(spot, rule.to.at)}.{rule.to.role}"
        return (unit,) if unit in rules.units else ()
    if unit := rules.above(spot, rule.to.down):
        return (unit,)
    if not rule.to.affected:
        return rules.below(rules.place_of(spot).code, rule.to.down)
    found = (unit for place in _affected(state, plan, rule, spot) for unit in rules.below(place, rule.to.down))
    return tuple(dict.fromkeys(found))


def _affected(state: State, plan: Plan, rule: StepRule, spot: str) -> list[str]:
    """Places below `spot` whose own series of the plan's group stands at `affected` or worse, in order of code."""
    rules = state.rules
    trigger = plan.trigger.warning
    assert trigger is not None  # the linter refuses `affected` without a warning trigger
    least, level = rules.rank(rule.to.affected), rules.place_of(spot).level
    places = {
        rules.place_of(place).code
        for (indicator, place), rank in state.levels.items()
        if rank >= least and indicator in rules.groups[trigger.group].indicators and rules.above(place, level) == spot
    }
    return sorted(places)


def _resolve(state: State, plan: Plan, rule: StepRule, unit: str, spot: str, condition: str) -> Step:
    rules = state.rules
    case = rules.cases[plan.case]
    own = rules.units[unit]
    done = next((opening.done for opening in case.openings if opening.id == condition), rule.done)
    # The place a task is about: the case's, but down the tree from there the unit's own.
    place = spot if rule.to.role or rules.above(spot, own.level) == own.place else own.place
    return Step(
        step=rule.id,
        unit=unit,
        verifier=f"{rules.above(spot, case.verify_at)}.{rule.verify or case.verify}",
        fallback=f"{rules.above(own.place, case.holder)}.{rule.fallback}" if rule.fallback else "",
        place=place,
        sign_in=rules.working.ms(rule.sign),
        arrive_in=rules.working.ms(rule.arrive),
        done_in=rules.working.ms(done),
        proof=rule.proof,
        after=rule.after,
        form="" if rule.form == "task" else rule.form,
        work=tuple(name for name, limit in (("sign", rule.sign), ("arrive", rule.arrive), ("done", done)) if limit.working),
    )


def not_matched(state: State, group: str, level: str, chosen: Plan) -> tuple[NotMatched, ...]:
    """Why the other plans that listen to this group did not answer."""
    out = []
    for other in state.rules.plans.values():
        trigger = other.trigger.warning
        if trigger is not None and trigger.group == group and other.id != chosen.id and level not in trigger.levels:
            out.append(NotMatched(plan=other.id, why=f"{level} is not one of {', '.join(trigger.levels)}"))
    return tuple(out)


def levels_of(plan: Plan) -> tuple[str, ...]:
    """The warning levels a plan listens for."""
    return plan.trigger.warning.levels if plan.trigger.warning else ()


def listening(state: State, group: str, level: str) -> list[Plan]:
    """The plans that answer a warning of `group` at `level`, in order of declaration."""
    return [
        plan
        for plan in state.rules.plans.values()
        if plan.trigger.warning is not None and plan.trigger.warning.group == group and level in levels_of(plan)
    ]
