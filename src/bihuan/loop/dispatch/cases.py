"""Reports, registering, custody and merging: what is done with whole cases."""

from bihuan.loop.case import Case
from bihuan.loop.clocks import due_of
from bihuan.loop.dispatch.state import State
from bihuan.loop.dispatch.tasks import park, send_again, send_parked
from bihuan.loop.life import allowed, of_case
from bihuan.loop.page import Page
from bihuan.loop.routes import Routed, Spot, route
from bihuan.model.facts import (
    AnyBody,
    CaseAccepted,
    CaseGivenBack,
    CaseMerged,
    CaseOffered,
    CaseRegistered,
    CaseRejected,
    CaseReopened,
    CaseReported,
    CaseRouted,
    CaseSeconded,
    CaseUnmerged,
    Commanded,
    Fact,
    OfferWithdrawn,
    PlanExtended,
    Proof,
    Step,
)
from bihuan.pack.schema import CaseType


def register_by(state: State, case: CaseType, now: int) -> int:
    assert case.receive is not None
    return due_of(state.rules, now, case.receive.within)


def hear_report(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    """Take a report of a type that somebody has to register first; the others go straight to their plans."""
    rules = state.rules
    case = rules.cases.get(said.target)
    if case is None or case.receive is None:
        return
    if said.place not in rules.places and said.place not in rules.things:
        page.refuse(fact, f"place '{said.place}' is not known", "Name a place or thing by its code.")
        return
    receiver = f"{rules.above(said.place, case.receive.at)}.{case.receive.role}"
    if receiver not in rules.units or not rules.above(said.place, case.holder) or not rules.above(said.place, case.verify_at):
        page.refuse(fact, f"no unit would receive, hold or check a case at '{said.place}'", "Name a finer place.")
        return
    proof, id = said.proof or Proof(), state.next_case()
    reported = page.write(
        CaseReported(
            case=id,
            case_type=case.id,
            place=said.place,
            unit=receiver,
            register_by=register_by(state, case, page.now),
            text=said.text or proof.text,
            lon=proof.lon,
            lat=proof.lat,
            photo=proof.photo,
        ),
        because=(fact.id,),
        subject=id,
        actor=fact.actor,
    )
    suspect(state, page, reported, state.book.cases[id])


def suspect(state: State, page: Page, fact: Fact, case: Case) -> None:
    """Say once, when a case comes up, which open one it may be the same as. People merge them, or do not."""
    if found := state.near.suspect(case, page.now):
        page.write(found, because=(fact.id, state.book.cases[found.other].fact), subject=case.id)


def hear_case(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    """Take what is done with a case, or say why not and who may do what."""
    case = state.book.cases.get(said.target)
    if case is None:
        page.refuse(fact, f"there is no case '{said.target}'", "Look at the desk for the cases of your unit.")
        return
    if not allowed(page, fact, said, of_case(state.rules, state.book, case), "case", case.standing):
        return
    if trouble := _trouble(state, said, case):
        page.refuse(fact, *trouble)
        return
    taken = page.write(
        _answer(state, page, said, case, fact.actor), because=(fact.id, case.fact), subject=case.id, actor=fact.actor
    )
    if said.does == "register":
        known = state.near.registered_again(case, page.now)
        if known is None:
            _route(state, page, taken, case)
        else:
            _recur(state, page, taken, case, known)
    # At once, as with a task that is returned: the case must not look finished to anybody between.
    elif said.does == "merge":
        park(state, page, taken, case)
    elif said.does == "unmerge":
        send_parked(state, page, taken, case)


def _trouble(state: State, said: Commanded, case: Case) -> tuple[str, str] | None:
    """What is wrong with a legal deed besides: reason and remedy."""
    kind = state.rules.cases[case.type]
    match said.does:
        case "register":
            known = [opening.id for opening in kind.openings]
            if known and said.choice not in known:
                what = f"'{said.choice}' is no opening condition of {kind.id}"
                return what if said.choice else "no opening condition is chosen", f"Choose one of: {', '.join(known)}."
        case "offer":
            return _no_offer(state, said.to, case)
        case "add-task":
            if said.to not in state.rules.units:
                return f"there is no unit '{said.to}'", "Name a unit by its id."
            if state.rules.units[said.to].checker:
                return f"{said.to} checks, so it can never do tasks itself", "Name a unit that does tasks."
        case "merge":
            return _no_merge(state, said.to, case)
        case "reopen" if case.standing == "closed" and not case.runs:
            return "a case without a plan has nothing to go on with", "Report it anew."
    return None


def _no_offer(state: State, to: str, case: Case) -> tuple[str, str] | None:
    units = state.rules.units
    if to not in units:
        return f"there is no unit '{to}'", "Name a unit by its id."
    if to == case.unit:
        return f"{to} holds the case already", "Name another unit."
    if units[to].checker:
        return f"{to} checks, so it can never hold a case", "Name a unit that does tasks."
    if any(task.open and task.sent.verifier == to for task in case.tasks.values()):
        return f"{to} is asked to check this case", "Name a unit outside the checking."
    return None


def _no_merge(state: State, into: str, case: Case) -> tuple[str, str] | None:
    other = state.book.cases.get(into)
    if other is None:
        return f"there is no case '{into}'", "Name the case it is to go on in by its id."
    if other.id == case.id:
        return "a case cannot be merged into itself", "Name the other one."
    if other.type != case.type:
        return f"{into} is a {other.type}, this is a {case.type}", "Only cases of one type are one and the same."
    if other.standing not in ("open", "reported", "offered"):
        return f"{into} is {other.standing}", "Merge into a case that is open."
    if case.merged:
        return f"{', '.join(case.merged)} went on inside this one", "Merge those, or take their merges back, first."
    return None


def _answer(state: State, page: Page, said: Commanded, case: Case, actor: str) -> AnyBody:
    proof, unit = said.proof or Proof(), actor.partition("@")[2]
    match said.does:
        case "register":
            return CaseRegistered(case=case.id, unit=unit, condition=said.choice)
        case "reject":
            return CaseRejected(case=case.id, unit=unit, reason=said.text)
        case "offer":
            kind = state.rules.cases[case.type]
            return CaseOffered(case=case.id, unit=unit, to=said.to, reason=said.text, how=_how(state, case.unit, said.to),
                               answer_by=page.now + kind.answer)  # fmt: skip
        case "accept":
            return CaseAccepted(case=case.id, unit=unit, before=case.unit)
        case "give-back":
            return CaseGivenBack(case=case.id, unit=unit, to=case.unit, reason=said.text)
        case "withdraw":
            return OfferWithdrawn(case=case.id, unit=unit, to=case.offered_to)
        case "merge":
            return CaseMerged(case=case.id, into=said.to, unit=unit, reason=said.text)
        case "unmerge":
            return CaseUnmerged(case=case.id, into=case.merged_into, unit=unit, reason=said.text)
        case "second":
            weight = case.weight + (not state.book.reported(case, actor))
            return CaseSeconded(
                case=case.id, unit=unit, place=said.place or case.place, weight=weight,
                text=said.text, lon=proof.lon, lat=proof.lat, photo=proof.photo,
            )  # fmt: skip
        case "reopen":
            return CaseReopened(
                case=case.id, case_type=case.type, place=case.place, unit=unit, level=case.level, reason=said.text,
                closed_for=page.now - case.closed_at if case.closed_at is not None else 0,
            )  # fmt: skip
        case _:
            return _added(state, said, case)


def _how(state: State, holder: str, to: str) -> str:
    """Up, down or beside, on the tree of duties."""
    units = state.rules.units
    for low, high, how in ((holder, to, "escalate"), (to, holder, "push-down")):
        above = units[low].parent
        while above:
            if above == high:
                return how
            above = units[above].parent
    return "transfer"


def _added(state: State, said: Commanded, case: Case) -> PlanExtended:
    """A task that no plan foresaw, added by the holder to the newest run."""
    run = next(reversed(case.runs))
    kind = state.rules.cases[case.type]
    number = sum(step.text != "" for _, step, _ in case.waiting) + sum(task.sent.text != "" for task in case.tasks.values())
    step = Step(
        step=f"added-{number + 1}",
        unit=said.to,
        verifier=f"{state.rules.above(case.place, kind.verify_at)}.{kind.verify}",
        place=case.place,
        sign_in=max(said.span // 4, 1),
        done_in=said.span,
        proof=("text",),
        text=said.text,
    )
    return PlanExtended(run=run, plan=case.runs[run].plan, place=case.place, level=case.level, steps=(step,))


def _route(state: State, page: Page, fact: Fact, case: Case) -> None:
    """A registered case needs a holder before its plan starts."""
    spot = Spot(place=case.place, at=case.position)
    found = route(state.rules, state.rules.cases[case.type], state.rules.calm, spot, page.now)
    page.write(routed(case.id, found), because=(fact.id,), subject=case.id)


def routed(case: str, found: Routed) -> CaseRouted:
    return CaseRouted(case=case, unit=found.unit, route=found.route, matched=found.matched, not_matched=found.not_matched)


def _recur(state: State, page: Page, fact: Fact, case: Case, known: Case) -> None:
    """A registered report is trouble that was closed and is still watched: the old case is open again, with this in it."""
    assert known.closed_at is not None
    reopened = page.write(
        CaseReopened(
            case=known.id, case_type=known.type, place=known.place, unit=known.unit, level=known.level,
            reason=f"{case.id}: {case.text}" if case.text else case.id, closed_for=page.now - known.closed_at,
        ),
        because=(fact.id, known.fact),
        subject=known.id,
    )  # fmt: skip
    merged = CaseMerged(case=case.id, into=known.id, unit=fact.actor.partition("@")[2], reason="recurred")
    page.write(merged, because=(reopened.id,), subject=case.id)
    send_again(state, page, known, reopened)
