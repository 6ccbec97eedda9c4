"""Make the storm of packs/heavy-rain from a wheel of pycomlink 0.6.0: `extract_storm.py WHEEL OUT` (needs h5py).

The radar grid is laid over the box around Chongqing's districts, row 0 in the south, as in the file. A town takes one cell:
of the cells whose centre it holds the worst (highest level of the national rainstorm signal; then most rain in any 12 hours;
then the lowest index); a town too small to hold one takes the cell nearest to its middle. Values are not scaled. Cells with a
gap in the window are passed over; where that leaves a town none, it takes the nearest whole cell and is listed.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from areas import Area, read_areas

MEMBER = "pycomlink/io/example_data/example_areal_reference_data.nc"
SHA256 = "03e7e030e473aa4e"
STEP_MS = 300_000
START_MS = 1_526_169_600_000  # 2018-05-13T00:00Z
FILE_ZERO_MS = 946_687_800_000  # the file counts hours since 2000-01-01T00:50Z
STEPS = 576
EMPTY = -9999
MAP = Path(__file__).parents[1] / "packs" / "chongqing" / "geo" / "chongqing.topo.json"

Hundredths = NDArray[np.int64]


def window(wheel: Path) -> NDArray[np.int16]:
    """Rain of the window as (576, 190, 228), hundredths of a millimetre in 5 minutes, -9999 where there is none."""
    if not hashlib.sha256(wheel.read_bytes()).hexdigest().startswith(SHA256):
        raise SystemExit(f"{wheel.name} is not the wheel of pycomlink 0.6.0 this was made from (sha256 {SHA256}...).")
    with zipfile.ZipFile(wheel) as packed, h5py.File(io.BytesIO(packed.read(MEMBER))) as file:
        stamps = np.rint(file["time"][:] * 3_600_000).astype(np.int64) + FILE_ZERO_MS
        first = int(np.searchsorted(stamps, START_MS))
        expected = START_MS + STEP_MS * np.arange(STEPS)
        if np.abs(stamps[first : first + STEPS] - expected).max() > 1_000:
            raise SystemExit("the steps of the window are not 5 minutes apart.")
        rain: NDArray[np.int16] = file["rainfall_amount"][first : first + STEPS]
        return rain


def worst_sum(rain: Hundredths, steps: int) -> Hundredths:
    """The largest sum over `steps` in a row, for each column of (steps, columns)."""
    total = np.concatenate([np.zeros((1, *rain.shape[1:]), dtype=np.int64), np.cumsum(rain, axis=0, dtype=np.int64)])
    back = np.maximum(np.arange(len(total)) - steps, 0)
    out: Hundredths = (total - total[back]).max(axis=0)
    return out


def signal_level(rain: Hundredths) -> Hundredths:
    """0 calm, 1 blue (50 mm in 12 h), 2 yellow (50 in 6 h), 3 orange (50 in 3 h), 4 red (100 in 3 h), for each column."""
    reached = [worst_sum(rain, 12 * hours) >= 100 * mm for hours, mm in ((12, 50), (6, 50), (3, 50), (3, 100))]
    out: Hundredths = np.sum(reached, axis=0)
    return out


def centres(areas: list[Area], rows: int, columns: int) -> NDArray[np.float64]:
    """Longitude and latitude of every cell's middle, (rows * columns, 2), rows from the south."""
    boxes = np.array([area.box for area in areas])
    (west, south), (east, north) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    lon = west + (np.arange(columns) + 0.5) / columns * (east - west)
    lat = south + (np.arange(rows) + 0.5) / rows * (north - south)
    return np.stack(np.meshgrid(lon, lat), axis=-1).reshape(-1, 2)


def nearest(spots: NDArray[np.float64], middle: tuple[float, float], allowed: NDArray[np.bool_]) -> int:
    """Index of the allowed cell nearest to a point; a degree of longitude is shorter than one of latitude."""
    apart = (spots - middle) * (np.cos(np.radians(middle[1])), 1.0)
    return int(np.argmin(np.where(allowed, (apart**2).sum(axis=1), np.inf)))


def choose(towns: dict[str, Area], spots: NDArray[np.float64], rain: Hundredths) -> tuple[list[int], list[str]]:
    """The cell of every town, and the towns whose own cells all have gaps. `rain` is (steps, cells)."""
    whole = (rain != EMPTY).all(axis=0)
    twelve, level = worst_sum(rain, 144), signal_level(rain)
    cells, borrowed = [], []
    for code, area in towns.items():
        west, south, east, north = area.box
        close = np.flatnonzero(((spots >= (west, south)) & (spots <= (east, north))).all(axis=1))
        held = close[area.contains(spots[close])]
        if not len(held):
            held = np.array([nearest(spots, area.centroid, np.ones(len(spots), dtype=bool))])
        good = [int(cell) for cell in held if whole[cell]]
        if good:
            cells.append(max(good, key=lambda cell: (level[cell], twelve[cell], -cell)))
        else:
            cells.append(nearest(spots, area.centroid, whole))
            borrowed.append(code)
    return cells, borrowed


def table(towns: list[str], rain: Hundredths, borrowed: list[str]) -> Any:
    """One row for every town and step with rain; all else stands in the metadata."""
    columns, steps = np.nonzero(rain.T)
    facts = {
        "storm.towns": " ".join(towns),
        "storm.no_radar": " ".join(borrowed),
        "storm.start_ms": str(START_MS),
        "storm.step_ms": str(STEP_MS),
        "storm.steps": str(STEPS),
        "storm.source": f"pycomlink 0.6.0 (BSD-3), {MEMBER}",
        "storm.attribution": "Datenbasis: Deutscher Wetterdienst, eigene Bearbeitung",
        "storm.note": "German radar of 13-14 May 2018 laid over Chongqing, unscaled",
    }
    fields = {"town": columns, "step": steps, "rain_hundredths_mm": rain.T[columns, steps]}
    return pa.table({name: pa.array(values, type=pa.int16()) for name, values in fields.items()}).replace_schema_metadata(facts)


def main(wheel: Path, out: Path) -> None:
    grid = window(wheel)
    spots = centres(list(read_areas(MAP, "districts").values()), *grid.shape[1:])
    towns = read_areas(MAP, "towns")
    flat = grid.reshape(STEPS, -1).astype(np.int64)
    cells, borrowed = choose(towns, spots, flat)
    out.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table(list(towns), flat[:, cells], borrowed), out, compression="zstd", compression_level=19, use_dictionary=True
    )
    print(f"{out.name}: {len(towns)} towns, {len(borrowed)} without radar, {out.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
