"""Checks of indicators, what they are filed under, and groups."""

from collections.abc import Collection

from bihuan.model.qualities import QUALITIES
from bihuan.model.times import DAY, span_text
from bihuan.pack.check_ladders import RISING, versions_of
from bihuan.pack.checking import Check
from bihuan.pack.schema import Indicator, Ladder, Rung, Subject
from bihuan.pack.yaml_text import Path


def check_indicators(check: Check) -> None:
    _headings(check)
    for key, indicator in check.draft.indicators.items.items():
        _indicator(check, key, indicator)
        _filed(check, key, indicator)
    _groups(check)


def _headings(check: Check) -> None:
    draft = check.draft
    for key, track in draft.tracks.items.items():
        check.known(
            track.plate, draft.plates.items, f"track '{key}' is on the plate", "plates", draft.tracks.where(key, "plate")
        )
    for key, sub in draft.sub_tracks.items.items():
        where = draft.sub_tracks.where(key, "track")
        check.known(sub.track, draft.tracks.items, f"sub-track '{key}' is on the track", "tracks", where)


def _filed(check: Check, key: str, indicator: Indicator) -> None:
    """Its headings are declared, and the broader ones, where written at all, are those of the narrower."""
    draft, section = check.draft, check.draft.indicators
    headings: dict[str, Collection[str]] = {
        "plate": draft.plates.items,
        "track": draft.tracks.items,
        "sub_track": draft.sub_tracks.items,
    }
    for name, known in headings.items():
        if said := getattr(indicator, name):
            check.known(said, known, f"indicator '{key}' has the {name}", f"{name}s", section.where(key, name))
    sub = draft.sub_tracks.items.get(indicator.sub_track)
    track = draft.tracks.items.get(sub.track if sub else indicator.track)
    for name, above in (("track", sub.track if sub else ""), ("plate", track.plate if track else "")):
        said = getattr(indicator, name)
        if said and above and said != above:
            what = f"indicator '{key}' has the {name} '{said}', but its narrower heading is on '{above}'."
            check.say(section.where(key, name), what, f"Leave '{name}' out, or write '{above}'.")


def _indicator(check: Check, key: str, indicator: Indicator) -> None:
    section, subject = check.draft.indicators, indicator.subject
    said = f"indicator '{key}'"
    if bool(subject.levels) == bool(subject.things):
        remedy = "Write either 'places: <place level>' or 'things: <kind of thing>'."
        check.say(section.where(key, "subject"), f"{said} must be about places or about things, exactly one.", remedy)
    else:
        _subject(check, key, subject, said)
    if indicator.cadence <= 0:
        check.say(section.where(key, "cadence"), f"{said} has no cadence.", "Write how often a reading comes: 5m.")
    elif indicator.stale_after <= indicator.cadence:
        stale, cadence = span_text(indicator.stale_after), span_text(indicator.cadence)
        what = f"{said} is stale after {stale}, but a reading comes only every {cadence}."
        check.say(section.where(key, "stale_after"), what, "Make 'stale_after' longer than the cadence; three times is usual.")
    _retained(check, key, indicator)
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


def _retained(check: Check, key: str, indicator: Indicator) -> None:
    """A warning must be explainable from its readings as long as these can have led to it."""
    ladder = check.draft.ladders.items.get(indicator.ladder)
    versions = versions_of(ladder) if ladder else ()
    needed = max(
        (rung.window.over * rung.window.times for _, version in versions for rung in version.rungs if rung.window), default=0
    )
    needed = max(needed, DAY, indicator.stale_after)
    if indicator.retain and indicator.retain < needed:
        what = f"indicator '{key}' keeps its readings for {span_text(indicator.retain)} only."
        remedy = f"Keep them for {span_text(needed)} or longer: a level must be explainable from what it looked at."
        check.say(check.draft.indicators.where(key, "retain"), what, remedy)


def _subject(check: Check, key: str, subject: Subject, said: str) -> None:
    section, draft = check.draft.indicators, check.draft
    for level in subject.levels:
        check.place_level(level, f"{said} is about", section.where(key, "subject", "places"))
    if subject.things:
        where = section.where(key, "subject", "things")
        check.known(subject.things, draft.thing_kinds.items, f"{said} is about things of the kind", "kinds of thing", where)
    for index, code in enumerate(subject.only):
        where = section.where(key, "subject", "only", index)
        place, thing = draft.places.items.get(code), draft.things.items.get(code)
        if place is None and thing is None:
            check.known(code, draft.places.items, f"{said} is only about", "places", where)
        elif (place.level not in subject.levels) if place else (thing is not None and thing.kind != subject.things):
            check.say(where, f"{said} is only about '{code}', which is none of its places or things.", "Remove it.")


def _fits(check: Check, key: str, indicator: Indicator, ladder: Ladder) -> None:
    """Direction and cadence of an indicator against the rungs of its ladder, at every time."""
    for path, version in versions_of(ladder):
        for index, rung in enumerate(version.rungs):
            _fits_rung(check, key, indicator, rung, ladder.id, (*path, "rungs", index))


def _fits_rung(check: Check, key: str, indicator: Indicator, rung: Rung, ladder: str, path: Path) -> None:
    where = check.draft.ladders.where(ladder, *path)
    worse = "higher-is-worse" if rung.raise_.op in RISING else "lower-is-worse"
    if indicator.direction not in (worse, "band"):
        at = f"{rung.raise_.op} {rung.raise_.value:g}"
        what = f"ladder '{ladder}' raises {rung.level} at {at}, but of indicator '{key}' {indicator.direction}."
        check.say(where, what, "Turn the operator or the direction round.")
    if rung.window and 0 < rung.window.over < indicator.cadence:
        over, cadence = span_text(rung.window.over), span_text(indicator.cadence)
        what = f"ladder '{ladder}' looks at {over}, but indicator '{key}' has a reading only every {cadence}."
        check.say(where, what, "Make the window at least as long as the cadence.")


def _groups(check: Check) -> None:
    section, indicators = check.draft.groups, check.draft.indicators.items
    member_of: dict[str, str] = {}
    for key, group in section.items.items():
        if not group.indicators:
            check.say(section.where(key), f"group '{key}' has no indicators.", "List at least one.")
        if group.at != "subject":
            check.place_level(group.at, f"group '{key}' warns at", section.where(key, "at"))
        if group.least < 1:
            what = f"group '{key}' stands at a level with at least {group.least} series: it would warn when all is calm."
            check.say(section.where(key, "least"), what, "Write 1, or leave it out; 2 where one gauge is not believed alone.")
        if group.least > 1 and group.at == "subject":
            what = (
                f"group '{key}' asks for {group.least} series at a level, but at 'subject' there is only one: it never warns."
            )
            check.say(section.where(key, "least"), what, f"Write 'at' as well, one of: {', '.join(check.place_levels)}.")
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
