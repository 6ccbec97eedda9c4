"""All benches, each in a process of its own: `python -m bench`. Exits 1 when a gate is missed; one that cannot run says why."""

import subprocess
import sys
from pathlib import Path

NO_BENCH = ("__init__", "__main__", "gates")


def main() -> int:
    names = [file.stem for file in sorted(Path(__file__).parent.glob("*.py")) if file.stem not in NO_BENCH]
    codes = {}
    for name in names:
        print(f"--- bench.{name}", flush=True)
        codes[name] = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
    words = {0: "reached", 1: "missed", 2: "could not run"}
    print("bench: " + ", ".join(f"{name} {words.get(code, 'failed')}" for name, code in codes.items()))
    return int(any(code not in (0, 2) for code in codes.values()))


if __name__ == "__main__":
    sys.exit(main())
