"""A running centre: readings are made durable, the loop turns, facts are journaled, views and listeners told.

`step` is the whole life of an input. Everything else here brings inputs to it: from threads (`submit`, `take_many`), from
the thread that keeps time (`run`), from a play (`conductor`). Three locks, always in this order: `lock` (loop, views), then
`_taking` (the intake log: who holds it gives the next numbers), then `_wake` (what has come in; never held while a disk works).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import accumulate, islice, takewhile
from pathlib import Path
from typing import TypeVar

from bihuan.app.clock import Clock
from bihuan.app.keeping import Keeper, as_trouble
from bihuan.app.pace import MOST_WAITING, SMALL_ROWS, Pace, behind
from bihuan.app.quarantine import Quarantine, said
from bihuan.app.restoring import restored
from bihuan.app.snapshot import About, Arrays, Snapshots, about_now
from bihuan.history.contract import Readings
from bihuan.history.intake import IntakeLog
from bihuan.journal.contract import Journal, Unwritable
from bihuan.loop.turn import Inputs, Outcome
from bihuan.model.commands import Command
from bihuan.model.errors import Behind, BihuanError, CommandRefused
from bihuan.model.facts import Fact
from bihuan.model.foreign import ForeignCases
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

MOST_FAILURES = 3
"""Turns that may fail of a defect before the batches that wait are taken one by one, to find the one to set aside."""

GATHER_SECONDS = 0.02
"""Readings wait so long for others to share their turn and its commit, unless a turn is full. A person's command does not."""

TURN_BATCHES, TURN_ROWS = 64, 50_000
"""Batches of readings that one turn takes at the most, and rows after which it takes no further batch. However many wait, a
person's command is in the next turn; and what has just come waits for no long one that runs."""

log = logging.getLogger(__name__)

Asked = tuple[Command, Future[Outcome]]
Entry = tuple[int, Batch]
"""A batch and its number in the intake log."""


class Centre:
    def __init__(
        self, *, rules: Rules, journal: Journal, intake: IntakeLog, history: Readings, began: int, folder: Path
    ) -> None:
        """`folder` is for what a centre sets beside these: snapshots, and the quarantine."""
        self.rules = rules
        self.journal = journal
        self.intake = intake
        self.history = history
        self.began = began
        self.now = began
        self.lock = threading.RLock()
        self.listeners: list[Listener] = []
        self.snapshots = Snapshots(folder / "snapshots")
        self.quarantine = Quarantine(folder / "quarantine")
        self.standstill: BihuanError | None = None
        """Why the loop stands still, if it does."""
        self.upkeep_at: int | None = None
        """When the last upkeep was, since the start."""
        self.upkeep_trouble: BihuanError | None = None
        """What went wrong in it."""
        self._keeper = Keeper(history)
        self._pace = Pace()
        self._history_trouble: BihuanError | None = None
        self._clock: Clock | None = None
        self._taking = threading.Lock()
        self._wake = threading.Condition()
        self._commands: list[tuple[int, Asked]] = []
        self._readings: list[tuple[int, Entry]] = []
        """What has come in with the time it came, in order."""
        self.rows_waiting = 0
        """Rows that no turn has finished with: those of `_readings` and of the turn that runs. Read it without a lock."""
        self._came = began
        self._stopping = False
        self._failures = 0
        """Turns that failed of a defect, one after another."""
        self._in_history = history.through
        self._restore()

    @property
    def troubles(self) -> tuple[BihuanError, ...]:
        """All that an operator should look at, the worst first. Does not block."""
        known = (
            self.standstill,
            self.quarantine.trouble,
            self._history_trouble or self._keeper.trouble,
            self.upkeep_trouble,
            self.snapshots.trouble,
        )
        return tuple(trouble for trouble in known if trouble is not None)

    @property
    def trouble(self) -> BihuanError | None:
        """The worst of `troubles`."""
        return next(iter(self.troubles), None)

    # the whole life of an input

    def step(
        self,
        now: int,
        batches: Sequence[Batch] = (),
        commands: Sequence[Command] = (),
        *,
        waiting: int | None = None,
        foreign: Sequence[ForeignCases] = (),
    ) -> list[Fact]:
        """One turn at `now` with `batches`, `commands` and what has come in by then. What it returns is durable.

        `waiting`: at most so many of the batches that wait. When it fails, the state is that of the journal again, and
        acknowledged readings wait for the next turn.
        """
        with self.lock:
            began = time.monotonic()
            self.now = now = max(now, self.now)
            entries, asked = self._take_in(now, batches, waiting)
            heard = [*commands, *(command for command, _ in asked)]
            try:
                facts = self._turn(Inputs(batches=entries, commands=heard, foreign=foreign), now)
            except Exception as error:
                for _, answer in asked:
                    answer.set_exception(_as_trouble(error))
                # The loop has seen what the journal has not: go back to what is written, lose nothing that was acknowledged.
                self._restore()
                raise
            self._done_with(entries)
            self._pace.finished(_rows(entries), time.monotonic() - began)
            for command, answer in asked:
                answer.set_result(self.loop.outcomes[command.key])
            return facts

    def _turn(self, inputs: Inputs, now: int) -> list[Fact]:
        facts = self.loop.turn(inputs, now)
        if facts:
            self.journal.append(facts)
            for entry, batch in inputs.batches:
                self._add_to_history(entry, batch)
            for entry, batch, _ in inputs.set_aside:
                self._add_to_history(entry, _no_rows(batch))
            change = self.views.fold(facts)
            for listener in self.listeners:
                listener(self.loop.seq, now, change)
        return facts

    def _take_in(self, now: int, batches: Sequence[Batch], most: int | None = None) -> tuple[list[Entry], list[Asked]]:
        """What came by `now`, and `batches`, with their numbers in the intake log: numbers reach the loop in order."""
        kept = [batch for batch in batches if len(batch)]
        if not kept:
            with self._wake:
                return self._take_out(now, now, most)
        with self._taking:
            own = list(zip(self.intake.append(kept), kept, strict=True))
            with self._wake:
                # Batches of our own have higher numbers than all that wait, so they take along all that wait.
                waiting, asked = self._take_out(self._came, now, None)
                self.rows_waiting += _rows(own)
        return waiting + own, asked

    def _take_out(self, by: int, now: int, most: int | None) -> tuple[list[Entry], list[Asked]]:
        """Of what waits, readings that came by `by` and commands that came by `now`."""
        came = [entry for _, entry in islice(takewhile(lambda item: item[0] <= by, self._readings), most)]
        waiting = came if most is None else _up_to(came, TURN_ROWS)
        asked = [one for _, one in takewhile(lambda item: item[0] <= now, self._commands)]
        del self._readings[: len(waiting)], self._commands[: len(asked)]
        return waiting, asked

    def _done_with(self, entries: Sequence[Entry]) -> None:
        if entries:
            with self._wake:
                self.rows_waiting -= _rows(entries)

    def _add_to_history(self, entry: int, batch: Batch) -> None:
        """What goes wrong with the history stops nothing: the rows stay in memory and in the intake log."""
        if entry <= self._in_history:
            return
        self._in_history, self._history_trouble = entry, None
        try:
            self._keeper.add(entry, batch)
        except Exception as error:
            self._history_trouble = as_trouble(error)

    # starting again

    def _restore(self) -> None:
        """The state that journal, snapshots and intake log say. What the log holds beyond the journal waits for the next turn.

        Raises JournalError where they do not belong together, PackError where the packs miss what the journal speaks of.
        """
        state = restored(self.rules, self.journal, self.intake, self.snapshots, self.began)
        # What waits gets there with its turn: it may yet be set aside.
        for entry, batch in takewhile(lambda found: found[0] <= state.loop.entry, self.intake.read(self._in_history)):
            self._add_to_history(entry, _no_rows(batch) if entry in state.loop.set_aside else batch)
        self.loop, self.views, self.now = state.loop, state.views, max(self.now, state.now)
        with self._taking:
            waiting = [(self.now, entry) for entry in self.intake.read(self.loop.entry)]
            with self._wake:
                self._came = max(self._came, self.now)
                self._readings = waiting
                self.rows_waiting = _rows([entry for _, entry in waiting])

    def snapshot(self) -> About | None:
        """Write down what the readings did, so that the next start goes on from here. Turns wait while it is copied only.

        None: nothing has happened yet. Raises JournalError when the disk refuses.
        """
        about, arrays = self._copied()
        if not about.seq:
            return None
        self.snapshots.write(about, arrays)
        return about

    def _copied(self) -> tuple[About, Arrays]:
        with self.lock:
            about = about_now(self.journal, self.rules, self.loop.seq, self.loop.entry)
            return about, {name: column.copy() for name, column in self.loop.saved().items()}

    def prune(self, through: int) -> int:
        """Remove what the intake log has up to `through`, whole segments only; answers the first entry left.

        Raises JournalError when the disk refuses.
        """
        with self._taking:
            return self.intake.prune(through)

    def kept_up(self, now: int, trouble: BihuanError | None) -> None:
        """Say that there was an upkeep, and what went wrong in it."""
        self.upkeep_at, self.upkeep_trouble = now, trouble

    # inputs from other threads

    def take_readings(self, batch: Batch) -> int:
        """As `take_many`, for one."""
        return self.take_many([batch])[0]

    def take_many(self, batches: Sequence[Batch]) -> list[int]:
        """Make batches durable, all or none, with one sync, and hand them to the next turn; their numbers in the intake log.

        Raises Behind where too much waits for the loop already, JournalError when the disk refuses; nothing is taken then.
        Any thread may call: one writes at a time, and neither turns nor reads nor commands wait for its disk.
        """
        if not batches:
            return []
        with self._taking:
            if (refusal := self.refusal(0)) is not None:
                raise refusal from self.standstill
            entries = list(zip(self.intake.append(batches), batches, strict=True))
            with self._wake:
                at = self._stamp()
                self._readings += [(at, entry) for entry in entries]
                self.rows_waiting += _rows(entries)
                self._wake.notify_all()
        return [number for number, _ in entries]

    def refusal(self, rows: int, coming: int = 0) -> Behind | None:
        """What there is against a batch of `rows` now, `coming` rows being on their way to `take_many` besides those that
        wait. Rows that would wait too long are refused, and where too much waits at all, any. Does not block."""
        if len(self._readings) >= MOST_WAITING:
            return behind(f"{len(self._readings)} batches of readings", self._pace.seconds(self.rows_waiting))
        return self._pace.refusal(rows, self.rows_waiting + coming) or (self._keeper.refusal() if rows > SMALL_ROWS else None)

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
                raise behind(f"{MOST_WAITING} commands") from self.standstill
            self._commands.append((self._stamp(), (command, answer)))
            self._wake.notify_all()
        try:
            outcome = answer.result(timeout=COMMAND_SECONDS)
        except TimeoutError:
            raise BihuanError(
                f"the loop did not answer within {COMMAND_SECONDS:g} seconds",
                remedy="Send the command again: it will not take effect twice.",
            ) from self.standstill
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

        A turn that fails is said in `standstill` and tried again; the thread does not die of it.
        """
        self._clock, pause = clock, RETRY_SECONDS
        while not self._stopping:
            try:
                self._catch_up(clock.now(), conductor)
                self.standstill, pause, self._failures = None, RETRY_SECONDS, 0
                self._wait(clock, conductor)
            except Exception as error:
                log.exception("a turn failed; it is tried again in %g seconds", pause)
                # Without the traceback: its frames would keep the state that was given up in memory.
                self.standstill = _as_trouble(error).with_traceback(None)
                self._failures += _may_be_a_batch(error)
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
                if self._readings:
                    self._wake.wait_for(self._gathered, timeout=GATHER_SECONDS)
                now = max(now, self._came)
                came = [at for at, _ in (*self._readings, *self._commands) if due is None or at < due]
            if came:
                for facts in self._turns(max(came)):
                    if conductor is not None:
                        conductor.hear(facts)
            elif due is not None and due <= now:
                self.play(due, conductor)
            else:
                return

    def _gathered(self) -> bool:
        """Whether a turn need not wait for more readings."""
        full = len(self._readings) >= TURN_BATCHES or self.rows_waiting >= TURN_ROWS
        return full or self._stopping or bool(self._commands)

    def _turns(self, at: int) -> Iterator[list[Fact]]:
        """One turn for what came by `at`: all that people did, and as many batches as a turn takes. After a turn that failed
        people do not wait for the batches; after some, each batch has a turn of its own."""
        if self._failures:
            yield self.step(at, waiting=0)
        if self._failures < MOST_FAILURES:
            yield self.step(at, waiting=TURN_BATCHES)
            return
        for _ in range(len(self._readings)):
            with self.lock:
                yield self._one_alone(at)

    def _one_alone(self, at: int) -> list[Fact]:
        """A turn for the first batch that waits; if it fails of itself, and again, it is set aside."""
        if not self._readings:
            return []
        entry, batch = self._readings[0][1]
        for attempt in (1, 2):
            try:
                facts = self.step(at, waiting=1)
            except Exception as error:
                if not _may_be_a_batch(error) or self.loop.entry >= entry:
                    raise  # the disk; or its facts were written, and something after that failed
                # A disk that takes this is not what ails the turn.
                self.quarantine.keep(entry, batch, error, self.now)
                what = said(error)
            else:
                if attempt == 2:
                    self.quarantine.forget(entry)
                return facts
        log.error("entry %d of the intake log fails every turn and is set aside: %s", entry, what)
        return self._set_aside(what)

    def _set_aside(self, what: str) -> list[Fact]:
        """A turn that passes over the first batch that waits, and says so in the journal."""
        with self._wake:
            _, (entry, batch) = self._readings.pop(0)
        try:
            facts = self._turn(Inputs(set_aside=[(entry, batch, what)]), self.now)
        except Exception:
            self._restore()
            raise
        self._done_with([(entry, batch)])
        return facts

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
                self._keeper.stop()
                self.history.flush()
            finally:
                self.history.close()
                self.intake.close()
                self.journal.close()


def _as_trouble(error: Exception) -> BihuanError:
    if isinstance(error, BihuanError):
        return error
    remedy = "Nothing that was acknowledged is lost. Keep the log of the service: it says where this happened."
    return BihuanError(f"the loop stumbled over a defect: {error!r}", remedy=remedy)


def _may_be_a_batch(error: Exception) -> bool:
    """A defect that readings met, not a disk or another thing that an operator puts right."""
    return isinstance(error, Unwritable) or not isinstance(error, BihuanError)


def _rows(entries: Sequence[Entry]) -> int:
    return sum(len(batch) for _, batch in entries)


def _up_to(entries: list[Entry], rows: int) -> list[Entry]:
    """The first of them, until there are so many rows: at least one."""
    before = accumulate((len(batch) for _, batch in entries), initial=0)
    return [entry for entry, sum_before in zip(entries, before, strict=False) if sum_before < rows]


def _no_rows(batch: Batch) -> Batch:
    return replace(batch, series=batch.series[:0], at=batch.at[:0], value=batch.value[:0], quality=batch.quality[:0])


def _stopping() -> BihuanError:
    return BihuanError("the centre is stopping", remedy="Send the command again when it is back.")
