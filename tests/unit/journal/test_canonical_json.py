"""Canonical JSON and the tree head, held against the standards."""

import re
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal_samples import a_fact, bodies
from msgspec import to_builtins

from bihuan.journal.chain import Frontier, canonical
from bihuan.model.errors import JournalError
from bihuan.model.facts import Body, CaseFlagged, CommandWasRefused, LateReading, TaskSigned

CT_LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
CT_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Test vectors of Certificate Transparency, which RFC 6962 describes."""


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies, subject=st.text(max_size=20))
def test_canonical_json_is_what_the_rfc8785_package_writes(body: Body, subject: str) -> None:
    fact = a_fact(1, body, subject=subject)
    assert canonical(fact) == rfc8785.dumps(to_builtins(fact))


@given(value=st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**60), 2**60).map(float)))
def test_every_double_is_written_as_the_standard_says(value: float) -> None:
    fact = a_fact(1, LateReading(indicator="rain", place="500101", value=value, level="blue", reading_at=0))
    assert canonical(fact) == rfc8785.dumps(to_builtins(fact))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, b"1"),
        (-0.0, b"0"),
        (0.1, b"0.1"),
        (1e21, b"1e+21"),
        (1e16, b"10000000000000000"),
        (1e-5, b"0.00001"),
        (1e-7, b"1e-7"),
    ],
)
def test_numbers_look_as_in_ecmascript(value: float, text: bytes) -> None:
    fact = a_fact(1, LateReading(indicator="rain", place="500101", value=value, level="blue", reading_at=0))
    assert b'"value":' + text + b"}" in canonical(fact)


@pytest.mark.parametrize(
    "body",
    [
        LateReading(indicator="rain", place="500101", value=float("nan"), level="blue", reading_at=0),
        TaskSigned(task="task", case="case", unit="500101", took=2**53),
        CaseFlagged(case="case", task="task", unit="500101", flag="no-proof", detail="\ud800"),
    ],
    ids=["NaN", "too large an integer", "half a character"],
)
def test_what_json_cannot_hold_is_refused_with_the_fact_named(body: Body) -> None:
    with pytest.raises(JournalError, match=re.escape(f"fact cq-1 ({a_fact(1, body).kind})")):
        canonical(a_fact(1, body))


def test_text_is_kept_as_it_is_except_what_json_must_escape() -> None:
    body = CommandWasRefused(key="k", does="sign", target="t", reason='积水\u2028\x1f\x7f"\\/\n', remedy="")
    assert '"reason":"积水\u2028\\u001f\x7f\\"\\\\/\\n"'.encode() in canonical(a_fact(1, body))


def _root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + _root(leaves[:half]) + _root(leaves[half:])).digest()


@pytest.mark.parametrize("size", CT_ROOTS)
def test_the_tree_head_meets_the_published_vectors(size: int) -> None:
    frontier = Frontier()
    for leaf in CT_LEAVES[:size]:
        frontier.add(bytes.fromhex(leaf))
    assert frontier.root().hex() == CT_ROOTS[size]


def test_the_frontier_gives_the_recursive_tree_head_at_every_size_also_after_being_stored() -> None:
    leaves = [str(number).encode() for number in range(70)]
    frontier = Frontier()
    for size, leaf in enumerate(leaves, 1):
        frontier.add(leaf)
        assert frontier.root() == _root(leaves[:size])
        frontier = Frontier(size, frontier.packed())
    assert Frontier().root() == _root([])


def test_a_stored_frontier_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a tree of 3 entries has 2 hashes"):
        Frontier(3, bytes(32))
