"""A sender of readings by id in a process of its own: `python -m bench.sender --port P --rate N --seconds N`.

Says `ready`, then offers sweeps over the load pack's series in batches at an even pace, over several lines; at the end one
line of JSON (`bench.running.Sent`). Calm, as in `bench.intake`: 1 % stand above a level, 0.2 % look above one for one sweep,
or for `--same` sweeps: a gauge that is read ten times as often does not cross its level ten times as often.
"""

import argparse
import dataclasses
import http.client
import json
import threading
import time
from pathlib import Path

import numpy as np

from bench.intake import ROUNDS, bodies, calm, catalogue
from bench.running import IDLE_S, Centre, Sent, p

ARROW = "application/vnd.apache.arrow.stream"


OVERLOAD = (429, 503)
"""Too many readings wait; too many bodies come at once."""


class Readings:
    """Batches in turn, never the same time twice for a series."""

    def __init__(self, centre: Centre, rows: int, same: int) -> None:
        known = catalogue(centre.get("/live/series"))
        ours = np.array([name.startswith("load-") for name in known.indicators])[known.indicator]
        self._first, self._series = int(np.argmax(ours)), int(ours.sum())
        assert ours[self._first : self._first + self._series].all(), "the load pack's series follow one another"
        self._values = calm(known)
        self._make = bodies(known)["Arrow ids"][1]
        self._rows, self._batch, self._at, self._same = min(rows, self._series), 0, 0, same

    def next(self) -> tuple[bytes, int]:
        """A body and its rows."""
        sweep, part = divmod(self._batch, -(-self._series // self._rows))
        if part == 0:
            self._at = max(self._at + 1, int(time.time() * 1000))
        at, self._batch = self._at, self._batch + 1
        first = self._first + part * self._rows
        where = slice(first, min(first + self._rows, self._first + self._series))
        return self._make(where, at, self._values[sweep // self._same % ROUNDS, where]), where.stop - where.start


class Lines:
    """Threads with a line each, and what became of their batches."""

    def __init__(self, centre: Centre, readings: Readings, options: argparse.Namespace) -> None:
        self._centre, self._readings = centre, readings
        self._rate, self._keep = options.rate, options.keep
        self._lock = threading.Lock()
        self._due = time.perf_counter()
        self._until = self._due + options.seconds
        self.offered = self.taken = self.refused = self.said_when = self.failed = 0
        self.seconds: list[float] = []
        self.entries: dict[int, int] = {}

    def run(self) -> None:
        line, used = self._centre.line(), time.perf_counter()
        while (now := time.perf_counter()) < self._until:
            with self._lock:
                due = self._due
                if due <= now:
                    body, rows = self._readings.next()
                    # Who is late does not catch up more than a second: that would be a burst, not this pace.
                    self._due = max(due + rows / self._rate, now - 1.0)
            if due > now:
                time.sleep(min(due - now, self._until - now))
                continue
            if now - used > IDLE_S:
                line.close()
            self._offer(line, body, rows)
            used = time.perf_counter()
        line.close()

    def _offer(self, line: http.client.HTTPConnection, body: bytes, rows: int) -> None:
        with self._lock:
            self.offered += rows
        while True:
            began = time.perf_counter()
            try:
                line.request("POST", "/live/readings", body, {"content-type": ARROW})
                answer = line.getresponse()
                raw = answer.read()
            except (OSError, http.client.HTTPException):
                line.close()
                with self._lock:
                    self.failed += 1
                return
            took, wait = time.perf_counter() - began, answer.headers.get("retry-after", "")
            with self._lock:
                if answer.status == 200:
                    said = json.loads(raw)
                    self.taken += said["accepted"]
                    self.entries[said["entry"]] = said["accepted"]
                    self.seconds.append(took)
                elif answer.status in OVERLOAD:
                    self.refused += 1
                    self.said_when += wait.isdecimal()
                else:
                    self.failed += 1
            if answer.status not in OVERLOAD or not self._keep:
                return
            time.sleep(float(wait))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="rows a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rows", type=int, default=10_000, help="a batch")
    parser.add_argument("--same", type=int, default=1, help="sweeps that have the same values")
    parser.add_argument("--lines", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="send again what was refused for overload, as a sender should")
    options = parser.parse_args()
    centre = Centre(0, options.port, Path(), Path())
    readings = Readings(centre, options.rows, options.same)
    print("ready", flush=True)
    cpu, began = time.process_time(), time.perf_counter()
    lines = Lines(centre, readings, options)
    threads = [threading.Thread(target=lines.run) for _ in range(options.lines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = Sent(
        offered=lines.offered,
        taken=lines.taken,
        refused=lines.refused,
        said_when=lines.said_when,
        failed=lines.failed,
        wall_s=time.perf_counter() - began,
        cpu_s=time.process_time() - cpu,
        p50_ms=p(0.5, lines.seconds),
        p99_ms=p(0.99, lines.seconds),
        entries=lines.entries,
    )
    print(json.dumps(dataclasses.asdict(sent)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
