"""Plan's words: who gets a step, which steps the data ask for, and why a plan matched or did not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bihuan.model.facts import NotMatched, Step
from bihuan.pack.rules import Rules
from bihuan.pack.schema import DataCondition, Limit, Plan, StepRule

NOBODY = "nobody-reached"
"""The step the holder gets where a plan reaches nobody: something happened, and somebody has to look."""

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a plan is held against: the rules, which series stand above calm, and the newest values."""

    rules: Rules
    levels: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(indicator, place or thing) -> rank."""
    newest: Callable[[str, str], float | None] = lambda indicator, place: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a plan reaches now, and which of its steps reach nobody or are not asked for, and why."""

    steps: tuple[Step, ...]
    not_now: tuple[NotMatched, ...]


def reach(ground: Ground, plan: Plan, spot: str, level: str, condition: str = "") -> Reach:
    """Every step of `plan` at every unit it goes to now, for a case about `spot` at `level`.

    The limit of the opening condition stands for the steps' own.
    """
    steps: list[Step] = []
    not_now: list[NotMatched] = []
    for rule in plan.steps:
        if why := _not_asked_for(ground, rule, spot, level):
            not_now.append(NotMatched(plan=rule.id, why=why))
        elif units := units_for(ground, plan, rule, spot):
            steps.extend(_resolve(ground.rules, plan, rule, unit, spot, condition) for unit in units)
        else:
            not_now.append(NotMatched(plan=rule.id, why=_nobody(rule, spot)))
    return Reach(steps=tuple(steps), not_now=tuple(not_now))


def by_hand(ground: Ground, plan: Plan, holder: str, spot: str) -> Step:
    """The one task of a plan that reaches nobody: its holder looks, acts, and says what was done."""
    rules, first = ground.rules, plan.steps[0]
    case = rules.cases[plan.case]
    done = first.done or first.sign
    return Step(
        step=NOBODY,
        unit=holder,
        verifier=f"{rules.above(spot, case.verify_at)}.{case.verify}",
        place=spot,
        sign_in=rules.working.ms(first.sign),
        done_in=rules.working.ms(done),
        proof=("text",),
        work=_working(sign=first.sign, done=done),
    )


# --- which steps ----------------------------------------------------------------------------------------------


def _not_asked_for(ground: Ground, rule: StepRule, spot: str, level: str) -> str:
    """Why a step is not for now; empty where it is."""
    if rule.levels and level not in rule.levels:
        return f"{level} is not one of {', '.join(rule.levels)}"
    return next(filter(None, (_unmet(ground, when, spot) for when in rule.when)), "")


def condition_text(when: DataCondition) -> str:
    return f"{when.indicator} {when.op} {when.value:g}"


def _unmet(ground: Ground, when: DataCondition, spot: str) -> str:
    """Why a condition does not hold at `spot`; empty where it does."""
    place, value = value_at(ground, when.indicator, spot)
    if value is None:
        return "" if when.unknown == "yes" else f"{condition_text(when)} is asked for, and nothing is known of it"
    if _HOLDS[when.op](value, when.value):
        return ""
    return f"{condition_text(when)} is asked for, and it is {value:g} at {place}"


def value_at(ground: Ground, indicator: str, spot: str) -> tuple[str, float | None]:
    """The newest value at `spot`, or at the nearest place above it that has such a series, with that place.

    A series that is silent says nothing, and no other one speaks for it.
    """
    rules = ground.rules
    number = rules.numbering.number
    if number(indicator, spot) >= 0:
        return spot, ground.newest(indicator, spot)
    place = rules.place_of(spot)
    while number(indicator, place.code) < 0:
        above = rules.places.get(place.duty_parent or place.parent)
        if above is None:
            return "", None
        place = above
    return place.code, ground.newest(indicator, place.code)


# --- which units ----------------------------------------------------------------------------------------------


def units_for(ground: Ground, plan: Plan, rule: StepRule, spot: str) -> tuple[str, ...]:
    """Units a step goes to: a department across, or the units down the tree that are affected."""
    rules = ground.rules
    if not rule.to.affected or rules.above(spot, rule.to.down):
        return rules.reached(rule.to, spot)
    found = (unit for place in _affected(ground, plan, rule, spot) for unit in rules.below(place, rule.to.down))
    return tuple(dict.fromkeys(found))


def _affected(ground: Ground, plan: Plan, rule: StepRule, spot: str) -> list[str]:
    """Places below `spot` whose own series of the plan's group stands at `affected` or worse, in order of code."""
    rules = ground.rules
    trigger = plan.trigger.warning
    assert trigger is not None  # the linter refuses `affected` without a warning trigger
    least, level = rules.rank(rule.to.affected), rules.place_of(spot).level
    places = {
        rules.place_of(place).code
        for (indicator, place), rank in ground.levels.items()
        if rank >= least and indicator in rules.groups[trigger.group].indicators and rules.above(place, level) == spot
    }
    return sorted(places)


def _nobody(rule: StepRule, spot: str) -> str:
    if rule.to.role:
        return f"no '{rule.to.role}' at level {rule.to.at} above {spot}"
    affected = f" that stands at {rule.to.affected} or worse" if rule.to.affected else ""
    return f"no unit of level {rule.to.down} at {spot}{affected}"


def _resolve(rules: Rules, plan: Plan, rule: StepRule, unit: str, spot: str, condition: str) -> Step:
    case = rules.cases[plan.case]
    own = rules.units[unit]
    # Of a call or a notice only an answer is asked for: it is done when it is heard.
    done = next((opening.done for opening in case.openings if opening.id == condition), rule.done)
    if rule.form != "task":
        done = rule.sign
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
        work=_working(sign=rule.sign, arrive=rule.arrive, done=done),
    )


def _working(**limits: Limit) -> tuple[str, ...]:
    return tuple(name for name, limit in limits.items() if limit.working)


# --- which plans ----------------------------------------------------------------------------------------------


def not_matched(rules: Rules, group: str, level: str, chosen: Plan) -> tuple[NotMatched, ...]:
    """Why the other plans that listen to this group did not answer."""
    out = []
    for other in rules.plans.values():
        trigger = other.trigger.warning
        if trigger is not None and trigger.group == group and other.id != chosen.id and level not in trigger.levels:
            out.append(NotMatched(plan=other.id, why=f"{level} is not one of {', '.join(trigger.levels)}"))
    return tuple(out)


def levels_of(plan: Plan) -> tuple[str, ...]:
    """The warning levels a plan listens for."""
    return plan.trigger.warning.levels if plan.trigger.warning else ()


def listening(rules: Rules, group: str, level: str) -> list[Plan]:
    """The plans that answer a warning of `group` at `level`, in order of declaration."""
    return [
        plan
        for plan in rules.plans.values()
        if plan.trigger.warning is not None and plan.trigger.warning.group == group and level in levels_of(plan)
    ]


# --- which people ---------------------------------------------------------------------------------------------


def in_line(rules: Rules, actor: str, unit: str) -> bool:
    """Whether the actor is at a post of `unit`, or of a unit above it."""
    mine, above = actor.partition("@")[2], unit
    while above and above != mine:
        above = rules.units[above].parent if above in rules.units else ""
    return bool(above)


def on_duty(rules: Rules, actor: str, unit: str) -> bool:
    """Whether the actor is at the duty post of `unit`, or of a unit above it."""
    return actor.partition("@")[0] == "duty" and in_line(rules, actor, unit)
