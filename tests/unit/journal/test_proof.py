"""Proofs that an entry is in a tree: they lead to the head that the journal has, from that entry and from no other."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_samples import some_facts

from bihuan.journal.chain import Frontier
from bihuan.journal.checkpoints import Checkpoints
from bihuan.journal.proof import leaf, proof, root, root_from
from bihuan.journal.sealed import broken, sealed
from bihuan.journal.sqlite import SqliteJournal
from bihuan.model.errors import JournalError


@given(st.integers(1, 70), st.data())
def test_a_proof_leads_from_its_leaf_to_the_head_of_the_journal(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    bodies = [str(number).encode() for number in range(size)]
    frontier = Frontier()
    for body in bodies:
        frontier.add(body)
    leaves = [leaf(body) for body in bodies]
    way = proof(leaves, index)
    assert root(leaves) == root_from(way, leaves[index], index, size) == frontier.root()
    assert (root_from(way, leaves[other], index, size) == frontier.root()) == (other == index)
    assert (root_from(way, leaves[index], other, size) == frontier.root()) == (other == index)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 1)])
def test_a_proof_that_does_not_fit_its_place_leads_nowhere(index: int, size: int) -> None:
    way = proof([leaf(b"a"), leaf(b"b"), leaf(b"c")], 0)
    assert root_from(way, leaf(b"a"), index, size) is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A journal of 7 entries of which 5 are signed."""
    journal = SqliteJournal(tmp_path, Checkpoints(tmp_path, "cq", every=5))
    journal.append(some_facts(5))
    journal.append(some_facts(2, after=5))
    journal._checkpoints = None
    journal.close()
    return tmp_path


def test_an_entry_that_was_signed_comes_with_its_proof(folder: Path) -> None:
    for fact in some_facts(5):
        one = sealed(folder, fact.id)
        assert (one.entry.fact, broken(one)) == (fact, "")
        assert one.note.split("\n")[1] == "5"


def test_an_entry_after_the_last_checkpoint_comes_without(folder: Path) -> None:
    one = sealed(folder, some_facts(7)[-1].id)
    assert (one.note, one.vkey, one.proof, broken(one)) == ("", "", (), "")


def test_an_entry_that_is_not_there_is_asked_for_in_vain(folder: Path) -> None:
    with pytest.raises(JournalError, match="there is no fact 'cq-99'"):
        sealed(folder, "cq-99")


def test_what_was_changed_is_named(folder: Path) -> None:
    one = sealed(folder, some_facts(3)[-1].id)
    fact = msgspec.structs.replace(one.entry.fact, actor="somebody")
    edited = msgspec.structs.replace(one, entry=msgspec.structs.replace(one.entry, fact=fact))
    assert broken(edited).startswith("entry 3 of the journal has the digest")
    assert "does not have this entry" in broken(msgspec.structs.replace(one, proof=one.proof[:-1]))
    assert (
        broken(msgspec.structs.replace(one, note=one.note.replace("\n5\n", "\n6\n")))
        == "the signature of the checkpoint does not hold"
    )
    assert "not a verifier key" in broken(msgspec.structs.replace(one, vkey="nobody"))
