"""Readings as columns: what connectors hand in and the intake log keeps."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

QUALITIES = ("good", "estimated", "suspect", "missing")
"""Quality flags by code. `missing` says "I have nothing for this time": it is kept and never moves a level."""

MOST_ROWS = 1_000_000
"""Rows in one batch at the most."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows of readings, in the order they are to be applied.

    `names` are series names `indicator@place`; `series` (int32) indexes them. `at` (int64) is UTC milliseconds, `value`
    float64, `quality` (uint8) indexes QUALITIES. All columns have one length.
    """

    names: tuple[str, ...]
    series: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    source: str = ""

    def __len__(self) -> int:
        return len(self.series)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the names and the little-endian columns: the same rows have the same digest on any machine."""
        out = hashlib.sha256()
        for part in (
            "\n".join(self.names).encode(),
            self.source.encode(),
            self.series.astype("<i4").tobytes(),
            self.at.astype("<i8").tobytes(),
            self.value.astype("<f8").tobytes(),
            self.quality.astype("u1").tobytes(),
        ):
            out.update(len(part).to_bytes(8, "little"))
            out.update(part)
        return out.hexdigest()
