"""Checks of plans and case types: does every step reach a unit, and is every check done by somebody outside the doing chain?"""

from bihuan.pack.checking import Check, is_date
from bihuan.pack.schema import CaseType, Limit, Plan, Recheck, StepRule, WarningTrigger
from bihuan.pack.trouble import known_names
from bihuan.pack.working import working_day


def check_plans(check: Check) -> None:
    for key, case in check.draft.cases.items.items():
        _case(check, key, case)
    for key, plan in check.draft.plans.items.items():
        _plan(check, key, plan)


def _case(check: Check, key: str, case: CaseType) -> None:
    section, said = check.draft.cases, f"case type '{key}'"
    check.place_level(case.holder, f"{said} is held at", section.where(key, "holder"))
    if check.place_level(case.verify_at, f"{said} is verified at", section.where(key, "verify_at")):
        check.role_at(case.verify, case.verify_at, f"{said} is verified by", section.where(key, "verify"), checker=True)
    if not case.check:
        check.say(section.where(key, "check"), f"{said} gives the verifier no time.", "Write how long a check may take: 2h.")
    if case.recheck:
        _recheck(check, key, case, case.recheck)


def _recheck(check: Check, key: str, case: CaseType, rule: Recheck) -> None:
    """Looking again is worth nothing by those who did the work, or who found it good the first time."""
    section, said = check.draft.cases, f"case type '{key}'"
    where = section.where(key, "recheck")
    if check.place_level(rule.at, f"{said} is looked at again at", where):
        check.role_at(rule.role, rule.at, f"{said} is looked at again by", where, checker=True)
    if rule.role == case.verify:
        what = f"{said} is looked at again by '{rule.role}', and checked by '{case.verify}' already."
        check.say(where, what, "Name another checker's role: who found it good once will do so again.")
    for name, wrong, how in (
        ("share", not 0 < rule.share <= 1, "a share of the closed cases, 0.05"),
        ("least", rule.least < 1, "at least one case, 5"),
        ("every", rule.every <= 0, "how often cases are drawn, 4w"),
        ("within", not rule.within, "how long a look again may take, 5wd"),
    ):
        if wrong:
            check.say(where, f"{said}: '{name}' of its recheck cannot be {getattr(rule, name)}.", f"Write {how}.")


def _plan(check: Check, key: str, plan: Plan) -> None:
    section, said = check.draft.plans, f"plan '{key}'"
    where = section.where(key, "case")
    check.known(plan.case, check.draft.cases.items, f"{said} opens a case of type", "case types", where)
    _trigger(check, key, plan)
    if plan.declared_at:
        _declared(check, key, plan)
    if not plan.steps:
        check.say(section.where(key), f"{said} has no steps.", "Say who does what, and by when.")
    _holder(check, key, plan)
    steps: set[str] = set()
    for index, step in enumerate(plan.steps):
        if step.id in steps:
            check.say(section.where(key, "steps", index), f"{said} has the step '{step.id}' twice.", "Rename one of them.")
        steps.add(step.id)
        _step(check, key, plan, index, step)
    _circles(check, key, plan)
    for name in ("valid_from", "valid_to"):
        text = getattr(plan.source, name) if plan.source else ""
        if text and not is_date(text):
            check.say(section.where(key, "source", name), f"{said}: '{text}' is no date.", "Write it as 2026-01-31.")


def _holder(check: Check, key: str, plan: Plan) -> None:
    """Somebody must hold and check every case that the plan opens."""
    case = check.draft.cases.items.get(plan.case)
    for level, does in ((case.holder, "held"), (case.verify_at, "checked")) if case else ():
        if level in check.place_levels:
            where = check.draft.plans.where(key, "case")
            _above_trigger(check, plan, level, f"plan '{key}' opens cases that are {does} at level '{level}'", where)


def _trigger(check: Check, key: str, plan: Plan) -> None:
    section, said, trigger = check.draft.plans, f"plan '{key}'", plan.trigger
    where = section.where(key, "trigger")
    given = [name for name in ("warning", "silent", "report", "button") if getattr(trigger, name)]
    if len(given) != 1:
        has = "none" if not given else " and ".join(given)
        check.say(where, f"{said} needs exactly one trigger, and has {has}.", "Write one of: warning, silent, report, button.")
    if trigger.silent:
        name = trigger.silent.indicator
        check.known(name, check.draft.indicators.items, f"{said} waits for silence of the indicator", "indicators", where)
    if trigger.report:
        name = trigger.report.case
        check.known(name, check.draft.cases.items, f"{said} waits for reports of the case type", "case types", where)
    if trigger.warning:
        _warning(check, key, trigger.warning)
    if trigger.button:
        check.place_level(trigger.button.at, f"{said} is started at", section.where(key, "trigger", "button", "at"))
    if plan.four_eyes and not (plan.declared_at or trigger.button):
        what = f"{said} wants four eyes, but nobody declares it or presses a button: it starts by itself."
        check.say(section.where(key, "four_eyes"), what, "Write 'declared_at', or remove 'four_eyes'.")


def _warning(check: Check, key: str, trigger: WarningTrigger) -> None:
    section, said = check.draft.plans, f"plan '{key}'"
    where = section.where(key, "trigger", "warning", "group")
    known = check.known(trigger.group, check.draft.groups.items, f"{said} waits for warnings of the group", "groups", where)
    if not trigger.levels:
        check.say(where, f"{said} waits for a warning at no level.", "List the levels it answers.")
    reach = _reachable(check, trigger.group)
    for index, level in enumerate(trigger.levels):
        at = section.where(key, "trigger", "warning", "levels", index)
        if check.level(level, f"{said} waits for", at) and known and reach and level not in reach:
            what = f"{said} waits for {level} in the group '{trigger.group}', which never reaches it."
            check.say(at, what, known_names("levels of this group", level, reach))


def _reachable(check: Check, group: str) -> set[str]:
    """Levels that some ladder in the group has."""
    known = check.draft.groups.items.get(group)
    indicators = [check.draft.indicators.items.get(name) for name in known.indicators] if known else []
    ladders = [check.draft.ladders.items.get(indicator.ladder) for indicator in indicators if indicator]
    return {rung.level for ladder in ladders if ladder for rung in ladder.rungs}


def _declared(check: Check, key: str, plan: Plan) -> None:
    section, said = check.draft.plans, f"plan '{key}'"
    where = section.where(key, "declared_at")
    if check.place_level(plan.declared_at, f"{said} is declared at", where):
        _above_trigger(check, plan, plan.declared_at, f"{said} is declared at level '{plan.declared_at}'", where)
    if not plan.response:
        check.say(where, f"{said} is declared by a person, but says no response level.", "Write 'response: IV'.")
    if not plan.trigger.warning:
        what = f"{said} is declared by a person, but no warning triggers it."
        check.say(where, what, "Only warnings propose a response: remove 'declared_at', or trigger it by a warning.")
    if plan.answer <= 0:
        check.say(section.where(key, "answer"), f"{said} gives nobody time to answer.", "Write 'answer: 10m'.")


def _rough(check: Check, limit: Limit) -> int:
    """About how many milliseconds a limit lasts on the wall: enough to see which of two is the longer one."""
    calendar = next(iter(check.draft.calendars.items.values()), None)
    return (
        working_day(calendar.hours if calendar else ()) * limit.days * 3
        if limit.days
        else limit.span * (3 if limit.working else 1)
    )


def _step(check: Check, key: str, plan: Plan, index: int, step: StepRule) -> None:
    section, said = check.draft.plans, f"plan '{key}', step '{step.id}'"
    here = ("steps", index)
    _to(check, key, plan, index, step)
    for name in ("sign", "done") if step.form == "task" else ("sign",):
        if not getattr(step, name):
            check.say(section.where(key, *here, name), f"{said} gives no time to {name}.", f"Write '{name}: 30m'.")
    if step.form != "task":
        _only_heard(check, key, index, step)
    for position, when in enumerate(step.when):
        where = section.where(key, *here, "when", position, "indicator")
        check.known(when.indicator, check.draft.indicators.items, f"{said} looks at the indicator", "indicators", where)
    sign, arrive, done = (_rough(check, limit) for limit in (step.sign, step.arrive, step.done))
    if step.form == "task" and done < sign:
        check.say(
            section.where(key, *here, "done"), f"{said} is to be done before it must be signed.", "Both count from sending."
        )
    if step.arrive and not sign <= arrive <= done:
        what = f"{said}: the time to arrive is not between those to sign and to be done."
        check.say(section.where(key, *here, "arrive"), what, "All count from sending.")
    for position, level in enumerate(step.levels):
        check.level(level, f"{said} is sent at", section.where(key, *here, "levels", position))
    for position, name in enumerate(step.after):
        others = [other.id for other in plan.steps if other.id != step.id]
        check.known(name, others, f"{said} waits for the step", "other steps", section.where(key, *here, "after", position))
    case = check.draft.cases.items.get(plan.case)
    if step.verify and case and case.verify_at in check.place_levels:
        where = section.where(key, *here, "verify")
        check.role_at(step.verify, case.verify_at, f"{said} is verified by", where, checker=True)


def _only_heard(check: Check, key: str, index: int, step: StepRule) -> None:
    """Of a call or a notice nothing is asked but an answer."""
    for name in ("done", "arrive", "proof", "verify"):
        if getattr(step, name):
            what = f"plan '{key}', step '{step.id}' is a {step.form}, of which '{name}' is never asked."
            check.say(check.draft.plans.where(key, "steps", index, name), what, f"Remove '{name}', or make it a task.")


def _to(check: Check, key: str, plan: Plan, index: int, step: StepRule) -> None:
    section, said, to = check.draft.plans, f"plan '{key}', step '{step.id}'", step.to
    where = section.where(key, "steps", index, "to")
    if bool(to.role) == bool(to.down):
        remedy = "Write 'role' and 'at' (a department across) or 'down' (the units of a level below)."
        check.say(where, f"{said} must go across or down, exactly one.", remedy)
        return
    if to.role:
        _across(check, key, plan, index, step)
    else:
        _down(check, key, plan, index, step)
    if step.fallback:
        _fallback(check, key, plan, index, step)


def _fallback(check: Check, key: str, plan: Plan, index: int, step: StepRule) -> None:
    case = check.draft.cases.items.get(plan.case)
    if case is None or case.holder not in check.place_levels:
        return
    section, said = check.draft.plans, f"plan '{key}', step '{step.id}'"
    where = section.where(key, "steps", index, "fallback")
    check.role_at(step.fallback, case.holder, f"{said} falls back to", where, checker=False)
    if (step.fallback, case.holder) == (step.to.role, step.to.at):
        check.say(where, f"{said} falls back to the unit that let it lie.", "Name another role.")


def _across(check: Check, key: str, plan: Plan, index: int, step: StepRule) -> None:
    section, to = check.draft.plans, step.to
    said = f"plan '{key}' sends to"
    where = section.where(key, "steps", index, "to", "role")
    if to.affected:
        check.say(
            section.where(key, "steps", index, "to", "affected"),
            f"{said} role '{to.role}', which 'affected' cannot narrow.",
            "Use it with 'down'.",
        )
    if not to.at:
        if to.role not in check.draft.departments.items:
            known = known_names("roles", to.role, check.draft.departments.items)
            check.say(where, f"{said} role '{to.role}', which no unit has.", known)
        else:
            check.say(where, f"{said} role '{to.role}', but not at which level.", "Write 'at: <place level>'.")
    elif check.place_level(to.at, said, section.where(key, "steps", index, "to", "at")):
        check.role_at(to.role, to.at, said, where, checker=False)
        _above_trigger(check, plan, to.at, f"{said} role '{to.role}' at level '{to.at}'", where)


def _down(check: Check, key: str, plan: Plan, index: int, step: StepRule) -> None:
    section, to, said = check.draft.plans, step.to, f"plan '{key}', step '{step.id}'"
    where = section.where(key, "steps", index, "to", "down")
    if to.at:
        check.say(
            section.where(key, "steps", index, "to", "at"),
            f"{said} goes down, where 'at' means nothing.",
            "Use 'at' with 'role'.",
        )
    if check.place_level(to.down, f"{said} goes down to", where):
        _below_trigger(check, plan, to.down, said, where)
    if to.affected:
        where = section.where(key, "steps", index, "to", "affected")
        check.level(to.affected, f"{said} goes to units affected at", where)
        if not plan.trigger.warning:
            what = f"{said} goes to affected units only, but no warning says which are affected."
            check.say(where, what, "Remove 'affected', or trigger the plan by a warning.")


def _trigger_levels(check: Check, plan: Plan) -> list[str]:
    """Place levels that the case of a plan may be about; empty where that is not known beforehand."""
    trigger = plan.trigger
    if trigger.warning:
        group = check.draft.groups.items.get(trigger.warning.group)
        if group is None:
            return []
        if group.at != "subject":
            return [group.at] if group.at in check.place_levels else []
        return [level for name in group.indicators for level in check.spot_levels(name) if level in check.place_levels]
    return (
        [level for level in check.spot_levels(trigger.silent.indicator) if level in check.place_levels]
        if trigger.silent
        else []
    )


def _above_trigger(check: Check, plan: Plan, level: str, said: str, where: str) -> None:
    spots = _trigger_levels(check, plan)
    if spots and check.depth(level) > max(check.depth(spot) for spot in spots):
        what = f"{said}, but its cases are about places of level '{spots[0]}', which lie above that."
        check.say(where, what, "Send it 'down' instead, or to a higher level.")


def _below_trigger(check: Check, plan: Plan, level: str, said: str, where: str) -> None:
    spots = _trigger_levels(check, plan)
    if spots and plan.trigger.warning and check.depth(level) < min(check.depth(spot) for spot in spots):
        what = (
            f"{said} goes down to level '{level}', but its cases are about places of level '{spots[0]}', which lie below that."
        )
        check.say(where, what, "Send it across to a department at that level.")


def _circles(check: Check, key: str, plan: Plan) -> None:
    """No step may wait for itself, by however many others."""
    after = {step.id: step.after for step in plan.steps}
    done: set[str] = set()
    for start in after:
        trail = [start]
        while trail and start not in done:
            name = trail[-1]
            ahead = next((other for other in after[name] if other in after and other not in done), None)
            if ahead is None:
                done.add(trail.pop())
            elif ahead in trail:
                circle = " -> ".join([*trail[trail.index(ahead) :], ahead])
                index = [step.id for step in plan.steps].index(ahead)
                where = check.draft.plans.where(key, "steps", index, "after")
                check.say(where, f"plan '{key}' has steps that wait for each other: {circle}.", "Remove one 'after'.")
                return
            else:
                trail.append(ahead)
