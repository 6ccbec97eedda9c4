"""The command line. Reads the words, calls `app`, says errors as what, where and what to do."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from bihuan import __version__
from bihuan.model.errors import BihuanError

Run = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 something was found wrong, 2 the words were wrong."""
    arguments = _parser().parse_args(argv)
    try:
        run: Run = arguments.run
        return run(arguments)
    except BihuanError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bihuan", description="Bihuan (闭环): run a place as a closed loop.")
    parser.add_argument("--version", action="version", version=f"bihuan {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_demo, _run, _import, _upkeep, _replay, _explain, _audit, _pack, _journal, _account):
        add(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="a real storm over Chongqing, with a simulated cast, on a page or headless")
    demo.add_argument("--speed", type=float, metavar="N", help="virtual seconds a second (default: the storm in ten minutes)")
    demo.add_argument("--seed", type=int, default=7, metavar="S", help="what the simulated posts do (default 7)")
    demo.add_argument("--data", default="demo-data", metavar="DIR", help="where to keep it; an earlier demo there is replaced")
    demo.add_argument("--port", type=int, default=8000, metavar="P")
    demo.add_argument("--headless", action="store_true", help="no page, as fast as it goes; prints the journal's head")
    demo.add_argument("--until", default="end", metavar="END", help="with --headless: `end` or an ISO time of the storm")
    demo.set_defaults(run=_lazily("demo", "demo"))


def _run(commands: Commands) -> None:
    run = commands.add_parser("run", help="run a centre on a data folder")
    run.add_argument("--data", required=True, metavar="DIR")
    run.add_argument("--packs", default="heavy-rain", metavar="P,...", help="for a new folder: names or folders of packs")
    run.add_argument("--history", choices=("parquet", "clickhouse"), help="for a new folder: what keeps readings at rest")
    run.add_argument("--port", type=int, default=8000, metavar="P")
    run.add_argument("--host", default="127.0.0.1", metavar="H")
    run.set_defaults(run=_lazily("serve", "run"))


def _import(commands: Commands) -> None:
    verbs = commands.add_parser("import", help="bring files into a centre that is not running").add_subparsers(
        required=True, metavar="VERB"
    )
    readings = verbs.add_parser("readings", help="readings from .csv, .parquet or .xlsx, as if they had come at their times")
    readings.add_argument("file", metavar="FILE")
    readings.add_argument("--data", required=True, metavar="DIR")
    readings.add_argument("--packs", default="", metavar="P,...", help="for a new folder: names or folders of packs")
    readings.add_argument("--sheet", default="", metavar="NAME", help="of an .xlsx file (default: the first)")
    readings.add_argument("--refused", metavar="CSV", help="where to list refused rows (default: FILE.refused.csv)")
    readings.set_defaults(run=_lazily("intake", "readings"))


def _upkeep(commands: Commands) -> None:
    upkeep = commands.add_parser("upkeep", help="what a running centre does at night, for one that is not running")
    upkeep.add_argument("--data", required=True, metavar="DIR")
    upkeep.set_defaults(run=_lazily("upkeep", "upkeep"))


def _replay(commands: Commands) -> None:
    replay = commands.add_parser("replay", help="recorded readings through the loop in virtual time; facts as JSON lines")
    replay.add_argument("--packs", required=True, metavar="P,...")
    replay.add_argument(
        "--readings", required=True, metavar="FILE", help=".csv (indicator,place,at,value,quality), .parquet or .xlsx"
    )
    replay.add_argument("--facts", required=True, metavar="OUT.jsonl")
    replay.add_argument("--data", metavar="DIR", help="also keep journal and readings in this new folder")
    replay.set_defaults(run=_lazily("replay", "replay"))


def _explain(commands: Commands) -> None:
    explain = commands.add_parser("explain", help="why? from a fact, case, warning, task or indicator@place")
    explain.add_argument("id", metavar="ID")
    explain.add_argument("--data", default="demo-data", metavar="DIR")
    explain.add_argument("--lang", choices=("zh", "en"), default="zh")
    explain.set_defaults(run=_lazily("look", "explain"))


def _audit(commands: Commands) -> None:
    audit = commands.add_parser("audit", help="hold every closed case of a journal against the laws of closing")
    audit.add_argument("--data", default="demo-data", metavar="DIR")
    audit.set_defaults(run=_lazily("look", "audit"))


def _pack(commands: Commands) -> None:
    pack = commands.add_parser("pack", help="lint packs, run their scenario tests, print what they declare")
    verbs = pack.add_subparsers(required=True, metavar="VERB")
    for verb, text in (
        ("lint", "grade packs bronze, silver or gold and say what is in the way"),
        ("test", "play the scenarios in tests/*.yaml in virtual time"),
        ("docs", "what packs declare, as a page of Markdown"),
        ("schema", "JSON Schema of pack files, for editors"),
    ):
        one = verbs.add_parser(verb, help=text)
        one.add_argument("packs", nargs="*", metavar="P", help="names or folders (default: all that come with Bihuan)")
        one.set_defaults(run=_lazily("packs", verb))


def _journal(commands: Commands) -> None:
    journal = commands.add_parser("journal", help="the journal of a centre")
    verbs = journal.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="hold every entry against the chain and the signed checkpoints")
    verify.add_argument("--data", required=True, metavar="DIR")
    verify.set_defaults(run=_lazily("look", "verify"))


def _account(commands: Commands) -> None:
    account = commands.add_parser("account", help="make an account for a person at a post; prints its first password once")
    account.add_argument("name")
    account.add_argument("--post", default="", metavar="POST@UNIT")
    account.add_argument("--admin", action="store_true")
    account.add_argument("--data", required=True, metavar="DIR")
    account.set_defaults(run=_lazily("serve", "account"))


def _lazily(module: str, name: str) -> Run:
    """Load a command's room only when it is called: `bihuan --help` waits for nothing."""

    def run(arguments: argparse.Namespace) -> int:
        from importlib import import_module

        command: Run = getattr(import_module(f"bihuan.app.commands.{module}"), name)
        return command(arguments)

    return run


if __name__ == "__main__":
    sys.exit(main())
