"""Plans under random hands: buttons, four eyes, calls, notices and pauses, with crashes between. The laws of plans hold.

`BIHUAN_NIGHTLY=1` runs many more histories than the few dozen of every day.
"""

import os

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, START, City

from bihuan.loop.life import of_task
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import (
    CaseClosed,
    Commanded,
    CommandWasRefused,
    PlanPaused,
    PlanResumed,
    PlanStarted,
    ResponseDeclared,
    ResponseSeconded,
    TaskHeld,
    TaskOverdue,
    TaskResumed,
    TaskSent,
)
from bihuan.pack.load import load

PLANS = """\
plans:
  - id: flood-call
    words: {zh: 叫应, en: Call}
    trigger: {button: {at: district}}
    case: ponding
    four_eyes: true
    steps:
      - {id: call, words: {zh: 叫应, en: Call}, to: {down: town}, sign: 10m, form: call, fallback: emergency}
      - {id: tell, words: {zh: 通知, en: Tell}, to: {role: emergency, at: district}, sign: 1h, form: notice}
      - {id: act, words: {zh: 处置, en: Act}, to: {role: drainage, at: district}, sign: 1h, arrive: 2h, done: 8wh,
         after: [call]}
  - id: nobody
    words: {zh: 无人, en: Nobody}
    trigger: {button: {at: district}}
    case: data-duty
    steps:
      - id: act
        words: {zh: 处置, en: Act}
        to: {role: drainage, at: district}
        sign: 1h
        done: 8h
        when: [{indicator: rain, op: ">", value: 1, unknown: no}]
"""
PACKS = small_pack()
RULES = load({**PACKS, "rain": {**PACKS["rain"], "calls.yaml": PLANS}})
UNITS = ["1", "11", "1101", "11.drainage", "11.emergency", "11.inspection"]
PLACES = ["11", "1101"]


class Plans(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.city = City(rules=RULES)
        self.inputs: list[tuple[int, tuple[Command, ...]]] = []
        self.number = 0
        self.turn_at(START)

    # what happens

    @rule(plan=st.sampled_from(["flood-call", "nobody"]), place=st.sampled_from(PLACES), by=st.sampled_from(["duty", "chief"]))
    def somebody_presses_a_button(self, plan: str, place: str, by: str) -> None:
        self.send(f"{by}@11", "start", plan, place=place)

    @rule(by=st.sampled_from(["duty@11", "chief@11", "duty@1", "duty@12"]), does=st.sampled_from(["declare", "decline"]))
    def somebody_answers(self, by: str, does: str) -> None:
        if proposals := [body.proposal for body in self.city.of(ResponseSeconded)]:
            self.send(by, does, proposals[self.number % len(proposals)], text="so it is")

    @rule(nth=st.integers(0, 9), does=st.sampled_from(["pause", "go-on"]), unit=st.sampled_from(UNITS))
    def somebody_pauses_a_plan_or_lets_it_go_on(self, nth: int, does: str, unit: str) -> None:
        if runs := list(self.city.loop.book.by_run):
            self.send(f"duty@{unit}", does, runs[nth % len(runs)], text="a second look")

    @rule(steps=st.lists(st.integers(0, 99), min_size=1, max_size=8))
    def people_work(self, steps: list[int]) -> None:
        for which in steps:
            book = self.city.loop.book
            may = [(task.id, may) for task in book.tasks.values() for may in of_task(RULES, book, task)]
            if may:
                target, one = may[which % len(may)]
                self.send(f"crew@{one.units[0]}", one.does, target, text="so it is", proof=GOOD_PROOF, span=HOUR)

    @rule(span=st.sampled_from([MINUTE, 11 * MINUTE, HOUR, 9 * HOUR]))
    def time_passes(self, span: int) -> None:
        until = self.city.now + span
        while (due := self.city.loop.next_due()) is not None and due <= until:
            self.turn_at(due)
        self.turn_at(until)

    @rule()
    def the_process_dies_and_starts_again_from_its_facts(self) -> None:
        book = self.city.loop.book
        self.city.loop = Loop(rules=RULES, began=START)
        for fact in self.city.facts:
            self.city.loop.fold(fact)
        assert self.city.loop.book.cases == book.cases
        assert self.city.loop.book.tasks == book.tasks

    # what always holds

    @invariant()
    def what_two_must_agree_to_was_agreed_to_by_two(self) -> None:
        first = {f.subject: f.actor for f in self.city.facts if isinstance(f.body, ResponseSeconded)}
        for fact in self.city.facts:
            if isinstance(fact.body, ResponseDeclared):
                assert fact.actor != first[fact.subject]
        asked = len(self.city.of(ResponseDeclared))
        assert len([body for body in self.city.of(PlanStarted) if body.plan == "flood-call"]) == asked

    @invariant()
    def a_call_is_asked_of_one_unit_at_a_time_and_only_ever_further_up(self) -> None:
        for task in self.city.loop.book.tasks.values():
            if task.sent.form == "call" and task.sent.instead_of:
                before = self.city.loop.book.tasks[task.sent.instead_of]
                assert before.state in ("released", "returned")
                assert task.unit == "11.emergency" or task.unit == RULES.units[before.unit].parent

    @invariant()
    def nothing_goes_out_and_no_clock_runs_out_while_a_plan_is_paused(self) -> None:
        paused: set[str] = set()
        asked: dict[str, str] = {}
        for fact in self.city.facts:
            match fact.body:
                case PlanPaused() as body:
                    paused.add(body.run)
                case PlanResumed() as body:
                    paused.discard(body.run)
                case TaskSent() as body:
                    asked[body.task] = body.run
                    assert body.run not in paused, body
                case TaskOverdue(clock="sign" | "arrive" | "done") as body:
                    assert asked[body.task] not in paused
                case _:
                    pass

    @invariant()
    def what_was_held_by_a_pause_goes_on_when_the_plan_does(self) -> None:
        for case in self.city.loop.book.cases.values():
            for task in case.tasks.values():
                assert not task.paused or (task.state == "held" and task.sent.run in case.paused)

    @invariant()
    def a_case_closes_with_nothing_open_but_notices(self) -> None:
        for case in self.city.loop.book.cases.values():
            if case.closed_at is not None:
                assert not [task.id for task in case.tasks.values() if task.binding]
                assert case.tasks

    @invariant()
    def a_plan_asks_somebody(self) -> None:
        for body in self.city.of(PlanStarted):
            assert body.steps

    def teardown(self) -> None:
        """The same inputs run again give the same facts, byte for byte; and everything that rested has rested once."""
        loop = Loop(rules=RULES, began=START)
        facts = [fact for now, commands in self.inputs for fact in loop.turn(Inputs(commands=commands), now)]
        assert msgspec.json.encode(facts) == msgspec.json.encode(self.city.facts)
        assert len(self.city.of(TaskResumed)) <= len(self.city.of(TaskHeld))
        closed = [body.case for body in self.city.of(CaseClosed)]
        assert all(self.city.loop.book.cases[case].tasks for case in closed)

    # helpers

    def send(self, actor: str, does: str, target: str, **said: object) -> None:
        self.number += 1
        command = Command(key=f"k-{self.number}", actor=actor, does=does, target=target, **said)  # type: ignore[arg-type]
        seen = len(self.city.facts)
        self.turn_at(self.city.now, command)
        facts = self.city.facts[seen:]
        heard = next(fact for fact in facts if isinstance(fact.body, Commanded))
        effects = [fact for fact in facts if heard.id in fact.because]
        assert len(effects) == 1, [fact.kind for fact in facts]
        if isinstance(effects[0].body, CommandWasRefused):
            assert effects[0].body.remedy
            assert len(facts) == 2

    def turn_at(self, now: int, *commands: Command) -> None:
        self.inputs.append((now, commands))
        self.city.now = now
        self.city.turn(commands=commands)


NIGHTLY = bool(os.environ.get("BIHUAN_NIGHTLY"))
TestPlans = Plans.TestCase
TestPlans.settings = settings(
    max_examples=2_000 if NIGHTLY else 40,
    stateful_step_count=50 if NIGHTLY else 30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
