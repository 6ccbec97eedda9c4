"""`bihuan pack`: good packs pass, and a bad one is told with file, line and remedy."""

from pathlib import Path

import pytest
from tests.flow.command import bihuan_says, write_packs
from tests.packs_for_tests import small_pack, with_change


def test_good_packs_lint_test_and_describe_themselves(tmp_path: Path) -> None:
    packs = write_packs(tmp_path, small_pack())
    assert bihuan_says("pack", "lint", packs).out.splitlines()[-2:] == ["base: gold", "rain: gold"]
    tested = bihuan_says("pack", "test", packs / "rain")
    assert tested.out == "passed packs/rain/tests/rain.yaml\n1 passed, 0 failed\n"
    assert "flood-iii" in bihuan_says("pack", "docs", packs).out


def test_the_packs_that_come_with_bihuan_pass() -> None:
    tested = bihuan_says("pack", "test").out
    assert tested.endswith(" passed, 0 failed\n")
    assert not tested.startswith("0 passed")


BAD: list[tuple[str, str, str, str, str]] = [
    ("rain/plans.yaml", "role: drainage, at: district", "role: drainagee, at: district", "packs/rain/plans.yaml:", "drainage"),
    ("rain/plans.yaml", "case: rainstorm", "case: rainstrom", "packs/rain/plans.yaml:", "rainstorm"),
    ("rain/plans.yaml", "sign: 5m", "sign: five", "packs/rain/plans.yaml:", "10m"),
    ("rain/indicators.yaml", "ladder: rainstorm", "laddr: rainstorm", "packs/rain/indicators.yaml:", "laddr"),
    ("rain/indicators.yaml", "level: blue", "level: purple", "packs/rain/indicators.yaml:", "blue"),
    ("rain/pack.yaml", "requires: [base]", "requires: [bass]", "there is no pack 'bass'", "Known packs"),
    ("rain/places.csv", "1101,东一镇,town,11", "1101,东一镇,town,99", "packs/rain/places.csv:", "99"),
    ("rain/scorecards.yaml", "weight: 60", "weight: 70", "packs/rain/scorecards.yaml:", "100"),
    ("rain/cases.yaml", "verify: inspection", "verify: drainage", "packs/rain/cases.yaml:", "inspection"),
]


@pytest.mark.parametrize(("path", "old", "new", "where", "remedy"), BAD)
def test_a_bad_pack_is_refused_with_file_line_and_remedy(
    tmp_path: Path, path: str, old: str, new: str, where: str, remedy: str
) -> None:
    packs = write_packs(tmp_path, with_change(path, old, new))
    (tmp_path / "rain.csv").write_text("indicator,place,at,value\nrain,1101,2025-09-01T02:00,1\n")
    replayed = bihuan_says(
        "replay", "--packs", packs / "rain", "--readings", tmp_path / "rain.csv", "--facts", tmp_path / "out", code=1
    )
    assert where in replayed.err
    assert remedy in replayed.err
    linted = bihuan_says("pack", "lint", packs / "rain", code=1)
    assert where in linted.out + linted.err
    bihuan_says("pack", "test", packs / "rain", code=1)


def test_a_scenario_that_does_not_hold_fails_the_pack(tmp_path: Path) -> None:
    packs = write_packs(tmp_path, with_change("rain/tests/rain.yaml", "level: orange", "level: red"))
    tested = bihuan_says("pack", "test", packs / "rain", code=1)
    assert "FAILED packs/rain/tests/rain.yaml" in tested.err
    assert "the warning at 11 is at orange, not red" in tested.err
    assert tested.out == "0 passed, 1 failed\n"


def test_a_pack_nobody_has_is_told_with_those_there_are() -> None:
    err = bihuan_says("pack", "lint", "heavy-rian", code=1).err
    assert "there is no pack 'heavy-rian'" in err
    assert "heavy-rain" in err


def test_words_the_command_line_does_not_know_are_the_callers_mistake() -> None:
    assert "usage: bihuan" in bihuan_says("dance", code=2).err
    assert "usage: bihuan" in bihuan_says(code=2).err
    assert bihuan_says("--version").out.startswith("bihuan ")
