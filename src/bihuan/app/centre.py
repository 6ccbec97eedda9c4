"""A running centre: readings are made durable, the loop turns, facts are journaled, views and listeners told. One lock.

`step` is the whole life of an input. Everything else here brings inputs to it: from threads (`submit`, `take_readings`), from
the thread that keeps time (`run`), from a play (`conductor`). Two locks, always in this order: `lock` (loop, views), then
`_wake` (what has come in).
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import islice, takewhile
from typing import TypeVar

from bihuan.app.clock import Clock
from bihuan.app.gauges import Gauges
from bihuan.history.intake import IntakeLog
from bihuan.history.parquet import History
from bihuan.journal.contract import Journal
from bihuan.loop.turn import Inputs, Loop, Outcome
from bihuan.model.commands import Command
from bihuan.model.errors import BihuanError, CommandRefused, JournalError, PackError
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

RETRY_SECONDS = 1.0
"""Pause after a turn that failed, doubled up to RETRY_AT_MOST_SECONDS: a full disk heals without a restart."""
RETRY_AT_MOST_SECONDS = 4.0

MOST_WAITING_ROWS = 5_000_000
MOST_WAITING = 10_000
"""Rows of readings, and batches or commands, that may wait for the loop. More is refused: senders keep it and come again."""

AT_ONCE = 1_000
"""Facts of the journal in memory at once while the state is brought back."""

log = logging.getLogger(__name__)

Asked = tuple[Command, Future[Outcome]]


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
        """Why the loop stands still or readings do not get into the history, if so."""
        self._clock: Clock | None = None
        self._wake = threading.Condition()
        self._commands: list[tuple[int, Asked]] = []
        self._readings: list[tuple[int, tuple[int, Batch]]] = []
        """What has come in with the time it came, in order."""
        self._came = began
        self._stopping = False
        self._in_history = history.through
        self._history_trouble: BihuanError | None = None
        self._restore()

    # the whole life of an input

    def step(self, now: int, batches: Sequence[Batch] = (), commands: Sequence[Command] = ()) -> list[Fact]:
        """One turn at `now` with `batches`, `commands` and what has come in by then. What it returns is durable.

        When it fails, the state is that of the journal again, and acknowledged readings wait for the next turn.
        """
        with self.lock:
            self.now = now = max(now, self.now)
            entries, asked = self._take_in(now, batches)
            try:
                facts = self._turn(Inputs(batches=entries, commands=[*commands, *(command for command, _ in asked)]), now)
            except Exception as error:
                for _, answer in asked:
                    answer.set_exception(_as_trouble(error))
                # The loop has seen what the journal has not: go back to what is written, lose nothing that was acknowledged.
                self._restore()
                raise
            for command, answer in asked:
                answer.set_result(self.loop.outcomes[command.key])
            return facts

    def _turn(self, inputs: Inputs, now: int) -> list[Fact]:
        facts = self.loop.turn(inputs, now)
        if facts:
            self.journal.append(facts)
            for entry, batch in inputs.batches:
                self._add_to_history(entry, batch)
            change = self.views.fold(facts)
            for listener in self.listeners:
                listener(self.loop.seq, now, change)
        return facts

    def _take_in(self, now: int, batches: Sequence[Batch]) -> tuple[list[tuple[int, Batch]], list[Asked]]:
        """What came by `now`, and `batches`, with their numbers in the intake log: numbers reach the loop in order."""
        kept = [batch for batch in batches if len(batch)]
        with self._wake:
            own = list(zip(self.intake.append(kept), kept, strict=True))
            # Batches of our own have higher numbers than all that wait, so they take along all that wait.
            by = self._came if own else now
            waiting = [entry for _, entry in takewhile(lambda item: item[0] <= by, self._readings)]
            asked = [one for _, one in takewhile(lambda item: item[0] <= now, self._commands)]
            del self._readings[: len(waiting)], self._commands[: len(asked)]
        return waiting + own, asked

    def _add_to_history(self, entry: int, batch: Batch) -> None:
        """A disk that refuses the history stops nothing: the rows stay in memory and in the intake log."""
        if entry <= self._in_history:
            return
        self._in_history, self._history_trouble = entry, None
        try:
            self.history.add(entry, batch)
        except JournalError as error:
            self._history_trouble = error

    # starting again

    def _restore(self) -> None:
        """State from the journal and the intake log; what the log holds beyond the journal waits for the next turn.

        Raises JournalError where the two do not belong together, PackError where the packs miss what the journal speaks of.
        """
        loop = Loop(rules=self.rules, began=self.began)
        gauges = Gauges(loop)
        views = Views(self.rules, loop.book, gauges, hour_sum=gauges.hour_sum)
        batches = _Batches(self.intake)
        facts = (entry.fact for entry in self.journal.read())
        try:
            while some := list(islice(facts, AT_ONCE)):
                loop.restore(some, batches.at)
                views.fold(some)
                self.now = max(self.now, some[-1].recorded_at)
        except KeyError as error:
            raise PackError(
                f"the journal speaks of {error}, which the packs no longer declare",
                remedy="Put it back into the packs: what a journal has named must stay known.",
            ) from error
        for entry, batch in self.intake.read(self._in_history):
            self._add_to_history(entry, batch)
        self.loop, self.views = loop, views
        with self._wake:
            self._came = max(self._came, self.now)
            self._readings = [(self.now, entry) for entry in self.intake.read(loop.entry)]

    # inputs from other threads

    def take_readings(self, batch: Batch) -> int:
        """Make a batch durable and hand it to the next turn. Returns its number in the intake log.

        Raises BihuanError where too much waits for the loop already; nothing is taken then.
        """
        with self._wake:
            rows = sum(len(waiting) for _, (_, waiting) in self._readings)
            if len(self._readings) >= MOST_WAITING or rows >= MOST_WAITING_ROWS:
                raise _behind(f"{len(self._readings)} batches") from self.trouble
            (entry,) = self.intake.append([batch])
            self._readings.append((self._stamp(), (entry, batch)))
            self._wake.notify_all()
            return entry

    def submit(self, command: Command) -> tuple[str, ...]:
        """Hand a person's command to the loop and wait for what comes of it: ids of facts, durable.

        Raises CommandRefused with who may do what next, and another BihuanError when it could not be taken: then sending
        it again under the same key is safe.
        """
        answer: Future[Outcome] = Future()
        with self._wake:
            if self._stopping:
                raise _stopping()
            if len(self._commands) >= MOST_WAITING:
                raise _behind(f"{MOST_WAITING} commands") from self.trouble
            self._commands.append((self._stamp(), (command, answer)))
            self._wake.notify_all()
        try:
            outcome = answer.result(timeout=COMMAND_SECONDS)
        except TimeoutError:
            raise BihuanError(
                f"the loop did not answer within {COMMAND_SECONDS:g} seconds",
                remedy="Send the command again: it will not take effect twice.",
            ) from self.trouble
        if (refused := outcome.refused) is not None:
            raise CommandRefused(refused.what, where=refused.where, remedy=refused.remedy)
        return outcome.facts

    def _stamp(self) -> int:
        """When something comes in, never before what came earlier: a clock set back must not reorder anything."""
        self._came = max(self._came, self.now, self._clock.now() if self._clock else 0)
        return self._came

    def read(self, look: Callable[[Views], T]) -> T:
        """Look at the views while no turn runs."""
        with self.lock:
            return look(self.views)

    # keeping time

    def run(self, clock: Clock, conductor: Conductor | None = None) -> None:
        """Turn whenever something comes in or is due, until `stop`. The thread that calls this owns the loop.

        A turn that fails is said in `trouble` and tried again; the thread does not die of it.
        """
        self._clock, pause = clock, RETRY_SECONDS
        while not self._stopping:
            try:
                self._catch_up(clock.now(), conductor)
                self.trouble, pause = self._history_trouble, RETRY_SECONDS
                self._wait(clock, conductor)
            except Exception as error:
                log.exception("a turn failed; it is tried again in %g seconds", pause)
                self.trouble = _as_trouble(error)
                with self._wake:
                    self._wake.wait_for(lambda: self._stopping, timeout=pause)
                pause = min(2 * pause, RETRY_AT_MOST_SECONDS)
        with self._wake:
            left, self._commands = self._commands, []
        for _, (_, answer) in left:
            answer.set_exception(_stopping())

    def _catch_up(self, now: int, conductor: Conductor | None) -> None:
        """Whatever came or was due by `now`, in order and each at its own time: it does not matter how late we look."""
        while not self._stopping:
            due = self.next_at(conductor)
            with self._wake:
                now = max(now, self._came)
                came = [at for at, _ in (*self._readings, *self._commands) if due is None or at < due]
            if came:
                facts = self.step(max(came))
                if conductor is not None:
                    conductor.hear(facts)
            elif due is not None and due <= now:
                self.play(due, conductor)
            else:
                return

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

    def _wait(self, clock: Clock, conductor: Conductor | None) -> None:
        """Until something has come in, or is due. A pause or another speed of the clock is noticed within half a second."""
        with self._wake:
            while not (self._commands or self._readings or self._stopping):
                at = self.next_at(conductor)
                seconds = None if at is None else clock.seconds_until(at)
                if seconds is not None and seconds <= 0:
                    return
                self._wake.wait(timeout=0.5 if seconds is None else min(seconds, 0.5))

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def close(self) -> None:
        with self.lock:
            try:
                self.history.flush()
            finally:
                self.intake.close()
                self.journal.close()


class _Batches:
    """The batches of the intake log by rising number, one in memory at a time."""

    def __init__(self, intake: IntakeLog) -> None:
        self._where = str(intake.folder)
        self._entries: Iterator[tuple[int, Batch]] = intake.read(0)

    def at(self, entry: int) -> Batch:
        """Raises JournalError when the log does not have it (any more)."""
        for number, batch in self._entries:
            if number == entry:
                return batch
        raise JournalError(
            f"the journal took entry {entry}, which the intake log does not have",
            where=self._where,
            remedy="Restore journal and intake log from one and the same backup.",
        )


def _as_trouble(error: Exception) -> BihuanError:
    if isinstance(error, BihuanError):
        return error
    remedy = "Nothing that was acknowledged is lost. Keep the log of the service: it says where this happened."
    return BihuanError(f"the loop stumbled over a defect: {error!r}", remedy=remedy)


def _behind(what: str) -> BihuanError:
    return BihuanError(f"the loop is behind: {what} wait for it", remedy="Keep it and send it again in some seconds.")


def _stopping() -> BihuanError:
    return BihuanError("the centre is stopping", remedy="Send the command again when it is back.")
