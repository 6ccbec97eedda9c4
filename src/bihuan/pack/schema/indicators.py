"""Indicators, their ladders, and what they are filed under."""

from typing import Literal

from bihuan.pack.schema.base import Declared, Source, Span, Words

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
