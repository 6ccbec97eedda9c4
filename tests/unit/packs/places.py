"""What the tests of the shipped packs read: as the kernel reads it, and the map as a screen does."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Thing
from bihuan.pack.tables import read_table
from bihuan.pack.trouble import Troubles

ROOT = Path(__file__).parents[3]
PACKS = ROOT / "packs"
MAP = PACKS / "chongqing" / "geo" / "chongqing.topo.json"
STORM = PACKS / "heavy-rain" / "storm" / "rain-2018-05-13.parquet"


def texts(pack: str) -> dict[str, str]:
    folder = PACKS / pack
    files = (path for path in folder.rglob("*") if path.suffix in {".yaml", ".csv", ".geojson"})
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(files)}


@cache
def chongqing() -> Rules:
    return load({name: texts(name) for name in ("base", "chongqing")})


@cache
def things(name: str) -> tuple[Thing, ...]:
    """The rows of one things table of heavy-rain."""
    troubles = Troubles()
    text = (PACKS / "heavy-rain" / "things" / f"{name}.csv").read_text(encoding="utf-8")
    rows = tuple(row for _line, row in read_table(Thing, text, name, troubles))
    troubles.stop_if_any()
    return rows


@cache
def script(name: str) -> ModuleType:
    """A module of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
