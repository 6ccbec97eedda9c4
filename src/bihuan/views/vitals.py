"""Vital signs: five colours by place and plate, track, sub-track and indicator, over the tree of duties or of divisions.

Nothing here runs with a turn. The scores of a whole tree are worked out when somebody asks, at most once for each state of
the journal; of indicators only those looked at are rolled up.
"""

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from bihuan.engine.events import I64
from bihuan.engine.rollup import Tree
from bihuan.engine.score import Card, Scores
from bihuan.pack.rules import Rules
from bihuan.pack.schema import FiveColours, Indicator, Words
from bihuan.views.about import source_line
from bihuan.views.known import Known, NotFound
from bihuan.views.shapes import Named, SpotPath
from bihuan.views.vital_layout import Headings, Key, Layout, RolledUp, check_place, indicator_of, lay_out, upward, way_of
from bihuan.views.vital_shapes import (
    Cell,
    ColourRule,
    Column,
    IndicatorVitals,
    InputView,
    LevelCost,
    Limit,
    PlaceValue,
    TreeName,
    VitalRow,
    VitalsView,
)
from bihuan.views.words import number

MOST_INPUTS = 40

_SAID: dict[RolledUp, tuple[str, str]] = {
    "sum": ("{n} 个已知序列的最新读数相加", "the newest readings of {n} known series added up"),
    "mean": (
        "{n} 个已知序列最新读数的平均，每个序列计一次",
        "the mean of the newest readings of {n} known series, each counting once",
    ),
    "max": ("{n} 个已知序列最新读数中的最大值", "the highest of the newest readings of {n} known series"),
    "worst": ("{n} 个已知序列中最差的等级", "the worst level among {n} known series"),
    "ratio": (
        "{n} 个已知序列的分子之和除以分母之和",
        "the numerators of {n} known series over their denominators, both added up",
    ),
    "alone": (
        "{n} 个已知序列各自是比例：比例不能平均，场景包没有声明分子与分母，所以上级没有数值",
        "{n} known series, each a share: shares are never averaged and no pack names their parts, so above there is no value",
    ),
}
_SILENT = Words(zh="数据中断，不计入", en="silent: left out")
_NEVER_HEARD = Words(zh="从未上报，不计入", en="never heard from: left out")
_NOTHING = Words(zh="", en="")

Cells = Callable[[int], tuple[Cell, ...]]
"""Cells at a node."""


class Scored:
    """Scores of one tree under some headings, asked by heading and place."""

    def __init__(self, card: Card, scores: Scores, colours: FiveColours, rules: Rules) -> None:
        self._scores = scores
        self._expected = card.expected
        self._column = {node: column for column, node in enumerate(card.nodes.tolist())}
        self._rules = rules
        self._colours = colours
        self._least = [colour.least for colour in colours.colours]

    def expected(self, heading: int, node: int) -> int:
        column = self._column.get(node)
        return 0 if column is None else int(self._expected[heading, column])

    def cell(self, heading: int, node: int, value: float | None = None) -> Cell:
        expected, column = self.expected(heading, node), self._column.get(node)
        known = 0 if column is None else int(self._scores.known[heading, column])
        if column is None or not known:
            return Cell(level=None, points=None, worst=None, lifted=False, known=0, expected=expected)
        points, worst = float(self._scores.mean[heading, column]), int(self._scores.worst[heading, column])
        by_mean = self._rules.rank(self._colours.colours[int(np.searchsorted(self._least, points, side="right")) - 1].level)
        rank, levels = max(by_mean, worst - self._colours.within), self._rules.levels
        return Cell(
            level=levels[rank].id,
            points=round(points, 4),
            worst=levels[worst].id,
            lifted=rank > by_mean,
            known=known,
            expected=expected,
            value=value,
        )


class Vitals:
    """The vital signs of one centre. To be asked under the lock that keeps the engine's columns still."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._headings: Headings | None = None
        self._layouts: dict[TreeName, Layout] = {}
        self._cards: dict[TreeName, Card] = {}
        self._scored: dict[TreeName, tuple[int, Scored]] = {}

    # pages

    def matrix(self, place: str, heading: Key | None, tree: TreeName, now: int) -> VitalsView:
        """The places right under one, by the headings right under one. Raises NotFound for an unknown place or heading."""
        rules = self._known.rules
        check_place(rules, place)
        headings, layout = self._all_headings(), self._layout(tree)
        opened = headings.at(heading)
        scored, under = self._scores(tree), headings.children(opened)
        own = np.flatnonzero(headings.of == opened).tolist()
        of_indicators = self._indicator_cells(layout, own)

        def row(code: str) -> VitalRow:
            node = layout.node[code]
            return VitalRow(
                place=self._known.spot(code),
                level=rules.places[code].level,
                below=any(scored.expected(0, layout.node[child]) for child in layout.children.get(code, ())),
                rank=None,
                total=scored.cell(opened, node),
                cells=(*(scored.cell(one, node) for one in under), *of_indicators(node)),
            )

        rows = [row(code) for code in layout.children.get(place, ()) if scored.expected(opened, layout.node[code])]
        return VitalsView(
            seq=self._known.archive.seq,
            now=now,
            tree=tree,
            place=self._path(place, tree),
            path=tuple(headings.view(one) for one in headings.path(opened)),
            columns=(*(_heading_column(headings, one) for one in under), *(self._indicator_column(one) for one in own)),
            whole=row(place),
            rows=_ranked(rows),
            rule=self._rule(),
        )

    def indicator(self, id: str, place: str, tree: TreeName, now: int) -> IndicatorVitals:
        """One indicator at a place and right under it, with what it stands on and what was left out."""
        rules, layout, headings = self._known.rules, self._layout(tree), self._all_headings()
        declared = indicator_of(rules, id)
        check_place(rules, place)
        index, node = list(rules.indicators).index(id), layout.node[place]
        cells = self._indicator_cells(layout, [index])
        (whole,) = cells(node)
        rows = [(code, cells(layout.node[code])[0]) for code in layout.children.get(place, ())]
        counted, left_out = self._inputs(layout, declared, node)
        way, ladder = way_of(rules, declared), rules.ladders.get(declared.ladder)
        return IndicatorVitals(
            seq=self._known.archive.seq,
            now=now,
            tree=tree,
            place=self._path(place, tree),
            path=tuple(headings.view(one) for one in headings.path(int(headings.of[index]))),
            indicator=Named(id=id, words=declared.words),
            unit=declared.unit,
            datum=self._known.speech.datum(id),
            origin=declared.origin,
            note=declared.origin_note or _NOTHING,
            source=source_line(ladder.source) if ladder else "",
            roll_up=way.how,
            how=_how(way.how, whole),
            whole=whole,
            rows=tuple(PlaceValue(place=self._known.spot(code), cell=cell) for code, cell in rows if cell.expected),
            inputs=counted,
            excluded=left_out,
            rule=self._rule(),
        )

    # layouts and scores

    def _all_headings(self) -> Headings:
        if self._headings is None:
            self._headings = Headings(self._known.rules)
        return self._headings

    def _layout(self, tree: TreeName) -> Layout:
        if tree not in self._layouts:
            self._layouts[tree] = lay_out(self._known.rules, tree)
        return self._layouts[tree]

    def _scores(self, tree: TreeName) -> Scored:
        """Of all headings and places."""
        seq, kept = self._known.archive.seq, self._scored.get(tree)
        if kept is None or kept[0] != seq:
            if tree not in self._cards:
                self._cards[tree] = self._card(self._layout(tree), self._all_headings().of, self._all_headings().tree)
            kept = self._scored[tree] = seq, self._score(self._cards[tree])
        return kept[1]

    def _card(self, layout: Layout, heading: I64, headings: Tree) -> Card:
        points = np.array([one.points for one in self._colours().points], dtype=np.int64)
        return Card(spread=layout.spread, heading=heading, headings=headings, points=points)

    def _score(self, card: Card) -> Scored:
        return Scored(card, self._known.gauges.scores(card), self._colours(), self._known.rules)

    def _indicator_cells(self, layout: Layout, numbers: Sequence[int]) -> Cells:
        """How to get the cells of these indicators at a node, their values rolled up."""
        if not numbers:
            return lambda node: ()
        heading = np.full(len(self._known.rules.indicators), -1, dtype=np.int64)
        heading[numbers] = np.arange(len(numbers))
        scored = self._score(self._card(layout, heading, Tree(np.full(len(numbers), -1))))
        rolled = self._known.gauges.rolled_up(layout.roll_up, np.array(numbers, dtype=np.int64))
        values: list[dict[int, float]] = []
        for one in numbers:
            nodes = layout.spread.fans[layout.spread.fan[one]].nodes
            values.append(dict(zip(nodes.tolist(), rolled.at(one)[0].tolist(), strict=True)))
        return lambda node: tuple(scored.cell(n, node, _or_none(found.get(node))) for n, found in enumerate(values))

    # what an indicator stands on

    def _inputs(self, layout: Layout, indicator: Indicator, node: int) -> tuple[tuple[InputView, ...], tuple[InputView, ...]]:
        """The series at and below a node: those that count, worst first, and those that do not."""
        rules = self._known.rules
        counted: list[tuple[tuple[int, float, str], InputView]] = []
        left_out: list[tuple[tuple[int, float, str], InputView]] = []
        sign = 1 if indicator.direction == "lower-is-worse" else -1
        for spot in rules.subjects(indicator):
            if not layout.covers(node, layout.node[rules.place_of(spot).code]):
                continue
            one = self._input(indicator, spot)
            order = (-rules.rank(one.level), math.inf if one.value is None else sign * one.value, spot)
            (left_out if one.why else counted).append((order, one))
        first = (sorted(some, key=lambda pair: pair[0])[:MOST_INPUTS] for some in (counted, left_out))
        inputs, excluded = (tuple(one for _, one in some) for some in first)
        return inputs, excluded

    def _input(self, indicator: Indicator, spot: str) -> InputView:
        board = self._known.board
        value, at = self._known.gauges.newest(indicator.id, spot) or (None, None)
        unknown = board.series_unknown(indicator.id, spot)
        return InputView(
            series=f"{indicator.id}@{spot}",
            place=self._known.spot(spot),
            level=board.series_level(indicator.id, spot),
            value=_or_none(value),
            at=at,
            why=None if not unknown else _NEVER_HEARD if at is None else _SILENT,
        )

    # small parts

    def _path(self, place: str, tree: TreeName) -> SpotPath:
        path = [self._known.spot(code) for code in upward(self._known.rules, place, tree)]
        return SpotPath(code=place, words=self._known.speech.place(place), path=tuple(path[::-1]))

    def _indicator_column(self, number: int) -> Column:
        one = list(self._known.rules.indicators.values())[number]
        datum = self._known.speech.datum(one.id)
        return Column(kind="indicator", id=one.id, words=one.words, indicators=1, unit=one.unit, datum=datum, origin=one.origin)

    def _colours(self) -> FiveColours:
        for colours in self._known.rules.five_colours.values():
            return colours
        raise NotFound(
            "no pack says how vital signs become colours",
            where="five_colours",
            remedy="Declare it in a pack, or require the pack 'base', which does.",
        )

    def _rule(self) -> ColourRule:
        colours = self._colours()
        return ColourRule(
            id=colours.id,
            words=colours.words,
            source=source_line(colours.source),
            note=colours.source.note,
            points=tuple(LevelCost(level=one.level, points=one.points) for one in colours.points),
            limits=tuple(Limit(level=one.level, least=one.least) for one in colours.colours),
            within=colours.within,
            how=_rule_words(colours, self._known.rules),
        )


def _heading_column(headings: Headings, number: int) -> Column:
    seen = headings.view(number)
    return Column(kind=seen.kind, id=seen.id, words=seen.words, indicators=seen.indicators)


def _ranked(rows: Sequence[VitalRow]) -> tuple[VitalRow, ...]:
    """By fewest points; equals share a rank, and who has no score has none."""
    points = sorted(row.total.points for row in rows if row.total.points is not None)
    rank = {value: points.index(value) + 1 for value in points}
    return tuple(row if row.total.points is None else msgspec.structs.replace(row, rank=rank[row.total.points]) for row in rows)


def _how(way: RolledUp, whole: Cell) -> Words:
    """The roll-up in a sentence, with what was left out."""
    zh, en = (text.format(n=whole.known) for text in _SAID[way])
    if missing := whole.expected - whole.known:
        zh, en = f"{zh}；另有 {missing} 个未知序列不计入", f"{en}; {missing} unknown series are left out"
    return Words(zh=f"{zh}。", en=f"{en[0].upper()}{en[1:]}.")


def _rule_words(colours: FiveColours, rules: Rules) -> Words:
    words = {level.id: level.words for level in rules.levels}
    costs = [(words[one.level], one.points) for one in colours.points]
    limits = [(words[one.level], number(one.least)) for one in colours.colours[1:]]
    zh_costs = "、".join(f"{level.zh} {points}" for level, points in costs)
    zh_limits = "、".join(f"{least} 起为{level.zh}" for level, least in limits)
    en_costs = ", ".join(f"{level.en.lower()} {points}" for level, points in costs)
    en_limits = ", ".join(f"{level.en.lower()} from {least}" for level, least in limits)
    zh = f"每个已知序列按当前等级扣分（{zh_costs}），取平均：{zh_limits}。未知序列不计；全部未知就没有颜色，不算正常。"
    en = (
        f"Each known series costs points by its level ({en_costs}). The colour goes by their mean: {en_limits}. "
        "Unknown series count nowhere; where all are unknown there is no colour, which is not calm."
    )
    if colours.within < len(rules.levels) - 1:
        zh += f"颜色最多比最差的序列轻 {colours.within} 级。"
        en += f" It is at most {colours.within} levels milder than the worst series."
    return Words(zh=zh, en=en)


def _or_none(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
