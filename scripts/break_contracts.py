#!/usr/bin/env python3
"""Breaks every contract between the rooms on purpose, in a copy, and shows that each turns red.

A contract that cannot turn red proves nothing. Prints a table; exits 0 only if the tree is green and every break is red.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINT = Path(sys.executable).parent / "lint-imports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    contract: str
    file: str
    line: str


BREAKS = (
    Break(contract="layers", file="model/errors.py", line="import bihuan.pack.schema"),
    Break(contract="layers", file="stray/__init__.py", line='"""A room that nobody placed."""'),
    Break(contract="stages", file="loop/sense/rules.py", line="import bihuan.loop.warn.rules"),
    Break(contract="core", file="engine/__init__.py", line="import time"),
    Break(contract="core", file="loop/turn.py", line="import pathlib"),
    Break(contract="adapters", file="views/__init__.py", line="import bihuan.journal.sqlite"),
    Break(contract="django", file="live/__init__.py", line="import django"),
)


def lint(tree: Path, contract: str) -> tuple[bool, str]:
    """(kept, what the linter said) for one contract over a copy of the sources."""
    env = dict(os.environ, PYTHONPATH=str(tree / "src"))
    words = [str(LINT), "--config", str(ROOT / ".importlinter"), "--no-cache", "--contract", contract]
    done = subprocess.run(words, cwd=tree, env=env, capture_output=True, text=True, timeout=120)
    said = done.stdout + done.stderr
    # A linter that could not run at all also exits with 1: that is no verdict.
    if f"{1 - done.returncode} kept, {done.returncode} broken" not in said:
        sys.exit(f"lint-imports gave no verdict on '{contract}':\n{said}")
    return done.returncode == 0, said


def turns_red(broken: Break) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("static", "__pycache__"))
        file = tree / "src" / "bihuan" / broken.file
        file.parent.mkdir(exist_ok=True)
        before = file.read_text() if file.exists() else ""
        file.write_text(f"{before}\n{broken.line}\n")
        kept, _ = lint(tree, broken.contract)
        return not kept


def main() -> None:
    contracts = tuple(dict.fromkeys(broken.contract for broken in BREAKS))
    held = True
    for contract in contracts:
        kept, said = lint(ROOT, contract)
        if not kept:
            print(said)
            sys.exit(f"'{contract}' is red before anything was broken on purpose: mend that first.")
    print(f"{'contract':<10} {'broken in':<22} {'by':<34} turns")
    for broken in BREAKS:
        red = turns_red(broken)
        held = held and red
        print(
            f"{broken.contract:<10} {broken.file:<22} {broken.line:<34} {'red' if red else 'GREEN: the contract sees nothing'}"
        )
    if not held:
        sys.exit("A contract did not turn red when it was broken on purpose: mend it in .importlinter.")
    print(f"{len(contracts)} contracts, all green as they stand and red when broken.")


if __name__ == "__main__":
    main()
