"""Numbers of series without their texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.model.numbering import MOST_KEPT, Numbering, numbered

places = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6).map(tuple)
numberings = st.dictionaries(st.sampled_from(["rain", "depth", "shift", "wind"]), places, max_size=4).map(
    lambda found: Numbering(found.items())
)


def names(numbering: Numbering) -> list[str]:
    return [numbering.name(number) for number in range(numbering.count)]


@given(numberings)
def test_a_name_finds_its_number_and_a_number_its_name(numbering: Numbering) -> None:
    for number, name in enumerate(names(numbering)):
        indicator, _, place = name.partition("@")
        first, end = numbering.span(indicator)
        assert numbering.number(indicator, place) == number
        assert first <= number < end
        assert numbering.places[numbering.place_of(np.array([number]))[0]] == place
        assert numbering.indicators[numbering.block_of[number]] == indicator
    assert numbering.number("rain", "nowhere") == numbering.number("nothing", "a") == -1
    assert numbering.span("nothing") == (0, 0)


@given(numberings)
def test_places_know_how_many_series_they_have_and_which_is_the_first(numbering: Numbering) -> None:
    of_place = {
        place: [n for n, name in enumerate(names(numbering)) if name.endswith(f"@{place}")] for place in numbering.places
    }
    assert numbering.counts().tolist() == [len(of_place[place]) for place in numbering.places]
    assert numbering.first_of_places().tolist() == [of_place[place][0] for place in numbering.places]


@given(numberings, numberings)
def test_numbers_of_another_numbering_become_those_of_the_same_series(mine: Numbering, theirs: Numbering) -> None:
    known = {name: number for number, name in enumerate(names(mine))}
    found = mine.translated(theirs, np.arange(theirs.count))
    assert found.tolist() == [known.get(name, -1) for name in names(theirs)]


@given(numberings)
def test_a_numbering_comes_back_from_its_bytes(numbering: Numbering) -> None:
    again = Numbering.unpacked(numbering.packed)
    assert names(again) == names(numbering)
    assert again.digest == numbering.digest


@given(st.lists(st.sampled_from(["rain@a", "depth@b", "rain@b", "wind@a"]), max_size=8))
def test_names_in_any_order_are_numbered(given_names: list[str]) -> None:
    numbering, codes = numbered(given_names)
    assert [numbering.name(code) for code in codes.tolist()] == given_names
    assert numbering.count == len(set(given_names))


@given(
    numberings,
    st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 6)), max_size=20),
)
def test_rows_by_dictionary_find_their_numbers(numbering: Numbering, rows: list[tuple[int, int]]) -> None:
    indicators, places = ["rain", "depth", "shift", "wind", "nothing"], [*"abcdef", "nowhere"]
    found = numbering.numbers(
        indicators, np.array([i for i, _ in rows], np.int32), places, np.array([p for _, p in rows], np.int32)
    )
    wanted = [numbering.number(indicators[i], places[p]) if i >= 0 and p >= 0 else -1 for i, p in rows]
    assert found.tolist() == wanted


def test_bytes_that_are_no_numbering_are_refused() -> None:
    with pytest.raises(ValueError, match="a list that is not there"):
        Numbering.unpacked(b'{"lists":[["a"]],"blocks":[["rain",1]]}')


def test_an_empty_numbering_has_nothing_and_finds_nothing() -> None:
    empty, other = Numbering([]), Numbering([("rain", ("a", "b"))])
    assert (empty.count, empty.places, empty.number("rain", "a")) == (0, (), -1)
    assert empty.counts().tolist() == empty.first_of_places().tolist() == []
    assert empty.translated(other, np.array([0, 1])).tolist() == [-1, -1]
    assert other.translated(empty, np.array([], np.int64)).tolist() == []


def test_numberings_are_the_same_where_order_and_names_are() -> None:
    rain, depth = ("rain", ("a", "b")), ("depth", ("a",))
    assert Numbering([rain, depth]).digest == Numbering([("rain", ("a", "b")), depth]).digest
    others = ([depth, rain], [("rain", ("b", "a")), depth], [rain], [("rain", ("a",)), ("depth", ("b", "a"))])
    assert len({Numbering(each).digest for each in ([rain, depth], *others)}) == 5


def test_translations_stay_right_when_more_come_than_are_kept() -> None:
    mine = Numbering([("rain", ("a", "b", "c"))])
    others = [Numbering([(f"only-{n}", ("a",)), ("rain", ("c", "x", "a"))]) for n in range(2 * MOST_KEPT + 1)]
    for other in [*others, *others]:
        assert mine.translated(other, np.array([3, 0, 2, 1])).tolist() == [0, -1, -1, 2]
