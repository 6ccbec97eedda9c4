"""What holds for every storm: the same facts again, however batches are cut and whenever the process is stopped."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.loop.storms import RULES, Happens, Played, encoded, new_loop, play, storms, without_receipts

from bihuan.model.facts import (
    CaseClosed,
    TaskArrived,
    TaskClaimed,
    TaskReleased,
    TaskReturned,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    TaskVerified,
)
from bihuan.model.readings import Batch

seeds = st.integers(0, 10_000)
WET = [
    *[
        Happens(minutes=5, values=(("ponding-depth@LP-1101-1", depth), ("rain@1101", 30.0)))
        for depth in (5.0, 20.0, 30.0, 70.0)
    ],
    Happens(
        minutes=5, values=(("rain@1102", 60.0), ("ponding-depth@LP-1101-1", 70.0)), meddles=("duty@11", "verify", "cq-T000001")
    ),
    *[Happens(minutes=10, values=(("ponding-depth@LP-1101-1", 0.0), ("rain@1101", 0.0))) for _ in range(24)],
    Happens(minutes=30, values=(("ponding-depth@LP-1101-1", 20.0),), meddles=("duty@1101", "report", "ponding")),
    Happens(minutes=5, values=(("ponding-depth@LP-1101-1", 20.0),)),
]


def halves(batch: Batch) -> list[Batch]:
    """One batch as two, cut in the middle."""
    return [
        Batch(
            numbering=batch.numbering,
            series=batch.series[rows],
            at=batch.at[rows],
            value=batch.value[rows],
            quality=batch.quality[rows],
            source=batch.source,
        )
        for rows in (slice(0, len(batch) // 2), slice(len(batch) // 2, None))
    ]


@given(storms, seeds)
@settings(max_examples=15)
def test_the_same_inputs_give_the_same_facts_byte_for_byte(storm: list[Happens], seed: int) -> None:
    played = play(storm, seed)
    again = new_loop()
    assert encoded(played.facts) == encoded([fact for now, inputs in played.inputs for fact in again.turn(inputs, now)])


@given(storms, seeds)
@settings(max_examples=15)
def test_cutting_a_batch_in_two_changes_no_fact_but_the_receipts(storm: list[Happens], seed: int) -> None:
    assert without_receipts(play(storm, seed, cut=halves).facts) == without_receipts(play(storm, seed).facts)


@given(storms, seeds, st.floats(0, 1))
@settings(max_examples=25)
def test_stopping_at_any_turn_and_starting_again_changes_nothing(storm: list[Happens], seed: int, when: float) -> None:
    played = play(storm, seed)
    stop = int(when * len(played.turns))
    loop = new_loop()
    loop.restore([fact for facts in played.turns[:stop] for fact in facts], played.batches.__getitem__)
    rest = [fact for now, inputs in played.inputs[stop:] for fact in loop.turn(inputs, now)]
    assert encoded(rest) == encoded([fact for facts in played.turns[stop:] for fact in facts])
    assert loop.next_due() == played.loop.next_due()


def test_a_process_that_is_stopped_after_every_single_turn_writes_the_same_journal() -> None:
    def start_again(played: Played) -> None:
        if played.turns[-1]:  # a turn that wrote nothing is not in the journal, and time would stand still for ever
            played.loop = new_loop()
            played.loop.restore(played.facts, played.batches.__getitem__)

    plain = play(WET, 5)
    kinds = Counter(fact.kind for fact in plain.facts)
    assert kinds["case-reopened"] >= 1
    assert {
        "task-escalated",
        "series-silent",
        "plan-extended",
        "task-sent-back",
        "case-flagged",
        "command-was-refused",
    } <= kinds.keys()
    assert encoded(play(WET, 5, after_turn=start_again).facts) == encoded(plain.facts)


@given(storms, seeds)
@settings(max_examples=25)
def test_there_is_never_more_than_one_open_case_of_a_type_at_a_place(storm: list[Happens], seed: int) -> None:
    def look(played: Played) -> None:
        open_cases = Counter((case.type, case.place) for case in played.loop.book.cases.values() if case.open)
        assert not [trouble for trouble, count in open_cases.items() if count > 1]

    play(storm, seed, after_turn=look)


LEGAL = {
    TaskSent: {""},
    TaskSigned: {"task-sent"},
    TaskArrived: {"task-signed"},
    TaskClaimed: {"task-signed", "task-arrived", "task-sent-back"},
    TaskReturned: {"task-sent", "task-signed", "task-arrived", "task-sent-back"},
    TaskReleased: {"task-sent"},
    TaskVerified: {"task-claimed"},
    TaskSentBack: {"task-claimed"},
}


@given(storms, seeds)
@settings(max_examples=25)
def test_no_task_goes_through_its_states_in_an_illegal_order(storm: list[Happens], seed: int) -> None:
    stood: dict[str, str] = {}
    asked: dict[str, TaskSent] = {}
    open_tasks: dict[str, set[str]] = {}
    for fact in play(storm, seed).facts:
        body = fact.body
        if isinstance(body, CaseClosed):
            assert not open_tasks[body.case], f"{body.case} closed over {open_tasks[body.case]}"
        if type(body) not in LEGAL:
            continue
        assert stood.get(body.task, "") in LEGAL[type(body)], f"{fact.kind} after {stood.get(body.task)}"
        stood[body.task] = fact.kind
        of_case = open_tasks.setdefault(body.case, set())
        if isinstance(body, TaskSent):
            asked[body.task] = body
            of_case.add(body.task)
        elif isinstance(body, TaskClaimed) and asked[body.task].arrive_by is not None:
            assert body.task in of_case
        elif isinstance(body, TaskVerified):
            assert body.unit == asked[body.task].verifier
            assert RULES.units[body.unit].checker
        if isinstance(body, TaskVerified | TaskReleased | TaskReturned):
            of_case.discard(body.task)
