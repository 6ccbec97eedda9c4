"""Who may do what to a case or a task now: the life of its type as a table, held against how it stands.

There is one gatekeeper for every verb of every post. What the table does not have is refused, and the refusal says what it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.loop.case import Case, Task
from bihuan.loop.casebook import Casebook
from bihuan.loop.page import Page
from bihuan.model.facts import Commanded, Fact, Proof
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Move

SAYS = {
    "register": "register it", "reject": "reject it", "offer": "offer it to another unit", "accept": "accept it",
    "give-back": "give it back", "withdraw": "withdraw the offer", "add-task": "add a task", "merge": "merge it into another",
    "unmerge": "take the merge back", "second": "report the same", "reopen": "reopen it", "sign": "sign it",
    "arrive": "report arrival", "claim": "report it done", "return": "return it", "ask-extension": "ask for more time",
    "ask-hold": "ask to put it on hold", "grant": "grant it", "deny": "deny it", "resume": "let it go on",
    "verify": "verify it", "send-back": "send it back", "found": "say what was found",
    "start": "start a plan", "pause": "pause a plan", "go-on": "let a plan go on",
    "appeal": "appeal against it", "decide": "decide the appeal",
}  # fmt: skip
"""How a verb is said in a refusal."""

MISSING = {
    "reason": "Say why in the text.",
    "unit": "Name a unit in 'to'.",
    "case": "Name the other case in 'to'.",
    "span": "Say for how long in 'span', in milliseconds.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """One thing that may be done now, and by which units; no unit: by any."""

    does: str
    units: tuple[str, ...]
    posts: tuple[str, ...]
    needs: tuple[str, ...]


def of_task(rules: Rules, book: Casebook, task: Task) -> tuple[May, ...]:
    """What may be done to a task now, the main way on first."""
    case = book.case_of(task)
    if case.merged_into or (case.closed_at is not None and task.sent.form != "notice"):
        return ()
    who = {
        "doer": (task.unit,),
        "verifier": (task.sent.verifier,),
        "holder": (case.unit,),
        "above": (_above(rules, case.unit),),
        "approver": (task.request.to,) if task.request else (),
        "anyone": (),
    }
    life = rules.life_of(rules.cases[case.type])
    out = []
    for move in life.task:
        if task.state in move.from_ and _makes_sense(task, move):
            out.append(May(does=move.does, units=who[move.who], posts=move.posts, needs=_needs(move, task)))
    return tuple(out)


def _makes_sense(task: Task, move: Move) -> bool:
    match move.does:
        case "sign":
            return True
        case "arrive":
            return task.sent.arrive_by is not None
        case "resume":
            return not task.paused  # the plan goes on, not this task alone
        case "claim":
            return task.state != "signed" or task.sent.arrive_by is None
        case "grant" | "deny":
            return task.request is not None
        case "ask-extension" | "ask-hold":
            return task.request is None and not task.sent.form
        case "return":
            return task.sent.form != "notice"  # what is only to be known cannot be given to somebody else
        case _:
            return True


def _needs(move: Move, task: Task) -> tuple[str, ...]:
    out: list[str] = []
    for need in move.needs:
        out.extend(task.sent.proof if need == "proof" else (need,))
    return tuple(out)


def of_case(rules: Rules, book: Casebook, case: Case) -> tuple[May, ...]:
    """What may be done to a case now. One that was merged is in the hands of who has the other."""
    inside = book.cases[case.merged_into] if case.merged_into else case
    holder = inside.unit or inside.receiver
    who = {
        "receiver": tuple(unit for unit in (case.receiver, case.asked_above) if unit),
        "holder": (holder,),
        "offered": tuple(unit for unit in (case.offered_to,) if unit),
        "above": (_above(rules, holder),),
        "anyone": (),
    }
    life = rules.life_of(rules.cases[case.type])
    state = case.standing
    return tuple(
        May(does=move.does, units=who[move.who], posts=move.posts, needs=move.needs)
        for move in life.case
        if state in move.from_
    )


def allowed(page: Page, fact: Fact, said: Commanded, mays: Sequence[May], what: str, state: str) -> bool:
    """Whether a command is one of `mays`, by that unit and post, with all it needs; if not, it is refused with what is.

    `what` is what the command is about ("task", "case"), `state` how that stands.
    """
    post, _, unit = fact.actor.partition("@")
    fitting = [may for may in mays if may.does == said.does]
    if not fitting:
        page.refuse(fact, f"a {what} that is {state} cannot be '{said.does}'", next_steps(mays, what))
        return False
    own = [may for may in fitting if not may.units or unit in may.units]
    if not own:
        page.refuse(fact, f"this {what} is not {unit}'s to {said.does}", next_steps(mays, what))
        return False
    rightful = [may for may in own if not may.posts or post in may.posts]
    if not rightful:
        posts = " or ".join(dict.fromkeys(f"{name}@{unit}" for may in own for name in may.posts))
        page.refuse(fact, f"the post '{post}' may not {said.does} a {what}", f"{posts} may.")
        return False
    lacking = missing(rightful[0].needs, said)
    if proof := [need for need in lacking if need not in MISSING]:
        page.refuse(fact, f"proof is missing: {', '.join(proof)}", "Bring it and report again; nothing was changed.")
    elif lacking:
        page.refuse(fact, f"to {said.does} a {what} needs a {' and a '.join(lacking)}", MISSING[lacking[0]])
    return not lacking


def next_steps(mays: Sequence[May], what: str) -> str:
    """Who may do what now, for the remedy of a refusal."""
    by_units: dict[str, list[str]] = {}
    for may in mays:
        by_units.setdefault(" or ".join(may.units) or "any unit", []).append(SAYS.get(may.does, may.does))
    said = "; ".join(f"{units} may {' or '.join(verbs)}" for units, verbs in by_units.items())
    return f"{said} now." if said else f"Nothing more is asked of anybody for this {what}."


def missing(needs: Sequence[str], said: Commanded) -> list[str]:
    """Which of `needs` a command does not bring."""
    proof = said.proof or Proof()
    has = {
        "reason": bool(said.text),
        "unit": bool(said.to),
        "case": bool(said.to),
        "span": said.span > 0,
        "photo": bool(proof.photo),
        "text": bool(proof.text),
        "count": proof.count is not None,
        "position": proof.lon is not None and proof.lat is not None,
    }
    return [need for need in needs if not has[need]]


def _above(rules: Rules, unit: str) -> str:
    """The unit above on the tree of duties; at the top the unit itself."""
    known = rules.units.get(unit)
    return known.parent if known and known.parent else unit
