"""A centre keeps what it acknowledged, once, whatever fails; and a failing turn never stops it for good."""

import gc
import threading
import time
import weakref
from collections.abc import Callable

import pytest
from tests.unit.app.conftest import Bench
from tests.unit.loop.city import EAST_TOWN, HOUR, MINUTE, START, UNDERPASS, batch_of

from bihuan.app import centre as centre_module
from bihuan.app import pace
from bihuan.app.clock import DemoClock
from bihuan.model.commands import Command
from bihuan.model.errors import Behind, BihuanError, CommandRefused, JournalError
from bihuan.model.readings import Batch

RAIN, DEPTH = f"rain@{EAST_TOWN}", f"ponding-depth@{UNDERPASS}"


def reading(at: int = START, value: float = 1.0, series: str = RAIN) -> Batch:
    return batch_of([(series, at, value)])


def report(key: str = "k1") -> Command:
    return Command(key=key, actor="duty@1101", does="report", target="ponding", place=UNDERPASS)


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.005)


# --- one turn -------------------------------------------------------------------------------------------------


def test_what_a_step_returns_is_in_the_journal_and_in_the_history(bench: Bench) -> None:
    facts = bench.centre.step(START, [reading()], [report()])
    assert [entry.fact for entry in bench.journal.read()] == facts
    at, value, _ = bench.centre.history.read("rain", EAST_TOWN, START, START)
    assert (at.tolist(), value.tolist()) == ([START], [1.0])


def test_readings_taken_between_turns_are_in_the_next_one_before_its_own(bench: Bench) -> None:
    assert bench.centre.take_readings(reading()) == 1
    bench.centre.step(START + MINUTE, [reading(START + MINUTE)])
    assert bench.entries() == [1, 2]


def test_listeners_hear_of_turns_that_wrote_something_only(bench: Bench) -> None:
    heard: list[tuple[int, int]] = []
    bench.centre.listeners.append(lambda seq, now, change: heard.append((seq, now)))
    bench.centre.step(START)
    bench.centre.step(START + 1)
    bench.centre.step(START + 2, [reading()])
    assert heard == [(1, START), (2, START + 2)]


def test_time_never_runs_back(bench: Bench) -> None:
    bench.centre.step(START + HOUR)
    (received,) = bench.centre.step(START, [reading()])
    assert received.recorded_at == START + HOUR


def test_a_command_does_not_wait_for_all_the_readings_that_came_before_it(bench: Bench) -> None:
    many, turns = 3 * centre_module.TURN_BATCHES, list[int]()
    bench.centre.listeners.append(lambda *_: turns.append(bench.centre.loop.entry))
    bench.centre.take_many([reading(START + n) for n in range(many)])
    person = threading.Thread(target=bench.centre.submit, args=(report(),))
    person.start()
    eventually(lambda: bool(bench.centre._commands))
    with bench.running():
        person.join()
        eventually(lambda: bench.entries() == list(range(1, many + 1)))
    assert turns == [many // 3, many // 3 * 2, many]
    assert bench.kinds().index("commanded") < many // 3


def test_a_turn_takes_no_further_batch_when_it_has_rows_enough(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre_module, "TURN_ROWS", 5)
    large, turns = batch_of([(RAIN, START + n, 1.0) for n in range(9)]), list[int]()
    bench.centre.listeners.append(lambda *_: turns.append(bench.centre.loop.entry))
    bench.centre.take_many([*(batch_of([(RAIN, START - n, 1.0), (DEPTH, START - n, 1.0)]) for n in (4, 3, 2, 1)), large])
    with bench.running():
        eventually(lambda: bench.entries() == [1, 2, 3, 4, 5])
    assert turns == [3, 5], "a large one is taken whole"


# --- what fails -----------------------------------------------------------------------------------------------


def test_a_journal_that_refuses_leaves_the_state_as_it_was_and_loses_no_reading(bench: Bench) -> None:
    bench.centre.take_readings(reading())
    bench.journal.refuse = 1
    with pytest.raises(JournalError, match="the disk is full"):
        bench.centre.step(START)
    assert (bench.centre.loop.seq, bench.kinds()) == (0, [])
    bench.centre.step(START + 1)
    assert bench.kinds() == ["packs-loaded", "readings-received"]
    assert bench.centre.loop.seq == bench.journal.head().seq


def test_readings_that_come_while_the_journal_refuses_are_not_lost(bench: Bench) -> None:
    bench.centre.take_readings(reading())
    bench.journal.refuse = 1
    bench.journal.meanwhile = lambda: None if bench.journal.refused else _take_another(bench)
    with pytest.raises(JournalError):
        bench.centre.step(START)
    bench.centre.step(START + 10 * MINUTE)
    assert bench.entries() == [1, 2]


def _take_another(bench: Bench) -> None:
    thread = threading.Thread(target=bench.centre.take_readings, args=(reading(START + MINUTE),))
    thread.start()
    thread.join()


def test_an_intake_log_that_refuses_a_step_keeps_what_already_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.centre.take_readings(reading())

    def refuse(batches: object) -> list[int]:
        raise JournalError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(bench.centre.intake, "append", refuse)
        with pytest.raises(JournalError):
            bench.centre.step(START, [reading(START + MINUTE)])
    bench.centre.step(START)
    assert bench.entries() == [1]


def test_a_disk_that_refuses_the_history_stops_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise JournalError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(bench.centre.history, "flush", refuse)
        for hour in range(4):
            bench.centre.step(START + hour * HOUR, [reading(START + hour * HOUR)])
        with bench.running():
            eventually(lambda: bench.centre.trouble is not None)
    assert bench.entries() == [1, 2, 3, 4]
    assert len(bench.centre.history.read("rain", EAST_TOWN, START, START + 4 * HOUR)[0]) == 4


# --- starting again -------------------------------------------------------------------------------------------


def test_what_was_acknowledged_but_not_journaled_is_in_the_first_turn_once(bench: Bench) -> None:
    bench.centre.step(START, [reading()])
    bench.centre.take_readings(reading(START + MINUTE))
    bench.crash()
    bench.centre.step(START + 2 * MINUTE)
    bench.centre.step(START + 3 * MINUTE, [reading(START + 3 * MINUTE)])
    assert bench.entries() == [1, 2, 3]
    assert bench.centre.history.read("rain", EAST_TOWN, START, START + HOUR)[0].tolist() == [
        START,
        START + MINUTE,
        START + 3 * MINUTE,
    ]


def test_a_centre_that_starts_again_is_where_it_was(bench: Bench) -> None:
    bench.centre.step(START, [reading(value=60.0)], [report()])
    before = bench.centre.loop
    after = bench.crash().loop
    assert (after.seq, after.entry, after.next_due()) == (before.seq, before.entry, before.next_due())
    assert after.outcomes == before.outcomes
    assert bench.centre.now == START
    assert bench.centre.step(START) == []


def test_a_journal_without_its_intake_log_is_not_continued(bench: Bench) -> None:
    bench.centre.step(START, [reading()])
    bench.centre.intake.close()
    for path in (bench.folder / "intake").glob("*.log"):
        path.unlink()
    with pytest.raises(JournalError, match="the journal took entry 1, which the intake log does not have"):
        bench.crash()
    bench.journal = type(bench.journal)()
    bench.crash()


# --- the thread that keeps time -------------------------------------------------------------------------------


def test_commands_are_answered_and_refusals_raised_anew_each_time(bench: Bench) -> None:
    with bench.running():
        assert bench.centre.submit(report()) == bench.centre.submit(report())
        wrong = Command(key="k2", actor="duty@11", does="sign", target="cq-T000009")
        refusals = []
        for _ in range(2):
            with pytest.raises(CommandRefused, match="there is no task") as caught:
                bench.centre.submit(wrong)
            refusals.append(caught.value)
    assert refusals[0] is not refusals[1], "an exception raised twice would carry both tracebacks for ever"
    assert bench.kinds().count("case-opened") == 1


def test_commands_are_taken_while_the_clock_is_paused(bench: Bench) -> None:
    clock = DemoClock(START, speed=1000.0, until=START + 24 * HOUR)
    clock.set(paused=True)
    with bench.running(clock):
        bench.centre.submit(report())
        bench.centre.take_readings(reading())
        eventually(lambda: bench.entries() == [1])
        assert {entry.fact.recorded_at for entry in bench.journal.read()} == {clock.now()}
        clock.set(paused=False)
        eventually(lambda: "task-overdue" in bench.kinds())


def test_a_full_disk_heals_without_a_restart(bench: Bench) -> None:
    with bench.running() as thread:
        bench.centre.submit(report("k0"))
        bench.journal.refuse = 1
        with pytest.raises(JournalError, match="the disk is full"):
            bench.centre.submit(report())
        bench.journal.refuse = 3
        bench.centre.take_readings(reading())
        eventually(lambda: bench.journal.refuse == 0 and bench.centre.trouble is None)
        assert bench.centre.submit(report())
        assert thread.is_alive()
    assert bench.entries() == [1]


def test_a_defect_in_a_turn_is_said_and_does_not_kill_the_loop(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def stumble(seq: int, now: int, change: object) -> None:
        bench.centre.listeners.clear()
        raise ZeroDivisionError("a listener's defect")

    with bench.running() as thread:
        bench.centre.submit(report("k0"))
        bench.centre.listeners.append(stumble)
        with pytest.raises(BihuanError, match="stumbled over a defect: ZeroDivisionError"):
            bench.centre.submit(report())
        eventually(lambda: bench.centre.trouble is None)
        assert bench.centre.submit(report()), "what was journaled before the stumble stands"
        assert thread.is_alive()
    assert bench.kinds().count("commanded") == 2
    assert "a turn failed" in caplog.text


def test_what_waits_is_bounded_and_nothing_beyond_is_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_WAITING_ROWS", 3)
    for minute in range(3):
        bench.centre.take_readings(reading(START + minute * MINUTE))
    with pytest.raises(Behind, match="the loop is behind: 3 rows of readings wait for it") as caught:
        bench.centre.take_readings(reading(START + 3 * MINUTE))
    assert "send it again" in caught.value.remedy
    assert bench.centre.intake.last == 3
    bench.centre.step(START + 3 * MINUTE)
    assert bench.centre.take_readings(reading(START + 3 * MINUTE)) == 4
    monkeypatch.setattr(centre_module, "MOST_WAITING", 0)
    with pytest.raises(Behind, match="the loop is behind: 0 commands"):
        bench.centre.submit(report())


def test_a_command_nobody_answers_says_that_sending_it_again_is_safe(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre_module, "COMMAND_SECONDS", 0.01)
    with pytest.raises(BihuanError, match="did not answer within 0.01 seconds") as caught:
        bench.centre.submit(report())
    assert "will not take effect twice" in caught.value.remedy


def test_nobody_waits_for_a_centre_that_stops(bench: Bench) -> None:
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            bench.centre.submit(report())
        except BihuanError as error:
            errors.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    eventually(lambda: bool(bench.centre._commands))
    bench.centre.stop()
    bench.centre.run(bench.clock)
    waiting.join(timeout=5)
    assert [str(error) for error in errors] == ["the centre is stopping. Send the command again when it is back."]
    with pytest.raises(BihuanError, match="stopping"):
        bench.centre.submit(report("k2"))


def test_what_came_before_a_clock_ran_out_counts_as_before_it_however_late_we_look(bench: Bench) -> None:
    """The loop was busy for half an hour: the reading that came after ten minutes means there was no silence at twenty."""
    bench.centre.step(START, [reading()])
    with bench.running():
        with bench.centre.lock:
            bench.clock.at = START + 10 * MINUTE
            bench.centre.take_readings(reading(START + 10 * MINUTE))
            bench.clock.at = START + 28 * MINUTE
            bench.centre.take_readings(reading(START + 28 * MINUTE))
        eventually(lambda: bench.entries() == [1, 2, 3])
    assert "series-silent" not in bench.kinds()
    times = [entry.fact.recorded_at - START for entry in bench.journal.read(kind="readings-received")]
    assert times == [0, 10 * MINUTE, 28 * MINUTE]


def test_a_clock_that_is_set_back_stops_nothing(bench: Bench) -> None:
    bench.clock.at = START + HOUR
    with bench.running():
        bench.centre.submit(report("k0"))
        bench.clock.at = START
        bench.centre.submit(report())
        bench.centre.take_readings(reading(START + HOUR))
        eventually(lambda: bench.entries() == [1])
    assert {entry.fact.recorded_at for entry in bench.journal.read()} == {START + HOUR}


def test_looking_at_the_views_and_taking_readings_do_not_wait_for_each_other(bench: Bench) -> None:
    """Readers hold one lock, senders the other; the loop takes them always in the same order."""
    with bench.running():
        threads = [
            threading.Thread(target=lambda: [bench.centre.read(lambda views: views.hello) for _ in range(200)]),
            threading.Thread(
                target=lambda: [bench.centre.take_readings(reading(START + n)) for n in range(1, 100)],
            ),
            threading.Thread(target=lambda: [bench.centre.submit(report(f"many-{n}")) for n in range(50)]),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
            assert not thread.is_alive()
        eventually(lambda: len(bench.entries()) == 99)


def test_a_state_that_was_given_up_is_gone_without_the_garbage_collector(bench: Bench) -> None:
    """What is there at the start is hidden from the collector for good: a cycle in it would keep all columns in memory."""
    bench.centre.step(START, [reading()], [report()])
    given_up = [weakref.ref(one) for one in (bench.centre.loop, bench.centre.loop.states[0], bench.centre.views)]
    gc.collect()
    gc.disable()
    try:
        with bench.running():
            bench.journal.refuse = 1
            bench.centre.take_readings(reading(START + MINUTE))
            eventually(lambda: bench.entries() == [1, 2])
        assert [one() for one in given_up] == [None, None, None]
    finally:
        gc.enable()
