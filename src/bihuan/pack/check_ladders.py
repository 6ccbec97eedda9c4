"""Checks of ladders: does every rung mean what its author thinks?"""

from collections.abc import Iterator
from itertools import pairwise

from bihuan.engine.tables import MOST_RUNGS
from bihuan.model.times import span_text
from bihuan.pack.checking import Check, is_date
from bihuan.pack.schema import Condition, Ladder, Override, Rung, Source, Version, Window
from bihuan.pack.yaml_text import Path

MOST_TIMES = 60
"""Spans in a row that a window may ask for."""

RISING = (">", ">=")
"""Operators of a rung that higher values raise."""


def versions_of(ladder: Ladder) -> Iterator[tuple[Path, Ladder | Version]]:
    """What a ladder says at one time or another, each with its path inside the ladder."""
    yield (), ladder
    for index, version in enumerate(ladder.versions):
        yield ("versions", index), version


def check_ladders(check: Check) -> None:
    for key, ladder in check.draft.ladders.items.items():
        for path, version in versions_of(ladder):
            _version(check, key, version, path)
        _times(check, key, ladder)


def _version(check: Check, key: str, ladder: Ladder | Version, path: Path) -> None:
    section = check.draft.ladders
    if not ladder.rungs:
        check.say(section.where(key, *path), f"ladder '{key}' has no rungs.", "Declare at least one level with its 'raise'.")
    if len(ladder.rungs) > MOST_RUNGS:
        what = f"ladder '{key}' has {len(ladder.rungs)} rungs."
        check.say(section.where(key, *path, "rungs"), what, f"A ladder has {MOST_RUNGS} at the most: merge levels.")
    known = True
    for index, rung in enumerate(ladder.rungs):
        known &= check.level(rung.level, f"ladder '{key}' has", section.where(key, *path, "rungs", index, "level"))
        _rung(check, key, rung, (*path, "rungs", index))
    _source(check, key, ladder.source, *path, "source")
    if known:
        _ascending(check, key, ladder, path)
        _overrides(check, key, ladder, path)


def _times(check: Check, key: str, ladder: Ladder) -> None:
    """Versions begin on different days, and none goes on when the next has begun."""
    if not ladder.versions:
        return
    section = check.draft.ladders
    dated = sorted(versions_of(ladder), key=lambda each: each[1].source.valid_from)
    for (_, before), (path, after) in pairwise(dated):
        begins, ends = after.source.valid_from, before.source.valid_to
        if begins == before.source.valid_from:
            what = f"ladder '{key}' has two versions from {begins or 'the beginning'}."
            check.say(section.where(key, *path), what, "Say in 'valid_from' of each source from when it holds.")
        elif ends > begins:
            what = f"ladder '{key}': the version until {ends} overlaps the one from {begins}."
            check.say(section.where(key, *path, "source"), what, f'Write valid_to: "{begins}", the day it no longer holds.')


def _rung(check: Check, key: str, rung: Rung, path: Path) -> None:
    where = check.draft.ladders.where(key, *path)
    said = f"ladder '{key}', level {rung.level}"
    if rung.clear:
        _clears(check, said, rung.raise_, rung.clear, check.draft.ladders.where(key, *path, "clear"))
    if rung.window and rung.window.over <= 0:
        check.say(where, f"{said}: the window is empty.", "Write how far it looks back: over: 12h.")
    if rung.window and not 1 <= rung.window.times <= MOST_TIMES:
        what = f"{said}: the window holds {rung.window.times} times running."
        check.say(where, what, f"Write how many spans in a row, 1 to {MOST_TIMES}: times: 3.")
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


def _ascending(check: Check, key: str, ladder: Ladder | Version, path: Path) -> None:
    section = check.draft.ladders
    for index, (lower, higher) in enumerate(zip(ladder.rungs, ladder.rungs[1:], strict=False), start=1):
        step = check.rank(higher.level) - check.rank(lower.level)
        if step < 0 or (step == 0 and _rising(lower) == _rising(higher)):
            what = f"ladder '{key}' has {higher.level} after {lower.level}."
            remedy = f"Order the rungs from the mildest to the worst, each once: {', '.join(check.levels[1:])}."
            check.say(section.where(key, *path, "rungs", index, "level"), what, remedy)
        elif step == 0 and _always(lower, higher):
            what = f"ladder '{key}' raises {higher.level} at {rung_text(lower)} or {rung_text(higher)}, that is always."
            check.say(section.where(key, *path, "rungs", index), what, "The one for too low lies below the one for too high.")
    for level in {rung.level for rung in ladder.rungs}:
        if [rung.level for rung in ladder.rungs].count(level) > 2:
            what = f"ladder '{key}' has more than two rungs of {level}."
            check.say(section.where(key, *path, "rungs"), what, "One for too low and one for too high is all there is.")
    for index, higher in enumerate(ladder.rungs):
        for lower in ladder.rungs[:index]:
            if _weaker(higher, lower):
                high, low = f"{higher.level} at {rung_text(higher)}", f"{lower.level} at {rung_text(lower)}"
                what = f"ladder '{key}' raises {high}, which is milder than {low}."
                remedy = "A worse level needs a worse value in the same window."
                check.say(section.where(key, *path, "rungs", index), what, remedy)


def _rising(rung: Rung) -> bool:
    return rung.raise_.op in RISING


def _always(one: Rung, other: Rung) -> bool:
    """Whether two rungs of one level, one for too low and one for too high, leave no value between them."""
    up, down = (one, other) if _rising(one) else (other, one)
    return _same(one.window, other.window) and up.raise_.value <= down.raise_.value


def _weaker(higher: Rung, lower: Rung) -> bool:
    """Whether the worse level asks for less than the milder one, of the same window and in the same direction."""
    if _same(higher.window, lower.window) and (higher.raise_.op in RISING) == (lower.raise_.op in RISING):
        high, low = higher.raise_.value, lower.raise_.value
        return high < low if higher.raise_.op in RISING else high > low
    return False


def _same(one: Window | None, other: Window | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.fold, one.over, one.times) == (other.fold, other.over, other.times)


def rung_text(rung: Rung) -> str:
    """`sum 12h >= 50`: the condition of a rung in one line."""
    return f"{window_text(rung.window)}{rung.raise_.op} {rung.raise_.value:g}"


def window_text(window: Window | None) -> str:
    """`sum 12h `, `mean 1d in each of the last 3 spans `, or nothing."""
    if window is None:
        return ""
    running = f"in each of the last {window.times} spans " if window.times > 1 else ""
    return f"{window.fold} {span_text(window.over)} {running}"


def _overrides(check: Check, key: str, ladder: Ladder | Version, path: Path) -> None:
    section, rungs = check.draft.ladders, {rung.level: rung for rung in ladder.rungs}
    levels = [rung.level for rung in ladder.rungs]
    spots = check.draft.places.items.keys() | check.draft.things.items.keys() if ladder.overrides else frozenset()
    seen: set[tuple[str, str]] = set()
    for index, override in enumerate(ladder.overrides):
        where = section.where(key, *path, "overrides", index)
        said = f"ladder '{key}', override at '{override.place}'"
        check.known(override.place, spots, f"ladder '{key}' has an override at", "places and things", where)
        if levels.count(override.level) > 1:
            what = f"{said}: level {override.level} has two rungs, so it is not clear which one is meant."
            check.say(where, what, "Give these places an indicator and a ladder of their own.")
        if (override.place, override.level) in seen:
            check.say(where, f"{said}: level {override.level} is overridden twice.", "Keep one of them.")
        seen.add((override.place, override.level))
        if check.known(override.level, rungs, f"{said}: it changes the level", "levels of this ladder", where):
            _override(check, said, rungs[override.level], override, where)
        if override.source:
            _source(check, key, override.source, *path, "overrides", index, "source")


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
