"""Make the synthetic low points and slopes of packs/heavy-rain: `make_things.py OUT`. Same seed, same files.

Half of each kind lies in the 150 towns that the packed storm rains on hardest (by hour for low points, in all for slopes),
the rest anywhere else in Chongqing, so that a demonstration has both busy and calm ones. No real site is described.
"""

import csv
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from areas import Area, read_areas
from bihuan.replay.storm import Storm, read_storm

SEED = 20180513
WETTEST = 150
MOST_IN_A_TOWN = 2
PACKS = Path(__file__).parents[1] / "packs"
STEM = re.compile(r"(?<=..)(?:街道|镇|(?:(?:土家|苗|仡佬|蒙古|回)族)*乡)$")
COLUMNS = ("code", "kind", "name", "place", "lon", "lat", "name_en", "synthetic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    id: str
    prefix: str
    count: int
    forms: tuple[tuple[str, str], ...]


LOW_POINTS = Kind(
    id="low-point",
    prefix="LP",
    count=160,
    forms=(("下穿道", "underpass"), ("低洼路段", "low road section"), ("涵洞", "culvert"), ("地下通道", "pedestrian tunnel")),
)
SLOPES = Kind(
    id="slope", prefix="SL", count=90, forms=(("滑坡点", "landslide site"), ("切坡点", "cut slope"), ("边坡", "slope"))
)


def spread(kind: Kind, wet: NDArray[np.float64], storm: Storm, chance: random.Random) -> Counter[str]:
    """How many of the kind each town gets."""
    order = [storm.towns[i] for i in np.argsort(-wet, kind="stable")]
    out: Counter[str] = Counter()
    for towns, count in ((order[:WETTEST], kind.count // 2), (order[WETTEST:], kind.count - kind.count // 2)):
        left = count
        while left:
            town = chance.choice(towns)
            if out[town] < MOST_IN_A_TOWN:
                out[town] += 1
                left -= 1
    return out


def inside(area: Area, chance: random.Random) -> tuple[float, float]:
    """A random point of the area, to 0.00001 degrees."""
    west, south, east, north = area.box
    while True:
        spot = round(chance.uniform(west, east), 5), round(chance.uniform(south, north), 5)
        if area.contains(np.array([spot]))[0]:
            return spot


def rows(kind: Kind, counts: Counter[str], chance: random.Random) -> Iterator[dict[str, object]]:
    with (PACKS / "chongqing" / "places" / "towns.csv").open(encoding="utf-8") as text:
        towns = {row["code"]: row for row in csv.DictReader(text)}
    areas = read_areas(PACKS / "chongqing" / "geo" / "chongqing.topo.json", "towns")
    for town in sorted(counts):
        stem = STEM.sub("", towns[town]["name"])
        form, form_en = chance.choice(kind.forms)
        for number in range(1, counts[town] + 1):
            lon, lat = inside(areas[town], chance)
            tail = f" {number}" if counts[town] > 1 else ""
            yield {
                "code": f"{kind.prefix}-{town}-{number}",
                "kind": kind.id,
                "name": f"{stem}{form}{tail}",
                "place": town,
                "lon": lon,
                "lat": lat,
                "name_en": f"{towns[town]['name_en']} {form_en}{tail}",
                "synthetic": "true",
            }


def write(path: Path, found: Iterator[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(found)


def hardest_hour(storm: Storm) -> NDArray[np.float64]:
    total = np.concatenate([np.zeros((1, len(storm.towns))), np.cumsum(np.rint(storm.rain_mm * 100), axis=0)])
    out: NDArray[np.float64] = (total[12:] - total[:-12]).max(axis=0)
    return out


def main(out: Path) -> None:
    storm = read_storm(PACKS / "heavy-rain" / "storm" / "rain-2018-05-13.parquet")
    chance = random.Random(SEED)
    out.mkdir(parents=True, exist_ok=True)
    wetness = {LOW_POINTS: hardest_hour(storm), SLOPES: np.rint(storm.rain_mm * 100).sum(axis=0)}
    for kind, name in ((LOW_POINTS, "low-points.csv"), (SLOPES, "slopes.csv")):
        write(out / name, rows(kind, spread(kind, wetness[kind], storm, chance), chance))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
