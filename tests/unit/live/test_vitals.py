"""Reads of vital signs: what reaches the views, and periods compared over what history has."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import NOW, RULES, FakeGate, FakeViews

from bihuan.live import vitals
from bihuan.pack.schema import Formula, Words
from bihuan.views.comparing import Comparable
from bihuan.views.shapes import Spot


def comparable(indicator: str, place: str, tree: str) -> Comparable:
    assert tree == "duty"
    spots = (place,) if len(place) == 4 else ("1101", "1102")
    return Comparable(
        indicator=RULES.indicators[indicator],
        place=Spot(code=place, words=Words(zh="东区", en="East")),
        spots=spots,
        all_spots=4,
        zone=RULES.zone,
        over_time="sum",
        over_places="max",
        inputs=(RULES.indicators[indicator],),
        datum=Words(zh="", en=""),
    )


@pytest.fixture
def comparing(gate: FakeGate, monkeypatch: pytest.MonkeyPatch) -> FakeGate:
    monkeypatch.setattr(FakeViews, "comparable", lambda self, *given: comparable(*given), raising=False)
    return gate


@pytest.mark.parametrize(
    ("path", "look", "given"),
    [
        ("/live/vitals", "vitals", ["1", None, "duty", NOW]),
        ("/live/vitals?place=11&tree=division", "vitals", ["11", None, "division", NOW]),
        ("/live/vitals?plate=ss", "vitals", ["1", ["plate", "ss"], "duty", NOW]),
        ("/live/vitals?plate=ss&track=ss08", "vitals", ["1", ["track", "ss08"], "duty", NOW]),
        ("/live/vitals?plate=ss&track=ss08&sub_track=low", "vitals", ["1", ["sub_track", "low"], "duty", NOW]),
        ("/live/vitals/rain?place=11", "indicator_vitals", ["rain", "11", "duty", NOW]),
    ],
)
def test_it_works(client: TestClient, path: str, look: str, given: list[object]) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json() == {"look": look, "given": given}


def test_periods_of_a_place_are_compared_by_what_history_has(client: TestClient, comparing: FakeGate) -> None:
    assert client.get("/live/compare?indicator=rain&place=11&period=day").json() == {"period": "day"}
    client.get("/live/compare?indicator=rain&place=1101&at=5")
    assert comparing.compared == [("rain", ("1101", "1102"), "day", NOW), ("rain", ("1101",), "week", 5)]


def test_too_many_readings_are_refused_before_any_is_read(client: TestClient, comparing: FakeGate, monkeypatch: Any) -> None:
    monkeypatch.setattr(vitals, "MOST_ROWS", 150_000)
    answer = client.get("/live/compare?indicator=rain&place=11&period=year")
    assert answer.status_code == 400
    assert "421,632 readings are due in a year" in answer.json()["what"]
    assert answer.json()["remedy"] == "Ask for a month, or for one of the 2 places or things that are measured."
    assert comparing.compared == []
    for path in ("rain&place=11&period=month", "rain&place=1101&period=year"):
        assert client.get(f"/live/compare?indicator={path}").status_code == 200


def test_a_formula_is_worked_out_for_so_many_readings_only(client: TestClient, gate: FakeGate, monkeypatch: Any) -> None:
    rain = RULES.indicators["rain"]
    twice = msgspec.structs.replace(rain, formula=Formula(expression="a + b", of={"a": "rain", "b": "rain"}))

    def look(self: FakeViews, *given: str) -> Comparable:
        return replace(comparable(*given), indicator=twice, inputs=(rain, rain))

    monkeypatch.setattr(FakeViews, "comparable", look, raising=False)
    answer = client.get("/live/compare?indicator=rain&place=11&period=year").json()
    assert "60,000 of one place where a formula is worked out" in answer["what"]
    assert answer["remedy"] == "Ask for a month."
    assert client.get("/live/compare?indicator=rain&place=11&period=month").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "what", "where"),
    [
        ("/live/vitals?tree=family", 400, "'family' is no tree", "tree"),
        ("/live/vitals?place=none", 404, "no such thing", "none"),
        ("/live/vitals/none", 404, "no such thing", "none"),
        ("/live/compare", 400, "which indicator is to be compared is not said", "indicator"),
        ("/live/compare?indicator=rain&period=decade", 400, "'decade' is no period", "period"),
        ("/live/compare?indicator=rain&at=now", 400, "'now' is no at", "at"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_remedy(client: TestClient, path: str, status: int, what: str, where: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    body = answer.json()
    assert what in body["what"]
    assert body["where"] == where
    assert body["remedy"]
