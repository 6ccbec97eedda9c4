"""Can a closing rate be believed: seeded towns with a known truth, `python -m bench.honest` (`--seeds 100`), about ten minutes.

Towns of 64 grids and 148 doing units, 90 days, 5 % sham closings, by `bihuan.replay.town`. Supervise flags claims, draws
closed cases and has them looked at again, as in a centre; then what it says is held against the truth. The first three towns
go through the whole loop as well: what supervise writes there must be the same, number for number.
"""

import argparse
import gc
import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import numpy as np

from bench.gates import Gate, report
from bihuan.app.packs import gather
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.replay.town import town, town_packs
from bihuan.replay.town_runs import Alone, Measured, Whole, measure, play

WHOLE = 3
"""Towns that go through the whole loop too."""


@cache
def rules() -> Rules:
    return load(town_packs(gather(["base"])["base"]))


def one(seed: int) -> tuple[Measured, bool]:
    """A town alone, and whether the whole loop writes the same (True where it is not asked)."""
    gc.disable()  # nothing here is let go before the town is over
    try:
        here = town(rules(), seed)
        alone = play(Alone(rules(), here), here)
        same = seed > WHOLE or play(Whole(rules(), here), here).supervised == alone.supervised
        return measure(alone), same
    finally:
        gc.enable()
        gc.collect()


def share(name: str, measured: float, *, reach: float, aim: float, at_most: bool = False) -> Gate:
    """A share held against 100 %."""
    reached = measured <= reach if at_most else measured >= reach
    return Gate(
        name=name, unit="%", measured=100 * measured, limit=100.0, ratio=measured, reach=reach, aim=aim, reached=reached
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--processes", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        towns = list(pool.map(one, range(1, options.seeds + 1)))
    seen = [measured for measured, _ in towns]
    covered = sum(measured.covers for measured in seen)
    widths = [measured.share.high - measured.share.low for measured in seen]
    found = [measured.found_sham for measured in seen]
    false = [measured.false_flags for measured in seen]
    gates = [
        share("S4 sham closings in the sample that were found, worst town", min(found), reach=0.95, aim=0.98),
        share("S4 honest claims that were flagged, worst town", max(false), reach=0.01, aim=0.005, at_most=True),
        share("S4 towns whose true rate lies in the interval", covered / len(seen), reach=0.93, aim=0.95),
        share("S4 towns where the whole loop wrote the same", float(np.mean([same for _, same in towns])), reach=1.0, aim=1.0),
    ]
    notes = [
        f"{len(seen)} towns, {sum(m.claims for m in seen):,} claims, {sum(m.sham for m in seen):,} of them sham; "
        f"{sum(m.sampled_sham for m in seen):,} sham closings were in the samples",
        f"medians: found {np.median(found):.1%} of them; flags alone {np.median([m.flagged_sham for m in seen]):.1%} of all "
        f"sham claims and {np.median(false):.2%} of the honest ones",
        f"medians: true rate {np.median([m.true for m in seen]):.2%} where 100 % was claimed, interval "
        f"{np.median(widths):.2%} wide",
        f"the true rate lay in the interval in {covered} of {len(seen)} towns",
    ]
    missed = [str(number) for number, measured in enumerate(seen, 1) if not measured.covers]
    return report("honest", gates, notes, why=f"towns outside their interval: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    raise SystemExit(main())
