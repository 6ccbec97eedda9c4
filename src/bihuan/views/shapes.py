"""What the live window answers, shape by shape as docs/api.md has it. Encoded as they stand: nothing is left out."""

from typing import Any

import msgspec

from bihuan.pack.schema import Words


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything that goes out."""


class Named(Shape, frozen=True):
    id: str
    words: Words


class Spot(Shape, frozen=True):
    """A place or thing by its code."""

    code: str
    words: Words


class SpotPath(Spot, frozen=True):
    path: tuple[Spot, ...]
    """From the top of the tree of duties down to the place itself."""


# --- hello, units ---------------------------------------------------------------------------------------------


class CentreView(Shape, frozen=True):
    id: str
    name: Words
    root: str


class LevelView(Shape, frozen=True):
    id: str
    words: Words
    colour: str
    digit: str


class SourceView(Shape, frozen=True):
    indicator: str
    words: Words
    unit: str
    origin: str
    note: Words
    datum: Words
    """What heights in `unit` are above; empty for what is no height."""


class AllWords(Shape, frozen=True):
    """Words of what the packs declare, by id. `step` goes by `plan/step`."""

    case: dict[str, Words]
    plan: dict[str, Words]
    step: dict[str, Words]
    group: dict[str, Words]
    scorecard: dict[str, Words]
    item: dict[str, Words]
    sentence: dict[str, Words]
    role: dict[str, Words]


class Hello(Shape, frozen=True):
    centre: CentreView
    zone_minutes: int
    now: int
    seq: int
    levels: tuple[LevelView, ...]
    place_levels: tuple[Named, ...]
    sources: tuple[SourceView, ...]
    thing_kinds: tuple[Named, ...]
    words: AllWords
    demo: Any
    """As the caller has it; None outside a demo."""
    reportable: tuple[str, ...]
    """Case types that people may report."""


class UnitView(Shape, frozen=True):
    id: str
    words: Words
    level: str
    parent: str
    place: str
    role: str


# --- wall and events ------------------------------------------------------------------------------------------


class Event(Shape, frozen=True):
    id: str
    at: int
    kind: str
    level: str | None
    text: Words
    place: str
    case: str | None
    warning: str | None


class PlaceState(Shape, frozen=True):
    """A place whose level is rolled up. `towns` counts the places of the lowest measured level under it."""

    level: str
    unknown: bool
    towns: dict[str, int]


class MeasuredState(Shape, frozen=True):
    """A place that is measured itself. `rain_1h` is the sum of its first indicator over an hour; None: not to be had."""

    level: str
    unknown: bool
    rain_1h: float | None


class ThingView(Shape, frozen=True):
    code: str
    kind: str
    name: Words
    lon: float
    lat: float
    level: str
    unknown: bool
    value: float | None
    indicator: str
    """What `value` is of; empty where nothing is measured."""


class ThingState(Shape, frozen=True):
    level: str
    unknown: bool
    value: float | None


class CaseCounts(Shape, frozen=True):
    """`reported` wait to be registered and are no cases yet; open and closed are of those that were."""

    reported: int
    open: int
    closed: int
    reopened: int
    flagged: int


class TaskCounts(Shape, frozen=True):
    """`overdue` are among the others."""

    unsigned: int
    working: int
    overdue: int
    checking: int
    verified: int


class Response(Shape, frozen=True):
    place: str
    words: Words
    plan: Words
    response: str
    state: str
    at: int


class DataAge(Shape, frozen=True):
    newest_at: int | None
    age_ms: int | None
    readings: int
    series: int
    silent: int


class Counters(Shape, frozen=True):
    """What the wall and every turn tell in full."""

    counts: dict[str, dict[str, int]]
    cases: CaseCounts
    tasks: TaskCounts
    warnings: dict[str, int]
    duties: int
    loop: dict[str, int]
    responses: tuple[Response, ...]
    data: DataAge


class Wall(Counters, frozen=True):
    seq: int
    now: int
    places: dict[str, PlaceState | MeasuredState]
    things: tuple[ThingView, ...]
    events: tuple[Event, ...]


class Touched(Shape, frozen=True):
    cases: tuple[str, ...]
    units: tuple[str, ...]


class Turn(Counters, frozen=True):
    seq: int
    now: int
    places: dict[str, PlaceState | MeasuredState]
    things: dict[str, ThingState]
    events: tuple[Event, ...]
    touched: Touched


class FrameChange(Shape, frozen=True):
    at: int
    places: dict[str, str]
    unknown: dict[str, bool]


class Frames(Shape, frozen=True):
    """`from`, `until` bound the film; `start_unknown` names what was grey at its start."""

    from_: int = msgspec.field(name="from")
    until: int
    step: int
    start: dict[str, str]
    start_unknown: dict[str, bool]
    changes: tuple[FrameChange, ...]


# --- desk -----------------------------------------------------------------------------------------------------


class Clock(Shape, frozen=True):
    name: str
    started: int
    due: int
    overdue: bool


class Action(Shape, frozen=True):
    """`needs` are the fields asked for: `text`, `count`, `position`, `photo`, `unit`, `case`, `span`, `choice`."""

    does: str
    words: Words
    needs: tuple[str, ...]
    main: bool
    units: tuple[str, ...] = ()
    """Who may; none: any."""
    posts: tuple[str, ...] = ()
    """Only from these posts of theirs; none: from any."""
    choices: tuple[Named, ...] = ()


class DeskRow(Shape, frozen=True):
    kind: str
    id: str
    case: str | None
    title: Words
    place: Spot
    level: str
    state: str
    clock: Clock | None
    """None: no clock runs, the case only waits for its indicator."""
    escalated: bool
    actions: tuple[Action, ...]
    holder: str
    flags: tuple[str, ...]


class DeskCounts(Shape, frozen=True):
    queue: int
    overdue: int
    done_today: int


class UnitName(Shape, frozen=True):
    id: str
    words: Words
    level: str


class StartView(Shape, frozen=True):
    """A plan that the unit may start by hand, at its own place."""

    plan: Named
    place: Spot
    action: Action


class Desk(Shape, frozen=True):
    seq: int
    now: int
    unit: UnitName
    queue: tuple[DeskRow, ...]
    watching: tuple[DeskRow, ...]
    counts: DeskCounts
    starts: tuple[StartView, ...]


# --- cases ----------------------------------------------------------------------------------------------------


class CaseTasks(Shape, frozen=True):
    total: int
    verified: int
    overdue: int


class Next(Shape, frozen=True):
    unit: str
    clock: Clock | None


class CaseRow(Shape, frozen=True):
    id: str
    type: str
    title: Words
    place: Spot
    level: str
    state: str
    opened_at: int
    closed_at: int | None
    unit: str
    flags: tuple[str, ...]
    reopened: int
    tasks: CaseTasks
    next: Next | None


class IndicatorNow(Shape, frozen=True):
    id: str
    words: Words
    unit: str
    datum: Words
    level: str
    unknown: bool
    green: bool


class StageState(Shape, frozen=True):
    name: str
    state: str
    at: int | None
    took: int | None


class TaskClock(Shape, frozen=True):
    name: str
    started: int
    due: int
    met_at: int | None
    late: bool


class ProofView(Shape, frozen=True):
    text: str
    count: float | None
    lon: float | None
    lat: float | None
    from_device: bool
    photo: str


class Flag(Shape, frozen=True):
    flag: str
    detail: Words
    """What was seen, and from where on it is odd."""


class Request(Shape, frozen=True):
    asks: str
    """`extension` or `hold`."""
    to: Named
    span: int
    reason: str


class Held(Shape, frozen=True):
    """One unit's time as the holder of a case."""

    unit: Named
    since: int
    until: int | None
    how: Words


class OfferView(Shape, frozen=True):
    to: Named
    how: str
    reason: str
    answer_by: int


class Report(Shape, frozen=True):
    """What somebody saw and said, and who is to say whether it is a case."""

    at: int
    by: Words
    text: str
    lon: float | None
    lat: float | None
    photo: str


class CaseTask(Shape, frozen=True):
    id: str
    step: Named
    unit: Named
    state: str
    clocks: tuple[TaskClock, ...]
    proof: ProofView
    verifier: Named
    verified_by: str | None
    flags: tuple[Flag, ...]
    escalated_to: str | None
    actions: tuple[Action, ...]
    asked: Request | None
    """What the doing unit asked for and nobody has answered."""


class NotMatchedView(Shape, frozen=True):
    plan: Named
    why: Words
    """What it would have answered."""


class RunView(Shape, frozen=True):
    id: str
    plan: Named
    response: str
    matched: Words
    not_matched: tuple[NotMatchedView, ...]
    paused: bool
    actions: tuple[Action, ...]


class Detail(Shape, frozen=True):
    label: Words
    value: Words


class Link(Shape, frozen=True):
    """One fact of a chain. Kind `left-out` is no fact: it says how many of its stage are not listed."""

    id: str
    stage: str
    kind: str
    at: int
    actor: str
    level: str | None
    text: Words
    detail: tuple[Detail, ...]
    because: tuple[str, ...]


class SeriesName(Shape, frozen=True):
    indicator: str
    place: str


class CaseView(Shape, frozen=True):
    id: str
    type: str
    title: Words
    place: SpotPath
    level: str
    state: str
    opened_at: int
    closed_at: int | None
    unit: Named
    warning: str | None
    indicator: IndicatorNow | None
    stages: tuple[StageState, ...]
    tasks: tuple[CaseTask, ...]
    flags: tuple[Flag, ...]
    reopened: int
    runs: tuple[RunView, ...]
    chain: tuple[Link, ...]
    timeline: tuple[Event, ...]
    series: SeriesName | None
    missing: tuple[Words, ...]
    review: str | None
    actions: tuple[Action, ...]
    """What may be done with the case as a whole."""
    custody: tuple[Held, ...]
    """Who held it when, oldest first; the last one holds it now."""
    offer: OfferView | None
    reports: tuple[Report, ...]
    weight: int
    """Reports of this trouble, those of merged cases with them."""
    merged_into: str | None
    merged: tuple[str, ...]
    condition: Words | None
    """The opening condition under which it was registered."""


class Explanation(Shape, frozen=True):
    id: str
    text: Words
    case: str | None
    """The case it belongs to."""
    chain: tuple[Link, ...]


# --- series ---------------------------------------------------------------------------------------------------


class RungView(Shape, frozen=True):
    level: str
    text: str
    value: float


class LevelAt(Shape, frozen=True):
    at: int
    level: str


class SeriesMeta(Shape, frozen=True):
    """All of `/live/series` but the readings (`at`, `value`, `quality`), which are history's."""

    indicator: Named
    unit: str
    level: str
    unknown: bool
    rungs: tuple[RungView, ...]
    changes: tuple[LevelAt, ...]
    origin: str
    source: str
    datum: Words = Words(zh="", en="")
    """What a height is above; empty for what is none."""
    formula: str = ""
    """What it is worked out by; empty for what is measured."""


# --- reviews --------------------------------------------------------------------------------------------------


class ReviewRow(Shape, frozen=True):
    id: str
    case: str
    title: Words
    place: Spot
    peak: str
    opened_at: int
    closed_at: int
    conformance: float | None


class HeldView(Shape, frozen=True):
    task: str
    step: Named
    unit: Named
    sign_planned: int
    sign_took: int | None
    done_planned: int
    done_took: int | None
    verdict: str


class ImprovementView(Shape, frozen=True):
    words: Words
    unit: Named
    tasks: tuple[str, ...]
    value: float | None


class Review(ReviewRow, frozen=True):
    first_warning_to_dispatch: int | None
    median_sign: int | None
    held: tuple[HeldView, ...]
    improvements: tuple[ImprovementView, ...]
    timeline: tuple[Event, ...]
