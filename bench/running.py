"""What the benches of a whole centre share: a `bihuan run` in a process of its own, senders, probes and a listener.

The centre has the synthetic load pack and a small pack of probes: one reading of a probe crosses a threshold, which raises a
warning, which starts a plan, which sends a task to the town. Everything stays on 127.0.0.1.
"""

import http.client
import json
import math
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.gates import ROOT
from bench.profiled import told
from bench.prometheus import CannotRun

CORES = os.cpu_count() or 1
CITY = "500000"
PROBES = 3
"""Probe indicators; each can raise one warning in every town."""

LINE_S = 120
IDLE_S = 4.0
"""A line that was idle for so long is opened again: the server hangs up after five seconds."""

PATIENCE_S = 60
"""How long an event may take before it counts as lost."""

PACK = """\
urn: bihuan/probe
version: 1.0.0
words: {zh: 探针, en: Probes}
licence: Apache-2.0
owner: Bihuan
requires: [base, chongqing]
synthetic: true
"""
CASE = """\
cases:
  - {id: probe, words: {zh: 探针, en: Probe}, holder: district, verify: inspection, verify_at: district, check: 1h, watch: 6h}
"""
INDICATOR = """\
  - id: probe-{n}
    words: {{zh: 探针{n}, en: Probe {n}}}
    unit: "1"
    subject: {{places: [town]}}
    cadence: 1d
    stale_after: 3d
    direction: higher-is-worse
    origin: synthetic
    origin_note: {{zh: 合成数据, en: Synthetic}}
    ladder: probe
    least: 0
    most: 100
"""
LADDER = """\
ladders:
  - id: probe
    words: {zh: 探针, en: Probe}
    source: {issuer: Bihuan, document: made up for load tests, version: "1", confidence: own-judgement}
    rungs:
      - {level: red, raise: {op: ">=", value: 50}, clear: {op: "<", value: 40}}
"""
GROUP = "  - {{id: probe-{n}, words: {{zh: 探针{n}, en: Probe {n}}}, indicators: [probe-{n}]}}\n"
PLAN = """\
  - id: probe-{n}
    words: {{zh: 探针{n}, en: Probe {n}}}
    trigger: {{warning: {{group: probe-{n}, levels: [red]}}}}
    case: probe
    steps:
      - {{id: look, words: {{zh: 查看, en: Look}}, to: {{down: town}}, sign: 10m, done: 3h}}
"""


def packs(folder: Path, indicators: int, units: int = 1_073) -> str:
    """Write the load pack and the probes; what to say to `--packs`."""
    sizes = [f"--indicators={indicators}", f"--units={units}"]
    subprocess.run([sys.executable, ROOT / "scripts" / "make_load_pack.py", folder, *sizes], check=True, capture_output=True)
    probe = folder / "probe"
    probe.mkdir()
    numbers = range(1, PROBES + 1)
    groups = "groups:\n" + "".join(GROUP.format(n=n) for n in numbers)
    (probe / "pack.yaml").write_text(PACK, encoding="utf-8")
    (probe / "cases.yaml").write_text(CASE, encoding="utf-8")
    (probe / "signs.yaml").write_text(
        "indicators:\n" + "".join(INDICATOR.format(n=n) for n in numbers) + LADDER + groups, encoding="utf-8"
    )
    (probe / "plans.yaml").write_text("plans:\n" + "".join(PLAN.format(n=n) for n in numbers), encoding="utf-8")
    return f"{folder / 'load'},{probe}"


# --- the centre ---


@dataclass
class Centre:
    pid: int
    port: int
    folder: Path
    """Its data."""
    profile: Path

    def line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LINE_S)

    def get(self, path: str) -> Any:
        line = self.line()
        try:
            line.request("GET", path)
            answer = line.getresponse()
            raw = answer.read()
        finally:
            line.close()
        if answer.status != 200:
            raise CannotRun(f"GET {path}: {answer.status} {raw[:300]!r}")
        return json.loads(raw)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self, what: str = "VmRSS") -> float:
        """`VmHWM`: the most it ever was."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return int(status[what].split()[0]) / 1024

    def rest(self, most_s: float = 120) -> None:
        """Wait until it has nothing to do."""
        before, until = -1.0, time.monotonic() + most_s
        while (now := self.cpu_s()) - before > 0.03 and time.monotonic() < until:
            before = now
            time.sleep(0.5)

    def why(self) -> str:
        """Where its CPU went; once it has ended."""
        return told(self.profile)


@contextmanager
def serving(folder: Path, packs: str) -> Iterator[Centre]:
    """A centre on a new data folder, until the block is left; then it has stopped in good order."""
    if not Path("/proc/self/stat").is_file():
        raise CannotRun("CPU-seconds of another process are read from /proc, which only Linux has")
    profile = folder / "profile.json"
    command = [sys.executable, "-m", "bench.profiled", str(profile), "run", "--port", "0"]
    command += ["--data", str(folder / "data"), "--packs", packs]
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    assert process.stdout is not None
    try:
        said = ""
        while not (port := re.search(r"http://127\.0\.0\.1:(\d+)/", said)):
            said = process.stdout.readline().decode()
            if not said:
                raise CannotRun(f"the centre ended: {(folder / 'errors').read_text()[-1000:]}")
        centre = Centre(process.pid, int(port[1]), folder / "data", profile)
        _wait_until_ready(centre)
        yield centre
    finally:
        process.terminate()
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        process.stdout.close()


def _wait_until_ready(centre: Centre) -> None:
    """It says its port a moment before it listens."""
    for _ in range(100):
        with suppress(ConnectionRefusedError):
            centre.get("/live/hello")
            return
        time.sleep(0.1)
    raise CannotRun("the centre does not listen")


# --- senders ---


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a sender did; see `bench.sender`."""

    offered: int
    taken: int
    refused: int
    """Batches answered 429, or 503: too many readings wait, or too many bodies come at once."""
    said_when: int
    """Of these, answers that said in Retry-After when to come again."""
    failed: int
    """Batches answered otherwise, or not at all."""
    wall_s: float
    cpu_s: float
    p50_ms: float
    p99_ms: float
    entries: dict[int, int]
    """Of the intake log, with the rows acknowledged."""


@dataclass
class Sender:
    process: "subprocess.Popen[str]"

    def result(self, most_s: float = 900) -> Sent:
        said, errors = self.process.communicate(timeout=most_s)
        if self.process.returncode:
            raise CannotRun(f"the sender failed: {errors[-800:]}")
        found = json.loads(said)
        return Sent(**{**found, "entries": {int(entry): rows for entry, rows in found["entries"].items()}})


@contextmanager
def sending(port: int, *words: str) -> Iterator[Sender]:
    """Readings of the load pack from a process of its own; `words` as for `bench.sender`. It begins when it says so."""
    command = [sys.executable, "-m", "bench.sender", "--port", str(port), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise CannotRun(f"the sender failed: {process.communicate()[1][-800:]}")
        yield Sender(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


# --- the way of an alarm ---


class Alarms:
    """Probes sent and the line of events listened to, as a browser does: from a reading to its task's event, in seconds.

    Each probe is another town, and after all towns another indicator: whatever a town is told of is its probe.
    """

    def __init__(self, centre: Centre) -> None:
        self.took: list[float] = []
        """From before the reading was first posted to the arrival of the event; waiting after 429 is in it."""
        self.refused = 0
        self.resets = 0
        self._waiting: dict[str, float] = {}
        self._centre, self._sent = centre, 0
        said = centre.get("/live/series")
        place_set = next(block["places_of"] for block in said["blocks"] if block["indicator"] == "probe-1")
        self._towns: list[str] = said["sets"][place_set]
        self._line, self._events = centre.line(), centre.line()
        self._used = time.perf_counter()
        self._events.request("GET", f"/live/events?unit={CITY}")
        self._answer = self._events.getresponse()
        if self._answer.status != 200:
            raise CannotRun(f"no events: {self._answer.status}")
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def probe(self) -> str:
        """One reading that crosses a threshold, posted until it is taken. The town."""
        number, town = divmod(self._sent, len(self._towns))
        if number >= PROBES:
            raise CannotRun("every probe has been used")
        self._sent += 1
        place = self._towns[town]
        began = self._waiting[place] = time.perf_counter()
        row = {"indicator": f"probe-{number + 1}", "place": place, "at": int(time.time() * 1000), "value": 99}
        while time.perf_counter() - began < PATIENCE_S:
            if time.perf_counter() - self._used > IDLE_S:
                self._line.close()  # the next request opens it again
            self._used = time.perf_counter()
            self._line.request("POST", "/live/readings", json.dumps([row]), {"content-type": "application/json"})
            answer = self._line.getresponse()
            raw = answer.read()
            if answer.status == 200:
                return place
            if answer.status not in (429, 503):
                raise CannotRun(f"a probe was not taken: {answer.status} {raw[:300]!r}")
            self.refused += 1
            time.sleep(float(answer.headers["retry-after"]))
        return place

    def every(self, pause_s: float, seconds: float) -> None:
        """Probes at this pace, whatever their events do."""
        until = due = time.perf_counter()
        until += seconds
        while (now := time.perf_counter()) < until:
            if now < due:
                time.sleep(min(due - now, 0.1))
                continue
            self.probe()
            due = max(due + pause_s, now)

    def settle(self) -> int:
        """Wait for the events still to come; how many never came. Those count from now on as lost, not as pending."""
        until = time.perf_counter() + PATIENCE_S
        while self._waiting and time.perf_counter() < until:
            time.sleep(0.01)
        lost, self._waiting = len(self._waiting), {}
        return lost

    def take(self) -> list[float]:
        """What was measured since the last time."""
        took, self.took = self.took, []
        return took

    def close(self) -> None:
        if self._events.sock is not None:
            self._events.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._events.close()
        self._line.close()

    def _listen(self) -> None:
        kind = ""
        with suppress(OSError, ValueError, http.client.HTTPException):  # at the end the line is closed
            for raw in self._answer:
                if raw.startswith(b"event: "):
                    kind = raw[7:].strip().decode()
                elif raw.startswith(b"data: "):
                    self._hear(kind, raw[6:], time.perf_counter())

    def _hear(self, kind: str, data: bytes, now: float) -> None:
        if kind == "reset":
            self.resets += 1
        if kind != "turn":
            return
        turn = json.loads(data)
        # A single task is no news on a wall; the desk it was sent to is named, and looks.
        for place in turn["touched"]["units"]:
            if (began := self._waiting.pop(place, None)) is not None:
                self.took.append(now - began)


def p(share: float, seconds: Sequence[float]) -> float:
    """Milliseconds within which this share of them lies; infinite where there are none."""
    if not seconds:
        return math.inf
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] * 1e3
