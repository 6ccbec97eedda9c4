"""`bihuan replay`: recorded readings through the loop, offline, in virtual time."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bihuan.app.demo import progress
from bihuan.app.folder import About, DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.connectors import arrow_rows, csv_rows
from bihuan.loop.turn import Loop
from bihuan.model.errors import ReadingError, SettingError
from bihuan.model.facts import Fact
from bihuan.model.readings import Batch
from bihuan.model.times import HOUR
from bihuan.pack.readings import Accepted, accept, accept_columns
from bihuan.pack.rules import Rules
from bihuan.replay.offline import as_line, by_time, run

MOST_SHOWN = 20
"""Refused rows printed one by one; the rest is counted."""

END_OF_TIME = 1 << 52


def replay(arguments: argparse.Namespace) -> int:
    names = [name for name in arguments.packs.split(",") if name]
    rules = rules_of(names, 0)  # what readings may be is the same on any day
    found = list(_read(rules, Path(arguments.readings)))
    refused = sum(part.rows - len(part.batch) for part in found)
    for row in [row for part in found for row in part.refused][:MOST_SHOWN]:
        print(f"{arguments.readings}: row {row.row}: {row.what} {row.remedy}", file=sys.stderr)
    batch = _joined([part.batch for part in found])
    if not len(batch):
        raise ReadingError("no row of the file can be taken", where=arguments.readings, remedy="See the reasons above.")
    rules = rules_of(names, int(batch.at.min()))
    written = 0
    with open(arguments.facts, "wb") as out:
        for facts in _turns(rules, batch, names, arguments.data):
            out.writelines(as_line(fact) for fact in facts)
            written += len(facts)
    print(f"{len(batch)} readings taken, {refused} refused; {written} facts in {arguments.facts}")
    return 0


def _read(rules: Rules, path: Path) -> Iterator[Accepted]:
    """The rows of a file held against the rules; in a replay no time is in the future."""
    source = path.name
    try:
        if path.suffix == ".parquet":
            for columns in arrow_rows.read_parquet(path):
                yield accept_columns(rules, columns, now=END_OF_TIME, source=source)
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as text:
                yield accept(rules, csv_rows.read(text), now=END_OF_TIME, source=source)
        else:
            raise SettingError(f"'{path.name}' is neither .csv nor .parquet", remedy="Save the readings as one of these.")
    except OSError as error:
        raise SettingError(f"the file cannot be read ({error.strerror})", where=str(path), remedy="Check its name.") from error
    except UnicodeDecodeError as error:
        raise ReadingError(f"not UTF-8: {error}", where=str(path), remedy="Save the file as UTF-8.") from error
    except ReadingError as error:
        raise ReadingError(error.what, where=f"{path.name}: {error.where}".rstrip(": "), remedy=error.remedy) from error


def _joined(batches: Sequence[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    names = tuple(dict.fromkeys(name for batch in batches for name in batch.names))
    number = {name: index for index, name in enumerate(names)}
    codes = [np.array([number[name] for name in batch.names], dtype=np.int32)[batch.series] for batch in batches]
    return Batch(
        names=names,
        series=np.concatenate(codes) if codes else np.empty(0, np.int32),
        at=np.concatenate([batch.at for batch in batches] or [np.empty(0, np.int64)]),
        value=np.concatenate([batch.value for batch in batches] or [np.empty(0)]),
        quality=np.concatenate([batch.quality for batch in batches] or [np.empty(0, np.uint8)]),
        source=batches[0].source if batches else "",
    )


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
