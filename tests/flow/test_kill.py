"""A centre killed at any moment loses nothing it acknowledged, doubles nothing, and its journal is what a calm run would write.

BIHUAN_KILLS says how many times to try.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.flow.command import ENVIRONMENT
from tests.flow.killed_centre import RULES, SERIES

from bihuan.app.folder import DataFolder
from bihuan.journal.verify import verify_folder
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import Commanded, CommandWasRefused, Fact, ReadingsReceived
from bihuan.model.readings import Batch

KILLS = int(os.environ.get("BIHUAN_KILLS", "50"))
ROOT = Path(__file__).parents[2]


def lives_and_deaths(folder: Path, deaths: Sequence[tuple[bool, float]]) -> None:
    """Start a centre and kill it so many seconds later, again and again: after it has answered, or while it still starts."""
    paths = os.pathsep.join([str(ROOT), ENVIRONMENT["PYTHONPATH"]])
    script = [sys.executable, str(ROOT / "tests" / "flow" / "killed_centre.py"), str(folder)]
    with (
        (folder / "stderr.txt").open("w") as errors,
        subprocess.Popen(
            script,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**ENVIRONMENT, "PYTHONPATH": paths},
        ) as nursery,
    ):
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        for number, (when_ready, seconds) in enumerate(deaths):
            nursery.stdin.write(f"{number}\n")
            nursery.stdin.flush()
            pid = int(nursery.stdout.readline())
            until = time.monotonic() + 30
            while when_ready and not _has_answered(folder / f"acks-{number}.txt"):
                assert time.monotonic() < until, f"life {number} does not start: {(folder / 'stderr.txt').read_text()}"
                time.sleep(0.01)
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
            status = int(nursery.stdout.readline())
            assert os.WIFSIGNALED(status), f"life {number} ended by itself: {(folder / 'stderr.txt').read_text()}"
        nursery.stdin.close()


def _has_answered(acks: Path) -> bool:
    """Whether a life took a reading and answered a command: before that there is little to lose, however slow the machine."""
    said = {line.split()[0] for line in acks.read_text().splitlines()} if acks.exists() else set()
    return said >= {"ready", "reading"} and len(said) > 2


def acknowledged(folder: Path) -> tuple[dict[int, str], dict[str, str]]:
    """Entries with their digests, and keys of commands with what was answered, as told in all lives."""
    readings: dict[int, str] = {}
    commands: dict[str, str] = {}
    for path in sorted(folder.glob("acks-*.txt")):
        for line in path.read_text().splitlines(keepends=True):
            if not line.endswith("\n") or line == "ready\n":
                continue
            what, key, *rest = line.split()
            if what == "reading":
                assert int(key) not in readings, f"entry {key} was given out twice"
                readings[int(key)] = rest[0]
            else:
                answer = " ".join([what, *rest])
                assert commands.setdefault(key, answer) == answer, f"{key} was answered twice, and differently"
    return readings, commands


def turns_of(facts: Sequence[Fact]) -> Iterator[tuple[int, list[Fact]]]:
    """The facts cut into the turns that wrote them: a turn has one `now`, and hears everything before it decides anything."""
    turn: list[Fact] = []
    for fact in facts:
        heard = isinstance(fact.body, Commanded)
        came = heard or isinstance(fact.body, ReadingsReceived)
        before = turn[-1].body if turn else None
        deciding = isinstance(before, CommandWasRefused) or (before is not None and type(before).stage not in ("", "sense"))
        if turn and (
            fact.recorded_at != turn[-1].recorded_at or (came and deciding) or (heard and not isinstance(before, Commanded))
        ):
            yield turn[0].recorded_at, turn
            turn = []
        turn.append(fact)
    if turn:
        yield turn[0].recorded_at, turn


def calm_run(facts: Sequence[Fact], batches: dict[int, Batch], began: int) -> tuple[Loop, list[Fact]]:
    """The inputs that the journal names, given to a loop that is never killed."""
    loop, written = Loop(rules=RULES, began=began), []
    for now, turn in turns_of(facts):
        entries = [fact.body.entry for fact in turn if isinstance(fact.body, ReadingsReceived)]
        commands = [_command(fact, fact.body) for fact in turn if isinstance(fact.body, Commanded)]
        written += loop.turn(Inputs(batches=[(entry, batches[entry]) for entry in entries], commands=commands), now)
    return loop, written


def _command(fact: Fact, said: Commanded) -> Command:
    return Command(
        key=said.key,
        actor=fact.actor,
        does=said.does,
        target=said.target,
        text=said.text,
        proof=said.proof,
        place=said.place,
        to=said.to,
        choice=said.choice,
        span=said.span,
    )


def assert_same_state(one: Loop, other: Loop) -> None:
    assert (one.seq, one.entry, one.next_due(), one.outcomes.keys()) == (
        other.seq,
        other.entry,
        other.next_due(),
        other.outcomes.keys(),
    )
    assert one.book.cases == other.book.cases
    assert one.book.tasks == other.book.tasks
    engines = [loop.states[0].columns.engine for loop in (one, other)]
    for column in ("level", "unknown", "value", "at", "active"):
        assert np.array_equal(getattr(engines[0], column), getattr(engines[1], column), equal_nan=column == "value"), column


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled_when_a_centre_is_killed(tmp_path: Path) -> None:
    draw = random.Random(20180513)
    lives_and_deaths(tmp_path, [(number % 4 != 1, draw.uniform(0.0, 0.3)) for number in range(KILLS)])
    readings, commands = acknowledged(tmp_path)
    assert len(readings) > KILLS
    assert len(commands) > KILLS // 2

    data = DataFolder(path=tmp_path / "data")
    assert list((data.path / "snapshots").glob("*.npz")), "each start went on from a snapshot"
    assert not list((data.path / "snapshots").glob("*.damaged")), "one that was cut short is none"
    centre = data.open(RULES)
    centre.step(centre.now)
    batches, facts = dict(centre.intake.read()), [entry.fact for entry in centre.journal.read()]
    restored, kept = centre.loop, {name: centre.history.read(*name.split("@"), 0, 1 << 52)[0].tolist() for name in SERIES}
    centre.close()
    verify_folder(data.journal)

    assert {entry: batches[entry].digest for entry in readings} == readings, "every acknowledged batch is in the intake log"
    receipts = [(fact.body.entry, fact.body.digest) for fact in facts if isinstance(fact.body, ReadingsReceived)]
    assert receipts == [(entry, batch.digest) for entry, batch in batches.items()], "and in the journal, once, in order"
    keys = Counter(fact.body.key for fact in facts if isinstance(fact.body, Commanded))
    assert commands.keys() <= keys.keys()
    assert set(keys.values()) == {1}
    ids = {fact.id for fact in facts}
    assert {id for answer in commands.values() for id in answer.split()[1:]} <= ids, "what people were told stands"
    times: dict[str, set[int]] = defaultdict(set)
    for batch in batches.values():
        for name, at in zip(batch.names(), batch.at.tolist(), strict=True):
            times[name].add(at)
    assert kept == {name: sorted(found) for name, found in times.items()}, "and in the history"

    kinds = Counter(fact.kind for fact in facts)
    assert {"warning-raised", "response-declared", "task-verified", "task-reminded", "series-silent"} <= kinds.keys(), kinds
    calm, written = calm_run(facts, batches, data.about().began)
    assert [msgspec.json.encode(fact) for fact in written] == [msgspec.json.encode(fact) for fact in facts]
    # A snapshot may know of turns that wrote nothing: time passed there, and the calm loop says nothing of it either.
    assert calm.turn(Inputs(), max(restored.states[0].columns.now, facts[-1].recorded_at)) == []
    assert_same_state(restored, calm)
