"""Windows: the readings each series still needs, and folds over them. Folds are recomputed left to right by time."""

import numpy as np

from bihuan.engine.events import F64, I64, Bools
from bihuan.engine.tables import NEVER, Fold, Missing, WindowSpec

CELLS = 1 << 16
"""Readings folded in one go, so that long windows of many series need little room."""


class Windows:
    """Readings of the series of one block, a ring each, as many as `keep_ms` before the newest holds.

    Rings lie in two shared pools and grow by doubling; what a grown ring leaves behind is less than what it takes.
    """

    def __init__(self, size: int, keep_ms: int, cadence_ms: int) -> None:
        self.keep_ms = keep_ms
        self.cadence_ms = cadence_ms
        self._start = np.zeros(size, dtype=np.int64)
        self._room = np.zeros(size, dtype=np.int64)
        self._head = np.zeros(size, dtype=np.int64)
        self._count = np.zeros(size, dtype=np.int64)
        self._at = np.zeros(16, dtype=np.int64)
        self._value = np.zeros(16, dtype=np.float64)
        self._used = 0

    def append(self, s: I64, at: I64, value: F64) -> None:
        """Take one reading each for distinct series, newer than all they hold; forget those out of reach."""
        old = self.first_after(s, at - self.keep_ms)
        self._head[s] += old
        self._count[s] -= old
        self._grow(s[self._count[s] == self._room[s]])
        slot = self._slot(s, self._count[s])
        self._at[slot] = at
        self._value[slot] = value
        self._count[s] += 1

    def has(self, s: I64, at: I64) -> Bools:
        """Whether a reading of exactly that time is still held."""
        position = self.first_after(s, at - 1)
        inside = position < self._count[s]
        there: Bools = inside & (self._at[self._slot(s, np.where(inside, position, 0))] == at)
        return there

    def first_after(self, s: I64, at: I64) -> I64:
        """How many of each series' readings are not after `at`: the position of the first one that is."""
        low, high = np.zeros(len(s), dtype=np.int64), self._count[s]
        while (open_ := low < high).any():
            middle = (low + high) >> 1
            before = self._at[self._slot(s, middle)] <= at
            low = np.where(open_ & before, middle + 1, low)
            high = np.where(open_ & ~before, middle, high)
        return low

    def fold(self, spec: WindowSpec, s: I64, end: I64, extra: F64 | None = None) -> tuple[F64, Bools, I64]:
        """Value, whether it is known, and the time of the oldest reading (NEVER if none) in `(end - over, end]`.

        Without `extra` no reading is after `end`. `extra` is one more reading each, the last of a window that may end
        before the newest. Unknown values are NaN.
        """
        low = self.first_after(s, end - spec.over)
        count = (self._count[s] if extra is None else self.first_after(s, end)) - low
        first = np.where(count > 0, self._at[self._slot(s, np.where(count > 0, low, 0))], NEVER)
        with np.errstate(over="ignore"):
            folded = self._folded(spec.fold, s, low, count)
            if extra is not None:
                folded = self._with_extra(spec.fold, folded, s, low, count, extra)
                count = count + 1
            value, known = self._complete(spec, folded, count)
        return value, known, first

    def _slot(self, s: I64, position: I64) -> I64:
        return self._start[s] + ((self._head[s] + position) & (self._room[s] - 1))

    def _folded(self, fold: Fold, s: I64, low: I64, count: I64) -> F64:
        """The bare fold: 0 for an empty sum or delta, minus or plus infinity for an empty max or min."""
        if fold is Fold.DELTA:
            held = np.where(count > 0, low, 0)
            newest = self._value[self._slot(s, held + np.maximum(count, 1) - 1)]
            return np.where(count > 0, newest - self._value[self._slot(s, held)], 0.0)
        if not len(s):
            return np.empty(0)
        order = np.argsort(-count, kind="stable")
        s, low, count = s[order], low[order], count[order]
        empty, step = {Fold.MAX: (-np.inf, np.maximum), Fold.MIN: (np.inf, np.minimum)}.get(fold, (0.0, np.add))
        out = np.full(len(s), empty)
        width = max(1, CELLS // len(s))
        for k in range(0, int(count[0]), width):
            longer = int(np.searchsorted(-count, -k, side="left"))
            nth = np.arange(k, min(k + width, int(count[0])))[:, np.newaxis]
            inside = nth < count[:longer]
            values = self._value[self._slot(s[:longer], np.where(inside, low[:longer] + nth, 0))]
            # accumulate goes strictly from left to right; what fills the gaps changes no bit of what it is folded with
            out[:longer] = step.accumulate(np.vstack([out[:longer], np.where(inside, values, empty)]), axis=0)[-1]
        back = np.empty_like(out)
        back[order] = out
        return back

    def _with_extra(self, fold: Fold, folded: F64, s: I64, low: I64, count: I64, extra: F64) -> F64:
        if fold is Fold.DELTA:
            oldest = np.where(count > 0, self._value[self._slot(s, np.where(count > 0, low, 0))], extra)
            return np.asarray(extra - oldest)
        if fold is Fold.MAX:
            return np.maximum(folded, extra)
        if fold is Fold.MIN:
            return np.minimum(folded, extra)
        return np.asarray(folded + extra)

    def _complete(self, spec: WindowSpec, folded: F64, count: I64) -> tuple[F64, Bools]:
        """Settle what missing readings mean."""
        expected = spec.expected(self.cadence_ms)
        if spec.missing is Missing.ZERO:
            if spec.fold is Fold.MEAN:
                folded = folded / np.maximum(count, expected)
            elif spec.fold is Fold.MAX:
                folded = np.where(count < expected, np.maximum(folded, 0.0), folded)
            elif spec.fold is Fold.MIN:
                folded = np.where(count < expected, np.minimum(folded, 0.0), folded)
            return folded, np.ones(len(count), dtype=np.bool_)
        share = 1.0 if spec.missing is Missing.UNKNOWN else spec.share
        known = (count > 0) & (count / expected >= share)
        if spec.fold is Fold.MEAN:
            folded = folded / np.maximum(count, 1)
        return np.where(known, folded, np.nan), known

    def _grow(self, s: I64) -> None:
        """Double the rings of `s` (4 readings for a new one) at the end of the pools, oldest reading first."""
        for room in np.unique(self._room[s]).tolist():
            group = s[self._room[s] == room]
            larger = max(4, 2 * room)
            start = self._used + np.arange(len(group), dtype=np.int64) * larger
            self._used += len(group) * larger
            if self._used > len(self._at):
                self._at = np.resize(self._at, 2 * self._used)
                self._value = np.resize(self._value, 2 * self._used)
            for position in range(room):
                slot = self._slot(group, np.full(len(group), position, dtype=np.int64))
                self._at[start + position] = self._at[slot]
                self._value[start + position] = self._value[slot]
            self._start[group], self._room[group], self._head[group] = start, larger, 0
