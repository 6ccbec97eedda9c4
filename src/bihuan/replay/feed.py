"""The feed: the storm's rain on towns, and from it simulated water and movement of slopes, as batches of readings.

The rain is radar of the German weather service laid over Chongqing; everything else is simulated and says so in its indicator.
After the recorded storm the sky is dry until the last warning has had time to clear. A few gauges fall silent until somebody
repairs them, and one drained point floods again behind a blocked inlet.
"""

from collections.abc import Iterator
from random import Random

import numpy as np

from bihuan.model.readings import Batch
from bihuan.model.times import MINUTE
from bihuan.pack.rules import Rules
from bihuan.replay.storm import Storm
from bihuan.replay.water import Ponds, Slopes

DRY_STEPS = 14 * 12
"""Five-minute steps after the record: the 12 h window and the hour a warning is kept must run out."""

SILENT_TOWNS = 4
SILENT_POINTS = 3
RELAPSE_AFTER = 40 * MINUTE
RELAPSE_STEPS = 9
RELAPSE_DEPTH_CM = 34.0


class Feed:
    def __init__(self, rules: Rules, storm: Storm, seed: int) -> None:
        self.rules = rules
        self.storm = storm
        self.steps = len(storm.rain_mm) + DRY_STEPS
        self.until = storm.start + self.steps * storm.step
        self._step = 0
        points = [thing for thing in rules.things.values() if thing.kind == "low-point"]
        slopes = [thing for thing in rules.things.values() if thing.kind == "slope"]
        self._ponds, self._shifts = Ponds(points, storm.towns), Slopes(slopes, storm.towns)
        self._pumping: set[str] = set()
        self._silent = self._who_falls_silent(seed)
        self._relapse: tuple[str, int] | None = None

    def next_at(self) -> int | None:
        return None if self._step >= self.steps else self.storm.start + self._step * self.storm.step

    def take(self, now: int) -> Iterator[Batch]:
        """The readings of every step up to and at `now`."""
        while (at := self.next_at()) is not None and at <= now:
            yield from self._readings(at)
            self._step += 1

    # what the loop does to the world

    def pump(self, point: str) -> None:
        self._pumping.add(point)

    def stop_pump(self, point: str) -> None:
        self._pumping.discard(point)

    def repair(self, spot: str) -> None:
        self._silent.pop(spot, None)

    def may_relapse(self, point: str, now: int) -> None:
        """The first drained point floods once more: a blocked inlet, so that the recurrence watch has something to see."""
        if self._relapse is None:
            self._relapse = (point, now + RELAPSE_AFTER)

    # one step

    def _readings(self, at: int) -> Iterator[Batch]:
        rain = self.storm.rain_mm[self._step] if self._step < len(self.storm.rain_mm) else np.zeros(len(self.storm.towns))
        yield self._batch("rain", self.storm.towns, rain, at, "DWD RADOLAN 2018-05, laid over")
        depth = self._ponds.step(rain, self._pumping)
        yield self._batch("ponding-depth", self._ponds.codes, self._blocked(depth, at), at, "simulated")
        shift = self._shifts.step(rain)
        if self._step % 6 == 0:
            yield self._batch("slope-shift", self._shifts.codes, shift, at, "simulated")

    def _blocked(self, depth: np.ndarray, at: int) -> np.ndarray:
        if self._relapse and self._relapse[1] <= at < self._relapse[1] + RELAPSE_STEPS * self.storm.step:
            depth = depth.copy()
            number = self._ponds.codes.index(self._relapse[0])
            depth[number] = max(depth[number], RELAPSE_DEPTH_CM)
        return depth

    def _batch(self, indicator: str, spots: tuple[str, ...], values: np.ndarray, at: int, source: str) -> Batch:
        heard = [n for n, spot in enumerate(spots) if not (spot in self._silent and self._silent[spot] <= self._step)]
        numbering = self.rules.numbering
        return Batch(
            numbering=numbering,
            series=np.array([numbering.number(indicator, spots[n]) for n in heard], dtype=np.int32),
            at=np.full(len(heard), at, dtype=np.int64),
            value=np.asarray(values, dtype=np.float64)[heard],
            quality=np.zeros(len(heard), dtype=np.uint8),
            source=source,
        )

    def _who_falls_silent(self, seed: int) -> dict[str, int]:
        """Code -> the step from which it is silent: some towns of the wet half and some low points, drawn by seed."""
        draw = Random(f"{seed}/silent")  # noqa: S311 - a play, not a secret
        wet = sorted(
            self.storm.towns, key=lambda town: (-float(self.storm.rain_mm[:, self.storm.towns.index(town)].sum()), town)
        )
        spots = draw.sample(wet[: len(wet) // 3], SILENT_TOWNS) + draw.sample(self._ponds.codes, SILENT_POINTS)
        steps = len(self.storm.rain_mm)
        return {spot: draw.randrange(steps // 4, steps * 3 // 4) for spot in spots}
