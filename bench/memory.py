"""A server with the whole city: what it takes in memory, and what its start costs: `python -m bench.memory`.

A `bihuan run` of its own process on the synthetic load pack, 1,073 units x 4,700 indicators = 5.04 M series. Resident memory
is read when it answers, and again when every series has been read once, by ids in batches of 100,000, and it has rested for
ten seconds; that is the gate (G7). The peak in between, while batches wait and history is written, is told beside it, and so
is what windows take when they are full: here each holds one reading. What holds the memory is read from /proc.

Starts are CPU-seconds, user and system, of the whole process until it answers; compiled loops and what was worked out of the
packs are cached, as they are from the second start on. The command line is `bihuan --help` and `bihuan pack lint`. About
a minute; all traffic stays on 127.0.0.1.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from bench.gates import Gate, at_most, report
from bench.intake import ROOT, Server, as_installed, bodies, catalogue, run_server, write_load_pack
from bench.prometheus import CannotRun
from bihuan.app.packs import rules as rules_of
from bihuan.loop.sense.state import Columns
from bihuan.loop.sense.words import blocks

INDICATORS, UNITS = 4_700, 1_073
ROWS = 100_000
DEMO = "heavy-rain,city-vitals"
SMALL = "heavy-rain"
STARTS = 3
REST_S = 10


def sweep(server: Server, seed: int = 7) -> None:
    """Every series once: 1 % stand above a level."""
    dice = np.random.default_rng(seed)
    known = catalogue(server.get("/live/series"))
    kind, make = bodies(known)["Arrow ids"]
    at = int(time.time() * 1000)
    for start in range(0, len(known), ROWS):
        part = slice(start, min(start + ROWS, len(known)))
        values = dice.uniform(40, 60, part.stop - part.start).round(1)
        values[dice.random(len(values)) < 0.01] = 97.0
        server.post(kind, make(part, at, values))
    server.rest()


def started(folder: Path, packs: str) -> float:
    """CPU-seconds until a server answers."""
    with run_server(folder, packs) as server:
        server.get("/live/hello")
        return server.cpu_s()


def starts(folder: Path, packs: str) -> list[float]:
    """Of a new centre, and then of the same again and again."""
    return [started(folder, packs) for _ in range(1 + STARTS)]


def command(*words: str) -> float:
    """CPU-seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    line = [sys.executable, "-c", "from bihuan.cli import main; raise SystemExit(main())", *words]
    subprocess.run(line, check=True, capture_output=True, cwd=ROOT, env=as_installed())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_mb(server: Server) -> float:
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def held_by(server: Server) -> str:
    """What resident memory is made of: shared libraries by name, and the largest pieces of the rest, which are arrays."""
    libraries: Counter[str] = Counter()
    pieces: list[float] = []
    name = ""
    for line in Path(f"/proc/{server.pid}/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else ""
        elif words[0] == "Rss:" and name.startswith("/"):
            libraries[Path(name).name.partition(".")[0]] += int(words[1])
        elif words[0] == "Rss:":
            pieces.append(int(words[1]) / 1024)
    most = ", ".join(f"{library} {kib / 1024:.0f}" for library, kib in libraries.most_common(3))
    largest = ", ".join(f"{mb:.0f}" for mb in sorted(pieces, reverse=True)[:12])
    return f"MB of own memory {sum(pieces):.0f}, pieces of {largest}; of files {libraries.total() / 1024:.0f}: {most}"


def full_windows_mb(load: str) -> tuple[float, float]:
    """What the city's windows ask for, and what one reading in each takes: the difference is still to come."""
    rules = rules_of([load], int(time.time() * 1000))
    engine = Columns(rules, 0).engine
    windowed = sum(len(block) for block in blocks(rules) if block.windowed)
    return engine.nbytes_of_windows() / 2**20, windowed * (28 + 64) / 2**20


def measure(indicators: int, units: int) -> tuple[list[Gate], list[str], str]:
    if not Path("/proc/self/stat").is_file():
        raise CannotRun("memory and CPU-seconds of another process are read from /proc, which only Linux has")
    one = [1.0]
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        folder = Path(name)
        load = str(write_load_pack(folder, indicators, units))
        first, *full = starts(folder / "full", load)
        new_demo, *demo = starts(folder / "demo", DEMO)
        with run_server(folder / "full", load) as server:
            series = int(server.get("/live/wall?unit=500000")["data"]["series"])
            empty = server.rss_mb()
            sweep(server)
            time.sleep(REST_S)
            held, peak, why = server.rss_mb(), peak_mb(server), held_by(server)
        full_mb, one_mb = full_windows_mb(load)
    bare = [command("--help") for _ in range(STARTS)]
    lint = [command("pack", "lint", SMALL) for _ in range(1 + STARTS)][1:]
    gates = [
        at_most("G7 server with a full city, all series read", "MB resident", [held], one, reach=600, aim=400),
        at_most("G12 server ready, full city", "CPU-s", full, one, reach=2, aim=1.5),
        at_most("G12 server ready, packs of the demo", "CPU-s", demo, one, reach=2, aim=1),
        at_most("G12 bihuan --help", "CPU-s", bare, one, reach=0.3, aim=0.15),
        at_most(f"G12 bihuan pack lint {SMALL}", "CPU-s", lint, one, reach=0.3, aim=0.2),
    ]
    notes = [
        f"{series:,} series; resident before the first reading {empty:,.0f} MB, peak while they came {peak:,.0f} MB",
        f"windows hold one reading each: {one_mb:,.0f} MB; full ones take {full_mb - one_mb:,.0f} MB more",
        f"founding a centre took {first:.1f} CPU-s with the full city, {new_demo:.1f} with the demo's packs",
    ]
    return gates, notes, why


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--indicators", type=int, default=INDICATORS)
    parser.add_argument("--units", type=int, default=UNITS)
    arguments = parser.parse_args()
    try:
        gates, notes, why = measure(arguments.indicators, arguments.units)
    except CannotRun as error:
        print(f"not run: {error}")
        return 2
    return report("memory", gates, notes, why=why)


if __name__ == "__main__":
    raise SystemExit(main())
