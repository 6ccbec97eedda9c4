"""Checks of heights: metres above one datum are never held against thresholds above another, nor warned of together."""

from bihuan.pack.checking import Check
from bihuan.pack.schema import NO_DATUM, Group, Indicator


def check_datums(check: Check) -> None:
    _ladders(check)
    _bare_heights(check)
    for key, group in check.draft.groups.items.items():
        _group(check, key, group)


def _ladders(check: Check) -> None:
    """All indicators of one ladder are above one datum, and it is the one that the ladder and its overrides name."""
    section = check.draft.indicators
    first: dict[str, Indicator] = {}
    for key, indicator in section.items.items():
        ladder = check.draft.ladders.items.get(indicator.ladder)
        if ladder is None:
            continue
        other = first.setdefault(ladder.id, indicator)
        mine, where = _above(indicator), section.where(key, "ladder")
        if mine != _above(other):
            what = f"ladder '{ladder.id}' is used for '{other.id}' ({_above(other)}) and for '{key}' ({mine})."
            check.say(where, what, "Give each datum a ladder of its own: the same figure is another height.")
        named = [(ladder.datum, check.draft.ladders.where(ladder.id, "datum"))]
        named += [
            (override.datum, check.draft.ladders.where(ladder.id, "overrides", number, "datum"))
            for number, override in enumerate(ladder.overrides)
        ]
        for datum, here in named:
            if datum and datum != indicator.height_above:
                what = f"ladder '{ladder.id}' has thresholds above {datum}, but indicator '{key}' is {mine}."
                check.say(here, what, f"Convert the values{f' to {indicator.height_above}' if indicator.height_above else ''}.")


def _above(indicator: Indicator) -> str:
    return f"above {indicator.height_above}" if indicator.height_above else "without a datum"


def _bare_heights(check: Check) -> None:
    """Thresholds in the unit of heights, beside heights, must say their datum, or that they need none."""
    section = check.draft.indicators
    heights: dict[tuple[str, str, str], str] = {}
    for indicator in section.items.values():
        if indicator.height_above:
            heights.setdefault(_beside(indicator), indicator.id)
    for key, indicator in section.items.items():
        sibling = heights.get(_beside(indicator))
        if sibling and indicator.ladder and not indicator.datum:
            what = f"indicator '{key}' has thresholds in {indicator.unit} and no datum, though '{sibling}' beside it has one."
            remedy = f"Write what it is a height above, or 'datum: {NO_DATUM}' where it is a depth or a difference."
            check.say(section.where(key), what, remedy)


def _beside(indicator: Indicator) -> tuple[str, str, str]:
    return indicator.unit, indicator.track, indicator.sub_track


def _group(check: Check, key: str, group: Group) -> None:
    """One warning at one unit speaks of heights above one datum only."""
    known = check.draft.indicators.items
    members = [known[name] for name in group.indicators if name in known and known[name].height_above]
    if len({one.height_above for one in members}) < 2:
        return
    found: dict[str, Indicator] = {}
    for indicator in members:
        for unit in _units(check, indicator, group.at):
            other = found.setdefault(unit, indicator)
            if other.height_above != indicator.height_above:
                what = (
                    f"group '{key}' warns at '{unit}' of '{other.id}' ({_above(other)}) "
                    f"and of '{indicator.id}' ({_above(indicator)}) as one."
                )
                check.say(check.draft.groups.where(key), what, "Make a group for each datum, or convert one of them.")
                return


def _units(check: Check, indicator: Indicator, at: str) -> list[str]:
    """Where the series of an indicator warn: their own places and things, or the units above them."""
    subject, places, things = indicator.subject, check.draft.places.items, check.draft.things.items
    spots = [code for code, place in places.items() if place.level in subject.levels]
    spots += [code for code, thing in things.items() if subject.things and thing.kind == subject.things]
    spots = [code for code in spots if not subject.only or code in subject.only]
    return spots if at == "subject" else list(dict.fromkeys(_climb(check, code, at) for code in spots))


def _climb(check: Check, code: str, at: str) -> str:
    places, thing = check.draft.places.items, check.draft.things.items.get(code)
    place = places.get(thing.place if thing else code)
    while place is not None and place.level != at:
        place = places.get(place.duty_parent or place.parent)
    return place.code if place else code
