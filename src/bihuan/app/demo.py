"""The demo: a real storm over Chongqing with a seeded cast, live on a page or headless as fast as it goes."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bihuan.app.centre import Centre
from bihuan.app.folder import ABOUT, About, DataFolder
from bihuan.app.packs import rules, shelf
from bihuan.model.errors import SettingError
from bihuan.model.times import HOUR, MINUTE
from bihuan.pack.rules import Rules
from bihuan.replay.cast import Cast
from bihuan.replay.conductor import Conductor
from bihuan.replay.feed import Feed
from bihuan.replay.storm import Storm, read_storm

PACK = "heavy-rain"
STORM = "heavy-rain/storm/rain-2018-05-13.parquet"
MINUTES = 10
"""How long the whole storm takes on the wall's clock, by default."""

Show = Callable[[str, int, int], None]
"""Progress: (what, done, of)."""


class Play:
    """Everything a demo needs: a centre on a fresh data folder, and who drives it."""

    def __init__(self, data: Path, seed: int) -> None:
        self.seed = seed
        self.storm: Storm = read_storm(shelf() / STORM)
        self.rules: Rules = rules([PACK], self.storm.start)
        self.feed = Feed(self.rules, self.storm, seed)
        self.conductor = Conductor(self.feed, Cast(self.rules, seed))
        self.folder = DataFolder(path=data)
        _clear(self.folder)
        began = self.storm.start - self.storm.step
        self.folder.found(About(packs=(PACK,), began=began, seed=seed))
        self.centre: Centre = self.folder.open(self.rules)

    @property
    def until(self) -> int:
        return self.feed.until

    def curtain(self) -> int:
        """When it gets interesting: half an hour before the first town can reach its first level."""
        wet = self.storm.rain_mm.cumsum(axis=0)
        twelve = 12 * HOUR // self.storm.step
        window = wet - np.concatenate([np.zeros((twelve, wet.shape[1])), wet[:-twelve]])
        ladder = self.rules.ladders[self.rules.indicators["rain"].ladder]
        first = int(np.argmax((window >= ladder.rungs[0].raise_.value).any(axis=1)))
        return self.storm.start + first * self.storm.step - 30 * MINUTE

    def play_to(self, at: int, show: Show, *, stop_at_warning: bool = False) -> int:
        """Everything up to and at `at`, as fast as it goes. Returns the last instant played."""
        start, shown = self.storm.start, -1
        moment = start
        while (due := self.centre.next_at(self.conductor)) is not None and due <= at:
            facts = self.centre.play(due, self.conductor)
            moment = due
            if (percent := (due - start) * 100 // max(at - start, 1)) != shown:
                shown = percent
                show("storm", due - start, at - start)
            if stop_at_warning and any(fact.kind == "warning-raised" for fact in facts):
                break
        return moment


def speed_for(play: Play, since: int) -> float:
    """So many times the wall's clock that the rest takes MINUTES."""
    return round((play.until - since) / (MINUTES * MINUTE), 1)


def _clear(folder: DataFolder) -> None:
    """A demo starts fresh: what an earlier demo left is removed, anything else is left alone."""
    if not folder.path.exists() or not any(folder.path.iterdir()):
        return
    if not folder.exists() or folder.about().seed is None:
        raise SettingError(
            f"the folder holds something that is no demo (no {ABOUT} of one)",
            where=str(folder.path),
            remedy="Name an empty folder with --data, or remove it yourself.",
        )
    shutil.rmtree(folder.path)


def progress(what: str, done: int, of: int) -> None:
    """One line on standard error, written over itself on a terminal, every tenth otherwise."""
    percent = min(100, done * 100 // max(of, 1))
    if sys.stderr.isatty():
        bar = "#" * (percent // 4)
        print(f"\r  {what} [{bar:<25}] {percent:3d} %", end="\n" if percent == 100 else "", file=sys.stderr, flush=True)
    elif percent % 10 == 0:
        print(f"  {what}: {percent} %", file=sys.stderr, flush=True)
