"""Appeals: a scored unit says that a case should not count against it, and the unit above decides, with a reason each."""

from bihuan.loop.clocks import due_of
from bihuan.loop.evaluate.scoring import counted, id_of
from bihuan.loop.evaluate.state import Appeal, Publication, State
from bihuan.loop.page import Page
from bihuan.model.facts import AppealDecided, Commanded, Fact, ScoreAppealed
from bihuan.model.times import iso
from bihuan.pack.trouble import known_names

CHOICES = ("upheld", "changed")
"""The score is upheld, or changed as the appeal asks."""


def hear_appeal(state: State, page: Page, fact: Fact, said: Commanded) -> None:
    """`target` is the fact that published the score (any version), `choice` an item, `to` a case or task counted in it."""
    known = state.published.get(state.version.get(said.target, ("", 0)))
    unit = fact.actor.partition("@")[2]
    if known is None:
        page.refuse(fact, f"there is no published score '{said.target}'", "Take the fact's id from the page of scores.")
    elif (
        trouble := _late(state, page, known) or _foreign(state, known, unit) or _not_counted(state, known, unit, said)
    ) is not None:
        page.refuse(fact, *trouble)
    elif not said.text:
        page.refuse(fact, "an appeal needs a reason", "Say in the text why it should not count; then send it again.")
    else:
        _write(state, page, fact, said, known, unit)


def _write(state: State, page: Page, fact: Fact, said: Commanded, known: Publication, unit: str) -> None:
    task = state.book.tasks.get(said.to)
    body = known.body
    page.write(
        ScoreAppealed(
            appeal=f"{state.rules.origin}-A{len(state.appeals) + 1:05d}",
            scorecard=body.scorecard,
            since=body.since,
            until=body.until,
            unit=unit,
            item=said.choice,
            case=task.sent.case if task else said.to,
            task=task.id if task else "",
            to=_above(state, unit),
            reason=said.text,
            due=due_of(state.rules, page.now, state.rules.scorecards[body.scorecard].decide_in),
        ),
        because=(fact.id, known.newest),
        subject=body.scorecard,
        actor=fact.actor,
    )


Trouble = tuple[str, str] | None
"""Why not, and who may do what instead."""


def _late(state: State, page: Page, known: Publication) -> Trouble:
    card = state.rules.scorecards.get(known.body.scorecard)
    if card is None:
        return f"the scorecard '{known.body.scorecard}' is declared no more", "Ask who keeps the packs."
    end = due_of(state.rules, known.at, card.appeal)
    if page.now <= end:
        return None
    until = iso(end, state.rules.zone)[:16].replace("T", " ")
    return f"appeals against this score were heard until {until}", "It stands. Against the next one its units may appeal again."


def _foreign(state: State, known: Publication, unit: str) -> Trouble:
    if unit not in known.body.units:
        known_units = state.rules.units.get(unit)
        card = state.rules.scorecards[known.body.scorecard]
        scored = state.rules.above(known_units.place, card.units) if known_units else ""
        return f"this score does not score {unit}", f"{scored or 'A unit that it scores'} may appeal for itself."
    if not _above(state, unit):
        return f"nobody stands above {unit} who could decide", "Its score stands."
    return None


def _not_counted(state: State, known: Publication, unit: str, said: Commanded) -> Trouble:
    item = next((item for item in known.body.items if item.item == said.choice), None)
    if item is None:
        names = [item.item for item in known.body.items]
        return f"this score has no item '{said.choice}'", f"Name one in 'choice'. {known_names('items', said.choice, names)}"
    lines = [line for line, verdict in counted(known.body, item, unit) if isinstance(verdict, bool)]
    fitting = {id_of(line) for line in lines} | {line.case for line in lines}
    if said.to not in fitting:
        named = f"'{said.to}' is not counted" if said.to else "an appeal names a case or task"
        some = ", ".join(id_of(line) for line in lines[:5]) + (" ..." if len(lines) > 5 else "")
        return f"{named} in '{item.item}' of {unit}", f"Name it in 'to'. Counted there: {some or 'nothing'}."
    open_ = next((one for one in state.appeals.values() if not one.decided and _same(one, known, unit, said)), None)
    if open_ is not None:
        return f"this appeal was made already ({open_.body.appeal})", f"{open_.body.to} may decide it now."
    return None


def _same(one: Appeal, known: Publication, unit: str, said: Commanded) -> bool:
    body = one.body
    key = body.scorecard, body.since, body.unit, body.item
    return key == (known.body.scorecard, known.body.since, unit, said.choice) and said.to in (body.task or body.case, body.case)


def hear_ruling(state: State, page: Page, fact: Fact, said: Commanded) -> Fact | None:
    """`target` is an appeal, `choice` one of CHOICES. Answers the decision; None where it was refused."""
    appeal = state.appeals.get(said.target)
    unit = fact.actor.partition("@")[2]
    if appeal is None:
        page.refuse(fact, f"there is no appeal '{said.target}'", "Look at the page of scores for appeals that wait.")
    elif appeal.decided:
        page.refuse(fact, f"the appeal {said.target} was decided already", "Nothing more is asked of anybody for it.")
    elif unit != appeal.body.to:
        page.refuse(fact, f"this appeal is not {unit}'s to decide", f"{appeal.body.to} may decide it now.")
    elif said.choice not in CHOICES:
        page.refuse(fact, f"'{said.choice}' is no decision", "Choose 'upheld' (the score stands) or 'changed'.")
    elif not said.text:
        page.refuse(fact, "a decision needs a reason", "Say why in the text; then send it again.")
    elif said.choice == "changed" and (appeal.body.scorecard, appeal.body.since) not in state.published:
        page.refuse(fact, "this score is too old to be corrected", "Choose 'upheld'.")
    else:
        return page.write(
            AppealDecided(appeal=said.target, unit=unit, granted=said.choice == "changed", reason=said.text),
            because=(fact.id, appeal.fact),
            subject=appeal.body.scorecard,
            actor=fact.actor,
        )
    return None


def _above(state: State, unit: str) -> str:
    known = state.rules.units.get(unit)
    return known.parent if known else ""
