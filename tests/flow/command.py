"""The command line as people run it: a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import bihuan

PATHS = os.pathsep.join([str(Path(bihuan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
ENVIRONMENT = {**os.environ, "PYTHONPATH": PATHS, "PYTHONUTF8": "1", "PYTHONWARNINGS": "error"}


@dataclass(frozen=True, kw_only=True)
class Said:
    code: int
    out: str
    err: str


def bihuan_says(*words: str | Path, code: int = 0) -> Said:
    """Run `bihuan ...`; its exit code must be `code`, and no traceback may be seen."""
    command = [sys.executable, "-m", "bihuan.cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, f"{words} ended with {done.returncode}: {done.stderr}{done.stdout}"
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def write_packs(folder: Path, packs: dict[str, dict[str, str]]) -> Path:
    """Packs as folders on disk; answers the folder that holds them."""
    for pack, files in packs.items():
        for name, text in files.items():
            path = folder / pack / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder
