"""Run a loop over recorded readings in virtual time: no clock, no waiting, every due instant at its own time."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bihuan.loop.turn import Inputs, Loop
from bihuan.model.facts import Fact
from bihuan.model.readings import Batch
from bihuan.model.times import iso


def by_time(batch: Batch) -> Iterator[tuple[int, Batch]]:
    """Cut one long batch into one a moment, in order of time; rows of one moment keep their order."""
    order = batch.at.argsort(kind="stable")
    at = batch.at[order]
    start = 0
    while start < len(order):
        stop = int(at.searchsorted(at[start], side="right"))
        rows = order[start:stop]
        yield (
            int(at[start]),
            Batch(
                numbering=batch.numbering,
                series=batch.series[rows],
                at=batch.at[rows],
                value=batch.value[rows],
                quality=batch.quality[rows],
                source=batch.source,
            ),
        )
        start = stop


def pass_time(loop: Loop, until: int) -> Iterator[list[Fact]]:
    """A turn at every due instant before `until`."""
    while (due := loop.next_due()) is not None and due < until:
        yield loop.turn(Inputs(), due)


def run(loop: Loop, batches: Iterable[tuple[int, Batch]]) -> Iterator[list[Fact]]:
    """The facts of every turn: one for each (now, batch), and one for each instant in between at which something is due."""
    for number, (now, batch) in enumerate(batches, start=loop.entry + 1):
        yield from pass_time(loop, now)
        yield loop.turn(Inputs(batches=[(number, batch)]), now)


def as_line(fact: Fact) -> bytes:
    """A fact as one JSON line, its body's fields on top beside its own: `kind, at, indicator, place, level` and the rest."""
    whole = msgspec.to_builtins(fact)
    return msgspec.json.encode({**whole.pop("body"), **whole, "time": iso(fact.at)}) + b"\n"


def as_lines(facts: Sequence[Fact]) -> bytes:
    return b"".join(as_line(fact) for fact in facts)
