"""`bihuan import cases`: the log of another system into the folder of a centre that is not running."""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from bihuan.app.bar import Bar
from bihuan.app.centre import Centre
from bihuan.app.clock import WallClock
from bihuan.app.folder import About, DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.connectors.case_logs import NAMES, Map, Reader, RefusedCase, is_name, read, read_map
from bihuan.model.errors import LogError, SettingError
from bihuan.model.facts import CaseImported, Fact, LogReceived
from bihuan.model.foreign import ForeignCases
from bihuan.model.times import iso
from bihuan.views.foreign import ForeignLog, foreign_log

AT_ONCE = 1_000
"""Cases in one turn, and in memory."""

MOST_SHOWN = 20
"""Refused rows printed one by one; all are in the list beside the file."""


EARLY = {"open": "is open", "unsaid": "is never said to have closed"}


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints: what came of this file, and what the log claims as it now stands in the journal."""

    records: int
    new: int
    changed: int
    known: int
    older: int
    """Left out: the journal has them as their source had them later."""
    undated: int
    """Of the changed ones, those of which nothing says whether they are newer than what was known: what came last counts."""
    passed_over: int
    refused: int
    unseen: tuple[str, ...]
    log: ForeignLog


def cases(arguments: argparse.Namespace) -> int:
    file, folder = Path(arguments.file), DataFolder(path=Path(arguments.data))
    found, digest = _map(Path(arguments.map), arguments.log)
    now = WallClock().now()
    about = _about(folder, arguments.packs, now)
    with _opened(file) as stream, _Refused(file, Path(arguments.refused or f"{file}.refused.csv")) as refused:
        log = LogReceived(log=found.log, file=_digest(stream), map=digest)
        if not folder.exists():
            folder.found(about)
        since = folder.free_since()
        centre = folder.open(rules_of(about.packs, max(now, since)))
        try:
            told = _take(centre, stream, found, log, now, refused)
        except LogError as error:
            raise LogError(error.what, where=f"{file}: {error.where}".rstrip(": "), remedy=error.remedy) from error
        finally:
            centre.close()
    _tell(told, as_json=arguments.json)
    return 0


def _map(path: Path, log: str) -> tuple[Map, str]:
    """The map, of the log called `log` where that is said, and the SHA-256 of its text."""
    if log and not is_name(log):
        raise SettingError(f"'{log}' is no name for a log", where="--log", remedy=NAMES)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise SettingError(f"the map cannot be read ({error.strerror})", where=str(path), remedy="Check its name.") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"not UTF-8: {error}", where=str(path), remedy="Save the map as UTF-8.") from error
    found = read_map(text, str(path))
    return msgspec.structs.replace(found, log=log or found.log), sha256(raw).hexdigest()


def _about(folder: DataFolder, packs: str, now: int) -> About:
    """What the folder belongs to, or will: `packs` found a new one."""
    named = tuple(name for name in packs.split(",") if name)
    if not folder.exists() and named:
        if folder.path.exists() and any(folder.path.iterdir()):
            what = "the folder is not empty and holds no centre"
            raise SettingError(what, where=str(folder.path), remedy="Name a new folder.")
        return About(packs=named, began=now)
    about = folder.about()
    if named and named != about.packs:
        what = f"the centre in this folder has the packs {', '.join(about.packs)}"
        raise SettingError(what, where=str(folder.path), remedy="Leave --packs out.")
    if about.seed is not None:
        what = "this folder holds a demo, whose time is not ours"
        raise SettingError(what, where=str(folder.path), remedy="Name the folder of a centre, or a new one with --packs.")
    return about


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise SettingError(f"the log cannot be read ({error.strerror})", where=str(file), remedy="Check its name.") from error


def _digest(stream: BinaryIO) -> str:
    digest = sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    stream.seek(0)
    return digest.hexdigest()


def _take(centre: Centre, stream: BinaryIO, found: Map, log: LogReceived, now: int, refused: "_Refused") -> Imported:
    """A thousand cases a turn, all of them now; before that, whatever was due since the centre stopped, at its own time."""
    while (due := centre.loop.next_due()) is not None and due < now:
        centre.step(due)
    counts: Counter[str] = Counter()
    reader = Reader(found, max(now, centre.now))
    for some in _pieces(_cases(stream, found, reader, counts, refused)):
        given = ForeignCases(log=log, cases=some)
        older = centre.loop.older(given)
        written = [fact for fact in centre.step(now, foreign=[given]) if isinstance(fact.body, CaseImported)]
        changed = [fact.body for fact in written if len(fact.because) > 1 and isinstance(fact.body, CaseImported)]
        counts.update(new=len(written) - len(changed), changed=len(changed), older=older)
        counts.update(known=len(some) - len(written) - older, undated=sum(case.told_at is None for case in changed))
    return Imported(
        records=counts["records"],
        new=counts["new"],
        changed=counts["changed"],
        known=counts["known"],
        older=counts["older"],
        undated=counts["undated"],
        passed_over=counts["passed over"],
        refused=refused.count,
        unseen=tuple(reader.unseen) if counts["records"] else (),
        log=foreign_log(lambda: _imported(centre), found.log),
    )


def _pieces(cases: Iterator[CaseImported]) -> Iterator[list[CaseImported]]:
    """Where the log breaks off, what stands before is a piece all the same."""
    some: list[CaseImported] = []
    try:
        for case in cases:
            some.append(case)
            if len(some) == AT_ONCE:
                yield some
                some = []
    except LogError:
        if some:
            yield some
        raise
    if some:
        yield some


def _cases(stream: BinaryIO, found: Map, reader: Reader, counts: Counter[str], refused: "_Refused") -> Iterator[CaseImported]:
    size = stream.seek(0, 2)
    stream.seek(0)
    bar = Bar("bytes", size)
    for record in read(stream, found):
        counts["records"] += 1
        taken = reader.take(record)
        for one in taken.refused:
            refused.add(one)
        if taken.case is not None:
            yield taken.case
        elif not taken.refused:
            counts["passed over"] += 1
        bar.show(min(stream.tell(), size - 1))
    bar.show(size)


def _imported(centre: Centre) -> Iterator[Fact]:
    return (entry.fact for entry in centre.journal.read(kind="case-imported"))


class _Refused:
    """The list of what was refused: the first rows on standard error, all in a file, which replaces an older list."""

    def __init__(self, log: Path, path: Path) -> None:
        self.count = 0
        self._log, self._path = log, path
        self._out: TextIO | None = None

    def __enter__(self) -> "_Refused":
        if self._path.exists():
            self._writer()
        return self

    def add(self, row: RefusedCase) -> None:
        self.count += 1
        if self.count <= MOST_SHOWN:
            print(f"{self._log}: row {row.row}: {row.what} {row.remedy}", file=sys.stderr)
        csv.writer(self._writer()).writerow((row.row, row.what, row.remedy))

    def _writer(self) -> TextIO:
        if self._out is None:
            try:
                self._out = self._path.open("w", encoding="utf-8", newline="")
            except OSError as error:
                what = f"the list of refused rows cannot be written ({error.strerror})"
                raise SettingError(what, where=str(self._path), remedy="Name another file with --refused.") from error
            csv.writer(self._out).writerow(("row", "what", "remedy"))
        return self._out

    def __exit__(self, *_: object) -> None:
        if self._out is not None:
            self._out.close()
        if self.count:
            print(f"{self.count:,} refused rows are listed in {self._path}", file=sys.stderr)


def _tell(told: Imported, *, as_json: bool) -> None:
    for name in told.unseen:
        print(f"the map reads '{name}', which is nowhere in the log. Check it in the map.", file=sys.stderr)
    if told.undated:
        what = f"of {told.undated:,} changed cases nothing in the log says which content is newer: what came in last counts."
        remedy = "If the log has a column with the time of the last change, name it in the map as `updated`."
        print(what, remedy, file=sys.stderr)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    counts = {
        "new": told.new, "changed": told.changed, "already there": told.known,
        "older than what is there, left out": told.older, "passed over": told.passed_over,
    }  # fmt: skip
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    print(f"{told.records:,} records: {', '.join(said) or 'none taken'}, {told.refused:,} refused")
    log = told.log
    print(f"{log.log}, as its source claims; nothing of it was checked here:")
    print(f"  cases       {log.cases:,}: {log.closed:,} closed, {log.open:,} open" + _more(log))
    print(f"  late        {log.late:,} of {log.due:,} closed cases with a due time")
    print(f"  duplicates  {log.duplicates:,}")
    if log.steps:
        print(f"  steps       {log.steps:,}: {log.steps_late:,} late of {log.steps_due:,} with a due time")
    if not (log.parents or log.parents_missing):
        return
    print(
        f"  parents     {log.parents:,} of {log.children:,} children: {log.early:,} closed before their last child"
        + _unsaid(log)
    )
    for one in log.early_parents:
        at = f"closed {iso(one.child_at)}" if one.child_at is not None else EARLY[one.why]
        print(f"    {one.foreign} closed {iso(one.closed_at)}; its child {one.child} {at} ({one.fact})")


def _unsaid(log: ForeignLog) -> str:
    """What cannot be told of parents and children."""
    odd = {"closed without a word of a child's closing": log.unsaid, "are not in the log": log.parents_missing}
    return "".join(f"; {count:,} {what}" for what, count in odd.items() if count)


def _more(log: ForeignLog) -> str:
    """What is odd about the times."""
    odd = {"closed without a time": log.no_time, "closed before they were opened": log.backwards}
    return "".join(f"; {count:,} {what}" for what, count in odd.items() if count)
