"""Our ladder beside Prometheus' alerting rules, on the same readings, in one run: `python -m bench.prometheus`.

200,000 series, calm: 1 % stand above one of four levels, 0.2 % look above one for a single scrape. Prometheus scrapes them
from us every 6 s and evaluates four alerts (`for: 12s`) every 6 s; our engine takes the same readings at the same pace and
decides the same four levels. Compared are CPU-seconds, user and system. Prometheus runs twice, with rules and without, so
that scraping can be taken off. Both must end with the same alerts firing. All traffic stays on 127.0.0.1. About two minutes.

Set against a rule evaluation of Prometheus is `Engine.reevaluate`: all four rungs of all series looked at again. Beside it
stands `Engine.apply`: taking 200,000 new readings in memory and deciding on them, which has no counterpart without scraping.

Fairness: Prometheus evaluates any PromQL over labels and stores what it scrapes; ours compares dense numbers and keeps the
newest. The readings are sent uncompressed, which spares Prometheus the unpacking.
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.gates import Gate
from bench.profiled import Sampler
from bihuan.engine.engine import Engine
from bihuan.engine.tables import Block, Op, RungTable

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / ".cache" / "bench" / "prometheus.json"
"""Where the result is left for benches that compare themselves with Prometheus' scrape."""

LEVELS = (60.0, 70.0, 80.0, 90.0)
EVERY_S = 6
FOR_S = 12
ROUNDS = 5
"""Different sets of readings, served in turn: what looks above a level for one scrape is below it in the next."""

REACH = {"numba": (5_000, 10_000), "numpy": (200, 400)}
"""How many times Prometheus: what has to be reached, and what is aimed at."""

F64 = npt.NDArray[np.float64]


class CannotRun(Exception):
    """What is missing, and what to do about it."""


# the readings


def calm(series: int, seed: int = 1) -> F64:
    """`[round, series]`: nearly all far below the first level, 1 % steadily within one, 0.2 % above one in one round."""
    dice = np.random.default_rng(seed)
    values = np.tile(dice.uniform(0, 40, series), (ROUNDS, 1)) + dice.normal(0, 2, (ROUNDS, series))
    hot, *flips = np.split(dice.permutation(series), np.cumsum([series // 100] + ROUNDS * [series // 500]))[: 1 + ROUNDS]
    values[:, hot] = dice.choice(LEVELS, len(hot)) + dice.uniform(1, 9, (ROUNDS, len(hot)))
    for number, flip in enumerate(flips):
        values[number, flip] = dice.uniform(LEVELS[0], 100, len(flip))
    return values.round(1)


def exposition(values: F64) -> bytes:
    """The text Prometheus scrapes: a gauge with the labels unit, district, ind, sub."""
    units = max(1, len(values) // 500)
    lines = [
        f'reading{{unit="u{n % units}",district="d{n % units % 41}",ind="i{n // units}",sub="s{n // units % 452}"}} {value}\n'
        for n, value in enumerate(values.tolist())
    ]
    return ("# TYPE reading gauge\n" + "".join(lines)).encode()


@dataclass(slots=True)
class Target:
    """What serves the readings, a round each time it is asked."""

    bodies: list[bytes]
    served: int = 0
    port: int = 0


@contextmanager
def serving(bodies: list[bytes]) -> Iterator[Target]:
    target = Target(bodies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = target.bodies[target.served % len(target.bodies)]
            target.served += 1
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # Prometheus is being stopped

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    target.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield target
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


# the peer


@dataclass(frozen=True, kw_only=True)
class Window:
    """What a running Prometheus did in one window of time."""

    wall_s: float
    cpu_s: float
    scrapes: int
    evaluations: float
    missed: float
    group_s: float
    rss_mb: float


def binary() -> tuple[str, Path]:
    """Version and path of a Prometheus, fetched if need be."""
    said = subprocess.run([sys.executable, str(ROOT / "scripts" / "prometheus.py")], capture_output=True, text=True)
    if said.returncode:
        raise CannotRun(said.stdout.strip() or said.stderr.strip())
    words = dict(line.split(" ", 1) for line in said.stdout.splitlines())
    return words["version"], Path(words["prometheus"])


def configure(folder: Path, target: Target, rules: bool) -> None:
    """JSON is YAML."""
    pace = {"scrape_interval": f"{EVERY_S}s", "scrape_timeout": f"{EVERY_S}s", "evaluation_interval": f"{EVERY_S}s"}
    job = {"job_name": "city", "static_configs": [{"targets": [f"127.0.0.1:{target.port}"]}]}
    config = {"global": pace, "scrape_configs": [job], "rule_files": ["rules.yml"] if rules else []}
    alerts = [
        {"alert": f"level_{rank}", "expr": f"reading >= {level}", "for": f"{FOR_S}s"} for rank, level in enumerate(LEVELS, 1)
    ]
    (folder / "prometheus.yml").write_text(json.dumps(config))
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "levels", "rules": alerts}]}))


@dataclass(frozen=True)
class Peer:
    pid: int
    port: int
    target: Target

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return str(answer.read().decode())

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def firing(self) -> dict[str, int]:
        query = urllib.parse.quote('count by (alertname) (ALERTS{alertstate="firing"})')
        found = json.loads(self.get(f"/api/v1/query?query={query}"))["data"]["result"]
        return {row["metric"]["alertname"]: int(row["value"][1]) for row in found}

    def watch(self, seconds: float) -> Window:
        before, cpu, served, began = self.get("/metrics"), self.cpu_s(), self.target.served, time.perf_counter()
        time.sleep(seconds)
        cpu, served, wall = self.cpu_s() - cpu, self.target.served - served, time.perf_counter() - began
        after = self.get("/metrics")
        if failures := metric(after, "prometheus_rule_evaluation_failures_total"):
            raise CannotRun(f"Prometheus could not evaluate its rules {failures:.0f} times")
        return Window(
            wall_s=wall,
            cpu_s=cpu,
            scrapes=served,
            evaluations=_more(before, after, "prometheus_rule_evaluations_total") / len(LEVELS),
            missed=_more(before, after, "prometheus_rule_group_iterations_missed_total"),
            group_s=metric(after, "prometheus_rule_group_last_duration_seconds"),
            rss_mb=self.rss_mb(),
        )


def metric(page: str, name: str) -> float:
    """Sum over all series of that name on a metrics page; 0 without any."""
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", page, re.MULTILINE))


def _more(before: str, after: str, name: str) -> float:
    return metric(after, name) - metric(before, name)


@contextmanager
def running(prometheus: Path, target: Target, rules: bool) -> Iterator[Peer]:
    """A Prometheus on a free port with a data folder of its own; it is stopped and the folder removed in any case."""
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(name), free.getsockname()[1]
        free.close()
        configure(folder, target, rules)
        command = [str(prometheus), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            peer = Peer(process.pid, port, target)
            _wait_until_ready(peer, process, folder / "log")
            yield peer
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _wait_until_ready(peer: Peer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(150):
        if process.poll() is not None:
            raise CannotRun(f"Prometheus ended at once: {log.read_text('utf-8', 'replace')[-500:]}")
        try:
            peer.get("/-/ready")
            return
        except OSError:
            time.sleep(0.2)
    raise CannotRun("Prometheus was not ready after 30 s")


# ours


@dataclass(frozen=True, kw_only=True)
class Ours:
    """CPU-seconds of a pass over all series, the median of many: taking new readings and letting time pass; looking again."""

    engine: str
    apply_s: float
    reevaluate_s: float
    passes: int
    firing: dict[str, int]


def engine_for(series: int, fast: bool) -> Engine:
    rungs = tuple(
        RungTable(rank=rank, op=Op.GE, raise_value=np.full(series, level), for_ms=FOR_S * 1000)
        for rank, level in enumerate(LEVELS, 1)
    )
    block = Block(start=0, stop=series, cadence_ms=EVERY_S * 1000, stale_ms=300_000, rungs=rungs)
    return Engine([block], began=0, fast=fast)


def ours(readings: F64, fast: bool, cpu_s: float) -> Ours:
    """Run our engine through the rounds in turn until so many CPU-seconds are spent. The first ten passes do not count."""
    series = readings.shape[1]
    engine, ids, good = engine_for(series, fast), np.arange(series), np.zeros(series, np.uint8)
    applies: list[float] = []
    looks: list[float] = []
    number, until = 0, time.process_time() + cpu_s
    while time.process_time() < until or number < 30:
        number += 1
        now = number * EVERY_S * 1000
        at, value = np.full(series, now), readings[number % ROUNDS]
        start = time.process_time()
        engine.apply(ids, at, value, good, now - 1)
        engine.advance(now)
        applied = time.process_time()
        engine.reevaluate(now)
        applies.append(applied - start)
        looks.append(time.process_time() - applied)
    return Ours(
        engine="numba" if fast else "numpy",
        apply_s=statistics.median(applies[10:]),
        reevaluate_s=statistics.median(looks[10:]),
        passes=number - 10,
        firing={f"level_{rung + 1}": int(np.count_nonzero(engine.active >> rung & 1)) for rung in range(len(LEVELS))},
    )


def both_engines(readings: F64, cpu_s: float) -> list[Ours]:
    """The numpy engine, and the one compiled by numba where that is installed."""
    kinds = (False, True) if importlib.util.find_spec("numba") else (False,)
    return [ours(readings, fast, cpu_s) for fast in kinds]


# the comparison


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was measured; `..._per_cpu_s` are series or samples a CPU-second."""

    prometheus_version: str
    machine: str
    series: int
    scrape_only: Window
    scrape_and_rules: Window
    scrape_cpu_s: float
    """CPU-seconds of one scrape."""
    evaluation_cpu_s: float
    """CPU-seconds of one evaluation of all four rules."""
    scrape_per_cpu_s: float
    evaluation_per_cpu_s: float
    scrape_and_rules_per_cpu_s: float
    """Every sample scraped and evaluated once."""
    ours: list[Ours]
    gates: list[Gate]


def latest() -> dict[str, Any] | None:
    """The result of the last run on this machine, or None. `scrape_and_rules_per_cpu_s` is what an intake is held against."""
    return json.loads(RESULT.read_text()) if RESULT.is_file() else None


def measure(series: int, warm_up_s: float, window_s: float) -> Result:
    """Ours before and after the peer: of the two passes the slower one counts, so that a noisy machine is not to our good."""
    if not Path("/proc/self/stat").is_file():
        raise CannotRun("CPU-seconds of another process are read from /proc, which only Linux has")
    version, prometheus = binary()
    readings = calm(series)
    bodies = [exposition(values) for values in readings]
    first = both_engines(readings, 2.0)
    windows: list[Window] = []
    for rules in (False, True):
        with serving(bodies) as target, running(prometheus, target, rules) as peer:
            time.sleep(warm_up_s)
            windows.append(peer.watch(window_s))
            firing = peer.firing()
    second = both_engines(readings, 2.0)
    for mine in second:
        if mine.firing != firing:
            busy = f" (machine too busy? {windows[1].missed:.0f} evaluations missed)"
            raise CannotRun(f"not the same alerts: Prometheus has {firing}, our {mine.engine} engine {mine.firing}{busy}")
    slower = [max(pair, key=lambda mine: mine.reevaluate_s) for pair in zip(first, second, strict=True)]
    return _result(version, series, windows[0], windows[1], slower)


def _result(version: str, series: int, alone: Window, both: Window, mine: list[Ours]) -> Result:
    if not (alone.scrapes and both.scrapes and both.evaluations):
        raise CannotRun("Prometheus did not scrape and evaluate once in the window: a longer one is needed")
    scrape = alone.cpu_s / alone.scrapes
    evaluation = (both.cpu_s - both.scrapes * scrape) / both.evaluations
    return Result(
        prometheus_version=version,
        machine=f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        series=series,
        scrape_only=alone,
        scrape_and_rules=both,
        scrape_cpu_s=scrape,
        evaluation_cpu_s=evaluation,
        scrape_per_cpu_s=series / scrape,
        evaluation_per_cpu_s=series / evaluation,
        scrape_and_rules_per_cpu_s=series / (scrape + evaluation),
        ours=mine,
        gates=[_gate(each, series, evaluation) for each in mine],
    )


def _gate(mine: Ours, series: int, evaluation_s: float) -> Gate:
    reach, aim = REACH[mine.engine]
    ratio = evaluation_s / mine.reevaluate_s
    return Gate(
        unit="series/CPU-s",
        name=f"G3 re-evaluation by {mine.engine} / Prometheus' rule evaluation, series a CPU-second",
        measured=series / mine.reevaluate_s,
        limit=series / evaluation_s,
        ratio=ratio,
        reach=reach,
        aim=aim,
        reached=ratio >= reach,
    )


def table(result: Result) -> str:
    both, series = result.scrape_and_rules, result.series
    rows = [
        ("Prometheus scrapes", result.scrape_cpu_s, f"{both.rss_mb:,.0f} MB resident"),
        ("Prometheus evaluates", result.evaluation_cpu_s, f"the last took {both.group_s:.1f} s, {both.missed:.0f} missed"),
        ("Prometheus scrapes and evaluates", result.scrape_cpu_s + result.evaluation_cpu_s, f"{both.evaluations:.2f} times"),
    ]
    for mine in result.ours:
        rows.append((f"ours takes and decides ({mine.engine})", mine.apply_s, f"median of {mine.passes}"))
        rows.append((f"ours looks again ({mine.engine})", mine.reevaluate_s, f"median of {mine.passes}"))
    lines = [f"Prometheus {result.prometheus_version}, {series:,} series, 4 levels; {result.machine}"]
    lines.append(f"{'':34}{'CPU-ms a time':>14}{'series a CPU-s':>17}")
    lines += [f"{what:34}{cost * 1e3:>14,.2f}{series / cost:>17,.0f}   {note}" for what, cost, note in rows]
    lines.append(f"alerts firing on both sides at the end: {sum(result.ours[0].firing.values()):,}")
    for gate in result.gates:
        verdict = "reached" if gate.reached else "MISSED"
        lines.append(f"{verdict} {gate.name}: {gate.ratio:,.0f} (reach {gate.reach:,.0f}, aim {gate.aim:,.0f})")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.prometheus", description="Our ladder beside Prometheus' rules.")
    parser.add_argument("--series", type=int, default=200_000)
    parser.add_argument("--warm-up", type=float, default=20, metavar="SECONDS")
    parser.add_argument("--window", type=float, default=36, metavar="SECONDS")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the figures go as JSON")
    options = parser.parse_args()
    sampler = Sampler()
    sampler.start()
    try:
        result = measure(options.series, options.warm_up, options.window)
    except CannotRun as reason:
        print(f"bench: {reason}")
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(asdict(result) | {"why": sampler.told()}, indent=1) + "\n")
    print(table(result))
    reached = all(gate.reached for gate in result.gates)
    if not reached:
        print(f"why: {sampler.told()}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
