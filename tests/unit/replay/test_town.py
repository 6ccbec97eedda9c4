"""The synthetic town: what supervise finds is held against the truth, and the short cut writes what the whole loop writes."""

from collections import Counter
from functools import cache

import numpy as np
import pytest
from tests.unit.packs.places import texts

from bihuan.model.times import DAY, MINUTE
from bihuan.pack.load import load
from bihuan.pack.rules import Rules
from bihuan.replay.town import AT_ONCE, ELSEWHERE, HONEST, OLD_PHOTO, PLAUSIBLE, SHAMS, doers, town, town_packs
from bihuan.replay.town_runs import Alone, Played, Whole, measure, play

DAYS = 30
SEEDS = (1, 2)


@cache
def rules() -> Rules:
    return load(town_packs(texts("base")))


@cache
def played(seed: int) -> Played:
    here = town(rules(), seed, days=DAYS, per_day=0.8)
    return play(Alone(rules(), here), here)


def test_the_town_is_as_big_as_it_says_and_one_closing_in_twenty_is_sham() -> None:
    here = town(rules(), 3)
    assert len({grid for _, _, grids in doers() for grid in grids}) == 64
    assert here.units == len(doers()) == 148
    assert {unit for unit, _, _ in doers()} <= set(rules().units)
    assert (here.until - here.began) // DAY == 90
    assert 0.045 < np.mean(here.sham != HONEST) < 0.055
    assert set(Counter(here.sham.tolist())) == set(range(len(SHAMS)))


def test_a_seed_is_a_town_and_another_seed_another() -> None:
    one, again, other = (town(rules(), seed, days=5) for seed in (1, 1, 2))
    assert (one.claimed == again.claimed).all()
    assert one.photo == again.photo
    assert one.photo != other.photo


def test_everything_happens_in_its_order() -> None:
    here = town(rules(), 1)
    assert (here.reported < here.registered).all()
    assert (here.registered < here.signed).all()
    assert (here.signed < here.claimed).all()
    assert (here.claimed < here.verified).all()
    assert ((here.claimed - here.signed < MINUTE)[here.sham == AT_ONCE]).all()


def test_supervise_alone_writes_what_the_whole_loop_writes() -> None:
    here = town(rules(), 4, days=DAYS, per_day=0.12, shams=0.25)
    whole, alone = play(Whole(rules(), here), here), play(Alone(rules(), here), here)
    assert len(whole.draws) > 4, "one for each type of case that was closed"
    assert {"recheck-done", "credit-reversed", "case-flagged"} <= {fact.kind for fact in whole.supervised}
    assert alone.supervised == whole.supervised


@pytest.mark.parametrize("seed", SEEDS)
def test_flags_and_looks_again_find_the_sham_closings_of_the_sample_and_leave_honest_ones_alone(seed: int) -> None:
    seen = measure(played(seed))
    assert seen.sampled_sham > 50
    assert seen.found_sham >= 0.95
    assert seen.false_flags <= 0.01
    assert seen.covers, (seen.true, seen.share)
    assert seen.share.high < 0.99, "what was claimed, 100 %, is out of question"


def test_each_kind_of_trace_is_seen_and_no_trace_is_not() -> None:
    done = played(1)
    sham, claims = done.town.sham, done.claims
    flagged = {claims[task][0] for task in done.flags}

    def seen(kind: int) -> float:
        return float(np.mean([row in flagged for row, again in claims.values() if sham[row] == kind and not again]))

    assert seen(AT_ONCE) == seen(ELSEWHERE) == 1.0
    assert seen(OLD_PHOTO) > 0.9, "the first photo of a unit is not old"
    assert seen(PLAUSIBLE) < 0.05
    assert seen(HONEST) < 0.01


def test_a_town_without_sham_is_not_slandered() -> None:
    here = town(rules(), 5, days=DAYS, per_day=0.3, shams=0.0)
    seen = measure(play(Alone(rules(), here), here))
    assert (seen.true, seen.sampled_sham) == (1.0, 0)
    assert seen.share.high > 0.997
