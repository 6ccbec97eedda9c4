"""`bihuan import cases`: the log of another system into the folder of a centre that is not running."""

import json
from pathlib import Path

import pytest
from tests.flow.command import bihuan_says, write_packs
from tests.packs_for_tests import small_pack

from bihuan.journal.sqlite import read_facts

MAP = """\
log: town-311
format: csv
zone: Asia/Shanghai
case: {id: no, type: kind, opened: opened, closed: closed, due: due, unit: office, parent: of}
"""
LOG = """\
no,kind,opened,closed,due,office,of
1,Pothole,2025-01-01,2025-01-05,2025-01-04,Roads,
2,Leak,2025-01-01,2025-01-03,2025-01-04,Water,
3,Leak,2025-01-02,2025-01-04,,Water,2
4,Leak,soon,,,Water,
5,Leak,2025-01-02,,,Water,
"""
SUMMARY = """\
town-311, as its source claims; nothing of it was checked here:
  cases       4: 3 closed, 1 open
  late        1 of 2 closed cases with a due time
  duplicates  0
  parents     1 of 1 children: 1 closed before their last child
    2 closed 2025-01-02T16:00:00+00:00; its child 3 closed 2025-01-03T16:00:00+00:00 (cq-4)
"""


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """A folder with packs, a map and a log in it."""
    write_packs(tmp_path / "packs", small_pack())
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")
    return tmp_path


def test_a_log_is_taken_in_once_and_its_figures_come_from_the_journal(at: Path) -> None:
    words = ("import", "cases", at / "log.csv", "--map", at / "map.yaml", "--data", at / "data")
    first = bihuan_says(*words, "--packs", at / "packs" / "rain")
    assert first.out == "5 records: 4 new, 1 refused\n" + SUMMARY
    assert "row 5: 'soon' is no time as the map says. Check `times` in the map" in first.err
    assert "100 %" in first.err
    listed = (at / "log.csv.refused.csv").read_text("utf-8").splitlines()
    assert [line.partition(",")[0] for line in listed] == ["row", "5"]
    facts = list(read_facts(at / "data" / "journal"))
    assert [fact.kind for fact in facts] == ["packs-loaded", "log-received", *["case-imported"] * 4]
    again = bihuan_says(*words)
    assert again.out == "5 records: 4 already there, 1 refused\n" + SUMMARY
    assert list(read_facts(at / "data" / "journal")) == facts
    said = bihuan_says("explain", "town-311/2", "--data", at / "data", "--lang", "en").out
    assert said.startswith(
        "Case 2 of the log town-311: closed, as its source says\ncq-4 case-imported by log:town-311, because cq-2"
    )
    assert bihuan_says("explain", "cq-4", "--data", at / "data", "--lang", "en").out == said
    assert "6 entries, in order and unaltered" in bihuan_says("journal", "verify", "--data", at / "data").out


def test_a_newer_log_changes_what_changed_and_says_it_in_json(at: Path) -> None:
    words = ("import", "cases", at / "log.csv", "--map", at / "map.yaml", "--data", at / "data", "--json")
    bihuan_says(*words, "--packs", at / "packs" / "rain")
    newer = LOG.replace("soon", "2025-01-02").replace("5,Leak,2025-01-02,,", "5,Leak,2025-01-02,2025-01-09,2025-01-08")
    (at / "log.csv").write_text(newer, encoding="utf-8")
    told = json.loads(bihuan_says(*words).out)
    assert {name: told[name] for name in ("records", "new", "changed", "known", "refused")} == {
        "records": 5, "new": 1, "changed": 1, "known": 3, "refused": 0,
    }  # fmt: skip
    assert (told["log"]["cases"], told["log"]["closed"], told["log"]["late"]) == (5, 4, 2)
    assert (at / "log.csv.refused.csv").read_text("utf-8") == "row,what,remedy\n"


def test_an_older_export_is_left_out_and_said_and_where_nothing_tells_that_is_said_too(at: Path) -> None:
    words = ("import", "cases", at / "log.csv", "--map", at / "map.yaml", "--data", at / "data")
    (at / "map.yaml").write_text(MAP.replace("parent: of", "parent: of, updated: changed"), encoding="utf-8")
    older = "no,kind,opened,closed,due,office,of,changed\n1,Leak,2025-01-01,,,Water,,2025-01-01\n2,Leak,2025-01-01,,,Water,,\n"
    newer = older.replace("Water,,2025-01-01", "Roads,,2025-01-03")
    (at / "log.csv").write_text(newer, encoding="utf-8")
    bihuan_says(*words, "--packs", at / "packs" / "rain")
    (at / "log.csv").write_text(older.replace("2,Leak,2025-01-01,,", "2,Leak,2025-01-01,2025-01-02,"), encoding="utf-8")
    said = bihuan_says(*words)
    assert said.out.startswith("2 records: 1 changed, 1 older than what is there, left out, 0 refused\n")
    assert "of 1 changed cases nothing in the log says which content is newer: what came in last counts" in said.err
    told = json.loads(bihuan_says(*words, "--json").out)
    assert (told["known"], told["older"], told["undated"]) == (1, 1, 0)


def test_one_map_reads_several_sources_under_their_names(at: Path) -> None:
    words = ("import", "cases", at / "log.csv", "--map", at / "map.yaml", "--data", at / "data")
    bihuan_says(*words, "--packs", at / "packs" / "rain")
    said = bihuan_says(*words, "--log", "town-312")
    assert said.out.startswith("5 records: 4 new, 1 refused\ntown-312, as its source claims")
    assert "--log: 'a/b' is no name for a log" in bihuan_says(*words, "--log", "a/b", code=1).err


def test_what_is_wrong_is_said_with_file_and_line(at: Path) -> None:
    words = ("import", "cases", at / "log.csv", "--map", at / "map.yaml", "--data", at / "data")
    assert "there is no centre in this folder" in bihuan_says(*words, code=1).err
    (at / "map.yaml").write_text(MAP.replace("unit: office", "unit: agency"), encoding="utf-8")
    said = bihuan_says(*words, "--packs", at / "packs" / "rain", code=1).err
    assert "log.csv: line 1: there is no column 'agency'. Known columns: closed, due" in said
    (at / "map.yaml").write_text(MAP.replace("kind", "[kind"), encoding="utf-8")
    assert "map.yaml:4:" in bihuan_says(*words, code=1).err
    (at / "map.yaml").write_text(MAP, encoding="utf-8")
    assert "the map cannot be read" in bihuan_says(*words[:3], "--map", at / "none", "--data", at / "data", code=1).err
    assert "the log cannot be read" in bihuan_says("import", "cases", at / "none", *words[3:], code=1).err


def test_of_a_log_that_breaks_off_the_cases_before_are_kept_and_the_mended_one_brings_the_rest(at: Path) -> None:
    words = ("import", "cases", at / "log.csv", "--map", at / "map.yaml", "--data", at / "data")
    (at / "log.csv").write_text(LOG.replace("5,Leak", '5,"Leak'), encoding="utf-8")
    said = bihuan_says(*words, "--packs", at / "packs" / "rain", code=1)
    assert "log.csv: line 6: this is not CSV" in said.err
    assert "What stands before is taken" in said.err
    (at / "log.csv").write_text(LOG, encoding="utf-8")
    assert bihuan_says(*words).out.startswith("5 records: 1 new, 3 already there, 1 refused\n")
