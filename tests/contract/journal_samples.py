"""Facts and batches to test with: counted, never random in their names."""

import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
from hypothesis import strategies as st

from bihuan.model.facts import AnyBody, Body, Fact, ReadingsReceived, Struct, TaskSigned
from bihuan.model.readings import Batch, named

START = 1_526_169_600_000
"""2018-05-13T00:00Z."""


def a_fact(seq: int, body: Body | None = None, **changes: Any) -> Fact:
    """Fact `cq-<seq>`, a minute after the one before it."""
    at = START + seq * 60_000
    values: dict[str, Any] = {
        "seq": seq,
        "id": f"cq-{seq}",
        "at": at,
        "recorded_at": at + 250,
        "actor": "duty@500101",
        "subject": f"case-{seq % 3}",
        "because": (f"cq-{seq - 1}",) if seq > 1 else (),
        "body": body or TaskSigned(task=f"task-{seq}", case=f"case-{seq % 3}", unit="500101", took=seq * 1000),
    }
    return Fact(**{**values, **changes})


def some_facts(count: int, after: int = 0) -> list[Fact]:
    return [a_fact(seq) for seq in range(after + 1, after + count + 1)]


def a_receipt(seq: int, entry: int, batch: Batch) -> Fact:
    """The fact that a batch was taken in."""
    body = ReadingsReceived(entry=entry, digest=batch.digest, rows=len(batch), applied=len(batch))
    return a_fact(seq, body, subject="", actor="sense")


def a_batch(number: int, *, series: int = 3, at: int | None = None, source: str = "gauges") -> Batch:
    """Batch `number`: one reading of each of `series` series, five minutes after the batch before it."""
    at = START + number * 300_000 if at is None else at
    return named(
        [f"rain-1h@{500101000 + i}" for i in range(series)],
        at=np.full(series, at, np.int64),
        value=np.arange(series, dtype=np.float64) + number / 10,
        quality=np.zeros(series, np.uint8),
        source=source,
    )


def rows_of(batches: Iterable[Batch]) -> list[tuple[str, int, float]]:
    return [
        (name, int(at), float(value))
        for batch in batches
        for name, at, value in zip(batch.names(), batch.at, batch.value, strict=True)
    ]


_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: st.integers(-(2**53) + 1, 2**53 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
}


def _of(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is UnionType or isinstance(hint, UnionType):
        return st.one_of([_of(option) for option in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(_of(get_args(hint)[0]), max_size=3).map(tuple)
    assert issubclass(hint, Struct), hint
    hints = get_type_hints(hint)
    return st.builds(hint, **{name: _of(hints[name]) for name in hint.__struct_fields__})


bodies = st.one_of([_of(body) for body in get_args(AnyBody)])
"""Bodies of every kind there is, with any text and numbers."""


@st.composite
def fact_lists(draw: st.DrawFn, max_size: int = 8) -> list[Fact]:
    """Facts that follow on from an empty journal."""
    said = draw(st.lists(st.tuples(bodies, _of(str), _of(int), _of(int)), max_size=max_size))
    return [
        a_fact(seq, body, subject=subject, at=at, recorded_at=recorded_at)
        for seq, (body, subject, at, recorded_at) in enumerate(said, 1)
    ]


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes: the kernel refuses the rest of a write, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
