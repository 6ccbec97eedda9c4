"""Legal next steps as buttons: what each asks for, who may press it, and which is the way on."""

from collections.abc import Iterable, Iterator

from bihuan.loop.case import Case, Task
from bihuan.loop.life import May, of_case, of_task
from bihuan.model.times import HOUR
from bihuan.pack.schema import Limit, Words
from bihuan.views.known import Known
from bihuan.views.shapes import Action, Named, StartView
from bihuan.views.words import VERBS, span_words

WAY_ON = frozenset({"sign", "arrive", "claim", "verify", "register", "accept", "grant", "resume"})
"""Verbs that may be the big button; the others are ways out, or aside."""


def on_task(known: Known, task: Task, unit: str | None = None) -> tuple[Action, ...]:
    """What may be done to a task, by `unit` where one is named."""
    return _actions(known, of_task(known.rules, known.book, task), unit)


def on_case(known: Known, case: Case, unit: str | None = None) -> tuple[Action, ...]:
    """What may be done to a case, by `unit` where one is named: then without what anybody may."""
    mays = of_case(known.rules, known.book, case)
    kind = known.rules.cases.get(case.type)
    choices = tuple(_choice(opening.id, opening.words, opening.done) for opening in kind.openings) if kind else ()
    return _actions(known, [may for may in mays if _makes_sense(case, may)], unit, choices)


def on_run(known: Known, case: Case, run: str) -> tuple[Action, ...]:
    """Pausing a plan, or letting it go on: the duty post of the unit that holds the case, or of one above it."""
    if not case.open:
        return ()
    does, needs = ("go-on", ()) if run in case.paused else ("pause", ("text",))
    return (Action(does=does, words=VERBS[does], needs=needs, main=False, units=_line(known, case.unit), posts=("duty",)),)


def starts(known: Known, unit: str) -> Iterator[StartView]:
    """Plans with a button of the level of a unit, for its duty post. Units above it may too, from the command's `place`."""
    who = known.unit(unit)
    if who.role:
        return
    action = Action(does="start", words=VERBS["start"], needs=(), main=False, units=(unit,), posts=("duty",))
    for plan in known.rules.plans.values():
        button = plan.trigger.button
        if button is not None and button.at == who.level:
            yield StartView(plan=Named(id=plan.id, words=plan.words), place=known.spot(who.place), action=action)


def _line(known: Known, unit: str) -> tuple[str, ...]:
    """A unit and those above it."""
    out: list[str] = []
    while unit:
        out.append(unit)
        above = known.rules.units.get(unit)
        unit = above.parent if above else ""
    return tuple(out)


def _makes_sense(case: Case, may: May) -> bool:
    """Steps whose table row fits and that would be refused all the same."""
    match may.does:
        case "add-task":
            return bool(case.runs)
        case "reopen":
            return case.stage == "rejected" or bool(case.runs)
        case "merge":
            return not case.merged
        case _:
            return True


def _actions(known: Known, mays: Iterable[May], unit: str | None, choices: tuple[Named, ...] = ()) -> tuple[Action, ...]:
    out: list[Action] = []
    led: set[tuple[str, ...]] = set()
    for may in mays:
        if unit is not None and unit not in may.units:
            continue
        chosen = choices if may.does == "register" else ()
        main = may.does in WAY_ON and may.units not in led
        if main:
            led.add(may.units)
        out.append(
            Action(
                does=may.does,
                words=VERBS.get(may.does, Words(zh=may.does, en=may.does)),
                needs=tuple(dict.fromkeys((*_needs(may.needs), *(("choice",) if chosen else ())))),
                main=main,
                units=may.units,
                posts=may.posts,
                choices=chosen,
            )
        )
    return tuple(out)


def _needs(needs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("text" if need == "reason" else need for need in needs)


def _choice(id: str, words: Words, limit: Limit) -> Named:
    """An opening condition with the time it gives."""
    said = _limit_words(limit)
    return Named(id=id, words=Words(zh=f"{words.zh}（限{said.zh}）", en=f"{words.en} (within {said.en})"))


def _limit_words(limit: Limit) -> Words:
    """A limit as people say it: 4 working hours, 2 work days, 30 min."""
    if limit.days:
        return Words(zh=f"{limit.days}个工作日", en=f"{limit.days} work days" if limit.days > 1 else "1 work day")
    if limit.working:
        hours = limit.span // HOUR
        return Words(zh=f"{hours}个工作小时", en=f"{hours} working hours" if hours > 1 else "1 working hour")
    return span_words(limit.span)
