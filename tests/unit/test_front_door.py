"""The front door: what a stranger installs and builds."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CORE = ("model", "engine", "loop", "pack")
NOT_IN_CORE = {"open", "input", "print", "eval", "exec", "__import__"}


def declared(root: Path) -> set[str]:
    """Names of everything pyproject.toml asks for, runtime and dev, as pip spells them."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return {plain(re.split(r"[<>=;\[ ]", line)[0]) for line in lines}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    return {plain(name): version for name, _, version in (line.partition("==") for line in lines if not line.startswith("#"))}


def test_every_dependency_is_pinned_exactly(root: Path) -> None:
    assert declared(root) - pins(root).keys() == set()
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in pins(root).values())


def test_every_dependency_says_why_it_is_here(root: Path) -> None:
    page = (root / "docs" / "decisions" / "001-dependencies.md").read_text("utf-8")
    rows = {plain(row) for row in re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)}
    assert declared(root) - rows == set()


def test_every_package_of_the_screens_says_why_it_is_here(root: Path) -> None:
    page = (root / "docs" / "decisions" / "001-dependencies.md").read_text("utf-8")
    package = json.loads((root / "cockpit" / "package.json").read_text("utf-8"))
    wanted = {name for name in {**package["dependencies"], **package["devDependencies"]} if not name.startswith("@types/")}
    assert wanted - set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)) == set()


def test_locks_name_no_host(root: Path) -> None:
    assert not re.search(r"://|@|--hash|--index|--find", (root / "constraints.txt").read_text("utf-8"))
    lock = json.loads((root / "cockpit" / "package-lock.json").read_text("utf-8"))
    assert len(lock["packages"]) > 1
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_the_machine_this_was_written_on_shows_nowhere(root: Path) -> None:
    files = [root / name for name in ("Makefile", "pyproject.toml", "hatch_build.py", ".ci/run", "constraints.txt")]
    files += [*(root / "scripts").glob("*"), *(root / "src").rglob("*.py")]
    homes = re.compile(r"/(work|root|home)/\w")
    found = [
        f"{file.relative_to(root)}: {line}" for file in files if file.is_file() for line in lines(file) if homes.search(line)
    ]
    assert found == []


def lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


@pytest.mark.parametrize("room", CORE)
def test_the_core_opens_no_file_and_talks_to_no_one(root: Path, room: str) -> None:
    calls = [
        f"{file.name}:{node.lineno} {node.func.id}"
        for file in (root / "src" / "bihuan" / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NOT_IN_CORE
    ]
    assert calls == []


def test_a_skip_turns_red_in_ci(root: Path, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((root / "tests" / "conftest.py").read_text("utf-8"))
    (tmp_path / "test_skipped.py").write_text("import pytest\n\ndef test_nothing():\n    pytest.skip('no reason')\n")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", str(tmp_path)]
    ci = subprocess.run(words, cwd=tmp_path, env={"CI": "true"}, capture_output=True, text=True)
    by_hand = subprocess.run(words, cwd=tmp_path, env={}, capture_output=True, text=True)
    assert ci.returncode == 1, ci.stdout
    assert "nothing may be" in ci.stdout
    assert by_hand.returncode == 0, by_hand.stdout


def test_the_bundle_is_built_again_only_when_its_sources_change(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root / "scripts"))
    import cockpit

    sources, static = tmp_path / "cockpit", tmp_path / "static"
    (sources / "node_modules").mkdir(parents=True)
    static.mkdir()
    for name, value in {"ROOT": tmp_path, "SOURCES": sources, "STATIC": static, "STAMP": static / ".sources"}.items():
        monkeypatch.setattr(cockpit, name, value)
    assert not cockpit.stale(), "without sources there is nothing to build"
    (sources / "package.json").write_text("{}")
    assert cockpit.stale()
    (static / ".sources").write_text(cockpit.digest(*cockpit.sources()))
    assert not cockpit.stale()
    (sources / "node_modules" / "left-pad.js").write_text("1")
    (sources / "App.test.ts").write_text("1")
    assert not cockpit.stale(), "neither what npm installed nor a test is a source of the bundle"
    (sources / "App.vue").write_text("1")
    assert cockpit.stale()
