"""A whole city at once: roll-ups up the tree and five-colour scores, compiled or not."""

import math

import numpy as np
import pytest

from bihuan.engine import kernel, vector
from bihuan.engine.engine import Engine
from bihuan.engine.kernel import Kernels
from bihuan.engine.rollup import How, RollUp, Tree
from bihuan.engine.score import Card
from bihuan.engine.tables import Block, Op, RungTable

NAN = math.nan


@pytest.fixture(params=["numpy", "numba"])
def kernels(request: pytest.FixtureRequest) -> Kernels:
    return vector.KERNELS if request.param == "numpy" else kernel.compiled()


def random_city(rows: int) -> tuple[Tree, np.ndarray, np.ndarray, RollUp]:
    """A tree of four depths, ids in no order, some nodes with a value of their own and some rows without any."""
    dice = np.random.default_rng(7)
    names = dice.permutation(60)
    parent = np.full(60, -1)
    for node in range(2, 60):
        parent[names[node]] = names[dice.integers(0, node)]
    value = dice.uniform(-1, 1, (rows, 60)) * 10.0 ** dice.integers(-8, 8, (rows, 60))
    value[dice.random((rows, 60)) < 0.3] = NAN
    value[rows // 2] = NAN
    level = dice.integers(0, 5, (rows, 60)).astype(np.int8)
    tree = Tree(parent)
    how = np.arange(rows) % len(How)
    return tree, value, level, RollUp(tree=tree, how=how, per=dice.integers(0, rows, rows))


@pytest.mark.parametrize("rows", [1, 26, 57])
def test_a_city_rolls_up_as_each_of_its_rows_does_to_the_last_bit(rows: int, kernels: Kernels) -> None:
    tree, value, level, plan = random_city(rows)
    rolled = plan(value, level, kernels)
    one = {How.SUM: tree.sum, How.MEAN: tree.mean, How.MAX: tree.max}
    for row, how in enumerate(plan.how):
        if how in one:
            expected = one[How(how)](value[row])
        elif how == How.WORST:
            expected = tree.worst(level[row]).astype(float)
        else:
            expected = tree.ratio(value[row], value[plan.per[row]])[2]
        np.testing.assert_array_equal(rolled[row], expected[tree.inner], err_msg=f"row {row}, {How(how).name}")


def test_an_odd_row_out_is_rolled_up_too(kernels: Kernels) -> None:
    plan = RollUp(tree=Tree(np.array([-1, 0, 0])), how=np.array([How.SUM, How.MAX, How.MEAN]), per=np.zeros(3, int))
    value = np.array([[NAN, 1.0, 2.0], [0.5, NAN, NAN], [3.0, 4.0, 8.0]])
    assert plan(value, np.zeros((3, 3), np.int8), kernels).tolist() == [[3.0], [0.5], [5.0]]


def test_a_score_is_the_mean_penalty_and_the_worst_colour_of_what_is_known(kernels: Kernels) -> None:
    card = Card(track=np.array([0, 1, 0]), plate=np.array([0, 0]), points=np.array([0, 10, 40]))
    level = np.array([[1, 2], [0, 1], [4, 0]], dtype=np.int8)
    hidden = np.array([[0, 1], [0, 0], [0, 1]], dtype=np.uint16)
    scores = card(level, hidden, 1, kernels)
    np.testing.assert_equal(scores.mean.tolist(), [[25.0, NAN], [0.0, 10.0], [50.0 / 3.0, 10.0]])
    assert scores.worst.tolist() == [[4, -1], [0, 1], [4, 1]]
    assert scores.known.tolist() == [[2, 0], [1, 1], [3, 1]]


def test_scores_are_the_same_compiled_or_not() -> None:
    dice = np.random.default_rng(5)
    level, state = dice.integers(0, 7, (90, 33)).astype(np.int8), dice.integers(0, 1024, (90, 33)).astype(np.uint16)
    card = Card(track=dice.integers(0, 12, 90), plate=dice.integers(0, 3, 12), points=np.array([1, 5, 5, 20, 100]))
    slow, fast = (card(level, state, 256, kernels) for kernels in (vector.KERNELS, kernel.compiled()))
    for name in ("mean", "worst", "known"):
        np.testing.assert_array_equal(getattr(slow, name), getattr(fast, name))
    points, some = np.array([1, 5, 5, 20, 100, 100, 100]), state[card.track == 4] & 256 == 0
    assert slow.known[4].tolist() == some.sum(axis=0).tolist()
    total = np.where(some, points[level[card.track == 4]], 0).sum(axis=0)
    np.testing.assert_array_equal(slow.mean[4], np.where(some.any(axis=0), total / np.maximum(some.sum(axis=0), 1), NAN))


@pytest.mark.parametrize("fast", [False, True])
def test_an_engine_rolls_up_and_scores_what_it_holds(fast: bool) -> None:
    rungs = (RungTable(rank=2, op=Op.GE, raise_value=np.full(3, 10.0)),)
    blocks = [Block(start=n * 3, stop=n * 3 + 3, cadence_ms=1, stale_ms=100, rungs=rungs) for n in range(2)]
    engine = Engine(blocks, 0, fast)
    engine.apply([1, 2, 4], [5, 5, 5], [3.0, 12.0, 4.0], [0, 0, 0], 5)
    plan = RollUp(tree=Tree(np.array([-1, 0, 0])), how=np.array([How.SUM, How.WORST]), per=np.zeros(2, int))
    assert engine.rolled_up(plan).tolist() == [[15.0], [0.0]]
    scores = engine.scores(Card(track=np.array([0, 0]), plate=np.array([0]), points=np.array([0, 10, 20])))
    np.testing.assert_equal(scores.mean[0].tolist(), [NAN, 0.0, 20.0])
    assert scores.worst[0].tolist() == [-1, 0, 2]
