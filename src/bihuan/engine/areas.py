"""Which areas a point lies in: a grid of cells over all of them, and an exact check in cells that a border crosses.

Inside is even-odd over all rings of an area together, so a hole is a ring like any other. A point on a border belongs to the
area east of it, on a level border to the one north of it: areas that share a border share none of its points and leave none
out. The sign that decides is exact (Shewchuk's error bound for orient2d, and fractions where doubles cannot tell), so an
answer never depends on the machine. Coordinates are plane: an area across the 180th meridian has to be cut there.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]

CELLS_PER_EDGE = 64
FEWEST_CELLS, MOST_CELLS = 1 << 12, 1 << 22
CHUNK = 1 << 16
"""Points looked up at once: what belongs to them stays in the cache."""

UNSURE = 3.3306690738754716e-16
"""Times the sum of both products: below that a difference of products may have the wrong sign."""

NONE = -1
"""No area; codes below it are cells that have to be looked into."""


class AreaIndex:
    """Areas by their number in the order given. Each is a sequence of closed rings, each ring `lon, lat, lon, lat, ...`."""

    def __init__(self, areas: Sequence[Sequence[Sequence[float]]]) -> None:
        x1, y1, x2, y2, owner = _edges(areas)
        self._left, self._right = float(min(x1.min(), x2.min())), float(max(x1.max(), x2.max()))
        self._bottom, self._top = float(y1.min()), float(y2.max())
        width, height = self._right - self._left, self._top - self._bottom
        cells = min(max(CELLS_PER_EDGE * len(x1), FEWEST_CELLS), MOST_CELLS)
        self._columns = max(1, min(round((cells * width / height) ** 0.5), cells))
        self._rows = max(1, cells // self._columns)
        self._per_lon, self._per_lat = self._columns / width, self._rows / height
        self._build(x1, y1, x2, y2, owner, len(areas))

    # asking

    def all_at(self, lon: float, lat: float) -> tuple[int, ...]:
        """Numbers of all areas that hold the point."""
        if not (self._left <= lon <= self._right and self._bottom <= lat <= self._top):
            return ()
        row = min(int((lat - self._bottom) * self._per_lat), self._rows - 1)
        code = self._code_of[row * self._columns + min(int((lon - self._left) * self._per_lon), self._columns - 1)]
        if code >= NONE:
            return (code,) if code > NONE else ()
        mixed = NONE - 1 - code
        return tuple(
            self._owner_of[which]
            for which in range(self._start_of[mixed], self._start_of[mixed + 1])
            if self._odd(which, lon, lat)
        )

    def first_at(self, lon: float, lat: float) -> int:
        """Number of the first area that holds the point; -1 where none does."""
        return next(iter(self.all_at(lon, lat)), NONE)

    def first_of(self, lons: F64, lats: F64) -> I32:
        """`first_at` of many points at once."""
        out = np.empty(len(lons), np.int32)
        for start in range(0, len(lons), CHUNK):
            part = slice(start, start + CHUNK)
            out[part] = self._first_of(lons[part], lats[part])
        return out

    def _odd(self, which: int, lon: float, lat: float) -> bool:
        """Whether a ray to the east crosses the border of a candidate an odd number of times."""
        odd = False
        for edge in range(self._from_of[which], self._to_of[which]):
            y1, y2 = self._y1_of[edge], self._y2_of[edge]
            if y1 <= lat < y2:
                x1, x2 = self._x1_of[edge], self._x2_of[edge]
                one, other = (x2 - x1) * (lat - y1), (lon - x1) * (y2 - y1)
                if abs(one - other) <= UNSURE * (abs(one) + abs(other)):
                    odd ^= _east(x1, y1, x2, y2, lon, lat)
                else:
                    odd ^= one > other
        return odd or self._from_of[which] == self._to_of[which]

    def _first_of(self, lons: F64, lats: F64) -> I32:
        known = (lons >= self._left) & (lons <= self._right) & (lats >= self._bottom) & (lats <= self._top)
        with np.errstate(invalid="ignore"):
            columns = ((lons - self._left) * self._per_lon).astype(np.int64)
            rows = ((lats - self._bottom) * self._per_lat).astype(np.int64)
        np.clip(columns, 0, self._columns - 1, out=columns)
        np.clip(rows, 0, self._rows - 1, out=rows)
        rows *= self._columns
        rows += columns
        codes = np.where(known, self._codes[rows], np.int32(NONE))
        (points,) = np.nonzero(codes < NONE)
        if len(points):
            codes[points] = self._look_into(NONE - 1 - codes[points], lons[points], lats[points])
        return codes

    def _look_into(self, mixed: I32, lons: F64, lats: F64) -> I32:
        """The first area at each point of a mixed cell: all candidates, and all their edges, at once."""
        point, which = _spread(self._starts[mixed], self._starts[mixed + 1])
        pair, edge = _spread(self._from[which], self._to[which])
        lon, lat = lons[point][pair], lats[point][pair]
        y1, y2 = self._y1[edge], self._y2[edge]
        (near,) = np.nonzero((y1 <= lat) & (lat < y2))
        pair, edge, lon, lat, y1, y2 = pair[near], edge[near], lon[near], lat[near], y1[near], y2[near]
        x1, x2 = self._x1[edge], self._x2[edge]
        one, other = (x2 - x1) * (lat - y1), (lon - x1) * (y2 - y1)
        east = one > other
        for at in np.nonzero(np.abs(one - other) <= UNSURE * (np.abs(one) + np.abs(other)))[0]:
            east[at] = _east(*(float(each[at]) for each in (x1, y1, x2, y2, lon, lat)))
        crossings = np.bincount(pair[east], minlength=len(which))
        (inside,) = np.nonzero((crossings & 1).astype(bool) | (self._from[which] == self._to[which]))
        out = np.full(len(mixed), NONE, np.int32)
        out[point[inside[::-1]]] = self._owner[which[inside[::-1]]]  # backwards, so that the first one stays
        return out

    # building

    def _build(self, x1: F64, y1: F64, x2: F64, y2: F64, owner: I64, areas: int) -> None:
        edge, row = _spread(self._row(y1), self._row(y2) + 1)
        crossed = self._crossed(edge, row, x1, y1, x2, y2, owner, areas)
        covered = self._covered(edge, row, x1, y1, x2, y2, owner, areas)
        covered = covered[~_among(covered, crossed)]
        level = (y1 == y2)[edge]
        self._keep_edges(edge[~level], row[~level], x1, y1, x2, y2, owner, areas)
        self._keep_cells(crossed, covered, areas)

    def _row(self, lat: F64) -> I64:
        """Rows rise with latitude even after rounding, so an edge reaches every row of every point beside it."""
        rows: I64 = np.clip(((lat - self._bottom) * self._per_lat).astype(np.int64), 0, self._rows - 1)
        return rows

    def _column(self, lon: F64) -> I64:
        columns: I64 = np.clip(((lon - self._left) * self._per_lon).astype(np.int64), 0, self._columns - 1)
        return columns

    def _crossed(self, edge: I64, row: I64, x1: F64, y1: F64, x2: F64, y2: F64, owner: I64, areas: int) -> I64:
        """Keys `cell * areas + area` of all cells that a border may touch: a hair more than it does."""
        hair_x, hair_y = 1e-9 * (self._right - self._left), 1e-12 * (self._top - self._bottom)
        low = np.maximum(y1[edge], self._bottom + row / self._per_lat - hair_y)
        high = np.minimum(y2[edge], self._bottom + (row + 1) / self._per_lat + hair_y)
        height = (y2 - y1)[edge]
        slope = np.divide((x2 - x1)[edge], height, out=np.zeros(len(edge)), where=height > 0)
        here, there = x1[edge] + (low - y1[edge]) * slope, x1[edge] + (high - y1[edge]) * slope
        west, east = np.minimum(x1, x2)[edge], np.maximum(x1, x2)[edge]
        level = height == 0
        first = np.where(level, west, np.clip(np.minimum(here, there) - hair_x, west, east))
        last = np.where(level, east, np.clip(np.maximum(here, there) + hair_x, west, east))
        pair, column = _spread(self._column(first), self._column(last) + 1)
        found: I64 = np.unique((row[pair] * self._columns + column) * areas + owner[edge][pair])
        return found

    def _covered(self, edge: I64, row: I64, x1: F64, y1: F64, x2: F64, y2: F64, owner: I64, areas: int) -> I64:
        """Keys of all cells whose middle an area holds: between each odd crossing of the row's middle and the next one."""
        middle = self._bottom + (row + 0.5) / self._per_lat
        (cut,) = np.nonzero((y1[edge] <= middle) & (middle < y2[edge]))
        edge, row, middle = edge[cut], row[cut], middle[cut]
        x = x1[edge] + (middle - y1[edge]) * ((x2 - x1)[edge] / (y2 - y1)[edge])
        order = np.lexsort((x, row, owner[edge]))
        edge, row, x = edge[order], row[order], x[order]
        place = np.clip(np.ceil((x - self._left) * self._per_lon - 0.5).astype(np.int64), 0, self._columns)
        span, column = _spread(place[::2], place[1::2])
        keys: I64 = (row[::2][span] * self._columns + column) * areas + owner[edge][::2][span]
        return keys

    def _keep_edges(self, edge: I64, row: I64, x1: F64, y1: F64, x2: F64, y2: F64, owner: I64, areas: int) -> None:
        """Edges that are not level, together by (row, area): a candidate is checked against those of its row only."""
        key = row * areas + owner[edge]
        order = np.argsort(key, kind="stable")
        edge = edge[order]
        self._strips, first = np.unique(key[order], return_index=True)
        self._ends = np.append(first, len(edge))
        self._x1, self._y1, self._x2, self._y2 = x1[edge], y1[edge], x2[edge], y2[edge]
        self._x1_of, self._y1_of, self._x2_of, self._y2_of = map(_view, (self._x1, self._y1, self._x2, self._y2))

    def _keep_cells(self, crossed: I64, covered: I64, areas: int) -> None:
        cells = np.concatenate((crossed // areas, covered // areas))
        touched = np.bincount(cells, minlength=self._rows * self._columns)
        border = np.zeros(len(touched), bool)
        border[crossed // areas] = True
        self._codes = np.full(len(touched), NONE, np.int32)
        alone = covered[(touched[covered // areas] == 1)]
        self._codes[alone // areas] = alone % areas
        mixed = border | (touched > 1)
        (numbers,) = np.nonzero(mixed)
        self._codes[numbers] = NONE - 1 - np.arange(len(numbers), dtype=np.int32)
        self._keep_candidates(crossed, covered[mixed[covered // areas]], numbers, areas)

    def _keep_candidates(self, crossed: I64, covered: I64, numbers: I64, areas: int) -> None:
        """For each mixed cell its candidates in the order of areas: where their edges are; nowhere: it is covered."""
        keys = np.concatenate((crossed, covered))
        order = np.argsort(keys, kind="stable")
        strip = (crossed // areas // self._columns) * areas + crossed % areas
        at = np.minimum(np.searchsorted(self._strips, strip), max(len(self._strips) - 1, 0))
        known = self._strips[at] == strip
        # A level border alone in its row: an area that has no other edge there holds nothing of it, and drops out.
        first, last = self._ends[at], self._ends[at + 1]
        zero = np.zeros(len(covered), np.int64)
        kept = np.concatenate((known, np.ones(len(covered), bool)))[order]
        self._from = np.concatenate((first, zero))[order][kept]
        self._to = np.concatenate((last, zero))[order][kept]
        keys = keys[order][kept]
        self._owner = (keys % areas).astype(np.int32)
        self._starts = np.searchsorted(keys // areas, np.append(numbers, self._rows * self._columns))
        self._code_of, self._owner_of, self._start_of = map(_view, (self._codes, self._owner, self._starts))
        self._from_of, self._to_of = map(_view, (self._from, self._to))


def _edges(areas: Sequence[Sequence[Sequence[float]]]) -> tuple[F64, F64, F64, F64, I64]:
    """All edges, each from its lower end to its upper one: (x1, y1, x2, y2, number of its area)."""
    parts: list[F64] = []
    owners: list[I64] = []
    for number, rings in enumerate(areas):
        for flat in rings:
            ring = np.asarray(flat, np.float64).reshape(-1, 2)
            parts.append(np.hstack((ring[:-1], ring[1:])))
            owners.append(np.full(len(ring) - 1, number))
    edges = np.concatenate(parts)
    down = edges[:, 1] > edges[:, 3]
    edges[down] = edges[down][:, [2, 3, 0, 1]]
    x1, y1, x2, y2 = (np.ascontiguousarray(edges[:, column]) for column in range(4))
    return x1, y1, x2, y2, np.concatenate(owners).astype(np.int64)


def _spread(first: Any, last: Any) -> tuple[I64, I64]:
    """Every number of every range [first, last): (which range, the number)."""
    counts = np.asarray(last) - np.asarray(first)
    which = np.repeat(np.arange(len(counts)), counts)
    begins = np.cumsum(counts) - counts
    return which, np.arange(len(which)) + (np.asarray(first) - begins)[which]


def _among(keys: I64, known: I64) -> npt.NDArray[np.bool_]:
    """Which of `keys` are in `known`, which is sorted."""
    if not len(known):
        return np.zeros(len(keys), bool)
    return np.asarray(known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys)


def _view(array: npt.NDArray[Any]) -> Any:
    """For one number at a time: several times quicker than the array, and plain Python numbers."""
    return np.ascontiguousarray(array).data


def _east(x1: float, y1: float, x2: float, y2: float, lon: float, lat: float) -> bool:
    """Whether an edge (y1 < y2) passes east of a point at its height: exactly."""
    left, low, right, high, x, y = map(Fraction, (x1, y1, x2, y2, lon, lat))
    return (right - left) * (y - low) > (x - left) * (high - low)
