"""`bihuan upkeep`: by hand what a running centre does at night."""

import argparse
import sys
from pathlib import Path

from bihuan.app.clock import WallClock
from bihuan.app.folder import DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.app.upkeep import retention_span
from bihuan.app.upkeep import upkeep as keep_up
from bihuan.model.errors import SettingError


def upkeep(arguments: argparse.Namespace) -> int:
    folder = DataFolder(path=Path(arguments.data))
    about, now = folder.about(), WallClock().now()
    if about.seed is not None:
        what = "this folder holds a demo, which is made anew each time"
        raise SettingError(what, where=arguments.data, remedy="Name the folder of a centre.")
    keep = retention_span(about.keep_readings)
    centre = folder.open(rules_of(about.packs, now))
    try:
        done = keep_up(centre, now, keep)
    finally:
        centre.close()
    for trouble in done.troubles:
        print(trouble, file=sys.stderr)
    taken = "none (there is nothing yet)" if done.snapshot is None else f"of journal entry {done.snapshot:,}"
    print(
        f"{done.compacted:,} readings put in order, {done.retired:,} too old and removed; snapshot {taken}; "
        f"the intake log begins with entry {done.first:,}"
    )
    return 1 if done.troubles else 0
