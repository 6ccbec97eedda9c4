"""Plan decides: which declared answer fits, whether a person must start it, and which units get which step."""

from collections.abc import Sequence

from bihuan.loop.hearing import Answers, answered
from bihuan.loop.page import Page
from bihuan.loop.plan.proposals import hear_answer, hear_start, lapse, propose
from bihuan.loop.plan.runs import extend, hear_pause, start
from bihuan.loop.plan.state import State
from bihuan.loop.plan.words import levels_of, listening, not_matched, units_for
from bihuan.model.facts import (
    CaseRouted,
    Commanded,
    Fact,
    LevelChanged,
    SeriesReturned,
    SeriesSilent,
    WarningCleared,
    WarningRaised,
    WarningStepped,
)

OF_SERIES = (LevelChanged, SeriesSilent, SeriesReturned)


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    answered(ANSWERS, state, news, page)
    _reach_further(state, page, news)


def _hear(state: State, page: Page, fact: Fact, body: Commanded) -> None:
    if (hear := VERBS.get(body.does)) is not None:
        hear(state, page, fact, body)


def _answer(state: State, page: Page, fact: Fact, body: WarningRaised | WarningStepped) -> None:
    standing, rules = state.on.get(body.warning), state.rules
    before = rules.rank(body.before) if isinstance(body, WarningStepped) else 0
    if standing is None or rules.rank(body.level) < before:
        return  # stepping down needs no new answer: the runs go on until their tasks are verified
    fitting = [plan for plan in listening(rules, body.group, body.level) if plan.id not in standing.answered]
    if higher := [plan.id for plan in fitting if plan.declared_at]:
        lapse(state, page, fact, body.warning, f"a higher response is proposed: {', '.join(higher)}")
    for plan in fitting:
        why = f"warning {body.group} at {body.level} ({', '.join(levels_of(plan))})"
        others = not_matched(rules, body.group, body.level, plan)
        if plan.declared_at:
            unit = rules.above(standing.place, plan.declared_at)
            propose(state, page, fact, plan, standing.place, unit, why, others, warning=standing.warning)
        else:
            start(state, page, plan, standing.place, body.level, [fact.id], why, others, warning=body.warning,
                  indicator=body.indicator)  # fmt: skip


def _answer_silence(state: State, page: Page, fact: Fact, body: SeriesSilent) -> None:
    for plan in state.rules.plans.values():
        trigger = plan.trigger.silent
        if trigger is not None and trigger.indicator == body.indicator:
            why = f"series {body.indicator}@{body.place} is silent"
            start(state, page, plan, body.place, body.level, [fact.id], why, indicator=body.indicator)


def _lapse(state: State, page: Page, fact: Fact, body: WarningCleared) -> None:
    lapse(state, page, fact, body.warning, "the warning ended")


def _answer_registered(state: State, page: Page, fact: Fact, body: CaseRouted) -> None:
    """A reported case was registered and has a holder: the plans that answer its type start."""
    case = state.book.cases[body.case]
    if case.runs:
        return
    for plan in state.rules.plans.values():
        if plan.trigger.report and plan.trigger.report.case == case.type:
            why = f"a registered report of {case.type}" + (f" ({case.condition})" if case.condition else "")
            start(state, page, plan, case.place, state.rules.calm, [fact.id], why, case=case)


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
    ground = state.ground(page)
    reaching = [plan for plan in fitting if any(units_for(ground, plan, rule, body.place) for rule in plan.steps)]
    if not reaching:
        page.refuse(fact, f"nobody at '{body.place}' would get a task", "Name a finer place, or the thing itself.")
    for plan in reaching:
        start(state, page, plan, body.place, rules.calm, [fact.id], f"a report of {body.target}")


def _reach_further(state: State, page: Page, news: Sequence[Fact]) -> None:
    """Towns that came under water after the plan started get its tasks too; a worse level, or what data now say, may bring
    further steps."""
    changed: dict[str, list[Fact]] = {}
    for fact in news:
        if isinstance(fact.body, OF_SERIES):
            for warning in state.concerned(fact.body):
                changed.setdefault(warning, []).append(fact)
    for warning, facts in changed.items():
        standing = state.on[warning]
        for running in standing.runs:
            extend(state, page, standing, running, facts)


VERBS = {
    "declare": hear_answer,
    "decline": hear_answer,
    "start": hear_start,
    "pause": hear_pause,
    "go-on": hear_pause,
    "report": _answer_report,
}

ANSWERS: Answers = {
    WarningRaised: _answer,
    WarningStepped: _answer,
    WarningCleared: _lapse,
    SeriesSilent: _answer_silence,
    CaseRouted: _answer_registered,
    Commanded: _hear,
}
