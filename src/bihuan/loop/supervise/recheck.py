"""Looking again 回头看: a random sample of closed cases is looked at on the spot by units that had no part in them.

Who is drawn cannot be known before the period is over: the seed is a digest of every closing in it. Afterwards anybody can
draw it again. Closings that were flagged are all looked at; of the others a share of each stratum.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from bihuan.loop.case import Case
from bihuan.loop.casebook import Casebook
from bihuan.loop.clocks import due_of
from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.life import May, allowed
from bihuan.loop.page import Page
from bihuan.model.facts import (
    CaseClosed,
    CaseReopened,
    Commanded,
    CreditReversed,
    Fact,
    Proof,
    RecheckAsked,
    RecheckDone,
    RecheckDrawn,
    StillOpen,
    Stratum,
)
from bihuan.model.times import local_floor
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Recheck

FOUND = ("sound", "not-sound")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A case that was closed and still counts as closed, for the unit that held it."""

    case: str
    at: int
    """When it was recorded: what is heard of late belongs to a period that is not drawn yet."""
    unit: str
    fact: str


@dataclass(kw_only=True)
class Look:
    """One case that is to be looked at again."""

    asked: RecheckAsked
    fact: str
    closing: str
    """The fact that closed the case: what is looked at is that closing, and no later one."""
    found: str = ""


class Closings(Hearer):
    """What re-checks remember: closings that count, those whose period is not drawn yet, and what is asked of whom."""

    def __init__(self, rules: Rules, book: Casebook) -> None:
        self._rules = rules
        self._book = book
        self.standing: dict[str, Closing] = {}
        self.waiting: dict[str, dict[str, Closing]] = {}
        """Case type -> case -> its closing, not drawn from yet."""
        self.looks: dict[str, Look] = {}
        self.draws = 0

    @hears(CaseClosed)
    def _close(self, fact: Fact, body: CaseClosed) -> None:
        closing = Closing(case=body.case, at=fact.recorded_at, unit=body.unit, fact=fact.id)
        self.standing[body.case] = closing
        if self.rule_of(body.case_type):
            self.waiting.setdefault(body.case_type, {})[body.case] = closing

    @hears(CreditReversed)
    def _reverse(self, fact: Fact, body: CreditReversed) -> None:
        self.standing.pop(body.case, None)

    @hears(RecheckDrawn)
    def _draw(self, fact: Fact, body: RecheckDrawn) -> None:
        self.draws += 1
        waiting = self.waiting.get(body.case_type, {})
        self.waiting[body.case_type] = {case: one for case, one in waiting.items() if one.at >= body.until}

    @hears(RecheckAsked)
    def _ask(self, fact: Fact, body: RecheckAsked) -> None:
        self.looks[body.recheck] = Look(asked=body, fact=fact.id, closing=self.standing[body.case].fact)

    @hears(RecheckDone)
    def _find(self, fact: Fact, body: RecheckDone) -> None:
        self.looks[body.recheck].found = body.found

    def drawn_at(self, case_type: str, closed: int) -> int | None:
        """When the period that a closing was recorded in is over; None where none is drawn from."""
        rule = self.rule_of(case_type)
        return local_floor(closed, rule.every, self._rules.zone) + rule.every if rule else None

    def rule_of(self, case_type: str) -> Recheck | None:
        kind = self._rules.cases.get(case_type)
        return kind.recheck if kind else None

    def of_period(self, case_type: str, until: int) -> list[Closing]:
        """Closings before `until` that were not drawn from yet and still count, in the order they were made."""
        waiting = self.waiting.get(case_type, {})
        return [one for one in waiting.values() if one.at < until and self.counts(one.case, one.fact)]

    def counts(self, case: str, closing: str) -> bool:
        known = self.standing.get(case)
        return known is not None and known.fact == closing

    def wanted(self, id: str) -> bool:
        """Whether a look again is still asked of somebody."""
        look = self.looks.get(id)
        return look is not None and not look.found and self.counts(look.asked.case, look.closing)


# --- drawing --------------------------------------------------------------------------------------------------


def draw(closings: Closings, rules: Rules, book: Casebook, page: Page, case_type: str, until: int) -> None:
    """The period is over: draw from its closings, and ask for each that was drawn."""
    rule, frame = closings.rule_of(case_type), closings.of_period(case_type, until)
    if rule is None or not frame:
        return
    seed = seed_of(rules.origin, case_type, until, frame)
    id = f"{rules.origin}-D{closings.draws + 1:05d}"
    still_open = Counter(case.unit for case in book.cases.values() if case.type == case_type and case.open)
    drawn = page.write(
        RecheckDrawn(
            draw=id,
            case_type=case_type,
            since=min(until - rule.every, frame[0].at),
            until=until,
            seed=seed,
            open=still_open.total(),
            open_of=tuple(StillOpen(unit=unit, cases=still_open[unit]) for unit in sorted(still_open)),
            strata=sample(frame, {one.case for one in frame if book.cases[one.case].flags}, rule, seed),
        ),
        because=(frame[-1].fact,),
        subject=id,
    )
    assert isinstance(drawn.body, RecheckDrawn)
    for case in (book.cases[case] for stratum in drawn.body.strata for case in stratum.cases):
        if unit := _who(rules, rule, case):
            page.write(
                RecheckAsked(
                    recheck=f"{rules.origin}-K{len(closings.looks) + 1:06d}",
                    draw=id,
                    case=case.id,
                    place=case.place,
                    unit=unit,
                    due=due_of(rules, page.now, rule.within),
                ),
                because=(drawn.id, case.fact),
                subject=case.id,
            )


def seed_of(origin: str, case_type: str, until: int, frame: Iterable[Closing]) -> str:
    """The seed of a draw: SHA-256 over the centre, the type, the end of the period and every closing in it."""
    said = [f"{origin} {case_type} {until}", *(f"{one.case} {one.fact} {one.at}" for one in frame)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def sample(frame: Sequence[Closing], flagged: set[str], rule: Recheck, seed: str) -> tuple[Stratum, ...]:
    """Strata by the unit that held the case, flagged closings apart; in each the lowest by SHA-256 of seed and case.

    Flagged ones are all taken: a sample of them would only blur what is most in doubt.
    """
    strata: dict[tuple[str, bool], list[str]] = {}
    for one in frame:
        strata.setdefault((one.unit, one.case in flagged), []).append(one.case)
    out = []
    for (unit, odd), cases in sorted(strata.items()):
        size = len(cases) if odd else min(len(cases), max(rule.least, ceil(round(rule.share * len(cases), 9))))
        out.append(Stratum(unit=unit, flagged=odd, closed=len(cases), cases=lowest(cases, seed)[:size]))
    return tuple(out)


def lowest(cases: Iterable[str], seed: str) -> tuple[str, ...]:
    """Cases in the order of the SHA-256 of seed and case: the order in which they are drawn."""
    return tuple(sorted(cases, key=lambda case: hashlib.sha256(f"{seed} {case}".encode()).digest()))


def _who(rules: Rules, rule: Recheck, case: Case) -> str:
    """The department that looks again, at the declared level or the next one above, that had no part in the case.

    Empty where there is none, and where new packs have dropped the place.
    """
    if case.place not in rules.places and case.place not in rules.things:
        return ""
    had_part = case.doers | {task.verified_by for task in case.tasks.values()}
    levels = [level.id for level in rules.place_levels]
    for level in reversed(levels[: levels.index(rule.at) + 1]):
        unit = f"{rules.above(case.place, level)}.{rule.role}"
        if unit in rules.units and unit not in had_part:
            return unit
    return ""


# --- what was found -------------------------------------------------------------------------------------------


def hear_found(closings: Closings, page: Page, fact: Fact, said: Commanded) -> None:
    """Take what was found on the spot, or say why not and who may say it."""
    look = closings.looks.get(said.target)
    if look is None:
        page.refuse(fact, f"there is no look again '{said.target}'", "Look at the desk for the cases to be looked at again.")
        return
    asked = look.asked
    if not look.found and not closings.counts(asked.case, look.closing):
        page.refuse(fact, "the case was reopened since: this closing does not count any more", "Nothing more is asked here.")
        return
    needs = ("reason",) if said.choice == "not-sound" else ()
    may = () if look.found else (May(does="found", units=(asked.unit,), posts=(), needs=needs),)
    if not allowed(page, fact, said, may, "look again", look.found or "asked"):
        return
    if said.choice not in FOUND:
        page.refuse(fact, f"'{said.choice}' is nothing that can be found", f"Choose one of: {', '.join(FOUND)}.")
        return
    proof = said.proof or Proof()
    done = RecheckDone(
        recheck=asked.recheck, draw=asked.draw, case=asked.case, unit=asked.unit, found=said.choice,
        text=said.text or proof.text, photo=proof.photo, lon=proof.lon, lat=proof.lat,
    )  # fmt: skip
    credited = closings.standing[asked.case].unit
    found = page.write(done, because=(fact.id, look.fact), subject=asked.case, actor=fact.actor)
    if said.choice == "not-sound":
        _reverse(page, found, asked.case, credited, "not-sound")


def take_back(closings: Closings, page: Page, fact: Fact, body: CaseReopened) -> None:
    """A closed case is open again: it does not count as closed any more."""
    if (closing := closings.standing.get(body.case)) is not None:
        _reverse(page, fact, body.case, closing.unit, "recurred" if body.run else "reopened")


def _reverse(page: Page, fact: Fact, case: str, unit: str, reason: str) -> None:
    page.write(CreditReversed(case=case, unit=unit, reason=reason), because=(fact.id,), subject=case)
