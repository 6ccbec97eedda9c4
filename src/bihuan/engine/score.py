"""Scores: how many points of penalty the series of a unit carry on average, and the worst colour among them.

Ranks weigh points (0 for calm by custom); what is unknown counts nowhere, and where nothing is known there is no score.
A plate adds up its tracks' series: every series counts once, means are never averaged.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bihuan.engine import vector
from bihuan.engine.events import F64, I8, I64
from bihuan.engine.kernel import Kernels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """By row (tracks, then plates) and unit: mean penalty (NaN: nothing known), worst rank (-1), known series."""

    mean: F64
    worst: I8
    known: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """`track` of each indicator, `plate` of each track, `points` of each rank from 0 on (higher ranks: as the last)."""

    track: I64
    plate: I64
    points: I64

    def __post_init__(self) -> None:
        assert len(self.points), "rank 0 has points too"
        assert self.track.min(initial=0) >= 0, "every indicator has a track"
        assert self.track.max(initial=-1) < len(self.plate), "every track has a plate"

    def __call__(self, level: I8, state: npt.NDArray[np.uint16], hidden: int, kernels: Kernels = vector.KERNELS) -> Scores:
        """[indicators, units] of levels and states; a series is unknown where its state has a bit of `hidden`."""
        assert level.shape == state.shape, "one state a level"
        tracks, units = len(self.plate), level.shape[1]
        plates = int(self.plate.max(initial=-1)) + 1
        total, known = (np.zeros((tracks + plates, units), dtype=np.int32) for _ in range(2))
        worst = np.zeros((tracks + plates, units), dtype=np.int16)
        order = np.argsort(self.track, kind="stable")
        first = np.searchsorted(self.track[order], np.arange(tracks + 1))
        steps = np.diff(self.points, prepend=0)
        kernels.penalise(level, state, hidden, order, first, steps, total, known, worst)
        for track, plate in enumerate(self.plate.tolist()):
            total[tracks + plate] += total[track]
            known[tracks + plate] += known[track]
            np.maximum(worst[tracks + plate], worst[track], out=worst[tracks + plate])
        with np.errstate(invalid="ignore"):
            mean = total / known  # 0 / 0 is NaN: no data
        return Scores(mean=mean, worst=(worst - 1).astype(np.int8), known=known)
