"""Writes a history down as Prometheus rules and unit tests of them, and asks promtool. JSON is YAML that nobody can misread."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bihuan.engine.tables import Op

from .histories import MINUTE, Bools, History, Rung

OPS = {Op.GE: ">=", Op.GT: ">", Op.LE: "<=", Op.LT: "<"}


def find_promtool(root: Path) -> Path:
    """Skips the test where there is none; `scripts/prometheus.py` fetches one."""
    words = [sys.executable, str(root / "scripts" / "prometheus.py"), "--no-download"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=120)
    found = re.search(r"^promtool (.+)$", said.stdout, re.MULTILINE)
    if not found:
        pytest.skip(f"no promtool, so nobody outside judges the ladder. {said.stdout.strip()}")
    return Path(found[1])


def plain(name: str, number: int, rung: Rung) -> str:
    """The condition as anyone would write it."""
    assert rung.clear_value is None, "plain rules know no clear value"
    return f"reading_{number} {OPS[rung.op]} {rung.value!r}"


def ours(name: str, number: int, rung: Rung) -> str:
    """The condition with what we mean besides, told to Prometheus by its own ALERTS of the evaluation before: a firing
    alert goes on while its series is silent, and while the value is not yet past the clear value.
    """
    reading = f"reading_{number}"
    standing = f'sum without (alertname, alertstate) (ALERTS{{alertname="{name}", alertstate="firing"}})'
    parts = [f"{reading} {OPS[rung.op]} {rung.value!r}", f"({standing} unless on (series) {reading})"]
    if rung.clear_value is not None:
        # Values are never NaN here: what does not meet the clear condition meets `op` at its value.
        parts.append(f"({reading} {OPS[rung.op]} {rung.clear_value!r} and on (series) {standing})")
    return " or ".join(parts)


def judge(promtool: Path, folder: Path, history: History, firing: Bools, say: Any) -> tuple[int, str]:
    """How many assertions promtool was given, and what it says against them: nothing, if all is well.

    One assertion is one alert at one minute: exactly these series of the indicator are firing.
    """
    tests = [_write(folder, number, history, firing, say) for number in range(len(history.ladders))]
    command = [str(promtool), "test", "rules", *(test.name for test, _ in tests)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assertions = sum(count for _, count in tests)
    if done.returncode == 0:
        assert done.stdout.count("SUCCESS") == len(tests), done.stdout
        return assertions, ""
    return assertions, done.stderr + done.stdout


def _write(folder: Path, number: int, history: History, firing: Bools, say: Any) -> tuple[Path, int]:
    """Rules and tests of one ladder. Returns the file of tests and how many are in it."""
    ladder, each = history.ladders[number], history.each
    names = [f"ladder_{number}_rung_{rank}" for rank in range(1, len(ladder) + 1)]
    rules = [_rule(name, say(name, number, rung), rung) for name, rung in zip(names, ladder, strict=True)]
    (folder / f"rules-{number}.yml").write_text(json.dumps({"groups": [{"name": "ladder", "rules": rules}]}, indent=1))
    part = slice(number * each, (number + 1) * each)
    checks = list(_checks(names, firing[:, part]))
    group = {
        "interval": "1m",
        "input_series": [
            {"series": f'reading_{number}{{series="{series}"}}', "values": " ".join(map(_sample, column))}
            for series, column in enumerate(history.readings[:, part].T.tolist())
        ],
        "alert_rule_test": checks,
    }
    tests = {"rule_files": [f"rules-{number}.yml"], "evaluation_interval": "1m", "tests": [group]}
    path = folder / f"tests-{number}.yml"
    path.write_text(json.dumps(tests))
    return path, len(checks)


def _rule(name: str, condition: str, rung: Rung) -> dict[str, str]:
    return {
        "alert": name,
        "expr": condition,
        "for": f"{rung.for_ms // 1000}s",
        "keep_firing_for": f"{rung.keep_ms // 1000}s",
    }


def _checks(names: list[str], firing: Bools) -> Iterator[dict[str, Any]]:
    for minute, stand in enumerate(firing):
        for rung, name in enumerate(names):
            alerts = [{"exp_labels": {"series": str(series)}} for series in np.flatnonzero(stand[:, rung]).tolist()]
            yield {"eval_time": f"{minute * MINUTE // 1000}s", "alertname": name, "exp_alerts": alerts}


def _sample(value: float) -> str:
    return "_" if np.isnan(value) else repr(value)
