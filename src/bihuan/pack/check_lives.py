"""Checks of lives: every verb leads where the kernel takes it, work can be checked, and nobody is stuck."""

from collections.abc import Iterable

from bihuan.pack.checking import Check
from bihuan.pack.schema import Life, Move
from bihuan.pack.trouble import known_names

CASE_VERBS = {
    "register": {"open"},
    "reject": {"rejected"},
    "offer": {"offered"},
    "accept": {"open"},
    "give-back": {"open"},
    "withdraw": {"open"},
    "add-task": {"open"},
    "merge": {"merged"},
    "unmerge": {"open"},
    "second": {"open"},
    "reopen": {"open", "reported"},
}
"""What a move of a case may lead to. The kernel owns the effect; the table says from where, by whom, and with what."""

TASK_VERBS = {
    "sign": {"signed"},
    "arrive": {"arrived"},
    "claim": {"claimed"},
    "return": {"returned"},
    "ask-extension": {"signed"},
    "ask-hold": {"signed"},
    "grant": {"held"},
    "deny": {"signed"},
    "resume": {"signed"},
    "verify": {"verified"},
    "send-back": {"sent-back"},
}
CASE_STATES = ("reported", "open", "offered", "rejected", "merged", "closed")
TASK_STATES = ("sent", "signed", "arrived", "claimed", "sent-back", "held", "verified", "returned")
ENDS = {"verified", "returned"}
CHECKS = ("verify", "send-back")


def check_lives(check: Check) -> None:
    if check.draft.cases.items and not check.draft.lives.items:
        check.say("packs", "no pack declares a life of cases.", "Load the base pack too.")
    for key, life in check.draft.lives.items.items():
        _moves(check, key, "case", life.case, CASE_VERBS, CASE_STATES)
        _moves(check, key, "task", life.task, TASK_VERBS, TASK_STATES)
        _honest(check, key, life)
        _no_dead_end(check, key, life)


def _moves(check: Check, key: str, of: str, moves: Iterable[Move], verbs: dict[str, set[str]], states: tuple[str, ...]) -> None:
    for number, move in enumerate(moves):
        where = check.draft.lives.where(key, of, number)
        said = f"life '{key}', {of}, '{move.does}'"
        if move.does not in verbs:
            check.say(where, f"{said} is nothing anybody can do to a {of}.", known_names("verbs", move.does, verbs))
            continue
        if move.to not in verbs[move.does]:
            leads = " or ".join(sorted(verbs[move.does]))
            check.say(where, f"{said} leads to '{move.to}', but its effect is '{leads}'.", f"Write 'to: {leads}'.")
        for state in move.from_:
            if state not in states:
                what = f"{said} begins in '{state}', which is no state of a {of}."
                check.say(where, what, known_names("states", state, states))


def _honest(check: Check, key: str, life: Life) -> None:
    """Done is not closed: only the verifier says that work is done, only of what was claimed."""
    for number, move in enumerate(life.task):
        if move.does in CHECKS and (move.who != "verifier" or move.from_ != ("claimed",)):
            what = f"life '{key}' lets '{move.who}' {move.does} a task that is {' or '.join(move.from_)}."
            check.say(check.draft.lives.where(key, "task", number), what, "Only the verifier may, and only what was claimed.")
        if move.who == "verifier" and move.does not in CHECKS:
            what = f"life '{key}' lets the verifier {move.does} a task: then nobody would be left to check it."
            check.say(check.draft.lives.where(key, "task", number), what, "Give it to the doer, holder or approver.")


def _no_dead_end(check: Check, key: str, life: Life) -> None:
    """From every state a task can reach, `verified` can be reached."""
    if "arrive" not in {move.does for move in life.task} and any(
        step.arrive for plan in check.draft.plans.items.values() for step in plan.steps
    ):
        check.say(check.draft.lives.where(key), f"life '{key}' has no 'arrive', which plans ask for.", "Add the move.")
    ways: dict[str, set[str]] = {}
    for move in life.task:
        for state in move.from_:
            ways.setdefault(state, set()).add(move.to)
    reached, new = {"sent"}, {"sent"}
    while new:
        new = {to for state in new for to in ways.get(state, ())} - reached
        reached |= new
    for state in TASK_STATES:
        if state in reached and state not in ENDS and not _leads(state, "verified", ways):
            check.say(
                check.draft.lives.where(key),
                f"life '{key}': a task that is {state} can never be verified, so its case never closes.",
                "Add the moves that lead from there to 'verified'.",
            )


def _leads(state: str, end: str, ways: dict[str, set[str]]) -> bool:
    seen, new = {state}, {state}
    while new and end not in seen:
        new = {to for one in new for to in ways.get(one, ())} - seen
        seen |= new
    return end in seen
