"""`bihuan import readings`: a file into the folder of a centre that is not running."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.flow.command import bihuan_says, write_packs
from tests.packs_for_tests import small_pack
from tests.workbooks import write_workbook

from bihuan.history.intake import IntakeLog
from bihuan.journal.sqlite import read_facts

HEADER = "indicator,place,at,value,quality\n"
TIMES = [f"2025-09-01T0{2 + minute // 60}:{minute % 60:02}" for minute in range(0, 100, 5)]
VALUES = [20.0 if n < 4 else 0.0 for n in range(len(TIMES))]


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return write_packs(tmp_path / "packs", small_pack()) / "rain"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def write_csv(path: Path, times: Sequence[str] = TIMES, values: Sequence[float] = VALUES, *extra: str) -> Path:
    lines = [f"rain,1101,{time},{value},\n" for time, value in zip(times, values, strict=True)]
    path.write_text(HEADER + "".join(lines) + "".join(f"{line}\n" for line in extra), encoding="utf-8")
    return path


def kinds(data: Path) -> list[str]:
    """Kinds of all facts in the journal."""
    return [fact.kind for fact in read_facts(data / "journal")]


def test_a_file_founds_a_centre_and_gives_the_journal_that_a_replay_gives(packs: Path, data: Path, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "rain.csv")
    said = bihuan_says("import", "readings", file, "--data", data, "--packs", packs)
    assert said.out == "20 rows: 20 taken, 0 refused\n"
    assert "readings: 50 % (10/20)" in said.err
    assert said.err.count("%") == 10
    bihuan_says("replay", "--packs", packs, "--readings", file, "--facts", tmp_path / "facts.jsonl")
    facts = (tmp_path / "facts.jsonl").read_text("utf-8").splitlines()
    assert kinds(data) == [json.loads(fact)["kind"] for fact in facts]
    assert kinds(data).count("warning-raised") == 1
    assert "entries, in order and unaltered" in bihuan_says("journal", "verify", "--data", data).out


def test_the_three_formats_give_the_same_facts(packs: Path, tmp_path: Path) -> None:
    table = pa.table({
        "indicator": ["rain"] * 20, "place": ["1101"] * 20,
        "at": pa.array([datetime.fromisoformat(time) for time in TIMES], pa.timestamp("ms")), "value": VALUES,
    })  # fmt: skip
    pq.write_table(table, tmp_path / "rain.parquet")
    rows = [["rain", 1101, datetime.fromisoformat(time), value] for time, value in zip(TIMES, VALUES, strict=True)]
    header = HEADER.strip().split(",")[:4]
    write_workbook(tmp_path / "rain.xlsx", {"notes": [["see the next sheet"]], "rain": [header, *rows]})
    write_csv(tmp_path / "rain.csv")
    seen = []
    for name, more in (("rain.csv", []), ("rain.parquet", []), ("rain.xlsx", ["--sheet", "rain"])):
        data = tmp_path / f"data-{name}"
        said = bihuan_says("import", "readings", tmp_path / name, "--data", data, "--packs", packs, *more)
        assert said.out == "20 rows: 20 taken, 0 refused\n"
        seen.append(kinds(data))
    assert seen[0] == seen[1] == seen[2]


def test_bad_rows_are_listed_and_the_good_ones_kept(packs: Path, data: Path, tmp_path: Path) -> None:
    bad = ["rain,9999,2025-09-01T03:00,1,"] * 1_500 + ["rain,1101,2999-01-01T00:00,1,"]
    file = write_csv(tmp_path / "rain.csv", TIMES, VALUES, *bad)
    said = bihuan_says("import", "readings", file, "--data", data, "--packs", packs)
    assert said.out == "1,521 rows: 20 taken, 1,501 refused\n"
    assert said.err.count(": row ") == 20
    assert f"{file}: row 22: there is no place or thing '9999'." in said.err
    listed = (tmp_path / "rain.csv.refused.csv").read_text("utf-8").splitlines()
    assert len(listed) == 1_502
    assert listed[0] == "row,what,remedy"
    assert listed[-1].startswith("1522,the time 2999-01-01T00:00:00+08:00 is still to come")


def test_the_list_goes_where_it_is_told_and_an_old_one_is_emptied(packs: Path, data: Path, tmp_path: Path) -> None:
    file, listed = write_csv(tmp_path / "rain.csv", TIMES, VALUES, "rain,1101,soon,1,"), tmp_path / "bad.csv"
    bihuan_says("import", "readings", file, "--data", data, "--packs", packs, "--refused", listed)
    assert len(listed.read_text("utf-8").splitlines()) == 2
    assert not (tmp_path / "rain.csv.refused.csv").exists()
    bihuan_says("import", "readings", write_csv(file), "--data", data, "--refused", listed)
    assert listed.read_text("utf-8").splitlines() == ["row,what,remedy"]


def test_a_second_file_goes_on_where_the_first_one_ended(packs: Path, tmp_path: Path) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    bihuan_says("import", "readings", write_csv(tmp_path / "all.csv"), "--data", whole, "--packs", packs)
    write_csv(tmp_path / "one.csv", TIMES[:11], VALUES[:11])
    write_csv(tmp_path / "two.csv", TIMES[11:], VALUES[11:])
    bihuan_says("import", "readings", tmp_path / "one.csv", "--data", halves, "--packs", packs)
    bihuan_says("import", "readings", tmp_path / "two.csv", "--data", halves)
    assert kinds(halves) == kinds(whole)


def test_the_same_file_again_changes_nothing(packs: Path, data: Path, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "rain.csv")
    bihuan_says("import", "readings", file, "--data", data, "--packs", packs)
    before = kinds(data)
    said = bihuan_says("import", "readings", file, "--data", data)
    assert said.out == "20 rows: 20 already there, 0 refused\n"
    assert kinds(data) == before


def test_what_lies_before_the_last_turn_is_late_and_kept(packs: Path, data: Path, tmp_path: Path) -> None:
    bihuan_says(
        "import", "readings", write_csv(tmp_path / "new.csv", TIMES[10:], VALUES[10:]), "--data", data, "--packs", packs
    )
    said = bihuan_says("import", "readings", write_csv(tmp_path / "old.csv", TIMES[:10], VALUES[:10]), "--data", data)
    assert said.out == "10 rows: 10 taken, 10 late, 0 refused\n"
    log = IntakeLog(data / "intake", read_only=True)
    assert sum(len(batch) for _, batch in log.read()) == 20
    assert kinds(data).count("warning-raised") == 0


def test_a_folder_in_use_is_left_alone(packs: Path, data: Path, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "rain.csv", TIMES, VALUES, "rain,1101,soon,1,")
    bihuan_says("import", "readings", file, "--data", data, "--packs", packs)
    (tmp_path / "rain.csv.refused.csv").unlink()
    log = IntakeLog(data / "intake")
    try:
        said = bihuan_says("import", "readings", file, "--data", data, code=1)
    finally:
        log.close()
    assert "another process writes this intake log" in said.err
    assert not (tmp_path / "rain.csv.refused.csv").exists(), "it was said before the file was read"


def test_what_does_not_fit_is_refused_with_a_remedy(packs: Path, data: Path, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "rain.csv")
    assert "there is no centre in this folder" in bihuan_says("import", "readings", file, "--data", data, code=1).err
    bad = write_csv(tmp_path / "bad.csv", [], [], "rain,1101,soon,1,")
    said = bihuan_says("import", "readings", bad, "--data", data, "--packs", packs, code=1)
    assert "no row of the file can be taken" in said.err
    assert not data.exists(), "nothing was founded"
    said = bihuan_says("import", "readings", tmp_path / "rain.txt", "--data", data, "--packs", packs, code=1)
    assert "is none of .csv, .parquet, .xlsx" in said.err
    data.mkdir()
    (data / "letter.txt").write_text("mine")
    said = bihuan_says("import", "readings", file, "--data", data, "--packs", packs, code=1)
    assert "not empty and holds no centre" in said.err


def test_other_packs_than_the_centre_has_are_refused(packs: Path, data: Path, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "rain.csv")
    bihuan_says("import", "readings", file, "--data", data, "--packs", packs)
    said = bihuan_says("import", "readings", file, "--data", data, "--packs", "heavy-rain", code=1)
    assert "Leave --packs out." in said.err
