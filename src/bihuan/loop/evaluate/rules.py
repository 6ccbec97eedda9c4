"""Evaluate decides: when a period has ended, every unit's score by the declared formula; corrections; and hears appeals."""

from collections.abc import Sequence

from msgspec.structs import replace

from bihuan.loop.evaluate import appeals
from bihuan.loop.evaluate.scoring import scored
from bihuan.loop.evaluate.sheets import credit_of, sheet
from bihuan.loop.evaluate.state import Publication, State
from bihuan.loop.hearing import Answers, answered
from bihuan.loop.page import Page
from bihuan.model.facts import Commanded, CountedCase, Fact, Ruling, ScorePublished


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    answered(ANSWERS, state, news, page)
    for card in state.rules.scorecards.values():
        while (until := state.end_of(card.id)) is not None and page.now >= until:
            body = sheet(state, card, state.until[card.id], until, page.last)
            closes = [fact for at, fact in state.closes if body.since < at <= until]
            page.write(replace(body, rows=scored(body)), because=closes, subject=card.id, at=until)
            _correct_credit(state, page, card.id)


# --- corrected versions ---------------------------------------------------------------------------------------


def _correct_credit(state: State, page: Page, card: str) -> None:
    """Closings whose credit was taken back since they were published go out of the period they were credited in."""
    for known in [known for known in state.published.values() if known.body.scorecard == card]:
        cases, because = [], []
        for case in known.body.cases:
            why = "" if case.credit or case.closed_at is None else credit_of(state, case.case, case.closed_at)
            cases.append(replace(case, credit=why) if why else case)
            if why:
                because.append(_reversal(state, case))
        if because:
            _correct(state, page, known, replace(known.body, cases=tuple(cases)), because)


def _reversal(state: State, case: CountedCase) -> str:
    assert case.closed_at is not None
    return next(fact for at, _, fact in state.reversed[case.case] if at >= case.closed_at)


def _hear(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    if said.does == "appeal":
        appeals.hear_appeal(state, page, fact, said)
    elif said.does == "decide":
        _hear_ruling(state, page, fact, said)


def _hear_ruling(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    decided = appeals.hear_ruling(state, page, fact, said)
    if decided is None or said.choice != "changed":
        return
    body = state.appeals[said.target].body
    known = state.published[body.scorecard, body.since]
    ruling = Ruling(appeal=body.appeal, unit=body.unit, item=body.item, id=body.task or body.case)
    _correct(state, page, known, replace(known.body, rulings=(*known.body.rulings, ruling)), [decided.id])


def _correct(state: State, page: Page, known: Publication, body: ScorePublished, because: Sequence[str]) -> None:
    body = replace(body, corrects=known.first, through=page.last)
    page.write(replace(body, rows=scored(body)), because=(known.first, *because), subject=body.scorecard)


ANSWERS: Answers = {Commanded: _hear}
