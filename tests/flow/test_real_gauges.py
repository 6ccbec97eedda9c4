"""Real gauges: a river's recorded flood with its quality flags, and a hundred cheap rain gauges of which some are broken.

The data is not in this repository (see CONTRIBUTING.md); without it these tests are skipped, and say so.
"""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.flow.command import bihuan_says, write_packs
from tests.packs_for_tests import small_pack

from bihuan.history.intake import IntakeLog
from bihuan.model.readings import QUALITIES

DATA = Path(__file__).parents[3] / "shared" / "data"
ARMLEY = DATA / "rain" / "uk_aire_armley_15min_201505_201603.csv.gz"
AMSTERDAM = DATA / "rain" / "amsterdam_pws_5min_20170715_0831.csv.gz"
STATIONS = DATA / "rain" / "amsterdam_pws_stations.csv"
NUMBERS = DATA / "reference_numbers_dev.json"

pytestmark = pytest.mark.skipif(
    not all(path.exists() for path in (ARMLEY, AMSTERDAM, STATIONS, NUMBERS)), reason=f"there is no recorded data in {DATA}"
)

HEADER = ("indicator", "place", "at", "value", "quality")
Facts = list[dict[str, Any]]


def pack(about: str, **files: str) -> dict[str, dict[str, str]]:
    """A field of work on the base pack of the small city."""
    manifest = f"""\
urn: bihuan/test-{about}
version: 0.1.0
words: {{zh: 测试, en: Test}}
licence: Apache-2.0
owner: Bihuan
requires: [base]
places: [places.csv]
things: [things.csv]
"""
    named = {name.replace("_", "."): text for name, text in files.items()}
    return {"base": small_pack()["base"], about: {"pack.yaml": manifest, **named}}


def write_rows(path: Path, rows: Iterable[tuple[str, str, str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


def replayed(folder: Path, packs: dict[str, dict[str, str]], readings: Path) -> Facts:
    name = next(name for name in packs if name != "base")
    pack = write_packs(folder / "packs", packs) / name
    said = bihuan_says("replay", "--packs", pack, "--readings", readings, "--facts", folder / "facts.jsonl")
    assert " 0 refused;" in said.out
    return [json.loads(line) for line in (folder / "facts.jsonl").read_text("utf-8").splitlines()]


def levels(facts: Facts, indicator: str) -> list[tuple[str, str, str]]:
    """(time, before, level) of every change."""
    found = [fact for fact in facts if fact["kind"] == "level-changed" and fact["indicator"] == indicator]
    return [(utc(fact["time"]), fact["before"], fact["level"]) for fact in found]


def utc(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M:%S")


def hours_at(changes: list[tuple[str, str, str]], ranks: tuple[str, ...]) -> float:
    """Hours spent at one of these levels."""
    total, began = timedelta(0), None
    for time, _, level in changes:
        at = datetime.fromisoformat(time)
        if began is None and level in ranks:
            began = at
        elif began is not None and level not in ranks:
            total, began = total + (at - began), None
    assert began is None, "the record ends in calm"
    return total / timedelta(hours=1)


# --- the river Aire at Armley, 2015-16 ------------------------------------------------------------------------

QUALITY = {"G": "good", "E": "estimated", "U": "suspect", "M": "missing"}
"""By the first letter of the record's flags: good, estimated, unchecked, missing. What follows it is detail."""

RIVER = pack(
    "river",
    places_csv="code,name,level,parent,lon,lat,name_en\nleeds,利兹,city,,-1.55,53.8,Leeds\n",
    things_csv="code,kind,name,place,lon,lat,name_en\narmley,river-gauge,阿姆利水位站,leeds,-1.58,53.8,Armley\n",
    indicators_yaml="""\
thing_kinds:
  - {id: river-gauge, words: {zh: 水文站, en: River gauge}}
indicators:
  - id: stage
    words: {zh: 水位, en: Stage}
    unit: m
    datum: zero of the gauge, as published
    subject: {things: river-gauge}
    cadence: 15m
    stale_after: 1h
    direction: higher-is-worse
    origin: real
    ladder: stage
  - id: flow
    words: {zh: 流量, en: Flow}
    unit: m3/s
    subject: {things: river-gauge}
    cadence: 15m
    stale_after: 1h
    direction: higher-is-worse
    origin: real
    ladder: flow
ladders:
  - id: stage
    words: {zh: 水位, en: Stage}
    source: {issuer: Bihuan, document: levels the reference numbers were counted for, version: "1", confidence: own-judgement}
    rungs:
      - {level: blue, raise: {op: ">", value: 3.0}}
      - {level: red, raise: {op: ">=", value: 3.9}}
  - id: flow
    words: {zh: 流量, en: Flow}
    source: {issuer: Bihuan, document: a flow far above any that was measured well, version: "1", confidence: own-judgement}
    rungs:
      - {level: red, raise: {op: ">=", value: 200}}
groups:
  - {id: river, words: {zh: 河流, en: River}, indicators: [stage, flow]}
""",
)


def armley(since: str = "", until: str = "9") -> Iterator[tuple[str, str, str, str, str]]:
    with gzip.open(ARMLEY, "rt", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            if since <= row["time"] < until:
                yield "stage", "armley", row["time"] + "Z", row["stage_m"], QUALITY[row["stage_q"][0]]
                yield "flow", "armley", row["time"] + "Z", row["flow_m3s"], QUALITY[row["flow_q"][0]]


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("river")
    return replayed(folder, RIVER, write_rows(folder / "armley.csv", armley()))


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(NUMBERS.read_text("utf-8"))["armley"]
    return found


@pytest.mark.slow
def test_the_river_stands_above_its_levels_as_long_and_as_often_as_counted_elsewhere(
    river: Facts, numbers: dict[str, Any]
) -> None:
    changes = levels(river, "stage")
    assert [time for time, _, level in changes if level == "red"] == numbers["crossings_above_3.9"] == ["2015-12-26 10:15:00"]
    assert hours_at(changes, ("red",)) == numbers["hours_above_3.9"] == 32.0
    assert [time for time, before, _ in changes if before == "normal"] == numbers["crossings_above_3.0"]
    assert hours_at(changes, ("blue", "red")) == numbers["hours_above_3.0"] == 82.5


@pytest.mark.slow
def test_every_crossing_raises_one_warning_and_ends_it(river: Facts, numbers: dict[str, Any]) -> None:
    raised = [utc(fact["time"]) for fact in river if fact["kind"] == "warning-raised"]
    cleared = [fact for fact in river if fact["kind"] == "warning-cleared"]
    assert raised == numbers["crossings_above_3.0"]
    assert [fact["worst"] for fact in cleared] == ["blue"] * 4 + ["red"]


@pytest.mark.slow
def test_a_flow_that_was_only_estimated_moves_no_level_and_is_counted(river: Facts) -> None:
    """Whatever the record says above 184 m3/s is estimated or unchecked: the gauge was never measured at such a flow."""
    flags = Counter(quality for indicator, *_, quality in armley() if indicator == "flow")
    assert flags["estimated"] + flags["suspect"] == 223
    assert levels(river, "flow") == []
    receipts = [fact for fact in river if fact["kind"] == "readings-received"]
    assert sum(fact.get("set_aside", 0) for fact in receipts) == 223
    assert sum(fact["rows"] for fact in receipts) == 2 * 32_160
    assert sum(fact.get("late", 0) + fact.get("duplicate", 0) for fact in receipts) == 0
    silent = [utc(fact["time"])[:10] for fact in river if fact["kind"] == "series-silent" and fact["indicator"] == "flow"]
    assert silent == ["2015-11-15", "2015-12-12", "2015-12-26"], "without evidence the flow is unknown, not calm"


FLOOD = ("2015-12-25 00:00:00", "2015-12-29 00:00:00")


def test_the_same_flow_would_have_warned_had_the_pack_believed_estimates(tmp_path: Path) -> None:
    believing = {name: dict(files) for name, files in RIVER.items()}
    text = believing["river"]["indicators.yaml"]
    believing["river"]["indicators.yaml"] = text.replace(
        "    ladder: flow\n", "    ladder: flow\n    raise_on: [good, estimated]\n"
    )
    facts = replayed(tmp_path, believing, write_rows(tmp_path / "armley.csv", armley(*FLOOD)))
    assert ("normal", "red") in [change[1:] for change in levels(facts, "flow")]


def test_what_moves_no_level_is_kept_with_its_flag(tmp_path: Path) -> None:
    river = write_packs(tmp_path / "packs", RIVER) / "river"
    readings, data = write_rows(tmp_path / "armley.csv", armley(*FLOOD)), tmp_path / "data"
    said = bihuan_says("import", "readings", readings, "--data", data, "--packs", river)
    assert said.out == "768 rows: 768 taken, 155 set aside for their quality, 0 refused\n"
    kept: Counter[str] = Counter()
    for _, batch in IntakeLog(data / "intake", read_only=True).read():
        kept.update(QUALITIES[code] for code in batch.quality.tolist())
    assert kept == Counter(quality for *_, quality in armley(*FLOOD))
    assert kept["suspect"] == 113


# --- Amsterdam: cheap gauges of citizens, 2017 ----------------------------------------------------------------

DRY_DAY, FAULTY = "2017-08-27", "ams73"
"""98 of 99 gauges measured 0.8 mm together on this day; ams73 said 13 mm within an hour."""
WET_DAYS = ("2017-07-29", "2017-08-30")
"""Half of the gauges measured more than 25 mm."""

SQUARE = (0.1, 0.06)
"""Degrees of longitude and latitude: squares of about seven kilometres, whose gauges are neighbours."""


def square(lon: float, lat: float) -> str:
    return f"{int(lon / SQUARE[0])}-{int(lat / SQUARE[1])}"


def amsterdam(least: int) -> dict[str, dict[str, str]]:
    with STATIONS.open(encoding="utf-8") as text:
        stations = [(row["id"], float(row["lon"]), float(row["lat"])) for row in csv.DictReader(text)]
    squares = sorted({square(lon, lat) for _, lon, lat in stations})
    places = ["code,name,level,parent,lon,lat,name_en", "ams,阿姆斯特丹,city,,4.9,52.37,Amsterdam"]
    places += [f"{code},{code},district,ams,4.9,52.37,{code}" for code in squares]
    things = ["code,kind,name,place,lon,lat,name_en"]
    things += [f"{id},rain-gauge,{id},{square(lon, lat)},{lon},{lat},{id}" for id, lon, lat in stations]
    return pack(
        "amsterdam",
        places_csv="\n".join(places) + "\n",
        things_csv="\n".join(things) + "\n",
        indicators_yaml=f"""\
thing_kinds:
  - {{id: rain-gauge, words: {{zh: 雨量计, en: Rain gauge}}}}
indicators:
  - id: rain
    words: {{zh: 降雨量, en: Rainfall}}
    unit: mm
    subject: {{things: rain-gauge}}
    cadence: 5m
    stale_after: 1h
    direction: higher-is-worse
    origin: real
    ladder: cloudburst
    least: 0
    most: 50
ladders:
  - id: cloudburst
    words: {{zh: 短时强降雨, en: Cloudburst}}
    source: {{issuer: Bihuan, document: ten millimetres within an hour, version: "1", confidence: own-judgement}}
    rungs:
      - {{level: yellow, window: {{fold: sum, over: 1h, missing: zero}}, raise: {{op: ">=", value: 10}}, keep: 1h}}
groups:
  - {{id: flood, words: {{zh: 内涝, en: Flood}}, indicators: [rain], at: district, least: {least}}}
""",
    )


def rain_of(day: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Every reading of a day in UTC. Where a gauge said nothing there is no row."""
    with gzip.open(AMSTERDAM, "rt", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            time = row.pop("time")
            if time.startswith(day):
                yield from (("rain", gauge, time + "Z", value, "") for gauge, value in row.items() if value)


def warned(folder: Path, least: int, day: str) -> tuple[Facts, Facts]:
    """Changes of level and warnings raised on a day, with a quorum of `least`."""
    facts = replayed(folder, amsterdam(least), write_rows(folder / "rain.csv", rain_of(day)))
    changes = [fact for fact in facts if fact["kind"] == "level-changed" and fact["level"] != "normal"]
    return changes, [fact for fact in facts if fact["kind"] == "warning-raised"]


def test_the_dry_day_was_dry_but_for_one_gauge() -> None:
    fell: Counter[str] = Counter()
    for _, gauge, _, value, _ in rain_of(DRY_DAY):
        fell[gauge] += float(value)
    assert len(fell) == 99
    assert fell[FAULTY] > 13
    assert sum(fell.values()) - fell[FAULTY] < 1


def test_one_faulty_gauge_on_a_dry_day_raises_no_flood_warning_and_its_level_is_seen(tmp_path: Path) -> None:
    changes, raised = warned(tmp_path, 2, DRY_DAY)
    assert raised == []
    (seen,) = changes
    assert (seen["place"], seen["level"], seen["rule"]["window"]) == (FAULTY, "yellow", "sum 1h")
    page = bihuan_says("pack", "docs", tmp_path / "packs" / "amsterdam").out
    assert "Warns where 2 series of `flood` of one district stand at a level, or at a worse one." in page


def test_without_the_quorum_the_faulty_gauge_would_have_raised_one(tmp_path: Path) -> None:
    _, raised = warned(tmp_path, 1, DRY_DAY)
    assert [(fact["group"], fact["origin"]) for fact in raised] == [("flood", FAULTY)]


@pytest.mark.parametrize("day", WET_DAYS)
def test_a_wet_day_raises_warnings_with_the_quorum_too(tmp_path: Path, day: str) -> None:
    changes, raised = warned(tmp_path, 2, day)
    above = Counter(fact["place"] for fact in changes)
    assert len(above) > 20
    assert len({fact["place"] for fact in raised}) >= 7, "districts"
