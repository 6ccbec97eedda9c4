"""Readings at rest, measured: `python -m bench.history` (ten million readings), `--full` (101 million), `--peer` (chdb too).

A city of 1,073 units and as many indicators as asked for (450 in full), seven readings a day each over 30 days; values to one
decimal, three in ten change from one reading to the next. They go in as they would come: a batch of 10,000 rows after the
other, in the order of time; the nightly compaction runs after each day. Then, each on its own and the median taken:
one series over 30 days, one indicator over all units at one time, a week against the last, a month. "cold" is the first time
in a fresh process: footers not read yet; the machine's file cache is warm. Gates are on CPU, user and system: other work on
the machine does not move it.

`--peer` puts the same rows into ClickHouse's MergeTree through chdb (`--peer PYTHON`: of another environment that has it, with
this project's msgspec, numpy and pyarrow) and asks it the same.
"""

import argparse
import importlib
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.gates import ROOT, Gate, at_most, report
from bench.profiled import Sampler, told
from bihuan.history.parquet import History
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch
from bihuan.model.times import DAY, MINUTE

UNITS, DAYS, TIMES = 1_073, 30, 7
BEGAN = 1_748_736_000_000
"""2025-06-01T00:00Z."""
BATCH = 10_000
ROUNDS = 25
FEW, ALL = 45, 450
"""Indicators."""


@dataclass(frozen=True, kw_only=True)
class City:
    indicators: int

    @property
    def numbering(self) -> Numbering:
        units = tuple(self.units)
        return Numbering((f"indicator-{i:04}", units) for i in range(self.indicators))

    @property
    def units(self) -> list[str]:
        return [str(500_101_000_000 + 7_000 * unit) for unit in range(UNITS)]

    def times(self, day: int) -> list[int]:
        return [BEGAN + day * DAY + n * DAY // TIMES // MINUTE * MINUTE for n in range(TIMES)]

    def batches(self, day: int, values: npt.NDArray[np.float64], dice: np.random.Generator) -> Iterator[Batch]:
        """The readings of a day; `values` goes on in place."""
        numbering, size = self.numbering, len(values)
        for at in self.times(day):
            changed = dice.random(size) < 0.3
            values[changed] += dice.normal(0, 2, int(changed.sum()))
            value = values.round(1)
            for start in range(0, size, BATCH):
                part = slice(start, min(start + BATCH, size))
                count = part.stop - part.start
                yield Batch(
                    numbering=numbering,
                    series=np.arange(part.start, part.stop, dtype=np.int32),
                    at=np.full(count, at),
                    value=value[part],
                    quality=(dice.random(count) < 0.001).astype(np.uint8),
                )


@dataclass(frozen=True, kw_only=True)
class Filled:
    rows: int
    taking_s: float
    compacting_s: float
    bytes: int
    files: int
    peak_mb: float


@dataclass(frozen=True, kw_only=True)
class Took:
    cold_ms: float
    wall_ms: list[float]
    cpu_ms: list[float]


def fill(folder: Path, city: City) -> Filled:
    """CPU-seconds are those of taking in (to the hourly files) and of compacting."""
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
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Filled(
        rows=city.indicators * UNITS * DAYS * TIMES,
        taking_s=taking,
        compacting_s=compacting,
        bytes=sum(path.stat().st_size for path in files),
        files=sum(path.suffix == ".parquet" for path in files),
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def ask(folder: Path, city: City) -> dict[str, Took]:
    began = time.perf_counter()
    history, dice = History(folder), np.random.default_rng(2)
    opened = 1000 * (time.perf_counter() - began)
    until = BEGAN + DAYS * DAY

    def indicator() -> str:
        return f"indicator-{dice.integers(city.indicators):04}"

    def one_series() -> None:
        at, _, _ = history.read(indicator(), city.units[int(dice.integers(UNITS))], BEGAN, until)
        assert len(at) == DAYS * TIMES, "a reading is lost"

    def one_time() -> None:
        found = history.read_at(indicator(), BEGAN + int(dice.integers(DAY, DAYS * DAY)), DAY // 4)
        assert len(found.places) == UNITS, "a unit is lost"

    def weeks() -> None:
        found = history.compare(indicator(), "week", BEGAN + 22 * DAY - 1, "mean")
        assert (found.this.count == 7 * TIMES).all(), "a reading of this week is lost"
        assert (found.last.count == 7 * TIMES).all(), "a reading of last week is lost"

    def month() -> None:
        found = history.compare(indicator(), "month", until - 1, "mean")
        assert (found.this.count == DAYS * TIMES).all(), "a reading is lost"
        assert not found.last.count.any(), "there was no month before"

    asked = {"one series, 30 days": one_series, "one indicator, all units, one time": one_time}
    asked |= {"week against week, by unit": weeks, "a whole month, by unit": month}
    return {"opening": Took(cold_ms=opened, wall_ms=[], cpu_ms=[])} | {name: took(what) for name, what in asked.items()}


def took(what: Callable[[], object]) -> Took:
    walls, cpus = [], []
    for _ in range(1 + ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        what()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return Took(cold_ms=walls[0], wall_ms=walls[1:], cpu_ms=cpus[1:])


def peer(folder: Path, files: Path) -> dict[str, Any]:
    """ClickHouse over the same rows: bytes a reading, and CPU-seconds of taking in and merging."""
    # 500 MB: only where somebody asked for it.
    click = importlib.import_module("chdb.session").Session(str(folder))
    click.query("create database b")
    click.query(
        "create table b.r(indicator LowCardinality(String), place LowCardinality(String),"
        " at DateTime64(3) codec(Delta, ZSTD(1)), value Float64 codec(Gorilla, ZSTD(1)), quality UInt8 codec(ZSTD(1)))"
        " engine = MergeTree order by (indicator, place, at)"
    )
    began = time.process_time()
    click.query(f"insert into b.r select indicator, place, at, value, quality from file('{files}/readings/*/*.parquet')")
    click.query("optimize table b.r final")
    taken = time.process_time() - began
    size = "select sum(bytes_on_disk) / sum(rows) from system.parts where active and table = 'r'"
    series = "select at, value, quality from b.r where indicator = 'indicator-0007' and place = '500101539000' order by at"
    moment = [f"toDateTime64('2025-06-15 {hour}:00:00', 3, 'UTC')" for hour in ("00", "06")]
    one_time = (
        "select place, argMax(value, at) from b.r where indicator = 'indicator-0007' and at between {} and {} group by place"
    )
    out = {"bytes": float(str(click.query(size))), "taking_s": taken}
    for name, query in (("series", series), ("one_time", one_time.format(*moment))):
        walls = took(partial(click.query, query, "Arrow")).wall_ms
        out[f"{name}_ms"] = statistics.median(walls)
    click.close()
    return out


def gates(filled: Filled, asked: dict[str, Took], beside: dict[str, Any] | None) -> list[Gate]:
    size = filled.bytes / filled.rows
    found = [at_most("history: bytes a reading", "B", [size], [1.0], reach=2.0, aim=1.5)]
    if beside:
        found.append(at_most("history: bytes beside ClickHouse's", "B", [size], [beside["bytes"]], reach=2.0, aim=1.2))
    for name in ("one series, 30 days", "one indicator, all units, one time"):
        found.append(at_most(f"history: {name}", "ms CPU", asked[name].cpu_ms, [1.0], reach=50.0, aim=20.0))
    return found


def notes(filled: Filled, asked: dict[str, Took], beside: dict[str, Any] | None) -> list[str]:
    lines = [
        f"{filled.rows / 1e6:.1f} M readings, {filled.bytes / 1e6:.0f} MB in {filled.files} files; per CPU-second"
        f" {filled.rows / filled.taking_s / 1e6:.2f} M taken in, {filled.rows / filled.compacting_s / 1e6:.2f} M compacted;"
        f" at most {filled.peak_mb:.0f} MB of memory (the generator's included)"
    ]
    for name, took in asked.items():
        median = (
            f", then {statistics.median(took.wall_ms):.1f} ms, CPU {statistics.median(took.cpu_ms):.1f} ms"
            if took.wall_ms
            else ""
        )
        lines.append(f"{name}: cold {took.cold_ms:.1f} ms{median}")
    if beside:
        lines.append(
            f"ClickHouse (chdb): {beside['bytes']:.2f} B a reading, {filled.rows / beside['taking_s'] / 1e6:.1f} M per"
            f" CPU-second, one series {beside['series_ms']:.1f} ms, one time {beside['one_time_ms']:.1f} ms"
        )
    return lines


def apart(step: str, *words: str, python: str = sys.executable) -> Any:
    """A step of the bench in a process of its own; its answer."""
    command = [python, "-m", "bench.history", "--step", step, *words]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--full", action="store_true", help="101 million readings instead of ten")
    parser.add_argument("--peer", metavar="PYTHON", nargs="?", const=sys.executable, help="chdb too (of another Python)")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    given, rest = parser.parse_known_args()
    if given.step:
        return run_step([*given.step, *rest])
    indicators = ALL if given.full else FEW
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        try:
            filled = Filled(**apart("fill", name, str(indicators)))
            asked = {key: Took(**value) for key, value in apart("ask", name, str(indicators)).items()}
            beside = apart("peer", name, python=given.peer) if given.peer else None
            why = "; ".join(f"{step}: {told(Path(name) / f'{step}.json')}" for step in ("fill", "ask"))
        except subprocess.CalledProcessError as error:
            print(f"bench.history: {' '.join(error.cmd[3:6])} failed; what it said is above. For --peer install chdb.")
            return 2
    return report("history", gates(filled, asked, beside), notes(filled, asked, beside), why=why)


def run_step(words: list[str]) -> int:
    folder, sampler = Path(words[1]) / "history", Sampler()
    sampler.start()
    match words[0]:
        case "fill":
            answer: Any = asdict(fill(folder, City(indicators=int(words[2]))))
        case "ask":
            answer = {name: asdict(found) for name, found in ask(folder, City(indicators=int(words[2]))).items()}
        case _:
            answer = peer(Path(words[1]) / "clickhouse", folder)
            shutil.rmtree(Path(words[1]) / "clickhouse")
    (Path(words[1]) / f"{words[0]}.json").write_text(json.dumps(dict(sampler.spent)))
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
