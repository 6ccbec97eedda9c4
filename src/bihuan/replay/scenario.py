"""Play a pack's scenario in virtual time and say which expectations do not hold, with what was found instead."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from bihuan.loop.case import Case, Task
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import Fact, PlanProposed, PlanStarted, Proof, TaskSent, WarningCleared, WarningRaised, WarningStepped
from bihuan.model.readings import QUALITIES, Batch, named
from bihuan.pack.rules import Rules
from bihuan.pack.scenario import CaseIs, Expect, LevelIs, Move, NoneOf, Scenario, TaskIs, WarningIs


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One expectation or deed that did not hold: where it is written, and what was the case."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Player:
    """One scenario on a fresh loop."""

    def __init__(self, rules: Rules, scenario: Scenario) -> None:
        self.rules = rules
        self.scenario = scenario
        self.loop = Loop(rules=rules, began=scenario.clock)
        self.facts: list[Fact] = []
        self.failures: list[Failure] = []
        self._entry = 0

    def play(self) -> list[Failure]:
        """Run it to its end. An expectation at an instant sees everything that happens at that instant."""
        readings = self._readings()
        moves: dict[int, list[int]] = {}
        for number, move in enumerate(self.scenario.people):
            moves.setdefault(self.scenario.clock + move.at, []).append(number)
        checks = sorted(range(len(self.scenario.expect)), key=lambda number: self.scenario.expect[number].at)
        moments = sorted({*readings, *moves, *(self.scenario.clock + expect.at for expect in self.scenario.expect)})
        for now in moments:
            self._pass_time(now)
            self._entry += now in readings
            batches = [(self._entry, readings[now])] if now in readings else []
            self.facts += self.loop.turn(Inputs(batches=batches), now)
            for number in moves.get(now, ()):
                self._do(number, self.scenario.people[number], now)
            while checks and self.scenario.clock + self.scenario.expect[checks[0]].at <= now:
                self._check(checks.pop(0))
        return self.failures

    def _readings(self) -> dict[int, Batch]:
        rows: dict[int, list[tuple[str, float, int]]] = {}
        for feed in self.scenario.series:
            for at, value in feed.readings(self.scenario.clock):
                rows.setdefault(at, []).append((f"{feed.indicator}@{feed.place}", value, QUALITIES.index(feed.quality)))
        return {at: _batch(at, found) for at, found in rows.items()}

    def _pass_time(self, now: int) -> None:
        while (due := self.loop.next_due()) is not None and due < now:
            self.facts += self.loop.turn(Inputs(), due)

    # people

    def _do(self, number: int, move: Move, now: int) -> None:
        where = self.scenario.where("people", number)
        target = self._target(move)
        if target is None:
            self.failures.append(Failure(where=where, what=f"there is nothing for {move.post} to '{move.does}' yet"))
            return
        given = move.proof
        proof = Proof(**{name: getattr(given, name) for name in given.__struct_fields__}) if given else None
        command = Command(
            key=f"scenario/{number}",
            actor=move.post,
            does=move.does,
            target=target,
            text=move.text,
            proof=proof,
            place=move.place,
        )
        self.facts += self.loop.turn(Inputs(commands=[command]), now)
        refused = self.loop.outcomes[command.key].refused
        if refused is not None and not move.refused:
            self.failures.append(Failure(where=where, what=f"{move.post} was refused: {refused.what}. {refused.remedy}"))
        if refused is None and move.refused:
            self.failures.append(Failure(where=where, what=f"{move.post} was not refused to '{move.does}'"))

    def _target(self, move: Move) -> str | None:
        if move.does in ("report", "start"):
            return move.target or move.plan
        if move.plan:
            runs = [run.run for case in self.loop.book.cases.values() for run in case.runs.values() if run.plan == move.plan]
            return runs[-1] if runs else None
        if move.proposal:
            proposed = [fact.body for fact in self.facts if isinstance(fact.body, PlanProposed)]
            fitting = [(body.proposal, body.unit == move.unit) for body in proposed if body.plan == move.proposal]
        else:
            tasks = [task for task in self.loop.book.tasks.values() if _is_step(task.sent, move.task)]
            tasks = [task for task in tasks if move.place in ("", task.sent.place)]
            checking = move.does in ("verify", "send-back")
            fitting = [(task.id, move.unit == (task.sent.verifier if checking else task.unit)) for task in tasks]
        mine = [target for target, own in fitting if own]
        # Another unit's is meant only by who must be refused it, or answers a proposal from above.
        others = [target for target, _ in fitting] if move.refused or move.proposal else []
        return next(iter(reversed(mine or others)), None)

    # expectations

    def _check(self, number: int) -> None:
        expect = self.scenario.expect[number]
        found = self._found(expect)
        if found:
            self.failures.append(Failure(where=self.scenario.where("expect", number), what=found))

    def _found(self, expect: Expect) -> str:
        """What is wrong; empty where it holds."""
        match expect.kind:
            case "level":
                assert expect.level
                return self._level(expect.level)
            case "warning":
                assert expect.warning
                return self._warning(expect.warning)
            case "plan":
                return self._plan(expect)
            case "case":
                assert expect.case
                return self._case(expect.case)
            case "task":
                assert expect.task
                return self._task(expect.task)
            case "fact":
                return self._fact(expect.fact, expect.place, expect.count)
            case _:
                assert expect.none
                return self._none(expect.none)

    def _level(self, wanted: LevelIs) -> str:
        columns = self.loop.states[0].columns
        series = columns.numbering.number(wanted.indicator, wanted.place)
        if series < 0:
            return f"there is no series {wanted.indicator}@{wanted.place}"
        level = self.rules.levels[int(columns.engine.level[series])].id
        unknown = bool(columns.engine.unknown[series])
        if level != wanted.level:
            return f"{wanted.indicator}@{wanted.place} stands at {level}, not {wanted.level}"
        if wanted.unknown is not None and unknown != wanted.unknown:
            return f"{wanted.indicator}@{wanted.place} is {'unknown' if unknown else 'known'}"
        return ""

    def _warning(self, wanted: WarningIs) -> str:
        on = self.rules.calm
        for fact in self.facts:
            match fact.body:
                case WarningRaised() | WarningStepped() | WarningCleared() as body:
                    if body.place == wanted.place and wanted.group in ("", body.group):
                        on = body.level
                case _:
                    pass
        return "" if on == wanted.level else f"the warning at {wanted.place} is at {on}, not {wanted.level}"

    def _plan(self, expect: Expect) -> str:
        runs = [
            fact.body
            for fact in self.facts
            if isinstance(fact.body, PlanStarted) and fact.body.plan == expect.plan and expect.place in ("", fact.body.place)
        ]
        if not runs:
            return f"plan '{expect.plan}' was not started"
        sent = [task for task in self.loop.book.tasks.values() if task.sent.run == runs[-1].run]
        units = [self.rules.units[task.unit] for task in sent]
        counts = Counter(unit.role or unit.level for unit in units)
        wrong = {name: counts[name] for name, wanted in expect.tasks.items() if counts[name] != wanted}
        return f"tasks sent: {dict(counts)}, expected {expect.tasks}" if wrong else ""

    def _case(self, wanted: CaseIs) -> str:
        found = [case for case in self.loop.book.cases.values() if _fits(case, wanted)]
        if wanted.count is None:
            return "" if found else f"no such case; there are {self._cases()}"
        return "" if len(found) == wanted.count else f"{len(found)} such cases, not {wanted.count}; there are {self._cases()}"

    def _cases(self) -> str:
        all_cases = self.loop.book.cases.values()
        return ", ".join(f"{case.type}@{case.place} {'open' if case.open else 'closed'}" for case in all_cases) or "none"

    def _task(self, wanted: TaskIs) -> str:
        found = [task for task in self.loop.book.tasks.values() if _is_wanted(task, wanted)]
        if wanted.state == "waiting":
            steps = [step for case in self.loop.book.cases.values() for _, step, _ in case.waiting]
            waits = any(wanted.step.rpartition("/")[2] == step.step and wanted.unit in ("", step.unit) for step in steps)
            return "" if waits else f"no step {wanted.step} waits to be sent"
        if wanted.count is not None:
            in_state = [task for task in found if wanted.state in ("", task.state)]
            said = f"{len(in_state)} tasks of {wanted.step} are {wanted.state or 'there'}, not {wanted.count}"
            return "" if len(in_state) == wanted.count else said
        if not found:
            return f"no task of {wanted.step} was sent{f' to {wanted.unit}' if wanted.unit else ''}"
        task = found[-1]
        if wanted.state and task.state != wanted.state:
            return f"the task of {wanted.step} at {task.unit} is {task.state}, not {wanted.state}"
        if wanted.overdue is not None and bool(task.overdue) != wanted.overdue:
            return f"the task of {wanted.step} at {task.unit} is {'overdue' if task.overdue else 'not overdue'}"
        return ""

    def _fact(self, kind: str, place: str, count: int | None) -> str:
        found = sum(fact.kind == kind and place in ("", getattr(fact.body, "place", "")) for fact in self.facts)
        if count is None:
            return "" if found else f"no {kind} was written"
        return "" if found == count else f"{found} of {kind} were written, not {count}"

    def _none(self, wanted: NoneOf) -> str:
        if wanted.closed and any(not case.open for case in self.loop.book.cases.values()):
            return f"a case is closed: {self._cases()}"
        if wanted.case and any(_fits(case, wanted.case) for case in self.loop.book.cases.values()):
            return f"there is such a case: {self._cases()}"
        if wanted.task and not self._task(wanted.task):
            return f"there is such a task of {wanted.task.step}"
        if wanted.fact and not self._fact(wanted.fact, wanted.place, None):
            return f"{wanted.fact} was written"
        return ""


def run_scenario(rules: Rules, scenario: Scenario) -> list[Failure]:
    """Play `scenario` under `rules`; an empty list: everything held."""
    return Player(rules, scenario).play()


def _batch(at: int, rows: list[tuple[str, float, int]]) -> Batch:
    return named(
        [name for name, _, _ in rows],
        at=np.full(len(rows), at, dtype=np.int64),
        value=np.array([value for _, value, _ in rows], dtype=np.float64),
        quality=np.array([quality for _, _, quality in rows], dtype=np.uint8),
        source="scenario",
    )


def _is_step(sent: TaskSent, step: str) -> bool:
    return step in (sent.step, f"{sent.plan}/{sent.step}", f"{sent.plan}/*")


def _is_wanted(task: Task, wanted: TaskIs) -> bool:
    return _is_step(task.sent, wanted.step) and wanted.unit in ("", task.unit)


def _fits(case: Case, wanted: CaseIs) -> bool:
    flags = {flag.flag for flag in case.flags}
    return (
        wanted.type in ("", case.type)
        and wanted.place in ("", case.place)
        and wanted.unit in ("", case.unit)
        and wanted.state in ("", "open" if case.open else "closed")
        and (wanted.flags is None or set(wanted.flags) == flags)
        and wanted.reopened in (None, case.reopened)
    )
