"""A running centre: readings are made durable, the loop turns, facts are journaled, views and listeners told. One lock.

`step` is the whole life of an input. Everything else here brings inputs to it: from threads (`submit`, `take_readings`), from
the thread that keeps time (`run`), from a play (`conductor`).
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol, TypeVar

from bihuan.app.clock import Clock
from bihuan.history.intake import IntakeLog
from bihuan.history.parquet import History
from bihuan.journal.contract import Journal
from bihuan.loop.turn import Inputs, Loop, Outcome
from bihuan.model.commands import Command
from bihuan.model.errors import BihuanError, JournalError
from bihuan.model.facts import Fact
from bihuan.model.readings import Batch
from bihuan.pack.rules import Rules
from bihuan.replay.conductor import Conductor
from bihuan.views import Change, Views

T = TypeVar("T")
Listener = Callable[[int, int, Change], None]
"""Called after every turn that wrote something, with (seq, now, change), under the centre's lock: be quick."""

COMMAND_SECONDS = 30.0
"""A command that got no answer by then is reported as such; its key makes sending it again safe."""


class Progress(Protocol):
    def __call__(self, done: int, of: int) -> None: ...


class Centre:
    def __init__(self, *, rules: Rules, journal: Journal, intake: IntakeLog, history: History, began: int) -> None:
        self.rules = rules
        self.journal = journal
        self.intake = intake
        self.history = history
        self.began = began
        self.now = began
        self.lock = threading.RLock()
        self.listeners: list[Listener] = []
        self.trouble: BihuanError | None = None
        """Why the loop stands still, if it does."""
        self._wake = threading.Condition()
        self._commands: list[tuple[Command, Future[Outcome]]] = []
        self._readings: list[tuple[int, Batch]] = []
        self._stopping = False
        self._restore()

    # the whole life of an input

    def step(self, now: int, batches: Sequence[Batch] = (), commands: Sequence[Command] = ()) -> list[Fact]:
        """One turn at `now` with everything that has come in. What it returns is durable."""
        with self.lock:
            self.now = now = max(now, self.now)
            entries = self._make_durable(batches)
            facts = self.loop.turn(Inputs(batches=entries, commands=commands), now)
            if facts:
                self._keep(facts, entries)
                change = self.views.fold(facts)
                for listener in self.listeners:
                    listener(self.loop.seq, now, change)
            return facts

    def _make_durable(self, batches: Sequence[Batch]) -> list[tuple[int, Batch]]:
        """What waits and `batches`, with their numbers in the intake log. One lock: numbers reach the loop in order."""
        with self._wake:
            waiting, self._readings = self._readings, []
            kept = [batch for batch in batches if len(batch)]
            return [*waiting, *zip(self.intake.append(kept), kept, strict=True)] if kept else waiting

    def _keep(self, facts: Sequence[Fact], entries: Sequence[tuple[int, Batch]]) -> None:
        try:
            self.journal.append(facts)
        except JournalError:
            # The loop has seen what the journal has not: go back to what is written, lose nothing that was acknowledged.
            self._restore()
            raise
        for entry, batch in entries:
            self.history.add(entry, batch)

    def _restore(self) -> None:
        """State from the journal and the intake log; what the log holds beyond the journal waits for the next turn."""
        self.loop = Loop(rules=self.rules, began=self.began)
        self.views = Views(self.rules, self.loop.book, Gauges(self.loop))
        batches = dict(self.intake.read(0))
        facts = [entry.fact for entry in self.journal.read()]
        self.loop.restore(facts, batches.__getitem__)
        if facts:
            self.now = max(self.now, facts[-1].recorded_at)
            self.views.fold(facts)
        for entry in sorted(batches):
            if entry > self.history.through:
                self.history.add(entry, batches[entry])
        self._readings = [(entry, batches[entry]) for entry in sorted(batches) if entry > self.loop.entry]

    # inputs from other threads

    def take_readings(self, batch: Batch) -> int:
        """Make a batch durable and hand it to the next turn. Returns its number in the intake log."""
        with self._wake:
            (entry,) = self.intake.append([batch])
            self._readings.append((entry, batch))
            self._wake.notify_all()
            return entry

    def submit(self, command: Command) -> tuple[str, ...]:
        """Hand a person's command to the loop and wait for what comes of it: ids of facts, durable.

        Raises CommandRefused with who may do what next.
        """
        answer: Future[Outcome] = Future()
        with self._wake:
            if self._stopping:
                raise BihuanError("the centre is stopping", remedy="Send the command again when it is back.")
            self._commands.append((command, answer))
            self._wake.notify_all()
        outcome = answer.result(timeout=COMMAND_SECONDS)
        if outcome.refused is not None:
            raise outcome.refused
        return outcome.facts

    def read(self, look: Callable[[Views], T]) -> T:
        """Look at the views while no turn runs."""
        with self.lock:
            return look(self.views)

    # keeping time

    def run(self, clock: Clock, conductor: Conductor | None = None) -> None:
        """Turn whenever something comes in or is due, until `stop`. The thread that calls this owns the loop."""
        while not self._stopping:
            commands, answers = self._wait(clock, conductor)
            try:
                self._catch_up(clock.now(), conductor)
                facts = self.step(clock.now(), commands=commands)
                if conductor is not None:
                    conductor.hear(facts)
            except JournalError as error:
                self.trouble = error
                for answer in answers:
                    answer.set_exception(error)
            else:
                self.trouble = None
                for command, answer in zip(commands, answers, strict=True):
                    answer.set_result(self.loop.outcomes[command.key])

    def _catch_up(self, now: int, conductor: Conductor | None) -> None:
        """Every due instant before `now`, each at its own time, so that it does not matter how late we look."""
        while (at := self.next_at(conductor)) is not None and at <= now and not self._stopping:
            self.play(at, conductor)

    def next_at(self, conductor: Conductor | None) -> int | None:
        due = [self.loop.next_due(), conductor.next_at() if conductor else None]
        return min((at for at in due if at is not None), default=None)

    def play(self, at: int, conductor: Conductor | None) -> list[Fact]:
        """One due instant: what the play brings then, or only the passing of time."""
        cues = conductor.take(at) if conductor else None
        facts = self.step(at, cues.batches if cues else (), cues.commands if cues else ())
        if conductor is not None:
            conductor.hear(facts)
        return facts

    def _wait(self, clock: Clock, conductor: Conductor | None) -> tuple[list[Command], list[Future[Outcome]]]:
        with self._wake:
            while not (self._commands or self._readings or self._stopping):
                at = self.next_at(conductor)
                seconds = None if at is None else clock.seconds_until(at)
                if seconds is not None and seconds <= 0:
                    break
                self._wake.wait(timeout=0.5 if seconds is None else min(seconds, 0.5))
            waiting, self._commands = self._commands, []
        return [command for command, _ in waiting], [answer for _, answer in waiting]

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def close(self) -> None:
        with self.lock:
            self.history.flush()
            self.intake.close()
            self.journal.close()


class Gauges:
    """The newest values of the loop's columns, as the views ask for them."""

    def __init__(self, loop: Loop) -> None:
        self._state = loop.states[0]
        self._columns = self._state.columns

    def newest(self, indicator: str, place: str) -> tuple[float, int] | None:
        number = self._columns.index.get(f"{indicator}@{place}")
        engine = self._columns.engine
        if number is None or engine.at[number] < 0:
            return None
        return float(engine.value[number]), int(engine.at[number])

    def window(self, indicator: str, place: str, rung: int) -> float | None:
        number = self._columns.index.get(f"{indicator}@{place}")
        value = None if number is None else float(self._columns.engine.window_value(rung, number))
        return None if value is None or value != value else value

    def known(self, indicator: str, place: str) -> bool:
        number = self._columns.index.get(f"{indicator}@{place}")
        return number is not None and not self._columns.engine.unknown[number]

    @property
    def newest_at(self) -> int | None:
        at = int(self._columns.engine.at.max(initial=-1))
        return None if at < 0 else at

    @property
    def readings(self) -> int:
        return int(self._state.readings)

    @property
    def silent(self) -> int:
        return int(self._state.silent.sum())

    @property
    def series(self) -> int:
        return len(self._columns.series)
