"""The cast: ordinary people, drawn by seed. They leave alone what a person sits at, and never say done over standing water."""

from tests.unit.loop.city import MINUTE, START, UNDERPASS, WEST_UNDERPASS
from tests.unit.loop.storms import RULES, Happens, play

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
