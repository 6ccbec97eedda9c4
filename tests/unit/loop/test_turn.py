"""The turn: keys, verbs, rest, and the one way to start again."""

import pytest
from tests.unit.loop.city import EAST_TOWN, GOOD_PROOF, HOUR, MINUTE, START, UNDERPASS, City, batch_of

from bihuan.loop.turn import STAGES, Loop
from bihuan.model.commands import DEEDS, Command
from bihuan.model.errors import JournalError
from bihuan.model.facts import Commanded, CommandWasRefused, Fact, TaskSigned
from bihuan.model.readings import Batch


def restored(city: City) -> Loop:
    """A fresh loop brought to where the city's is, as after a stop."""
    loop = Loop(rules=city.rules, began=START)
    loop.restore(city.facts, city.batches.__getitem__)
    return loop


def test_the_same_key_never_has_a_second_effect() -> None:
    city = City()
    city.flood()
    command = city.command("crew@11.drainage", "sign", city.task("pump").id)
    city.turn(commands=[command, command])
    assert city.turn(commands=[command]) == []
    assert len(city.of(TaskSigned)) == len(city.of(Commanded)) == 1


def test_the_same_key_has_no_second_effect_after_a_restart_either() -> None:
    city = City()
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    city.loop = restored(city)
    (said,) = city.of(Commanded)
    again = Command(key=said.key, actor="duty@1101", does="report", target="ponding", place=UNDERPASS)
    assert city.turn(commands=[again]) == []


def test_a_refusal_is_remembered_under_its_key() -> None:
    city = City()
    command = city.command("duty@11", "sign", "cq-T000001")
    city.turn(commands=[command])
    city.flood()
    city.turn(commands=[command])
    assert city.loop.outcomes[command.key].refused is not None
    assert len(city.of(CommandWasRefused)) == 1
    again = restored(city).outcomes[command.key].refused
    assert again is not None
    assert (again.what, again.remedy) == ("there is no task 'cq-T000001'", "Look at the desk for the tasks of your unit.")


def test_a_verb_nobody_knows_is_refused() -> None:
    city = City()
    city.turn()
    refused = city.refused("duty@11", "bribe", "cq-T000001")
    assert refused.what == "nobody knows how to 'bribe'"
    assert "sign" in refused.remedy


@pytest.mark.parametrize("does", DEEDS)
def test_every_verb_is_answered_by_exactly_one_stage(does: str) -> None:
    """With a target nobody knows, the one stage that owns the verb refuses it."""
    city = City()
    city.turn()
    city.refused("duty@11", does, "no-such-thing", place="1101", text="why")


def test_a_turn_comes_to_rest() -> None:
    city = City()
    city.rain()
    city.flood()
    assert city.turn() == []


def test_a_stage_that_never_stops_writing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    city = City()

    def chatter(state, news, page):  # type: ignore[no-untyped-def]
        page.refuse(page.hear(city.command("duty@11", "sign", "x")), "no", "no")

    monkeypatch.setattr(STAGES[-1], "decide", chatter)
    with pytest.raises(AssertionError, match="does not come to rest"):
        city.turn()


def test_facts_are_numbered_without_holes_and_point_only_backwards() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.flood(45.0)
    city.wait(30 * HOUR)
    seen: set[str] = set()
    for number, fact in enumerate(city.facts, 1):
        assert (fact.seq, fact.id) == (number, f"cq-{number}")
        assert set(fact.because) <= seen, fact
        assert fact.at <= fact.recorded_at, fact
        seen.add(fact.id)


def test_every_stage_signs_its_own_facts_and_people_theirs() -> None:
    city = City()
    city.flood()
    city.do("crew@11.drainage", "sign", city.task("pump").id)
    for fact in city.facts:
        person = "@" in fact.actor
        assert person == (fact.kind in ("commanded", "task-signed")), fact
        assert person or fact.actor == type(fact.body).stage


# --- starting again -------------------------------------------------------------------------------------------


def _go_on(city: City) -> list[Fact]:
    """What happens next, whatever happened before: time, readings, people."""
    before = len(city.facts)
    city.wait(3 * MINUTE)
    city.read({f"ponding-depth@{UNDERPASS}": 32.0, f"rain@{EAST_TOWN}": 12.0})
    city.wait(25 * MINUTE)
    for task in list(city.loop.book.tasks.values()):
        if task.state == "sent":
            city.do(f"crew@{task.unit}", "sign", task.id)
    city.wait(10 * HOUR)
    return city.facts[before:]


def _twice(city: City) -> tuple[list[Fact], list[Fact]]:
    """The same future for the loop as it is, and for one that was stopped and started again."""
    twin = City(rules=city.rules)
    twin.now, twin.facts, twin.batches, twin._keys = city.now, list(city.facts), dict(city.batches), city._keys
    twin.loop = restored(city)
    return _go_on(city), _go_on(twin)


def test_a_restart_while_a_clock_runs_repeats_no_reminder_and_no_escalation() -> None:
    city = City()
    city.flood()
    city.rain()
    city.wait(12 * MINUTE)  # reminded, overdue, escalated, and the proposal is overdue
    assert {"task-reminded", "task-overdue", "task-escalated", "proposal-overdue"} <= set(city.kinds())
    plain, after_restart = _twice(city)
    assert after_restart == plain


def test_a_restart_repeats_no_silence() -> None:
    city = City()
    city.read({f"rain@{EAST_TOWN}": 1.0})
    city.wait(30 * MINUTE)
    plain, after_restart = _twice(city)
    assert after_restart == plain
    assert [fact.kind for fact in plain].count("series-silent") == 2, "once more after its return, and the other gauge"


def test_a_restart_forgets_no_receipt() -> None:
    """The level that a hold brings after the restart is because of the reading before it."""
    city = City()
    city.read({f"ponding-depth@{UNDERPASS}": 20.0})
    city.read({f"rain@{EAST_TOWN}": 1.0})
    city.loop = restored(city)
    city.wait(10 * MINUTE + 1)
    (changed,) = [fact for fact in city.facts if fact.kind == "level-changed"]
    assert changed.because == ("cq-2",)


def test_a_restart_with_everything_going_on_goes_on_the_same() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.flood(45.0)
    task = city.task("pump")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    city.do("checker@11.inspection", "send-back", task.id, text="again")
    city.do("duty@1101", "return", city.task("guard").id, text="cut off")
    plain, after_restart = _twice(city)
    assert len(plain) > 20
    assert after_restart == plain


def test_a_batch_that_is_not_the_one_received_is_found_out() -> None:
    city = City()
    city.read({f"rain@{EAST_TOWN}": 1.0})
    loop = Loop(rules=city.rules, began=START)
    other: Batch = batch_of([(f"rain@{EAST_TOWN}", START, 2.0)])
    with pytest.raises(JournalError, match="entry 1 of the intake log is not the one this fact took"):
        loop.restore(city.facts, {1: other}.__getitem__)
