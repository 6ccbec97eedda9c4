"""Random posts do random things to cases, with crashes and repeated commands between: the laws of custody always hold.

What is legal is read here from the table in the base pack, apart from the code under test. `BIHUAN_NIGHTLY=1` runs 10,000
histories instead of the few dozen of every day.
"""

import os
from collections import Counter
from pathlib import Path

import msgspec
import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, START, City
from tests.unit.loop.test_life import packs

from bihuan.loop.life import of_case, of_task
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import CaseAccepted, CaseClosed, CaseRouted, Commanded, CommandWasRefused, Fact
from bihuan.pack.load import load

ROOT = Path(__file__).parents[3]
LIFE = yaml.safe_load((ROOT / "packs/base/lives.yaml").read_text("utf-8"))["lives"][0]
RULES = load(packs())
UNITS = ["1", "11", "12", "1101", "11.drainage", "11.emergency", "11.inspection", "12.inspection"]
POSTS = ["duty", "crew", "checker"]
CASE_VERBS = sorted({move["does"] for move in LIFE["case"]})
TASK_VERBS = sorted({move["does"] for move in LIFE["task"]})
LEADS = {(of, state, move["does"]): move["to"] for of in ("case", "task") for move in LIFE[of] for state in move["from"]}


class CaseLife(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.city = City(rules=RULES)
        self.inputs: list[tuple[int, tuple[Command, ...]]] = []
        self.number = 0
        self.last: Command | None = None
        self.let_pass(7 * HOUR)

    # what happens

    @rule(place=st.sampled_from(["1101", "1201"]))
    def somebody_reports(self, place: str) -> None:
        self.send("duty@1101", "report", "pothole", place=place, text="a hole")

    @rule(steps=st.lists(st.tuples(st.integers(0, 999), st.sampled_from(UNITS)), min_size=3, max_size=15))
    def people_do_what_the_table_lets_them(self, steps: list[tuple[int, str]]) -> None:
        for which, to in steps:
            book = self.city.loop.book
            may = [(case.id, may) for case in book.cases.values() for may in of_case(RULES, book, case) if may.does != "second"]
            may += [(task.id, may) for task in book.tasks.values() for may in of_task(RULES, book, task)] * 2
            if may:
                target, one = may[which % len(may)]
                cases = [case for case in book.cases if case != target]
                other = cases[which % len(cases)] if cases and one.does == "merge" else to
                self.act(one.units[0] if one.units else "1101", one.does, target, other, which % 7 > 0)

    @rule(
        does=st.sampled_from(CASE_VERBS + TASK_VERBS), nth=st.integers(0, 30), unit=st.sampled_from(UNITS),
        to=st.sampled_from(UNITS), said=st.booleans(),
    )  # fmt: skip
    def somebody_does_anything_at_all(self, does: str, nth: int, unit: str, to: str, said: bool) -> None:
        book = self.city.loop.book
        known = [*book.cases, *book.tasks]
        if known:
            self.act(unit, does, known[nth % len(known)], to, said)

    def act(self, unit: str, does: str, target: str, to: str, said: bool) -> None:
        text, proof = ("so it is", GOOD_PROOF) if said else ("", None)
        self.send(f"{POSTS[self.number % 3]}@{unit}", does, target, to=to, text=text, choice="patch", span=HOUR, proof=proof)

    @rule(span=st.sampled_from([MINUTE, HOUR, 9 * HOUR]))
    def time_passes(self, span: int) -> None:
        self.let_pass(span)

    def let_pass(self, span: int) -> None:
        until = self.city.now + span
        while (due := self.city.loop.next_due()) is not None and due <= until:
            self.turn_at(due)
        self.turn_at(until)

    @rule()
    def the_answer_got_lost_and_the_command_is_sent_again(self) -> None:
        if self.last is not None:
            before = len(self.city.facts)
            self.turn_at(self.city.now, self.last)
            assert not [fact for fact in self.city.facts[before:] if isinstance(fact.body, Commanded | CommandWasRefused)]

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
    def exactly_one_unit_holds_a_case_that_is_under_way(self) -> None:
        for case in self.city.loop.book.cases.values():
            if case.standing in ("open", "offered", "closed"):
                assert case.unit in RULES.units
                told = [
                    f.body.unit
                    for f in self.city.facts
                    if isinstance(f.body, CaseRouted | CaseAccepted) and f.subject == case.id
                ]
                assert case.unit == told[-1]
            else:
                assert case.offer is None or case.standing == "merged"

    @invariant()
    def nobody_checked_his_own_work_and_nothing_closed_unchecked(self) -> None:
        for fact in self.city.facts:
            if isinstance(fact.body, CaseClosed):
                case = self.city.loop.book.cases[fact.body.case]
                assert not set(fact.body.verifiers) & case.doers
                assert (
                    all(task.state in ("verified", "released", "returned", "heard") for task in case.tasks.values())
                    or case.open
                )

    def teardown(self) -> None:
        """The same inputs run again give the same facts, byte for byte."""
        loop, facts = Loop(rules=RULES, began=START), []
        loop_turn = loop.turn
        for now, commands in self.inputs:
            facts += loop_turn(Inputs(commands=commands), now)
        differ = [(one, other) for one, other in zip(facts, self.city.facts, strict=False) if one != other]
        assert not differ, differ[0]
        assert msgspec.json.encode(facts) == msgspec.json.encode(self.city.facts)

    # helpers

    def send(self, actor: str, does: str, target: str, **said: object) -> None:
        before, seen = self.standing(target), len(self.city.facts)
        self.number += 1
        self.last = Command(key=f"k-{self.number}", actor=actor, does=does, target=target, **said)  # type: ignore[arg-type]
        self.turn_at(self.city.now, self.last)
        facts = self.city.facts[seen:]
        heard = next(fact for fact in facts if isinstance(fact.body, Commanded))
        effects = [fact for fact in facts if heard.id in fact.because]
        assert len(effects) == 1, Counter(fact.kind for fact in facts)
        if not isinstance(effects[0].body, CommandWasRefused) and before is not None:
            self.check_step(effects[0], before, does)

    def check_step(self, effect: Fact, before: tuple[str, str], does: str) -> None:
        of, state = before
        assert (of, state, does) in LEADS, f"{does} was let through from {state}"
        assert effect.actor.partition("@")[2] != "", "an effect has somebody who did it"

    def standing(self, target: str) -> tuple[str, str] | None:
        book = self.city.loop.book
        if target in book.cases:
            return "case", book.cases[target].standing
        return ("task", book.tasks[target].state) if target in book.tasks else None

    def turn_at(self, now: int, *commands: Command) -> None:
        self.inputs.append((now, commands))
        self.city.now = now
        self.city.turn(commands=commands)


NIGHTLY = bool(os.environ.get("BIHUAN_NIGHTLY"))
TestCaseLife = CaseLife.TestCase
TestCaseLife.settings = settings(
    max_examples=10_000 if NIGHTLY else 40,
    stateful_step_count=60 if NIGHTLY else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
