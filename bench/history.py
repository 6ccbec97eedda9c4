"""Readings at rest, measured: `python -m bench.history` (ten million readings), `--full` (101 million), `--peer` (chdb too).

A city of 1,073 units and as many indicators as asked for (450 in full), seven readings a day each over 30 days; values to one
decimal, three in ten change from one reading to the next. They go in as they would come: a batch of 10,000 rows after the
other, in the order of time; the nightly compaction runs after each day. Then, each on its own and the median taken:
one series over 30 days, one indicator over all units at one time, and half a month against another. "cold" is the first time
in a fresh process: footers not read yet; the machine's file cache is warm. CPU is user and system.

`--peer` puts the same rows into ClickHouse's MergeTree through chdb, if that is installed, and asks it the same.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bihuan.history.parquet import History
from bihuan.model.readings import Batch
from bihuan.model.times import DAY, MINUTE

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / ".cache" / "bench" / "history.json"

UNITS, DAYS, TIMES = 1_073, 30, 7
BEGAN = 1_748_736_000_000
"""2025-06-01T00:00Z."""
BATCH = 10_000
LIMIT_MS = 50
AIM_MS = 20


@dataclass(frozen=True, kw_only=True)
class City:
    indicators: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"indicator-{i:04}@{unit}" for i in range(self.indicators) for unit in self.units)

    @property
    def units(self) -> list[str]:
        return [str(500_101_000_000 + 7_000 * unit) for unit in range(UNITS)]

    def times(self, day: int) -> list[int]:
        return [BEGAN + day * DAY + n * DAY // TIMES // MINUTE * MINUTE for n in range(TIMES)]

    def batches(self, day: int, values: np.ndarray, dice: np.random.Generator) -> Iterator[Batch]:
        """The readings of a day; `values` goes on in place."""
        names, size = self.names, len(values)
        for at in self.times(day):
            changed = dice.random(size) < 0.3
            values[changed] += dice.normal(0, 2, int(changed.sum()))
            value = values.round(1)
            for start in range(0, size, BATCH):
                part = slice(start, min(start + BATCH, size))
                count = part.stop - part.start
                yield Batch(
                    names=names[part],
                    series=np.arange(count, dtype=np.int32),
                    at=np.full(count, at),
                    value=value[part],
                    quality=(dice.random(count) < 0.001).astype(np.uint8),
                )


@dataclass(frozen=True, kw_only=True)
class Took:
    wall_ms: float
    cpu_ms: float
    cold_ms: float


def fill(folder: Path, city: City) -> tuple[float, float]:
    """CPU-seconds of taking in and of compacting."""
    history, dice, entry = History(folder), np.random.default_rng(1), 0
    values = dice.uniform(0, 100, city.indicators * UNITS)
    taking = compacting = 0.0
    for day in range(DAYS):
        batches = list(city.batches(day, values, dice))
        began = time.process_time()
        for batch in batches:
            entry += 1
            history.add(entry, batch)
        history.flush()
        half = time.process_time()
        history.compact(str(np.datetime64("2025-06-01") + day))
        taking, compacting = taking + half - began, compacting + time.process_time() - half
    return taking, compacting


def ask(history: History, city: City) -> dict[str, Took]:
    dice = np.random.default_rng(2)
    until = BEGAN + DAYS * DAY

    def indicator() -> str:
        return f"indicator-{dice.integers(city.indicators):04}"

    def one_series() -> None:
        at, _, _ = history.read(indicator(), city.units[int(dice.integers(UNITS))], BEGAN, until)
        assert len(at) == DAYS * TIMES

    def one_time() -> None:
        found = history.read_at(indicator(), BEGAN + int(dice.integers(DAY, DAYS * DAY)), DAY // 4)
        assert len(found.places) == UNITS

    def one_time_a_day_back() -> None:
        found = history.read_at(indicator(), BEGAN + int(dice.integers(2 * DAY, DAYS * DAY)), DAY)
        assert len(found.places) == UNITS

    def weeks() -> None:
        compared = history.compare(indicator(), "week", BEGAN + 22 * DAY - 1, "mean")
        assert (compared.this.count == 7 * TIMES).all() and (compared.last.count == 7 * TIMES).all()

    def month() -> None:
        compared = history.compare(indicator(), "month", until - 1, "mean")
        assert (compared.this.count == DAYS * TIMES).all() and not compared.last.count.any()

    asked = {
        "one-series-30-days": one_series,
        "one-indicator-one-time": one_time,
        "one-indicator-one-time-a-day-back": one_time_a_day_back,
        "week-against-week": weeks,
        "month": month,
    }
    return {name: took(what) for name, what in asked.items()}


def took(what: Callable[[], None], rounds: int = 25) -> Took:
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        what()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return Took(wall_ms=statistics.median(walls[1:]), cpu_ms=statistics.median(cpus[1:]), cold_ms=walls[0])


if __name__ == "__main__":
    import resource
    f=Path(sys.argv[1]); city=City(indicators=int(sys.argv[2]))
    if not f.exists():
        t=fill(f,city); n=city.indicators*UNITS*DAYS*TIMES
        b=sum(p.stat().st_size for p in f.rglob("*") if p.is_file())
        print(n,"rows","take Mrows/cpu-s",n/t[0]/1e6,"compact",n/t[1]/1e6,"B/r",b/n,"files",sum(1 for _ in f.rglob("*.parquet")))
    w=time.perf_counter(); h=History(f); print("open ms",1000*(time.perf_counter()-w))
    for k,v in ask(h,city).items(): print(k,v)
    print("rss",resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024)
