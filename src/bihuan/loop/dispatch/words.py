"""Dispatch's words: which verb leads to which fact, and what a refusal says."""

VERBS = {"sign": "sign it", "arrive": "report arrival", "claim": "report it done", "return": "return it"}

FINISHED = frozenset({"claimed", "verified", "released", "returned"})
"""States of a task after which steps that come `after` it may be sent."""


def next_steps(may: tuple[str, ...], unit: str) -> str:
    """Who may do what now, for the remedy of a refusal."""
    if not may:
        return "Nothing more is asked of anybody for this task."
    said = " or ".join(VERBS.get(verb, verb) for verb in may)
    return f"{unit} may {said} now."
