"""Plans that people start, pause and let go on: who sees the buttons, and that they are answered."""

from typing import Any

import pytest
from tests.unit.loop.test_plan_steps import with_plan
from tests.unit.views.city import City, encoded
from tests.unit.views.test_desk import desk

from bihuan.pack.load import load

BUTTON = load(with_plan("id: close, to: {role: emergency, at: district}, sign: 5m, done: 1h", trigger="button: {at: district}"))


def _runs(city: City, case: str) -> Any:
    seen: Any = encoded(city.views.case(case, city.now))
    return seen["runs"]


@pytest.fixture
def city() -> City:
    return City(BUTTON)


def test_a_plan_with_a_button_is_on_the_desks_of_its_level_only(city: City) -> None:
    (start,) = desk(city, "11")["starts"]
    assert (start["plan"]["id"], start["place"]["code"]) == ("extra", "11")
    assert (start["action"]["units"], start["action"]["posts"]) == (["11"], ["duty"])
    for unit in ("1", "1101", "11.emergency"):
        assert desk(city, unit)["starts"] == []


def test_a_run_is_paused_and_goes_on_by_the_button_that_fits(city: City) -> None:
    (start,) = desk(city, "11")["starts"]
    city.do("duty@11", "start", start["plan"]["id"], place=start["place"]["code"])
    (case,) = city.loop.book.cases
    for does, needs, paused in (("pause", ["text"], True), ("go-on", [], False)):
        (run,) = _runs(city, case)
        (action,) = run["actions"]
        assert (action["does"], action["needs"], action["units"], action["posts"]) == (does, needs, ["11", "1"], ["duty"])
        assert run["paused"] is not paused
        city.do("duty@1", does, run["id"], "the bridge is needed")
        (run,) = _runs(city, case)
        assert run["paused"] is paused
