"""Grids are made on demand from village codes."""

import pytest

from bihuan.app.packs import rules as rules_of
from bihuan.model.errors import PackError
from bihuan.pack.grids import grids_of
from bihuan.pack.rules import Rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return rules_of(["chongqing"])


def test_the_city_has_about_as_many_grids_as_are_said_to_exist(rules: Rules) -> None:
    villages = [place.code for place in rules.places.values() if place.level == "village"]
    grids = [grid for village in villages for grid in grids_of(rules, village)]
    assert 58_000 < len(grids) < 66_000
    assert len({grid.code for grid in grids}) == len(grids)
    assert all(len(grid.code) == 15 and grid.synthetic and grid.parent == grid.code[:12] for grid in grids)


def test_a_village_always_has_the_same_grids(rules: Rules) -> None:
    assert grids_of(rules, "500101001001") == grids_of(rules, "500101001001")


def test_only_a_village_has_grids(rules: Rules) -> None:
    with pytest.raises(PackError, match="no village of these packs"):
        grids_of(rules, "500101")
