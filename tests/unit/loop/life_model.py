"""The life of a case as the table in the base pack tells it: a model that shares no line with the code under test.

`why_not` says what stands against a command now, or nothing where it is legal. `take` takes what the loop wrote, fact by
fact, and asserts of each that it had to be: the only answer to its command, from a state that allows it, exactly once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bihuan.model import facts as f
from bihuan.model.commands import Command
from bihuan.model.facts import Commanded, CommandWasRefused, Fact

ROOT = Path(__file__).parents[3]
LIFE: dict[str, Any] = yaml.safe_load((ROOT / "packs/base/lives.yaml").read_text("utf-8"))["lives"][0]

CHECKERS = frozenset({"1.inspection", "11.inspection", "12.inspection", "1.audit"})
DONE_WITH = frozenset({"verified", "released", "returned", "heard"})

EFFECT: dict[str, tuple[type[f.Body], ...]] = {
    "register": (f.CaseRegistered,), "reject": (f.CaseRejected,), "offer": (f.CaseOffered,), "accept": (f.CaseAccepted,),
    "give-back": (f.CaseGivenBack,), "withdraw": (f.OfferWithdrawn,), "add-task": (f.PlanExtended,), "merge": (f.CaseMerged,),
    "unmerge": (f.CaseUnmerged,), "second": (f.CaseSeconded,), "reopen": (f.CaseReopened,), "sign": (f.TaskSigned,),
    "arrive": (f.TaskArrived,), "claim": (f.TaskClaimed,), "return": (f.TaskReturned,), "ask-extension": (f.ExtensionAsked,),
    "ask-hold": (f.HoldAsked,), "grant": (f.TaskExtended, f.TaskHeld), "deny": (f.RequestDenied,), "resume": (f.TaskResumed,),
    "verify": (f.TaskVerified,), "send-back": (f.TaskSentBack,),
}  # fmt: skip
"""What a legal command of the table leads to: one fact of this kind."""


def above(unit: str) -> str:
    """The unit above, read from its name: 11.drainage and 1101 are under 11, that under 1, and over that is nobody."""
    if "." in unit:
        return unit.partition(".")[0]
    return unit[: -2 if len(unit) > 2 else -1] or unit


def line_of(unit: str) -> list[str]:
    """The unit and all above it."""
    line = [unit]
    while above(line[-1]) != line[-1]:
        line.append(above(line[-1]))
    return line


@dataclass(kw_only=True)
class ModelTask:
    sent: f.TaskSent
    state: str = "sent"
    asked: f.ExtensionAsked | f.HoldAsked | None = None
    held_from: str = ""
    paused: bool = False
    due: dict[str, int] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)
    """What its running clock was said to have done already: (kind, clock)."""

    @property
    def clock(self) -> str:
        if self.state in ("signed", "arrived", "sent-back"):
            return "arrive" if self.state == "signed" and self.sent.arrive_by is not None else "done"
        return {"sent": "sign", "claimed": "check"}.get(self.state, "")


@dataclass(kw_only=True)
class ModelCase:
    id: str
    type: str
    state: str
    receiver: str = ""
    asked_above: str = ""
    holders: list[str] = field(default_factory=list)
    """Who had it, one after the other: the last one has it."""
    offer: f.CaseOffered | None = None
    into: str = ""
    inside: list[str] = field(default_factory=list)
    reporters: set[str] = field(default_factory=set)
    routed: bool = False
    planned: bool = False
    reopened: bool = False
    tasks: list[str] = field(default_factory=list)

    @property
    def holder(self) -> str:
        return self.holders[-1] if self.holders else ""


class LifeModel:
    """`openings` and `lives` by case type: the conditions to choose from, and the table it follows."""

    def __init__(self, units: Sequence[str], openings: dict[str, list[str]], lives: dict[str, dict[str, Any]]) -> None:
        self.units = frozenset(units)
        self.openings, self.lives = openings, lives
        self.cases: dict[str, ModelCase] = {}
        self.tasks: dict[str, ModelTask] = {}
        self.runs: dict[str, str] = {}
        self.paused: set[str] = set()
        self.keys: set[str] = set()
        self.open: dict[str, Fact] = {}
        """Commands heard that nothing has come of yet."""
        self.answered: set[str] = set()
        self.asked: list[tuple[str, str, str, str, str]] = []
        self.granted: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()

    # what is legal

    def table(self, case: ModelCase, of: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.lives.get(case.type, LIFE)[of]
        return rows

    def may(self) -> list[tuple[str, str, str, str]]:
        """Everything that the table lets somebody do now: (verb, target, post, unit)."""
        out = []
        for id, of, state, case in self._all():
            for row in self.table(case, of):
                if state in row["from"] and (of == "case" or not self._not_now(row["does"], self.tasks[id], case)):
                    post = (row.get("posts") or ["duty"])[0]
                    out += [(row["does"], id, post, unit) for unit in self._who(row["who"], of, id) or ("1101",)]
        return out

    def else_(self) -> list[tuple[str, str, str, str, str]]:
        """What is asked of people outside the table: (verb, target, actor, to, choice). It may have been answered."""
        out = list(self.asked)
        for run in self.runs:
            cases = (task.sent.case for task in self.tasks.values() if task.sent.run == run)
            for holder in dict.fromkeys(self.cases[case].holder for case in cases):
                out.append(("go-on" if run in self.paused else "pause", run, f"duty@{holder}", "", ""))
        return out

    def _all(self) -> list[tuple[str, str, str, ModelCase]]:
        cases = [(case.id, "case", case.state, case) for case in self.cases.values()]
        return cases + [(id, "task", task.state, self.cases[task.sent.case]) for id, task in self.tasks.items()]

    def standing(self, target: str) -> str:
        return self.cases[target].state if target in self.cases else self.tasks[target].state

    def why_not(self, actor: str, said: Command | Commanded) -> str | None:
        """What stands against it; empty: nothing; None: the table says nothing about this verb."""
        if said.does not in EFFECT:
            return None
        of = "task" if said.does in {row["does"] for row in LIFE["task"]} else "case"
        if said.target not in (self.tasks if of == "task" else self.cases):
            return "unknown"
        post, _, unit = actor.partition("@")
        if unit not in self.units:
            return "no unit"
        case = self.cases[said.target if of == "case" else self.tasks[said.target].sent.case]
        if of == "task" and (trouble := self._not_now(said.does, self.tasks[said.target], case)):
            return trouble
        rows = [row for row in self.table(case, of) if row["does"] == said.does and self.standing(said.target) in row["from"]]
        if not rows:
            return "not from this state"
        own = [row for row in rows if row["who"] == "anyone" or unit in self._who(row["who"], of, said.target)]
        if not own:
            return "not theirs"
        if not (own := [row for row in own if not row.get("posts") or post in row["posts"]]):
            return "not this post's"
        if lacks := self._lacks(own[0].get("needs", ()), said):
            return f"lacks {lacks}"
        if said.does in ("verify", "send-back") and unit in self._doers(case):
            return "checks itself"
        return self._besides(said, case) if of == "case" else ""

    def _who(self, who: str, of: str, target: str) -> tuple[str, ...]:
        task = self.tasks.get(target) if of == "task" else None
        case = self.cases[task.sent.case if task else target]
        case = self.cases[case.into] if case.into else case
        has = case.holder or case.receiver
        named = {
            "receiver": (self.cases[target].receiver, self.cases[target].asked_above) if of == "case" else (),
            "holder": (has,),
            "offered": (case.offer.to if case.offer else "",),
            "above": (above(has),),
            "anyone": (),
            "doer": (task.sent.unit,) if task else (),
            "verifier": (task.sent.verifier,) if task else (),
            "approver": (task.asked.to,) if task and task.asked else (),
        }
        return tuple(unit for unit in named[who] if unit)

    def _doers(self, case: ModelCase) -> set[str]:
        return set(case.holders) | {self.tasks[id].sent.unit for id in case.tasks}

    def _not_now(self, does: str, task: ModelTask, case: ModelCase) -> str:
        """What the table cannot say about a task: what was asked of it, and what was asked for."""
        arrives, form = task.sent.arrive_by is not None, task.sent.form
        against = {
            "arrive": not arrives,
            "claim": task.state == "signed" and arrives,
            "grant": task.asked is None,
            "deny": task.asked is None,
            "return": form == "notice",
            "ask-extension": task.asked is not None or bool(form),
            "ask-hold": task.asked is not None or bool(form),
            "resume": task.paused,
        }
        over = case.state == "merged" or (case.state == "closed" and form != "notice")
        return "its case is over" if over else f"{does} is not asked for" if against.get(does) else ""

    def _lacks(self, needs: Sequence[str], said: Command | Commanded) -> str:
        proof = said.proof or f.Proof()
        brought = {
            "reason": said.text, "unit": said.to, "case": said.to, "span": said.span > 0,
            "photo": proof.photo, "text": proof.text, "count": proof.count is not None, "position": proof.lon is not None,
        }  # fmt: skip
        asked = [one for need in needs for one in (self.tasks[said.target].sent.proof if need == "proof" else (need,))]
        return ", ".join(one for one in asked if not brought[one])

    def _besides(self, said: Command | Commanded, case: ModelCase) -> str:
        if said.does == "register":
            known = self.openings.get(case.type, [])
            return "" if not known or said.choice in known else "no such opening"
        if said.does == "offer":
            asked = {self.tasks[id].sent.verifier for id in case.tasks if self.tasks[id].state not in DONE_WITH}
            return "" if said.to in self.units - CHECKERS - asked - {case.holder} else "not to them"
        if said.does == "add-task":
            return "" if said.to in self.units - CHECKERS else "not to them"
        if said.does == "merge":
            other = self.cases.get(said.to)
            fits = other and other is not case and other.type == case.type and other.state in ("open", "reported", "offered")
            return "" if fits and not case.inside else "not into that"
        return "no plan" if said.does == "reopen" and case.state == "closed" and not case.planned else ""

    # what happened

    def turn(self, written: Sequence[Fact], now: int) -> None:
        """All facts of one turn at `now`."""
        for fact in written:
            self.take(fact)
        assert not self.open, f"nothing came of {list(self.open.values())}"
        for case in self.cases.values():
            self.check_custody(case)
        for id, task in self.tasks.items():
            if clock := task.clock:
                assert task.due[clock] >= now or ("overdue", clock) in task.told, f"{id}: nobody said that '{clock}' ran out"

    def check_custody(self, case: ModelCase) -> None:
        """One unit has it: who is to register it, then exactly one holder; a merged one is with who has the other."""
        if case.state == "merged":
            assert case.id in self.cases[case.into].inside
            assert self.cases[case.into].state != "merged", "a merge leads to a case that goes on"
        else:
            assert (case.state in ("reported", "rejected")) == (not case.holder), case
            assert (case.holder or case.receiver) in self.units, case
            assert (case.state == "offered") == (case.offer is not None), case
            assert not case.into

    def take(self, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, Commanded):
            assert body.key not in self.keys, f"{body.key} was heard twice"
            self.keys.add(body.key)
            self.open[fact.id] = fact
            return
        self._answer(fact)
        handler = getattr(self, f"_{fact.kind.replace('-', '_')}", None)
        if handler:
            handler(body, fact)

    def _answer(self, fact: Fact) -> None:
        """If a command led here directly: it had to, and to this, and to nothing else before."""
        for id in fact.because:
            assert id not in self.answered, f"a second effect of one command: {fact.kind}"
            if id not in self.open:
                continue
            heard = self.open.pop(id)
            said = heard.body
            assert isinstance(said, Commanded)
            against = self.why_not(heard.actor, said)
            if isinstance(fact.body, CommandWasRefused):
                assert against != "", f"{heard.actor} was kept from {said}: {fact.body.reason}"
                assert fact.body.reason
                assert fact.body.remedy
            elif against is not None:
                assert against == "", f"{heard.actor} was let do {said}: {against}"
                assert fact.actor == heard.actor
                assert isinstance(fact.body, EFFECT[said.does])
                self.effects[said.does] += 1
            else:
                self.effects[said.does] += 1
            if against is not None:
                self.answered.add(id)

    def _move(self, id: str, *states: str) -> ModelCase:
        case = self.cases[id]
        assert case.state in states, f"{id} was {case.state}, not {' or '.join(states)}"
        return case

    def _case_reported(self, body: f.CaseReported, fact: Fact) -> None:
        assert body.case not in self.cases
        self.cases[body.case] = ModelCase(id=body.case, type=body.case_type, state="reported", receiver=body.unit)
        self.cases[body.case].reporters.add(fact.actor)

    def _case_opened(self, body: f.CaseOpened, _: Fact) -> None:
        assert body.case not in self.cases
        self.cases[body.case] = ModelCase(id=body.case, type=body.case_type, state="open", holders=[body.unit], planned=True)
        self.cases[body.case].reporters.add(body.reporter or "nobody")

    def _case_registered(self, body: f.CaseRegistered, _: Fact) -> None:
        self._move(body.case, "reported").state = "open"

    def _case_routed(self, body: f.CaseRouted, _: Fact) -> None:
        case = self._move(body.case, "open")
        assert not case.routed, "routed twice"
        case.routed = True
        case.holders.append(body.unit)

    def _case_rejected(self, body: f.CaseRejected, _: Fact) -> None:
        self._move(body.case, "reported").state = "rejected"

    def _case_reopened(self, body: f.CaseReopened, _: Fact) -> None:
        case = self._move(body.case, "rejected", "closed")
        case.state, case.reopened = "reported" if case.state == "rejected" else "open", True

    def _case_offered(self, body: f.CaseOffered, _: Fact) -> None:
        case = self._move(body.case, "open")
        case.state, case.offer = "offered", body

    def _case_accepted(self, body: f.CaseAccepted, _: Fact) -> None:
        case = self._move(body.case, "offered")
        assert case.offer
        assert (body.unit, body.before) == (case.offer.to, case.holder)
        case.state, case.offer = "open", None
        case.holders.append(body.unit)

    def _case_given_back(self, body: f.CaseGivenBack | f.OfferWithdrawn, _: Fact) -> None:
        case = self._move(body.case, "offered")
        case.state, case.offer = "open", None

    _offer_withdrawn = _case_given_back

    def _case_merged(self, body: f.CaseMerged, _: Fact) -> None:
        case, into = self._move(body.case, "reported", "open"), self._move(body.into, "reported", "open", "offered")
        case.state, case.into = "merged", into.id
        into.inside.append(case.id)

    def _case_unmerged(self, body: f.CaseUnmerged, _: Fact) -> None:
        case, into = self._move(body.case, "merged"), self.cases[body.into]
        assert case.into == into.id
        case.state, case.into = "open" if case.holders else "reported", ""
        into.inside.remove(case.id)

    def weight(self, case: ModelCase) -> int:
        """Everybody who reported it or what is inside it, once."""
        inside = [case]
        for each in inside:
            inside += [self.cases[id] for id in each.inside]
        return len({reporter for each in inside for reporter in each.reporters})

    def _case_seconded(self, body: f.CaseSeconded, fact: Fact) -> None:
        case = self._move(body.case, "reported", "open", "offered")
        case.reporters.add(fact.actor)
        assert body.weight == self.weight(case), "a report was lost, or counted twice"

    def _case_overdue(self, body: f.CaseOverdue, _: Fact) -> None:
        if body.clock == "register":
            self._move(body.case, "reported").asked_above = body.to
        if body.clock == "answer":
            offer = self._move(body.case, "offered").offer
            assert offer
            assert offer.answer_by == body.due

    def _case_closed(self, body: f.CaseClosed, fact: Fact) -> None:
        case = self._move(body.case, "open")
        mine = [self.tasks[id] for id in case.tasks]
        assert mine
        assert all(task.state in DONE_WITH or task.sent.form == "notice" for task in mine), "a task still wants something"
        assert body.unit == case.holder
        assert not set(body.verifiers) & self._doers(case), "somebody checked work of their own"
        assert "@" not in fact.actor, "nobody closes a case"
        case.state = "closed"

    def _plan_started(self, body: f.PlanStarted, _: Fact) -> None:
        if body.case:
            self.cases[body.case].planned = True
        assert body.run not in self.runs
        self.runs[body.run] = body.case

    def _plan_proposed(self, body: f.PlanProposed, _: Fact) -> None:
        self.asked.append(("declare", body.proposal, f"duty@{body.unit}", "", ""))

    def _recheck_asked(self, body: f.RecheckAsked, _: Fact) -> None:
        self.asked += [("found", body.recheck, f"checker@{body.unit}", "", choice) for choice in ("sound", "not-sound")]

    def _score_published(self, body: f.ScorePublished, fact: Fact) -> None:
        for task in body.tasks[:3]:
            self.asked.append(("appeal", fact.id, f"duty@{task.unit}", task.task, body.items[0].item))

    def _score_appealed(self, body: f.ScoreAppealed, _: Fact) -> None:
        self.asked += [("decide", body.appeal, f"duty@{body.to}", "", choice) for choice in ("upheld", "changed")]

    def _plan_paused(self, body: f.PlanPaused, _: Fact) -> None:
        assert body.run not in self.paused
        self.paused.add(body.run)

    def _plan_resumed(self, body: f.PlanResumed, _: Fact) -> None:
        self.paused.remove(body.run)

    def _step(self, id: str, *states: str) -> ModelTask:
        task = self.tasks[id]
        assert task.state in states, f"{id} was {task.state}, not {' or '.join(states)}"
        return task

    def _task_sent(self, body: f.TaskSent, _: Fact) -> None:
        assert body.task not in self.tasks
        case = self._move(body.case, "open", "offered")
        assert body.unit in self.units - {body.verifier}
        if body.instead_of:
            twins = [id for id in case.tasks if self.tasks[id].sent.instead_of == body.instead_of]
            assert not twins, "one task was given on twice"
            before = self.tasks[body.instead_of].state
            assert before in ("released", "returned") or (case.reopened and before in DONE_WITH)
        due = {"sign": body.sign_by, "done": body.done_by, **({"arrive": body.arrive_by} if body.arrive_by is not None else {})}
        self.tasks[body.task] = ModelTask(sent=body, due=due)
        case.tasks.append(body.task)

    def _task_signed(self, body: f.TaskSigned, _: Fact) -> None:
        task = self._step(body.task, "sent")
        task.state = "heard" if task.sent.form else "signed"

    def _task_arrived(self, body: f.TaskArrived, _: Fact) -> None:
        self._step(body.task, "signed").state = "arrived"

    def _task_claimed(self, body: f.TaskClaimed, _: Fact) -> None:
        self._step(body.task, "signed", "arrived", "sent-back").state = "claimed"

    def _task_returned(self, body: f.TaskReturned, _: Fact) -> None:
        self._step(body.task, "sent", "signed", "arrived", "sent-back").state = "returned"

    def _task_released(self, body: f.TaskReleased, _: Fact) -> None:
        task = self.tasks[body.task]
        assert task.state not in DONE_WITH
        task.state = "released"

    def _check_asked(self, body: f.CheckAsked, _: Fact) -> None:
        self._anew(body.task, "check", body.due)

    def _extension_asked(self, body: f.ExtensionAsked | f.HoldAsked, _: Fact) -> None:
        task = self._step(body.task, "signed", "arrived", "sent-back")
        assert task.asked is None
        task.asked = body

    _hold_asked = _extension_asked

    def _request_denied(self, body: f.RequestDenied, _: Fact) -> None:
        self.tasks[body.task].asked = None

    def _task_extended(self, body: f.TaskExtended, _: Fact) -> None:
        task = self._step(body.task, "signed", "arrived", "sent-back")
        assert isinstance(task.asked, f.ExtensionAsked)
        assert body.done_by > task.due["done"]
        self.granted[body.task] += 1
        assert body.nth == self.granted[body.task], "a grant was lost, or counted twice"
        task.asked = None
        self._anew(body.task, "done", body.done_by)

    def _task_held(self, body: f.TaskHeld, _: Fact) -> None:
        task = self._step(body.task, "sent", "signed", "arrived", "sent-back")
        task.paused = task.sent.run in self.paused
        assert task.paused or isinstance(task.asked, f.HoldAsked)
        task.held_from, task.state = task.state, "held"
        task.asked = task.asked if task.paused else None

    def _task_resumed(self, body: f.TaskResumed, _: Fact) -> None:
        task = self._step(body.task, "held")
        task.state, task.held_from, task.paused = task.held_from, "", False
        stood_still = task.clock
        self._anew(body.task, stood_still, body.due)
        if stood_still != "done":
            self._anew(body.task, "done", body.done_by)
        if stood_still == "sign" and body.arrive_by is not None:
            self._anew(body.task, "arrive", body.arrive_by)

    def _anew(self, id: str, clock: str, due: int) -> None:
        task = self.tasks[id]
        task.due[clock] = due
        task.told = {told for told in task.told if told[1] != clock}

    def _task_verified(self, body: f.TaskVerified, _: Fact) -> None:
        self._step(body.task, "claimed").state = "verified"

    def _task_sent_back(self, body: f.TaskSentBack, _: Fact) -> None:
        self._step(body.task, "claimed").state = "sent-back"
        self._anew(body.task, "done", body.done_by)

    def _struck(self, what: str, id: str, clock: str) -> None:
        task = self.tasks[id]
        assert clock == task.clock, f"{id} is {task.state}: its '{clock}' does not run"
        assert (what, clock) not in task.told, f"{what} '{clock}' of {id} was said twice"
        task.told.add((what, clock))

    def _task_reminded(self, body: f.TaskReminded, fact: Fact) -> None:
        self._struck("remind", body.task, body.clock)
        assert fact.at <= body.due or ("overdue", body.clock) not in self.tasks[body.task].told

    def _task_overdue(self, body: f.TaskOverdue, fact: Fact) -> None:
        self._struck("overdue", body.task, body.clock)
        assert fact.at > body.due == self.tasks[body.task].due[body.clock]

    def _task_escalated(self, body: f.TaskEscalated, _: Fact) -> None:
        self._struck("escalate", body.task, body.clock)
        assert ("overdue", body.clock) in self.tasks[body.task].told
