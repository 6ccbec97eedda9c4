"""A period of one indicator against the one before and the same one a year before: what to fold, and how to say it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from bihuan.engine.events import F64, I64
from bihuan.pack.formulas import behind
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator, Words
from bihuan.views.known import Known
from bihuan.views.shapes import Named, Shape, Spot
from bihuan.views.vital_layout import indicator_of, spots_below
from bihuan.views.vital_shapes import TreeName

Period = Literal["day", "week", "month", "year"]
Fold = Literal["sum", "mean", "max", "min"]
PERIODS: tuple[Period, ...] = ("week", "month", "year", "day")
Bools = npt.NDArray[np.bool_]
Over = Literal["sum", "mean", "max", "min", "none"]

_TIME: dict[Fold, tuple[str, str]] = {
    "sum": ("把本期读数相加", "readings of the period are added up"),
    "mean": ("取本期读数的平均", "the mean of the readings of the period is taken"),
    "max": ("取本期最高的读数", "the highest reading of the period is taken"),
    "min": ("取本期最低的读数", "the lowest reading of the period is taken"),
}
_PLACES: dict[Over, tuple[str, str]] = {
    "sum": ("各序列相加", "series are added up"),
    "mean": ("各序列取平均", "the mean of all series is taken"),
    "max": ("取最高的序列", "the highest series is taken"),
    "min": ("取最低的序列", "the lowest series is taken"),
    "none": ("比例不能跨地点平均，请选一个序列所在的地点", "shares are not averaged over places: choose one place"),
}
_QUIET = Words(
    zh="没有读数不等于没有事：覆盖率低的一期不能当作平静。",
    en="Silence is not calm: a period that few readings cover is not a quiet one.",
)


class Side(Protocol):
    """One period as history folds it: columns that go with the comparison's places, NaN where missing."""

    @property
    def since(self) -> int: ...

    @property
    def until(self) -> int: ...

    @property
    def value(self) -> F64: ...

    @property
    def count(self) -> I64: ...


class Comparison(Protocol):
    """This period, the one before and the same one a year before, place by place, as history answers."""

    @property
    def places(self) -> tuple[str, ...]: ...

    @property
    def this(self) -> Side: ...

    @property
    def last(self) -> Side: ...

    @property
    def year(self) -> Side | None: ...


class SideView(Shape, frozen=True):
    """One period, `since` to `until` (not included). `value` is None where there are no readings. `series` of `expected`
    have any; `coverage` is the share of the readings that should have come."""

    since: int
    until: int
    value: float | None
    series: int
    expected: int
    readings: int
    coverage: float


class ChangeView(Shape, frozen=True):
    """This period less another one, over the `series` that have readings in both: what is not the same is not compared.

    `share` of the other one; None where that is 0.
    """

    difference: float
    share: float | None
    series: int


class ComparisonView(Shape, frozen=True):
    """`last` is the period before; `year` the same one a year before, None where there is none (and for years)."""

    indicator: Named
    place: Spot
    unit: str
    datum: Words
    origin: str
    period: Period
    at: int
    how: Words
    caution: Words
    this: SideView
    last: SideView
    year: SideView | None
    against_last: ChangeView | None
    against_year: ChangeView | None


@dataclass(frozen=True, kw_only=True)
class Comparable:
    """What is compared: the series of an indicator at or below a place, and how their readings become one number."""

    indicator: Indicator
    place: Spot
    spots: tuple[str, ...]
    all_spots: int
    """Series of the indicator anywhere: so many are read."""
    zone: tzinfo
    over_time: Fold
    over_places: Over
    inputs: tuple[Indicator, ...]
    """What is read: the indicator itself, or what it is worked out from in the end."""
    datum: Words

    def rows_due(self, ms: int) -> int:
        """Readings that come in such a time and are read: of one series, or of all of the indicator's."""
        series = 1 if len(self.spots) == 1 else self.all_spots
        return sum(series * ms // max(one.cadence, 1) for one in self.inputs)

    def steps_due(self, ms: int) -> int:
        """Readings of one place that a formula takes one after the other in such a time; 0 for what is measured."""
        return sum(ms // max(one.cadence, 1) for one in self.inputs) if self.indicator.formula else 0

    def view(self, found: Comparison, period: Period, at: int) -> ComparisonView:
        wanted = frozenset(self.spots)
        mine = np.array([place in wanted for place in found.places], dtype=bool)
        zh, en = _TIME[self.over_time]
        if len(self.spots) > 1:
            zh, en = f"{zh}；{_PLACES[self.over_places][0]}", f"{en}; {_PLACES[self.over_places][1]}"
        return ComparisonView(
            indicator=Named(id=self.indicator.id, words=self.indicator.words),
            place=self.place,
            unit=self.indicator.unit,
            datum=self.datum,
            origin=self.indicator.origin,
            period=period,
            at=at,
            how=Words(zh=f"{zh}。", en=f"{en[0].upper()}{en[1:]}."),
            caution=_QUIET,
            this=self._side(found.this, mine),
            last=self._side(found.last, mine),
            year=None if found.year is None else self._side(found.year, mine),
            against_last=self._change(found.this, found.last, mine),
            against_year=None if found.year is None else self._change(found.this, found.year, mine),
        )

    def _side(self, side: Side, mine: Bools) -> SideView:
        value, count = side.value[mine], side.count[mine]
        readings, due = int(count.sum()), len(self.spots) * (side.until - side.since) / max(self.indicator.cadence, 1)
        return SideView(
            since=side.since,
            until=side.until,
            value=self._folded(value[~np.isnan(value)]),
            series=int((count > 0).sum()),
            expected=len(self.spots),
            readings=readings,
            coverage=round(min(1.0, readings / due), 4) if due else 0.0,
        )

    def _change(self, this: Side, other: Side, mine: Bools) -> ChangeView | None:
        both = mine & ~np.isnan(this.value) & ~np.isnan(other.value)
        now, before = self._folded(this.value[both]), self._folded(other.value[both])
        if now is None or before is None:
            return None
        share = (now - before) / abs(before) if before else None
        return ChangeView(difference=now - before, share=share, series=int(both.sum()))

    def _folded(self, value: F64) -> float | None:
        if not len(value) or (self.over_places == "none" and len(self.spots) > 1):
            return None
        return float(_FOLDS[self.over_places](value))


_FOLDS: dict[Over, Callable[[F64], float]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "none": np.max,  # of a single one
}


def comparable(known: Known, indicator: str, place: str, tree: TreeName) -> Comparable:
    """Raises NotFound for an indicator or place that is not there, or do not go together."""
    rules, declared = known.rules, indicator_of(known.rules, indicator)
    return Comparable(
        indicator=declared,
        place=known.spot(place),
        spots=spots_below(rules, indicator, place, tree),
        all_spots=len(rules.subjects(declared)),
        zone=rules.zone,
        over_time=_over_time(rules, declared),
        over_places=_over_places(declared),
        datum=known.speech.datum(indicator),
        inputs=tuple(one for id in behind(rules.indicators, indicator) if not (one := rules.indicators[id]).formula),
    )


def _over_time(rules: Rules, indicator: Indicator) -> Fold:
    """What its ladder does with several readings; else the worst for what is rolled up as the worst; else the mean."""
    ladder = rules.ladders.get(indicator.ladder)
    folds = [rung.window.fold for rung in (ladder.rungs if ladder else ()) if rung.window and rung.window.fold != "delta"]
    if folds:
        return folds[0]
    if indicator.roll_up in ("max", "worst"):
        return _worst(indicator)
    return "mean"


def _over_places(indicator: Indicator) -> Over:
    match indicator.roll_up:
        case "ratio":
            return "none"
        case "worst":
            return _worst(indicator)
        case how:
            return how


def _worst(indicator: Indicator) -> Literal["max", "min"]:
    return "min" if indicator.direction == "lower-is-worse" else "max"
