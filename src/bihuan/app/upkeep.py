"""Upkeep, once a night: finished days of the history are put in order, what is too old goes, a snapshot is taken, and the
intake log is pruned of what both have. Every part is tried, whatever became of the one before; none stops the loop.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from bihuan.app.centre import Centre
from bihuan.app.clock import Clock
from bihuan.app.snapshot import KEPT
from bihuan.model.errors import BihuanError, SettingError
from bihuan.model.times import DAY, HOUR, MINUTE, local_floor, span, span_text

AT = "03:30"
"""Local time of the centre: when least goes on, and the day before has come in whole."""

KEEP = "400d"
"""How long readings are kept where their indicator says nothing: a year back, and the same month of it for comparing."""

LOOK_SECONDS = 30.0
"""Between two looks at the clock: one that was set, or a machine that slept, is noticed by then."""

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Done:
    """What one upkeep did. `troubles` says what it could not."""

    compacted: int = 0
    """Rows that were put in order."""
    retired: int = 0
    """Rows that were too old."""
    snapshot: int | None = None
    """Entry of the journal that the snapshot belongs to."""
    first: int = 0
    """First entry that the intake log still has."""
    troubles: list[BihuanError] = field(default_factory=list)


def upkeep(centre: Centre, now: int, keep: int) -> Done:
    """All of it, from any thread. `keep`: milliseconds for readings whose indicator does not say."""
    done = Done(first=centre.intake.first)
    history = centre.history
    with _told(done, "the history could not be written"):
        history.flush()
    with _told(done, "days of the history could not be put in order"):
        today = datetime.fromtimestamp(now / 1_000, UTC).date().isoformat()
        done.compacted = sum(history.compact(day) for day in history.days() if day < today)
    with _told(done, "old readings could not be removed"):
        done.retired = history.retire(retention(centre, keep), now)
    with _told(done, "no snapshot could be taken"):
        taken = centre.snapshot()
        done.snapshot = taken.seq if taken else None
    with _told(done, "the intake log could not be pruned"):
        done.first = centre.prune(prunable(centre))
    centre.quarantine.look()
    centre.kept_up(now, done.troubles[0] if done.troubles else None)
    return done


def retention(centre: Centre, keep: int) -> dict[str, int]:
    """How long the readings of each indicator are kept, in milliseconds."""
    return {name: int(indicator.retain or keep) for name, indicator in centre.rules.indicators.items()}


def prunable(centre: Centre) -> int:
    """The last entry of the intake log that nobody needs any more: it is in the history, and in the older of two snapshots."""
    fitting = centre.snapshots.fitting(centre.journal, centre.rules)
    return min(centre.history.through, fitting[KEPT - 1].entry) if len(fitting) >= KEPT else 0


@contextmanager
def _told(done: Done, what: str) -> Iterator[None]:
    try:
        yield
    except BihuanError as error:
        log.warning("%s: %s", what, error)
        done.troubles.append(error)
    except Exception as error:
        log.exception("%s", what)
        remedy = "The loop goes on, and so do the other parts. The log of the service says where this happened."
        done.troubles.append(BihuanError(f"{what}: {error!r}", where="upkeep", remedy=remedy))


def minute_of_day(text: str) -> int:
    """Milliseconds since midnight of `03:30`. Raises SettingError for anything else."""
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    if found is None:
        what = f"'{text}' is no time of day"
        raise SettingError(what, where="centre.json: upkeep_at", remedy="Write it like 03:30.")
    return int(found[1]) * HOUR + int(found[2]) * MINUTE


def retention_span(text: str) -> int:
    """Milliseconds of `400d`. Raises SettingError for anything else, and for less than two days."""
    try:
        found = span(text)
    except ValueError as error:
        raise SettingError(str(error), where="centre.json: keep_readings", remedy="Write it like 400d.") from error
    if found < 2 * DAY:
        what = f"{span_text(found)} is too short to keep readings for"
        raise SettingError(what, where="centre.json: keep_readings", remedy="Write 2d or more.")
    return found


def next_night(now: int, at: int, zone: tzinfo) -> int:
    """The first time after `now` at which the local clock shows `at` (milliseconds since midnight)."""
    night = local_floor(now, DAY, zone) + at
    return night if night > now else _next_day(night, zone)


def _next_day(moment: int, zone: tzinfo) -> int:
    """The same local time a day later, also where that day is not of 24 hours."""
    local = datetime.fromtimestamp(moment / 1_000, zone).replace(tzinfo=None)
    return round((local + timedelta(days=1)).replace(tzinfo=zone).timestamp() * 1_000)


class Nights:
    """The thread that waits for the night."""

    def __init__(self, clock: Clock, zone: tzinfo, at: int, work: Callable[[int], object]) -> None:
        """`work` is called with the time, at local time of day `at` (milliseconds since midnight)."""
        self._clock, self._zone, self._at, self._work = clock, zone, at, work
        self._stop = threading.Event()
        self._due = 0
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        self._due = next_night(self._clock.now(), self._at, self._zone)
        self._thread.start()

    def stop(self) -> None:
        """Returns when work that has begun is done."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        due = self._due
        while not self._stop.wait(self._pause(due)):
            if (now := self._clock.now()) >= due:
                try:
                    self._work(now)
                except Exception:
                    log.exception("the upkeep failed; the next night tries again")
                due = next_night(now, self._at, self._zone)

    def _pause(self, due: int) -> float:
        left = self._clock.seconds_until(due)
        return LOOK_SECONDS if left is None else min(LOOK_SECONDS, left)
