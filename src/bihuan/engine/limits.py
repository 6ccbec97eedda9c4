"""Limits: what blocks say, as tables that kernels look things up in."""

from collections.abc import Sequence
from functools import reduce
from itertools import count
from operator import and_
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine.events import F64, I64
from bihuan.engine.layout import Limits
from bihuan.engine.tables import MOST_RUNGS, Block, Missing, Op, RungTable, WindowSpec


def rising(op: Op) -> bool:
    """Whether more is worse."""
    return op in (Op.GE, Op.GT)


def span_of(op: Op, limit: F64) -> tuple[F64, F64]:
    """The closed span of values that meet a condition; with a NaN in it, it holds nothing."""
    rest = np.full(len(limit), np.inf)
    if rising(op):
        return limit if op is Op.GE else np.nextafter(limit, np.inf), rest
    return -rest, limit if op is Op.LE else np.nextafter(limit, -np.inf)


def limits_of(blocks: Sequence[Block]) -> Limits:
    width = max((len(block.rungs) for block in blocks), default=0) or 1
    shape = (len(blocks), width)
    rank, spans = np.zeros(shape, dtype=np.int8), np.zeros((*shape, 2), dtype=np.int64)
    edges = np.broadcast_to([np.inf, -np.inf, np.inf, -np.inf], (*shape, 4)).copy()
    calm = np.broadcast_to([-np.inf, np.inf], (len(blocks), 2)).copy()
    own, lines = [np.empty(0, dtype=np.int64)], [edges[:0]]
    there: list[tuple[int, int]] = []
    rungs: list[RungTable] = []
    raises: list[float] = []
    clears: list[float] = []
    for n, block in enumerate(blocks):
        if not block.rungs or not len(block):
            continue
        usual, s = _usual(block.rungs)
        line = np.broadcast_to(edges[n], (len(s), width, 4)).copy() if len(s) else edges[:0]
        for r, rung in enumerate(block.rungs):
            clear = rung.raise_value if rung.clear_value is None else rung.clear_value
            there.append((n, r))
            rungs.append(rung)
            raises.append(rung.raise_value[usual])
            clears.append(clear[usual])
            if len(s):
                line[:, r] = _edges([rung], rung.raise_value[s], clear[s])
        own.append(s + block.start)
        lines.append(line)
    if rungs:
        # All blocks at once: a city has twenty thousand rungs, and what numpy takes goes by the call.
        b, r = np.array(there, dtype=np.int64).T
        rank[b, r], spans[b, r] = [rung.rank for rung in rungs], [(rung.for_ms, rung.keep_ms) for rung in rungs]
        edges[b, r] = usually = _edges(rungs, np.array(raises), np.array(clears))
        rises = np.array([rising(rung.op) for rung in rungs])
        np.fmin.at(calm[:, 1], b[rises], np.nextafter(usually[rises, 0], -np.inf))
        np.fmax.at(calm[:, 0], b[~rises], np.nextafter(usually[~rises, 1], np.inf))
    start = np.array([0, *(block.stop for block in blocks)], dtype=np.int64)
    shift = max(0, (int(start[-1]) // max(1, len(blocks))).bit_length() - 1)
    pages = np.arange((int(start[-1]) >> shift) + 1) << shift
    accept = [sum(ok << code for code, ok in enumerate(block.quality_ok)) for block in blocks]
    magic, bits = _reciprocal(blocks)
    return Limits(
        magic=magic,
        bits=bits,
        page=np.minimum(np.searchsorted(start, pages, side="right") - 1, len(blocks) - 1).astype(np.int32),
        shift=shift,
        start=start,
        calm=calm,
        accept=np.array(accept, dtype=np.int64),
        common=reduce(and_, accept, 0 if not accept else accept[0]),
        stale=np.array([block.stale_ms for block in blocks], dtype=np.int64),
        expect=np.array([block.expect_all for block in blocks], dtype=np.bool_),
        cadence=np.array([block.cadence_ms for block in blocks], dtype=np.int64),
        overdue=np.array([block.overdue for block in blocks], dtype=np.int64),
        rungs=np.array([len(block.rungs) for block in blocks], dtype=np.int64),
        rank=rank,
        spans=spans,
        edges=np.concatenate([edges, *lines]),
        own=np.concatenate(own),
        **_windows_of(blocks, width),
    )


def _reciprocal(blocks: Sequence[Block]) -> tuple[int, int]:
    """(magic, bits) so that `series * magic >> bits` divides by the size of all blocks; (0, 0) where they differ.

    Exact for series below 2^31: magic is rounded up, and its error times the series stays below one part of the size.
    """
    size = len(blocks[0]) if blocks else 0
    if not size or any(len(block) != size for block in blocks):
        return 0, 0
    bits = 31 + (size - 1).bit_length()
    return -(-(1 << bits) // size), bits


def _usual(rungs: tuple[RungTable, ...]) -> tuple[int, I64]:
    """A series with the commonest thresholds of a block, and the series whose thresholds are others."""
    columns = [c for rung in rungs for c in (rung.raise_value, rung.clear_value) if c is not None and any(c.strides)]
    if not columns:
        return 0, np.empty(0, dtype=np.int64)
    _, first, which, many = np.unique(
        np.stack(columns, axis=1).view(np.int64), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    most = int(many.argmax())
    return int(first[most]), np.flatnonzero(which.ravel() != most)


def _edges(rungs: Sequence[RungTable], raises: F64, clears: F64) -> F64:
    """A line for each pair of thresholds; one rung, or one for each. A rung without a clear condition clears at any value."""
    out = np.broadcast_to([-np.inf, np.inf, -np.inf, np.inf], (len(raises), 4)).copy()
    for first, ops, limits in ((0, [rung.op for rung in rungs], raises), (2, [rung.clear_op for rung in rungs], clears)):
        code = np.broadcast_to([-1 if op is None else op for op in ops], len(raises))
        for op in Op:
            mine = np.flatnonzero(code == op)
            out[mine, first], out[mine, first + 1] = span_of(op, limits[mine])
    return out


def _windows_of(blocks: Sequence[Block], width: int) -> dict[str, npt.NDArray[Any]]:
    """Rungs that look at one and the same window share it, so that it is folded once."""
    looks = np.zeros((len(blocks), width), dtype=np.int8)
    specs = np.zeros((len(blocks), MOST_RUNGS, len(NOTHING_LOOKED_AT)), dtype=np.int64)
    different, ring, rings = np.zeros(len(blocks), dtype=np.int64), np.zeros(len(blocks), dtype=np.int64), 0
    for n, block in enumerate(blocks):
        known: dict[tuple[int, ...], int] = {}
        for r, rung in enumerate(block.rungs):
            if rung.window is not None:
                spec = spec_of(rung.window, rising(rung.op), block.cadence_ms)
                looks[n, r] = 1 + known.setdefault(spec, len(known))
        specs[n, : len(known)] = list(known) or 0
        different[n], ring[n] = len(known), rings - block.start
        rings += len(block) if block.windowed else 0
    keep = np.array([block.keep_ms for block in blocks], dtype=np.int64)
    room = np.array([block.keep_ms // block.cadence_ms + 2 for block in blocks], dtype=np.int64)
    return {"ring": ring, "keep": keep, "room": room, "looks": looks, "windows": different, "specs": specs}


def spec_of(window: WindowSpec, rises: bool, cadence_ms: int) -> tuple[int, ...]:
    """A window in numbers, in the order of `kernel.FOLD` and so on."""
    expected = window.expected(cadence_ms)
    share = 1.0 if window.missing is Missing.UNKNOWN else window.share
    least = next(n for n in count(max(1, int(share * expected) - 1)) if n / expected >= share)
    zero = window.missing is Missing.ZERO
    spans = window.times, int(rises or window.times == 1)
    return (window.fold, window.over, *spans, int(zero), 0 if zero else least, expected)


NOTHING_LOOKED_AT = (0,) * 7
