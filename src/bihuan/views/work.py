"""Who has what on the desk, and how much of it there is: kept up task by task and case by case, never counted anew."""

from bisect import bisect_left
from collections.abc import Iterable

from bihuan.loop.case import Case, Task
from bihuan.loop.casebook import Casebook
from bihuan.model.times import DAY
from bihuan.pack.rules import Rules
from bihuan.views.known import is_overdue
from bihuan.views.shapes import CaseCounts, TaskCounts
from bihuan.views.tree import Tally, Tree

STANDS = {
    "sent": "unsigned",
    "signed": "working",
    "arrived": "working",
    "held": "working",
    "sent-back": "working",
    "claimed": "checking",
    "verified": "verified",
}

Index = dict[str, dict[str, None]]
"""Unit -> ids, in the order they came."""


class Work:
    def __init__(self, rules: Rules, book: Casebook, tree: Tree) -> None:
        self.rules = rules
        self.book = book
        self.tree = tree
        self.own: Index = {}
        """Unit -> open tasks it has to do."""
        self.checks: Index = {}
        """Verifier -> tasks it is asked to check."""
        self.escalated: Index = {}
        """Unit -> open tasks it was told of."""
        self.asked: Index = {}
        """Unit -> tasks for which it is asked for more time, or for a hold."""
        self.held: Index = {}
        """Unit -> open cases it holds."""
        self.waiting: Index = {}
        """Unit -> cases it is asked to register, or to take over."""
        self.tasks = Tally()
        self.cases = Tally()
        self._at: dict[str, list[tuple[Index, str]]] = {}
        self._done: dict[str, list[int]] = {}

    # keeping up

    def see_task(self, task: Task) -> None:
        """Put a task where it belongs now."""
        self._put(task.id, [])
        if task.open:
            checking = task.state == "claimed"
            where = [(self.checks, task.sent.verifier) if checking else (self.own, task.unit)]
            if task.escalated_to:
                where.append((self.escalated, task.escalated_to))
            if task.request is not None:
                where.append((self.asked, task.request.to))
            self._put(task.id, where)
        labels = (STANDS[task.state],) if task.state in STANDS else ()
        self.tasks.put(task.id, self.tree.path(task.sent.place), labels + (("overdue",) if is_overdue(task) else ()))

    def see_case(self, case: Case) -> None:
        """Put a case where it belongs now. What is only reported, rejected or merged is nobody's open or closed case."""
        standing = case.standing
        where = [(self.held, case.unit)] if case.open else []
        if standing == "reported":
            where += [(self.waiting, unit) for unit in dict.fromkeys((case.receiver, case.asked_above)) if unit]
        elif standing == "offered":
            where.append((self.waiting, case.offered_to))
        self._put(case.id, where)
        labels = ["open" if standing == "offered" else standing]
        if case.reopened:
            labels.append("reopened")
        if case.flags:
            labels.append("flagged")
        if case.open and any(self._answers_silence(run.plan) for run in case.runs.values()):
            labels.append("duty")
        self.cases.put(case.id, self.tree.path(case.place), tuple(labels))

    def _put(self, id: str, where: list[tuple[Index, str]]) -> None:
        """Have a task or case in these lists and no others."""
        for index, unit in self._at.pop(id, ()):
            index[unit].pop(id, None)
        for index, unit in where:
            index.setdefault(unit, {})[id] = None
        self._at[id] = where

    def _answers_silence(self, plan: str) -> bool:
        known = self.rules.plans.get(plan)
        return known is not None and known.trigger.silent is not None

    def did(self, unit: str, at: int) -> None:
        """A unit claimed or checked a task at `at`. Only the last two days are kept."""
        done = self._done.setdefault(unit, [])
        done.append(at)
        if done[0] < at - 2 * DAY:
            del done[: bisect_left(done, at - 2 * DAY)]

    # asking

    def done_since(self, unit: str, since: int) -> int:
        done = self._done.get(unit, [])
        return len(done) - bisect_left(done, since)

    def task_counts(self, place: str) -> TaskCounts:
        count = self.tasks.count
        return TaskCounts(
            unsigned=count(place, "unsigned"),
            working=count(place, "working"),
            overdue=count(place, "overdue"),
            checking=count(place, "checking"),
            verified=count(place, "verified"),
        )

    def case_counts(self, place: str) -> CaseCounts:
        count = self.cases.count
        return CaseCounts(
            reported=count(place, "reported"),
            open=count(place, "open"),
            closed=count(place, "closed"),
            reopened=count(place, "reopened"),
            flagged=count(place, "flagged"),
        )

    def duties(self, place: str) -> int:
        """Open cases about missing data: every grey series with an owner."""
        return self.cases.count(place, "duty")

    def tasks_in(self, index: Index, unit: str) -> Iterable[Task]:
        return (self.book.tasks[task] for task in index.get(unit, ()))

    def cases_in(self, index: Index, unit: str) -> Iterable[Case]:
        return (self.book.cases[case] for case in index.get(unit, ()))
