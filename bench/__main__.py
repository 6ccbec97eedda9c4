"""All benches, each in a process of its own, and every gate in one table: `python -m bench`.

About ten minutes; `--full` takes an hour, `--only latency,overload` runs some. The table is kept as `.cache/bench/all.json`
too. Exits 1 when a gate is missed or a bench failed; one that cannot run here says why, and misses nothing.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from bench.gates import RESULTS, ROOT, Gate, table


@dataclass(frozen=True)
class Bench:
    name: str
    short: tuple[str, ...] = ()
    full: tuple[str, ...] = ()


BENCHES = (
    Bench("engine", ("--rounds", "8")),
    Bench("durable"),
    Bench("prometheus", ("--warm-up", "12", "--window", "24")),
    Bench("intake", ("--cpu-seconds", "1.5")),
    Bench("history", (), ("--full",)),
    Bench("memory"),
    Bench("latency", (), ("--full",)),
    Bench("overload", (), ("--full",)),
    Bench("poison", (), ("--full",)),
    Bench("cities", (), ("--full",)),
    Bench("honest", ("--seeds", "10")),
    Bench("routing"),
    Bench("transitions"),
)
"""In this order: `intake` holds itself against what `prometheus` measured."""

REACHED, MISSED, NOT_RUN = 0, 1, 2
"""Exit codes of a bench."""


@dataclass(frozen=True, kw_only=True)
class Done:
    name: str
    code: int
    seconds: float
    gates: list[Gate]
    notes: list[str]
    why: str


def run(bench: Bench, full: bool) -> Done:
    words = bench.full if full else bench.short
    print(f"--- bench.{bench.name} {' '.join(words)}".rstrip(), flush=True)
    began, wall = time.time(), time.perf_counter()
    code = subprocess.run([sys.executable, "-m", f"bench.{bench.name}", *words], check=False, cwd=ROOT).returncode
    kept = RESULTS / f"{bench.name}.json"
    fresh = code in (REACHED, MISSED) and kept.is_file() and kept.stat().st_mtime >= began - 1
    said: dict[str, Any] = json.loads(kept.read_text()) if fresh else {}
    return Done(
        name=bench.name,
        # An error that nobody caught ends Python with 1 as well: then there are no figures.
        code=code if fresh or code == NOT_RUN else -1,
        seconds=time.perf_counter() - wall,
        gates=[Gate(**gate) for gate in said.get("gates", ())],
        notes=list(said.get("notes", ())),
        why=said.get("why", ""),
    )


def summary(done: list[Done], full: bool) -> str:
    gates = [gate for one in done for gate in one.gates]
    reached, aimed = sum(gate.reached for gate in gates), sum(_aimed(gate) for gate in gates)
    lines = [
        f"=== all gates ({'full' if full else 'short'} run, {sum(one.seconds for one in done) / 60:.0f} minutes)",
        table(gates),
    ]
    for one in done:
        missed = [gate.name for gate in one.gates if not gate.reached]
        if missed:
            lines.append(f"missed in {one.name}: {'; '.join(missed)}")
            lines.append(f"  why: {one.why or f'no profile is taken there: python -m cProfile -s tottime -m bench.{one.name}'}")
        if one.code == NOT_RUN:
            lines.append(f"could not run: {one.name}; what it said is above")
        elif one.code < 0:
            lines.append(f"FAILED: {one.name}; what it said is above")
    return "\n".join([*lines, f"{reached} of {len(gates)} gates reached, {aimed} at what is aimed for"])


def _aimed(gate: Gate) -> bool:
    """Whether more is better shows in what is aimed at."""
    return gate.ratio >= gate.aim if gate.aim > gate.reach else gate.ratio <= gate.aim


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="as long and as large as it is meant; about an hour")
    parser.add_argument("--only", default="", metavar="NAME,...", help=", ".join(bench.name for bench in BENCHES))
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    if unknown := set(wanted) - {bench.name for bench in BENCHES}:
        parser.error(f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(bench.name for bench in BENCHES)}")
    done = [run(bench, options.full) for bench in BENCHES if not wanted or bench.name in wanted]
    print(summary(done, options.full))
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    kept = {"machine": machine, "full": options.full, "benches": [asdict(one) for one in done]}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "all.json").write_text(json.dumps(kept, indent=1) + "\n")
    failed = any(one.code not in (REACHED, NOT_RUN) for one in done)
    return int(failed or any(not gate.reached for one in done for gate in one.gates))


if __name__ == "__main__":
    sys.exit(main())
