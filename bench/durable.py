"""What it costs to be sure: a batch of ten thousand written, synced and applied, beside only applied.

`python -m bench.durable`, a few seconds.

The full city of `bench.engine`, 5.04 M series, in one process; random batches of 10,000 by number go into the intake log, which
chains their hashes and syncs, and then through the engine. In turn with it: the engine alone, taking other batches of the same
kind, and a bare append and sync of as many bytes in the same folder. CPU-seconds, user and system; walls for the disk.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.engine import BATCH, MINUTE, UNITS, City, Rows
from bench.gates import Gate, at_most, report
from bihuan.history.intake import IntakeLog
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch

WARM_UP = 20
CPU_REACH, CPU_AIM = 3.0, 2.0
WALL_REACH, WALL_AIM = 4.0, 2.0


def measure(folder: Path, rounds: int) -> tuple[dict[str, list[float]], int]:
    """Seconds by what was done, and the bytes of a batch in the log."""
    city, now = City(), 100 * MINUTE
    engine = city.loaded(True, now)
    places = tuple(f"{unit}" for unit in range(UNITS))
    numbering = Numbering((f"indicator-{n:04}", places) for n in range(city.indicators))
    took: dict[str, list[float]] = {}
    log, bare = IntakeLog(folder / "log"), os.open(folder / "bare", os.O_RDWR | os.O_CREAT, 0o644)
    written, end = 0, 0
    now += 7 * MINUTE

    def timed(name: str, wall: float, cpu: float) -> None:
        took.setdefault(f"{name}, wall", []).append(time.perf_counter() - wall)
        took.setdefault(f"{name}, CPU", []).append(time.process_time() - cpu)

    try:
        for round_ in range(rounds + WARM_UP):
            if round_ == WARM_UP:
                took.clear()
            now += 100
            rows = city.batch(now)
            batch = as_batch(numbering, rows)
            wall, cpu, before = time.perf_counter(), time.process_time(), size(folder / "log")
            log.append([batch])
            engine.apply(*rows, now=now)
            timed("durable", wall, cpu)
            written = (size(folder / "log") - before) or written
            now += 100
            other = city.batch(now)
            wall, cpu = time.perf_counter(), time.process_time()
            engine.apply(*other, now=now)
            timed("applied", wall, cpu)
            raw = os.urandom(written)
            wall, cpu = time.perf_counter(), time.process_time()
            end += os.pwrite(bare, raw, end)
            os.fdatasync(bare)
            timed("bare", wall, cpu)
    finally:
        os.close(bare)
        log.close()
    return took, written


def as_batch(numbering: Numbering, rows: Rows) -> Batch:
    series, at, value, quality = rows
    return Batch(numbering=numbering, series=series.astype(np.int32), at=at, value=value, quality=quality)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.log"))


def gates(took: dict[str, list[float]]) -> list[Gate]:
    def ms(name: str) -> list[float]:
        return [seconds * 1e3 for seconds in took[name]]

    cpu = ms("durable, CPU"), ms("applied, CPU")
    wall = ms("durable, wall"), ms("bare, wall")
    return [
        at_most(f"G6 durable batch of {BATCH:,} / apply only", "CPU-ms", *cpu, reach=CPU_REACH, aim=CPU_AIM),
        at_most(f"G6 durable and applied {BATCH:,} / bare append and sync", "ms", *wall, reach=WALL_REACH, aim=WALL_AIM),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
            took, written = measure(Path(name), options.rounds)
    except ImportError:
        print("not run: numba is not installed; pip install 'bihuan[fast]'")
        return 2
    median = {name: float(np.median(seconds)) * 1e3 for name, seconds in took.items()}
    over = median["durable, CPU"] - median["applied, CPU"]
    notes = [
        f"{written:,} bytes a batch; medians: " + ", ".join(f"{name} {value:.3f} ms" for name, value in median.items()),
        f"of the durable batch's CPU, being sure took {over:.3f} ms, {over / median['durable, CPU']:.0%}",
    ]
    return report("durable", gates(took), notes, why=f"log.append (hash, copy, sync) {over:.3f} CPU-ms a batch")


if __name__ == "__main__":
    raise SystemExit(main())
