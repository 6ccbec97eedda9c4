"""Real logs of five cities and towns, imported under the maps of examples/maps, against figures that were counted elsewhere.

The data is not in this repository (see CONTRIBUTING.md); without it these tests are skipped, and say so.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.flow.command import bihuan_says, write_packs
from tests.packs_for_tests import small_pack

DATA = Path(__file__).parents[3] / "shared" / "data"
LOGS = {
    "baltimore-311": DATA / "cases" / "baltimore311_2014_2017_dev.csv.gz",
    "chicago-open311": DATA / "cases" / "chicago_open311_followons_dev.json",
    "san-francisco-311": DATA / "cases" / "sf311_2008_2014_dev.csv.gz",
    "coselog-receipt": DATA / "cases" / "coselog_receipt_events.csv.gz",
    "bpi-2015-town-1": DATA / "cases" / "BPIC15_1.xes.gz",
    "bpi-2015-town-2": DATA / "cases" / "BPIC15_2.xes.gz",
}
NUMBERS = DATA / "reference_numbers_dev.json"

pytestmark = pytest.mark.skipif(
    not all(path.exists() for path in (*LOGS.values(), NUMBERS)), reason=f"there are no recorded cases in {DATA}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    write_packs(folder / "packs", small_pack())
    return folder


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(NUMBERS.read_text("utf-8"))
    return found


def imported(root: Path, folder: Path, log: str, map: str = "") -> dict[str, Any]:
    """What `--json` says of a log, all of one journal; nothing of it may have been refused."""
    maps, data = root / "examples" / "maps", folder / "data"
    words = ["import", "cases", LOGS[log], "--map", maps / f"{map or log}.yaml", "--log", log, "--data", data, "--json"]
    packs = [] if data.exists() else ["--packs", folder / "packs" / "rain"]
    said = bihuan_says(*words, *packs, "--refused", folder / "refused.csv")
    told: dict[str, Any] = json.loads(said.out)
    assert (told["refused"], told["passed_over"], told["unseen"]) == (0, 0, [])
    return told


def test_baltimore_has_as_many_late_and_duplicate_requests_as_counted_elsewhere(
    root: Path, folder: Path, numbers: dict[str, Any]
) -> None:
    told, known = imported(root, folder, "baltimore-311"), numbers["baltimore_dev"]
    log = told["log"]
    assert told["new"] == log["cases"] == known["rows"] == 7_545
    assert log["late"] == known["late"] == 1_199
    assert log["due"] == known["with_due_and_close"]
    assert log["open"] == known["open_without_close"]
    assert log["duplicates"] == sum(count for state, count in known["status"].items() if "Duplicate" in state) == 163
    assert log["backwards"] == known["close_before_create"]
    late = {unit["unit"]: [unit["late"], unit["due"]] for unit in log["units"]}
    assert {unit: late[unit] for unit in known["late_by_agency_top"]} == known["late_by_agency_top"]
    assert len(late) == known["agencies"]
    # Counted elsewhere as if no clock was changed in spring and autumn; ours has a zone.
    assert log["median_hours"] == pytest.approx(known["median_hours_to_close"], abs=0.05)


def test_san_francisco_has_cases_that_were_closed_before_they_were_opened_and_they_are_kept_as_claimed(
    root: Path, folder: Path, numbers: dict[str, Any]
) -> None:
    log, known = imported(root, folder, "san-francisco-311")["log"], numbers["sf_dev"]
    assert (log["cases"], log["open"], len(log["units"])) == (known["rows"], known["status"]["Open"], known["agencies"])
    assert log["backwards"] == known["close_before_create"] == 15
    assert log["median_hours"] == pytest.approx(known["median_hours_to_close"], abs=0.001)


def test_in_chicago_no_parent_closed_before_its_last_child_did_and_three_logs_do_not_say(root: Path, folder: Path) -> None:
    """Three parents tell of a child that was begun and of another one that ended: whether the first closed is not said."""
    log = imported(root, folder, "chicago-open311")["log"]
    assert (log["cases"], log["closed"], log["parents"], log["children"]) == (30, 30, 30, 33)
    assert log["early"] == 0
    assert log["unsaid"] == 3
    assert [(one["foreign"], one["child"], one["why"]) for one in log["early_parents"]] == [
        ("14-00195506", "14-00214133", "unsaid"),
        ("14-00298415", "14-00313366", "unsaid"),
        ("14-00323978", "14-00324701", "unsaid"),
    ]


def test_a_parent_that_had_closed_a_day_earlier_would_be_listed(root: Path, folder: Path) -> None:
    cases = json.loads(LOGS["chicago-open311"].read_text("utf-8"))
    (last,) = [note for note in cases[0]["notes"] if note["type"] == "closed"]
    assert last["datetime"] == "2015-10-01T12:44:55-05:00"
    last["datetime"] = "2015-09-30T12:44:55-05:00"
    (folder / "chicago.json").write_text(json.dumps(cases), encoding="utf-8")
    data = folder / "other"
    words = ["import", "cases", folder / "chicago.json", "--map", root / "examples" / "maps" / "chicago-open311.yaml"]
    said = bihuan_says(*words, "--data", data, "--packs", folder / "packs" / "rain")
    assert "30 of 33 children: 1 closed before their last child; 3 closed without a word" in said.out
    assert "14-00011080 closed 2015-09-30T17:44:55+00:00; its child 14-00663694 closed 2015-10-01T17:44:54+00:00" in said.out


def test_of_the_receipts_of_coselog_377_are_late(root: Path, folder: Path, numbers: dict[str, Any]) -> None:
    log, known = imported(root, folder, "coselog-receipt")["log"], numbers["receipt"]
    assert log["late"] == known["late enddate>deadline"] == 377
    assert (log["cases"], log["steps"], log["open"]) == (known["cases"], known["events"], known["open(no enddate)"])
    assert {unit["unit"]: unit["cases"] for unit in log["units"]} == known["by_department"]


@pytest.mark.parametrize("town", [1, 2])
def test_two_towns_of_bpi_2015_are_read_by_one_map(root: Path, folder: Path, numbers: dict[str, Any], town: int) -> None:
    told, known = imported(root, folder, f"bpi-2015-town-{town}", "bpi-2015"), numbers[f"BPIC15_{town}"]
    log = told["log"]
    assert log["steps"] == known["events"]
    assert log["steps_due"] == known["events_with_dueDate"]
    assert log["steps_late"] == known["completed_after_dueDate"]
    assert told["new"] == log["cases"] == {1: 1_199, 2: 832}[town]
    again = imported(root, folder, f"bpi-2015-town-{town}", "bpi-2015")
    assert (again["new"], again["changed"], again["known"]) == (0, 0, log["cases"])
    assert again["log"] == log
