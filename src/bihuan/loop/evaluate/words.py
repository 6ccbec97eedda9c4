"""Evaluate's words: the measures a scorecard may use. Each counts tasks or cases of one unit in one period.

A measure gives (numerator, denominator, excluded). What is held against a unit is counted in the period in which its clock
ran out, so a task signed late counts where it should have been signed. A raw number of cases is no measure: fewer reports
must never score better.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bihuan.loop.casebook import Case, Task


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one unit had to do, and the period looked at: after `since`, up to and with `until`."""

    tasks: Sequence[Task]
    cases: Sequence[Case]
    since: int
    until: int

    def within(self, at: int | None) -> bool:
        return at is not None and self.since < at <= self.until


Count = tuple[int, int, int]


def _share(good: Iterable[bool], excluded: int = 0) -> Count:
    counted = list(good)
    return sum(counted), len(counted), excluded


def signed_on_time(work: Work) -> Count:
    """Tasks signed by their time, of those whose signing was due or done. Given to others before it was due: left out."""
    due = [task for task in work.tasks if work.within(_first(task.signed_at, task.sent.sign_by))]
    kept = [task for task in due if task.signed_at is not None or _answers_for(task, "sign")]
    return _share((_by(task.signed_at, task.sent.sign_by) for task in kept), len(due) - len(kept))


def done_on_time(work: Work) -> Count:
    """Tasks claimed by their first deadline, of those due or claimed. Given to others before it was due: left out."""
    due = [task for task in work.tasks if work.within(_first(task.claimed_at, task.sent.done_by))]
    kept = [task for task in due if _answers_for(task, "done")]
    return _share((_by(task.claimed_at, task.sent.done_by) for task in kept), len(due) - len(kept))


def verified(work: Work) -> Count:
    """Tasks verified by somebody else, of those claimed: the rate that cannot be had by claiming."""
    return _share(task.state == "verified" for task in work.tasks if work.within(task.claimed_at))


def first_pass(work: Work) -> Count:
    """Tasks never sent back by a check, of those verified."""
    return _share(task.sent_back == 0 for task in work.tasks if work.within(task.verified_at))


def flagged(work: Work) -> Count:
    return _share(bool(task.flags) for task in work.tasks if work.within(task.claimed_at))


def closed(work: Work) -> Count:
    """Cases closed, of those whose last task was due. A relapse takes the credit back: a reopened case is not closed."""
    due = [case for case in work.cases if case.tasks and work.within(max(t.sent.done_by for t in case.tasks.values()))]
    return _share(_by(case.closed_at, work.until) for case in due)


def reopened(work: Work) -> Count:
    """Cases that relapsed in the period, of those closed or relapsed in it."""
    once = [case for case in work.cases if work.within(case.closed_at) or work.within(case.reopened_at)]
    return _share(work.within(case.reopened_at) for case in once)


def _answers_for(task: Task, clock: str) -> bool:
    """A task that went to another unit is not held against this one, unless its clock had run out here first."""
    return task.state not in ("released", "returned") or clock in task.late


def _first(happened: int | None, due: int) -> int:
    return due if happened is None else min(happened, due)


def _by(happened: int | None, due: int) -> bool:
    return happened is not None and happened <= due


MEASURES: dict[str, Callable[[Work], Count]] = {
    "signed_on_time_rate": signed_on_time,
    "done_on_time_rate": done_on_time,
    "verified_rate": verified,
    "first_pass_rate": first_pass,
    "closed_rate": closed,
    "reopened_rate": reopened,
    "flagged_rate": flagged,
}
