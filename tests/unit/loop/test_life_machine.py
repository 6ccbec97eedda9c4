"""Random posts do random things to cases, with crashes, repeated and late commands and leaps of time: the laws always hold.

What is legal is said by `life_model`, which reads the table of the base pack and shares nothing with the code under test.
`BIHUAN_NIGHTLY=1` runs 10,000 histories instead of the few of every day.
"""

import os
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, START, UNDERPASS, City, batch_of
from tests.unit.loop.life_model import LIFE, LifeModel
from tests.unit.loop.test_life import packs

from bihuan.journal.memory import MemoryJournal
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import DEEDS, Command
from bihuan.model.facts import Fact
from bihuan.model.readings import Batch
from bihuan.pack.load import load

NIGHTLY = bool(os.environ.get("BIHUAN_NIGHTLY"))
POSTS = ["duty", "crew", "checker"]
WHOSE = {"doer": "crew", "verifier": "checker", "anyone": ""}
UNITS = ["1", "11", "12", "1101", "1102", "11.drainage", "11.emergency", "12.drainage", "11.inspection", "12.inspection", "99"]
ONWARD = frozenset(
    {"register", "accept", "give-back", "sign", "arrive", "claim", "verify", "ask-extension", "ask-hold", "grant", "resume"}
)
"""Verbs that lead on: drawn more often, or most histories would go in circles."""
DEPTHS = [0.0, 20.0, 45.0]
LOOK_AGAIN = {"role": "audit", "at": "city", "share": 1.0, "least": 1, "every": "1d", "within": "4h"}


def by_post(life: Mapping[str, Any]) -> dict[str, Any]:
    """The table of the base pack, with the post that may named in every move: crews work, checkers check, the duty commands."""
    strict = {"id": "by-post", "words": {"zh": "分岗流程", "en": "By post"}}
    for of in ("case", "task"):
        strict[of] = [move | {"posts": [post] if (post := WHOSE.get(move["who"], "duty")) else []} for move in life[of]]
    return strict


def two_lives() -> dict[str, Mapping[str, str]]:
    """The town of the life tests; broken lamps follow a life in which every move has its post."""
    known = dict(packs())
    holes: dict[str, Any] = yaml.safe_load(known["rain"]["holes.yaml"])
    lamp, relight = deepcopy(holes["cases"][0]), deepcopy(holes["plans"][0])
    lamp |= {"id": "lamp", "life": "by-post", "recheck": LOOK_AGAIN}
    relight |= {"id": "relight", "case": "lamp", "trigger": {"report": {"case": "lamp"}}}
    relight["steps"][0] |= {"arrive": "2h", "fallback": "emergency"}
    holes |= {"lives": [by_post(LIFE)], "cases": [*holes["cases"], lamp], "plans": [*holes["plans"], relight]}
    audit = "  - {role: audit, words: {zh: 审计, en: Audit}, at: [city], checker: true}\n"
    scores = known["rain"]["scorecards.yaml"].replace("[rainstorm, ponding, data-duty]", "[pothole, lamp, ponding]")
    departments = known["rain"]["departments.yaml"] + audit
    known["rain"] = {**known["rain"], "departments.yaml": departments, "scorecards.yaml": scores}
    known["rain"] = {**known["rain"], "holes.yaml": yaml.safe_dump(holes, allow_unicode=True)}
    return known


RULES = load(two_lives())


def model() -> LifeModel:
    openings = ["patch", "rebuild"]
    return LifeModel(list(RULES.units), {"pothole": openings, "lamp": openings}, {"lamp": by_post(LIFE)})


class CaseLife(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.city, self.model, self.journal = City(rules=RULES), model(), MemoryJournal()
        self.inputs: list[tuple[int, tuple[Command, ...], list[tuple[int, Batch]]]] = []
        self.sent: list[Command] = []
        self.delayed: list[Command] = []
        self.snapshot: tuple[int, dict[str, npt.NDArray[Any]]] | None = None
        self.leap(7 * HOUR)

    # what happens

    @rule(place=st.sampled_from(["1101", "1201"]), type=st.sampled_from(["pothole", "lamp", "lamp", "ponding"]))
    def somebody_reports(self, place: str, type: str) -> None:
        self.turn(self.command("duty@1101", "report", type, place=place, text="a hole"))

    @rule(choices=st.lists(st.integers(0, 9999), min_size=3, max_size=12))
    def people_do_what_the_table_lets_them(self, choices: list[int]) -> None:
        for choice in choices:
            self.turn(self.legal(choice))

    @rule(choices=st.lists(st.integers(0, 9999), min_size=2, max_size=4), twice=st.booleans())
    def several_do_something_in_one_turn(self, choices: list[int], twice: bool) -> None:
        commands = [self.legal(choice) for choice in choices]
        self.turn(*commands, *commands[: 1 if twice else 0])

    @rule(choice=st.integers(0, 9999))
    def somebody_answers_what_else_is_asked(self, choice: int) -> None:
        if asked := self.model.else_():
            does, target, actor, to, item = asked[-1 - choice % len(asked)]
            self.turn(self.command(actor, does, target, to=to, choice=item, text="so it is" if choice % 11 else ""))

    @rule(
        does=st.sampled_from(DEEDS), nth=st.integers(0, 40), unit=st.sampled_from(UNITS), post=st.sampled_from(POSTS),
        to=st.integers(0, 40), said=st.booleans(),
    )  # fmt: skip
    def somebody_does_anything_at_all(self, does: str, nth: int, unit: str, post: str, to: int, said: bool) -> None:
        self.turn(self.say(f"{post}@{unit}", does, self.known(nth), to, said))

    @rule(choice=st.integers(0, 9999))
    def a_command_lies_on_a_phone_without_network(self, choice: int) -> None:
        self.delayed.append(self.legal(choice))

    @rule(nth=st.integers(0, 9))
    def a_late_command_arrives(self, nth: int) -> None:
        if self.delayed:
            self.turn(self.delayed.pop(nth % len(self.delayed)))

    @rule(nth=st.integers(0, 99))
    def an_answer_got_lost_and_the_command_is_sent_again(self, nth: int) -> None:
        if self.sent:
            assert self.sent[-1 - nth % len(self.sent)].key in self.city.loop.outcomes
            written = self.turn(self.sent[-1 - nth % len(self.sent)])
            assert not [fact for fact in written if "@" in fact.actor], "a repeated command had a second effect"

    @rule(depth=st.sampled_from(DEPTHS))
    def the_water_is_measured(self, depth: float) -> None:
        self.leap(MINUTE)
        self.turn(batches=[batch_of([(f"ponding-depth@{UNDERPASS}", self.city.now, depth)])])

    @rule(span=st.sampled_from([MINUTE, 15 * MINUTE, HOUR, 9 * HOUR]))
    def time_passes(self, span: int) -> None:
        until = self.city.now + span
        while (due := self.city.loop.next_due()) is not None and due <= until:
            self.leap(due - self.city.now)
        self.leap(until - self.city.now)

    @rule(span=st.sampled_from([MINUTE, HOUR, 5 * HOUR, 50 * HOUR]))
    def leap(self, span: int) -> None:
        """Nobody looked meanwhile, whatever was due."""
        self.city.now += span
        self.turn()

    # what goes wrong

    @rule()
    def a_snapshot_is_taken(self) -> None:
        kept = self.city.loop.saved()
        self.snapshot = self.city.loop.seq, {name: np.array(array) for name, array in kept.items()}

    @rule(from_snapshot=st.booleans())
    def the_process_dies_and_starts_again(self, from_snapshot: bool) -> None:
        was = self.city.loop
        self.city.loop = self.restored(from_snapshot)
        assert self.city.loop.book.cases == was.book.cases
        assert self.city.loop.book.tasks == was.book.tasks
        assert self.city.loop.outcomes.keys() == was.outcomes.keys()

    @rule(choice=st.integers(0, 9999))
    def the_power_goes_before_a_turn_is_on_the_disk(self, choice: int) -> None:
        command = self.legal(choice)
        lost = self.city.loop.turn(Inputs(commands=[command]), self.city.now)
        self.city.loop = self.restored(from_snapshot=False)
        assert self.turn(command) == lost

    def restored(self, from_snapshot: bool) -> Loop:
        loop, after = Loop(rules=RULES, began=START), 0
        if from_snapshot and self.snapshot:
            after, kept = self.snapshot
            loop.put_back(kept)
        loop.restore([entry.fact for entry in self.journal.read()], self.city.batches.__getitem__, after=after)
        return loop

    def teardown(self) -> None:
        """The same inputs, run again without any crash, give the same facts and the same state, byte for byte.

        Two days pass before: a clock that a crash had lost would be missed by the model.
        """
        self.time_passes(48 * HOUR)
        loop, journal = Loop(rules=RULES, began=START), MemoryJournal()
        for now, commands, batches in self.inputs:
            journal.append(loop.turn(Inputs(batches=batches, commands=commands), now))
        assert journal.head() == self.journal.head()
        assert loop.book.cases == self.city.loop.book.cases
        assert loop.book.tasks == self.city.loop.book.tasks
        self.same_as_the_model(*self.model.cases, *self.model.tasks)

    # helpers

    def turn(self, *commands: Command, batches: list[Batch] | None = None) -> list[Fact]:
        """One turn, told to the model and put into the journal."""
        numbered = list(enumerate(batches or [], len(self.city.batches) + 1))
        self.inputs.append((self.city.now, commands, numbered))
        self.sent += commands
        written = self.city.turn(batches=batches or (), commands=commands)
        self.journal.append(written)
        self.model.turn(written, self.city.now)
        self.same_as_the_model(*dict.fromkeys(id for fact in written for id in self.concerned(fact)))
        return written

    def concerned(self, fact: Fact) -> list[str]:
        return [id for id in (getattr(fact.body, "case", ""), getattr(fact.body, "task", "")) if id]

    def same_as_the_model(self, *ids: str) -> None:
        book = self.city.loop.book
        for id in ids:
            if id in self.model.tasks:
                assert book.tasks[id].state == self.model.tasks[id].state
            else:
                case, told = book.cases[id], self.model.cases[id]
                assert (case.standing, case.unit, case.weight) == (told.state, told.holder, self.model.weight(told))
                assert case.holders == told.holders

    def command(self, actor: str, does: str, target: str, **said: object) -> Command:
        return self.city.command(actor, does, target, **said)

    def say(self, actor: str, does: str, target: str, to: int, said: bool) -> Command:
        text, proof = ("so it is", GOOD_PROOF) if said else ("", None)
        cases = list(self.model.cases)
        other = cases[to % len(cases)] if does == "merge" and cases else UNITS[to % len(UNITS)]
        choice = "sound" if does == "found" else "patch"
        return self.command(actor, does, target, to=other, text=text, choice=choice, span=HOUR, proof=proof, place="1101")

    def legal(self, choice: int) -> Command:
        """One of the things that the model says are legal, most often with what it needs."""
        may = [one for one in self.model.may() if one[0] != "second" or choice % 5 == 0]
        onward = [one for one in may if one[0] in ONWARD]
        may = onward if onward and choice % 3 else may
        if not may:
            return self.command("duty@1101", "report", "pothole", place="1101", text="a hole")
        does, target, post, unit = may[choice % len(may)]
        return self.say(f"{post}@{unit}", does, target, choice // 7, choice % 11 > 0)

    def known(self, nth: int) -> str:
        known = [*self.model.cases, *self.model.tasks, *self.model.runs, "cq-P00001", "mend", "nothing", "closing"]
        return known[nth % len(known)]


TestCaseLife = CaseLife.TestCase
TestCaseLife.settings = settings(
    max_examples=10_000 if NIGHTLY else 80,
    stateful_step_count=50 if NIGHTLY else 40,
    derandomize=not NIGHTLY,  # a night looks where no night has looked; --hypothesis-seed brings one back
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
