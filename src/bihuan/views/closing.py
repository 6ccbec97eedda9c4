"""The verified closing rate beside the claimed one, draw by draw, and what is asked of whom to look at again."""

from collections.abc import Iterator, Mapping

from bihuan.loop.supervise.interval import looked_at, sound_share
from bihuan.model.facts import RecheckAsked, RecheckDrawn, Stratum
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Words
from bihuan.views.known import Known, flag_names
from bihuan.views.shapes import Action, Clock, DeskRow, Named, Shape
from bihuan.views.words import NOTHING, VERBS

FOUND = (
    Named(id="sound", words=Words(zh="属实", en="Sound")),
    Named(id="not-sound", words=Words(zh="不属实", en="Not sound")),
)


class ClosingStratum(Shape, frozen=True):
    """Closings of one unit, those that were flagged apart: how many there were, were drawn, looked at, and not sound."""

    unit: Named
    flagged: bool
    closed: int
    drawn: int
    looked: int
    not_sound: int


class ClosingRow(Shape, frozen=True):
    """Closings of one type in one period, at and under one unit. Rates are of all that were to be closed: closed ones and
    those still open then.

    `low` and `high` are the ends of the 95 % interval of the verified rate. What nobody can say is null, never 0, and `note`
    says why: nothing was closed, nobody has looked at a part of the sample yet, or too few were looked at.
    """

    draw: str
    case_type: Named
    since: int
    until: int
    open: int | None
    closed: int
    flagged: int
    drawn: int
    looked: int
    not_sound: int
    claimed: float | None
    verified: float | None
    low: float | None
    high: float | None
    note: Words
    seed: str
    strata: tuple[ClosingStratum, ...]


MOST_WIDE = 0.5
"""An interval over a larger share of the closings than this leaves nearly everything possible: no rate is given then."""


def closing_rows(known: Known, unit: str = "") -> tuple[ClosingRow, ...]:
    """Newest first, of the cases whose holder is `unit` or lies under it on the tree of duties; nobody named: all there are.

    Draws in which the unit had nothing closed and nothing open are left out.
    """
    rechecks = known.archive.rechecks
    whole = not unit or not known.rules.units[unit].parent  # holders that new packs have dropped are counted here, too
    rows = (_row(known, draw, rechecks.found[draw.draw], "" if whole else unit) for draw in reversed(rechecks.draws.values()))
    return tuple(row for row in rows if row.closed or row.open)


def _row(known: Known, draw: RecheckDrawn, found: Mapping[str, bool], unit: str) -> ClosingRow:
    strata = tuple(part for part in draw.strata if _under(known.rules, part.unit, unit))
    share = sound_share(looked_at(strata, found))
    still_open, closed = _open(known.rules, draw, unit), sum(part.closed for part in strata)
    seen = [found[case] for part in strata for case in part.cases if case in found]
    drawn = sum(len(part.cases) for part in strata)
    claimed = None if still_open is None or not closed + still_open else closed / (closed + still_open)
    certain = bool(closed) and share.high - share.low <= MOST_WIDE
    words = known.rules.cases[draw.case_type].words if draw.case_type in known.rules.cases else None
    return ClosingRow(
        draw=draw.draw,
        case_type=Named(id=draw.case_type, words=words or Words(zh=draw.case_type, en=draw.case_type)),
        since=draw.since,
        until=draw.until,
        open=still_open,
        closed=closed,
        flagged=sum(part.closed for part in strata if part.flagged),
        drawn=drawn,
        looked=len(seen),
        not_sound=seen.count(False),
        claimed=_rate(claimed, 1.0),
        verified=_rate(claimed, share.estimate) if certain else None,
        low=_rate(claimed, share.low) if closed else None,
        high=_rate(claimed, share.high) if closed else None,
        note=_note(claimed is not None, closed, drawn, len(seen), blind=share.estimate is None, certain=certain),
        seed=draw.seed,
        strata=tuple(_stratum(known, part, found) for part in strata),
    )


def _rate(claimed: float | None, share: float | None) -> float | None:
    return None if claimed is None or share is None else round(claimed * share, 4)


def _under(rules: Rules, holder: str, unit: str) -> bool:
    """Whether a holder is a unit or lies under it; under nobody named everybody does."""
    above = holder
    while above and above != unit:
        above = rules.units[above].parent if above in rules.units else ""
    return above == unit


def _open(rules: Rules, draw: RecheckDrawn, unit: str) -> int | None:
    """Cases still open then; None where the fact is too old to say it of one unit."""
    if not unit or not draw.open:
        return draw.open
    return sum(part.cases for part in draw.open_of if _under(rules, part.unit, unit)) if draw.open_of else None


def _note(told: bool, closed: int, drawn: int, looked: int, *, blind: bool, certain: bool) -> Words:
    """Why there is no verified rate; empty where there is one."""
    if not closed:
        return Words(
            zh="本期没有结案，也就没有可回头看的：没有数据，不是 0%",
            en="Nothing was closed in this period, so there is nothing to look at again: no data, which is not 0 %.",
        )
    if not told:
        return Words(
            zh="抽取时没有按单位记下未结案件，算不出这个单位的办结率",
            en="When this was drawn, open cases were not counted by unit: there is no rate of this unit alone.",
        )
    if not looked:
        return Words(
            zh=f"抽中的 {drawn} 件还没有人看过：没有数据，不是 0%",
            en=f"Nobody has looked at any of the {drawn} drawn yet: no data, which is not 0 %.",
        )
    if blind:
        return Words(
            zh="有的层还没人看过，区间按全部属实与全部不属实计",
            en="Nobody has looked at some strata yet: the interval takes them as all sound and as none.",
        )
    if certain:
        return NOTHING
    return Words(
        zh=f"{closed} 件结案只看过 {looked} 件，太少：区间还占一半以上，给不出核实办结率",
        en=f"Of {closed} closings only {looked} were looked at: too few for a rate, the interval still spans more than half.",
    )


def _stratum(known: Known, stratum: Stratum, found: Mapping[str, bool]) -> ClosingStratum:
    seen = [found[case] for case in stratum.cases if case in found]
    return ClosingStratum(
        unit=known.named(stratum.unit),
        flagged=stratum.flagged,
        closed=stratum.closed,
        drawn=len(stratum.cases),
        looked=len(seen),
        not_sound=seen.count(False),
    )


def looks(known: Known, unit: str, now: int) -> Iterator[DeskRow]:
    """What a unit is asked to look at again, for its desk."""
    action = Action(does="found", words=VERBS["found"], needs=("choice", "text"), main=True, units=(unit,), choices=FOUND)
    for asked, since in known.archive.rechecks.asked.get(unit, {}).values():
        yield _look(known, asked, since, now, (action,))


def late_looks(known: Known, unit: str, now: int) -> Iterator[DeskRow]:
    """What units right under this one should have looked at again: it is told, and can only see to it."""
    for other, looks in known.archive.rechecks.asked.items():
        if known.above(other) == unit:
            yield from (_look(known, asked, since, now, ()) for asked, since in looks.values() if now > asked.due)


def _look(known: Known, asked: RecheckAsked, since: int, now: int, actions: tuple[Action, ...]) -> DeskRow:
    case, title = known.book.cases[asked.case], known.speech.case_title(asked.case)
    return DeskRow(
        kind="recheck",
        id=asked.recheck,
        case=case.id,
        title=Words(zh=f"回头看：{title.zh}", en=f"Look again: {title.en}"),
        place=known.spot(case.place),
        level=known.level_of(case),
        state=case.standing,
        clock=Clock(name="recheck", started=since, due=asked.due, overdue=now > asked.due),
        escalated=not actions,
        actions=actions,
        holder=case.unit,
        flags=flag_names(case),
    )
