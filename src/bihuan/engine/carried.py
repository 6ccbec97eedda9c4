"""What an engine of other blocks saved, made into what one of these blocks would have saved.

A series keeps its newest reading, what was held for its windows, and what was said of its silence. Where its block has the
same rungs over the same windows, timers run on; else each rung stays as active as the one of its rank was, and timers begin
anew. What is new here is unknown, what is gone is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine.events import I64, Bools
from bihuan.engine.kernel import PENDING
from bihuan.engine.tables import MOST_RUNGS, NEVER

Kept = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    start: int
    stop: int
    expect: bool
    ranks: tuple[int, ...]
    windows: tuple[tuple[float, ...], ...]

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def windowed(self) -> bool:
        return any(len(window) > 1 for window in self.windows)

    @property
    def series(self) -> slice:
        return slice(self.start, self.stop)


def carried(kept: Kept, fresh: Kept, here: I64) -> dict[str, npt.NDArray[Any]]:
    """`kept` in the form of `fresh`, which an engine saved before anything happened. `here[i]` is the series that was series
    number i of `kept`, -1 where it is gone; series of one block there are in one block here.

    Raises ValueError for what is not complete.
    """
    if kept.keys() != fresh.keys() or len(kept["value"]) != len(here):
        raise ValueError("what was saved is not complete, or of another version")
    out = {name: column.copy() for name, column in fresh.items()}
    there = np.flatnonzero(here >= 0)
    mine = here[there]
    for name in ("value", "at", "level", "state"):
        out[name][mine] = kept[name][there]
    old, new = _blocks(kept["shape"]), _blocks(fresh["shape"])
    same = np.zeros(len(fresh["value"]), dtype=np.bool_)
    for n, block in enumerate(new):
        out["heard"][n] = int(kept["began"]) if block.expect and len(block) else NEVER
    for m, n in _pairs(old, new, here):
        was, now = old[m], new[n]
        out["heard"][n] = min(out["heard"][n], kept["heard"][m])
        if (was.ranks, was.windows) == (now.ranks, now.windows):
            same[now.series] = True
        else:
            _rungs(out, was, now)
    _timers(out, kept, here, same)
    _rings(out, kept, (_windowed(old), _windowed(new)), here, same)
    return out | {"began": kept["began"].copy(), "now": kept["now"].copy()}


def _blocks(shape: npt.NDArray[np.float64]) -> list[_Block]:
    """What `engine._numbers` wrote."""
    numbers = iter(shape.tolist())
    out = []
    for start in numbers:
        stop, expect, rungs = next(numbers), next(numbers), int(next(numbers))
        ranks = tuple(int(next(numbers)) for _ in range(rungs))
        windows = []
        for _ in range(rungs):
            first = next(numbers)
            windows.append((first,) if first < 0 else (first, *(next(numbers) for _ in range(4))))
        out.append(_Block(start=int(start), stop=int(stop), expect=bool(expect), ranks=ranks, windows=tuple(windows)))
    return out


def _pairs(old: list[_Block], new: list[_Block], here: I64) -> Iterator[tuple[int, int]]:
    """Numbers of blocks that have series in common."""
    stops = [block.stop for block in new]
    for m, was in enumerate(old):
        highest = int(here[was.series].max(initial=-1))
        if highest >= 0:
            yield m, int(np.searchsorted(stops, highest, side="right"))


def _rungs(out: dict[str, npt.NDArray[Any]], was: _Block, now: _Block) -> None:
    """Active rungs by their ranks, the level that makes, no timers."""
    state = out["state"][now.series].view(np.uint8).reshape(-1, 2)
    before = state[:, 0].copy()
    state[:, 0] = 0
    state[:, 1] &= 255 - PENDING
    level = np.zeros(len(state), dtype=np.int8)
    for n, rank in enumerate(now.ranks):
        if rank in was.ranks:
            active = before >> was.ranks.index(rank) & 1
            state[:, 0] |= active << n
            level = np.maximum(level, (active * rank).astype(np.int8))
    out["level"][now.series] = level


def _timers(out: dict[str, npt.NDArray[Any]], kept: Kept, here: I64, same: Bools) -> None:
    key = here[kept["timers_key"]]
    stays = np.flatnonzero((key >= 0) & same[key])
    stays = stays[np.argsort(key[stays])]
    rungs = out["timers_since"].shape[1]
    since = np.full((len(stays), max(MOST_RUNGS, rungs)), NEVER, dtype=np.int64)
    since[:, : kept["timers_since"].shape[1]] = kept["timers_since"][stays]
    out["timers_key"], out["timers_due"], out["timers_since"] = key[stays], kept["timers_due"][stays], since[:, :rungs].copy()


def _rings(out: dict[str, npt.NDArray[Any]], kept: Kept, windowed: tuple[I64, I64], here: I64, same: Bools) -> None:
    """Rings are those of the series with windows, in order. Where there was none the newest reading begins one."""
    theirs, mine = windowed
    ring = np.full(len(same), -1, dtype=np.int64)
    stays = np.flatnonzero(here[theirs] >= 0)
    ring[here[theirs[stays]]] = stays
    source = ring[mine]
    found, many = source >= 0, kept["rings_held"]
    held = np.where(found, np.append(many, 0)[source], out["at"][mine] >= 0).astype(np.int64)
    out["rings_held"] = held
    out["rings_slide"] = np.where(found & same[mine], np.append(kept["rings_slide"], NEVER)[source], NEVER)
    first = np.append(np.cumsum(many) - many, 0)[source]
    cells = np.repeat(first - np.cumsum(held) + held, held) + np.arange(int(held.sum()))
    begun = np.repeat(~found, held)
    for name in ("at", "value"):
        column = np.append(kept[f"rings_{name}"], 0)
        out[f"rings_{name}"] = np.where(begun, np.repeat(out[name][mine], held), column[np.where(begun, -1, cells)])


def _windowed(blocks: list[_Block]) -> I64:
    """Series with windows, in order."""
    parts = [np.arange(block.start, block.stop) for block in blocks if block.windowed]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
