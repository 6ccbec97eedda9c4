"""What a scorecard may measure: names, directions that are good by nature, and the counting itself.

A measure looks at one task or case and one period (after `since`, up to and with `until`) and says: nothing (it does not
belong to the period), True or False (counted, and whether it is what is measured), or why it is left out though it belongs
there. What is held against a unit is counted in the period in which its clock ran out, so a task signed late counts where it
should have been signed. A raw number of cases is no measure: fewer reports must never score better.

Names as in the urban management field (GB/T 30428.4: opening, closing, on time, return, rework, correct dispatch). Counting
is a pure function of what a published score carries, so anybody can repeat it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bihuan.model.facts import CountedCase, CountedTask
from bihuan.pack.schema import Words

Direction = Literal["higher-is-better", "lower-is-better"]
Verdict = bool | str | None
OfTask = Callable[[CountedTask, int, int], Verdict]
OfCase = Callable[[CountedCase, int, int], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A share of what a unit did in the period, 0-1, with the direction that is good by its nature.

    Exactly one of `task` and `case` counts. `holder`: the unit that sent the task answers for it, not the one it was sent to.
    `credit`: it counts closings, so that a closing whose credit was reversed is named.
    """

    id: str
    words: Words
    direction: Direction
    formula: str
    task: OfTask | None = None
    case: OfCase | None = None
    holder: bool = False
    credit: bool = False


# --- tasks ----------------------------------------------------------------------------------------------------


def _signed_on_time(task: CountedTask, since: int, until: int) -> Verdict:
    if not _within(_first(task.signed_at, task.sign_by), since, until):
        return None
    if task.signed_at is None and not _answers_for(task, "sign"):
        return task.left
    return _by(task.signed_at, task.sign_by)


def _done_on_time(task: CountedTask, since: int, until: int) -> Verdict:
    if task.form or not _within(_first(task.claimed_at, task.done_by), since, until):
        return None
    if task.left == "held" and task.claimed_at is None:
        return "held"
    return _by(task.claimed_at, task.done_by) if _answers_for(task, "done") else task.left


def _verified(task: CountedTask, since: int, until: int) -> Verdict:
    return task.verified_at is not None if _within(task.claimed_at, since, until) else None


def _first_pass(task: CountedTask, since: int, until: int) -> Verdict:
    return task.sent_back_at is None if _within(task.verified_at, since, until) else None


def _rework(task: CountedTask, since: int, until: int) -> Verdict:
    checked = task.verified_at if task.sent_back_at is None else task.sent_back_at
    return task.sent_back_at is not None if _within(checked, since, until) else None


def _returned(task: CountedTask, since: int, until: int) -> Verdict:
    back = task.left == "returned"
    return back if _within(task.left_at if back else task.claimed_at, since, until) else None


def _rightly_sent(task: CountedTask, since: int, until: int) -> Verdict:
    back = _returned(task, since, until)
    return None if back is None else not back


def _flagged(task: CountedTask, since: int, until: int) -> Verdict:
    return task.flags > 0 if _within(task.claimed_at, since, until) else None


def _answers_for(task: CountedTask, clock: str) -> bool:
    """A task that went to another unit is not held against this one, unless its clock had run out here first."""
    return task.left not in ("released", "returned") or clock in task.late


# --- cases ----------------------------------------------------------------------------------------------------


def _registered(case: CountedCase, since: int, until: int) -> Verdict:
    return case.decided == "registered" if _within(case.decided_at, since, until) else None


def _decided_on_time(case: CountedCase, since: int, until: int) -> Verdict:
    if case.register_by is None or not _within(_first(case.decided_at, case.register_by), since, until):
        return None
    if case.decided_at is None and case.left:
        return case.left
    return _by(case.decided_at, case.register_by)


def _closed(case: CountedCase, since: int, until: int) -> Verdict:
    """A relapse takes the credit back: a reopened case is not closed, nor one whose closing was reversed."""
    if not _within(case.due, since, until):
        return None
    done = _by(case.closed_at, until)
    return case.left if case.left and not done else done and not case.credit


def _closed_on_time(case: CountedCase, since: int, until: int) -> Verdict:
    closed = _closed(case, since, until)
    return closed and case.on_time if isinstance(closed, bool) else closed


def _reopened(case: CountedCase, since: int, until: int) -> Verdict:
    again = _within(case.reopened_at, since, until)
    return again if again or _within(case.closed_at, since, until) else None


def _within(at: int | None, since: int, until: int) -> bool:
    return at is not None and since < at <= until


def _first(happened: int | None, due: int) -> int:
    return due if happened is None else min(happened, due)


def _by(happened: int | None, due: int) -> bool:
    return happened is not None and happened <= due


# --- the list -------------------------------------------------------------------------------------------------


def _of_tasks(id: str, zh: str, en: str, good: str, formula: str, count: OfTask, *, holder: bool = False) -> Measure:
    return Measure(id=id, words=Words(zh=zh, en=en), direction=_way(good), formula=formula, task=count, holder=holder)


def _of_cases(id: str, zh: str, en: str, good: str, formula: str, count: OfCase, *, credit: bool = False) -> Measure:
    return Measure(id=id, words=Words(zh=zh, en=en), direction=_way(good), formula=formula, case=count, credit=credit)


def _way(good: str) -> Direction:
    return "higher-is-better" if good == "high" else "lower-is-better"


MEASURES: dict[str, Measure] = {
    measure.id: measure
    for measure in (
        _of_cases("open_rate", "立案率", "Opened", "high", "reports registered / reports registered or rejected", _registered),
        _of_cases(
            "decided_on_time_rate", "按期立案率", "Decided on time", "high",
            "reports registered or rejected by register_by / reports decided or due", _decided_on_time,
        ),
        _of_cases("closed_rate", "结案率", "Closed", "high", "cases closed and still closed / cases due", _closed, credit=True),
        _of_cases(
            "closed_on_time_rate", "按期结案率", "Closed on time", "high",
            "cases closed, still closed, no clock of the doing units run out / cases due", _closed_on_time, credit=True,
        ),
        _of_cases(
            "reopened_rate", "复发率", "Reopened", "low", "cases reopened / cases closed or reopened", _reopened,
        ),
        _of_tasks(
            "signed_on_time_rate", "按时签收率", "Signed on time", "high", "tasks signed by sign_by / tasks signed or due",
            _signed_on_time,
        ),
        _of_tasks(
            "done_on_time_rate", "按时办结率", "Done on time", "high", "tasks claimed by done_by / tasks claimed or due",
            _done_on_time,
        ),
        _of_tasks("verified_rate", "核查通过率", "Verified", "high", "tasks verified / tasks claimed", _verified),
        _of_tasks(
            "first_pass_rate", "一次通过率", "Passed at the first check", "high",
            "tasks verified, never sent back / tasks verified", _first_pass,
        ),
        _of_tasks(
            "rework_rate", "返工率", "Reworked", "low", "tasks sent back by a check / tasks checked", _rework,
        ),
        _of_tasks(
            "returned_rate", "回退率", "Returned", "low", "tasks the unit gave back / tasks given back or claimed", _returned,
        ),
        _of_tasks(
            "correct_dispatch_rate", "准确派遣率", "Rightly dispatched", "high",
            "tasks not given back by the unit they were sent to / tasks given back or claimed", _rightly_sent, holder=True,
        ),
        _of_tasks("flagged_rate", "存疑率", "Flagged", "low", "tasks flagged / tasks claimed", _flagged),
    )
}  # fmt: skip

_COUNT = re.compile(r"(^|_)(raw|count|counts|number|total|sum|cases|tasks|reports|events|warnings)(_|$)")


def is_count(name: str) -> bool:
    """Whether an unknown measure looks like a bare count of work, which must never be scored."""
    return name not in MEASURES and bool(_COUNT.search(name.replace("-", "_")))


WHY_NO_COUNTS = (
    "A unit must never score better because fewer cases are on its list: "
    "the easiest way to have fewer is not to report, and then nobody comes when it matters."
)
