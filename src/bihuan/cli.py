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
    for add in (_demo, _run, _import, _upkeep, _replay, _explain, _audit, _score, _pack, _plan, _journal, _account):
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
    cases = verbs.add_parser("cases", help="the log of another system, as what its source claims, under a declared map")
    cases.add_argument("file", metavar="FILE", help="CSV, JSON or XES, also packed with gzip")
    cases.add_argument("--map", required=True, metavar="MAP.yaml", help="which of its columns is what")
    cases.add_argument("--log", default="", metavar="NAME", help="the source, where one map reads several (default: the map's)")
    cases.add_argument("--data", required=True, metavar="DIR")
    cases.add_argument("--packs", default="", metavar="P,...", help="for a new folder: names or folders of packs")
    cases.add_argument("--refused", metavar="CSV", help="where to list refused rows (default: FILE.refused.csv)")
    cases.add_argument("--json", action="store_true", help="the figures as JSON")
    cases.set_defaults(run=_lazily("cases", "cases"))


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


def _score(commands: Commands) -> None:
    verbs = commands.add_parser("score", help="published scores as files that anybody can compute again").add_subparsers(
        required=True, metavar="VERB"
    )
    export = verbs.add_parser("export", help="formula, inputs, exclusions, result and the journal's seal in one file")
    export.add_argument("file", metavar="FILE", help="JSON, or CSV where it ends with .csv")
    export.add_argument("--data", required=True, metavar="DIR")
    export.add_argument("--card", required=True, metavar="ID", help="the scorecard")
    export.add_argument("--period", default="latest", metavar="P", help="2026-09, 2026-Q3, 2026-W36, 2026-09-05 or `latest`")
    export.add_argument("--csv", action="store_true", help="CSV whatever the file is called")
    export.set_defaults(run=_lazily("score", "export"))
    recompute = verbs.add_parser("recompute", help="every figure of such a file again; no server, no data folder")
    recompute.add_argument("file", metavar="FILE")
    recompute.set_defaults(run=_lazily("score", "recompute"))


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


def _plan(commands: Commands) -> None:
    verbs = commands.add_parser("plan", help="what a plan would do, and how it looks").add_subparsers(
        required=True, metavar="VERB"
    )
    for verb, text in (
        ("explain", "a dry run: who would get what until when, and why other plans would stay away"),
        ("chart", "the plan as a flow chart: an SVG made from its declaration"),
    ):
        one = verbs.add_parser(verb, help=text)
        one.add_argument("pack", metavar="PACK", help="name or folder of the pack")
        one.add_argument("plan", metavar="PLAN")
        if verb == "explain":
            one.add_argument("--place", required=True, metavar="CODE", help="where the trouble is: a place or a thing")
            one.add_argument("--level", default="", metavar="L", help="of the warning (default: the first the plan answers)")
            one.add_argument("--at", metavar="TIME", help="when it begins (default: now)")
            one.add_argument("--value", action="append", default=[], metavar="INDICATOR=N", help="a newest value there")
            one.add_argument("--json", action="store_true")
        one.add_argument("--lang", choices=("zh", "en"), default="zh")
        one.set_defaults(run=_lazily("plans", verb))


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
        import os
        from importlib import import_module

        from bihuan.app.collecting import no_collecting

        # Arrow's own keeps tens of megabytes of what is freed, and reads this when it is imported.
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        with no_collecting():
            command: Run = getattr(import_module(f"bihuan.app.commands.{module}"), name)
        return command(arguments)

    return run


if __name__ == "__main__":
    sys.exit(main())
