"""What a pack may declare. These classes are the schema: the loader, the linter and the editor's JSON Schema read them.

A pack is a folder: `pack.yaml`, YAML files in which the top-level keys below may stand in any file, and CSV for bulk rows.
Everything here is frozen. Spans of time are written `10m`, `1h30m` and are integer milliseconds once read.
"""

from typing import Literal

import msgspec

from bihuan.model.times import span


class Span(int):
    """A span of time: `10m` in YAML, milliseconds in Python."""


def read_span(kind: type, value: object) -> object:
    """msgspec hook that reads a `Span`. Raises ValueError with the accepted forms."""
    if kind is Span and isinstance(value, str):
        return Span(span(value))
    raise ValueError(f"'{value}' is not a span of time; write it like 90s, 10m, 1h30m or 2d")


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a pack declares: unknown keys are refused, so a typing error is never silently ignored."""


class Words(Declared, frozen=True):
    """One thing said in both languages."""

    zh: str
    en: str


class Source(Declared, frozen=True):
    """Who set a threshold, where it is written, and from when to when it holds (ISO dates, inclusive and exclusive)."""

    issuer: str
    document: str
    version: str = ""
    valid_from: str = ""
    valid_to: str = ""
    note: str = ""
    confidence: Literal["", "standard", "derived", "own-judgement"] = ""
    """How far to trust the values: written in a standard, derived from one or from a real case, or our own judgement."""


class Manifest(Declared, frozen=True):
    """`pack.yaml`. `requires` names packs by folder name; `places`, `things` list CSV files inside the pack."""

    urn: str
    version: str
    words: Words
    licence: str
    owner: str
    requires: tuple[str, ...] = ()
    synthetic: bool = False
    about: str = ""
    places: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    review_by: str = ""
    """ISO date by which somebody looks at this pack again."""


# --- base: levels, colours, the shape of the trees -----------------------------------------------------------


class Level(Declared, frozen=True):
    """One level of every ladder, from calm to worst in the order written. `digit` goes with the colour on screens."""

    id: str
    words: Words
    colour: str
    digit: str


class PlaceLevel(Declared, frozen=True):
    """A level of the place tree, from the top down: city, district, town, village, grid."""

    id: str
    words: Words


class Calendar(Declared, frozen=True):
    """The zone and the working hours of a centre. Hours are local `HH:MM-HH:MM`."""

    id: str
    zone: str
    hours: tuple[str, ...] = ()
    week: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: tuple[str, ...] = ()
    make_up_days: tuple[str, ...] = ()


class Department(Declared, frozen=True):
    """A role that units at the named place levels have: `drainage` at `500101` is the unit `500101.drainage`.

    A `checker` department verifies; it never does tasks, so it is outside every doing chain.
    """

    role: str
    words: Words
    at: tuple[str, ...]
    checker: bool = False


class Place(Declared, frozen=True):
    """A row of a places CSV. `parent` is the division tree; `duty_parent` that of units where it differs (special zones)."""

    code: str
    name: str
    level: str
    parent: str = ""
    duty_parent: str = ""
    lon: float = 0.0
    lat: float = 0.0
    name_en: str = ""
    synthetic: bool = False
    unit_only: bool = False
    """A special zone: a unit with duties that is no division."""


class Thing(Declared, frozen=True):
    """A row of a things CSV: what is watched besides places. Never a person."""

    code: str
    kind: str
    name: str
    place: str
    lon: float
    lat: float
    name_en: str = ""
    synthetic: bool = False


class ThingKind(Declared, frozen=True):
    id: str
    words: Words


# --- indicators and ladders ----------------------------------------------------------------------------------

Op = Literal[">=", ">", "<=", "<"]


class Condition(Declared, frozen=True):
    op: Op
    value: float


class Window(Declared, frozen=True):
    """What a rung looks at instead of the newest value: `fold` over the last `over`, ends included as (now - over, now].

    `missing` says what a missing reading means: `zero` counts as 0, `unknown` makes the window unknown, a number is the
    least share of expected readings (0-1) for the window to count. With `times: 3` the same must hold in each of the last
    three spans, one after the other: `over: 1d, times: 3` is "three days running".
    """

    fold: Literal["sum", "mean", "max", "min", "delta"]
    over: Span
    missing: Literal["zero", "unknown"] | float = "unknown"
    times: int = 1


class Rung(Declared, frozen=True, rename={"raise_": "raise", "for_": "for"}):
    """One level of a ladder. Without `clear` it clears when `raise` no longer holds."""

    level: str
    raise_: Condition
    window: Window | None = None
    for_: Span = Span(0)
    clear: Condition | None = None
    keep: Span = Span(0)


class Override(Declared, frozen=True):
    """Another value for one rung at one place (and everything below it) or at one thing."""

    place: str
    level: str
    value: float
    clear: float | None = None
    source: Source | None = None
    datum: str = ""
    """What the value is a height above, where the source says so. It must be the indicator's."""


class Version(Declared, frozen=True):
    """The same ladder at another time. `source.valid_from` says from when."""

    source: Source
    rungs: tuple[Rung, ...]
    overrides: tuple[Override, ...] = ()


class Ladder(Declared, frozen=True):
    """A milder rung comes before a worse one. A level may have two rungs, one for too low and one for too high."""

    id: str
    words: Words
    source: Source
    rungs: tuple[Rung, ...]
    overrides: tuple[Override, ...] = ()
    versions: tuple[Version, ...] = ()
    """What held before or will hold later; on a given day the newest one that has begun is in force."""
    datum: str = ""
    """What the thresholds are heights above, where the source says so. It must be that of every indicator that uses them."""


# --- what indicators are filed under -------------------------------------------------------------------------


class Plate(Declared, frozen=True):
    """The broadest heading of indicators, e.g. infrastructure."""

    id: str
    words: Words


class Track(Declared, frozen=True):
    """A heading inside a plate, e.g. drainage."""

    id: str
    words: Words
    plate: str


class SubTrack(Declared, frozen=True):
    """A heading inside a track, e.g. underpasses."""

    id: str
    words: Words
    track: str


class Subject(Declared, frozen=True):
    """What an indicator is about: every place of a level, or every thing of a kind. There is no third choice: no persons."""

    places: str | tuple[str, ...] = ""
    """A place level, or several."""
    zones: bool = False
    """Special zones of these levels too, which are units without ground of their own."""
    only: tuple[str, ...] = ()
    """Only these codes of them."""
    things: str = ""

    @property
    def levels(self) -> tuple[str, ...]:
        """The place levels, however they are written; none where it is about things."""
        if isinstance(self.places, str):
            return (self.places,) if self.places else ()
        return self.places


class Formula(Declared, frozen=True):
    """What an indicator is worked out from instead of being sent: `{expression: "100 * a / b", of: {a: closed, b: due}}`.

    `of` gives other indicators of the same places a short name. Numbers, names, `+ - * /`, `**` with a small whole number,
    `min max abs clip where`, comparisons, `and or not`, `x if c else y`. What has no number (0/0) is no data.
    """

    expression: str
    of: dict[str, str]


NO_DATUM = "none"


class Indicator(Declared, frozen=True):
    """What is measured, or worked out by a `formula`, at every place or thing of its subject."""

    id: str
    words: Words
    unit: str
    subject: Subject
    cadence: Span
    stale_after: Span
    direction: Literal["higher-is-worse", "lower-is-worse", "band"]
    origin: Literal["real", "laid-over", "simulated", "synthetic"]
    origin_note: Words | None = None
    ladder: str = ""
    plate: str = ""
    track: str = ""
    sub_track: str = ""
    """Ids of what it is filed under. The narrowest is enough; the broader ones follow from it."""
    datum: str = ""
    """What heights are measured from. Two datums differ by more than a metre: a level without one can raise false alarms.
    A depth or a difference of heights, which has none, says `none` where others beside it are heights."""
    formula: Formula | None = None
    """Worked out from other indicators; nobody sends it."""
    roll_up: Literal["sum", "max", "mean", "worst", "ratio"] = "worst"
    """What stands for many places. `ratio`: the sum over that of `per`, or of a formula such as `100 * a / b` the sums of a
    and b. Shares are never averaged."""
    per: str = ""
    """The indicator whose sum a ratio divides by."""
    least: float | None = None
    most: float | None = None
    """Values outside `least..most` are refused as impossible."""
    expect: Literal["all", "heard"] = "heard"
    """`all`: a series never heard from is silent too. `heard`: only series that reported once can fall silent."""
    raise_on: tuple[str, ...] = ("good",)
    """Quality flags that may raise a warning; others are kept in history and change no level."""
    retain: Span = Span(0)
    """How long its readings are kept in history; 0: as long as the centre keeps any."""

    @property
    def height_above(self) -> str:
        """The datum, if it is a height."""
        return "" if self.datum == NO_DATUM else self.datum


# --- groups, plans, cases ------------------------------------------------------------------------------------


class Group(Declared, frozen=True):
    """Series that warn as one. `at` is a place level (one warning a unit of that level) or `subject` (one a series)."""

    id: str
    words: Words
    indicators: tuple[str, ...]
    at: str = "subject"
    least: int = 1
    """Series of one unit at a level, or a worse one, before the group stands at it: 2 where one gauge is not believed alone."""


class WarningTrigger(Declared, frozen=True):
    """A warning of `group` at exactly one of `levels`."""

    group: str
    levels: tuple[str, ...]


class SilentTrigger(Declared, frozen=True):
    """A series of `indicator` fell silent."""

    indicator: str


class ReportTrigger(Declared, frozen=True):
    """A person reported a case of this type."""

    case: str


class Trigger(Declared, frozen=True):
    """Exactly one of these."""

    warning: WarningTrigger | None = None
    silent: SilentTrigger | None = None
    report: ReportTrigger | None = None


class To(Declared, frozen=True):
    """Who gets a step. `across`: the department with `role` at the `at` level above the place. `down`: the units of level
    `down` under the place; `affected` keeps those whose own series stands at `affected` or worse (or that lie under such).
    """

    role: str = ""
    at: str = ""
    down: str = ""
    affected: str = ""


class StepRule(Declared, frozen=True):
    id: str
    words: Words
    to: To
    sign: Span
    done: Span
    arrive: Span = Span(0)
    """0: no arrival is asked for."""
    proof: tuple[Literal["photo", "text", "count", "position"], ...] = ()
    after: tuple[str, ...] = ()
    """Steps (of this plan) whose tasks must all be claimed before this one is sent."""
    levels: tuple[str, ...] = ()
    """Only at these warning levels; empty: always."""
    verify: str = ""
    """Role that checks it, at the `verify_at` level above the place. Empty: the case type's."""
    fallback: str = ""
    """Role, at the case holder's level, that gets the task when it was not signed one sign-span after it was due."""


class Plan(Declared, frozen=True):
    """A declared answer. With `declared_at`, a person of that level's duty post must start it within `answer`."""

    id: str
    words: Words
    trigger: Trigger
    case: str
    steps: tuple[StepRule, ...]
    response: str = ""
    declared_at: str = ""
    answer: Span = Span(600_000)
    source: Source | None = None


class CaseType(Declared, frozen=True):
    """A kind of case. `holder` is the level of the unit that holds it; `verify` the role that checks, at `verify_at`."""

    id: str
    words: Words
    holder: str
    verify: str
    verify_at: str
    check: Span
    """The verifier's clock, from the claim."""
    watch: Span = Span(0)
    """Recurrence watch after closing: the same trouble at the same place within it reopens this case."""
    sham: Span = Span(60_000)
    """A claim sooner than this after signing is flagged."""
    remind: Span = Span(0)
    """How long before a clock runs out the holder is reminded; 0: when a quarter of the time is left."""
    review: bool = False
    """A review is written when it closes."""


# --- scorecards ----------------------------------------------------------------------------------------------


class Band(Declared, frozen=True):
    """Points from this value on (in the item's direction)."""

    value: float
    points: float


class Item(Declared, frozen=True):
    """One line of a scorecard: a measure the kernel knows, a weight, and bands that turn its value into 0-100 points."""

    id: str
    words: Words
    measure: str
    weight: float
    direction: Literal["higher-is-better", "lower-is-better"]
    bands: tuple[Band, ...] = ()


class Colour(Declared, frozen=True):
    """Scores from `least` on stand at `level`; the list goes from best to worst."""

    least: float
    level: str


class Scorecard(Declared, frozen=True):
    id: str
    words: Words
    version: str
    units: str
    """Place level of the units scored."""
    case_types: tuple[str, ...]
    every: Span
    items: tuple[Item, ...]
    colours: tuple[Colour, ...]


class LevelPoints(Declared, frozen=True):
    """What a series at a level costs."""

    level: str
    points: int


class FiveColours(Declared, frozen=True):
    """How vital signs become a colour: by the mean penalty points of the known series at and below a place."""

    id: str
    words: Words
    source: Source
    points: tuple[LevelPoints, ...]
    """Of every level, from calm to worst, rising."""
    colours: tuple[Colour, ...]
    """From calm to worst: `least` is the mean from which on the colour holds."""
    within: int = 99
    """The colour is at most so many levels milder than the worst known series: many calm ones must not hide one that is not."""


class Sentence(Declared, frozen=True):
    """A sentence or label the kernel refers to by id, e.g. an improvement or a flag."""

    id: str
    words: Words


class Content(Declared, frozen=True):
    """The top-level keys that may stand in any YAML file of a pack besides `pack.yaml`."""

    levels: tuple[Level, ...] = ()
    place_levels: tuple[PlaceLevel, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    departments: tuple[Department, ...] = ()
    thing_kinds: tuple[ThingKind, ...] = ()
    plates: tuple[Plate, ...] = ()
    tracks: tuple[Track, ...] = ()
    sub_tracks: tuple[SubTrack, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    groups: tuple[Group, ...] = ()
    plans: tuple[Plan, ...] = ()
    cases: tuple[CaseType, ...] = ()
    scorecards: tuple[Scorecard, ...] = ()
    five_colours: tuple[FiveColours, ...] = ()
    sentences: tuple[Sentence, ...] = ()
