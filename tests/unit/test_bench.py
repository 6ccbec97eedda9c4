"""`make bench`: every bench is in the list, and a gate's verdict reads the right way round."""

from pathlib import Path

from bench.__main__ import BENCHES, Done, summary
from bench.gates import Gate, at_most

HELPERS = {"__init__", "__main__", "gates", "profiled", "running", "sender"}


def done(gates: list[Gate], code: int = 1, why: str = "") -> Done:
    return Done(name="engine", code=code, seconds=60, gates=gates, notes=[], why=why)


def test_every_bench_is_run(root: Path) -> None:
    assert {bench.name for bench in BENCHES} == {file.stem for file in (root / "bench").glob("*.py")} - HELPERS


def test_a_missed_gate_says_why_and_one_that_cannot_run_misses_nothing() -> None:
    slow = at_most("too slow", "ms", [9.0], [1.0], reach=3, aim=2)
    said = summary([done([slow], why="CPU by room: engine 90%"), done([], code=2)], full=False)
    assert "MISSED  too slow" in said
    assert "why: CPU by room: engine 90%" in said
    assert "could not run: engine" in said
    assert said.endswith("0 of 1 gates reached, 0 at what is aimed for")


def test_more_is_better_where_the_aim_is_above_what_has_to_be_reached() -> None:
    few = at_most("cost", "ms", [2.5], [1.0], reach=3, aim=2)
    many = Gate(name="cities", unit="", measured=7, limit=1, ratio=7, reach=5, aim=20, reached=True)
    most = Gate(name="cities", unit="", measured=21, limit=1, ratio=21, reach=5, aim=20, reached=True)
    assert summary([done([few, many, most], code=0)], full=True).endswith("3 of 3 gates reached, 1 at what is aimed for")


def test_a_bench_that_broke_is_not_taken_for_one_that_missed() -> None:
    assert "FAILED: engine" in summary([done([], code=-1)], full=False)
