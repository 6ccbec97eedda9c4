"""Scenario tests of packs (`tests/*.yaml`): readings and people's deeds in virtual time, and what must come of them.

Only the types and their reading; the loop that runs them is in `replay`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

import msgspec

from bihuan.model.errors import PackError
from bihuan.model.times import instant
from bihuan.pack.notation import values
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Declared, Span
from bihuan.pack.shape import shape
from bihuan.pack.trouble import Troubles, known_names
from bihuan.pack.yaml_text import Document, read_yaml

Deed = Literal[
    "declare", "decline", "sign", "arrive", "claim", "return", "verify", "send-back", "report", "start", "pause", "go-on"
]


NEEDS = {
    "declare": "proposal", "decline": "proposal", "report": "target", "start": "plan", "pause": "plan", "go-on": "plan",
}  # fmt: skip
"""What a deed is done to; any other to a task."""


class Feed(Declared, frozen=True, rename={"from_": "from"}):
    """Readings of one series: `values` in notation, one every `every`, the first one `from` after the clock's start."""

    indicator: str
    place: str
    every: Span
    values: str
    from_: Span = Span(0)
    quality: Literal["good", "estimated", "suspect", "missing"] = "good"

    def readings(self, start: int) -> list[tuple[int, float]]:
        """(at, value) in milliseconds UTC, missing ones left out. `start` is the scenario's clock."""
        first = start + self.from_
        return [(first + index * self.every, value) for index, value in enumerate(values(self.values)) if value is not None]


class Given(Declared, frozen=True):
    """Proof as a person of a scenario brings it. `photo` is any word: it stands for a picture, the same word for the same."""

    photo: str = ""
    text: str = ""
    count: float | None = None
    lon: float | None = None
    lat: float | None = None


class Move(Declared, frozen=True):
    """What a person does. `post` is `duty@500152115`.

    `task` is `plan/step`: that step's newest task (about `place`) which this unit does, or checks. `proposal` is the plan
    whose newest proposal this unit answers. `target` is a case type, for `report` at `place`. `plan` is one with a button,
    for `start` at `place`; for `pause` and `go-on` it is the plan whose newest run is meant.
    """

    at: Span
    post: str
    does: Deed
    task: str = ""
    proposal: str = ""
    target: str = ""
    plan: str = ""
    place: str = ""
    text: str = ""
    proof: Given | None = None
    refused: bool = False
    """The command must be refused."""

    @property
    def unit(self) -> str:
        return self.post.partition("@")[2]


class LevelIs(Declared, frozen=True):
    """The series stands at `level`; `unknown` says whether it is silent as well (unsaid: either)."""

    indicator: str
    place: str
    level: str
    unknown: bool | None = None


class WarningIs(Declared, frozen=True):
    """A warning at exactly this level is on at `place`; the calm level: none is."""

    place: str
    level: str
    group: str = ""


class CaseIs(Declared, frozen=True):
    """Cases that match whatever is said. `count` is how many there are (unsaid: at least one)."""

    type: str = ""
    place: str = ""
    unit: str = ""
    """Who holds it."""
    state: Literal["", "open", "closed"] = ""
    count: int | None = None
    flags: tuple[str, ...] | None = None
    """Exactly these flags stand on it; an empty list: none."""
    reopened: int | None = None


class TaskIs(Declared, frozen=True):
    """The newest task of `step` (`plan/step` or the step's id) at `unit`. With `count`: how many tasks of `step`, or of a whole
    plan (`plan/*`), are in `state`."""

    step: str
    unit: str = ""
    state: Literal["", "waiting", "sent", "signed", "arrived", "claimed", "verified", "sent-back", "returned", "released",
                   "heard", "held"] = ""  # fmt: skip
    overdue: bool | None = None
    count: int | None = None


class NoneOf(Declared, frozen=True):
    """There is nothing like this. `closed: true` is short for no closed case."""

    case: CaseIs | None = None
    task: TaskIs | None = None
    fact: str = ""
    place: str = ""
    closed: bool = False


class Expect(Declared, frozen=True):
    """What holds `at` this time: exactly one of level, warning, plan, case, task, fact, none.

    `plan` was started (at `place`), with `tasks` by role or place level of the unit. `fact` was written `count` times
    (unsaid: at least once) about `place`.
    """

    at: Span
    level: LevelIs | None = None
    warning: WarningIs | None = None
    plan: str = ""
    tasks: dict[str, int] = msgspec.field(default_factory=dict)
    case: CaseIs | None = None
    task: TaskIs | None = None
    fact: str = ""
    count: int | None = None
    place: str = ""
    none: NoneOf | None = None

    @property
    def kind(self) -> str:
        """Which of the seven it is."""
        return next(name for name in KINDS if getattr(self, name))


KINDS = ("level", "warning", "plan", "case", "task", "fact", "none")


class _Scenario(Declared, frozen=True):
    clock: str
    about: str = ""
    until: Span = Span(0)
    series: tuple[Feed, ...] = ()
    people: tuple[Move, ...] = ()
    expect: tuple[Expect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario. `clock` and `until` are milliseconds UTC; `where` gives the line of an expectation or a deed."""

    file: str
    clock: int
    until: int
    about: str
    series: tuple[Feed, ...]
    people: tuple[Move, ...]
    expect: tuple[Expect, ...]
    document: Document

    def where(self, *path: str | int) -> str:
        """`where("expect", 2)` -> `packs/rain/tests/flood.yaml:31`."""
        return self.document.where(path)


def read_scenario(text: str, file: str, zone: tzinfo = UTC) -> Scenario:
    """A scenario; a clock without an offset is local to `zone`. Raises PackErrors with all that is wrong, by line."""
    document = read_yaml(text, file)
    said = shape(_Scenario, document.value, "the scenario", document.where)
    troubles = Troubles()
    try:
        clock = instant(said.clock, zone)
    except ValueError:
        clock = 0
        troubles.say(document.where(("clock",)), f"'{said.clock}' is no time.", "Write it as 2025-09-01T02:00+08:00.")
    _check_series(said, document, troubles)
    _check_people(said, document, troubles)
    _check_expect(said, document, troubles)
    troubles.stop_if_any()
    until = clock + (said.until or _last(said))
    return Scenario(
        file=file,
        clock=clock,
        until=until,
        about=said.about,
        series=said.series,
        people=said.people,
        expect=said.expect,
        document=document,
    )


def _last(said: _Scenario) -> int:
    return max([0, *(move.at for move in said.people), *(expect.at for expect in said.expect)])


def _check_series(said: _Scenario, document: Document, troubles: Troubles) -> None:
    for index, feed in enumerate(said.series):
        if feed.every <= 0:
            troubles.say(document.where(("series", index)), "readings come at no interval.", "Write 'every: 10m'.")
        try:
            values(feed.values)
        except PackError as error:
            troubles.say(document.where(("series", index, "values")), error.what, error.remedy)


def _check_people(said: _Scenario, document: Document, troubles: Troubles) -> None:
    for index, move in enumerate(said.people):
        where = document.where(("people", index))
        post, at, unit = move.post.partition("@")
        if not (post and at and unit):
            troubles.say(document.where(("people", index, "post")), f"'{move.post}' is no post.", "Write it as duty@500152.")
        needs = NEEDS.get(move.does, "task")
        given = [name for name in ("task", "proposal", "target", "plan") if getattr(move, name)]
        if given != [needs]:
            has = " and ".join(given) or "none"
            troubles.say(
                where, f"to {move.does} needs '{needs}', and has {has}.", f"Write '{needs}: ...' and nothing else of these."
            )
        if move.does == "report" and not move.place:
            troubles.say(where, "a report says no place.", "Write 'place: \"500152115\"'.")
        if move.task and move.task.count("/") != 1:
            where = document.where(("people", index, "task"))
            troubles.say(where, f"'{move.task}' is no task.", "Write plan and step: flood-iii/close-bridge.")


def _check_expect(said: _Scenario, document: Document, troubles: Troubles) -> None:
    if not said.expect:
        troubles.say(document.where(), "the scenario expects nothing, so it cannot fail.", "Write at least one 'expect'.")
    for index, expect in enumerate(said.expect):
        where = document.where(("expect", index))
        given = [name for name in KINDS if getattr(expect, name)]
        if len(given) != 1:
            has = " and ".join(given) or "none"
            troubles.say(
                where, f"an expectation is exactly one thing, and this has {has}.", f"Write one of: {', '.join(KINDS)}."
            )
            continue
        for name, kinds in (("tasks", ("plan",)), ("count", ("fact",)), ("place", ("plan", "fact"))):
            if getattr(expect, name) and given[0] not in kinds:
                troubles.say(where, f"'{name}' means nothing beside '{given[0]}'.", f"It goes with: {', '.join(kinds)}.")
        if expect.none and sum(map(bool, (expect.none.case, expect.none.task, expect.none.fact, expect.none.closed))) != 1:
            troubles.say(where, "'none' is of exactly one thing.", "Write one of: case, task, fact, closed.")


def check_scenario(scenario: Scenario, rules: Rules, troubles: Troubles) -> None:
    """Adds every name in a scenario that the rules do not know: a test of a misspelt series would be green for ever."""

    def known(name: str, among: Collection[str], what: str, *path: str | int) -> None:
        if name and name not in among:
            troubles.say(
                scenario.where(*path),
                f"the scenario names {what} '{name}', which nobody declares.",
                known_names(f"{what}s", name, among),
            )

    spots = {**rules.places, **rules.things}
    levels = [level.id for level in rules.levels]
    steps = [f"{plan.id}/{step.id}" for plan in rules.plans.values() for step in plan.steps]
    for index, feed in enumerate(scenario.series):
        known(feed.indicator, rules.indicators, "indicator", "series", index, "indicator")
        known(feed.place, spots, "spot", "series", index, "place")
        formula = rules.indicators[feed.indicator].formula if feed.indicator in rules.indicators else None
        if formula:
            what = f"the scenario sends '{feed.indicator}', which is worked out by a formula."
            remedy = f"Send what it is worked out from: {', '.join(formula.of.values())}."
            troubles.say(scenario.where("series", index, "indicator"), what, remedy)
    for index, move in enumerate(scenario.people):
        known(move.unit, rules.units, "unit", "people", index, "post")
        known(move.task, steps, "step", "people", index, "task")
        known(move.proposal, rules.plans, "plan", "people", index, "proposal")
        known(move.target, rules.cases, "case type", "people", index, "target")
        known(move.plan, rules.plans, "plan", "people", index, "plan")
        known(move.place, spots, "spot", "people", index, "place")
    for index, expect in enumerate(scenario.expect):
        here = ("expect", index)
        known(expect.plan, rules.plans, "plan", *here, "plan")
        known(expect.place, spots, "spot", *here, "place")
        for name in expect.tasks:
            known(
                name, [*rules.departments, *(level.id for level in rules.place_levels)], "role or place level", *here, "tasks"
            )
        if expect.level:
            known(expect.level.indicator, rules.indicators, "indicator", *here, "level", "indicator")
            known(expect.level.place, spots, "spot", *here, "level", "place")
            known(expect.level.level, levels, "level", *here, "level", "level")
        if expect.warning:
            known(expect.warning.place, spots, "spot", *here, "warning", "place")
            known(expect.warning.group, rules.groups, "group", *here, "warning", "group")
            known(expect.warning.level, levels, "level", *here, "warning", "level")
        none = expect.none or NoneOf()
        for case, path in ((expect.case, here), (none.case, (*here, "none"))):
            if case:
                known(case.type, rules.cases, "case type", *path, "case", "type")
                known(case.place, spots, "spot", *path, "case", "place")
                known(case.unit, rules.units, "unit", *path, "case", "unit")
        for task, path in ((expect.task, here), (none.task, (*here, "none"))):
            if task:
                named = [*steps, *(step.partition("/")[2] for step in steps), *(f"{plan}/*" for plan in rules.plans)]
                known(task.step, named, "step", *path, "task", "step")
                known(task.unit, rules.units, "unit", *path, "task", "unit")
