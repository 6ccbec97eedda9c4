"""Vital signs: colours by place and heading, and every number with what it stands on."""

from collections.abc import Iterator

import numpy as np
import pytest
from tests.packs_for_tests import small_pack, with_change
from tests.unit.views.city import START, City, encoded

from bihuan.history.compare import compared
from bihuan.history.contract import IndicatorColumns
from bihuan.model.times import DAY, MINUTE
from bihuan.pack.load import load
from bihuan.views import NotFound
from bihuan.views.vital_shapes import Cell, VitalRow, VitalsView

PLATES = """\
plates:
  - {id: emergency, words: {zh: 应急, en: Emergency}}
  - {id: culture, words: {zh: 文明, en: Culture}}
tracks:
  - {id: weather, plate: emergency, words: {zh: 气象, en: Weather}}
  - {id: drains, plate: emergency, words: {zh: 排水, en: Drains}}
sub_tracks:
  - {id: heavy-rain, track: weather, words: {zh: 强降雨, en: Heavy rain}}
"""
CITY, EAST, WEST, TOWN = "1", "11", "12", "1101"


@pytest.fixture(scope="module")
def filed() -> City:
    """Rain under a sub-track, depth under a track; thirty centimetres in East, nothing ever heard from West Two."""
    packs = with_change("rain/indicators.yaml", "    unit: mm\n", "    unit: mm\n    sub_track: heavy-rain\n")
    packs = with_change("rain/indicators.yaml", "    unit: cm\n", "    unit: cm\n    track: drains\n    roll_up: max\n", packs)
    packs["rain"]["plates.yaml"] = PLATES
    city = City(load(packs))
    for _ in range(2):
        city.wait(5 * MINUTE)
        city.read(
            {
                "rain@1101": 2.0,
                "rain@1102": 0.0,
                "rain@1201": 1.0,
                "ponding-depth@LP-1101-1": 30.0,
                "ponding-depth@LP-1201-1": 3.0,
            }
        )
    return city


def matrix(city: City, place: str = CITY, kind: str = "", id: str = "") -> VitalsView:
    return city.views.vitals(place, (kind, id) if kind else None, "duty", city.now)  # type: ignore[arg-type]


def rows(view: VitalsView) -> dict[str, VitalRow]:
    return {row.place.code: row for row in view.rows}


def counted(cell: Cell) -> tuple[str | None, float | None, int, int]:
    return cell.level, cell.points, cell.known, cell.expected


def test_the_matrix_has_a_row_for_each_place_below_and_a_column_for_each_plate(filed: City) -> None:
    view = matrix(filed)
    assert [(column.kind, column.id, column.indicators) for column in view.columns] == [
        ("plate", "emergency", 2),
        ("plate", "culture", 0),
    ]
    assert [row.place.code for row in view.rows] == [EAST, WEST]
    east, west = view.rows
    assert counted(east.cells[0]) == ("blue", 1.0, 3, 3), "0, 0 and 3 points"
    assert counted(west.cells[0]) == ("normal", 0.0, 2, 3), "what was never heard from counts nowhere"
    assert counted(view.whole.cells[0]) == ("blue", 0.6, 5, 6)
    assert counted(east.cells[1]) == (None, None, 0, 0), "no indicators: no colour"
    assert (west.rank, east.rank) == (1, 2)
    assert (east.below, view.whole.level, east.level) == (True, "city", "district")


def test_headings_open_down_to_the_indicators(filed: City) -> None:
    plate = matrix(filed, kind="plate", id="emergency")
    assert [(column.kind, column.id) for column in plate.columns] == [("track", "weather"), ("track", "drains")]
    assert [step.id for step in plate.path] == ["", "emergency"]
    track = matrix(filed, kind="track", id="drains")
    (depth,) = track.columns
    assert (depth.kind, depth.id, depth.unit, depth.origin) == ("indicator", "ponding-depth", "cm", "synthetic")
    assert [row.cells[0].value for row in track.rows] == [30.0, 3.0]
    assert [step.id for step in matrix(filed, kind="sub_track", id="heavy-rain").path] == [
        "",
        "emergency",
        "weather",
        "heavy-rain",
    ]


def test_what_rolls_up_as_the_worst_level_has_no_value_that_looks_measured(city: City) -> None:
    city.pond("LP-1101-1", 30.0, times=2)
    view = city.views.indicator_vitals("ponding-depth", CITY, "duty", city.now)
    assert (view.whole.value, view.whole.worst) == (None, "yellow")
    assert view.inputs[0].value == 30.0


def test_a_town_shows_what_stands_in_it_and_has_nothing_below(filed: City) -> None:
    view = matrix(filed, TOWN)
    assert view.rows == ()
    assert counted(view.whole.cells[0]) == ("blue", 1.5, 2, 2)
    assert not matrix(filed, EAST).rows[0].below


def test_many_calm_series_do_not_hide_a_bad_one() -> None:
    rows = "".join(f"11{number:02},东{number}镇,town,11,106.6,29.5,East {number}\n" for number in range(3, 83))
    city = City(load(with_change("rain/places.csv", "1201,", rows + "1201,")))
    for _ in range(2):
        city.wait(5 * MINUTE)
        dry = {f"rain@{place.code}": 0.0 for place in city.rules.places.values() if place.level == "town"}
        city.read(dry | {"ponding-depth@LP-1101-1": 70.0})
    (cell,) = matrix(city).whole.cells
    assert cell.points is not None
    assert cell.points < 0.5, "the mean alone would be calm"
    assert (cell.level, cell.worst, cell.lifted) == ("yellow", "red", True)


def test_silence_takes_the_colour_away_and_is_not_calm() -> None:
    city = City(load(small_pack()))
    city.wait(5 * MINUTE)
    city.read({"rain@1101": 0.0})
    assert matrix(city).whole.total.level == "normal"
    city.wait(30 * MINUTE)
    assert counted(matrix(city).whole.total) == (None, None, 0, 6)
    assert all(row.rank is None for row in matrix(city).rows)


def test_the_scores_are_worked_out_once_for_each_state_of_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    city = City(load(small_pack()))
    gauges, asked = city.views.known.gauges, []
    real = gauges.scores
    monkeypatch.setattr(gauges, "scores", lambda card: asked.append(card) or real(card))
    city.wait(5 * MINUTE)
    assert asked == [], "no turn asks for them"
    matrix(city), matrix(city, EAST)
    assert len(asked) == 1
    city.read({"rain@1101": 0.0})
    assert matrix(city).whole.total.known == 1
    assert len(asked) == 2


def test_what_is_filed_nowhere_is_still_shown(city: City) -> None:
    view = matrix(city)
    assert [(column.id, column.indicators) for column in view.columns] == [("-", 2)]
    assert [column.id for column in matrix(city, kind="plate", id="-").columns] == ["rain", "ponding-depth"]


def test_a_special_zone_has_its_towns_on_the_tree_of_duties_and_not_on_that_of_divisions() -> None:
    packs = with_change(
        "rain/places.csv",
        "code,name,level,parent,lon,lat,name_en\n",
        "code,name,level,parent,duty_parent,lon,lat,name_en,unit_only\n",
    )
    table = packs["rain"]["places.csv"].splitlines()
    table = [table[0], *(",".join([*row.split(",")[:4], "", *row.split(",")[4:]]) + ",false" for row in table[1:])]
    table = [row.replace("1102,东二镇,town,11,,", "1102,东二镇,town,11,zone,") for row in table]
    packs["rain"]["places.csv"] = "\n".join([*table[:4], "zone,新区,district,1,,106.5,29.5,Zone,true", *table[4:]]) + "\n"
    city = City(load(packs))
    city.wait(5 * MINUTE)
    city.read({"rain@1102": 0.0})
    duty, division = (city.views.vitals(CITY, None, tree, city.now) for tree in ("duty", "division"))
    assert {code: row.total.known for code, row in rows(duty).items()} == {EAST: 0, WEST: 0, "zone": 1}
    assert {code: row.total.known for code, row in rows(division).items()} == {EAST: 1, WEST: 0}


# --- one indicator --------------------------------------------------------------------------------------------


def test_an_indicator_says_how_it_is_rolled_up_and_what_it_stands_on(filed: City) -> None:
    view = filed.views.indicator_vitals("rain", CITY, "duty", filed.now)
    assert (view.whole.value, view.whole.known, view.whole.expected) == (2.0, 3, 4)
    assert view.roll_up == "max"
    assert view.how.en == "The highest of the newest readings of 3 known series; 1 unknown series are left out."
    assert [(one.place.code, one.value) for one in view.inputs] == [("1101", 2.0), ("1201", 1.0), ("1102", 0.0)]
    (left_out,) = view.excluded
    assert (left_out.series, left_out.value, left_out.why and left_out.why.en) == (
        "rain@1202",
        None,
        "never heard from: left out",
    )
    assert [(row.place.code, row.cell.value) for row in view.rows] == [(EAST, 2.0), (WEST, 1.0)]
    assert [step.id for step in view.path] == ["", "emergency", "weather", "heavy-rain"]


def test_a_series_that_fell_silent_is_left_out_with_its_last_level() -> None:
    city = City(load(small_pack()))
    for _ in range(2):
        city.wait(5 * MINUTE)
        city.read({"ponding-depth@LP-1101-1": 70.0})
    city.wait(30 * MINUTE)
    view = city.views.indicator_vitals("ponding-depth", CITY, "duty", city.now)
    assert (view.whole.level, view.whole.value) == (None, None)
    first = view.excluded[0]
    assert (first.level, first.value, first.why and first.why.zh) == ("red", 70.0, "数据中断，不计入")


SHARE = """\
    roll_up: ratio
    formula: {expression: "%s", of: {a: wet, b: all}}
"""


def shares() -> Iterator[tuple[str, City]]:
    one = """\
  - id: {id}
    words: {{zh: 甲, en: {id}}}
    unit: {unit}
    subject: {{places: town}}
    cadence: 5m
    stale_after: 20m
    direction: higher-is-worse
    origin: synthetic
    origin_note: {{zh: 为测试编写, en: Written for tests}}
{more}"""
    parts = one.format(id="wet", unit="件", more="    roll_up: sum\n") + one.format(
        id="all", unit="件", more="    roll_up: sum\n"
    )
    for name, more in (
        ("formula", SHARE % "100 * a / b"),
        ("rest", SHARE % "100 * (b - a) / b"),
        ("bare", "    roll_up: ratio\n"),
    ):
        packs = small_pack()
        packs["rain"]["shares.yaml"] = "indicators:\n" + parts + one.format(id="share", unit='"%"', more=more)
        yield name, City(load(packs))


def test_a_share_is_that_of_the_sums_and_one_without_parts_is_never_averaged() -> None:
    for name, city in shares():
        city.wait(5 * MINUTE)
        values = {"wet@1101": 9.0, "all@1101": 10.0, "wet@1102": 0.0, "all@1102": 90.0}
        city.read(values if name != "bare" else values | {"share@1101": 90.0, "share@1102": 0.0})
        view = city.views.indicator_vitals("share", EAST, "duty", city.now)
        assert view.whole.known == 2
        assert view.whole.value == {"formula": 9.0, "rest": 91.0, "bare": None}[name]
        assert [row.cell.value for row in view.rows] == ([10.0, 100.0] if name == "rest" else [90.0, 0.0])
        assert view.roll_up == ("alone" if name == "bare" else "ratio")


def test_the_rule_is_the_packs_and_is_said_in_both_languages(filed: City) -> None:
    rule = matrix(filed).rule
    assert [(one.level, one.points) for one in rule.points][-1] == ("red", 10)
    assert "red 10" in rule.how.en
    assert "红色 10" in rule.how.zh
    assert "at most 2 levels milder" in rule.how.en
    assert rule.source == "Bihuan, example values, 1"


@pytest.mark.parametrize(
    ("ask", "what", "where"),
    [
        (lambda views: views.vitals("99", None, "duty", 0), "no place '99'", "place"),
        (lambda views: views.vitals(CITY, ("plate", "none"), "duty", 0), "no plate 'none'", "plate"),
        (lambda views: views.vitals(CITY, ("sub_track", "x"), "duty", 0), "no sub-track 'x'", "sub_track"),
        (lambda views: views.indicator_vitals("none", CITY, "duty", 0), "no indicator 'none'", "indicator"),
        (lambda views: views.indicator_vitals("rain", "LP-1101-1", "duty", 0), "no place 'LP-1101-1'", "place"),
        (lambda views: views.comparable("none", CITY, "duty"), "no indicator 'none'", "indicator"),
        (lambda views: views.comparable("rain", "99", "duty"), "no place '99'", "place"),
        (lambda views: views.comparable("rain", "LP-1101-1", "duty"), "not measured at or below", "place"),
    ],
)
def test_what_is_not_there_is_said_with_a_remedy(city: City, ask, what: str, where: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotFound, match=what) as caught:
        ask(city.views)
    assert caught.value.where == where
    assert caught.value.remedy


def test_packs_without_five_colours_say_what_is_missing() -> None:
    packs = small_pack()
    text = packs["base"]["levels.yaml"]
    packs["base"]["levels.yaml"] = text[: text.index("five_colours:")] + text[text.index("sentences:") :]
    with pytest.raises(NotFound, match="no pack says how vital signs become colours"):
        matrix(City(load(packs)))


def test_the_answers_go_out_as_json(filed: City) -> None:
    body = encoded(matrix(filed))
    assert set(body) == {"seq", "now", "tree", "place", "path", "columns", "whole", "rows", "rule"}  # type: ignore[arg-type]


# --- periods --------------------------------------------------------------------------------------------------


def history(rows: dict[str, list[tuple[int, float]]]):  # type: ignore[no-untyped-def]
    def read(_: str, since: int, until: int) -> IndicatorColumns:
        places = tuple(sorted(rows))
        found = [(code, at, value) for code, place in enumerate(places) for at, value in rows[place] if since <= at <= until]
        place, at, value = (np.array(column) for column in zip(*found, strict=True)) if found else (np.empty(0),) * 3
        good = np.zeros(len(found), np.uint8)
        return IndicatorColumns(places, place.astype(np.int32), at.astype(np.int64), value.astype(float), good)

    return read


def test_only_series_with_readings_in_both_periods_are_compared(city: City) -> None:
    what = city.views.comparable("rain", EAST, "duty")
    assert what.spots == ("1101", "1102")
    assert (what.over_time, what.over_places) == ("sum", "max")
    at = START + 10 * 60 * MINUTE  # Monday, noon
    read = history(
        {"1101": [(START, 4.0), (START + 1, 6.0), (START - 7 * DAY, 5.0)], "1102": [(START, 50.0)], "1201": [(START, 99.0)]}
    )
    view = what.view(compared(read, "rain", "week", at, what.over_time, what.zone, {}), "week", at)
    assert (view.this.value, view.this.series, view.this.expected, view.this.readings) == (50.0, 2, 2, 3)
    assert (view.last.value, view.last.series) == (5.0, 1)
    assert view.against_last is not None
    assert (view.against_last.difference, view.against_last.share, view.against_last.series) == (5.0, 1.0, 1)
    assert view.year is not None
    assert (view.year.value, view.year.readings, view.year.coverage) == (None, 0, 0.0)
    assert view.against_year is None, "nothing was heard a year before: nothing is said"
    assert 0 < view.this.coverage < 0.05
    assert "not a quiet one" in view.caution.en
    assert view.how.en == "Readings of the period are added up; the highest series is taken."


def test_years_are_held_against_the_year_before(city: City) -> None:
    what = city.views.comparable("ponding-depth", "LP-1101-1", "duty")
    assert (what.spots, what.over_time) == (("LP-1101-1",), "max")
    before = START - 365 * DAY
    read = history({"LP-1101-1": [(START, 4.0), (START - 30 * DAY, 9.0), (before - 2 * DAY, 20.0), (before - 90 * DAY, 2.0)]})
    found = compared(read, "ponding-depth", "year", START, what.over_time, what.zone, {})
    view = what.view(found, "year", START)
    assert (view.this.value, view.last.value, view.year) == (9.0, 20.0, None)
    assert view.this.readings == 2
    assert view.how.en == "The highest reading of the period is taken."
