"""Clocks of the loop: when a span is over, and how much of it has passed, running on or in working time."""

from bihuan.pack.rules import Rules
from bihuan.pack.schema import Limit


def due(rules: Rules, start: int, span: int, working: bool) -> int:
    """When `span` (ms) is over that began at `start`. Below zero: how long ago it was."""
    if not working:
        return start + span
    return rules.working.due(start, span) if span > 0 else start + span


def passed(rules: Rules, start: int, end: int, working: bool) -> int:
    """How much of a span passed from `start` to `end`: the inverse of `due`."""
    return rules.working.between(start, end) if working else end - start


def due_of(rules: Rules, start: int, limit: Limit) -> int:
    return due(rules, start, rules.working.ms(limit), limit.working)
