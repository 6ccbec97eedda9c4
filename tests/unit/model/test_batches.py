"""Batches as bytes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.model.numbering import Numbering
from bihuan.model.readings import Batch, named, unpacked

NUMBERING = Numbering([("rain", ("a", "b", "c")), ("depth", ("a", "b", "c"))])

rows = st.lists(st.tuples(st.integers(0, 5), st.integers(-(2**63), 2**63 - 1), st.floats(), st.integers(0, 255)), max_size=6)


def batch(found: list[tuple[int, int, float, int]]) -> Batch:
    series, at, value, quality = zip(*found, strict=True) if found else ((), (), (), ())
    return Batch(
        numbering=NUMBERING,
        series=np.array(series, np.int32),
        at=np.array(at, np.int64),
        value=np.array(value, np.float64),
        quality=np.array(quality, np.uint8),
        source="水文站",
    )


def again(raw: bytes) -> Batch:
    return unpacked(memoryview(raw), {NUMBERING.digest: NUMBERING}.__getitem__)


@given(rows)
def test_a_batch_comes_back_with_every_bit(found: list[tuple[int, int, float, int]]) -> None:
    sent = batch(found)
    read = again(b"".join(sent.parts))
    for name in ("series", "at", "value", "quality"):
        assert getattr(read, name).tobytes() == getattr(sent, name).tobytes()
        assert getattr(read, name).dtype == getattr(sent, name).dtype
    assert (read.source, read.digest) == (sent.source, sent.digest)


@pytest.mark.parametrize(
    ("series", "at", "bytes_"),
    [([3, 4, 5], [7, 7, 7], 4 + 8), ([3, 5, 4], [7, 8, 9], 12 + 8), ([2, 2, 2], [9, 7, 8], 4 + 24)],
)
def test_columns_that_one_number_says_take_the_room_of_one(series: list[int], at: list[int], bytes_: int) -> None:
    sent = batch([(s, t, float(n), 0) for n, (s, t) in enumerate(zip(series, at, strict=True))])
    raw = b"".join(sent.parts)
    assert len(raw) == 44 + len(sent.source.encode()) + bytes_ + 24 + 1
    assert again(raw).digest == sent.digest


def test_what_a_batch_says_is_in_its_digest() -> None:
    columns: dict[str, Any] = {"at": np.array([1, 2]), "value": np.array([1.0, 2.0]), "quality": np.zeros(2, np.uint8)}
    one = named(["rain@a", "rain@b"], **columns)
    others = [
        named(["rain@b", "rain@a"], **columns),
        named(["rain@a", "rain@c"], **columns),
        named(["rain@a", "rain@b"], **columns, source="x"),
        named(["rain@a", "rain@b"], **{**columns, "value": np.array([1.0, 3.0])}),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5
    assert named(["rain@a", "rain@b"], **columns).digest == one.digest


@pytest.mark.parametrize("cut", [slice(0, 10), slice(0, -1)])
def test_bytes_that_are_no_batch_are_refused(cut: slice) -> None:
    raw = b"".join(batch([(0, 1, 1.0, 0), (4, 3, 2.0, 0)]).parts)
    with pytest.raises(ValueError, match="cannot be|too short"):
        again(raw[cut])
