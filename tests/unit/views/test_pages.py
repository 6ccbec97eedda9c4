"""Reviews, scores, series, units and the hello: written facts with their words."""

from typing import Any

import pytest
from tests.unit.views.city import START, City, encoded

from bihuan.model.times import HOUR
from bihuan.views import NotFound


def test_a_review_has_the_words_of_its_steps_and_units(story: City) -> None:
    (row,) = story.views.reviews()
    seen: Any = encoded(story.views.review(row.id))
    assert (seen["case"], seen["peak"], seen["conformance"]) == ("cq-C00001", "orange", 1.0)
    assert seen["title"]["zh"] == "东区 强降雨应对"
    assert {(held["step"]["words"]["en"], held["unit"]["words"]["en"], held["verdict"]) for held in seen["held"]} == {
        ("Bring pumps forward", "Drainage, East", "as-planned"),
        ("Town patrols", "East One", "as-planned"),
        ("Report the situation", "Emergency, East", "as-planned"),
    }
    assert seen["timeline"][-1]["kind"] == "review-written"
    with pytest.raises(NotFound, match="/live/reviews"):
        story.views.review("cq-V99999")


def test_scores_show_every_part_of_the_formula(story: City) -> None:
    seen: Any = encoded(story.views.scores("closing"))
    assert seen["scorecard"] == {"id": "closing", "words": {"zh": "闭环评价", "en": "Closing the loop"}}
    assert seen["fact"] == story.newest("score-published").id
    assert [row["unit"]["id"] for row in seen["rows"]] == ["11", "12"]
    assert [item["weight"] for item in seen["rows"][0]["items"]] == [60, 40]
    assert story.views.scores("") == story.views.scores("closing")


def test_before_the_first_period_ended_the_table_is_empty(city: City) -> None:
    seen: Any = encoded(city.views.scores("closing"))
    assert seen["scorecard"] == {"id": "closing", "words": {"zh": "闭环评价", "en": "Closing the loop"}}
    assert (seen["since"], seen["until"], seen["fact"], seen["rows"], seen["periods"]) == (None, None, None, [], [])
    with pytest.raises(NotFound, match="Known scorecards: closing"):
        city.views.scores("beauty")


def test_a_series_has_its_ladder_source_and_changes(city: City) -> None:
    city.rain({"1101": 10.0}, times=6)
    seen: Any = encoded(city.views.series_meta("rain", "1101"))
    assert [(rung["level"], rung["text"], rung["value"]) for rung in seen["rungs"]][1] == ("yellow", "sum 6h >= 50", 50.0)
    assert seen["changes"] == [{"at": START + 25 * 60_000, "level": "orange"}]
    assert (seen["level"], seen["unknown"], seen["unit"], seen["origin"]) == ("orange", False, "mm", "synthetic")
    assert seen["source"] == "CMA, rainstorm signal, 1"
    with pytest.raises(NotFound, match="Known indicators: rain, ponding-depth"):
        city.views.series_meta("rain", "11")


def test_units_directly_under_one_with_its_departments(city: City) -> None:
    under = city.views.units("11")
    assert [unit.id for unit in under if not unit.role] == ["1101", "1102"]
    assert [unit.role for unit in under if unit.role] == ["drainage", "emergency", "sensing", "inspection"]
    assert [unit.id for unit in city.views.units("")] == ["1"]
    assert city.views.units("1101") == ()
    with pytest.raises(NotFound):
        city.views.units("99")


def test_hello_tells_a_screen_what_it_needs_once(city: City) -> None:
    seen: Any = encoded(city.views.hello(START + HOUR, {"speed": 2.0}))
    assert seen["centre"] == {"id": "cq", "name": {"zh": "小城", "en": "Small City"}, "root": "1"}
    assert (seen["zone_minutes"], seen["seq"], seen["demo"]) == (480, 0, {"speed": 2.0})
    assert seen["levels"][1] == {"id": "blue", "words": {"zh": "蓝色", "en": "Blue"}, "colour": "#3C7DDE", "digit": "1"}
    assert seen["sources"][0]["note"]["en"] == "Written for tests"
    assert seen["words"]["step"]["flood-iii/pumps"]["en"] == "Bring pumps forward"
    assert set(seen["words"]) == {"case", "plan", "step", "group", "scorecard", "item", "sentence", "role"}
    assert encoded(city.views.hello(START))["demo"] is None
