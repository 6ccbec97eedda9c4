"""The pack for load tests: small here, the same shape as the large one."""

from pathlib import Path

import pytest

from bihuan.app.packs import gather
from bihuan.pack.lint import lint
from bihuan.pack.load import load

from .places import script


def test_a_small_load_pack_loads_over_all_units_and_lints_to_silver(tmp_path: Path) -> None:
    folder = script("make_load_pack").write(tmp_path, indicators=47)
    texts = gather([str(folder)])
    rules = load(texts)
    headings = [[key for key in each if key.startswith("load-")] for each in (rules.plates, rules.tracks, rules.sub_tracks)]
    assert [len(each) for each in headings] == [8, 55, 452]
    assert len(rules.indicators) == 47
    assert {len(rules.subjects(indicator)) for indicator in rules.indicators.values()} == {1073}
    assert {indicator.direction for indicator in rules.indicators.values()} == {"higher-is-worse", "lower-is-worse", "band"}
    assert all(indicator.origin == "synthetic" for indicator in rules.indicators.values())
    assert {len({rung.level for rung in ladder.rungs}) for ladder in rules.ladders.values()} == {4}
    assert {rung.for_ for ladder in rules.ladders.values() for rung in ladder.rungs} == {0, 60_000, 300_000}
    report = lint(texts)
    assert (report.grades["load"], report.errors) == ("silver", ())


def test_the_same_numbers_make_the_same_pack(tmp_path: Path) -> None:
    write = script("make_load_pack").write
    one, other = write(tmp_path / "a", indicators=30, units=50), write(tmp_path / "b", indicators=30, units=50)
    texts = [{path.name: path.read_bytes() for path in sorted(folder.rglob("*.yaml"))} for folder in (one, other)]
    assert texts[0] == texts[1]
    rules = load(gather([str(one)]))
    assert {len(rules.subjects(indicator)) for indicator in rules.indicators.values()} == {50}


def test_more_units_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are 1073 units, not 1074"):
        script("make_load_pack").write(tmp_path, indicators=1, units=1074)
