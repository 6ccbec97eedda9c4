"""Sense 感知: what was received, and which series stand at another level or say nothing."""

from typing import ClassVar

from bihuan.model.facts.base import Body, Struct


class PackVersion(Struct, frozen=True, kw_only=True):
    urn: str
    version: str
    digest: str


class PacksLoaded(Body, frozen=True, kw_only=True):
    """The rules in force from here on. `digest` is the SHA-256 over all packs' texts."""

    stage: ClassVar[str] = "sense"
    packs: tuple[PackVersion, ...]
    digest: str


class ReadingsReceived(Body, frozen=True, kw_only=True):
    """A batch of readings taken into the intake log at `entry`; `digest` is the SHA-256 of its columns."""

    stage: ClassVar[str] = "sense"
    entry: int
    digest: str
    rows: int
    applied: int
    late: int = 0
    duplicate: int = 0
    set_aside: int = 0
    """Rows whose quality flag is no evidence: kept in history, moving nothing."""
    source: str = ""


class ReadingsSetAside(Body, frozen=True, kw_only=True):
    """A batch that fails every turn was set aside whole: its rows are in the quarantine folder, and no turn takes them."""

    stage: ClassVar[str] = "sense"
    entry: int
    digest: str
    rows: int
    source: str = ""
    what: str = ""
    """What it failed with."""


class Rule(Struct, frozen=True, kw_only=True):
    """The rule that decided a level, as it was in force: enough to argue with it years later."""

    ladder: str
    level: str
    text: str
    """`sum 12h >= 50` - the condition in one line."""
    op: str
    threshold: float
    window: str = ""
    issuer: str = ""
    document: str = ""
    version: str = ""
    override: bool = False


class InputValue(Struct, frozen=True, kw_only=True):
    """What went into a formula: the reading that its short `name` stood for."""

    name: str
    indicator: str
    value: float
    at: int


class LevelChanged(Body, frozen=True, kw_only=True):
    """A series now stands at another level. `value` is the (windowed) value the rule looked at."""

    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    level: str
    before: str
    value: float
    reading_at: int
    """When the newest reading behind this was taken."""
    since: int
    """When the condition began to hold (before `for` or `keep` ran out)."""
    rule: Rule
    formula: str = ""
    """The expression that the newest reading was worked out by; empty where it was measured."""
    inputs: tuple[InputValue, ...] = ()
    """What it was worked out from."""


class LateReading(Body, frozen=True, kw_only=True):
    """A reading that came too late to act on, though it would have meant another level then."""

    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    value: float
    level: str
    reading_at: int


class SeriesSilent(Body, frozen=True, kw_only=True):
    """No fresh reading for longer than `stale_after`: the series is unknown (grey). `level` is what stays active."""

    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    level: str
    last_reading_at: int | None
    stale_after: int


class SeriesReturned(Body, frozen=True, kw_only=True):
    stage: ClassVar[str] = "sense"
    indicator: str
    place: str
    level: str
    silent_for: int
