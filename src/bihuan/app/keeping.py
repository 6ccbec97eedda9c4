"""The thread that writes readings into the history while turns go on."""

import logging
from threading import Condition, Thread

from bihuan.history.contract import Readings
from bihuan.model.errors import Behind, BihuanError, JournalError
from bihuan.model.readings import Batch

MOST_UNWRITTEN = 4_000_000
"""Rows that may wait for the disk in memory. From half of them on, large batches are refused; beyond, turns wait for a write
that goes on. One that failed holds up nothing."""

RETRY_SECONDS, RETRY_AT_MOST_SECONDS = 1.0, 30.0
"""Pause after a write that failed, doubled up to the second: a full disk heals without a restart."""

log = logging.getLogger(__name__)


class Keeper:
    """Keeps a history written. One thread adds; what goes wrong is in `trouble` until a write is well again, and stops nothing:
    the rows stay in memory and in the intake log."""

    def __init__(self, history: Readings) -> None:
        self.trouble: BihuanError | None = None
        self._history = history
        self._wake = Condition()
        self._thread: Thread | None = None
        self._due = self._stopping = False
        self._rows = 0
        """Rows added since the last write that went well began."""

    def add(self, entry: int, batch: Batch) -> None:
        """Hand on the batch of intake entry `entry`. Raises what the history raises, and JournalError for a wrong entry."""
        due = self._history.put(entry, batch)
        with self._wake:
            self._rows += len(batch)
            if due and not self._stopping:
                self._due = True
                self._wake.notify_all()
                if self._thread is None:
                    self._thread = Thread(target=self._run, name="history", daemon=True)
                    self._thread.start()
                self._wake.wait_for(lambda: self._rows <= MOST_UNWRITTEN or self.trouble or self._stopping)

    def refusal(self) -> Behind | None:
        """What there is against more rows: those before them are not written yet. Does not block."""
        rows = self._rows
        if rows <= MOST_UNWRITTEN // 2 or self.trouble is not None:
            return None
        remedy = "Keep it, and send it again when the time in Retry-After has passed."
        return Behind(f"the history is behind: {rows:,} rows of readings wait for its disk", remedy=remedy)

    def stop(self) -> None:
        """Lets the write that runs come to its end; what is in memory is then the owner's to flush."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = RETRY_SECONDS
        while True:
            with self._wake:
                # After one that failed the next write is tried when the pause is over, not with the next batch.
                self._wake.wait_for(self._called, timeout=pause if self.trouble else None)
                if self._stopping:
                    return
                self._due, taken = False, self._rows
            pause = min(2 * pause, RETRY_AT_MOST_SECONDS) if self.trouble else RETRY_SECONDS
            trouble = self._write()
            with self._wake:
                self.trouble = trouble
                self._rows -= 0 if trouble else taken
                self._wake.notify_all()

    def _called(self) -> bool:
        return self._stopping or (self._due and self.trouble is None)

    def _write(self) -> BihuanError | None:
        try:
            self._history.flush()
        except Exception as error:
            return as_trouble(error)
        return None


def as_trouble(error: Exception) -> BihuanError:
    """What went wrong with the history, for an operator; a defect is logged as well."""
    if isinstance(error, BihuanError):
        return error.with_traceback(None)
    log.error("readings did not get into the history", exc_info=error)
    return JournalError(
        f"readings did not get into the history: {error!r}",
        remedy="Nothing that was acknowledged is lost. Keep the log of the service: it says where this happened.",
    )
