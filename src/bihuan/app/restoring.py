"""Starting again: the state is folded from the journal; what readings did comes from a snapshot and the intake log."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bihuan.app.gauges import Gauges
from bihuan.app.recalled import Recalled
from bihuan.app.snapshot import Snapshots
from bihuan.history.intake import IntakeLog
from bihuan.journal.contract import Journal
from bihuan.loop.turn import Loop
from bihuan.model.errors import JournalError, PackError
from bihuan.model.readings import Batch
from bihuan.pack.rules import Rules
from bihuan.views import Views

AT_ONCE = 1_000
"""Facts of the journal in memory at once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    loop: Loop
    views: Views
    now: int
    """The time that has been reached; 0 where nothing has happened yet."""


def restored(rules: Rules, journal: Journal, intake: IntakeLog, snapshots: Snapshots, began: int) -> State:
    """The state that the journal says, however it is reached: readings are lived again after the newest snapshot that
    fits, or all of them.

    Raises JournalError where journal and intake log do not belong together and where entries that are needed were pruned,
    PackError where the packs miss what the journal speaks of.
    """
    loop, after, entry, now = _begun(rules, journal, intake, snapshots, began)
    gauges = Gauges(loop)
    views = Views(rules, loop.book, gauges, hour_sum=gauges.hour_sum, recall=Recalled(journal))
    batches = _Batches(intake, entry)
    facts = (entry.fact for entry in journal.read())
    try:
        while some := list(islice(facts, AT_ONCE)):
            loop.restore(some, batches.at, after)
            views.fold(some)
            now = max(now, some[-1].recorded_at)
    except KeyError as error:
        raise PackError(
            f"the journal speaks of {error}, which the packs no longer declare",
            remedy="Put it back into the packs: what a journal has named must stay known.",
        ) from error
    if loop.entry > intake.last:
        raise _not_there(loop.entry, str(intake.folder))
    return State(loop=loop, views=views, now=now)


def _begun(rules: Rules, journal: Journal, intake: IntakeLog, snapshots: Snapshots, began: int) -> tuple[Loop, int, int, int]:
    """A loop with the columns of the newest snapshot that fits, and its sequence, intake entry and time; a fresh one where
    the intake log has everything.

    Under other rules all readings are lived again, as far as they are there: what they mean may be another thing now.
    """
    pruned = intake.first > 1
    for other_rules in (False, True) if pruned else (False,):
        for snapshot in snapshots.newest(journal, rules, other_rules=other_rules):
            loop = Loop(rules=rules, began=began)
            try:
                loop.put_back(snapshot.arrays, other_rules=other_rules)
            except ValueError as error:
                log.warning("the snapshot of entry %d is not used: %s", snapshot.about.seq, error)
                continue
            return loop, snapshot.about.seq, snapshot.about.entry, int(snapshot.arrays["now"])
    if pruned:
        raise JournalError(
            f"entries up to {intake.first - 1} of the intake log were pruned, and no snapshot fits what is left",
            where=str(snapshots.folder),
            remedy="Start with the packs of before, or bring back `snapshots` or `intake` from a backup.",
        )
    return Loop(rules=rules, began=began), 0, 0, 0


class _Batches:
    """The batches of the intake log by rising number, one in memory at a time."""

    def __init__(self, intake: IntakeLog, after: int) -> None:
        self._where = str(intake.folder)
        self._entries: Iterator[tuple[int, Batch]] = intake.read(min(after, intake.last))

    def at(self, entry: int) -> Batch:
        """Raises JournalError when the log does not have it (any more)."""
        for number, batch in self._entries:
            if number == entry:
                return batch
        raise _not_there(entry, self._where)


def _not_there(entry: int, where: str) -> JournalError:
    return JournalError(
        f"the journal took entry {entry}, which the intake log does not have",
        where=where,
        remedy="Restore journal and intake log from one and the same backup.",
    )
