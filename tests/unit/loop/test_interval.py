"""The interval of the verified closing rate: held against the beta distribution, and against every sample there could be."""

from itertools import product
from math import comb, isclose

import pytest

from bihuan.loop.supervise.interval import (
    Looked,
    Share,
    beta_below,
    beta_quantile,
    effective_size,
    looked_at,
    sound_share,
)
from bihuan.model.facts import Stratum

# (closed, looked) of each stratum, and how many of its closings are not sound.
TOWNS = [
    (((60, 12), (40, 8), (25, 5)), (3, 2, 1)),
    (((60, 12), (40, 8), (25, 5)), (0, 0, 1)),
    (((60, 12), (40, 8), (25, 5)), (20, 1, 0)),
    (((200, 10), (30, 5), (12, 5)), (10, 3, 4)),
    (((200, 10), (30, 5), (12, 5)), (2, 0, 0)),
    (((90, 30), (90, 30)), (5, 1)),
    (((60, 15), (60, 15)), (30, 20)),
    (((500, 40), (8, 8)), (10, 6)),
    (((500, 40), (8, 8)), (0, 8)),
    (((1000, 50),), (12,)),
]


@pytest.mark.parametrize(("strata", "shams"), TOWNS)
def test_the_interval_covers_the_truth_in_95_of_100_of_all_samples_there_are(
    strata: tuple[tuple[int, int], ...], shams: tuple[int, ...]
) -> None:
    """Brute force: every outcome of drawing without replacement, by its probability (hypergeometric)."""
    true = 1 - sum(shams) / sum(closed for closed, _ in strata)
    covered = total = 0.0
    for found in product(*(range(min(sham, looked) + 1) for (_, looked), sham in zip(strata, shams, strict=True))):
        chance = 1.0
        for (closed, looked), sham, bad in zip(strata, shams, found, strict=True):
            chance *= comb(sham, bad) * comb(closed - sham, looked - bad) / comb(closed, looked)
        parts = [Looked(closed=c, looked=n, sound=n - bad) for (c, n), bad in zip(strata, found, strict=True)]
        share = sound_share(parts)
        total += chance
        covered += chance * (share.low - 1e-12 <= true <= share.high + 1e-12)
    assert isclose(total, 1.0)
    assert covered >= 0.95, covered


def test_the_estimate_is_right_on_average() -> None:
    strata, shams = TOWNS[0]
    mean = 0.0
    for found in product(*(range(sham + 1) for sham in shams)):
        chance = 1.0
        for (closed, looked), sham, bad in zip(strata, shams, found, strict=True):
            chance *= comb(sham, bad) * comb(closed - sham, looked - bad) / comb(closed, looked)
        estimate = sound_share(
            [Looked(closed=c, looked=n, sound=n - bad) for (c, n), bad in zip(strata, found, strict=True)]
        ).estimate
        assert estimate is not None
        mean += chance * estimate
    assert isclose(mean, 1 - 6 / 125)


def test_the_exact_interval_of_a_known_table() -> None:
    """29 of 30: Clopper and Pearson give 0.8278 to 0.9992."""
    assert beta_quantile(0.025, 29, 2) == pytest.approx(0.827831, abs=1e-5)
    assert beta_quantile(0.975, 30, 1) == pytest.approx(0.999157, abs=1e-5)


def test_all_sound_in_a_sample_is_not_all_sound_for_sure() -> None:
    share = sound_share([Looked(closed=10**9, looked=60, sound=60)])
    assert (share.estimate, share.high) == (1.0, 1.0)
    assert share.low == pytest.approx(0.025 ** (1 / 60), abs=1e-6)


def test_who_looked_at_all_knows() -> None:
    share = sound_share([Looked(closed=40, looked=40, sound=37), Looked(closed=10, looked=10, sound=10)])
    assert share == Share(estimate=0.94, low=0.94, high=0.94)


def test_a_draw_is_read_with_what_was_found_so_far() -> None:
    strata = (
        Stratum(unit="11", flagged=False, closed=40, cases=("a", "b", "c")),
        Stratum(unit="11", flagged=True, closed=1, cases=("d",)),
    )
    assert looked_at(strata, {"a": True, "c": False, "x": True}) == [
        Looked(closed=40, looked=2, sound=1),
        Looked(closed=1, looked=0, sound=0),
    ]


def test_where_nobody_looked_nothing_is_known() -> None:
    share = sound_share([Looked(closed=50, looked=50, sound=50), Looked(closed=50, looked=0, sound=0)])
    assert share == Share(estimate=None, low=0.5, high=1.0)
    assert sound_share([]) == Share(estimate=None, low=0.0, high=1.0)


def test_more_looks_make_it_shorter_and_more_confidence_longer() -> None:
    few = sound_share([Looked(closed=1000, looked=50, sound=45)])
    many = sound_share([Looked(closed=1000, looked=500, sound=450)])
    surer = sound_share([Looked(closed=1000, looked=50, sound=45)], confidence=0.99)
    assert many.high - many.low < few.high - few.low < surer.high - surer.low


def test_a_sample_of_a_town_says_more_than_the_same_sample_of_an_endless_one() -> None:
    town = effective_size([Looked(closed=100, looked=50, sound=45)], 100, 0.9)
    assert town == pytest.approx(98)  # the variance seen, and half the town known


@pytest.mark.parametrize(("x", "a", "b"), [(0.2, 2.0, 5.0), (0.9, 30.0, 3.0), (0.5, 0.7, 0.7), (0.999, 900.0, 1.5)])
def test_the_beta_distribution_is_the_integral_of_its_density(x: float, a: float, b: float) -> None:
    """Substituted so that the ends do no harm: t = s^2 (3 - 2 s) is flat at both of them."""

    def area(to: float) -> float:
        steps = 100_000
        total = 0.0
        for step in range(steps):
            s = (step + 0.5) / steps
            t = to * s * s * (3 - 2 * s) if to < 1 else s * s * (3 - 2 * s)
            total += t ** (a - 1) * (1 - t) ** (b - 1) * to * 6 * s * (1 - s) / steps
        return total

    assert beta_below(x, a, b) == pytest.approx(area(x) / area(1.0), abs=2e-5)


def test_a_quantile_is_where_that_much_lies_below() -> None:
    for q, a, b in ((0.025, 2900.0, 31.0), (0.975, 2901.0, 30.0), (0.5, 1.0, 1.0)):
        assert beta_below(beta_quantile(q, a, b), a, b) == pytest.approx(q, abs=1e-9)
