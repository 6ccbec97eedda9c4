"""A gate without a centre: views that say what they were asked, an intake that remembers, a broadcast to publish on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tests.packs_for_tests import small_pack

from bihuan.journal.contract import Entry
from bihuan.journal.sealed import Sealed
from bihuan.live import Broadcast, Demo, Subscription
from bihuan.live.gate import Health
from bihuan.model.errors import Behind, BihuanError
from bihuan.model.facts import Fact, ScorePublished
from bihuan.model.readings import Batch
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Words
from bihuan.views import NotFound
from bihuan.views.comparing import Comparable, Period
from bihuan.views.score_file import ScoreFile, file_of
from bihuan.views.shapes import LevelAt, Named, RungView, SeriesMeta

RULES = load(small_pack())
NOW = 1_526_212_800_000  # 2018-05-13T20:00:00+08:00


WELL = Health(turning=True, now=NOW, seq=7, waiting=0, upkeep_at=None, troubles=())


class FakeViews:
    """Every look answers its name and what it was given; the id `none` is not there, the id `broken` is a defect."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        def look(*given: object, **named: object) -> object:
            if "none" in given:
                raise NotFound("there is no such thing 'none'", where="none", remedy="Look at the list.")
            if "broken" in given:
                raise RuntimeError("a defect")
            return {"look": name, "given": [*given, *named.values()]}

        return look

    def series_meta(self, indicator: str, place: str) -> SeriesMeta:
        if indicator == "none":
            raise NotFound("there is no indicator 'none'", where="none", remedy="Look at the packs.")
        return SeriesMeta(
            indicator=Named(id=indicator, words=Words(zh="降雨量", en="Rainfall")),
            unit="mm",
            level="blue",
            unknown=False,
            rungs=(RungView(level="blue", text="sum 12h >= 50", value=50.0),),
            changes=(LevelAt(at=NOW, level="blue"),),
            origin="synthetic",
            source="CMA",
        )

    def turn_event(self, change: Any, unit: str, now: int) -> object:
        if change == "broken":
            raise RuntimeError("a defect")
        return {"change": change, "unit": unit, "now": now}


@dataclass
class FakeGate:
    rules: Rules = RULES
    views: FakeViews = field(default_factory=FakeViews)
    broadcast: Broadcast = field(default_factory=Broadcast)
    batches: list[Batch] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    shut: bool = False
    full: bool = False
    play: Demo | None = None
    looks: int = 0
    asked: list[tuple[str, str, int, int]] = field(default_factory=list)
    compared: list[tuple[str, tuple[str, ...], str, int]] = field(default_factory=list)
    rows: int = 3
    trouble: BihuanError | None = None
    condition: Health = WELL

    def now(self) -> int:
        return NOW

    def read(self, look: Callable[[Any], Any]) -> Any:
        self.looks += 1
        return look(self.views)

    def readings(self, indicator: str, place: str, since: int, until: int) -> tuple[Any, Any, Any]:
        self.asked.append((indicator, place, since, until))
        at = np.arange(self.rows, dtype=np.int64)
        value = np.full(self.rows, 1.5)
        value[-1:] = np.nan
        quality = np.zeros(self.rows, np.uint8)
        quality[-1:] = 3
        return at, value, quality

    def compare(self, what: Comparable, period: Period, at: int) -> object:
        self.compared.append((what.indicator.id, what.spots, period, at))
        return {"period": period}

    def score(self, scorecard: str, period: str) -> ScoreFile:
        if scorecard == "none":
            raise NotFound("nothing was published of the scorecard 'none'", where="none", remedy="Look at the list.")
        body = ScorePublished(scorecard=scorecard, version=period, since=0, until=1, rows=(), through="cq-1")
        fact = Fact(seq=2, id="cq-2", at=1, recorded_at=1, actor="evaluate", subject=scorecard, because=(), body=body)
        return file_of(Sealed(entry=Entry(fact=fact, prev="00", hash="11")), self.rules)

    def geo(self) -> bytes:
        self.looks += 1
        return b'{"type": "Topology", "objects": {}}' + b" " * 2_000

    def take_many(self, batches: Sequence[Batch]) -> list[int]:
        if self.trouble:
            raise self.trouble
        self.groups.append(len(batches))
        self.batches += batches
        return [len(self.batches) - len(batches) + number for number in range(1, len(batches) + 1)]

    def refusal(self, rows: int, coming: int = 0) -> Behind | None:
        """With the door shut large batches are refused; when full, all are."""
        shut = self.full or (self.shut and rows > 1)
        return Behind("many readings wait", remedy="Keep it.", seconds=7) if shut else None

    def health(self) -> Health:
        return self.condition

    def demo(self) -> Demo | None:
        return self.play

    def set_demo(self, *, speed: float | None, paused: bool | None) -> Demo:
        assert self.play is not None
        old = self.play
        self.play = Demo(
            speed=old.speed if speed is None else speed,
            paused=old.paused if paused is None else paused,
            from_=old.from_,
            until=old.until,
            seed=old.seed,
            ended=old.ended,
        )
        self.broadcast.publish_demo(self.play)
        return self.play

    def subscribe(self, after: int | None) -> Subscription:
        return self.broadcast.subscribe(after)


DEMO = Demo(speed=288.0, paused=False, from_=NOW, until=NOW + 1, seed=7, ended=False)
