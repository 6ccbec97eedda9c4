"""A dry run of one plan (`bihuan plan explain`): who would get what and until when, and why other plans would stay away."""

from collections.abc import Mapping

from bihuan.loop.clocks import due
from bihuan.loop.plan.words import (
    Ground,
    by_hand,
    condition_text,
    levels_of,
    listening,
    not_matched,
    reach,
    value_at,
)
from bihuan.loop.routes import Spot, route
from bihuan.model.errors import SettingError
from bihuan.model.facts import NotMatched, Step, Struct
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Plan, StepRule
from bihuan.pack.trouble import known_names


class Would(Struct, frozen=True, kw_only=True):
    """One task that would be sent. Times are ms UTC if it were sent at once; one that comes `after` others is sent later."""

    step: str
    unit: str
    place: str
    form: str
    sign_by: int
    arrive_by: int | None
    done_by: int
    after: tuple[str, ...]
    proof: tuple[str, ...]
    verifier: str
    fallback: str
    conditions: tuple[str, ...]
    """What the data must say, with what they say: asked for on sending."""


class Explained(Struct, frozen=True, kw_only=True):
    """What would come of a plan at one place."""

    plan: str
    at: int
    place: str
    """The place or thing the case would be about."""
    level: str
    starts: bool
    why: str
    declared_by: str
    """The unit whose duty officer is asked first, or presses the button; empty where it starts by itself."""
    eyes: int
    answer_by: int | None
    case_type: str
    holder: str
    tasks: tuple[Would, ...]
    left_out: tuple[NotMatched, ...]
    """Steps that would not be sent, and why."""
    also: tuple[str, ...]
    """Other plans that the same would start."""
    not_matched: tuple[NotMatched, ...]
    """Other plans with this trigger that would stay away, and why."""


def explain(
    rules: Rules, plan: str, place: str, now: int, *, level: str = "", values: Mapping[str, float] | None = None
) -> Explained:
    """What `plan` would do if trouble came to `place` at `now`.

    Of a warning, everything of its group at and under `place` is taken to stand at `level` (unsaid: the first one the plan
    answers). `values` are newest values by indicator; what is not among them is not known. Raises SettingError where the
    plan, the place or the level cannot be meant.
    """
    chosen = rules.plans.get(plan)
    if chosen is None:
        raise SettingError(f"there is no plan '{plan}'.", remedy=known_names("plans", plan, rules.plans))
    if place not in rules.places and place not in rules.things:
        raise SettingError(f"place '{place}' is not known.", remedy="Name a place or thing by its code.")
    known = [one.id for one in rules.levels]
    if level and level not in known:
        raise SettingError(f"there is no level '{level}'.", remedy=known_names("levels", level, known))
    for name in values or ():
        if name not in rules.indicators:
            raise SettingError(f"there is no indicator '{name}'.", remedy=known_names("indicators", name, rules.indicators))
    spot, level = _spot(rules, chosen, place), level or (levels_of(chosen) or (rules.calm,))[0]
    case = rules.cases[chosen.case]
    if lacking := next((at for at in (case.holder, case.verify_at) if not rules.above(spot, at)), ""):
        raise SettingError(f"no unit would hold or check a case at '{spot}'.", remedy=f"Name one under a {lacking}.")
    holder = route(rules, case, level, Spot(place=spot), now).unit
    ground = _ground(rules, chosen, place, spot, level, values or {})
    others = not_matched(rules, chosen.trigger.warning.group, level, chosen) if chosen.trigger.warning else ()
    found = reach(ground, chosen, spot, level)
    starts = not chosen.trigger.warning or level in levels_of(chosen)
    asked = _asked(rules, chosen, spot)
    steps = found.steps or (by_hand(ground, chosen, holder, spot),)
    return Explained(
        plan=chosen.id,
        at=now,
        place=spot,
        level=level,
        starts=starts,
        why=_why(rules, chosen, spot, level, starts),
        declared_by=asked,
        eyes=0 if not asked else 4 if chosen.four_eyes else 2,
        answer_by=now + chosen.answer if chosen.declared_at else None,
        case_type=case.id,
        holder=holder,
        tasks=tuple(_would(ground, chosen, step, spot, now) for step in steps) if starts else (),
        left_out=found.not_now if starts else (),
        also=tuple(other.id for other in _also(rules, chosen, level) if other.id != chosen.id),
        not_matched=others,
    )


def _spot(rules: Rules, plan: Plan, place: str) -> str:
    """What the case would be about: the place or thing itself, or the unit of the warning's level above it."""
    trigger = plan.trigger
    if trigger.warning is None:
        if trigger.silent and rules.numbering.number(trigger.silent.indicator, place) < 0:
            raise SettingError(f"'{place}' has no series of '{trigger.silent.indicator}'.", remedy=_such_as(rules, plan, place))
        return place
    group = rules.groups[trigger.warning.group]
    if group.at != "subject":
        if unit := rules.above(place, group.at):
            return unit
        what = f"warnings of group '{group.id}' are about places of level {group.at}, and '{place}' lies under none."
        raise SettingError(what, remedy=f"Name a {group.at}, or a place or thing under one.")
    if all(rules.numbering.number(name, place) < 0 for name in group.indicators):
        raise SettingError(f"'{place}' has no series of group '{group.id}'.", remedy=_such_as(rules, plan, place))
    return place


def _such_as(rules: Rules, plan: Plan, place: str) -> str:
    trigger = plan.trigger
    names = rules.groups[trigger.warning.group].indicators if trigger.warning else ()
    names = (trigger.silent.indicator,) if trigger.silent else names
    known = [spot for name in names for spot in rules.subjects(rules.indicators[name])]
    found = ([spot for spot in known if _lies(rules, spot, place)] or known)[:3]
    return f"Name one of its places or things, such as {', '.join(found)}." if found else "No place or thing has one yet."


def _ground(rules: Rules, plan: Plan, place: str, spot: str, level: str, values: Mapping[str, float]) -> Ground:
    """Everything of the plan's group at, under and above `place`, inside `spot`, stands at `level`."""
    levels: dict[tuple[str, str], int] = {}
    if plan.trigger.warning and level != rules.calm:
        rank = rules.rank(level)
        for name in rules.groups[plan.trigger.warning.group].indicators:
            for subject in rules.subjects(rules.indicators[name]):
                if _lies(rules, subject, place) or (place != spot and _lies(rules, place, subject)):
                    levels[name, subject] = rank
    return Ground(rules=rules, levels=levels, newest=lambda indicator, at: values.get(indicator))


def _lies(rules: Rules, spot: str, above: str) -> bool:
    if spot == above:
        return True
    known = rules.places.get(above)
    return known is not None and rules.above(spot, known.level) == above


def _asked(rules: Rules, plan: Plan, spot: str) -> str:
    if plan.declared_at:
        return rules.above(spot, plan.declared_at)
    return rules.above(spot, plan.trigger.button.at) if plan.trigger.button else ""


def _why(rules: Rules, plan: Plan, spot: str, level: str, starts: bool) -> str:
    trigger = plan.trigger
    if trigger.warning:
        said = f"a warning of '{trigger.warning.group}' at {level}"
        listed = ", ".join(trigger.warning.levels)
        return f"{said}: it answers {listed}" if starts else f"{said}: it answers only {listed}"
    if trigger.silent:
        return f"series {trigger.silent.indicator}@{spot} falls silent"
    if trigger.report:
        registered = rules.cases[trigger.report.case].receive is not None
        return f"a {'registered ' if registered else ''}report of '{trigger.report.case}'"
    assert trigger.button is not None
    return f"the duty officer of {rules.above(spot, trigger.button.at) or 'nobody'} presses its button"


def _also(rules: Rules, plan: Plan, level: str) -> list[Plan]:
    trigger = plan.trigger
    if trigger.warning:
        return listening(rules, trigger.warning.group, level)
    if trigger.button:
        return []
    return [other for other in rules.plans.values() if other.trigger == trigger]


def _would(ground: Ground, plan: Plan, step: Step, spot: str, now: int) -> Would:
    rule = next((rule for rule in plan.steps if rule.id == step.step), None)

    def by(span: int, clock: str) -> int:
        return due(ground.rules, now, span, clock in step.work)

    return Would(
        step=step.step,
        unit=step.unit,
        place=step.place,
        form=step.form or "task",
        sign_by=by(step.sign_in, "sign"),
        arrive_by=by(step.arrive_in, "arrive") if step.arrive_in else None,
        done_by=by(step.done_in, "done"),
        after=step.after,
        proof=step.proof,
        verifier=step.verifier if not step.form else "",
        fallback=step.fallback,
        conditions=_conditions(ground, rule, spot) if rule else (),
    )


def _conditions(ground: Ground, rule: StepRule, spot: str) -> tuple[str, ...]:
    out = [f"only at {', '.join(rule.levels)}"] if rule.levels else []
    for when in rule.when:
        value = value_at(ground, when.indicator, spot)[1]
        known = "not known, so it goes" if value is None else f"is {value:g}"
        out.append(f"{condition_text(when)} ({known})")
    return tuple(out)
