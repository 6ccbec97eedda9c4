"""What every journal does: one suite for memory and SQLite."""

from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal_samples import a_fact, fact_lists, some_facts
from msgspec import to_builtins

from bihuan.journal.contract import Head, Journal
from bihuan.journal.verify import verify
from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact, LateReading

Make = Callable[[Path], Journal]


def test_an_empty_journal_starts_at_zero(journal: Journal) -> None:
    assert journal.head() == Head(seq=0, hash="00" * 32)
    assert list(journal.read()) == []
    assert verify(journal).entries == 0


def test_what_is_appended_is_read_back_in_order(journal: Journal) -> None:
    facts = some_facts(5)
    head = journal.append(facts)
    assert head == journal.head()
    assert head.seq == 5
    assert [entry.fact for entry in journal.read()] == facts


def test_each_entry_is_hashed_over_the_one_before_and_its_canonical_text(journal: Journal) -> None:
    journal.append(some_facts(3))
    prev = "00" * 32
    for entry in journal.read():
        assert entry.prev == prev
        assert entry.hash == sha256(bytes.fromhex(prev) + rfc8785.dumps(to_builtins(entry.fact))).hexdigest()
        prev = entry.hash
    assert journal.head().hash == prev


def test_appending_one_by_one_or_at_once_gives_the_same_chain(make_journal: Make, tmp_path: Path) -> None:
    with closing(make_journal(tmp_path / "one")) as one, closing(make_journal(tmp_path / "other")) as other:
        one.append(some_facts(7))
        for fact in some_facts(7):
            other.append([fact])
        assert one.head() == other.head()
        assert verify(one) == verify(other)


def test_appending_nothing_changes_nothing(journal: Journal) -> None:
    before = journal.append(some_facts(2))
    assert journal.append([]) == before


def test_reading_starts_after_and_stops_at_the_numbers_asked_for(journal: Journal) -> None:
    journal.append(some_facts(9))
    assert [entry.fact.seq for entry in journal.read(after=3, until=6)] == [4, 5, 6]
    assert [entry.fact.seq for entry in journal.read(after=8)] == [9]
    assert list(journal.read(after=9)) == []
    assert [entry.fact.seq for entry in journal.read(until=2)] == [1, 2]


def test_reading_goes_on_over_many_pages_and_does_not_see_what_comes_meanwhile(journal: Journal) -> None:
    journal.append(some_facts(2500))
    reader = journal.read()
    first = next(reader)
    journal.append([a_fact(2501)])
    assert [first.fact.seq, *(entry.fact.seq for entry in reader)] == list(range(1, 2501))


def test_reading_can_be_narrowed_to_a_kind_or_a_subject(journal: Journal) -> None:
    late = LateReading(indicator="rain", place="500101", value=1.0, level="blue", reading_at=0)
    journal.append([*some_facts(4), a_fact(5, late, subject="rain@500101"), a_fact(6)])
    assert [entry.fact.seq for entry in journal.read(kind="late-reading")] == [5]
    assert [entry.fact.seq for entry in journal.read(subject="case-1")] == [1, 4]
    assert [entry.fact.seq for entry in journal.read(after=1, subject="case-1")] == [4]


def test_the_newest_of_a_subject_come_in_order(journal: Journal) -> None:
    journal.append([a_fact(number, subject="case-1" if number % 2 else "case-2") for number in range(1, 10)])
    assert [entry.fact.seq for entry in journal.newest("case-1", 3)] == [5, 7, 9]
    assert [entry.fact.seq for entry in journal.newest("case-2", 100)] == [2, 4, 6, 8]
    assert journal.newest("case-3", 3) == []


def test_a_fact_is_found_by_its_id(journal: Journal) -> None:
    journal.append(some_facts(3))
    found = journal.by_id("cq-2")
    assert found is not None
    assert found.fact == a_fact(2)
    assert journal.by_id("cq-4") is None


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param([a_fact(5)], id="a hole"),
        pytest.param([a_fact(3, id="cq-new")], id="a number again"),
        pytest.param([a_fact(4), a_fact(6)], id="a hole inside the group"),
        pytest.param([a_fact(4, id="cq-2")], id="an id again"),
        pytest.param([a_fact(4), a_fact(5, id="cq-4")], id="an id twice in the group"),
    ],
)
def test_facts_that_do_not_follow_on_are_refused_and_none_of_them_is_kept(journal: Journal, wrong: list[Fact]) -> None:
    before = journal.append(some_facts(3))
    with pytest.raises(JournalError, match="Nothing was written"):
        journal.append(wrong)
    assert journal.head() == before
    assert len(list(journal.read())) == 3
    assert journal.append([a_fact(4)]).seq == 4
    assert verify(journal).entries == 4


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_hold_is_refused_by_name(journal: Journal, number: float) -> None:
    body = LateReading(indicator="rain", place="500101", value=number, level="blue", reading_at=0)
    with pytest.raises(JournalError, match=r"fact cq-1 \(late-reading\)"):
        journal.append([a_fact(1, body)])
    assert journal.head().seq == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(facts=fact_lists(), cuts=st.lists(st.integers(0, 8), max_size=3))
def test_any_facts_in_any_groups_are_read_back_and_verify(make_journal: Make, facts: list[Fact], cuts: list[int]) -> None:
    edges = sorted({0, *(min(cut, len(facts)) for cut in cuts), len(facts)})
    with TemporaryDirectory() as folder, closing(make_journal(Path(folder))) as journal:
        for start, end in pairwise(edges):
            journal.append(facts[start:end])
        entries = list(journal.read())
        assert [entry.fact for entry in entries] == facts
        report = verify(journal)
        assert (report.entries, report.head) == (len(facts), journal.head().hash)
