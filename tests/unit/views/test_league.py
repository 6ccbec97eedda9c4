"""The league: ties, the periods beside it, units that came or went, what was left out and why, appeals."""

from typing import Any

import pytest
from tests.packs_for_tests import with_change
from tests.unit.views.city import City, encoded

from bihuan.model.times import HOUR, MINUTE
from bihuan.pack.load import load
from bihuan.views import NotFound


def _city(*changes: tuple[str, str, str]) -> City:
    packs = with_change("rain/scorecards.yaml", "measure: signed_on_time_rate", "measure: closed_rate")
    for path, old, new in changes:
        packs = with_change(path, old, new, packs)
    return City(load(packs))


def _scored(city: City, hours: int) -> Any:
    """Both districts have a flooded underpass, and nobody comes for so long."""
    until = city.now + hours * HOUR
    for _ in range(3):
        city.wait(5 * MINUTE)
        city.read({"ponding-depth@LP-1101-1": 20.0, "ponding-depth@LP-1201-1": 20.0})
    city.wait_until(until)
    return encoded(city.views.scores("closing"))


def test_equal_scores_share_a_rank_and_say_so() -> None:
    seen = _scored(_city(), 5)
    assert [(row["unit"]["id"], row["rank"], row["tied"]) for row in seen["rows"]] == [("11", 1, True), ("12", 1, True)]
    assert seen["rows"][0]["items"][0]["formula"] == "cases closed and still closed / cases due"


def test_a_row_stands_beside_its_last_period_and_none_a_year_before() -> None:
    city = _city()
    _scored(city, 11)
    seen = encoded(city.views.scores())
    assert len(seen["periods"]) == 2
    assert seen["last"]["until"] == seen["since"]
    assert seen["rows"][0]["last"] == {"score": 0.0, "rank": 1}
    assert (seen["year"], seen["rows"][0]["year"]) == (None, None)


def test_any_published_period_can_be_looked_at() -> None:
    city = _city()
    _scored(city, 11)
    first = encoded(city.views.scores("closing", "2025-09-01T02:00"))
    assert first["since"] == min(first["periods"])
    with pytest.raises(NotFound, match="no period of 'closing' that has 2024-09 in it was published"):
        city.views.scores("closing", "2024-09")
    with pytest.raises(NotFound, match="'soon' is no period"):
        city.views.scores("closing", "soon")


def test_a_unit_that_came_later_is_named_and_has_no_last_standing() -> None:
    """The west was made on 2 September: the last score of the day before does not have it, the next one does."""
    rows = "12,西区,district,1,106.4,29.5,West\n"
    city = _city(
        ("rain/places.csv", "name_en\n", "name_en,valid_from\n"),
        *((("rain/places.csv", f"{name}\n", f"{name},\n")) for name in (
            "Small City", ",East", "East One", "East Two", "West One", "West Two",
        )),
        ("rain/places.csv", rows, rows.replace("West\n", "West,2025-09-02\n")),
    )  # fmt: skip
    seen = _scored(city, 23)
    assert [row["unit"]["id"] for row in seen["rows"]] == ["11"]
    assert seen["absent"] == []
    seen = _scored(city, 6)
    assert [one["id"] for one in seen["last"]["new"]] == ["12"]
    assert {row["unit"]["id"]: row["last"] is None for row in seen["rows"]} == {"11": False, "12": True}


def _title(city: City, case: str) -> str:
    return city.views.known.speech.case_title(case).en


def test_an_appeal_has_a_clock_on_the_desk_and_the_unit_above_sees_when_it_has_run_out() -> None:
    city = _city(
        ("rain/scorecards.yaml", "every: 6h", "every: 6h\n    decide_in: 2h"),
        ("rain/scorecards.yaml", "units: district", "units: town"),
    )
    seen = _scored(city, 5)
    row = next(row for row in seen["rows"] if row["cases"])
    unit = row["unit"]["id"]
    city.do(f"duty@{unit}", "appeal", seen["fact"], choice=row["items"][0]["item"]["id"], to=row["cases"][0], text="no road")
    (asked,) = [one for one in city.views.desk("11", city.now).queue if one.kind == "appeal"]
    assert asked.clock is not None
    assert (asked.clock.name, asked.clock.due, asked.clock.overdue) == ("appeal", city.now + 2 * HOUR, False)
    assert [one for one in city.views.desk("1", city.now).watching if one.kind == "appeal"] == []
    city.wait(2 * HOUR + MINUTE)
    (late,) = [one for one in city.views.desk("1", city.now).watching if one.kind == "appeal"]
    assert (late.id, late.actions, late.escalated, late.clock and late.clock.overdue) == (asked.id, (), True, True)
    assert city.change is not None
    city.do("duty@11", "decide", asked.id, choice="upheld", text="late, but still")
    assert [one for one in city.views.desk("1", city.now).watching if one.kind == "appeal"] == []


def test_an_appeal_is_shown_with_what_came_of_it() -> None:
    city = _city()
    seen = first = _scored(city, 5)
    case = seen["rows"][0]["cases"][0]
    city.do("duty@11", "appeal", seen["fact"], choice="sign", to=case, text="the road was cut")
    (appeal,) = encoded(city.views.scores())["appeals"]
    assert (appeal["unit"]["id"], appeal["to"]["id"], appeal["case"], appeal["granted"]) == ("11", "1", case, None)
    (row,) = [row for row in city.views.desk("1", city.now).queue if row.kind == "appeal"]
    assert (row.id, row.case, row.title.en) == (appeal["id"], case, f"East appeals (the road was cut): {_title(city, case)}")
    assert [action["does"] for action in appeal["actions"]] == [action.does for action in row.actions] == ["decide"]
    assert city.change is not None
    assert {"11", "1"} <= set(city.change.units)
    city.do("duty@1", "decide", appeal["id"], choice="changed", text="it was")
    assert [row for row in city.views.desk("1", city.now).queue if row.kind == "appeal"] == []
    seen = encoded(city.views.scores())
    assert (seen["appeals"][0]["granted"], seen["appeals"][0]["answer"]) == (True, "it was")
    assert seen["corrects"] == first["fact"]
    said = encoded(city.views.explain(seen["fact"]))["text"]["en"]
    assert said.startswith("Scores corrected: Closing the loop (00:00-06:00)")
    east = next(row for row in seen["rows"] if row["unit"]["id"] == "11")
    assert east["items"][0]["left_out"] == [{"id": case, "why": {"zh": "申诉成立", "en": "left out on appeal"}}]
