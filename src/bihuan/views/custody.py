"""Who held a case when, who was offered it, and who reported it: told from its facts."""

from collections.abc import Iterator

from bihuan.loop.case import Case
from bihuan.model.facts import CaseAccepted, CaseOffered, CaseOpened, CaseReported, CaseRouted, CaseSeconded, Fact
from bihuan.pack.schema import Words
from bihuan.views.known import Known
from bihuan.views.shapes import Held, OfferView, Report

HOW = {
    "transfer": Words(zh="平级移交", en="transferred"),
    "escalate": Words(zh="上报上级", en="escalated"),
    "push-down": Words(zh="下派下级", en="pushed down"),
}
OPENED = Words(zh="开案即主办", en="from the start")
ROUTED = Words(zh="立案后分派", en="by its route")


def custody(known: Known, case: Case) -> tuple[Held, ...]:
    """Every holder in order. The last one holds it still, or held it when it closed."""
    took = list(_taken(known, case))
    ends = [*(at for _, at, _ in took[1:]), case.closed_at][: len(took)]
    return tuple(
        Held(unit=known.named(unit), since=since, until=until, how=how)
        for (unit, since, how), until in zip(took, ends, strict=True)
    )


def _taken(known: Known, case: Case) -> Iterator[tuple[str, int, Words]]:
    """(unit, since, how it came to it)."""
    offered = ""
    for fact in known.archive.about(case.id):
        match fact.body:
            case CaseOpened(case=case.id) as body:
                yield body.unit, fact.at, OPENED
            case CaseRouted(case=case.id) as body:
                yield body.unit, fact.at, ROUTED
            case CaseOffered(case=case.id) as body:
                offered = body.how
            case CaseAccepted(case=case.id) as body:
                yield body.unit, fact.at, HOW.get(offered, HOW["transfer"])
            case _:
                pass


def offer(known: Known, case: Case) -> OfferView | None:
    made = case.offer
    if made is None:
        return None
    return OfferView(to=known.named(made.to), how=made.how, reason=made.reason, answer_by=made.answer_by)


def reports(known: Known, case: Case) -> tuple[Report, ...]:
    """The report that started it and all that said the same, oldest first."""
    return tuple(
        _report(known, fact, fact.body)
        for fact in known.archive.about(case.id)
        if isinstance(fact.body, CaseReported | CaseSeconded)
    )


def _report(known: Known, fact: Fact, body: CaseReported | CaseSeconded) -> Report:
    by = known.speech.actor(fact.actor)
    return Report(at=fact.at, by=by, text=body.text, lon=body.lon, lat=body.lat, photo=body.photo)
