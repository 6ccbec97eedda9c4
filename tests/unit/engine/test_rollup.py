"""Roll-ups and scores of real packs: an indicator about towns beside one about things, gathered at every place above."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from bihuan.engine import loops, vector
from bihuan.engine.engine import Engine
from bihuan.engine.loops import Kernels
from bihuan.engine.rollup import Fan, Held, How, RollUp, Share, Spread, Tree
from bihuan.engine.score import Card
from bihuan.engine.tables import Block, Op, RungTable

NAN = math.nan
#      city 3; districts 0 and 4; towns 1, 2 under 0 and 5 under 4; 6 stands alone
TREE = Tree([3, 0, 0, -1, 3, 4, -1])
TOWNS, THINGS, ALL = (1, 2, 5), (2, 2, 5, 2), tuple(range(7))


@pytest.fixture(params=["numpy", "numba"])
def kernels(request: pytest.FixtureRequest) -> Kernels:
    return vector.KERNELS if request.param == "numpy" else loops.compiled()


def held(value: Sequence[float], level: Sequence[int] = (), unknown: Sequence[int] = ()) -> Held:
    state = np.zeros(len(value), np.uint16)
    state[list(unknown)] = 1
    ranks = np.array(level or [0] * len(value), np.int8)
    return Held(value=np.array(value, float), level=ranks, state=state, hidden=1)


def plan(how: Sequence[How], at: Sequence[Sequence[int]], per: Sequence[int] = (), times: float = 1.0) -> RollUp:
    shares = {n: Share(over=((n, 1.0),), per=((per[n], 1.0),), times=times) for n, one in enumerate(how) if one == How.RATIO}
    return RollUp(spread=Spread.of(TREE, at), how=np.array(how), shares=shares)


def ratio(over: Sequence[tuple[int, float]], per: Sequence[tuple[int, float]], parts: int, at: Sequence[int] = TOWNS) -> RollUp:
    """Indicator 0 is 100 times some of the `parts` indicators after it by others."""
    share = Share(over=tuple(over), per=tuple(per), times=100.0)
    how = [How.RATIO, *[How.SUM] * parts]
    return RollUp(spread=Spread.of(TREE, [at] * len(how)), how=np.array(how), shares={0: share})


def by_node(plan: RollUp, columns: Held, indicator: int, kernels: Kernels) -> dict[int, tuple[float, int]]:
    value, known = plan(columns, kernels=kernels).at(indicator)
    fan = plan.spread.fans[plan.spread.fan[indicator]]
    return dict(zip(fan.nodes.tolist(), zip(value.tolist(), known.tolist(), strict=True), strict=True))


def test_a_place_covers_what_stands_at_it_and_all_below(kernels: Kernels) -> None:
    found = by_node(plan([How.SUM], [ALL]), held([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]), 0, kernels)
    assert [found[node] for node in range(7)] == [(7.0, 3), (2.0, 1), (4.0, 1), (63.0, 6), (48.0, 2), (32.0, 1), (64.0, 1)]


def test_towns_and_things_in_towns_are_rolled_up_side_by_side(kernels: Kernels) -> None:
    both, columns = plan([How.SUM, How.MAX], [TOWNS, THINGS]), held([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    assert by_node(both, columns, 0, kernels) == {0: (3.0, 2), 1: (1.0, 1), 2: (2.0, 1), 3: (7.0, 3), 4: (4.0, 1), 5: (4.0, 1)}
    assert by_node(both, columns, 1, kernels) == {0: (64.0, 3), 2: (64.0, 3), 3: (64.0, 4), 4: (32.0, 1), 5: (32.0, 1)}


def test_where_nothing_is_measured_there_is_no_row() -> None:
    fan = Fan(TREE, THINGS)
    assert fan.nodes.tolist() == [0, 2, 3, 4, 5]
    assert fan.expected.tolist() == [3, 3, 4, 1, 1]


def test_what_is_unknown_counts_nowhere_and_is_not_zero(kernels: Kernels) -> None:
    for how in (How.SUM, How.MAX, How.MEAN):
        found = by_node(plan([how], [ALL]), held([NAN, -5.0, 7.0, NAN, NAN, 9.0, NAN], unknown=[2, 5]), 0, kernels)
        assert [found[node] for node in (0, 1, 3)] == [(-5.0, 1)] * 3
        assert all(math.isnan(found[node][0]) and found[node][1] == 0 for node in (2, 4, 5, 6))


def test_a_mean_is_not_a_mean_of_means(kernels: Kernels) -> None:
    found = by_node(plan([How.MEAN], [TOWNS]), held([1.0, 2.0, 6.0]), 0, kernels)
    assert [found[node][0] for node in (0, 4, 3)] == [1.5, 6.0, 3.0]


def test_a_ratio_adds_numerators_and_denominators_where_both_are_known(kernels: Kernels) -> None:
    two = plan([How.RATIO, How.SUM], [ALL, ALL], per=[1, 0])
    above, below = [NAN, 1.0, 9.0, NAN, NAN, 5.0, 0.0], [NAN, 2.0, 90.0, NAN, NAN, NAN, 0.0]
    found = by_node(two, held([*above, *below]), 0, kernels)
    assert found[3] == (10.0 / 92.0, 2)
    assert (found[1], found[2]) == ((0.5, 1), (0.1, 1)), "a single series is a ratio too"
    assert all(math.isnan(found[node][0]) for node in (4, 5, 6)), "nothing known below; 0/0 is no data"
    assert [found[node][1] for node in (4, 5, 6)] == [0, 0, 1]


def test_a_share_worked_out_from_two_indicators_is_that_of_their_sums(kernels: Kernels) -> None:
    """Per cent of a by b: what was worked out place by place is not looked at above."""
    three = ratio([(1, 1.0)], [(2, 1.0)], 2)
    found = by_node(three, held([10.0, 90.0, 50.0, 1.0, 9.0, 1.0, 10.0, 10.0, 2.0]), 0, kernels)
    assert [found[node] for node in (0, 1, 3)] == [(50.0, 2), (10.0, 1), (50.0, 3)]


def test_a_ratio_of_sums_is_that_of_their_parts_added_up(kernels: Kernels) -> None:
    """100 * (a - 2 * b) / (a + c), which no place says of itself."""
    asked = ratio([(1, 1.0), (2, -2.0)], [(1, 1.0), (3, 1.0)], 3)
    a, b, c = [10.0, 90.0, 50.0], [1.0, 5.0, NAN], [40.0, 10.0, 7.0]
    found = by_node(asked, held([7.0, 7.0, 7.0, *a, *b, *c]), 0, kernels)
    assert found[1] == (100 * 8.0 / 50.0, 1), "of what the parts are now, whatever its own newest reading is"
    assert found[3] == found[0] == (100 * (8.0 + 80.0) / (50.0 + 100.0), 2)
    assert math.isnan(found[5][0])
    assert found[5][1] == 0, "a place without one of the parts counts in neither sum"
    silent = by_node(asked, held([7.0, 7.0, 7.0, *a, *b, *c], unknown=[10]), 0, kernels)
    assert silent[3] == (100 * 8.0 / 50.0, 1)


def test_a_ratio_of_sums_whose_denominators_add_up_to_nothing_is_no_data(kernels: Kernels) -> None:
    asked = ratio([(1, 1.0)], [(1, 1.0), (2, -1.0)], 2)
    found = by_node(asked, held([0.0] * 3 + [4.0, 2.0, 1.0] + [2.0, 4.0, 0.0]), 0, kernels)
    assert math.isnan(found[0][0])
    assert found[0][1] == 2
    assert found[3] == (700.0, 3)


def test_a_share_whose_parts_nobody_knows_is_never_averaged(kernels: Kernels) -> None:
    found = by_node(plan([How.ALONE], [TOWNS]), held([40.0, 60.0, 80.0]), 0, kernels)
    assert math.isnan(found[0][0])
    assert found[0][1] == 2, "its series are known all the same"
    assert [found[node] for node in (1, 2, 5, 4)] == [(40.0, 1), (60.0, 1), (80.0, 1), (80.0, 1)]


def test_a_ratio_of_different_places_is_refused() -> None:
    with pytest.raises(ValueError, match="same places"):
        plan([How.RATIO, How.SUM], [TOWNS, THINGS], per=[1, 0])


def test_some_indicators_alone_are_rolled_up_as_among_all(kernels: Kernels) -> None:
    three, columns = plan([How.SUM, How.MEAN, How.MAX], [TOWNS, THINGS, TOWNS]), held([float(n) for n in range(10)])
    some = three(columns, np.array([2, 0]), kernels)
    for indicator in (0, 2):
        for one, other in zip(some.at(indicator), three(columns, kernels=kernels).at(indicator), strict=True):
            assert one.tolist() == other.tolist()


def slow_sum(parent: list[int], at: Sequence[int], value: Sequence[float], node: int) -> float:
    """By the definition: what stands at the node, then its children by rising id."""
    out = 0.0
    for series, where in enumerate(at):
        out += value[series] if where == node else 0.0
    for child, father in enumerate(parent):
        if father == node:
            out += slow_sum(parent, at, value, child)
    return out


def test_the_order_of_addition_is_fixed_to_the_last_bit(kernels: Kernels) -> None:
    dice = np.random.default_rng(5)
    parent = [-1, *(int(dice.integers(0, child)) for child in range(1, 200))]
    shuffled = dice.permutation(200)
    above = np.full(200, -1)
    for child, father in enumerate(parent):
        above[shuffled[child]] = shuffled[father] if father >= 0 else -1
    at = dice.integers(0, 200, 300).tolist()
    value = (dice.uniform(-1, 1, 300) * 10.0 ** dice.integers(-8, 8, 300)).tolist()
    spread = Spread.of(Tree(above), [at])
    sums = RollUp(spread=spread, how=np.array([How.SUM]))
    rolled = sums(held(value), kernels=kernels).at(0)[0]
    assert rolled.tolist() == [slow_sum(above.tolist(), at, value, node) for node in spread.fans[0].nodes.tolist()]


@pytest.mark.parametrize("parent", [[1, 0], [2], [-2]])
def test_what_is_no_tree_is_refused(parent: list[int]) -> None:
    with pytest.raises(ValueError, match=r"circle|number of a node"):
        Tree(parent)


# --- scores ---------------------------------------------------------------------------------------------------

#          sub-tracks 0 and 1 in track 2, track 3; both in plate 4
HEADINGS = Tree([2, 2, 4, 4, -1])


def card(at: Sequence[Sequence[int]], heading: Sequence[int], points: Sequence[int] = (0, 10, 40)) -> Card:
    return Card(spread=Spread.of(TREE, at), heading=np.array(heading), headings=HEADINGS, points=np.array(points))


def test_a_score_counts_every_known_series_at_and_below_a_place_once(kernels: Kernels) -> None:
    asked = card([TOWNS, THINGS, TOWNS, TOWNS], [0, 1, 3, -1])
    columns = held([0.0] * 13, level=[1, 0, 2, 0, 1, 4, 0, 0, 0, 0, 4, 4, 4], unknown=[4])
    scores = asked(columns, kernels)
    assert asked.nodes.tolist() == [0, 1, 2, 3, 4, 5]
    city = asked.nodes.tolist().index(3)
    assert scores.known[:, city].tolist() == [3, 3, 6, 3, 9], "what has no heading counts nowhere"
    assert scores.mean[:, city].tolist() == [50 / 3, 40 / 3, 15.0, 0.0, 10.0]
    assert scores.worst[:, city].tolist() == [2, 4, 4, 0, 4]
    assert asked.expected[:, city].tolist() == [3, 4, 7, 3, 10]
    town = asked.nodes.tolist().index(1)
    assert scores.known[:, town].tolist() == [1, 0, 1, 1, 2]
    np.testing.assert_equal(scores.mean[:, town].tolist(), [10.0, NAN, 10.0, 0.0, 5.0])
    assert scores.worst[:, town].tolist() == [1, -1, 1, 0, 1]


def test_where_nothing_is_known_there_is_no_score(kernels: Kernels) -> None:
    scores = card([TOWNS], [0])(held([0.0] * 3, level=[2, 2, 2], unknown=[0, 1, 2]), kernels)
    assert np.isnan(scores.mean).all()
    assert (scores.worst == -1).all()
    assert not scores.known.any()


def test_a_place_above_a_single_measured_one_scores_as_it_does(kernels: Kernels) -> None:
    """A city over one district with two towns: the district gathers, the city takes what it has."""
    tree = Tree([-1, 0, 1, 1])
    one = Card(spread=Spread.of(tree, [(2, 3)]), heading=np.zeros(1, int), headings=Tree([-1]), points=np.array([0, 10]))
    scores = one(held([0.0, 0.0], level=[1, 0]), kernels)
    assert scores.mean[0].tolist() == [5.0, 5.0, 10.0, 0.0]
    assert scores.known[0].tolist() == [2, 2, 1, 1]


def test_scores_are_the_same_compiled_or_not() -> None:
    dice = np.random.default_rng(5)
    at = [dice.integers(0, 7, size).tolist() for size in (9, 4, 9, 1, 30)] * 6
    heading = dice.integers(-1, 5, len(at))
    size = sum(map(len, at))
    columns = held([0.0] * size, dice.integers(0, 7, size).tolist(), np.flatnonzero(dice.random(size) < 0.3).tolist())
    asked = card(at, heading.tolist(), points=(1, 5, 5, 20, 100))
    slow, fast = (asked(columns, kernels) for kernels in (vector.KERNELS, loops.compiled()))
    for name in ("mean", "worst", "known"):
        np.testing.assert_array_equal(getattr(slow, name), getattr(fast, name))
    # by the definition, for one heading at one place
    points, nodes = [1, 5, 5, 20, 100, 100, 100], {0, 1, 2}
    dense = [(n, where) for n, (places, head) in enumerate(zip(at, heading, strict=True)) for where in places if head == 3]
    starts = np.cumsum([0, *map(len, at)])
    ids = [starts[n] + i for n, places in enumerate(at) if heading[n] == 3 for i in range(len(places))]
    counted = [s for s, (_, where) in zip(ids, dense, strict=True) if where in nodes and not columns.state[s]]
    column = asked.nodes.tolist().index(0)
    assert slow.known[3, column] == len(counted)
    assert slow.mean[3, column] == sum(points[columns.level[s]] for s in counted) / len(counted)


@pytest.mark.parametrize("fast", [False, True])
def test_an_engine_rolls_up_and_scores_what_it_holds(fast: bool) -> None:
    rungs = (RungTable(rank=2, op=Op.GE, raise_value=np.full(3, 10.0)),)
    blocks = [Block(start=n * 3, stop=n * 3 + 3, cadence_ms=1, stale_ms=100, rungs=rungs) for n in range(2)]
    engine = Engine(blocks, 0, fast)
    engine.apply([1, 2, 4], [5, 5, 5], [3.0, 12.0, 4.0], [0, 0, 0], 5)
    spread = Spread.of(Tree([-1, 0, 0]), [(0, 1, 2), (0, 1, 2)])
    rolled = engine.rolled_up(RollUp(spread=spread, how=np.array([How.SUM, How.ALONE])))
    assert rolled.at(0)[0].tolist() == [15.0, 3.0, 12.0]
    np.testing.assert_equal(rolled.at(1)[0].tolist(), [NAN, 4.0, NAN])
    one = Card(spread=spread, heading=np.zeros(2, int), headings=Tree([-1]), points=np.array([0, 10, 20]))
    scores = engine.scores(one)
    np.testing.assert_equal(scores.mean[0].tolist(), [20 / 3, 0.0, 20.0])
    assert scores.worst[0].tolist() == [2, 0, 2]
    engine.advance(200)
    assert np.isnan(engine.scores(one).mean).all(), "silence is not calm"
