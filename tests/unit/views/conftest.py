"""The cast of these tests: a fresh city, one with a flooded underpass, one whose whole case is told, one with many towns."""

import pytest
from tests.packs_for_tests import small_pack, with_change
from tests.unit.views.city import START, City

from bihuan.model.times import HOUR
from bihuan.pack.load import load
from bihuan.pack.rules import Rules


@pytest.fixture(scope="session")
def rules() -> Rules:
    return load(small_pack())


@pytest.fixture
def city(rules: Rules) -> City:
    return City(rules)


@pytest.fixture(scope="session")
def story(rules: Rules) -> City:
    """A whole case, read only: rain in East, a response declared, tasks done and verified, green, closed, scored, reviewed."""
    city = City(rules)
    city.rain({"1101": 10.0}, times=6)
    (proposal,) = city.views.known.archive.asking
    city.do("duty@11", "declare", proposal)
    city.finish(city.task("pumps"), minutes=5)
    city.finish(city.task("town-watch"), minutes=5)
    city.finish(city.task("report"), minutes=5)
    while city.now < START + 20 * HOUR:
        city.rain({})
    assert {"case-closed", "score-published", "review-written"} <= city.kinds()
    return city


@pytest.fixture
def flooded(rules: Rules) -> City:
    """A low point in East One just went to yellow: two tasks were sent this minute."""
    city = City(rules)
    city.pond("LP-1101-1", 30.0, times=2)
    assert len(city.loop.book.tasks) == 2
    return city


@pytest.fixture
def many_towns() -> City:
    """The same small city with eighty towns in East."""
    rows = "".join(f"11{number:02},东{number}镇,town,11,106.6,29.5,East {number}\n" for number in range(3, 83))
    return City(load(with_change("rain/places.csv", "1201,", rows + "1201,")))
