"""Ten times what a city sends: what is kept, what is refused, and how alarms fare: `python -m bench.overload` (`--full`).

First the usual 84,000 readings a second, with probes on their way from reading to event; then 840,000 a second are offered,
the same gauges ten times as often, and what is refused with 429 is not sent again but followed by the next. Wanted: memory
stays bounded, whoever is refused is told when to come again, what was acknowledged is in the intake log and in the journal,
alarms take at most twice as long, and a minute later nothing waits any more.

`--full`: two minutes of overload over the full city. Without: 20 seconds over a tenth of one. Senders share the cores.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.gates import Gate, at_most, report
from bench.prometheus import CannotRun
from bench.running import CORES, Alarms, Centre, Sent, p, packs, sending, serving
from bihuan.history.intake import IntakeLog
from bihuan.journal.sqlite import read_facts
from bihuan.model.facts import ReadingsReceived

USUAL, TENFOLD = 84_000, 840_000
RECOVERED_S = 60.0
GROWTH, GROWTH_AIM = 1.2, 1.05
"""The most memory of the overload's second half against that of its first: what is bounded has stopped growing by then."""
SAMPLE_S = 0.25
SETTLE_S = 70.0
"""Usual load before anything is measured of a full city: the windows that the first sweep opened slide after a minute, all at
once, which is no usual load."""
PROBES_S, MOST_PROBES = 0.05, 3_000
"""Seconds between probes at the least, and how many there can be."""
LINES = 32
"""Of the senders in overload: so many batches may stand at the door, and the next are still offered."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    before_mb: float
    first_half_mb: float
    second_half_mb: float
    """At most."""
    after_mb: float


@dataclass(frozen=True, kw_only=True)
class Result:
    series: int
    before: list[float]
    """Seconds of the way of an alarm."""
    during: list[float]
    lost_alarms: int
    probes_refused: int
    memory: Memory
    usual: Sent
    offered: Sent
    recovered_s: float
    lost: int
    """Rows acknowledged that are not in the intake log and the journal."""
    centre_cpu_s: float
    why: str


@contextmanager
def highest(centre: Centre) -> Iterator[list[float]]:
    """Samples of resident memory in MB while the block runs."""
    samples, stop = [centre.rss_mb()], threading.Event()

    def sample() -> None:
        while not stop.wait(SAMPLE_S):
            samples.append(centre.rss_mb())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()


def measure(folder: Path, indicators: int, usual_s: float, tenfold_s: float, settle_s: float) -> Result:
    with serving(folder, packs(folder, indicators)) as centre:
        series = int(centre.get("/live/series")["count"])
        sweep = series / 300_000
        acknowledged: dict[int, int] = {}
        with sending(centre.port, "--rate", "300000", "--seconds", f"{sweep:g}", "--rows", "50000", "--keep") as sender:
            acknowledged |= sender.result().entries
        alarms, pause_s = Alarms(centre), max(PROBES_S, (usual_s + tenfold_s) / MOST_PROBES)
        with sending(centre.port, "--rate", str(USUAL), "--seconds", f"{settle_s + usual_s:g}", "--keep") as sender:
            time.sleep(settle_s)
            alarms.every(pause_s, usual_s)
            usual = sender.result()
        lost_alarms, before = alarms.settle(), alarms.take()
        centre.rest()
        memory_before, cpu = centre.rss_mb(), centre.cpu_s()
        words = ("--rate", str(TENFOLD), "--seconds", f"{tenfold_s:g}", "--lines", str(LINES), "--same", str(TENFOLD // USUAL))
        with sending(centre.port, *words) as sender, highest(centre) as samples:
            alarms.every(pause_s, tenfold_s)
            offered = sender.result()
            recovered = recovery(alarms)
            cpu = centre.cpu_s() - cpu
        lost_alarms += alarms.settle()
        during = alarms.take()[:-1]  # the last one was the probe of the recovery
        centre.rest()
        half = int(tenfold_s / SAMPLE_S) // 2
        memory = Memory(
            before_mb=memory_before,
            first_half_mb=max(samples[:half]),
            second_half_mb=max(samples[half:]),
            after_mb=centre.rss_mb(),
        )
        alarms.close()
    for sent in (usual, offered):
        acknowledged |= sent.entries
    return Result(
        series=series,
        before=before,
        during=during,
        lost_alarms=lost_alarms,
        probes_refused=alarms.refused,
        memory=memory,
        usual=usual,
        offered=offered,
        recovered_s=recovered,
        lost=lost_rows(folder / "data", acknowledged),
        centre_cpu_s=cpu,
        why=centre.why(),
    )


def recovery(alarms: Alarms) -> float:
    """Seconds until a reading sent now has been seen: the loop takes in order, so nothing that came before it waits."""
    began = time.perf_counter()
    alarms.settle()
    alarms.probe()
    alarms.settle()
    return time.perf_counter() - began


def lost_rows(data: Path, acknowledged: dict[int, int]) -> int:
    """Of the rows acknowledged, how many the journal has no receipt for, or the log has not as they were acknowledged."""
    receipts = {
        fact.body.entry: fact.body.rows for fact in read_facts(data / "journal") if isinstance(fact.body, ReadingsReceived)
    }
    log = IntakeLog(data / "intake")
    try:
        logged = {entry: len(batch) for entry, batch in log.read(0)}
    finally:
        log.close()
    pruned = min(logged, default=max(acknowledged, default=0) + 1)
    lost = 0
    for entry, rows in acknowledged.items():
        whole = receipts.get(entry) == rows and (entry < pruned or logged.get(entry) == rows)
        lost += 0 if whole else rows
    return lost


def gates(result: Result) -> list[Gate]:
    memory, one = result.memory, [1.0]
    late, early = [memory.second_half_mb], [memory.first_half_mb]
    return [
        at_most("overload: most memory, second half / first", "MB", late, early, reach=GROWTH, aim=GROWTH_AIM),
        at_most("overload: acknowledged readings lost", "rows", [float(result.lost)], one, reach=0, aim=0),
        at_most(
            "overload: refusals that do not say when to come again", "answers", [float(unsaid(result))], one, reach=0, aim=0
        ),
        at_most("overload: batches failed otherwise", "batches", [float(result.offered.failed)], one, reach=0, aim=0),
        at_most(
            "overload: reading -> event p99 / before it",
            "ms",
            [p(0.99, result.during)],
            [p(0.99, result.before)],
            reach=2.0,
            aim=1.0,
        ),
        at_most("overload: alarms whose event never came", "events", [float(result.lost_alarms)], one, reach=0, aim=0),
        at_most("overload: until nothing waits, afterwards", "s", [result.recovered_s], one, reach=RECOVERED_S, aim=10.0),
    ]


def unsaid(result: Result) -> int:
    return result.offered.refused - result.offered.said_when


def notes(result: Result, full: bool) -> list[str]:
    sent, memory = result.offered, result.memory
    return [
        f"{result.series:,} series; {sent.offered / sent.wall_s:,.0f} readings a second offered over {sent.wall_s:.0f} s"
        + ("" if full else " (short; two minutes with --full)")
        + f", {sent.taken / sent.wall_s:,.0f} taken; {sent.refused:,} batches refused for overload, {sent.failed} failed",
        f"of {CORES} cores the senders took {sent.cpu_s / sent.wall_s / CORES:.1%}; the centre {result.centre_cpu_s:.1f} CPU-s",
        f"memory {memory.before_mb:,.0f} MB before, {memory.first_half_mb:,.0f} at most in the first half,"
        f" {memory.second_half_mb:,.0f} in the second, {memory.after_mb:,.0f} after",
        f"alarms before: {len(result.before)}, p50 {p(0.5, result.before):.1f} ms, p99 {p(0.99, result.before):.1f} ms;"
        f" during: {len(result.during)}, p50 {p(0.5, result.during):.1f} ms, p99 {p(0.99, result.during):.1f} ms"
        f" (waiting after {result.probes_refused} refusals included)",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="two minutes, the full city")
    parser.add_argument("--indicators", type=int, help="of the load pack: 470 is the tenth of a city, 4700 all of it")
    parser.add_argument("--seconds", type=float, help="of overload")
    options = parser.parse_args()
    seconds = options.seconds or (120.0 if options.full else 20.0)
    indicators = options.indicators or (4_700 if options.full else 470)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        try:
            result = measure(Path(name), indicators, seconds / 2, seconds, SETTLE_S if options.full else 0.0)
        except CannotRun as error:
            print(f"not run: {error}")
            return 2
    return report("overload", gates(result), notes(result, options.full), why=result.why)


if __name__ == "__main__":
    raise SystemExit(main())
