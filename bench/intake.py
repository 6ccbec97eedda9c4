"""A whole server taking readings, beside Prometheus' scrape and rules: `python -m bench.intake`.

A `bihuan run` of its own process on the synthetic load pack, one client on the same cores. A body is posted, decoded, held
against the rules, made durable, acknowledged, evaluated, journaled and kept in history; counted are the CPU-seconds, user
and system, of all that in the server's process, until it rests again. Senders have their own series and send them in turn,
as a target of Prometheus does; 1 % of the series stand above a level, 0.2 % look above one for a single sweep.

Set against it is what `python -m bench.prometheus` measured last on this machine, else what it measured when this was
written. Fairness: Prometheus evaluates any PromQL and does not sync each scrape to disk; ours compares dense numbers, syncs
before it answers, and writes the history.

The second part holds the intake log against a bare append and sync of the same bytes in the same folder, in turn.
All traffic stays on 127.0.0.1. About two minutes.
"""

import argparse
import http.client
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.gates import Gate, at_most, report
from bench.profiled import told
from bench.prometheus import CannotRun, latest
from bihuan.history.intake import IntakeLog
from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch
from bihuan.model.times import iso

ROOT = Path(__file__).resolve().parents[1]

PROMETHEUS = 31_504.0
"""Samples scraped and evaluated a CPU-second, for where `bench.prometheus` has not run: 2.42, 200,000 series, two cores,
2026-11-21."""

REACH = {"Arrow ids": (100, 300), "Arrow names": (50, 100), "JSON rows": (10, 40)}
"""How many times Prometheus: what has to be reached, and what is aimed at (G4). It holds for batches of 10,000."""
LOG_AT_MOST, LOG_AIM = 4.0, 2.0
"""How many times a bare append and sync (G6)."""

SIZES = (10_000, 100_000)
ROUNDS = 5
REST_S = 0.5
LOWER = (5, 6, 7, 8)
"""Last digits of the load pack's indicators for which lower is worse."""

F64 = npt.NDArray[np.float64]
Body = Callable[[slice, int, F64], bytes]


# the readings


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What the server hands out: digest, and by series its indicator's number and its place's code."""

    digest: str
    indicators: list[str]
    indicator: npt.NDArray[np.int32]
    places: list[str]
    place: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.indicator)


def catalogue(said: dict[str, Any]) -> Catalogue:
    places = sorted({place for known in said["sets"].values() for place in known})
    number = {place: code for code, place in enumerate(places)}
    sets = {name: np.array([number[place] for place in known], np.int32) for name, known in said["sets"].items()}
    blocks = said["blocks"]
    return Catalogue(
        digest=said["catalogue"],
        indicators=[block["indicator"] for block in blocks],
        indicator=np.repeat(np.arange(len(blocks), dtype=np.int32), [block["count"] for block in blocks]),
        places=places,
        place=np.concatenate([sets[block["places_of"]] for block in blocks]),
    )


def calm(known: Catalogue, seed: int = 1) -> F64:
    """`[round, series]`: nearly all where no ladder minds, 1 % steadily above a level, 0.2 % above one in one round."""
    dice, series = np.random.default_rng(seed), len(known)
    digit = np.array([(int(name.rpartition("-")[2]) - 1) % 10 for name in known.indicators])[known.indicator]
    worse = np.where(np.isin(digit, LOWER), 3.0, 97.0)
    values = dice.uniform(40, 60, (ROUNDS, series))
    hot, *flips = np.split(dice.permutation(series), np.cumsum([series // 100] + ROUNDS * [series // 500]))[: 1 + ROUNDS]
    values[:, hot] = worse[hot]
    for number, flip in enumerate(flips):
        values[number, flip] = worse[flip]
    return values.round(1)


def bodies(known: Catalogue) -> dict[str, tuple[str, Body]]:
    """By name: media type, and what makes the body of some series' values at a time."""

    def ids(part: slice, at: int, value: F64) -> bytes:
        series = pa.array(np.arange(part.start, part.stop, dtype=np.int32))
        schema = {"Bihuan-Catalogue": known.digest}
        return stream(
            pa.table({"series": series, "at": np.full(len(value), at), "value": value}).replace_schema_metadata(schema)
        )

    def names(part: slice, at: int, value: F64) -> bytes:
        columns = {"indicator": (known.indicator, known.indicators), "place": (known.place, known.places)}
        encoded = {name: pa.DictionaryArray.from_arrays(codes[part], words) for name, (codes, words) in columns.items()}
        return stream(pa.table({**encoded, "at": np.full(len(value), at), "value": value}))

    def rows(part: slice, at: int, value: F64) -> bytes:
        indicator, place, time_text = known.indicator[part].tolist(), known.place[part].tolist(), iso(at)
        lines = [
            f'{{"indicator":"{known.indicators[i]}","place":"{known.places[p]}","at":"{time_text}","value":{v}}}'
            for i, p, v in zip(indicator, place, value.tolist(), strict=True)
        ]
        return f"[{','.join(lines)}]".encode()

    arrow = "application/vnd.apache.arrow.stream"
    return {"Arrow ids": (arrow, ids), "Arrow names": (arrow, names), "JSON rows": ("application/json", rows)}


def stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


# the server


@dataclass
class Server:
    pid: int
    line: http.client.HTTPConnection
    overloads: int = 0
    """How often it said that too many readings wait."""

    def get(self, path: str) -> Any:
        self.line.request("GET", path)
        answer = self.line.getresponse()
        raw = answer.read()
        if answer.status != 200:
            raise CannotRun(f"GET {path}: {answer.status} {raw[:300]!r}")
        return json.loads(raw)

    def post(self, kind: str, body: bytes) -> float:
        """Seconds to the acknowledgement; overload is waited out."""
        while True:
            began = time.perf_counter()
            self.line.request("POST", "/live/readings", body, {"content-type": kind})
            answer = self.line.getresponse()
            raw = answer.read()
            if answer.status != 429:
                break
            self.overloads += 1
            time.sleep(float(answer.headers["retry-after"]))
        seconds = time.perf_counter() - began
        if answer.status != 200 or json.loads(raw)["refused"]:
            raise CannotRun(f"the server does not take the readings: {answer.status} {raw[:500]!r}")
        return seconds

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def rest(self) -> float:
        """Wait until it has nothing to do; its CPU-seconds then. The line is opened anew: the server hangs up idle ones."""
        before, now = -1.0, self.cpu_s()
        while now - before > 0.02:
            time.sleep(REST_S)
            before, now = now, self.cpu_s()
        self.line.close()
        return now


@contextmanager
def serving(folder: Path, indicators: int, units: int) -> Iterator[Server]:
    pack = str(write_load_pack(folder, indicators, units))
    with run_server(folder / "data", pack, folder / "profile.json") as server:
        yield server


def write_load_pack(folder: Path, indicators: int, units: int) -> Path:
    script = ROOT / "scripts" / "make_load_pack.py"
    words = [sys.executable, script, folder, f"--indicators={indicators}", f"--units={units}"]
    subprocess.run(words, check=True, capture_output=True)
    return folder / "load"


def as_installed() -> dict[str, str]:
    """The environment of a program whose modules are compiled once, as installing does it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def run_server(data: Path, packs: str, profile: Path | None = None) -> Iterator[Server]:
    """A `bihuan run` in a process of its own, that answers. `profile`: where it says at its end where its CPU went."""
    how = ["-m", "bench.profiled", str(profile)] if profile else ["-c", "from bihuan.cli import main; raise SystemExit(main())"]
    command = [sys.executable, *how, "run", "--port", "0"]
    command += ["--data", str(data), "--packs", packs]
    with data.with_suffix(".errors").open("wb") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT, env={**as_installed(), "PYTHONUNBUFFERED": "1"}
        )
    assert process.stdout is not None
    try:
        said = ""
        while not (port := re.search(r"http://127\.0\.0\.1:(\d+)/", said)):
            said = process.stdout.readline().decode()
            if not said:
                raise CannotRun(f"the server ended: {data.with_suffix('.errors').read_text()[-1000:]}")
        line = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=120)
        _wait_until_ready(line)
        yield Server(process.pid, line)
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def _wait_until_ready(line: http.client.HTTPConnection) -> None:
    """It says its port a moment before it listens."""
    for _ in range(100):
        try:
            line.connect()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise CannotRun("the server does not listen")


# measuring


@dataclass(frozen=True, kw_only=True)
class Case:
    body: str
    rows: int
    """In one batch."""
    batches: int
    taken: int
    """Rows in all."""
    cpu_s: float
    wall_s: float
    """Until the last was acknowledged."""
    per_cpu_s: float
    p50_ms: float
    p99_ms: float
    bytes_a_row: float


@dataclass(slots=True)
class Sender:
    """Sweeps over all series, one batch after another; never the same time twice."""

    server: Server
    values: F64
    batch: int = 0
    at: int = 0
    seconds: list[float] = field(default_factory=list)
    sent: int = 0

    def post(self, kind: str, make: Body, rows: int) -> int:
        """The rows of the batch: the last of a sweep may have fewer."""
        series = self.values.shape[1]
        sweep, part = divmod(self.batch, -(-series // rows))
        if part == 0:
            self.at = max(self.at + 1, int(time.time() * 1000))
        where = slice(part * rows, min((part + 1) * rows, series))
        body = make(where, self.at, self.values[sweep % ROUNDS, where])
        self.seconds.append(self.server.post(kind, body))
        self.sent += len(body)
        self.batch += 1
        return len(self.values[0, where])


def measure(server: Server, values: F64, name: str, kind: str, make: Body, rows: int, cpu_s: float) -> Case:
    sender = Sender(server, values)
    server.rest()
    for _ in range(-(-values.shape[1] // rows)):
        sender.post(kind, make, rows)
    before = server.rest()
    sender.seconds, sender.sent = [], 0
    taken, began = 0, time.perf_counter()
    while len(sender.seconds) < 5 or server.cpu_s() - before < cpu_s:
        taken += sender.post(kind, make, rows)
    wall, count = time.perf_counter() - began, len(sender.seconds)
    spent = server.rest() - before
    return Case(
        body=name,
        rows=rows,
        batches=count,
        taken=taken,
        cpu_s=spent,
        wall_s=wall,
        per_cpu_s=taken / spent,
        p50_ms=statistics.median(sender.seconds) * 1e3,
        p99_ms=float(np.quantile(sender.seconds, 0.99)) * 1e3,
        bytes_a_row=sender.sent / taken,
    )


@dataclass(frozen=True, kw_only=True)
class Log:
    """Seconds a batch of 10,000 rows, taken in turn."""

    bytes: int
    bare_s: list[float]
    log_s: list[float]
    log_cpu_s: float


def log(folder: Path, known: Catalogue, times: int = 200) -> Log:
    rows = SIZES[0]
    numbering = Numbering((indicator, tuple(known.places)) for indicator in known.indicators)
    intake = IntakeLog(folder / "log")
    bare = os.open(folder / "bare", os.O_RDWR | os.O_CREAT, 0o644)
    spans: dict[str, list[float]] = {"bare": [], "log": [], "cpu": []}
    size, end = 0, 0
    try:
        for number in range(times):
            batch = Batch(
                numbering=numbering,
                series=np.arange(rows, dtype=np.int32),
                at=np.arange(number, number + 2 * rows, 2),
                value=np.linspace(0, number, rows),
                quality=np.zeros(rows, np.uint8),
            )
            began, cpu, was = time.perf_counter(), time.process_time(), _size(folder / "log")
            intake.append([batch])
            spans["log"].append(time.perf_counter() - began)
            spans["cpu"].append(time.process_time() - cpu)
            size = max(size, _size(folder / "log") - was)
            raw = os.urandom(size)
            began = time.perf_counter()
            end += os.pwrite(bare, raw, end)
            os.fdatasync(bare)
            spans["bare"].append(time.perf_counter() - began)
    finally:
        os.close(bare)
        intake.close()
    kept = {name: found[times // 10 :] for name, found in spans.items()}
    return Log(bytes=size, bare_s=kept["bare"], log_s=kept["log"], log_cpu_s=statistics.median(kept["cpu"]))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.log"))


@dataclass(frozen=True, kw_only=True)
class Result:
    series: int
    theirs: float
    """Samples Prometheus scrapes and evaluates a CPU-second."""
    theirs_from: str
    cases: list[Case]
    overloads: int
    rss_mb: float
    log: Log
    why: str


def run(indicators: int, units: int, cpu_s: float, only: str = "") -> Result:
    if not Path("/proc/self/stat").is_file():
        raise CannotRun("CPU-seconds of another process are read from /proc, which only Linux has")
    peer = latest()
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        folder = Path(name)
        with serving(folder, indicators, units) as server:
            known = catalogue(server.get("/live/series"))
            values = calm(known)
            cases = [
                measure(server, values, body, kind, make, rows, cpu_s)
                for body, (kind, make) in bodies(known).items()
                for rows in SIZES
                if only in body and rows <= len(known)
            ]
            rss, overloads = server.rss_mb(), server.overloads
        disk, why = log(folder, known), told(folder / "profile.json")
    return Result(
        series=len(known),
        theirs=float(peer["scrape_and_rules_per_cpu_s"]) if peer else PROMETHEUS,
        theirs_from="measured here by bench.prometheus" if peer else "measured elsewhere on 2026-11-21, not in this run",
        cases=cases,
        overloads=overloads,
        rss_mb=rss,
        log=disk,
        why=why,
    )


def gates(result: Result) -> list[Gate]:
    """G4 for the small batches, where more is better; G6, where less is."""
    out = [_faster(case, result.theirs) for case in result.cases if case.rows == SIZES[0]]
    name = f"G6 durable batch of {SIZES[0]:,} / bare append and sync"
    out.append(at_most(name, "s", result.log.log_s, result.log.bare_s, reach=LOG_AT_MOST, aim=LOG_AIM))
    return out


def _faster(case: Case, theirs: float) -> Gate:
    reach, aim = REACH[case.body]
    return Gate(
        name=f"G4 {case.body} by {case.rows:,} / Prometheus (at least)",
        unit="rows/CPU-s",
        measured=case.per_cpu_s,
        limit=theirs,
        ratio=case.per_cpu_s / theirs,
        reach=reach,
        aim=aim,
        reached=case.per_cpu_s / theirs >= reach,
    )


def notes(result: Result) -> list[str]:
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    disk, overloads = result.log, f"overloaded {result.overloads} times"
    lines = [
        f"{result.series:,} series, one client; {machine}; server {result.rss_mb:,.0f} MB resident, {overloads}",
        f"Prometheus: {result.theirs:,.0f} samples scraped and evaluated a CPU-second, {result.theirs_from}",
        f"{'':14}{'rows':>8}{'batches':>9}{'rows a CPU-s':>14}{'rows a second':>15}{'p50 ms':>9}{'p99 ms':>9}{'bytes/row':>11}",
    ]
    for case in result.cases:
        lines.append(
            f"{case.body:14}{case.rows:>8,}{case.batches:>9,}{case.per_cpu_s:>14,.0f}{case.taken / case.wall_s:>15,.0f}"
            f"{case.p50_ms:>9.1f}{case.p99_ms:>9.1f}{case.bytes_a_row:>11.1f}"
        )
    bare, logged = statistics.median(disk.bare_s) * 1e3, statistics.median(disk.log_s) * 1e3
    lines.append(f"intake log, {disk.bytes:,} bytes: {logged:.2f} ms (CPU {disk.log_cpu_s * 1e3:.2f}), bare {bare:.2f} ms")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--indicators", type=int, default=470)
    parser.add_argument("--units", type=int, default=1_073)
    parser.add_argument("--cpu-seconds", type=float, default=3.0, help="of the server, a case")
    parser.add_argument("--only", default="", help="bodies whose name has this in it")
    arguments = parser.parse_args()
    try:
        result = run(arguments.indicators, arguments.units, arguments.cpu_seconds, arguments.only)
    except CannotRun as error:
        print(f"not run: {error}")
        return 2
    return report("intake", gates(result), notes(result), why=result.why)


if __name__ == "__main__":
    raise SystemExit(main())
