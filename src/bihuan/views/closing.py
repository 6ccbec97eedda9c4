"""The verified closing rate beside the claimed one, draw by draw, and what is asked of whom to look at again."""

from collections.abc import Iterator, Mapping

from bihuan.loop.supervise.interval import looked_at, sound_share
from bihuan.model.facts import RecheckDrawn, Stratum
from bihuan.pack.schema import Words
from bihuan.views.known import Known, flag_names
from bihuan.views.shapes import Action, Clock, DeskRow, Named, Shape
from bihuan.views.words import VERBS

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
    """Closings of one type in one period. Rates are of all that were to be closed: closed ones and those still open then.

    `low` and `high` are the ends of the 95 % interval of the verified rate; `verified` is null while a part of the sample
    in which nobody has looked yet could be anything.
    """

    draw: str
    case_type: Named
    since: int
    until: int
    open: int
    closed: int
    flagged: int
    drawn: int
    looked: int
    not_sound: int
    claimed: float
    verified: float | None
    low: float
    high: float
    seed: str
    strata: tuple[ClosingStratum, ...]


def closing_rows(known: Known) -> tuple[ClosingRow, ...]:
    """Newest first."""
    rechecks = known.archive.rechecks
    return tuple(_row(known, draw, rechecks.found[draw.draw]) for draw in reversed(rechecks.draws.values()))


def _row(known: Known, draw: RecheckDrawn, found: dict[str, bool]) -> ClosingRow:
    share = sound_share(looked_at(draw, found))
    closed = sum(stratum.closed for stratum in draw.strata)
    claimed = closed / (closed + draw.open)
    words = known.rules.cases[draw.case_type].words if draw.case_type in known.rules.cases else None
    return ClosingRow(
        draw=draw.draw,
        case_type=Named(id=draw.case_type, words=words or Words(zh=draw.case_type, en=draw.case_type)),
        since=draw.since,
        until=draw.until,
        open=draw.open,
        closed=closed,
        flagged=sum(stratum.closed for stratum in draw.strata if stratum.flagged),
        drawn=sum(len(stratum.cases) for stratum in draw.strata),
        looked=len(found),
        not_sound=sum(not sound for sound in found.values()),
        claimed=round(claimed, 4),
        verified=None if share.estimate is None else round(claimed * share.estimate, 4),
        low=round(claimed * share.low, 4),
        high=round(claimed * share.high, 4),
        seed=draw.seed,
        strata=tuple(_stratum(known, stratum, found) for stratum in draw.strata),
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
    for asked, since in known.archive.rechecks.asked.get(unit, {}).values():
        case, title = known.book.cases[asked.case], known.speech.case_title(asked.case)
        action = Action(does="found", words=VERBS["found"], needs=("choice", "text"), main=True, units=(unit,), choices=FOUND)
        yield DeskRow(
            kind="recheck",
            id=asked.recheck,
            case=case.id,
            title=Words(zh=f"回头看：{title.zh}", en=f"Look again: {title.en}"),
            place=known.spot(case.place),
            level=known.level_of(case),
            state=case.standing,
            clock=Clock(name="recheck", started=since, due=asked.due, overdue=now > asked.due),
            escalated=False,
            actions=(action,),
            holder=case.unit,
            flags=flag_names(case),
        )
