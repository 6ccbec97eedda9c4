"""`bihuan replay`: recorded readings in, facts out; bad rows are told and counted, and the good ones go through."""

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.flow.command import bihuan_says, write_packs
from tests.packs_for_tests import small_pack

DATA = Path(__file__).parents[3] / "shared" / "data"
BEIJING = DATA / "rain" / "beijing12_hourly_201511_201610.csv.gz"

GOOD = [("rain", "1101", f"2025-09-01T02:{minute:02}", 20 if minute < 20 else 0) for minute in range(0, 60, 5)]
HEADER = "indicator,place,at,value,quality\n"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return write_packs(tmp_path / "packs", small_pack()) / "rain"


def rows(*extra: str) -> str:
    return HEADER + "".join(f"{','.join(map(str, row))},\n" for row in GOOD) + "".join(line + "\n" for line in extra)


def facts_in(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_good_rows_become_facts(packs: Path, tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text(rows())
    out = tmp_path / "facts.jsonl"
    said = bihuan_says("replay", "--packs", packs, "--readings", tmp_path / "rain.csv", "--facts", out)
    facts = facts_in(out)
    assert said.out == f"12 readings taken, 0 refused; {len(facts)} facts in {out}\n"
    kinds = Counter(str(fact["kind"]) for fact in facts)
    assert (kinds["packs-loaded"], kinds["readings-received"], kinds["warning-raised"], kinds["plan-proposed"]) == (1, 12, 1, 1)
    levels = [(fact["place"], fact["before"], fact["level"]) for fact in facts if fact["kind"] == "level-changed"]
    assert levels == [("1101", "normal", "orange")]
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))


def test_bad_rows_are_listed_by_row_and_counted_and_do_not_stop_the_good_ones(packs: Path, tmp_path: Path) -> None:
    bad = [
        "rain,9999,2025-09-01T03:00,1,",
        "rain,1101,yesterday,1,",
        "rain,1101,2025-09-01T03:05,wet,",
        "snow,1101,2025-09-01T03:10,1,",
        "rain,1101,2025-09-01T03:15,500,",
        "rain,1101,2025-09-01T03:20,1,splendid",
    ]
    (tmp_path / "rain.csv").write_text(rows(*bad))
    said = bihuan_says("replay", "--packs", packs, "--readings", tmp_path / "rain.csv", "--facts", tmp_path / "out")
    assert said.out.startswith("12 readings taken, 6 refused;")
    told = said.err.splitlines()
    assert [int(line.split(": row ")[1].split(":")[0]) for line in told] == list(range(14, 20))
    assert "9999" in told[0]


def test_a_flood_of_bad_rows_is_told_in_part_and_counted_whole(packs: Path, tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text(rows(*["rain,9999,2025-09-01T03:00,1,"] * 5_000))
    said = bihuan_says("replay", "--packs", packs, "--readings", tmp_path / "rain.csv", "--facts", tmp_path / "out")
    assert "12 readings taken, 5000 refused" in said.out
    assert len(said.err.splitlines()) == 20


def test_parquet_says_the_same_as_csv(packs: Path, tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text(rows())
    columns = list(zip(*GOOD, strict=True))
    moments = pa.array([datetime.fromisoformat(f"{at}+08:00") for at in columns[2]], pa.timestamp("ms", tz="UTC"))
    values = pa.array(columns[3], pa.float64())
    table = pa.table({"indicator": columns[0], "place": columns[1], "at": moments, "value": values})
    pq.write_table(table, tmp_path / "rain.parquet")
    for kind in ("csv", "parquet"):
        bihuan_says("replay", "--packs", packs, "--readings", tmp_path / f"rain.{kind}", "--facts", tmp_path / kind)
    same = [{**fact, "source": "", "digest": ""} for fact in facts_in(tmp_path / "csv")]
    assert [{**fact, "source": "", "digest": ""} for fact in facts_in(tmp_path / "parquet")] == same


def test_a_data_folder_holds_the_same_facts_and_verifies(packs: Path, tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text(rows())
    readings, data = tmp_path / "rain.csv", tmp_path / "data"
    bihuan_says("replay", "--packs", packs, "--readings", readings, "--facts", tmp_path / "plain")
    bihuan_says("replay", "--packs", packs, "--readings", readings, "--facts", tmp_path / "kept", "--data", data)
    assert (tmp_path / "kept").read_bytes() == (tmp_path / "plain").read_bytes()
    verified = bihuan_says("journal", "verify", "--data", data)
    assert f"{len(facts_in(tmp_path / 'kept'))} entries, in order and unaltered" in verified.out
    again = bihuan_says("replay", "--packs", packs, "--readings", readings, "--facts", tmp_path / "x", "--data", data, code=1)
    assert "the folder is not empty" in again.err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.csv", None, "cannot be read"),
        ("rain.txt", "x", "is none of .csv, .parquet"),
        ("empty.csv", "", ""),
        ("bad.csv", HEADER + "rain,9999,2025-09-01T03:00,1,\n", "no row of the file can be taken"),
        ("header.csv", "what,where\n1,2\n", ""),
        ("latin.csv", b"indicator,place,at,value\nrain,\xe9,1,1\n", "not UTF-8"),
        ("rain.parquet", b"PAR1 not really", ""),
    ],
)
def test_a_file_that_cannot_be_taken_is_told_with_a_remedy(
    packs: Path, tmp_path: Path, name: str, text: str | bytes | None, said: str
) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    told = bihuan_says("replay", "--packs", packs, "--readings", tmp_path / name, "--facts", tmp_path / "out", code=1)
    assert name in told.err
    assert said in told.err


def test_facts_that_cannot_be_written_are_told(packs: Path, tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text(rows())
    out = tmp_path / "no" / "such" / "folder.jsonl"
    told = bihuan_says("replay", "--packs", packs, "--readings", tmp_path / "rain.csv", "--facts", out, code=1)
    assert "cannot be written" in told.err


def test_packs_that_are_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text(rows())
    for packs, said in (("nowhere", "Known packs: "), (",", "--packs: no pack is named")):
        told = bihuan_says("replay", "--packs", packs, "--readings", tmp_path / "rain.csv", "--facts", tmp_path / "out", code=1)
        assert said in told.err


# --- a real storm ---------------------------------------------------------------------------------------------


def _beijing_packs() -> dict[str, dict[str, str]]:
    """The small city made twelve stations of hourly rain, with the ladder of the reference numbers: no keeping."""
    packs = small_pack()
    rain = packs["rain"]
    with gzip.open(BEIJING, "rt") as file:
        stations = dict.fromkeys(row["station"] for row in csv.DictReader(file))
    towns = "".join(f"{name},{name},town,11,116.4,39.9,{name}\n" for name in stations)
    rain["places.csv"] = (
        f"code,name,level,parent,lon,lat,name_en\n1,北京,city,,116,40,Beijing\n11,区,district,1,116,40,D\n{towns}"
    )
    rain["things.csv"] = "code,kind,name,place,lon,lat,name_en\n"
    ladder = rain["indicators.yaml"].replace(", keep: 1h}", "}")
    rain["indicators.yaml"] = ladder.replace("cadence: 5m\n    stale_after: 20m", "cadence: 1h\n    stale_after: 400d", 1)
    del rain["tests/rain.yaml"]
    return packs


@pytest.mark.slow
@pytest.mark.skipif(not BEIJING.exists(), reason="the rain of twelve Beijing stations is not part of this repository")
def test_a_year_of_rain_over_beijing_reaches_the_levels_counted_elsewhere(tmp_path: Path) -> None:
    """The reference counts when each rung begins to hold, one by one; facts say where a series stands when one does.

    So every onset that is counted is the hour of a change to that level or beyond, and every rise is at a counted hour.
    """
    reference = json.loads((DATA / "reference_numbers_dev.json").read_text())["beijing_dev"]
    with gzip.open(BEIJING, "rt") as file, (tmp_path / "rain.csv").open("w") as out:
        out.write(HEADER)
        for row in csv.DictReader(file):
            if row["RAIN"] not in ("", "NA"):
                out.write(f"rain,{row['station']},{row['time'].replace(' ', 'T')}+00:00,{row['RAIN']},\n")
    pack = write_packs(tmp_path / "packs", _beijing_packs()) / "rain"
    said = bihuan_says("replay", "--packs", pack, "--readings", tmp_path / "rain.csv", "--facts", tmp_path / "facts")
    assert ", 0 refused;" in said.out

    ranks = {level: rank for rank, level in enumerate(("normal", "blue", "yellow", "orange", "red"))}
    rises = [
        (_hour(int(fact["reading_at"])), fact["place"], fact["level"])
        for fact in facts_in(tmp_path / "facts")
        if fact["kind"] == "level-changed" and ranks[str(fact["level"])] > ranks[str(fact["before"])]
    ]
    counted = Counter(str(level) for _, _, level in rises)
    onsets = reference["level_onsets_trailing_window_ge"]
    assert counted["red"] == onsets["red"] == 0
    severe = sorted((time, place, level) for time, place, level in reference["orange_or_red_onsets"])
    assert sorted(rise for rise in rises if rise[2] in ("orange", "red")) == severe
    assert counted["orange"] == onsets["orange"] == 18, "nothing lies above orange here, so every onset is a rise to it"
    assert counted["blue"] <= onsets["blue"] == 13
    assert counted["yellow"] <= onsets["yellow"] == 14
    assert {(time, place) for time, place, _ in map(tuple, reference["first_10_onsets"])} <= {rise[:2] for rise in rises}


def _hour(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
