"""Roll-ups: from towns to districts to the city, in one order."""

import math
import random

import numpy as np
import pytest

from bihuan.engine.rollup import Tree

NAN = math.nan
#      city 3; districts 0 and 4; towns 1, 2 under 0 and 5 under 4; 6 stands alone
TREE = Tree(np.array([3, 0, 0, -1, 3, 4, -1]))


def test_sums_cover_a_nodes_own_value_and_all_below() -> None:
    total = TREE.sum(np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]))
    assert total.tolist() == [7.0, 2.0, 4.0, 63.0, 48.0, 32.0, 64.0]


def test_missing_values_are_no_data_and_not_zero() -> None:
    value = np.array([NAN, -5.0, NAN, NAN, NAN, NAN, NAN])
    for rolled in (TREE.sum(value), TREE.max(value), TREE.mean(value)):
        assert rolled[[0, 1, 3]].tolist() == [-5.0, -5.0, -5.0]
        assert np.isnan(rolled[[2, 4, 5, 6]]).all()
    assert TREE.known(value).tolist() == [1, 1, 0, 1, 0, 0, 0]


def test_a_mean_is_not_a_mean_of_means() -> None:
    mean = TREE.mean(np.array([NAN, 1.0, 2.0, NAN, NAN, 6.0, NAN]))
    assert mean[[0, 4, 3]].tolist() == [1.5, 6.0, 3.0]


def test_the_worst_rank_climbs_to_the_root() -> None:
    assert TREE.worst(np.array([0, 1, 3, 0, 0, 2, 0], dtype=np.int8)).tolist() == [3, 1, 3, 3, 2, 2, 0]


def test_ratios_add_numerators_and_denominators() -> None:
    above, below, ratio = TREE.ratio(
        np.array([NAN, 1.0, 9.0, NAN, NAN, 5.0, 0.0]), np.array([NAN, 2.0, 90.0, NAN, NAN, NAN, 0.0])
    )
    assert (above[3], below[3], ratio[3]) == (10.0, 92.0, 10.0 / 92.0)  # town 5 has no denominator and counts nowhere
    assert np.isnan(ratio[[4, 5, 6]]).all()  # nothing below is known; 0/0 is no data


def test_rolling_up_leaves_its_input_alone() -> None:
    value, rank = np.arange(7.0), np.zeros(7, dtype=np.int8)
    for roll in (TREE.sum, TREE.max, TREE.mean, TREE.known):
        roll(value)
    TREE.worst(rank)
    assert value.tolist() == list(range(7))
    assert not rank.any()


def test_the_order_of_addition_is_fixed() -> None:
    """Children are added to their parent in rising order of id, each with all below it: equal to the last bit."""
    dice = random.Random(5)
    parent = [-1, *(dice.randrange(child) for child in range(1, 400))]
    shuffled = list(range(400))
    dice.shuffle(shuffled)
    above = np.full(400, -1)
    for child, father in enumerate(parent):
        above[shuffled[child]] = shuffled[father] if father >= 0 else -1
    value = [dice.uniform(-1, 1) * 10 ** dice.randint(-8, 8) for _ in range(400)]

    def total(node: int) -> float:
        out = value[node]
        for child in np.flatnonzero(above == node).tolist():
            out += total(child)
        return out

    assert Tree(above).sum(np.array(value)).tolist() == [total(node) for node in range(400)]


@pytest.mark.parametrize("parent", [[1, 0], [0], [-1, 2, 3, 1]])
def test_a_circle_is_refused(parent: list[int]) -> None:
    with pytest.raises(ValueError, match="circle"):
        Tree(np.array(parent))


@pytest.mark.parametrize("parent", [[2, -1], [-2]])
def test_a_parent_that_is_no_node_is_refused(parent: list[int]) -> None:
    with pytest.raises(ValueError, match="number of a node"):
        Tree(np.array(parent))


def test_an_empty_tree_rolls_up_to_nothing() -> None:
    assert Tree(np.array([], dtype=np.int64)).sum(np.array([])).tolist() == []
