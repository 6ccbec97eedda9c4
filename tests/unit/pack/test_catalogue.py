"""The catalogue of series ids."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack

from bihuan.pack import catalogue as room
from bihuan.pack.catalogue import Catalogue, first_seen
from bihuan.pack.load import load
from bihuan.pack.readings import Columns, accept_columns

RULES = load(small_pack())
SERIES = [f"{indicator.id}@{spot}" for indicator, spot in RULES.series()]
NOW = 1_526_212_800_000
INDICATORS = (*RULES.indicators, "nothing")
PLACES = (*RULES.places, *RULES.things, "nowhere")


@given(st.lists(st.integers(0, len(SERIES) - 1), max_size=30))
def test_ids_become_names_in_the_order_they_first_appear(ids: list[int]) -> None:
    names, codes = Catalogue(RULES).named(np.array(ids, np.int64))
    assert [names[code] for code in codes] == [SERIES[number] for number in ids]
    assert names == tuple(dict.fromkeys(SERIES[number] for number in ids))


@given(st.lists(st.integers(0, 5), max_size=12))
def test_first_seen_keeps_the_order_of_first_appearance(ids: list[int]) -> None:
    distinct, code = first_seen(np.array(ids, np.int64))
    assert distinct.tolist() == list(dict.fromkeys(ids))
    assert distinct[code].tolist() == ids


def test_who_sends_the_same_ids_again_gets_the_same_names() -> None:
    catalogue, ids = Catalogue(RULES), np.array([1, 0], np.int64)
    assert catalogue.named(ids)[0] is catalogue.named(ids.copy())[0]
    assert catalogue.named(ids)[0] is not catalogue.named(ids[::-1].copy())[0]


def test_names_are_forgotten_when_there_are_too_many(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(room, "MOST_NAMES", 3)
    catalogue, ids = Catalogue(RULES), np.array([0, 1, 2, 3], np.int64)
    first = catalogue.named(ids)[0]
    assert catalogue.named(ids[:1])[0] == first[:1]
    assert catalogue.named(ids)[0] is not first
    assert catalogue.named(ids)[0] == first


def test_the_same_packs_have_the_same_digest_and_share_their_lists_of_places() -> None:
    one, other = Catalogue(RULES).view(), Catalogue(load(small_pack())).view()
    assert one is not None
    assert one == other
    assert sum(block.count for block in one.blocks) == one.count == len(SERIES)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(range(-1, len(INDICATORS))),
            st.sampled_from(range(-1, len(PLACES))),
            st.sampled_from([-1.0, 2.5, float("nan"), float("inf")]),
            st.sampled_from([NOW, NOW + 10**6, 0]),
        ),
        max_size=12,
    )
)
def test_rows_are_judged_alike_with_and_without_the_catalogue(rows: list[tuple[int, int, float, int]]) -> None:
    indicator, place, value, at = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = Columns(
        indicators=INDICATORS,
        indicator=np.array(indicator, np.int32),
        places=PLACES,
        place=np.array(place, np.int32),
        at=np.array(at, np.int64),
        value=np.array(value, np.float64),
        quality=np.full(len(rows), -1, np.int32),
        row=np.arange(len(rows)) + 2,
    )
    slow = accept_columns(RULES, columns, now=NOW, source="x")
    fast = accept_columns(RULES, columns, now=NOW, source="x", catalogue=Catalogue(RULES))
    assert (slow.refused, slow.rows, slow.batch.digest) == (fast.refused, fast.rows, fast.batch.digest)
