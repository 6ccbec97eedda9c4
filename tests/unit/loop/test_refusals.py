"""Every step that is not legal is refused, in every state, and the answer says what is wrong and who may do what instead.

What is legal, and who else might do it, is said by `life_model`, which reads the table of the base pack.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from tests.unit.loop.city import GOOD_PROOF, HOUR, City
from tests.unit.loop.life_model import EFFECT, LIFE, LifeModel
from tests.unit.loop.test_life_machine import RULES, UNITS, model

from bihuan.loop.life import SAYS
from bihuan.model.commands import DEEDS, Command
from bihuan.model.facts import Commanded, CommandWasRefused, Fact
from bihuan.views.refusals import in_chinese

TASK_VERBS = {move["does"] for move in LIFE["task"]}
Way = tuple[tuple[str, str, dict[str, object]], ...]
"""How a case of type lamp, in whose life every move has its post, came to a state: actor, verb, what else was said."""

REGISTERED: Way = (("duty@11.inspection", "register", {"choice": "patch"}),)
SIGNED: Way = (*REGISTERED, ("crew@11.drainage", "sign", {}))
ARRIVED: Way = (*SIGNED, ("crew@11.drainage", "arrive", {}))
CLAIMED: Way = (*ARRIVED, ("crew@11.drainage", "claim", {"proof": GOOD_PROOF}))
ASKED: Way = (*ARRIVED, ("crew@11.drainage", "ask-hold", {"text": "gas"}))

STATES: dict[str, Way] = {
    "reported": (),
    "rejected": (("duty@11.inspection", "reject", {"text": "a shadow"}),),
    "open, sent": REGISTERED,
    "offered": (*REGISTERED, ("duty@11", "offer", {"to": "12", "text": "yours"})),
    "signed": SIGNED,
    "arrived": ARRIVED,
    "asked for more time": (*ARRIVED, ("crew@11.drainage", "ask-extension", {"text": "rain", "span": HOUR})),
    "asked for a hold": ASKED,
    "held": (*ASKED, ("duty@11", "grant", {})),
    "claimed": CLAIMED,
    "sent-back": (*CLAIMED, ("checker@11.inspection", "send-back", {"text": "again"})),
    "returned": (*SIGNED, ("crew@11.drainage", "return", {"text": "cut off"})),
    "closed": (*CLAIMED, ("checker@11.inspection", "verify", {})),
    "merged": (*REGISTERED, ("duty@11", "merge", {"to": "cq-C00001"})),
}


class Told:
    """A town in one state, with the model that was told all of it. The other case is the first one."""

    def __init__(self, way: Way) -> None:
        self.city, self.model = City(rules=RULES), model()
        self.city.now += 7 * HOUR
        for place in ("1201", "1101"):
            self.take(self.city.do("duty@1102", "report", "lamp", place=place, text="dark"))
        self.case = list(self.city.loop.book.cases)[-1]
        for actor, does, said in way:
            self.city.now += HOUR // 6
            target = next(iter(self.city.loop.book.cases[self.case].tasks)) if does in TASK_VERBS else self.case
            self.take(self.city.do(actor, does, target, **said))

    def take(self, facts: list[Fact]) -> None:
        self.model.turn(facts, self.city.now)

    def targets(self, does: str) -> list[str]:
        mine = self.model.cases[self.case]
        return mine.tasks if does in TASK_VERBS else [mine.id]


def everything(told: Told) -> Iterator[tuple[str, str, str, dict[str, object]]]:
    """Every verb of the table by every post of every unit, with all it needs; and by the right ones with something missing."""
    full: dict[str, object] = {"to": "12", "text": "so it is", "choice": "patch", "span": HOUR, "proof": GOOD_PROOF}
    for does in EFFECT:
        said = full | ({"to": "cq-C00001"} if does == "merge" else {})
        for target in told.targets(does):
            for unit in UNITS:
                yield from ((f"{post}@{unit}", does, target, said) for post in ("duty", "crew", "checker"))
    for does, target, post, unit in told.model.may():
        said = full | ({"to": "cq-C00001"} if does == "merge" else {})
        for left_out in full:
            yield f"{post}@{unit}", does, target, {name: value for name, value in said.items() if name != left_out}


def named(model: LifeModel, remedy: str) -> list[tuple[str, str]]:
    """The units and verbs that a remedy of the form `A or B may sign it or return it; C may ... now.` promises."""
    verbs = {words: verb for verb, words in SAYS.items()}
    found = []
    for part in remedy.removesuffix(" now.").split("; "):
        if said := re.fullmatch(r"([\w. ]+?) may (.+)", part.removesuffix(".")):
            units, deeds = said[1].split(" or "), re.split(r" or (?=" + "|".join(map(re.escape, verbs)) + ")", said[2])
            found += [(unit, verbs[deed]) for unit in units for deed in deeds if deed in verbs]
    return found


@pytest.mark.parametrize("state", STATES)
def test_what_is_not_legal_is_refused_with_who_may_do_what_and_leaves_nothing_else(state: str) -> None:
    told = Told(STATES[state])
    before, refused = told.city.loop.book.cases[told.case].standing, 0
    for actor, does, target, said in everything(told):
        against = told.model.why_not(actor, command := told.city.command(actor, does, target, **said))
        if not against:
            continue
        written = told.city.turn(commands=[command])
        assert [type(fact.body) for fact in written] == [Commanded, CommandWasRefused], (actor, does, against)
        told.take(written)
        answer = told.city.loop.outcomes[command.key].refused
        assert answer is not None
        assert answer.what
        assert answer.remedy, (actor, does, answer.what)
        assert in_chinese_too(answer.what), answer.what
        assert in_chinese_too(answer.remedy), answer.remedy
        refused += 1
        promised_is_legal(told, command, against, answer.remedy)
        assert told.city.turn(commands=[command]) == [], "the same key again is answered, and does nothing"
    assert refused > 150
    assert told.city.loop.book.cases[told.case].standing == before


def in_chinese_too(said: str) -> bool:
    return max(in_chinese(said)) >= "\u4e00"


def promised_is_legal(told: Told, command: Command, against: str, remedy: str) -> None:
    """Who is named may really do it, and where something may be done at all, somebody is named."""
    may = {(unit, does) for does, target, _, unit in told.model.may() if target == command.target}
    promised = {pair for pair in named(told.model, remedy) if pair[0] != "any unit"}
    assert promised <= may, (command, against, remedy)
    if against in ("not from this state", "not theirs", "its case is over") or "is not asked for" in against:
        expected = {pair for pair in may if pair[1] != "second"}
        assert promised >= expected, (command, against, remedy)
        assert promised or "Nothing more is asked" in remedy or "any unit may" in remedy, (command, against, remedy)
    if against == "not this post's":
        posts = {
            f"{post}@{unit}"
            for does, target, post, unit in told.model.may()
            if (does, target) == (command.does, command.target)
        }
        assert any(one in remedy for one in posts), (command, remedy, posts)
    if against.startswith("lacks"):
        assert re.search(r"Say why|Name |Say for how long|Bring it", remedy), remedy


@pytest.mark.parametrize("does", DEEDS)
def test_of_what_is_not_there_nothing_is_done_and_the_answer_says_where_to_look(does: str) -> None:
    city = City(rules=RULES)
    city.turn()
    answer = city.refused("duty@11", does, "cq-X00001", place="nowhere", text="why", choice="sound", to="12")
    assert in_chinese_too(answer.what), answer.what
    assert in_chinese_too(answer.remedy), answer.remedy
    assert re.search(r"Look at|Name|Take|Report|Plans with", answer.remedy), answer.remedy


@pytest.mark.parametrize("does", DEEDS)
def test_a_unit_that_is_not_there_does_nothing(does: str) -> None:
    told = Told(REGISTERED)
    answer = told.city.refused("duty@99", does, told.case, text="why")
    assert "no unit '99'" in answer.what
    assert in_chinese_too(answer.what)
    assert in_chinese_too(answer.remedy)


def later(told: Told) -> None:
    told.city.do("duty@1", "reopen", told.case, text="dark again")


@pytest.mark.parametrize("undo", [lambda told: None, later])
def test_a_command_that_comes_after_its_case_was_closed_changes_nothing(undo: Callable[[Told], None]) -> None:
    told = Told(STATES["closed"])
    undo(told)
    task = told.model.cases[told.case].tasks[0]
    answer = told.city.refused("crew@11.drainage", "claim", task, proof=GOOD_PROOF)
    assert "cannot be 'claim'" in answer.what
    assert answer.remedy == "Nothing more is asked of anybody for this task."
