"""`bihuan import readings`: a file of readings into the folder of a centre that is not running."""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bihuan.app.bar import Bar
from bihuan.app.centre import Centre
from bihuan.app.clock import WallClock
from bihuan.app.files import joined, read_readings, rows_of
from bihuan.app.folder import About, DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.model.errors import ReadingError, SettingError
from bihuan.model.facts import Fact, ReadingsReceived
from bihuan.model.readings import Batch
from bihuan.model.times import HOUR
from bihuan.pack.readings import RefusedRow
from bihuan.replay.offline import by_time

MOST_SHOWN = 20
"""Refused rows printed one by one; all are in the list beside the file."""

AT_ONCE = 65_536
"""Rows in one batch where they lie before the centre's last turn."""


def readings(arguments: argparse.Namespace) -> int:
    file, folder = Path(arguments.file), DataFolder(path=Path(arguments.data))
    about = _about(folder, arguments.packs)
    since = folder.free_since() if folder.exists() else 0  # before the file is read: somebody may be using the folder
    rules = rules_of(about.packs, 0)  # what readings may be is the same on any day
    found = list(read_readings(rules, file, now=WallClock().now(), sheet=arguments.sheet))
    refused = [row for part in found for row in part.refused]
    _list(refused, file, Path(arguments.refused or f"{file}.refused.csv"))
    batch = joined([part.batch for part in found])
    if not len(batch):
        raise ReadingError("no row of the file can be taken", where=str(file), remedy="See the reasons above.")
    first = int(batch.at.min())
    if not folder.exists():
        folder.found(About(packs=about.packs, began=first - HOUR))
    # As a running centre: the thresholds of the day it goes on from.
    centre = folder.open(rules_of(about.packs, max(first, since)))
    try:
        counts = _take(centre, batch)
    finally:
        centre.close()
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    print(f"{sum(part.rows for part in found):,} rows: {said or 'none new'}, {len(refused):,} refused")
    return 0


def _about(folder: DataFolder, packs: str) -> About:
    """What the folder belongs to, or will: `packs` found a new one."""
    named = tuple(name for name in packs.split(",") if name)
    if not folder.exists() and named:
        if folder.path.exists() and any(folder.path.iterdir()):
            raise SettingError(
                "the folder is not empty and holds no centre", where=str(folder.path), remedy="Name a new folder."
            )
        return About(packs=named, began=0)
    about = folder.about()
    if named and named != about.packs:
        what = f"the centre in this folder has the packs {', '.join(about.packs)}"
        raise SettingError(what, where=str(folder.path), remedy="Leave --packs out.")
    if about.seed is not None:
        what = "this folder holds a demo, whose readings are its own"
        raise SettingError(what, where=str(folder.path), remedy="Name the folder of a centre, or a new one with --packs.")
    return about


def _list(refused: Sequence[RefusedRow], file: Path, path: Path) -> None:
    """The first on standard error, all in a file; an older list is replaced, also by an empty one."""
    for row in refused[:MOST_SHOWN]:
        print(f"{file}: row {row.row}: {row.what} {row.remedy}", file=sys.stderr)
    if not refused and not path.exists():
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("row", "what", "remedy"))
            writer.writerows((row.row, row.what, row.remedy) for row in refused)
    except OSError as error:
        what = f"the list of refused rows cannot be written ({error.strerror})"
        raise SettingError(what, where=str(path), remedy="Name another file with --refused.") from error
    if refused:
        print(f"{len(refused):,} refused rows are listed in {path}", file=sys.stderr)


def _take(centre: Centre, batch: Batch) -> Counter[str]:
    """Every reading at its own time, and in between every instant at which something is due."""
    new = _not_there(centre, batch)
    counts = Counter({"taken": len(new), "already there": len(batch) - len(new)})
    bar, done = Bar("readings", len(new)), 0
    for now, part in _moments(new, centre.now):
        while (due := centre.loop.next_due()) is not None and due < now:
            centre.step(due)
        counts.update(_told(centre.step(now, [part])))
        done += len(part)
        bar.show(done)
    return counts


def _moments(batch: Batch, now: int) -> Iterator[tuple[int, Batch]]:
    """What lies before the centre's last turn at once, in order of time; the rest moment by moment."""
    order = batch.at.argsort(kind="stable")
    past = order[batch.at[order] <= now]
    for start in range(0, len(past), AT_ONCE):
        yield now, rows_of(batch, past[start : start + AT_ONCE])
    yield from by_time(rows_of(batch, order[len(past) :]))


def _not_there(centre: Centre, batch: Batch) -> Batch:
    """The rows whose time the history of their series does not have: a file may be imported twice, or after half of it."""
    new = np.ones(len(batch), np.bool_)
    past = np.flatnonzero(batch.at <= centre.now)
    order = past[batch.series[past].argsort(kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(batch.series[order])) + 1) if len(order) else ():
        indicator, place = batch.numbering.pair(int(batch.series[rows[0]]))
        at, _, _ = centre.history.read(indicator, place, int(batch.at[rows].min()), int(batch.at[rows].max()))
        new[rows] = ~np.isin(batch.at[rows], at)
    return rows_of(batch, np.flatnonzero(new))


def _told(facts: Sequence[Fact]) -> Counter[str]:
    """What became of the rows, as the receipts say."""
    counts: Counter[str] = Counter()
    for fact in facts:
        if isinstance(fact.body, ReadingsReceived):
            body = fact.body
            counts.update(
                {"late": body.late, "twice in the file": body.duplicate, "set aside for their quality": body.set_aside}
            )
    return counts
