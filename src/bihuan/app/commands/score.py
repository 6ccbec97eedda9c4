"""`bihuan score export` and `bihuan score recompute`: a published score as a file, and the file computed again anywhere."""

import argparse
import sys
from pathlib import Path

from bihuan.app.folder import DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.app.scores import published, score_file
from bihuan.model.errors import SettingError
from bihuan.views import NotFound
from bihuan.views.score_file import Checked, ScoreFile, as_csv, as_json, check, read


def export(arguments: argparse.Namespace) -> int:
    folder = DataFolder(path=Path(arguments.data))
    rules = rules_of(folder.about().packs, folder.about().began)
    try:
        fact = published(folder.journal, arguments.card, arguments.period, rules.zone)
    except NotFound as error:
        raise SettingError(error.what, where=f"--{error.where}", remedy=error.remedy) from error
    file = score_file(folder.journal, fact.id, rules)
    path = Path(arguments.file)
    as_table = arguments.csv or path.suffix.lower() == ".csv"
    try:
        path.write_bytes(as_csv(file) if as_table else as_json(file))
    except OSError as error:
        raise SettingError(f"it cannot be written: {error}", where=str(path), remedy="Name another file.") from error
    print(f"{path}: {_title(file)}, {check(file).inputs} inputs, digest {file.sealed.entry.hash}")
    return 0


def recompute(arguments: argparse.Namespace) -> int:
    """Exit code 1 where a figure is not what its inputs give, or the file is not what the journal has."""
    path = Path(arguments.file)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingError(f"it cannot be read: {error}", where=str(path), remedy="Name the exported file.") from error
    file = read(raw, str(path))
    found = check(file)
    print(_title(file))
    _say(file, found)
    return 0 if found.good else 1


def _title(file: ScoreFile) -> str:
    body = file.body
    version = f", corrects {body.corrects}" if body.corrects else ""
    return f"{body.scorecard} v{body.version}, {file.period}, published as {file.sealed.entry.fact.id}{version}"


def _say(file: ScoreFile, found: Checked) -> None:
    wrong = len(found.differences)
    same = f"{wrong} differ" if wrong else "all as published"
    print(f"{found.figures} figures computed again from {found.inputs} inputs: {same}")
    for difference in found.differences:
        print(f"  DIFFERS {difference}")
    if found.edited:
        print(f"  EDITED  {found.edited}")
    elif file.sealed.note:
        size = file.sealed.note.split("\n")[1]
        print(f"digest {file.sealed.entry.hash} holds; it is in the tree of {size} entries signed by {file.sealed.vkey}")
    else:
        print(f"digest {file.sealed.entry.hash} holds; no checkpoint had this entry when it was exported")
    if not found.good:
        print("This file is not the score that was published: export it again.", file=sys.stderr)
        return
    names = {one.unit: one for one in file.names}
    for row in file.body.rows:
        known = names.get(row.unit)
        score = "no data" if row.score is None else f"{row.score:.2f}"
        print(f"{row.rank or '-':>4}  {score:>7}  {row.level:8}  {row.unit}" + (f" {known.zh} {known.en}" if known else ""))
