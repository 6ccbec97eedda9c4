"""Sense's words: how a rung of a ladder is written in one line, and how packs become the engine's numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bihuan.engine.tables import Block, Fold, Missing, Op, RungTable, WindowSpec
from bihuan.model.facts import Rule
from bihuan.model.readings import QUALITIES
from bihuan.model.times import span_text
from bihuan.pack.check_ladders import window_text
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator, Ladder, Override, Rung, Window

OPS = {">=": Op.GE, ">": Op.GT, "<=": Op.LE, "<": Op.LT}
FOLDS = {"sum": Fold.SUM, "mean": Fold.MEAN, "max": Fold.MAX, "min": Fold.MIN, "delta": Fold.DELTA}


def rung_text(rung: Rung, value: float, *, clearing: bool) -> str:
    """`sum 12h >= 50 for 10m`, or how it clears."""
    looked_at = window_text(rung.window)
    if not clearing:
        held = f" for {span_text(rung.for_)}" if rung.for_ else ""
        return f"{looked_at}{rung.raise_.op} {value:g}{held}"
    kept = f" for {span_text(rung.keep)}" if rung.keep else ""
    if rung.clear is not None:
        return f"{looked_at}{rung.clear.op} {rung.clear.value:g}{kept}"
    return f"not {looked_at}{rung.raise_.op} {value:g}{kept}"


def rule_of(ladder: Ladder, rung: Rung, override: Override | None, *, clearing: bool) -> Rule:
    """The rule as it stood, with who set it and where it is written."""
    value = override.value if override else rung.raise_.value
    source = (override.source if override else None) or ladder.source
    return Rule(
        ladder=ladder.id,
        level=rung.level,
        text=rung_text(rung, value, clearing=clearing),
        op=rung.raise_.op,
        threshold=value,
        window=_named(rung.window) if rung.window else "",
        issuer=source.issuer,
        document=source.document,
        version=source.version,
        override=override is not None,
    )


def _named(window: Window) -> str:
    """`sum 12h`, or `sum 1d x3` for three spans running."""
    return f"{window.fold} {span_text(window.over)}" + (f" x{window.times}" if window.times > 1 else "")


def no_rule(level: str) -> Rule:
    """Where the packs no longer declare a ladder for a series that stood above calm."""
    return Rule(ladder="", level=level, text="no ladder any more", op="", threshold=0.0)


def overrides_of(ladder: Ladder, level: str) -> dict[str, Override]:
    """By place or thing."""
    return {override.place: override for override in ladder.overrides if override.level == level}


def override_at(rules: Rules, mine: Mapping[str, Override], spot: str) -> Override | None:
    """The nearest of a rung's overrides at a place or thing: its own, else that of the closest place above it."""
    if not mine:
        return None
    where: str | None = spot
    if spot in rules.things:
        if spot in mine:
            return mine[spot]
        where = rules.things[spot].place
    while where:
        if where in mine:
            return mine[where]
        place = rules.places[where]
        where = place.parent
    return None


class RulesInWords:
    """The rules of ladders as facts say them: each is made once, for rules are few and changes of level are many."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._overrides: dict[tuple[str, str], dict[str, Override]] = {}
        """By ladder and level."""
        self._made: dict[tuple[str, int, str, bool], Rule] = {}

    def __call__(self, ladder: Ladder, number: int, spot: str, *, clearing: bool) -> Rule:
        """The rule of the ladder's rung of this number as it stands at a place or thing."""
        rung = ladder.rungs[number]
        mine = self._overrides.get((ladder.id, rung.level))
        if mine is None:
            mine = self._overrides[ladder.id, rung.level] = overrides_of(ladder, rung.level)
        override = override_at(self._rules, mine, spot)
        key = ladder.id, number, override.place if override else "", clearing
        rule = self._made.get(key)
        if rule is None:
            rule = self._made[key] = rule_of(ladder, rung, override, clearing=clearing)
        return rule


def blocks(rules: Rules) -> list[Block]:
    """One block of columns an indicator, in the order of dense series ids."""
    out, start = [], 0
    for indicator in rules.indicators.values():
        spots = rules.subjects(indicator)
        out.append(_block(rules, indicator, spots, start))
        start += len(spots)
    return out


def _block(rules: Rules, indicator: Indicator, spots: Sequence[str], start: int) -> Block:
    ladder = rules.ladders.get(indicator.ladder)
    return Block(
        start=start,
        stop=start + len(spots),
        cadence_ms=indicator.cadence,
        stale_ms=indicator.stale_after,
        expect_all=indicator.expect == "all",
        quality_ok=tuple(name in indicator.raise_on for name in QUALITIES),
        rungs=tuple(_rung(rules, ladder, rung, spots) for rung in ladder.rungs) if ladder else (),
    )


def _rung(rules: Rules, ladder: Ladder, rung: Rung, spots: Sequence[str]) -> RungTable:
    clear = rung.clear.value if rung.clear else rung.raise_.value
    raise_value, clear_value = (_alike(value, len(spots)) for value in (rung.raise_.value, clear))
    if mine := overrides_of(ladder, rung.level):
        own = [override_at(rules, mine, spot) for spot in spots]
        raise_value = np.array([o.value if o else rung.raise_.value for o in own], dtype=np.float64)
        clear_value = np.array([o.clear if o and o.clear is not None else clear for o in own], dtype=np.float64)
    return RungTable(
        rank=rules.rank(rung.level),
        op=OPS[rung.raise_.op],
        raise_value=raise_value,
        for_ms=rung.for_,
        clear_op=OPS[rung.clear.op] if rung.clear else None,
        clear_value=clear_value,
        keep_ms=rung.keep,
        window=_window(rung.window),
    )


def _alike(value: float, many: int) -> npt.NDArray[np.float64]:
    """Where no place has thresholds of its own, one number stands for all and takes no room: `np.broadcast_to`, which takes
    ten times as long for the forty thousand thresholds of a city."""
    return np.ndarray(many, np.float64, np.float64(value), 0, (0,))


def _window(window: Window | None) -> WindowSpec | None:
    if window is None:
        return None
    share = window.missing if isinstance(window.missing, float) else 0.0
    missing = {"zero": Missing.ZERO, "unknown": Missing.UNKNOWN}.get(str(window.missing), Missing.SHARE)
    return WindowSpec(fold=FOLDS[window.fold], over=window.over, missing=missing, share=share, times=window.times)
