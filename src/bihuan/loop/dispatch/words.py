"""Dispatch's words: which verbs are its own."""

TASK_VERBS = frozenset({"sign", "arrive", "claim", "return", "ask-extension", "ask-hold", "grant", "deny", "resume"})
CASE_VERBS = frozenset(
    {"register", "reject", "offer", "accept", "give-back", "withdraw", "add-task", "merge", "unmerge", "second", "reopen"}
)

FINISHED = frozenset({"claimed", "verified", "released", "returned", "heard"})
"""States of a task after which steps that come `after` it may be sent."""
