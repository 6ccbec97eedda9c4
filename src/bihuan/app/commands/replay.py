"""`bihuan replay`: recorded readings through the loop, offline, in virtual time."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from bihuan.app.demo import progress
from bihuan.app.files import END_OF_TIME, joined, read_readings
from bihuan.app.folder import About, DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.loop.turn import Loop
from bihuan.model.errors import ReadingError, SettingError
from bihuan.model.facts import Fact
from bihuan.model.readings import Batch
from bihuan.model.times import HOUR
from bihuan.pack.rules import Rules
from bihuan.replay.offline import as_line, by_time, run

MOST_SHOWN = 20
"""Refused rows printed one by one; the rest is counted."""


def replay(arguments: argparse.Namespace) -> int:
    names = [name for name in arguments.packs.split(",") if name]
    if not names:
        raise SettingError("no pack is named", where="--packs", remedy="Write --packs NAME,... or --packs FOLDER.")
    rules = rules_of(names, 0)  # what readings may be is the same on any day
    found = list(read_readings(rules, Path(arguments.readings), now=END_OF_TIME))
    refused = sum(part.rows - len(part.batch) for part in found)
    for row in [row for part in found for row in part.refused][:MOST_SHOWN]:
        print(f"{arguments.readings}: row {row.row}: {row.what} {row.remedy}", file=sys.stderr)
    batch = joined([part.batch for part in found])
    if not len(batch):
        raise ReadingError("no row of the file can be taken", where=arguments.readings, remedy="See the reasons above.")
    rules = rules_of(names, int(batch.at.min()))
    written = 0
    with _opened(Path(arguments.facts)) as out:
        for facts in _turns(rules, batch, names, arguments.data):
            out.writelines(as_line(fact) for fact in facts)
            written += len(facts)
    print(f"{len(batch)} readings taken, {refused} refused; {written} facts in {arguments.facts}")
    return 0


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise SettingError(
            f"the file cannot be written ({error.strerror})", where=str(path), remedy="Check its folder."
        ) from error


def _turns(rules: Rules, batch: Batch, packs: Sequence[str], data: str | None) -> Iterator[list[Fact]]:
    """Turn by turn; with a data folder everything is journaled there as a running centre would."""
    began = int(batch.at.min()) - HOUR
    moments, last = by_time(batch), int(batch.at.max())
    if data is None:
        loop = Loop(rules=rules, began=began)
        for facts in run(loop, moments):
            yield facts
            _tell(facts, began, last)
        return
    folder = DataFolder(path=Path(data))
    if folder.path.exists() and any(folder.path.iterdir()):
        raise SettingError("the folder is not empty", where=data, remedy="Name a new folder with --data.")
    folder.found(About(packs=tuple(packs), began=began))
    centre = folder.open(rules)
    try:
        for now, part in moments:
            while (due := centre.loop.next_due()) is not None and due < now:
                yield centre.step(due)
            facts = centre.step(now, [part])
            yield facts
            _tell(facts, began, last)
    finally:
        centre.close()


def _tell(facts: Sequence[Fact], began: int, last: int) -> None:
    if facts and sys.stderr.isatty():
        progress("replay", facts[-1].recorded_at - began, last - began)
