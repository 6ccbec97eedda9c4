"""`bihuan pack lint|test|docs|schema`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bihuan.app.clock import WallClock
from bihuan.app.collecting import no_collecting
from bihuan.app.packs import day, find, gather, rules, shelf
from bihuan.model.errors import PackError
from bihuan.pack.lint import lint as pack_lint
from bihuan.pack.load import read_checked, rules_of
from bihuan.pack.scenario import read_scenario


def _named(arguments: argparse.Namespace) -> list[str]:
    """The packs asked for; a folder of packs stands for all in it."""
    wanted = arguments.packs or [str(shelf())]
    out = []
    for name in wanted:
        inside = sorted(str(path.parent) for path in Path(name).glob("*/pack.yaml"))
        out.extend(inside or [str(find(name))])
    return out


def lint(arguments: argparse.Namespace) -> int:
    names = _named(arguments)
    with no_collecting():
        report = pack_lint(gather(names), today=datetime.now(UTC).date().isoformat())
    for finding in report.findings:
        print(finding)
    for name, grade in report.grades.items():
        print(f"{name}: {grade}")
    return 1 if report.errors or report.grade == "none" else 0


def test(arguments: argparse.Namespace) -> int:
    from bihuan.replay.scenario import run_scenario  # the loop and its engine, which no other of these commands needs

    passed = failed = 0
    for name in _named(arguments):
        folders = gather([name])
        draft = read_checked(folders)
        zone = rules_of(draft, folders, "test").zone
        pack = Path(name).resolve().name
        for path, text in folders[pack].items():
            if not path.startswith("tests/"):
                continue
            where = f"packs/{pack}/{path}"
            try:
                scenario = read_scenario(text, where, zone)
                on_that_day = rules_of(draft, folders, "cq", day(scenario.clock))
                failures = [str(failure) for failure in run_scenario(on_that_day, scenario)]
            except PackError as error:
                failures = [str(error)]
            passed, failed = passed + (not failures), failed + bool(failures)
            print(f"{'FAILED' if failures else 'passed'} {where}", file=sys.stderr if failures else sys.stdout)
            for failure in failures:
                print(f"  {failure}", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def docs(arguments: argparse.Namespace) -> int:
    from bihuan.pack.docs import docs as pack_docs

    print(pack_docs(rules(_named(arguments), WallClock().now())))
    return 0


def schema(arguments: argparse.Namespace) -> int:
    from bihuan.pack.json_schema import content_schema, manifest_schema

    both = {"pack.yaml": manifest_schema(), "*.yaml": content_schema()}
    print(msgspec.json.format(msgspec.json.encode(both)).decode())
    return 0
