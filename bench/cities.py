"""How many full cities one process holds: `python -m bench.cities` (`--full`).

A city is the synthetic load pack over 1,073 units x 4,700 indicators, 5.04 M series: its own rules and its own loop with the
engine's columns and windows. Readings come in turns of 100,000: as many of each series that is looked at over a window as the
window holds, then one of every series, 1 % of them above a level. No journal, history or views: those are a server's. One city
after the other in one process; memory is what is resident after each. It founds no city for which there may be no room, and
may not take more than what was free at its start.

What 24 GiB hold is reckoned from that: the first city with what a process needs anyway, then the mean of those after it.
Measured are two cities, five with `--full`, or `--cities N`, as far as memory goes; the rest is extrapolated, and said to be.
"""

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.gates import Gate, report
from bench.intake import LOWER
from bihuan.app.packs import rules as rules_of
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.facts import ReadingsReceived
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch
from bihuan.pack.rules import Rules

GIB = 1024.0
MACHINE_GIB, SYSTEM_GIB = 24.0, 1.0
"""What the machine has, and what is left to everything else."""
REACH, AIM = 5, 20
ROWS = 100_000
NOW = 1_750_000_000_000
WINDOWED = 7
"""Each seventh of the load pack's indicators is looked at over a window."""
IN_A_WINDOW = 12
"""Readings in the load pack's longest windows, but for one of 28."""


def readings(rules: Rules, seed: int) -> Iterator[Batch]:
    """What fills the windows, where no ladder minds; then a reading of every series, 1 % above a level."""
    numbering, dice = rules.numbering, np.random.default_rng(seed)
    number = np.array([int(name.rpartition("-")[2]) - 1 for name in numbering.indicators])
    cadence = np.array([rules.indicators[name].cadence for name in numbering.indicators])
    windowed = np.flatnonzero((number % WINDOWED == 0)[numbering.block_of]).astype(np.int32)
    back = np.arange(IN_A_WINDOW - 1, 0, -1)
    for some in pieces(windowed, ROWS // len(back)):
        # All of a series in one batch: none falls silent in between.
        series = np.tile(some, len(back))
        at = NOW - np.repeat(back, len(some)) * cadence[numbering.block_of[series]]
        yield batch(numbering, series, at, dice.uniform(40, 60, len(series)))
    worse = np.where(np.isin(number % 10, LOWER), 3.0, 97.0)
    for series in pieces(np.arange(numbering.count, dtype=np.int32), ROWS):
        value = dice.uniform(40, 60, len(series))
        hot = dice.random(len(series)) < 0.01
        value[hot] = worse[numbering.block_of[series[hot]]]
        yield batch(numbering, series, np.full(len(series), NOW), value)


def pieces(series: npt.NDArray[np.int32], rows: int) -> Iterator[npt.NDArray[np.int32]]:
    return (series[start : start + rows] for start in range(0, len(series), rows))


def batch(
    numbering: Numbering, series: npt.NDArray[np.int32], at: npt.NDArray[np.int64], value: npt.NDArray[np.float64]
) -> Batch:
    quality = np.zeros(len(series), np.uint8)
    return Batch(numbering=numbering, series=series, at=at, value=value.round(1), quality=quality)


def found_a_city(pack: str, seed: int) -> tuple[Loop, int]:
    """A city that has heard of every series, and the facts of that."""
    loop, facts = Loop(rules=rules_of([pack], NOW), began=NOW - 1), 0
    for entry, some in enumerate(readings(loop.rules, seed), 1):
        written = loop.turn(Inputs(batches=[(entry, some)]), NOW + entry)
        facts += len(written)
        taken = [fact.body.applied for fact in written if isinstance(fact.body, ReadingsReceived)]
        assert taken == [len(some)], f"of {len(some)} readings {taken} were applied"
    return loop, facts


def resident_mb(what: str = "VmRSS") -> float:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[what].split()[0]) / 1024


def available_mb() -> float:
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) / 1024


def grow(pack: str, most: int) -> None:
    """Say after each city what is resident, as a line of JSON; stop before memory ends."""
    cities: list[Loop] = []
    _stay_within(available_mb() - SYSTEM_GIB * GIB)
    before = largest = 0.0
    for number in range(most):
        if available_mb() < 1.5 * max(largest, GIB):
            return
        began = time.process_time()
        loop, facts = found_a_city(pack, number)
        cities.append(loop)
        gc.collect()
        after = resident_mb()
        largest, before = max(largest, after - before, resident_mb("VmHWM") - before), after
        said = {"series": loop.rules.numbering.count, "rss_mb": after, "peak_mb": resident_mb("VmHWM"), "facts": facts}
        said |= {"cpu_s": time.process_time() - began, "engine_mb": loop.states[0].columns.engine.nbytes() / 2**20}
        said["windows_mb"] = loop.states[0].columns.engine.nbytes_of_windows() / 2**20
        print(json.dumps(said), flush=True)


def _stay_within(mb: float) -> None:
    """A request for more memory fails, in this process alone: before the machine begins to end others."""
    most = int(mb * 2**20)
    Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def measured(indicators: int, cities: int) -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        pack = Path(name) / "load"
        make = [sys.executable, "scripts/make_load_pack.py", name, f"--indicators={indicators}"]
        root = Path(__file__).resolve().parents[1]
        subprocess.run(make, check=True, capture_output=True, cwd=root)
        command = [sys.executable, "-m", "bench.cities", "--grow", str(pack), "--cities", str(cities)]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, cwd=root)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="measure five cities")
    parser.add_argument("--cities", type=int, help="measure so many, as far as memory goes")
    parser.add_argument("--indicators", type=int, default=4_700)
    parser.add_argument("--grow", help=argparse.SUPPRESS)
    options = parser.parse_args()
    cities = options.cities or (REACH if options.full else 2)
    if options.grow:
        grow(options.grow, cities)
        return 0
    if not Path("/proc/self/status").is_file():
        print("not run: resident memory is read from /proc, which only Linux has")
        return 2
    found = measured(options.indicators, cities)
    if not found:
        print("not run: not one city fits into the memory that is free now")
        return 2
    return report("cities", [gate(found)], notes(found, cities), why=why(found))


def gate(found: list[dict[str, float]]) -> Gate:
    """More is better. What was measured counts as measured, the rest is `fits`."""
    held = max(float(len(found)), fits(found))
    name = f"cities of {found[0]['series'] / 1e6:.2f} M series in {MACHINE_GIB:g} GiB ({len(found)} measured; at least)"
    return Gate(name=name, unit="cities", measured=held, limit=1.0, ratio=held, reach=REACH, aim=AIM, reached=held >= REACH)


def why(found: list[dict[str, float]]) -> str:
    each, last = each_mb(found), found[-1]
    rest = each - last["engine_mb"] - last["windows_mb"]
    parts = f"columns of the engine {last['engine_mb']:.0f}, windows {last['windows_mb']:.0f}, rules and the rest {rest:.0f}"
    return f"MB of one more city {each:.0f}: {parts}"


def each_mb(found: list[dict[str, float]]) -> float:
    """What one more city takes; with a single one measured, all of it."""
    after = [city["rss_mb"] for city in found]
    return statistics.mean(b - a for a, b in pairwise(after)) if len(after) > 1 else after[0]


def fits(found: list[dict[str, float]]) -> int:
    """At the end the last city's building needs room too: the highest above what stays is kept free."""
    room = (MACHINE_GIB - SYSTEM_GIB) * GIB
    building = max(city["peak_mb"] - city["rss_mb"] for city in found)
    return 1 + int(max(0.0, room - building - found[0]["rss_mb"]) // each_mb(found))


def notes(found: list[dict[str, float]], wanted: int) -> list[str]:
    lines = [f"{'city':>6}{'MB resident':>13}{'MB at most':>12}{'engine MB':>11}{'facts':>9}{'CPU-s':>8}"]
    for number, city in enumerate(found, 1):
        line = f"{number:>6}{city['rss_mb']:>13,.0f}{city['peak_mb']:>12,.0f}{city['engine_mb']:>11,.0f}"
        lines.append(line + f"{city['facts']:>9,.0f}{city['cpu_s']:>8.1f}")
    more = fits(found) - len(found)
    lines.append(
        f"measured: {len(found)} of {wanted} asked for; {each_mb(found):,.0f} MB for each after the first"
        + (f"; {more} more are extrapolated into {MACHINE_GIB:g} GiB, less {SYSTEM_GIB:g} for the system" if more > 0 else "")
    )
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
