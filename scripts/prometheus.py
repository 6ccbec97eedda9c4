#!/usr/bin/env python3
"""Gets Prometheus for the tests and benches that are held against it: `python scripts/prometheus.py [--no-download]`.

Nothing is installed. promtool and prometheus come from PATH where they fit (2.42 up to 3.0), else out of the package of the
distribution (apt-get checks its signature) into a folder of this checkout that git ignores. Standard library only.
Prints the version and both paths, one a line; leaves with 1 and says why where there is no Prometheus to be had.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "prometheus"
TOOLS = ("promtool", "prometheus")
OLDEST, TOO_NEW = (2, 42), (3, 0)
"""2.42 is the first with `keep_firing_for`; 3.0 no longer sees a sample exactly five minutes old, and the tests mind that."""


class NotHad(Exception):
    """There is no Prometheus here; the message says what to do."""


def version(tool: Path) -> str:
    """As in `promtool, version 2.42.0+ds (branch: ...`; empty where the file does not run."""
    try:
        said = subprocess.run([tool, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"version (\S+)", said.stdout + said.stderr)
    return found[1] if found else ""


def fits(said: str) -> bool:
    numbers = re.match(r"(\d+)\.(\d+)", said)
    return numbers is not None and OLDEST <= (int(numbers[1]), int(numbers[2])) < TOO_NEW


def on_path() -> tuple[str, list[Path]] | None:
    tools = [Path(found) for name in TOOLS if (found := shutil.which(name))]
    return _checked(tools)


def cached() -> tuple[str, list[Path]] | None:
    return _checked([CACHE / name for name in TOOLS if (CACHE / name).is_file()])


def _checked(tools: list[Path]) -> tuple[str, list[Path]] | None:
    """Version and paths, if all are there, fit and are of one version."""
    versions = {version(tool) for tool in tools}
    said = versions.pop() if len(versions) == 1 else ""
    return (said, tools) if len(tools) == len(TOOLS) and fits(said) else None


def download() -> None:
    for program in ("apt-get", "dpkg"):
        if not shutil.which(program):
            raise NotHad(f"no {program} here. Put promtool and prometheus, 2.42 to 2.x, into PATH")
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as name:
        folder = Path(name)
        _fetch(folder)
        package = next(folder.glob("prometheus_*.deb"))
        _run(["dpkg", "-x", package.name, "tree"], folder)
        (folder / "tools").mkdir()
        for tool in TOOLS:
            (folder / "tree" / "usr" / "bin" / tool).rename(folder / "tools" / tool)
        shutil.rmtree(CACHE, ignore_errors=True)
        (folder / "tools").rename(CACHE)


def _fetch(folder: Path) -> None:
    """Leave the package in the folder, in a second try after `apt-get update` where this user may run that."""
    # Root may read the package itself: apt's own user need not reach into this checkout.
    fetch = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "prometheus"]
    try:
        _run(fetch, folder)
    except NotHad:
        if os.getuid():
            raise
        _run(["apt-get", "-qq", "update"], folder)
        _run(fetch, folder)


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as late:
        raise NotHad(f"{' '.join(command)} took more than five minutes") from late
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        hint = "" if os.getuid() == 0 else ". Have root run apt-get update, or put promtool and prometheus into PATH"
        raise NotHad(f"{' '.join(command)}: {last}{hint}")


def main(arguments: list[str]) -> int:
    if unknown := set(arguments) - {"--no-download"}:
        print(f"prometheus: what is {min(unknown)}? Known: --no-download")
        return 2
    found = on_path() or cached()
    try:
        if found is None and arguments:
            raise NotHad("none in PATH and none fetched. Fetch it: python scripts/prometheus.py")
        if found is None:
            download()
            found = cached()
        if found is None:
            raise NotHad("the distribution's package is older than 2.42 or newer than 2.x, or does not run here")
    except NotHad as reason:
        print(f"prometheus: {reason}")
        return 1
    said, tools = found
    print(f"version {said}")
    for tool in tools:
        print(f"{tool.name} {tool}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
