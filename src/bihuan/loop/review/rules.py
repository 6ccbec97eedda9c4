"""Review decides: how a closed case went against its plan, and what should be better next time."""

from collections.abc import Sequence
from statistics import median

from bihuan.loop.case import Case, Task
from bihuan.loop.page import Page
from bihuan.loop.review.state import State
from bihuan.loop.review.words import hold
from bihuan.model.facts import CaseClosed, Fact, Held, Improvement, ReviewWritten
from bihuan.model.times import MINUTE

SLOW_DISPATCH = 10 * MINUTE
"""From the warning to the first task; longer is an improvement item."""


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    for fact in news:
        if type(fact.body) is CaseClosed and state.rules.cases[fact.body.case_type].review:
            _write(state, page, fact, state.book.cases[fact.body.case])


def _write(state: State, page: Page, fact: Fact, case: Case) -> None:
    tasks = list(case.tasks.values())
    held = tuple(hold(task) for task in tasks)
    counted = [one for one in held if one.verdict != "released"]
    signs = [one.sign_took for one in held if one.sign_took is not None]
    first = min((task.sent_at for task in tasks), default=None)
    raised = min((state.raised_at[run.warning] for run in case.runs.values() if run.warning), default=None)
    waited = None if first is None or raised is None else first - raised
    page.write(
        ReviewWritten(
            review=f"{state.rules.origin}-V{state.written + 1:05d}",
            case=case.id,
            place=case.place,
            opened_at=case.opened_at,
            closed_at=fact.at,
            peak=max((state.peak[run.warning] for run in case.runs.values() if run.warning), key=state.rules.rank,
                     default=case.level),
            held=held,
            conformance=round(sum(one.verdict == "as-planned" for one in counted) / len(counted), 4) if counted else None,
            first_warning_to_dispatch=waited,
            median_sign=int(median(signs)) if signs else None,
            improvements=tuple(_improvements(state, fact, case, held, waited)),
        ),
        because=(fact.id,),
        subject=case.id,
    )  # fmt: skip


def _improvements(state: State, fact: Fact, case: Case, held: Sequence[Held], waited: int | None) -> list[Improvement]:
    """What went otherwise than planned, one item a kind, with the tasks that show it and the worst figure in minutes."""
    tasks = list(case.tasks.values())
    out = []
    late = [one for one in held if one.sign_took is not None and one.sign_took > one.sign_planned]
    if late:
        worst = max((one.sign_took or 0) - one.sign_planned for one in late)
        out.append(_item("sign-late", case, [one.task for one in late], worst / MINUTE))
    slow = [one for one in held if one.done_took is not None and one.done_took > one.done_planned]
    if slow:
        worst = max((one.done_took or 0) - one.done_planned for one in slow)
        out.append(_item("done-late", case, [one.task for one in slow], worst / MINUTE))
    if back := [task.id for task in tasks if task.sent_back]:
        out.append(_item("sent-back", case, back))
    if odd := [task.id for task in tasks if any(flag.flag == "claimed-at-once" for flag in task.flags)]:
        out.append(_item("claimed-at-once", case, odd))
    if case.reopened:
        out.append(_item("relapse", case, [], float(case.reopened)))
    if waited is not None and waited > SLOW_DISPATCH:
        out.append(_item("slow-dispatch", case, _first(tasks), waited / MINUTE))
    if silent := _silent_under(state, case, fact.at):
        out.append(_item("silent-gauges", case, [], float(silent)))
    return out


def _item(what: str, case: Case, tasks: Sequence[str], value: float | None = None) -> Improvement:
    rounded = None if value is None else round(value, 1)
    return Improvement(what=what, unit=case.unit, tasks=tuple(tasks), value=rounded)


def _first(tasks: Sequence[Task]) -> list[str]:
    return [min(tasks, key=lambda task: (task.sent_at, task.id)).id]


def _silent_under(state: State, case: Case, until: int) -> int:
    """Series that fell silent under the case's place while it was open."""
    rules = state.rules
    if case.place not in rules.places:
        return 0  # a thing, or dropped by new packs: nothing lies under it
    level = rules.places[case.place].level
    return sum(
        case.opened_at <= at <= until and rules.above(spot, level) == case.place
        for at, spot in state.silences
        if spot in rules.places or spot in rules.things
    )
