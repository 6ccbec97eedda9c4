"""Checks of indicators, ladders and groups: does every rung mean what its author thinks?"""

from bihuan.model.readings import QUALITIES
from bihuan.model.times import span_text
from bihuan.pack.checking import Check, is_date
from bihuan.pack.schema import Condition, Indicator, Ladder, Override, Rung, Source, Window

RISING = (">", ">=")
"""Operators of a rung that higher values raise."""


def check_ladders(check: Check) -> None:
    for key, ladder in check.draft.ladders.items.items():
        _ladder(check, key, ladder)
    for key, indicator in check.draft.indicators.items.items():
        _indicator(check, key, indicator)
    _groups(check)


def _indicator(check: Check, key: str, indicator: Indicator) -> None:
    section, subject = check.draft.indicators, indicator.subject
    said = f"indicator '{key}'"
    if bool(subject.places) == bool(subject.things):
        remedy = "Write either 'places: <place level>' or 'things: <kind of thing>'."
        check.say(section.where(key, "subject"), f"{said} must be about places or about things, exactly one.", remedy)
    elif subject.places:
        check.place_level(subject.places, f"{said} is about", section.where(key, "subject", "places"))
    else:
        where = section.where(key, "subject", "things")
        check.known(
            subject.things, check.draft.thing_kinds.items, f"{said} is about things of the kind", "kinds of thing", where
        )
    if indicator.cadence <= 0:
        check.say(section.where(key, "cadence"), f"{said} has no cadence.", "Write how often a reading comes: 5m.")
    elif indicator.stale_after <= indicator.cadence:
        stale, cadence = span_text(indicator.stale_after), span_text(indicator.cadence)
        what = f"{said} is stale after {stale}, but a reading comes only every {cadence}."
        check.say(section.where(key, "stale_after"), what, "Make 'stale_after' longer than the cadence; three times is usual.")
    least, most = indicator.least, indicator.most
    if least is not None and most is not None and least >= most:
        check.say(section.where(key, "least"), f"{said} takes values from {least:g} to {most:g}, which is none.", "Swap them?")
    for index, quality in enumerate(indicator.raise_on):
        where = section.where(key, "raise_on", index)
        if check.known(quality, QUALITIES, f"{said} raises on the quality", "qualities", where) and quality == "missing":
            check.say(where, f"{said} raises on missing readings, which have no value.", "Remove 'missing'.")
    if indicator.ladder:
        where = section.where(key, "ladder")
        if check.known(indicator.ladder, check.draft.ladders.items, f"{said} has the ladder", "ladders", where):
            _fits(check, key, indicator, check.draft.ladders.items[indicator.ladder])


def _fits(check: Check, key: str, indicator: Indicator, ladder: Ladder) -> None:
    """Direction and cadence of an indicator against the rungs of its ladder."""
    for index, rung in enumerate(ladder.rungs):
        where = check.draft.ladders.where(ladder.id, "rungs", index)
        worse = "higher-is-worse" if rung.raise_.op in RISING else "lower-is-worse"
        if indicator.direction not in (worse, "band"):
            at = f"{rung.raise_.op} {rung.raise_.value:g}"
            what = f"ladder '{ladder.id}' raises {rung.level} at {at}, but of indicator '{key}' {indicator.direction}."
            check.say(where, what, "Turn the operator or the direction round.")
        if rung.window and 0 < rung.window.over < indicator.cadence:
            over, cadence = span_text(rung.window.over), span_text(indicator.cadence)
            what = f"ladder '{ladder.id}' looks at {over}, but indicator '{key}' has a reading only every {cadence}."
            check.say(where, what, "Make the window at least as long as the cadence.")


def _ladder(check: Check, key: str, ladder: Ladder) -> None:
    section = check.draft.ladders
    if not ladder.rungs:
        check.say(section.where(key), f"ladder '{key}' has no rungs.", "Declare at least one level with its 'raise'.")
    known = True
    for index, rung in enumerate(ladder.rungs):
        known &= check.level(rung.level, f"ladder '{key}' has", section.where(key, "rungs", index, "level"))
        _rung(check, key, index, rung)
    _source(check, key, ladder.source, "source")
    if known:
        _ascending(check, key, ladder)
        _overrides(check, key, ladder)


def _rung(check: Check, key: str, index: int, rung: Rung) -> None:
    where = check.draft.ladders.where(key, "rungs", index)
    said = f"ladder '{key}', level {rung.level}"
    if rung.clear:
        _clears(check, said, rung.raise_, rung.clear, check.draft.ladders.where(key, "rungs", index, "clear"))
    if rung.window and rung.window.over <= 0:
        check.say(where, f"{said}: the window is empty.", "Write how far it looks back: over: 12h.")
    if rung.window and isinstance(rung.window.missing, float) and not 0 <= rung.window.missing <= 1:
        what = f"{said}: 'missing' is {rung.window.missing:g}, and should be a share of readings."
        check.say(where, what, "Write 0.8 for four out of five, or 'zero', or 'unknown'.")


def _clears(check: Check, said: str, raises: Condition, clears: Condition, where: str) -> None:
    """A rung must not clear while it raises: the two conditions may not hold at one value."""
    rising = raises.op in RISING
    if rising == (clears.op in RISING):
        remedy = f"Write 'clear: {{op: \"{'<' if rising else '>'}\", value: {raises.value:g}}}', or leave it out."
        check.say(
            where,
            f"{said} raises at {raises.op} {raises.value:g} and clears at {clears.op} {clears.value:g}: both go the same way.",
            remedy,
        )
        return
    beyond = clears.value > raises.value if rising else clears.value < raises.value
    touching = clears.value == raises.value and "=" in raises.op and "=" in clears.op
    if beyond or touching:
        side = "not above" if rising else "not below"
        up, down = f"{raises.op} {raises.value:g}", f"{clears.op} {clears.value:g}"
        what = f"{said} raises at {up} but clears at {down}: where both hold it would do both."
        check.say(where, what, f"Clear at a value {side} {raises.value:g}, without meeting it.")


def _ascending(check: Check, key: str, ladder: Ladder) -> None:
    section = check.draft.ladders
    for index, (lower, higher) in enumerate(zip(ladder.rungs, ladder.rungs[1:], strict=False), start=1):
        if check.rank(higher.level) <= check.rank(lower.level):
            what = f"ladder '{key}' has {higher.level} after {lower.level}."
            remedy = f"Order the rungs from the mildest to the worst, each once: {', '.join(check.levels[1:])}."
            check.say(section.where(key, "rungs", index, "level"), what, remedy)
    for index, higher in enumerate(ladder.rungs):
        for lower in ladder.rungs[:index]:
            if _weaker(higher, lower):
                high, low = f"{higher.level} at {rung_text(higher)}", f"{lower.level} at {rung_text(lower)}"
                what = f"ladder '{key}' raises {high}, which is milder than {low}."
                check.say(section.where(key, "rungs", index), what, "A worse level needs a worse value in the same window.")


def _weaker(higher: Rung, lower: Rung) -> bool:
    """Whether the worse level asks for less than the milder one, of the same window and in the same direction."""
    if _same(higher.window, lower.window) and (higher.raise_.op in RISING) == (lower.raise_.op in RISING):
        high, low = higher.raise_.value, lower.raise_.value
        return high < low if higher.raise_.op in RISING else high > low
    return False


def _same(one: Window | None, other: Window | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.fold, one.over) == (other.fold, other.over)


def rung_text(rung: Rung) -> str:
    """`sum 12h >= 50`: the condition of a rung in one line."""
    window = f"{rung.window.fold} {span_text(rung.window.over)} " if rung.window else ""
    return f"{window}{rung.raise_.op} {rung.raise_.value:g}"


def _overrides(check: Check, key: str, ladder: Ladder) -> None:
    section, rungs = check.draft.ladders, {rung.level: rung for rung in ladder.rungs}
    seen: set[tuple[str, str]] = set()
    for index, override in enumerate(ladder.overrides):
        where = section.where(key, "overrides", index)
        said = f"ladder '{key}', override at '{override.place}'"
        spots = check.draft.places.items.keys() | check.draft.things.items.keys()
        check.known(override.place, spots, f"ladder '{key}' has an override at", "places and things", where)
        if (override.place, override.level) in seen:
            check.say(where, f"{said}: level {override.level} is overridden twice.", "Keep one of them.")
        seen.add((override.place, override.level))
        if check.known(override.level, rungs, f"{said}: it changes the level", "levels of this ladder", where):
            _override(check, said, rungs[override.level], override, where)
        if override.source:
            _source(check, key, override.source, "overrides", index, "source")


def _override(check: Check, said: str, rung: Rung, override: Override, where: str) -> None:
    value = override.clear if override.clear is not None else rung.clear.value if rung.clear else None
    if value is None:
        return
    raises = Condition(op=rung.raise_.op, value=override.value)
    op = rung.clear.op if rung.clear else "<" if raises.op in RISING else ">"
    _clears(check, f"{said}, level {rung.level}", raises, Condition(op=op, value=value), where)


def _source(check: Check, key: str, source: Source, *path: str | int) -> None:
    for name in ("valid_from", "valid_to"):
        text = getattr(source, name)
        if text and not is_date(text):
            where = check.draft.ladders.where(key, *path, name)
            check.say(where, f"ladder '{key}': '{text}' is no date.", "Write it as 2026-01-31.")


def _groups(check: Check) -> None:
    section, indicators = check.draft.groups, check.draft.indicators.items
    member_of: dict[str, str] = {}
    for key, group in section.items.items():
        if not group.indicators:
            check.say(section.where(key), f"group '{key}' has no indicators.", "List at least one.")
        if group.at != "subject":
            check.place_level(group.at, f"group '{key}' warns at", section.where(key, "at"))
        for index, name in enumerate(group.indicators):
            where = section.where(key, "indicators", index)
            if not check.known(name, indicators, f"group '{key}' has the indicator", "indicators", where):
                continue
            if name in member_of:
                what = f"indicator '{name}' is in the groups '{member_of[name]}' and '{key}'; a series warns in one group."
                check.say(where, what, "Remove it from one of them.")
            member_of[name] = key
            if not indicators[name].ladder:
                what = f"group '{key}' has the indicator '{name}', which has no ladder and so never warns."
                check.say(where, what, "Give it a ladder, or leave it out.")
            _group_above(check, key, group.at, name, where)


def _group_above(check: Check, key: str, at: str, indicator: str, where: str) -> None:
    levels = [level for level in check.spot_levels(indicator) if level in check.place_levels]
    if at in check.place_levels and levels and check.depth(at) > max(check.depth(level) for level in levels):
        what = (
            f"group '{key}' warns at level '{at}', but the series of '{indicator}' stand at {' and '.join(levels)}, above it."
        )
        check.say(where, what, "Warn at the same level or higher, or at 'subject'.")
