"""Checks of scorecards: weights, directions and bands; and nothing that rewards not reporting."""

from itertools import pairwise

from bihuan.model.periods import NAMES, is_rhythm
from bihuan.pack.checking import Check
from bihuan.pack.measures import MEASURES, WHY_NO_COUNTS, is_count
from bihuan.pack.schema import FiveColours, Item, Scorecard
from bihuan.pack.trouble import known_names


def check_scores(check: Check) -> None:
    for key, card in check.draft.scorecards.items.items():
        _card(check, key, card)
    for key, colours in check.draft.five_colours.items.items():
        _five_colours(check, key, colours)


def _card(check: Check, key: str, card: Scorecard) -> None:
    section, said = check.draft.scorecards, f"scorecard '{key}'"
    check.place_level(card.units, f"{said} scores units of", section.where(key, "units"))
    for index, name in enumerate(card.case_types):
        where = section.where(key, "case_types", index)
        check.known(name, check.draft.cases.items, f"{said} counts cases of type", "case types", where)
    if not is_rhythm(card.every):
        remedy = f"Write one of {', '.join(NAMES)}, or a span such as 'every: 6h'."
        check.say(section.where(key, "every"), f"{said} has the period '{card.every}', which is none.", remedy)
    for index, item in enumerate(card.items):
        _item(check, key, index, item)
        if item.id in {other.id for other in card.items[:index]}:
            check.say(section.where(key, "items", index), f"{said} has the item '{item.id}' twice.", "Rename one of them.")
    total = sum(item.weight for item in card.items)
    if abs(total - 100) > 1e-6:
        gap = f"{abs(100 - total):g} are {'missing' if total < 100 else 'too many'}, so nobody can say what full marks are."
        remedy = "They must add up to 100: mend the weights, or the item that was forgotten."
        check.say(section.where(key, "items"), f"the weights of {said} add up to {total:g}; {gap}", remedy)
    _colours(check, key, card)


def _item(check: Check, key: str, index: int, item: Item) -> None:
    section, said = check.draft.scorecards, f"scorecard '{key}', item '{item.id}'"
    where = section.where(key, "items", index, "measure")
    measure = MEASURES.get(item.measure)
    if is_count(item.measure):
        rates = f"Score a share instead: {', '.join(MEASURES)}."
        check.say(where, f"{said} scores '{item.measure}', a bare count. {WHY_NO_COUNTS}", rates)
    elif measure is None:
        check.say(
            where,
            f"{said} has the measure '{item.measure}', which is not known.",
            known_names("measures", item.measure, MEASURES),
        )
    elif measure.direction != item.direction:
        what = (
            f"{said} says {item.direction}, but a {measure.direction.partition('-')[0]} '{measure.id}' ({measure.formula}) is "
            "better: the better a unit works, the fewer points it would get."
        )
        check.say(section.where(key, "items", index, "direction"), what, f"Write 'direction: {measure.direction}'.")
    if item.weight <= 0:
        check.say(
            section.where(key, "items", index, "weight"), f"{said} weighs nothing.", "Give it a weight above 0, or remove it."
        )
    _bands(check, key, index, item)


def _bands(check: Check, key: str, index: int, item: Item) -> None:
    """In the order of better values, points may not fall; and every band has points of 0-100."""
    section, said = check.draft.scorecards, f"scorecard '{key}', item '{item.id}'"
    where = section.where(key, "items", index, "bands")
    if any(not 0 <= band.points <= 100 for band in item.bands):
        check.say(where, f"{said} has a band with points outside 0-100.")
    better = sorted(item.bands, key=lambda band: band.value, reverse=item.direction == "lower-is-better")
    if len({band.value for band in item.bands}) < len(item.bands):
        check.say(where, f"{said} has two bands that begin at one value.", "Keep one of them.")
    elif wrong := [(poor, good) for poor, good in pairwise(better) if good.points <= poor.points]:
        poor, good = wrong[0]
        what = (
            f"{said} gives no more points for a better value ({item.direction}): "
            f"{good.points:g} from {good.value:.4g} on, but {poor.points:g} from {poor.value:.4g} on."
        )
        check.say(where, what, "Let points rise with better values.")


def _colours(check: Check, key: str, card: Scorecard) -> None:
    section, said = check.draft.scorecards, f"scorecard '{key}'"
    where = section.where(key, "colours")
    for index, colour in enumerate(card.colours):
        at = section.where(key, "colours", index)
        check.known(colour.level, check.levels, f"{said} colours with the level", "levels", at)
    least = [colour.least for colour in card.colours]
    if least != sorted(set(least), reverse=True):
        check.say(where, f"the colours of {said} are not in order.", "List them from best to worst, each with a lower 'least'.")
    elif not least or least[-1] > 0:
        check.say(where, f"{said} leaves the lowest scores without a colour.", "End with 'least: 0'.")


def _five_colours(check: Check, key: str, colours: FiveColours) -> None:
    """Every level costs something, worse ones more, calm ones nothing; and every mean has a colour."""
    section, said = check.draft.five_colours, f"five-colour evaluation '{key}'"
    named, points = [one.level for one in colours.points], [one.points for one in colours.points]
    if named != check.levels:
        remedy = f"List all of them, from calm to worst: {', '.join(check.levels)}."
        check.say(section.where(key, "points"), f"{said} does not give points to every level in order.", remedy)
    elif points[0] != 0 or any(worse <= milder for milder, worse in pairwise(points)):
        check.say(section.where(key, "points"), f"the points of {said} do not rise from 0.", "Calm costs 0, worse costs more.")
    for index, colour in enumerate(colours.colours):
        where = section.where(key, "colours", index)
        check.known(colour.level, check.levels, f"{said} colours with the level", "levels", where)
    least = [colour.least for colour in colours.colours]
    if not least or least[0] != 0 or least != sorted(set(least)):
        remedy = "Begin with 'least: 0' and list them from calm to worst, each with a higher 'least'."
        check.say(section.where(key, "colours"), f"the colours of {said} are not in order.", remedy)
    if colours.within < 0:
        check.say(section.where(key, "within"), f"{said} cannot be worse than its worst series.", "Write 'within: 0' or more.")
