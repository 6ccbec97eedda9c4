"""The cast: ordinary people, drawn by seed. They leave alone what a person sits at, and never say done over standing water."""

from tests.packs_for_tests import small_pack, with_change
from tests.unit.loop.city import MINUTE, START, UNDERPASS, WEST_UNDERPASS, batch_of
from tests.unit.loop.storms import RULES, Happens, play
from tests.unit.loop.test_life import HOLES

from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import (
    CaseClosed,
    CaseFlagged,
    Fact,
    PlanProposed,
    ProposalOverdue,
    TaskClaimed,
    TaskSent,
    WarningCleared,
)
from bihuan.pack.load import load
from bihuan.replay.cast import Cast
from bihuan.replay.conductor import Conductor

FLOOD = [
    *[Happens(minutes=5, values=((f"ponding-depth@{UNDERPASS}", 30.0),)) for _ in range(30)],
    *[Happens(minutes=5, values=((f"ponding-depth@{UNDERPASS}", 0.0),)) for _ in range(40)],
]


def said(facts: list[Fact]) -> list[tuple[str, str, str]]:
    return [(fact.actor, fact.body.does, fact.body.target) for fact in facts if fact.kind == "commanded"]  # type: ignore[union-attr]


def test_one_seed_is_one_play_and_another_seed_another() -> None:
    first, again, other = play(FLOOD, 1), play(FLOOD, 1), play(FLOOD, 2)
    assert first.facts == again.facts
    assert said(first.facts) != said(other.facts)


def test_the_cast_brings_a_flood_to_a_verified_close() -> None:
    closed = [fact.body for fact in play(FLOOD, 1).facts if isinstance(fact.body, CaseClosed)]
    assert [(body.case_type, body.verifiers) for body in closed] == [("ponding", ("11.inspection",))]


def test_nobody_says_done_while_the_water_stands() -> None:
    facts = play(FLOOD, 1).facts
    cleared_at = next(fact.recorded_at for fact in facts if isinstance(fact.body, WarningCleared))
    claims = [fact.recorded_at for fact in facts if isinstance(fact.body, TaskClaimed)]
    assert claims
    assert min(claims) >= cleared_at


def test_the_third_guard_claims_without_having_worked_whatever_the_seed() -> None:
    rise = (20.0, 20.0, 30.0, 30.0, 30.0)
    spots = (UNDERPASS, WEST_UNDERPASS)
    storm = [
        *[Happens(minutes=5, values=tuple((f"ponding-depth@{spot}", depth) for spot in spots)) for depth in rise],
        *[Happens(minutes=5, values=tuple((f"ponding-depth@{spot}", 0.0) for spot in spots)) for _ in range(60)],
        *[Happens(minutes=5, values=((f"ponding-depth@{UNDERPASS}", depth),)) for depth in rise],
        *[Happens(minutes=5, values=((f"ponding-depth@{UNDERPASS}", 0.0),)) for _ in range(40)],
    ]
    for seed in (1, 2, 3):
        facts = play(storm, seed).facts
        guards = [fact.body.task for fact in facts if isinstance(fact.body, TaskSent) and fact.body.step == "guard"]
        flagged = {fact.body.task for fact in facts if isinstance(fact.body, CaseFlagged)}
        assert len(guards) >= 3
        assert guards[2] in flagged, seed


def test_the_cast_leaves_alone_what_a_person_sits_at() -> None:
    cast = Cast(RULES, 1)
    cast.played_by_people.add("11.drainage")
    played = play(FLOOD, 1)
    for facts in played.turns:
        cast.hear(facts)
    units = {command.unit for command in cast.take(played.inputs[-1][0] + 10_000 * MINUTE)}
    assert "11.drainage" not in units
    assert "1101" in units


def test_a_proposal_nobody_answered_is_taken_up_by_the_unit_above() -> None:
    """Some duty officers sleep: whoever it is, somebody declares in the end."""
    rain = [Happens(minutes=5, values=(("rain@1101", 30.0),)) for _ in range(20)]
    for seed in range(40):
        facts = play(rain, seed).facts
        if any(isinstance(fact.body, ProposalOverdue) for fact in facts):
            declared = next(fact for fact in facts if fact.kind == "response-declared")
            assert declared.actor == "duty@1"
            return
    raise AssertionError("among forty casts nobody slept")


def test_the_conductor_goes_on_while_readings_or_people_have_something_to_do() -> None:
    class Feed:
        at: int | None = START

        def next_at(self) -> int | None:
            return self.at

        def take(self, now: int) -> list[object]:
            self.at = None
            return []

    feed, cast = Feed(), Cast(RULES, 1)
    conductor = Conductor(feed, cast)  # type: ignore[arg-type]
    assert conductor.next_at() == START
    conductor.take(START)
    assert conductor.next_at() is None
    proposed = next(
        fact
        for fact in play([Happens(minutes=5, values=(("rain@1101", 60.0),))], 1).facts
        if isinstance(fact.body, PlanProposed)
    )
    conductor.hear([proposed])
    at = conductor.next_at()
    assert at is not None
    assert [command.does for command in conductor.take(at).commands] == ["declare"]


def test_two_of_the_cast_agree_where_the_pack_wants_four_eyes_and_calls_are_only_answered() -> None:
    four = with_change("rain/plans.yaml", "    answer: 10m\n", "    answer: 10m\n    four_eyes: true\n")
    old = "        sign: 10m\n        done: 3h\n        proof: [text]\n        fallback: emergency\n      - id: report"
    rules = load(with_change("rain/plans.yaml", old, "        sign: 10m\n        form: call\n      - id: report", four))
    loop, cast, facts, now = Loop(rules=rules, began=START), Cast(rules, 1), [], START
    batch = batch_of([("rain@1101", START, 60.0)])
    news = loop.turn(Inputs(batches=[(1, batch)]), now)
    while now < START + 90 * MINUTE:
        facts += news
        cast.hear(news)
        now = min(at for at in (cast.next_at(), loop.next_due(), START + 90 * MINUTE) if at is not None)
        news = loop.turn(Inputs(commands=cast.take(now)), now)
    declared = [(actor, target) for actor, does, target in said(facts) if does == "declare"]
    assert declared == [("duty@11", "cq-P00001"), ("duty@1", "cq-P00001")]
    (call,) = [task for task in loop.book.tasks.values() if task.sent.form == "call"]
    assert call.state == "heard"
    assert not [fact.body for fact in facts if fact.kind == "command-was-refused"]


def test_what_a_person_reports_is_registered_done_and_verified_by_the_cast() -> None:
    rules = load({**small_pack(), "rain": {**small_pack()["rain"], "holes.yaml": HOLES}})
    loop, cast, now = Loop(rules=rules, began=START), Cast(rules, 1), START
    report = Command(key="k", actor="duty@1101", does="report", target="pothole", place="1101", text="a hole")
    facts = loop.turn(Inputs(commands=[report]), now)
    told = list(facts)
    for _ in range(40):
        cast.hear(facts)
        now = min(at for at in (cast.next_at(), loop.next_due(), now + 8 * 60 * MINUTE) if at is not None)
        facts = loop.turn(Inputs(commands=cast.take(now)), now)
        told += facts
    (closed,) = [fact.body for fact in told if isinstance(fact.body, CaseClosed)]
    assert (closed.doers, closed.verifiers) == (("11.drainage",), ("11.inspection",))
