"""SIMULATED water at low points and movement of slopes, driven by rain. No site was measured; the figures only look right.

A low point is a bucket: rain on its catchment fills it, the drain empties it, a pump on the spot empties it faster. A slope
remembers rain with a half-life of 12 hours (of rain 72 hours ago 1.6 % is left) and moves by so much for every
millimetre above what it can bear. What differs from point to point is drawn from its code, so the same code and the same rain
always give the same figures.
"""

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from bihuan.model.errors import PackError
from bihuan.pack.schema import Thing

Floats = NDArray[np.float64]

STEPS_PER_HOUR = 12

RISE_CM_PER_MM = (0.5, 2.4)
"""Centimetres of water at the lowest spot for every millimetre on the catchment that the drain could not take."""
DRAIN_MM = (0.4, 1.6)
"""What the drain takes in 5 minutes, as millimetres on the catchment."""
PUMP_MM = 1.5
"""What a pump adds to that."""
DEEPEST_CM = 150.0
"""Above this the water runs off over the road."""

BEARS_MM = (20.0, 55.0)
MOVES_MM_PER_MM = (0.05, 0.7)
HALF_LIFE_HOURS = 12.0


class Ponds:
    """Water at low points. Feed it every 5 minutes of rain in order; it keeps how much water stands where."""

    def __init__(self, points: Sequence[Thing], towns: Sequence[str]) -> None:
        """`towns` names the columns of the rain that `step` will be given. Raises PackError for a point in none of them."""
        self.codes = tuple(point.code for point in points)
        self._columns = _columns(points, towns)
        self._rise = _between(self.codes, "rise", *RISE_CM_PER_MM)
        self._drain = _between(self.codes, "drain", *DRAIN_MM)
        self._stored_mm = np.zeros(len(points))

    def step(self, rain_mm: Floats, pumping: AbstractSet[str] = frozenset()) -> Floats:
        """Depth in cm at each of `codes`, to 0.1, after 5 more minutes. `rain_mm` is (towns,); `pumping` holds point codes."""
        pumped = np.array([code in pumping for code in self.codes], dtype=bool)
        taken = self._drain + np.where(pumped, PUMP_MM, 0.0)
        most = DEEPEST_CM / self._rise
        self._stored_mm = np.clip(self._stored_mm + rain_mm[self._columns] - taken, 0.0, most)
        return np.round(self._stored_mm * self._rise, 1)


class Slopes:
    """Movement of slopes. Feed it every 5 minutes of rain in order; it keeps how wet each slope still is."""

    def __init__(self, slopes: Sequence[Thing], towns: Sequence[str]) -> None:
        """`towns` names the columns of the rain that `step` will be given. Raises PackError for a slope in none of them."""
        self.codes = tuple(slope.code for slope in slopes)
        self._columns = _columns(slopes, towns)
        self._bears = _between(self.codes, "bears", *BEARS_MM)
        self._moves = _between(self.codes, "moves", *MOVES_MM_PER_MM, bend=2)  # most slopes move little
        self._wet_mm = np.zeros(len(slopes))
        self._kept = 0.5 ** (1 / (HALF_LIFE_HOURS * STEPS_PER_HOUR))

    def step(self, rain_mm: Floats) -> Floats:
        """Movement in mm per 24 h at each of `codes`, to 0.1, after 5 more minutes. `rain_mm` is (towns,)."""
        self._wet_mm = self._wet_mm * self._kept + rain_mm[self._columns]
        return np.round(np.maximum(self._wet_mm - self._bears, 0.0) * self._moves, 1)


def _columns(things: Sequence[Thing], towns: Sequence[str]) -> NDArray[np.intp]:
    known = {town: column for column, town in enumerate(towns)}
    for thing in things:
        if thing.place not in known:
            raise PackError(
                f"'{thing.code}' lies in '{thing.place}', for which there is no rain.",
                remedy="Put it into a town of the storm, or leave it out of the simulation.",
            )
    return np.array([known[thing.place] for thing in things], dtype=np.intp)


def _between(codes: Sequence[str], trait: str, least: float, most: float, bend: int = 1) -> Floats:
    """A figure of each code's own in least..most; a `bend` above 1 makes small ones commoner."""
    shares = [int.from_bytes(hashlib.sha256(f"{trait}:{code}".encode()).digest()[:6]) / 2**48 for code in codes]
    return least + (most - least) * np.array(shares) ** bend
