"""The storm of 13-14 May 2018: German radar rain laid over the towns of Chongqing, read from its packed file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bihuan.model.errors import PackError


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """Rain by step and town. Step `i` is stamped `start + i * step`."""

    towns: tuple[str, ...]
    """Town codes, in the order of the columns of `rain_mm`."""
    start: int
    step: int
    rain_mm: NDArray[np.float64]
    """(steps, towns), millimetres in each step; no gaps."""
    no_radar: tuple[str, ...]
    """Towns of which the radar saw no cell: they carry the rain of the nearest cell it did see."""

    @property
    def until(self) -> int:
        """The end of the last step, as milliseconds UTC."""
        return self.start + self.step * len(self.rain_mm)


def read_storm(path: Path) -> Storm:
    """The storm in a Parquet file written by `scripts/extract_storm.py`. Raises PackError when it is not one."""
    try:
        table = pq.read_table(path)
        facts = {key.decode(): value.decode() for key, value in table.schema.metadata.items() if key.startswith(b"storm.")}
        towns = tuple(facts["storm.towns"].split())
        rain = np.zeros((int(facts["storm.steps"]), len(towns)))
        steps, columns = table["step"].to_numpy(), table["town"].to_numpy()
        rain[steps, columns] = table["rain_hundredths_mm"].to_numpy() / 100
        return Storm(
            towns=towns,
            start=int(facts["storm.start_ms"]),
            step=int(facts["storm.step_ms"]),
            rain_mm=rain,
            no_radar=tuple(facts["storm.no_radar"].split()),
        )
    except (OSError, KeyError, ValueError, IndexError, AttributeError) as error:
        raise PackError(
            f"not a storm file ({error})",
            where=path.name,
            remedy="Make it again with scripts/extract_storm.py as its README says.",
        ) from error
