"""Readings in memory as sorted columns: merging, repeated ones out, and what has come in but is not yet written."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bihuan.history.contract import F64, I32, I64, U8
from bihuan.model.readings import Batch

MOST_NAMES = 500_000
"""Names of series remembered from one flush to the next at the most, about 75 MB with their texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Columns of one length. `indicator` and `place` are indexes into their names, which are in ascending order."""

    indicators: tuple[str, ...]
    places: tuple[str, ...]
    indicator: I32
    place: I32
    at: I64
    value: F64
    quality: U8

    def __len__(self) -> int:
        return len(self.at)

    def chosen(self, rows: npt.NDArray[np.bool_] | I64 | slice) -> "Rows":
        """These rows, under the same names."""
        return Rows(
            indicators=self.indicators,
            places=self.places,
            indicator=self.indicator[rows],
            place=self.place[rows],
            at=self.at[rows],
            value=self.value[rows],
            quality=self.quality[rows],
        )

    def between(self, since: int, until: int) -> "Rows":
        inside = (self.at >= since) & (self.at <= until)
        return self if inside.all() else self.chosen(inside)


NO_ROWS = Rows(
    indicators=(),
    places=(),
    indicator=np.empty(0, np.int32),
    place=np.empty(0, np.int32),
    at=np.empty(0, np.int64),
    value=np.empty(0, np.float64),
    quality=np.empty(0, np.uint8),
)


def merged(parts: Sequence[Rows]) -> Rows:
    """All rows by indicator, place and time. `parts` are in the order they came in: of equal rows the first stays."""
    parts = [part for part in parts if len(part)] or [NO_ROWS]
    indicators, indicator = _renamed([(part.indicators, part.indicator) for part in parts])
    places, place = _renamed([(part.places, part.place) for part in parts])
    at, value, quality = (np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "value", "quality"))
    rows = Rows(indicators=indicators, places=places, indicator=indicator, place=place, at=at, value=value, quality=quality)
    return _sorted(rows)


def _renamed(columns: list[tuple[tuple[str, ...], I32]]) -> tuple[tuple[str, ...], I32]:
    """The codes of all columns under one list of names."""
    if all(names == columns[0][0] for names, _ in columns):
        return columns[0][0], np.concatenate([codes for _, codes in columns])
    names = tuple(sorted({name for names, _ in columns for name in names}))
    rank = {name: number for number, name in enumerate(names)}
    ranks = [np.fromiter((rank[name] for name in own), np.int32, len(own)) for own, _ in columns]
    return names, np.concatenate([own[codes] for own, (_, codes) in zip(ranks, columns, strict=True)])


def _sorted(rows: Rows) -> Rows:
    if not len(rows):
        return rows
    series = rows.indicator.astype(np.int64) * len(rows.places) + rows.place
    since, until = int(rows.at.min()), int(rows.at.max())
    span = until - since + 1
    if (int(series.max()) + 1) * span < 2**63:
        # One number a row sorts several times faster than two; sorted parts are merged, not sorted again.
        key = series * span + (rows.at - since)
        step = np.diff(key)
        if (step > 0).all():
            return rows
        order = np.argsort(key, kind="stable")
        new = np.diff(key[order]) != 0
    else:
        order = np.lexsort((rows.at, series))
        new = (np.diff(series[order]) != 0) | (np.diff(rows.at[order]) != 0)
    return rows.chosen(order[np.concatenate(([True], new))])


class Names:
    """Codes of series names, and of the indicators and places in them. About 75 bytes a name besides its text."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self._indicators: dict[str, int] = {}
        self._places: dict[str, int] = {}
        self._indicator_of, self._place_of = array("i"), array("i")

    def __len__(self) -> int:
        return len(self.codes)

    def of(self, names: Sequence[str]) -> I32:
        codes = self.codes
        return np.fromiter((codes[name] if name in codes else self._new(name) for name in names), np.int32, len(names))

    def _new(self, name: str) -> int:
        indicator, _, place = name.partition("@")
        code = self.codes[name] = len(self.codes)
        self._indicator_of.append(self._indicators.setdefault(indicator, len(self._indicators)))
        self._place_of.append(self._places.setdefault(place, len(self._places)))
        return code

    def are(self, indicator: str) -> npt.NDArray[np.bool_] | None:
        """Of each code whether it is a series of this indicator. None: no name is."""
        code = self._indicators.get(indicator)
        return None if code is None else np.array(self._indicator_of, np.int32) == code

    def rows(self, series: I32, at: I64, value: F64, quality: U8) -> Rows:
        """Rows of codes, sorted, without repeated ones."""
        indicators, indicator = _ranked(self._indicators, self._indicator_of)
        places, place = _ranked(self._places, self._place_of)
        rows = Rows(
            indicators=indicators,
            places=places,
            indicator=indicator[series],
            place=place[series],
            at=at,
            value=value,
            quality=quality,
        )
        return _sorted(rows)


def _ranked(names: Mapping[str, int], codes: "array[int]") -> tuple[tuple[str, ...], I32]:
    """The names in order, and instead of their codes their ranks."""
    ordered = tuple(sorted(names))
    rank = np.empty(len(ordered), np.int32)
    rank[[names[name] for name in ordered]] = np.arange(len(ordered), dtype=np.int32)
    return ordered, rank[np.array(codes, np.int32)]


class Buffer:
    """What came in and is not written yet, in the order it came. Not safe for threads: its owner locks."""

    def __init__(self) -> None:
        self.count = 0
        self._names = Names()
        self._chunks: list[tuple[I32, I64, F64, U8]] = []

    def add(self, batch: Batch) -> None:
        self._chunks.append((self._names.of(batch.names)[batch.series], batch.at, batch.value, batch.quality))
        self.count += len(batch)

    def empty(self) -> None:
        """Begin again. Names are kept: the same ones come every time."""
        self.count, self._chunks = 0, []
        if len(self._names) > MOST_NAMES:
            self._names = Names()

    def series(self, indicator: str, place: str, since: int, until: int) -> tuple[I64, F64, U8]:
        """at, value, quality in the order they came."""
        code = self._names.codes.get(f"{indicator}@{place}", -1)
        parts = [(NO_ROWS.at, NO_ROWS.value, NO_ROWS.quality)]
        for series, at, value, quality in self._chunks if code >= 0 else ():
            rows = (series == code) & (at >= since) & (at <= until)
            parts.append((at[rows], value[rows], quality[rows]))
        ats, values, qualities = zip(*parts, strict=True)
        return np.concatenate(ats), np.concatenate(values), np.concatenate(qualities)

    def indicator(self, indicator: str, since: int, until: int) -> Rows:
        """The rows of one indicator, sorted, without repeated ones."""
        are = self._names.are(indicator)
        if are is None:
            return NO_ROWS
        masks = [are[series] & (at >= since) & (at <= until) for series, at, _, _ in self._chunks]
        return self._rows(masks)

    def all(self) -> Rows:
        """All rows, sorted, without repeated ones."""
        return self._rows([slice(None)] * len(self._chunks))

    def _rows(self, chosen: Sequence[npt.NDArray[np.bool_] | slice]) -> Rows:
        if not self._chunks:
            return NO_ROWS
        series, at, value, quality = (
            np.concatenate([chunk[column][rows] for chunk, rows in zip(self._chunks, chosen, strict=True)])
            for column in range(4)
        )
        return self._names.rows(series, at, value, quality)
