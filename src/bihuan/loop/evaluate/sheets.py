"""What a published score carries before it is worked out: the formula as it is now, and the tasks and cases of a period."""

from collections.abc import Iterator

from bihuan.loop.case import Case, Task
from bihuan.loop.evaluate.scoring import matters
from bihuan.loop.evaluate.state import State
from bihuan.model.facts import (
    Absent,
    BandOfScore,
    ColourOfScore,
    CountedCase,
    CountedTask,
    ItemOfScore,
    ScorePublished,
)
from bihuan.model.periods import at_day_text
from bihuan.pack.measures import MEASURES
from bihuan.pack.schema import Item, Scorecard


def sheet(state: State, card: Scorecard, since: int, until: int, through: str) -> ScorePublished:
    """The score of a period without its rows."""
    measures = [MEASURES[item.measure] for item in card.items]
    units, absent = _units(state, card, since, until)
    tasks, cases = [], []
    for case in state.book.cases.values():
        if not card.counts(case.type) or not (case.place in state.rules.places or case.place in state.rules.things):
            continue  # a place that new packs no longer know belongs to no unit
        line = _case(state, card, case)
        if line.unit in units and matters(line, measures, since, until):
            cases.append(line)
        for task in case.tasks.values():
            made = _task(state, card, case, task)
            if {made.unit, made.holder} & units.keys() and matters(made, measures, since, until):
                tasks.append(made)
    return ScorePublished(
        scorecard=card.id,
        version=card.version,
        since=since,
        until=until,
        rows=(),
        through=through,
        items=tuple(_formula(item) for item in card.items),
        colours=tuple(ColourOfScore(least=float(colour.least), level=colour.level) for colour in card.colours),
        units=tuple(units),
        absent=tuple(absent),
        tasks=tuple(tasks),
        cases=tuple(cases),
    )


def _formula(item: Item) -> ItemOfScore:
    return ItemOfScore(
        item=item.id,
        measure=item.measure,
        formula=MEASURES[item.measure].formula,
        weight=float(item.weight),
        direction=item.direction,
        bands=tuple(BandOfScore(value=float(band.value), points=float(band.points)) for band in item.bands),
    )


def _units(state: State, card: Scorecard, since: int, until: int) -> tuple[dict[str, None], list[Absent]]:
    """The units that were there for the whole period, and those that were not: areas are re-drawn."""
    there: dict[str, None] = {}
    absent = []
    zone = state.rules.zone
    for place in state.rules.places.values():
        if place.level != card.units:
            continue
        came = at_day_text(place.valid_from, zone) if place.valid_from else since
        went = at_day_text(place.valid_to, zone) if place.valid_to else until
        if came <= since and until <= went:
            there[place.code] = None
        elif came < until and went > since:
            absent.append(Absent(unit=place.code, valid_from=place.valid_from, valid_to=place.valid_to))
    return there, absent


def _task(state: State, card: Scorecard, case: Case, task: Task) -> CountedTask:
    path, held = state.paths[task.id], task.state == "held"
    return CountedTask(
        task=task.id,
        case=case.id,
        unit=_scored(state, card, task.unit),
        holder=_scored(state, card, case.unit),
        sign_by=task.sent.sign_by,
        done_by=path.done_by,
        signed_at=task.signed_at,
        claimed_at=task.claimed_at,
        sent_back_at=path.sent_back_at,
        verified_at=task.verified_at,
        left="held" if held else path.left,
        left_at=path.left_at,
        late=tuple(sorted(task.late)),
        flags=len(task.flags),
        form=task.sent.form,
    )


def _scored(state: State, card: Scorecard, unit: str) -> str:
    known = state.rules.units.get(unit)
    return state.rules.above(known.place, card.units) if known else ""


def _case(state: State, card: Scorecard, case: Case) -> CountedCase:
    dues = list(_dues(state, case))
    held = any(task.state == "held" for task in case.tasks.values())
    report = state.reports.get(case.id)
    return CountedCase(
        case=case.id,
        unit=state.rules.above(case.place, card.units),
        due=max(dues, default=None),
        closed_at=case.closed_at,
        on_time=case.closed_at is not None and state.on_time.get(case.id, False),
        credit=credit_of(state, case.id, case.closed_at),
        reopened_at=case.reopened_at,
        left="merged" if case.stage == "merged" else "held" if held else "",
        register_by=report.register_by if report else None,
        decided_at=report.decided_at if report else None,
        decided=report.decided if report else "",
    )


def _dues(state: State, case: Case) -> Iterator[int]:
    """When its tasks are due; of calls and notices nothing is asked but that they are heard."""
    for task in case.tasks.values():
        yield task.sent.sign_by if task.sent.form else state.paths[task.id].done_by


def credit_of(state: State, case: str, closed_at: int | None) -> str:
    """Why a closing does not count any more; of a case that is open, why its last closing did not. Empty: it counts."""
    taken = [why for at, why, _ in state.reversed.get(case, ()) if closed_at is None or at >= closed_at]
    return taken[0 if closed_at is not None else -1] if taken else ""
