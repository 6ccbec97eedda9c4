"""From a reading to the event of its task on a screen, while a city's readings come in: `python -m bench.latency` (`--full`).

A centre of its own process takes 84,000 readings a second, every series of a full city once a minute, in batches of ten
thousand by id; now and then one reading of a probe crosses a threshold: it is made durable, a level changes, a warning is
raised, a plan starts, a task is sent, facts are journaled, views folded, and the event goes down the line a screen holds open.
Measured is from before the reading is posted to when the event has been read.

`--full`: ten minutes. Without: one, which says less about what happens seldom. `--chromium`: probes at the end are timed in a
real Chromium's EventSource as well. Senders, listener and centre share the cores; what the senders take is said.
"""

import argparse
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.gates import Gate, at_most, report
from bench.prometheus import CannotRun
from bench.running import CITY, CORES, Alarms, Centre, Sent, p, packs, sending, serving

RATE = 84_000
REACH_MS, AIM_MS = 250.0, 100.0
QUIET_PROBES = 50
CHROMIUM_PROBES = 40

LISTEN = """
() => {
  window.came = {}
  const line = new EventSource('/live/events?unit=%s')
  line.addEventListener('turn', (event) => {
    const now = Date.now()
    const turn = JSON.parse(event.data)
    for (const unit of turn.touched.units) if (!(unit in window.came)) window.came[unit] = now
  })
  return new Promise((done) => (line.onopen = () => done(true)))
}
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    series: int
    seconds: float
    quiet: list[float]
    """Without load, after the first sweep."""
    loaded: list[float]
    lost: int
    refused: int
    sent: Sent
    centre_cpu_s: float
    rss_mb: float
    chromium: list[float]
    why: str


def measure(folder: Path, indicators: int, seconds: float, pause_s: float, chromium: bool) -> Result:
    with serving(folder, packs(folder, indicators)) as centre:
        series = int(centre.get("/live/series")["count"])
        first_sweep = series / 300_000
        with sending(centre.port, "--rate", "300000", "--seconds", f"{first_sweep:g}", "--rows", "50000", "--keep") as sender:
            sender.result()
        centre.rest()
        alarms = Alarms(centre)
        alarms.every(0.1, QUIET_PROBES * 0.1)
        lost, quiet = alarms.settle(), alarms.take()
        with sending(centre.port, "--rate", str(RATE), "--seconds", f"{seconds:g}", "--keep") as sender:
            time.sleep(1.0)
            before, began = centre.cpu_s(), time.perf_counter()
            alarms.every(pause_s, seconds - 2.0)
            cpu, wall = centre.cpu_s() - before, time.perf_counter() - began
            timed = in_chromium(centre, alarms) if chromium else []
            sent = sender.result()
        lost += alarms.settle()
        loaded, rss = alarms.take(), centre.rss_mb()
        alarms.close()
    return Result(
        series=series,
        seconds=wall,
        quiet=quiet,
        loaded=loaded,
        lost=lost,
        refused=alarms.refused,
        sent=sent,
        centre_cpu_s=cpu,
        rss_mb=rss,
        chromium=timed,
        why=centre.why(),
    )


def in_chromium(centre: Centre, alarms: Alarms) -> list[float]:
    """Probes timed by a page: from before the post to the event's handler, both by the wall's clock. Without load or with."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise CannotRun("there is no Chromium here: leave --chromium out")
    from playwright.sync_api import sync_playwright

    sent: dict[str, float] = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{centre.port}/live/hello")
        page.evaluate(LISTEN % CITY)
        for _ in range(CHROMIUM_PROBES):
            began = time.time()
            sent[alarms.probe()] = began
            page.wait_for_timeout(100)
        page.wait_for_timeout(2_000)
        came: dict[str, float] = page.evaluate("() => window.came")
        browser.close()
    return [came[town] / 1e3 - began for town, began in sent.items() if town in came]


def gates(result: Result) -> list[Gate]:
    name = f"reading -> event at a screen, p99, {RATE:,} a second"
    found = [at_most(name, "ms", [p(0.99, result.loaded)], [1.0], reach=REACH_MS, aim=AIM_MS)]
    if result.chromium:
        worst = p(0.99, result.chromium)
        found.append(at_most("the same in Chromium, p99", "ms", [worst], [1.0], reach=REACH_MS, aim=AIM_MS))
    found.append(at_most("alarms whose event never came", "events", [float(result.lost)], [1.0], reach=0, aim=0))
    return found


def notes(result: Result, full: bool) -> list[str]:
    sent = result.sent
    lines = [
        f"{result.series:,} series; {sent.taken / sent.wall_s:,.0f} readings a second taken over {sent.wall_s:.0f} s"
        + ("" if full else " (short; ten minutes with --full)")
        + f", acknowledged p50 {sent.p50_ms:.1f} ms, p99 {sent.p99_ms:.1f} ms; {sent.refused} refused, {sent.failed} failed",
        f"of {CORES} cores the senders took {sent.cpu_s / sent.wall_s / CORES:.1%}, the centre"
        f" {result.centre_cpu_s / result.seconds / CORES:.1%}; the centre {result.rss_mb:,.0f} MB resident",
        f"alarms under load: {len(result.loaded)}, p50 {p(0.5, result.loaded):.1f} ms, p99 {p(0.99, result.loaded):.1f} ms,"
        f" longest {p(1, result.loaded):.1f} ms; probes refused {result.refused}",
        f"alarms without load: {len(result.quiet)}, p50 {p(0.5, result.quiet):.1f} ms, p99 {p(0.99, result.quiet):.1f} ms",
    ]
    if result.chromium:
        many, half = len(result.chromium), p(0.5, result.chromium)
        lines.append(f"in Chromium: {many} of {CHROMIUM_PROBES}, p50 {half:.0f} ms, p99 {p(0.99, result.chromium):.0f} ms")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="ten minutes, the full city, and Chromium")
    parser.add_argument("--indicators", type=int, help="of the load pack: 470 is the tenth of a city, 4700 all of it")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--chromium", action="store_true")
    options = parser.parse_args()
    seconds = options.seconds or (600.0 if options.full else 60.0)
    indicators = options.indicators or (4_700 if options.full else 470)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        try:
            chromium = options.full or options.chromium
            result = measure(Path(name), indicators, seconds, 0.2 if seconds < 300 else 0.25, chromium)
        except CannotRun as error:
            print(f"not run: {error}")
            return 2
    return report("latency", gates(result), notes(result, options.full), why=result.why)


if __name__ == "__main__":
    raise SystemExit(main())
