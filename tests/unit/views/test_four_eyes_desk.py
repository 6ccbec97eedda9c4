"""A response that two must agree to: who sees what waits for whom."""

import pytest
from tests.packs_for_tests import with_change
from tests.unit.views.city import City
from tests.unit.views.test_desk import desk

from bihuan.pack.load import load

FOUR = load(with_change("rain/plans.yaml", "    answer: 10m\n", "    answer: 10m\n    four_eyes: true\n"))


@pytest.fixture
def city() -> City:
    city = City(FOUR)
    city.read({"rain@1101": 60.0})
    return city


def test_after_the_first_agreed_the_unit_above_sees_it_too_with_who_agreed(city: City) -> None:
    (row,) = desk(city, "11")["queue"]
    assert row["title"]["zh"] == "东区 是否启动防汛Ⅲ级响应"
    assert desk(city, "1")["queue"] == []
    city.do("duty@11", "declare", row["id"])
    for unit in ("11", "1"):
        (row,) = desk(city, unit)["queue"]
        assert row["title"]["zh"] == "东区 是否启动防汛Ⅲ级响应（东区值守已同意，须另一岗位同意）"
        assert "The duty officer of East agreed; another post has to agree too." in row["title"]["en"]
    city.do("duty@1", "declare", row["id"])
    assert not [one for one in desk(city, "1")["queue"] if one["kind"] == "proposal"]
