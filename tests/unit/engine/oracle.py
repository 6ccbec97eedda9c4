"""A second engine, slow and plain: one series at a time, every reading kept, everything looked at anew each time.

Written from the semantics, sharing nothing with the engine but the tables it is told. Its events are tuples
(row, series, kind, before, after, rung, value, since, reading_at).
"""

import math
from dataclasses import dataclass, field

from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec

Row = tuple[int, int, str, int, int, int, float, int, int]


def meets(op: Op, value: float, limit: float) -> bool:
    return {Op.GE: value >= limit, Op.GT: value > limit, Op.LE: value <= limit, Op.LT: value < limit}[op]


def fold(spec: WindowSpec, values: list[float], cadence_ms: int) -> float | None:
    """The value of a window that holds `values` in order of time; None: unknown."""
    expected = max(1, spec.over // cadence_ms)
    if spec.missing != Missing.ZERO:
        if not values:
            return None
        if spec.missing == Missing.UNKNOWN and len(values) < expected:
            return None
        if spec.missing == Missing.SHARE and len(values) / expected < spec.share:
            return None
    if spec.fold == Fold.DELTA:
        return values[-1] - values[0] if values else 0.0
    short = spec.missing == Missing.ZERO and len(values) < expected
    if spec.fold == Fold.MAX:
        return max([*values, 0.0] if short else values)
    if spec.fold == Fold.MIN:
        return min([*values, 0.0] if short else values)
    total = 0.0
    for value in values:
        total += value
    if spec.fold == Fold.SUM:
        return total
    return total / (expected if short else len(values))


@dataclass
class RungState:
    active: bool = False
    held_since: int | None = None
    """Since when the condition to change over has held at every evaluation."""


@dataclass
class Series:
    number: int
    block: Block
    began: int
    readings: list[tuple[int, float]] = field(default_factory=list)
    rungs: list[RungState] = field(default_factory=list)
    said_silent: bool = False
    unknown: bool = True

    def __post_init__(self) -> None:
        self.rungs = [RungState() for _ in self.block.rungs]

    @property
    def newest(self) -> int:
        return self.readings[-1][0] if self.readings else -1

    @property
    def value(self) -> float:
        return self.readings[-1][1] if self.readings else math.nan

    def top(self) -> tuple[int, int]:
        """Rank and index of the highest active rung."""
        active = [(self.block.rungs[i].rank, i) for i, state in enumerate(self.rungs) if state.active]
        return max(active, default=(0, -1))

    @property
    def level(self) -> int:
        return self.top()[0]

    def limit(self, rung: RungTable) -> float:
        return float(rung.raise_value[self.number - self.block.start])

    def look(self, rung: RungTable, end: int, late: float | None = None) -> float | None:
        """What a rung looks at: of all spans the one that is least for raising. A late reading is one more at the end."""
        if rung.window is None:
            return self.value if late is None else late
        spans: list[float | None] = []
        for n in range(rung.window.times):
            until = end - n * rung.window.over
            inside = [value for at, value in self.readings if until - rung.window.over < at <= until]
            more = [late] if late is not None and n == 0 else []
            spans.append(fold(rung.window, [*inside, *more], self.block.cadence_ms))
        known = [value for value in spans if value is not None]
        if len(known) < len(spans):
            return None
        return min(known) if rung.op in (Op.GE, Op.GT) else max(known)

    def overdue(self, now: int) -> bool:
        patience = 2 * self.block.cadence_ms if self.block.overdue_ms is None else self.block.overdue_ms
        return now - self.newest > patience

    def window_end(self, now: int) -> int:
        return now if self.overdue(now) else self.newest

    def ran_out(self, since: int, span: int, now: int) -> bool:
        """What ends when the next reading is due, or later, waits for it until it is overdue, and lets its moment pass."""
        if span > 0 and since + span >= self.newest + self.block.cadence_ms:
            return self.overdue(now) and now - since > span
        return now - since >= span

    def evaluate(self, now: int, end: int, row: int) -> list[Row]:
        before, before_top = self.top()
        looked_at: list[float | None] = []
        changed_since: dict[int, int] = {}
        for i, (rung, state) in enumerate(zip(self.block.rungs, self.rungs, strict=True)):
            value = self.look(rung, end)
            looked_at.append(value)
            if value is None:
                state.held_since = None
                continue
            condition = meets(rung.op, value, self.limit(rung))
            needed = rung.for_ms
            if state.active:
                needed = rung.keep_ms
                condition = not condition
                if rung.clear_op is not None:
                    assert rung.clear_value is not None
                    clear = float(rung.clear_value[self.number - self.block.start])
                    condition = condition and meets(rung.clear_op, value, clear)
            if not condition:
                state.held_since = None
                continue
            if state.held_since is None:
                state.held_since = now
            if self.ran_out(state.held_since, needed, now):
                changed_since[i] = state.held_since
                state.active = not state.active
                state.held_since = None
        after, after_top = self.top()
        if after == before:
            return []
        why = after_top if after > before else before_top
        value = looked_at[why]
        assert value is not None
        return [(row, self.number, "LEVEL", before, after, why, value, changed_since[why], self.newest)]

    def pass_time(self, now: int) -> list[Row]:
        if not self.readings and not self.block.expect_all:
            return []
        last = self.newest if self.readings else self.began
        if now - last > self.block.stale_ms:
            self.unknown = True
            for state in self.rungs:
                state.held_since = None
            if self.said_silent:
                return []
            self.said_silent = True
            return [(-1, self.number, "SILENT", self.level, self.level, -1, self.value, last, self.newest)]
        if self.unknown or now < self.newest:
            return []
        return self.evaluate(now, self.window_end(now), -1)

    def look_again(self, now: int) -> list[Row]:
        """Under new rules: silence first, then the rungs, as of the newest reading where that is later."""
        if now - (self.newest if self.readings else self.began) > self.block.stale_ms:
            return self.pass_time(now)
        return [] if self.unknown else self.evaluate(max(now, self.newest), self.window_end(now), -1)

    @property
    def longest(self) -> int:
        return max((rung.window.over * rung.window.times for rung in self.block.rungs if rung.window), default=0)

    def remembered(self) -> list[int]:
        """Times of the readings that count as held: the newest, and twice the longest window of the ladder."""
        longest = self.longest
        return [at for at, _ in self.readings if at == self.newest or at > self.newest - 2 * longest]

    def take(self, row: int, at: int, value: float, now: int) -> tuple[str, list[Row]]:
        if at in self.remembered():
            return "duplicate", []
        if at < self.newest:
            return "late", self.judge_late(row, at, value)
        last = self.newest if self.readings else self.began
        self.readings.append((at, value))
        if now - at > self.block.stale_ms:
            return "applied", []
        out: list[Row] = []
        if self.said_silent:
            out.append((row, self.number, "RETURNED", self.level, self.level, -1, value, last, at))
        self.said_silent = False
        self.unknown = False
        return "applied", out + self.evaluate(at, at, row)

    def judge_late(self, row: int, at: int, value: float) -> list[Row]:
        met: list[tuple[int, int, float]] = []
        for i, rung in enumerate(self.block.rungs):
            if rung.window is not None and self.newest - at > 2 * self.longest - rung.window.over * rung.window.times:
                continue
            looked_at = self.look(rung, at, value)
            if looked_at is not None and rung.rank > self.level and meets(rung.op, looked_at, self.limit(rung)):
                met.append((rung.rank, i, looked_at))
        if not met:
            return []
        rank, i, looked_at = max(met)
        return [(row, self.number, "LATE", self.level, rank, i, looked_at, at, at)]


class Oracle:
    def __init__(self, blocks: list[Block], began: int) -> None:
        self.series = [Series(number, block, began) for block in blocks for number in range(block.start, block.stop)]
        self.now = began

    def advance(self, now: int) -> list[Row]:
        if now <= self.now:
            return []
        self.now = now
        return [event for series in self.series for event in series.pass_time(now)]

    def reevaluate(self, now: int, blocks: tuple[Block, ...]) -> list[Row]:
        out = self.advance(now)
        rules = [block for block in blocks for _ in range(len(block))]
        for series, rule in zip(self.series, rules, strict=True):
            series.block = rule
            out += series.look_again(self.now)
        order = ("SILENT", "RETURNED", "LEVEL", "LATE")
        return sorted(out, key=lambda event: (event[1], order.index(event[2])))

    def apply(self, rows: list[tuple[int, int, float, int]], now: int) -> tuple[list[Row], dict[str, int]]:
        """`rows` are (series, at, value, quality)."""
        out = self.advance(now)
        counts = {"applied": 0, "late": 0, "duplicate": 0, "set_aside": 0}
        for row, (number, at, value, quality) in enumerate(rows):
            series = self.series[number]
            accepted = quality < len(series.block.quality_ok) and series.block.quality_ok[quality]
            if not accepted or not math.isfinite(value) or not 0 <= at <= 2**52:
                counts["set_aside"] += 1
                continue
            what, events = series.take(row, at, value or 0.0, self.now)  # minus zero is zero
            counts[what] += 1
            out += events
        return out, counts
