"""`bihuan demo`: live on a page, or headless as fast as it goes."""

import argparse
from collections import Counter
from datetime import UTC
from pathlib import Path

from bihuan.app.demo import Play, progress
from bihuan.model.errors import SettingError
from bihuan.model.times import instant, iso


def demo(arguments: argparse.Namespace) -> int:
    if arguments.speed is not None and not 0.1 <= arguments.speed <= 10_000:
        raise SettingError(f"a speed of {arguments.speed:g} makes no sense", remedy="Choose 0.1 to 10000.")
    if arguments.headless:
        return _headless(arguments)
    from bihuan.app.server import serve_demo

    return serve_demo(Path(arguments.data), arguments.seed, arguments.speed, arguments.port)


def _headless(arguments: argparse.Namespace) -> int:
    play = Play(Path(arguments.data), arguments.seed)
    until = play.until
    if arguments.until != "end":
        try:
            until = instant(arguments.until, UTC)
        except ValueError as error:
            raise SettingError(
                f"'{arguments.until}' is no time", where="--until", remedy="Write `end` or a time like 2018-05-14T06:00+08:00."
            ) from error
        if not play.storm.start <= until <= play.until:
            span = f"{iso(play.storm.start)} .. {iso(play.until)}"
            raise SettingError(f"{arguments.until} is outside the storm", where="--until", remedy=f"Choose a time in {span}.")
    play.play_to(until, progress)
    centre = play.centre
    kinds = Counter(entry.fact.kind for entry in centre.journal.read())
    head = centre.journal.head()
    centre.close()
    for kind, count in sorted(kinds.items()):
        print(f"{count:7d} {kind}")
    print(f"storm until {iso(until, play.rules.zone)}, seed {arguments.seed}, data in {arguments.data}")
    print(f"journal head {head.hash} ({head.seq} facts)")
    return 0
