"""Derived indicators: readings come in, and right behind each one stand the readings that formulas make of it.

A formula gives a reading when each of its inputs has one to give: those that come most often have all been read since the
last time, and none is so old that its own next reading is due (`_reach`). So two counts of which one is today's and the
other yesterday's are never divided by each other, in whatever order and in however many batches they come. The reading is
of the time of the newest input, and of the worst quality among them. Where the newest reading of an input is no evidence,
or the result has no number (0/0), or one that its indicator cannot have, nothing is given: the derived series falls silent
in its time, and grey is not calm.

What is given depends on the rows alone, in their order: not on how batches are cut, nor on when anybody looked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bihuan.engine.arithmetic import worked_out
from bihuan.engine.engine import LATEST, Applied
from bihuan.engine.formula import Expression
from bihuan.model.facts import InputValue
from bihuan.model.numbering import Numbering
from bihuan.model.readings import QUALITIES
from bihuan.pack.formulas import expression_of, in_order
from bihuan.pack.schema import Indicator

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows of readings as the engine takes them, those that formulas gave right behind the reading that led to them."""

    series: I64
    at: I64
    value: F64
    quality: U8
    given: int = 0
    """How many of them formulas gave."""
    set_aside: int = 0
    """How many of those are no evidence for their own indicator."""

    def counted(self, applied: Applied) -> Applied:
        """What came of the rows that were sent."""
        less = self.given - self.set_aside
        return replace(applied, applied=applied.applied - less, set_aside=applied.set_aside - self.set_aside)


class Derived:
    """All formulas of `indicators`, which the numbering numbers. `bool(derived)` is False where there are none, and then it
    costs nothing."""

    def __init__(self, indicators: Mapping[str, Indicator], numbering: Numbering) -> None:
        self._numbering = numbering
        order, _ = in_order(indicators)
        block = {indicator: number for number, indicator in enumerate(numbering.indicators)}
        inputs = [indicators[id].formula for id in order]
        involved = dict.fromkeys([*(name for formula in inputs if formula for name in formula.of.values()), *order])
        sizes = [int(np.diff(numbering.starts)[block[id]]) for id in involved]
        first = dict(zip(involved, np.cumsum([0, *sizes])[:-1].tolist(), strict=True))
        self._newest = _Newest(sum(sizes))
        self._shift: I64 = np.zeros(len(block), dtype=np.int64)
        self._is_input: Bools = np.zeros(len(block), dtype=np.bool_)
        self._is_derived: Bools = np.zeros(len(block), dtype=np.bool_)
        for id in involved:
            self._shift[block[id]] = first[id] - numbering.starts[block[id]]
            self._is_input[block[id]] = indicators[id].formula is None
            self._is_derived[block[id]] = indicators[id].formula is not None
        self._accepts: Bools = np.array([[q in i.raise_on for q in QUALITIES] for i in indicators.values()], np.bool_)
        self._where: dict[tuple[int, int], I64] = {}
        self._columns = {id: slice(first[id], first[id] + size) for id, size in zip(involved, sizes, strict=True)}
        self._formulas = [self._formula(indicators, id, block, first) for id in order]
        self._of_block = {formula.block: formula for formula in self._formulas}
        self._last: _Given | None = None

    def __bool__(self) -> bool:
        return bool(self._formulas)

    def _formula(
        self, indicators: Mapping[str, Indicator], id: str, block: Mapping[str, int], first: Mapping[str, int]
    ) -> "_Formula":
        indicator = indicators[id]
        formula = indicator.formula
        assert formula is not None
        lists, own = self._numbering.list_of, block[id]
        sources = [indicators[name] for name in formula.of.values()]
        fastest = min(source.cadence for source in sources)
        size = len(self._numbering.lists[lists[own]])
        return _Formula(
            block=own,
            start=int(self._numbering.starts[own]),
            column=first[id],
            expression=expression_of(formula),
            of=dict(formula.of),
            blocks=[block[source.id] for source in sources],
            columns=[first[source.id] + self._places_in(lists[block[source.id]], lists[own]) for source in sources],
            position=self._positions(lists[own]),
            fastest=np.array([source.cadence == fastest for source in sources]),
            bounds=(_bound(indicator.least, -np.inf), _bound(indicator.most, np.inf)),
            reach=np.array([_reach(source.cadence, fastest) for source in sources])[:, None],
            used_at=np.full((len(sources), size), -1, dtype=np.int64),
            used_value=np.full((len(sources), size), np.nan),
        )

    def _places_in(self, there: int, here: int) -> I64:
        """Of each place of list `here`, where it stands in list `there`."""
        if (there, here) not in self._where:
            known = {place: n for n, place in enumerate(self._numbering.lists[there])}
            found = [known[place] for place in self._numbering.lists[here]]
            self._where[there, here] = np.array(found, dtype=np.int64)
        return self._where[there, here]

    def _positions(self, here: int) -> I64:
        """Of each place that has a series, where it stands in list `here`; -1 where it does not."""
        if (-1, here) not in self._where:
            out = np.full(len(self._numbering.places), -1, dtype=np.int64)
            number = {place: n for n, place in enumerate(self._numbering.places)}
            out[[number[place] for place in self._numbering.lists[here]]] = np.arange(len(self._numbering.lists[here]))
            self._where[-1, here] = out
        return self._where[-1, here]

    # readings come

    def weave(self, sent: Rows) -> Rows:
        """Rows with what the formulas give of them; rows that say they are of a derived series are left out."""
        series, at, value, quality = sent.series, sent.at, sent.value, sent.quality
        block = self._numbering.block_of[series]
        self._last = None
        if (wrong := self._is_derived[block]).any():
            series, at, value, quality, block = (column[~wrong] for column in (series, at, value, quality, block))
        found = np.flatnonzero(self._is_input[block] & (at >= 0) & (at <= LATEST))
        if not len(found):
            return Rows(series=series, at=at, value=value, quality=quality)
        place = self._numbering.place_of(series[found])
        gathered: list[_Given] = []
        for wave in _waves(place):
            rows = found[wave]
            readings = block[rows], series[rows], at[rows], value[rows], quality[rows]
            gathered += self._take(rows, place[wave], *readings)
        return self._woven(series, at, value, quality, gathered)

    def _take(
        self, rows: I64, place: npt.NDArray[np.int32], block: I64, series: I64, at: I64, value: F64, quality: U8
    ) -> "Iterator[_Given]":
        """One reading a place, and what the formulas there make of it, formulas over formulas last."""
        evidence = self._accepts[block, np.minimum(quality, len(QUALITIES) - 1)] & np.isfinite(value)
        moved = self._newest.move(series + self._shift[block], at, value, quality, evidence)
        changed = {int(one): np.flatnonzero(moved & (block == one)) for one in np.unique(block[moved])}
        for number, formula in enumerate(self._formulas):
            touched = [changed[one] for one in dict.fromkeys(formula.blocks) if one in changed]
            if not touched:
                continue
            which = touched[0] if len(touched) == 1 else np.unique(np.concatenate(touched))
            position = formula.position[place[which]]
            which, position = which[position >= 0], position[position >= 0]
            ready = formula.ready(self._newest, position)
            if len(ready):
                changed[formula.block], position = which[ready], position[ready]
                given = formula.give(self._newest, number, rows[which[ready]], position, self._accepts[formula.block])
                if len(given):
                    yield given

    def _woven(self, series: I64, at: I64, value: F64, quality: U8, gathered: "Sequence[_Given]") -> Rows:
        if not gathered:
            return Rows(series=series, at=at, value=value, quality=quality)
        given = _Given.joined(gathered)
        place = given.row + 1 + np.arange(len(given))
        self._last = replace(given, row=place)
        own = np.zeros(len(series) + len(given), dtype=np.bool_)
        own[place] = True

        def both(sent: npt.NDArray[Any], made: npt.NDArray[Any]) -> npt.NDArray[Any]:
            out = np.empty(len(own), dtype=sent.dtype)
            out[own], out[~own] = made, sent
            return out

        return Rows(
            series=both(series, given.series),
            at=both(at, given.at),
            value=both(value, given.value),
            quality=both(quality, given.quality),
            given=len(given),
            set_aside=int((~given.evidence).sum()),
        )

    # what is behind a value

    def formula_of(self, series: int) -> str:
        """The expression a series is worked out by; empty for one that is measured."""
        formula = self._of_block.get(int(self._numbering.block_of[series]))
        return formula.expression.text if formula else ""

    def inputs_of(self, series: int, row: int = -1) -> tuple[InputValue, ...]:
        """What the inputs of a derived series were when row `row` of the newest batch was given; by default when the newest
        of all was."""
        formula = self._of_block.get(int(self._numbering.block_of[series]))
        if formula is None:
            return ()
        position = series - formula.start
        at, value = formula.used_at[:, position], formula.used_value[:, position]
        if row >= 0 and self._last is not None:
            n = int(np.searchsorted(self._last.row, row))
            if n < len(self._last) and self._last.row[n] == row:
                at, value = self._last.inputs_at[n][: len(at)], self._last.inputs[n][: len(at)]
        if (at < 0).any():
            return ()
        parts = zip(formula.of.items(), value.tolist(), at.tolist(), strict=True)
        return tuple(InputValue(name=name, indicator=id, value=one, at=when) for (name, id), one, when in parts)

    def sources_of(self, series: int) -> list[int]:
        """The measured series a derived one comes from in the end, each once."""
        formula = self._of_block.get(int(self._numbering.block_of[series]))
        if formula is None:
            return []
        out: dict[int, None] = {}
        place = self._numbering.pair(series)[1]
        for id in formula.of.values():
            source = self._numbering.number(id, place)
            out.update(dict.fromkeys(self.sources_of(source) or [source]))
        return list(out)

    # over a stop

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """What was read last of every input, and what each formula used last."""
        out: dict[str, npt.NDArray[Any]] = {}
        for id, part in self._columns.items():
            out |= {f"{name}.{id}": column[part] for name, column in self._newest.columns().items()}
        for formula in self._formulas:
            id = self._numbering.indicators[formula.block]
            out |= {f"used_at.{id}": formula.used_at, f"used_value.{id}": formula.used_value}
        return out

    def carried(self, kept: Mapping[str, npt.NDArray[Any]], there: Numbering, here: I64) -> dict[str, npt.NDArray[Any]]:
        """What was `saved` under another numbering as it would be under this one, before anything happened here:
        `here[i]` is the series here that was number i there, -1 where it is gone."""
        out: dict[str, npt.NDArray[Any]] = {}
        for name, fresh in self.saved().items():
            id = name.partition(".")[2]
            (begin, end), (first, _) = there.span(id), self._numbering.span(id)
            mine = here[begin:end] - first
            stays = np.flatnonzero(here[begin:end] >= 0)
            column = kept.get(name, np.empty(0))
            if column.shape[:-1] == fresh.shape[:-1] and column.shape[-1] == end - begin:
                out[name] = fresh.copy()
                out[name][..., mine[stays]] = column[..., stays]
        return out

    def put_back(self, kept: Mapping[str, npt.NDArray[Any]], newest_at: I64) -> None:
        """Go on from `saved`. What was not kept, because a formula is new or has other inputs, begins anew, after the
        newest reading of its series (`newest_at`, by dense id)."""
        for formula in self._formulas:
            id = self._numbering.indicators[formula.block]
            size = formula.used_at.shape[1]
            self._newest.at[formula.column : formula.column + size] = newest_at[formula.start : formula.start + size]
            for name, column in (("used_at", formula.used_at), ("used_value", formula.used_value)):
                if kept.get(f"{name}.{id}", np.empty(0)).shape == column.shape:
                    column[:] = kept[f"{name}.{id}"]
        for id, part in self._columns.items():
            for name, column in self._newest.columns().items():
                if kept.get(f"{name}.{id}", np.empty(0)).shape == column[part].shape:
                    column[part] = kept[f"{name}.{id}"]


def _reach(cadence: int, fastest: int) -> int:
    """For how long a reading speaks: until a little before its own next one is due, so that one that comes a bit early
    is not paired with one that is about to be replaced. A little is a quarter of the shortest cadence among the inputs."""
    return cadence - fastest // 4


def _bound(given: float | None, otherwise: float) -> float:
    return otherwise if given is None else given


def _waves(place: npt.NDArray[Any]) -> Iterator[I64]:
    """Rows cut so that the k-th wave holds the k-th row of each place, in order."""
    order = np.argsort(place, kind="stable")
    first = np.flatnonzero(np.diff(place[order], prepend=-1))
    turn = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    by_turn = np.argsort(turn, kind="stable")
    for wave in np.split(order[by_turn], np.cumsum(np.bincount(turn))[:-1]):
        yield np.sort(wave)


class _Newest:
    """The newest reading of every series that formulas look at, evidence or not."""

    def __init__(self, size: int) -> None:
        self.at: I64 = np.full(size, -1, dtype=np.int64)
        self.value: F64 = np.full(size, np.nan)
        self.quality: U8 = np.zeros(size, dtype=np.uint8)
        self.evidence: Bools = np.zeros(size, dtype=np.bool_)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        return {"at": self.at, "value": self.value, "quality": self.quality, "evidence": self.evidence}

    def move(self, n: I64, at: I64, value: F64, quality: U8, evidence: Bools) -> Bools:
        """Take one reading each: those that are newer, or of the same time where the first one was no evidence."""
        newer: Bools = (at > self.at[n]) | ((at == self.at[n]) & evidence & ~self.evidence[n])
        n = n[newer]
        self.at[n], self.value[n], self.quality[n] = at[newer], value[newer], quality[newer]
        self.evidence[n] = evidence[newer]
        return newer


@dataclass(frozen=True, kw_only=True, eq=False)
class _Given:
    """Readings that formulas gave, as columns. `row` is the row that led to each; `inputs` are padded with NaN."""

    row: I64
    order: I64
    series: I64
    at: I64
    value: F64
    quality: U8
    evidence: Bools
    inputs: F64
    inputs_at: I64

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def joined(cls, parts: "Sequence[_Given]") -> "_Given":
        """All of them, by row, then in the order of formulas."""
        wide = max(part.inputs.shape[1] for part in parts)
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ONE_WIDE}
        inputs = np.concatenate([_padded(part.inputs, wide) for part in parts])
        inputs_at = np.concatenate([_padded(part.inputs_at, wide) for part in parts])
        by = np.lexsort((columns["order"], columns["row"]))
        return cls(**{name: column[by] for name, column in columns.items()}, inputs=inputs[by], inputs_at=inputs_at[by])


_ONE_WIDE = ("row", "order", "series", "at", "value", "quality", "evidence")


def _padded(table: npt.NDArray[Any], wide: int) -> npt.NDArray[Any]:
    return np.pad(table, ((0, 0), (0, wide - table.shape[1]))) if table.shape[1] < wide else table


@dataclass(frozen=True, kw_only=True, eq=False)
class _Formula:
    """One formula over all its places. Tables are [inputs, places]."""

    block: int
    start: int
    column: int
    """Where its own readings begin among the newest."""
    expression: Expression
    of: dict[str, str]
    blocks: list[int]
    columns: list[I64]
    """Of each input, where the readings of its places are among the newest."""
    position: I64
    """By place, where it stands in this formula; -1: nowhere."""
    fastest: Bools
    reach: I64
    bounds: tuple[float, float]
    """Least and most it can be."""
    used_at: I64
    used_value: F64

    def ready(self, newest: _Newest, position: I64) -> I64:
        """Which of these places may have a reading now."""
        where = [column[position] for column in self.columns]
        at = np.array([newest.at[one] for one in where])
        time = at.max(axis=0)
        moved = (at > self.used_at[:, position])[self.fastest].all(axis=0)
        speak = (at + self.reach > time).all(axis=0)
        known = np.array([newest.evidence[one] for one in where]).all(axis=0)
        return np.flatnonzero(known & moved & speak & (time > newest.at[self.column + position]))

    def give(self, newest: _Newest, order: int, row: I64, position: I64, accepts: Bools) -> _Given:
        """The readings of places that are ready. What has no number, or an impossible one, is taken note of, and not given."""
        where = [column[position] for column in self.columns]
        at, inputs = (np.array([column[one] for one in where]) for column in (newest.at, newest.value))
        quality = np.array([newest.quality[one] for one in where]).max(axis=0)
        value, time = worked_out(self.expression, list(inputs)), at.max(axis=0)
        self.used_at[:, position], self.used_value[:, position] = at, inputs
        some = (value >= self.bounds[0]) & (value <= self.bounds[1])
        evidence = accepts[quality] & some
        newest.move(self.column + position, time, value, quality, evidence)
        return _Given(
            row=row[some],
            order=np.full(int(some.sum()), order),
            series=self.start + position[some],
            at=time[some],
            value=value[some],
            quality=quality[some],
            evidence=evidence[some],
            inputs=inputs.T[some],
            inputs_at=at.T[some],
        )
