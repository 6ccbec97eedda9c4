"""`bihuan run` and `bihuan account`."""

import argparse
from pathlib import Path

from bihuan import office
from bihuan.app.clock import WallClock
from bihuan.app.folder import About, DataFolder
from bihuan.app.packs import rules as rules_of
from bihuan.app.server import serve
from bihuan.history.clickhouse import embedded
from bihuan.model.errors import SettingError
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Words


def run(arguments: argparse.Namespace) -> int:
    folder = DataFolder(path=Path(arguments.data))
    if not folder.exists():
        if folder.path.exists() and any(folder.path.iterdir()):
            raise SettingError("the folder is not empty and holds no centre", where=arguments.data, remedy="Name a new folder.")
        packs = tuple(name for name in arguments.packs.split(",") if name)
        began = WallClock().now()
        if arguments.history == "clickhouse":
            embedded()
        rules_of(packs, began, folder.rules)
        folder.found(About(packs=packs, began=began, history=arguments.history or "parquet"))
        print(f"A new centre in {arguments.data} with {', '.join(packs)}. Make accounts with `bihuan account NAME --data DIR`.")
    elif arguments.history and arguments.history != (kept := folder.about().history):
        raise SettingError(
            f"this centre keeps its readings in {kept}, not in {arguments.history}",
            where="--history",
            remedy="Leave --history out. To change it, found a new folder: it is chosen when a centre is founded.",
        )
    return serve(folder.path, arguments.host, arguments.port)


class _Units:
    """The office's gate while accounts are made: it knows the units, and takes no commands."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def submit(self, command: object) -> list[str]:
        raise TimeoutError

    def unit(self, unit_id: str) -> tuple[Words, str] | None:
        unit = self._rules.units.get(unit_id)
        return (unit.words, unit.level) if unit else None

    def took(self, unit_id: str) -> None:
        return None


def account(arguments: argparse.Namespace) -> int:
    folder = DataFolder(path=Path(arguments.data))
    rules = rules_of(folder.about().packs, WallClock().now())
    unit = arguments.post.partition("@")[2]
    if arguments.post and unit not in rules.units:
        raise SettingError(
            f"there is no unit '{unit}'", where="--post", remedy="Write it as duty@500101: post, @, a unit's id."
        )
    office.start(folder.path, _Units(rules))
    password = office.create_account(arguments.name, arguments.post, admin=arguments.admin)
    print(f"{arguments.name}: {password}\nThis password is shown once and kept nowhere. Log in at /office/login/.")
    return 0
