"""A real storm: hourly rain at twelve Beijing stations, November 2015 to October 2016, counted by somebody else before."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bihuan.engine.engine import Engine
from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec

HOUR = 3_600_000
DATA = Path(__file__).parents[4] / "shared" / "data"
RAIN = DATA / "rain" / "beijing12_hourly_201511_201610.csv.gz"
RUNGS = {"blue": (12, 50.0), "yellow": (6, 50.0), "orange": (3, 50.0), "red": (3, 100.0)}

pytestmark = pytest.mark.skipif(
    not RAIN.exists(), reason="the rain of twelve Beijing stations is not part of this repository: no ../shared/data here"
)


def _rain() -> tuple[list[str], dict[int, list[tuple[str, float]]]]:
    """Stations, and by hour (ms) what they reported; missing cells are left out."""
    hours: dict[int, list[tuple[str, float]]] = {}
    stations: dict[str, None] = {}
    with gzip.open(RAIN, "rt") as file:
        for row in csv.DictReader(file):
            stations[row["station"]] = None
            at = int(datetime.fromisoformat(row["time"]).replace(tzinfo=UTC).timestamp()) * 1000
            reported = hours.setdefault(at, [])
            if row["RAIN"] not in ("", "NA"):
                reported.append((row["station"], float(row["RAIN"])))
    return list(stations), hours


def _ladder(size: int) -> Block:
    rungs = tuple(
        RungTable(
            rank=rank,
            op=Op.GE,
            raise_value=np.full(size, millimetres),
            window=WindowSpec(fold=Fold.SUM, over=hours * HOUR, missing=Missing.ZERO),
        )
        for rank, (hours, millimetres) in enumerate(RUNGS.values(), start=1)
    )
    # A missing hour counts as 0 at once, as in the reference: windows slide as soon as an hour is over without a reading.
    return Block(start=0, stop=size, cadence_ms=HOUR, stale_ms=10_000 * HOUR, rungs=rungs, overdue_ms=HOUR)


def test_a_year_of_rain_has_the_onsets_counted_before() -> None:
    """An onset: a rung becomes active. Several may begin within one evaluation, so active bits are compared, not events."""
    expected = json.loads((DATA / "reference_numbers_dev.json").read_text())["beijing_dev"]
    stations, hours = _rain()
    assert sum(len(stations) - len(reported) for reported in hours.values()) == expected["missing_rain_cells"]
    number = {station: i for i, station in enumerate(stations)}
    engine = Engine([_ladder(len(stations))], began=min(hours))
    onsets: list[tuple[str, str, str]] = []
    for hour in sorted(hours):
        before = engine.active.copy()
        names, millimetres = zip(*hours[hour], strict=True) if hours[hour] else ((), ())
        series = [number[name] for name in names]
        engine.apply(series, [hour] * len(series), millimetres, [0] * len(series), now=hour)
        engine.advance(hour + 1)  # the hour is over: stations that did not report are evaluated without it
        for rung, level in enumerate(RUNGS):
            for station in np.flatnonzero((engine.active & ~before) >> rung & 1).tolist():
                when = datetime.fromtimestamp(hour / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
                onsets.append((when, stations[station], level))
    counted = {level: sum(name == level for _, _, name in onsets) for level in RUNGS}
    assert counted == expected["level_onsets_trailing_window_ge"] == {"blue": 13, "yellow": 14, "orange": 18, "red": 0}
    severe = sorted(onset for onset in onsets if onset[2] in ("orange", "red"))
    assert severe == sorted(tuple(onset) for onset in expected["orange_or_red_onsets"])
    assert {tuple(onset) for onset in expected["first_10_onsets"]} <= set(onsets)
