"""Packs on disk: found by name or folder, read into texts for the pack room, which opens no files itself."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bihuan import __version__
from bihuan.app.collecting import no_collecting
from bihuan.model.errors import PackError
from bihuan.model.times import iso
from bihuan.pack.kept import kept, key_of, taken
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.pack.yaml_text import read_yaml

TEXTS = {".yaml", ".yml", ".csv", ".geojson"}
MOST_BYTES = 16 * 1024 * 1024
"""One file of a pack at the most."""

MOST_READ_HERE = 1024 * 1024
"""Characters of all packs at the most that are read in the process that needs them, where they are kept for the next."""

_READ = "import sys, pathlib; from bihuan.app import packs; packs.read_and_keep(pathlib.Path(sys.argv[1]), sys.argv[2:])"


def shelf() -> Path:
    """Where the packs that come with Bihuan are: beside the source in a checkout, inside the package when installed."""
    inside = Path(__file__).parents[1] / "packs"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "packs"


def find(name: str) -> Path:
    """Folder of a pack given by name (of the shelf) or by path. Raises PackError with the names there are."""
    for folder in (Path(name), shelf() / name):
        if (folder / "pack.yaml").is_file():
            return folder
    known = sorted(path.parent.name for path in shelf().glob("*/pack.yaml"))
    raise PackError(
        f"there is no pack '{name}'.", remedy=f"Known packs: {', '.join(known)}; or give a folder with a pack.yaml."
    )


def texts(folder: Path) -> dict[str, str]:
    """Every text of a pack by its path inside the folder."""
    out = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in TEXTS and path.is_file():
            if path.stat().st_size > MOST_BYTES:
                raise PackError("the file is too large", where=str(path), remedy=f"Keep it under {MOST_BYTES >> 20} MiB.")
            try:
                out[path.relative_to(folder).as_posix()] = path.read_text("utf-8")
            except UnicodeDecodeError as error:
                raise PackError(f"not UTF-8: {error}", where=str(path), remedy="Save the file as UTF-8.") from error
    return out


def folders(names: Iterable[str]) -> dict[str, Path]:
    """Folders of the named packs and of everything they require, by folder name."""
    out: dict[str, Path] = {}
    wanted = list(names)
    while wanted:
        folder = find(wanted.pop(0))
        name = folder.resolve().name
        if name not in out:
            out[name] = folder
            wanted.extend(_required(folder))
    return out


def gather(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Texts of the named packs and of everything they require, by folder name."""
    return {name: texts(folder) for name, folder in folders(names).items()}


def areas(names: Iterable[str]) -> bytes:
    """TopoJSON of the places, from the first pack that brings one (`geo/*.topo.json`); an empty one where none does."""
    for folder in folders(names).values():
        for path in sorted((folder / "geo").glob("*.topo.json")):
            return path.read_bytes()
    return b'{"type":"Topology","objects":{},"arcs":[]}'


def _required(folder: Path) -> list[str]:
    """Names in `requires`: beside the pack first, then on the shelf. The loader judges the rest of the manifest."""
    try:
        manifest = read_yaml((folder / "pack.yaml").read_text("utf-8"), "pack.yaml").value
    except (PackError, UnicodeDecodeError):
        return []  # the loader says what is wrong with it
    names = manifest.get("requires", []) if isinstance(manifest, dict) else []
    out = []
    for name in names if isinstance(names, list) else []:
        beside = folder.parent / str(name)
        out.append(str(beside) if (beside / "pack.yaml").is_file() else str(name))
    return out


def rules(names: Sequence[str], at: int | None = None, keep: Path | None = None) -> Rules:
    """The rules of the named packs as they hold at `at` (ms UTC); without it the newest version of everything.

    In the file `keep` they are kept for the next time, which is then several times quicker. Raises PackError for what is
    wrong in them, all at once.
    """
    with no_collecting():
        found, today = gather(names), "" if at is None else day(at)
        if keep is None:
            return load(found, today=today)
        key = key_of(found, _program())
        if (rules := _taken(keep, key, today)) is not None:
            return rules
        # Reading leaves many times the memory behind that rules need: where there is much, a process does it that ends.
        if sum(len(text) for files in found.values() for text in files.values()) > MOST_READ_HERE:
            import subprocess

            subprocess.run([sys.executable, "-c", _READ, str(keep), *names], check=False, capture_output=True)  # noqa: S603
            if (rules := _taken(keep, key, today)) is not None:
                return rules
        rules = load(found, today=today)
        _keep(keep, rules, key)
        return rules


def read_and_keep(keep: Path, names: Sequence[str]) -> None:
    """Keep the rules of the named packs in the file `keep`."""
    with no_collecting():
        found = gather(names)
        _keep(keep, load(found), key_of(found, _program()))


def _keep(keep: Path, rules: Rules, key: bytes) -> None:
    keep.parent.mkdir(parents=True, exist_ok=True)
    half = keep.with_suffix(f".{os.getpid()}")
    half.write_bytes(kept(rules, key))
    half.replace(keep)


def _taken(keep: Path, key: bytes, today: str) -> Rules | None:
    return taken(keep.read_bytes(), key, today) if keep.is_file() else None


def _program() -> bytes:
    """What this program reads packs with, as far as it shows from outside."""
    room = Path(load.__code__.co_filename).parent
    files = [(path.name, path.stat()) for path in sorted(room.glob("*.py"))]
    return repr([__version__, [(name, stat.st_size, stat.st_mtime_ns) for name, stat in files]]).encode()


def day(at: int) -> str:
    """The ISO date of `at`. In UTC: which of two thresholds holds on the day between them is no matter of hours."""
    return iso(at)[:10]
