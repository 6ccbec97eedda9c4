"""Gates: a figure, the limit it is held against in the same run, what has to be reached and what is hoped for."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / ".cache" / "bench"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """`ratio` is measured / limit. `spread` says within what the middle half of the measurements lay, in the unit."""

    name: str
    unit: str
    measured: float
    limit: float
    ratio: float
    reach: float
    aim: float
    reached: bool
    spread: tuple[float, float] | None = None


def at_most(name: str, unit: str, measured: Sequence[float], limit: Sequence[float], *, reach: float, aim: float) -> Gate:
    """A cost: the median of what was measured is at most `reach` times the median of the limit ([1.0]: a bare figure)."""
    gate = _ungraded(name, unit, measured, limit, reach, aim)
    return replace(gate, reached=gate.ratio <= reach)


def at_least(name: str, unit: str, measured: Sequence[float], limit: Sequence[float], *, reach: float, aim: float) -> Gate:
    """A rate: the median of what was measured is at least `reach` times the median of the limit."""
    gate = _ungraded(name, unit, measured, limit, reach, aim)
    return replace(gate, reached=gate.ratio >= reach)


def _ungraded(name: str, unit: str, measured: Sequence[float], limit: Sequence[float], reach: float, aim: float) -> Gate:
    found, against = statistics.median(measured), statistics.median(limit)
    return Gate(
        name=name,
        unit=unit,
        measured=found,
        limit=against,
        ratio=found / against,
        reach=reach,
        aim=aim,
        reached=False,
        spread=middle_half(measured),
    )


def middle_half(measured: Sequence[float]) -> tuple[float, float] | None:
    if len(measured) < 4:
        return None
    low, _, high = statistics.quantiles(measured, n=4)
    return low, high


def table(gates: Iterable[Gate]) -> str:
    lines = [f"{'':8}{'':58}{'measured':>10} {'(middle half)':>17} {'limit':>9} {'unit':12}{'ratio':>8}{'reach':>8}{'aim':>7}"]
    for gate in gates:
        verdict = "reached" if gate.reached else "MISSED"
        spread = f"({gate.spread[0]:.3g} - {gate.spread[1]:.3g})" if gate.spread else ""
        figures = f"{gate.measured:>10.4g} {spread:>17} {gate.limit:>9.4g} {gate.unit:12}"
        lines.append(f"{verdict:8}{gate.name:58}{figures}{gate.ratio:>8.3g}{gate.reach:>8g}{gate.aim:>7g}")
    return "\n".join(lines)


def report(bench: str, gates: Sequence[Gate], notes: Sequence[str] = (), why: str = "") -> int:
    """Print the table, keep it as JSON in `.cache/bench`, and return the exit code: 0 when every gate is reached.

    `why` is said where a gate is missed: a profile of the same run.
    """
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {"bench": bench, "notes": list(notes), "why": why, "gates": [asdict(gate) for gate in gates]}
    (RESULTS / f"{bench}.json").write_text(json.dumps(kept, indent=1) + "\n")
    reached = all(gate.reached for gate in gates)
    print("\n".join([*notes, table(gates), *([f"why: {why}"] if why and not reached else [])]))
    return 0 if reached else 1
