"""The arithmetic of a scorecard: from what went in to figures, points, colours and ranks. Nothing but what the fact carries.

All of it is done in fractions, so the digits are the same on every machine. See ROUNDING.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from msgspec.structs import replace

from bihuan.model.facts import CountedCase, CountedTask, ItemOfScore, ItemScore, LeftOut, ScorePublished, UnitScore
from bihuan.pack.measures import MEASURES, Measure, Verdict

ROUNDING = (
    "Values have 4 decimals, points and scores 2, halves rounded up. Points are of the exact value (numerator / denominator); "
    "the score is the mean of the rounded points by weight, over the items that have data (0/0 is no data); colour and rank "
    "are of the rounded score; equal scores share a rank and the next is skipped."
)

Line = CountedTask | CountedCase


def scored(body: ScorePublished) -> tuple[UnitScore, ...]:
    """The rows of a published score, worked out of everything in it but its rows. Best first; without data last, by unit.

    Raises KeyError for a measure that this release does not know.
    """
    lines = _by_measure(body)
    rows = [_row(body, unit, [list(_counted(lines, body, item, unit)) for item in body.items]) for unit in body.units]
    return ranked(rows)


def counted(body: ScorePublished, item: ItemOfScore, unit: str) -> Iterator[tuple[Line, Verdict]]:
    """What an item looks at for one unit, with what it makes of it; what does not belong to the period is not there."""
    return _counted(_by_measure(body), body, item, unit)


def matters(line: Line, measures: Sequence[Measure], since: int, until: int) -> bool:
    """Whether any of the measures looks at this task or case in this period."""
    return any(_look(measure, line, since, until) is not None for measure in measures)


Lines = dict[tuple[type[Line], str, bool], list[Line]]
"""By kind, scored unit, and whether that is the unit that sent the task."""


def _by_measure(body: ScorePublished) -> Lines:
    out: Lines = {}
    for case in body.cases:
        out.setdefault((CountedCase, case.unit, False), []).append(case)
    for task in body.tasks:
        out.setdefault((CountedTask, task.unit, False), []).append(task)
        out.setdefault((CountedTask, task.holder, True), []).append(task)
    return out


def _counted(lines: Lines, body: ScorePublished, item: ItemOfScore, unit: str) -> Iterator[tuple[Line, Verdict]]:
    measure = MEASURES[item.measure]
    ruled = {ruling.id for ruling in body.rulings if (ruling.unit, ruling.item) == (unit, item.item)}
    kind = CountedCase if measure.case else CountedTask
    for line in lines.get((kind, unit, measure.holder), ()):
        verdict = _look(measure, line, body.since, body.until)
        if verdict is not None:
            yield line, "appeal" if id_of(line) in ruled or line.case in ruled else verdict


def _look(measure: Measure, line: Line, since: int, until: int) -> Verdict:
    if isinstance(line, CountedCase):
        return measure.case(line, since, until) if measure.case else None
    return measure.task(line, since, until) if measure.task else None


def id_of(line: Line) -> str:
    return line.case if isinstance(line, CountedCase) else line.task


def _row(body: ScorePublished, unit: str, lines: Sequence[Sequence[tuple[Line, Verdict]]]) -> UnitScore:
    """Items without data (0/0) carry no weight; a row without any data has no score, no colour and no rank."""
    items = tuple(_item(item, seen) for item, seen in zip(body.items, lines, strict=True))
    parts = [
        (exact(item.weight), exact(one.points)) for item, one in zip(body.items, items, strict=True) if one.points is not None
    ]
    weight = sum((weight for weight, _ in parts), Fraction(0))
    total = rounded(sum((weight * points for weight, points in parts), Fraction(0)) / weight, 2) if weight else None
    return UnitScore(
        unit=unit,
        items=items,
        score=total,
        level="unknown" if total is None else _colour(body, total),
        rank=None,
        cases=tuple(dict.fromkeys(line.case for seen in lines for line, _ in seen)),
    )


def _item(item: ItemOfScore, seen: Sequence[tuple[Line, Verdict]]) -> ItemScore:
    good = sum(verdict is True for _, verdict in seen)
    of = sum(isinstance(verdict, bool) for _, verdict in seen)
    left_out = [LeftOut(id=id_of(line), why=verdict) for line, verdict in seen if isinstance(verdict, str)]
    if MEASURES[item.measure].credit:
        left_out += [
            LeftOut(id=line.case, why=line.credit)
            for line, verdict in seen
            if isinstance(line, CountedCase) and line.credit and verdict is False
        ]
    value = Fraction(good, of) if of else None
    return ItemScore(
        item=item.item,
        numerator=float(good),
        denominator=float(of),
        value=None if value is None else rounded(value, 4),
        points=None if value is None else rounded(points(item, value), 2),
        left_out=tuple(left_out),
    )


def points(item: ItemOfScore, value: Fraction) -> Fraction:
    """0-100 for a value: by the item's bands, else the value itself as a share (turned round where lower is better)."""
    higher = item.direction == "higher-is-better"
    if not item.bands:
        return 100 * value if higher else 100 * (1 - value)
    reached = [band for band in item.bands if (value >= exact(band.value) if higher else value <= exact(band.value))]
    return max((exact(band.points) for band in reached), default=Fraction(0))


def _colour(body: ScorePublished, total: float) -> str:
    return next((colour.level for colour in body.colours if total >= colour.least), body.colours[-1].level)


def ranked(rows: Sequence[UnitScore]) -> tuple[UnitScore, ...]:
    """Best first; equal scores share a rank and the next is skipped; rows without data come last and have none."""
    order = sorted(rows, key=lambda row: (row.score is None, -(row.score or 0.0), row.unit))
    better = [row.score for row in order if row.score is not None]
    return tuple(replace(row, rank=None if row.score is None else better.index(row.score) + 1) for row in order)


def exact(number: float) -> Fraction:
    """The decimal as it is written: 0.1 is one tenth."""
    return Fraction(repr(number))


def rounded(number: Fraction, places: int) -> float:
    """To so many decimals, halves up."""
    scale = 10**places
    return float(f"{(2 * number * scale + 1) // 2}e-{places}")
