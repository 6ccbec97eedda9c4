"""The engine with a full city on one core, beside the limits of this machine, in one run: `python -m bench.engine`.

1,073 units x 4,700 indicators = 5.04 M series; 4 ascending levels an indicator, each with a clear value of its own, `for` of
0, 60 or 300 s. Calm: 1 % stand over a level, and 0.2 % of the readings cross over and come back. CPU-seconds, user and
system; rounds go through everything that is compared, so that a busy neighbour slows both sides. About a minute.

Batches come in random order: their limit is to read, change and write 8 bytes at as many random places in 40 MB. Looking at
every series again goes through two columns in order: it is held against copying one column of 20 MB.

Windows have a city of their own: 700 indicators, every seventh of which looks at the mean of its last twelve readings, all
rings full. Batches are 10,000 consecutive series, as gateways send them, or random ones.

The hot path, whose lines are counted, is what runs once a reading or once a series: `engine/kernel.py`, all of it.
`columns.py` and `engine.py` run once a batch, `limits.py` once a load, `vector*.py` only without numba.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.gates import Gate, at_most, report
from bench.profiled import Sampler
from bihuan.engine import kernel
from bihuan.engine.engine import Engine
from bihuan.engine.rollup import How, RollUp, Share, Spread, Tree
from bihuan.engine.score import Card
from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec

UNITS, INDICATORS, DISTRICTS, TRACKS, PLATES = 1_073, 4_700, 41, 452, 7
SERIES = UNITS * INDICATORS
BATCH = 10_000
BATCHES_A_ROUND = 5
SEVENTH, HELD = 7, 12
MINUTE = 60_000
MEAN = WindowSpec(fold=Fold.MEAN, over=HELD * 10 * MINUTE, missing=Missing.SHARE, share=0.5)

F64 = npt.NDArray[np.float64]
Rows = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], F64, npt.NDArray[np.uint8]]


class City:
    """Readings of a calm city, the same in every run."""

    def __init__(self, indicators: int = INDICATORS, windows: bool = False) -> None:
        self.windows = windows
        self.dice = np.random.default_rng(2026)
        self.indicators = indicators
        self.series = indicators * UNITS
        self.scale = self.dice.uniform(1, 100, indicators)
        self.stand = self._below(self.series)
        over = self.dice.random(self.series) < 0.01
        self.stand[over] = self._above(int(over.sum()))

    def _below(self, many: int) -> F64:
        return self.dice.uniform(0, 0.8, many)

    def _above(self, many: int) -> F64:
        return self.dice.uniform(1, 1.8, many)

    def blocks(self) -> list[Block]:
        return [
            Block(
                start=n * UNITS,
                stop=(n + 1) * UNITS,
                cadence_ms=10 * MINUTE,
                stale_ms=30 * MINUTE,
                rungs=tuple(self._rung(n, rank, share) for rank, share in enumerate((1.0, 1.2, 1.4, 1.6), start=1)),
            )
            for n in range(self.indicators)
        ]

    def _rung(self, indicator: int, rank: int, share: float) -> RungTable:
        limit = np.float64(self.scale[indicator] * share)
        return RungTable(
            rank=rank,
            op=Op.GE,
            raise_value=np.broadcast_to(limit, UNITS),
            for_ms=(0, MINUTE, 5 * MINUTE)[indicator % 3],
            clear_op=Op.LT,
            clear_value=np.broadcast_to(limit * 0.95, UNITS),
            window=MEAN if self.windows and indicator % SEVENTH == 0 else None,
        )

    def all_rows(self, now: int, many: int) -> Iterator[Rows]:
        """A first reading of every series, in order."""
        for start in range(0, self.series, many):
            s = np.arange(start, min(start + many, self.series))
            yield self._rows(s, self.stand[s], now)

    def batch(self, now: int) -> Rows:
        s = self.dice.integers(0, self.series, BATCH)
        value = self.stand[s] * self.dice.uniform(0.99, 1.01, BATCH)
        flips = self.dice.random(BATCH) < 0.002
        value[flips] = np.where(value[flips] < 0.9, self._above(int(flips.sum())), self._below(int(flips.sum())))
        return self._rows(s, value, now)

    def rows(self, s: npt.NDArray[np.int64], now: int) -> Rows:
        return self._rows(s, self.stand[s] * self.dice.uniform(0.99, 1.01, len(s)), now)

    def _rows(self, s: npt.NDArray[np.int64], value: F64, now: int) -> Rows:
        return s, np.full(len(s), now), value * self.scale[s // UNITS], np.zeros(len(s), dtype=np.uint8)

    def loaded(self, fast: bool, now: int) -> Engine:
        engine = Engine(self.blocks(), now, fast)
        for rows in self.all_rows(now, 100_000):
            engine.apply(*rows, now=now)
        engine.advance(now + 6 * MINUTE)
        return engine

    def roll_up(self) -> RollUp:
        parent = np.full(UNITS, -1)
        parent[1 : 1 + DISTRICTS] = 0
        parent[1 + DISTRICTS :] = 1 + np.sort(self.dice.integers(0, DISTRICTS, UNITS - 1 - DISTRICTS))
        how = np.arange(self.indicators) % 3
        how[::50], how[1::50] = How.RATIO, How.ALONE
        spread = Spread.of(Tree(parent), [range(UNITS)] * self.indicators)
        before = np.roll(np.arange(self.indicators), 1).tolist()
        shares = {n: Share(over=((n, 1.0),), per=((before[n], 1.0),)) for n in range(0, self.indicators, 50)}
        return RollUp(spread=spread, how=how, shares=shares)

    def card(self, spread: Spread) -> Card:
        """Sub-tracks, each in one of the plates."""
        above = np.append(TRACKS + np.arange(TRACKS) * PLATES // TRACKS, np.full(PLATES, -1))
        heading = np.sort(self.dice.integers(0, TRACKS, self.indicators))
        return Card(spread=spread, heading=heading, headings=Tree(above), points=np.array([0, 1, 3, 6, 10]))


def random_change() -> Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], None]:
    """The machine's limit of random reading and writing, compiled as the engine is."""
    import numba

    @numba.njit
    def change(cells: npt.NDArray[np.int64], where: npt.NDArray[np.int64]) -> None:
        for n in range(len(where)):
            cells[where[n]] += 1

    change(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    return change  # type: ignore[no-any-return]


def measure(rounds: int) -> tuple[list[Gate], list[str]]:
    city, change, now = City(), random_change(), 100 * MINUTE
    fast, slow = city.loaded(True, now), city.loaded(False, now)
    plan = city.roll_up()
    card = city.card(plan.spread)
    cells, column, copy = (
        np.zeros(SERIES, dtype=np.int64),
        np.ones(SERIES, dtype=np.float32),
        np.empty(SERIES, dtype=np.float32),
    )
    took: dict[str, list[float]] = {}
    now, events = now + 7 * MINUTE, 0

    def timed(name: str, work: Callable[..., Any], *what: Any, **named: Any) -> Any:
        start = time.process_time()
        answer = work(*what, **named)
        took.setdefault(name, []).append(time.process_time() - start)
        return answer

    for round_ in range(-2, rounds):  # two to warm up
        if round_ == 0:
            took.clear()
        for _ in range(BATCHES_A_ROUND):
            now += 100
            rows, other = city.batch(now), city.dice.integers(0, SERIES, BATCH)
            applied = timed("batch", fast.apply, *rows, now=now)
            timed("change", change, cells, other)
            timed("batch, numpy", slow.apply, *rows, now=now)
            events += len(applied.events)
            assert applied.applied > 0.99 * BATCH
        now += 1
        timed("again", fast.reevaluate, now)
        timed("copy", np.copyto, copy, column)
        timed("again, numpy", slow.reevaluate, now)
        timed("roll-up", fast.rolled_up, plan)
        timed("score", fast.scores, card)
    _agree(fast, slow)
    tick = [sum(parts) * 1e3 for parts in zip(took["again"], took["roll-up"], took["score"], strict=True)]

    def ns_a_row(name: str) -> list[float]:
        return [seconds * 1e9 / BATCH for seconds in took[name]]

    def ms(name: str) -> list[float]:
        return [seconds * 1e3 for seconds in took[name]]

    one = [1.0]
    gates = [
        at_most(
            "random batches of 10k / random changes in 40 MB",
            "ns a row",
            ns_a_row("batch"),
            ns_a_row("change"),
            reach=6,
            aim=3.5,
        ),
        at_most("all series again / copy of 20 MB", "CPU-ms", ms("again"), ms("copy"), reach=8, aim=4),
        at_most("all series again, numpy / copy of 20 MB", "CPU-ms", ms("again, numpy"), ms("copy"), reach=250, aim=100),
        at_most("full tick: all again + roll-up + score", "CPU-ms", tick, one, reach=30, aim=15),
    ]
    million = BATCH / 1e6
    notes = [
        f"{SERIES:,} series, {rounds} rounds; {events} events; both engines hold the same at the end",
        f"batches: numba {million / np.median(took['batch']):.1f}, numpy {million / np.median(took['batch, numpy']):.1f}, "
        f"limit {million / np.median(took['change']):.0f} M rows a CPU-second",
        f"of the tick: all again {np.median(ms('again')):.1f}, roll-up {np.median(ms('roll-up')):.1f}, "
        f"score {np.median(ms('score')):.1f} CPU-ms",
    ]
    return gates, notes


def _agree(fast: Engine, slow: Engine) -> None:
    for name in ("level", "value", "at", "active"):
        assert np.array_equal(getattr(fast, name), getattr(slow, name)), f"numba and numpy differ in {name}"


# --- in processes of their own --------------------------------------------------------------------------------


def footprint() -> dict[str, float]:
    """Bytes a series with the city loaded, and what the process takes."""
    engine = City().loaded(True, 100 * MINUTE)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"bytes": engine.nbytes() / SERIES, "rss": int(status["VmRSS"].split()[0]) / 1024}


def windows() -> dict[str, float]:
    """CPU-ns a row of batches in order, at random, and of windowed series only; bytes a windowed series."""
    city = City(indicators=700, windows=True)
    windowed = np.flatnonzero(np.arange(city.series) // UNITS % SEVENTH == 0)
    now, engine = 10_000 * MINUTE, Engine(city.blocks(), 0, True)
    for _ in range(2 * HELD + 2):
        now += 10 * MINUTE
        engine.apply(*city.rows(windowed, now), now=now)
    order, took = np.arange(city.series), dict[str, list[float]]()
    engine.apply(*city.rows(order, now), now=now)  # the others' first readings
    for name, series in (
        ("order", order),
        ("random", city.dice.permutation(order)),
        ("windowed", city.dice.permutation(windowed)),
    ):
        now += 10 * MINUTE
        for start in range(0, len(series) - BATCH, BATCH):
            rows = city.rows(series[start : start + BATCH], now)
            began = time.process_time()
            engine.apply(*rows, now=now)
            took.setdefault(name, []).append((time.process_time() - began) * 1e9 / BATCH)
    bytes_ = engine.nbytes_of_windows() / len(windowed)
    return {name: float(np.median(each)) for name, each in took.items()} | {"bytes": bytes_}


def first_calls() -> dict[str, float]:
    """From nothing to all first calls done, over few indicators; CPU-seconds of the whole process."""
    city = City(indicators=3)
    engine = city.loaded(True, 100 * MINUTE)
    engine.apply(*city.batch(107 * MINUTE), now=107 * MINUTE)
    engine.next_due()
    engine.reevaluate(108 * MINUTE)
    plan = city.roll_up()
    engine.rolled_up(plan)
    engine.scores(city.card(plan.spread))
    engine.advance(200 * MINUTE)
    return {"cpu": time.process_time()}


def without_numba() -> dict[str, float]:
    """As the command line does it: a small engine."""
    Engine(City(indicators=1).blocks(), 0)
    assert "numba" not in sys.modules, "a small engine must not import numba"
    return {"cpu": time.process_time()}


HOT_PATH = Path(kernel.__file__)
ALONE = {"windows": windows, "footprint": footprint, "first-calls": first_calls, "without-numba": without_numba}


def alone(name: str) -> dict[str, float]:
    words = [sys.executable, "-m", "bench.engine", "--alone", name]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def measure_alone() -> tuple[list[Gate], list[str]]:
    empty = alone("first-calls")["cpu"]  # fills the cache of compiled loops, if it was empty
    one, held = [1.0], alone("footprint")
    first = [alone("first-calls")["cpu"] for _ in range(5)]
    small = [alone("without-numba")["cpu"] for _ in range(5)]
    held_too = alone("windows")
    lines = len(HOT_PATH.read_text("utf-8").splitlines())
    gates = [
        at_most("batches of 10k in order, a seventh windowed", "CPU-ns a row", [held_too["order"]], one, reach=300, aim=60),
        at_most("random batches of 10k, a seventh windowed", "CPU-ns a row", [held_too["random"]], one, reach=300, aim=150),
        at_most("random batches of 10k, all windowed", "CPU-ns a row", [held_too["windowed"]], one, reach=1500, aim=700),
        at_most(
            "on top: a window of 12 readings, 24 of them held", "bytes/series", [held_too["bytes"]], one, reach=500, aim=450
        ),
        at_most("lines of the hot path", "lines", [float(lines)], one, reach=600, aim=600),
        at_most("state, a series without windows", "bytes/series", [held["bytes"]], one, reach=20, aim=20),
        at_most("process with a full city", "MB resident", [held["rss"]], one, reach=600, aim=400),
        at_most("start to first calls done, loops cached", "CPU-s", first, one, reach=2, aim=0.9),
        at_most("start of a small engine, without numba", "CPU-s", small, one, reach=0.3, aim=0.2),
    ]
    return gates, [f"the first of all starts took {empty:.1f} CPU-s (compiling, unless it had been done before)"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description="A full city on one core.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--alone", choices=ALONE, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(ALONE[options.alone]()))
        return 0
    sampler = Sampler()
    sampler.start()
    try:
        gates, notes = measure(options.rounds)
    except ImportError:
        print("bench: numba is not installed; pip install 'bihuan[fast]'")
        return 2
    why = sampler.told()
    more, also = measure_alone()
    return report("engine", [*gates, *more], [*notes, *also], why=why)


if __name__ == "__main__":
    sys.exit(main())
