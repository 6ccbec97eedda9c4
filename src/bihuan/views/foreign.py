"""What a foreign log claims, counted from the journal: late, duplicates, parents. Never mixed with cases of ours."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

import msgspec

from bihuan.model.facts import CaseImported, Fact
from bihuan.model.times import HOUR

MOST_LISTED = 100
"""Parents listed one by one; all are counted."""

Facts = Callable[[], Iterable[Fact]]
"""The facts `case-imported` in their order, as often as they are asked for."""


class UnitOfLog(msgspec.Struct, frozen=True, kw_only=True):
    """A unit as the source writes it. `due` counts its closed cases with a due time, `late` those of them closed after it."""

    unit: str
    cases: int
    due: int
    late: int


class EarlyParent(msgspec.Struct, frozen=True, kw_only=True):
    """A parent that its source closed before its last child, or without a word of its closing."""

    foreign: str
    fact: str
    closed_at: int
    child: str
    child_at: int | None
    """None where it has not closed, or the log does not say when."""
    why: Literal["later", "open", "unsaid"]
    """Its child closed later; is open; or the parent's events never say that it closed."""


class ForeignLog(msgspec.Struct, frozen=True, kw_only=True):
    """What the log of one source claims. Nothing of it was checked here."""

    log: str
    cases: int
    closed: int
    open: int
    due: int
    """Closed cases with a due time."""
    late: int
    """Those of them that were closed after it."""
    no_time: int
    """Closed, and the source does not say when."""
    backwards: int
    """Closed before they were opened."""
    duplicates: int
    median_hours: float | None
    """From opening to closing."""
    steps: int
    steps_due: int
    steps_late: int
    parents: int
    children: int
    parents_missing: int
    """Named as a parent, and not in the log."""
    early: int
    """Parents closed before their last child: it closed later, or is open."""
    unsaid: int
    """Parents closed, and their own events never say that a child closed: that may be the log's fault."""
    early_parents: tuple[EarlyParent, ...]
    units: tuple[UnitOfLog, ...]


@dataclass(kw_only=True)
class _Brood:
    """The children of one parent: how many, one that is open, one of which nothing more is said, and the last to close."""

    count: int = 0
    open: str = ""
    unsaid: str = ""
    last: str = ""
    last_at: int | None = None

    def add(self, child: str, closed_at: int | None, *, open: bool) -> None:
        self.count += 1
        if open:
            self.open = self.open or child
        elif closed_at is None:
            self.unsaid = self.unsaid or child
        elif self.last_at is None or closed_at > self.last_at:
            self.last, self.last_at = child, closed_at


@dataclass(kw_only=True)
class _Sums:
    counts: Counter[str] = field(default_factory=Counter)
    units: dict[str, Counter[str]] = field(default_factory=dict)
    spans: "array[int]" = field(default_factory=lambda: array("q"))
    early: list[EarlyParent] = field(default_factory=list)


def foreign_log(facts: Facts, log: str) -> ForeignLog:
    """Reads the facts twice, since a parent may stand before its children; in memory are the children, not the cases."""
    past, broods = _first(facts, log)
    sums = _Sums()
    for fact, case in _cases(facts, log):
        if fact.seq not in past:
            _count(sums, fact, case, broods)
    counts = sums.counts
    return ForeignLog(
        log=log,
        cases=counts["cases"],
        closed=counts["closed"],
        open=counts["cases"] - counts["closed"],
        due=counts["due"],
        late=counts["late"],
        no_time=counts["no_time"],
        backwards=counts["backwards"],
        duplicates=counts["duplicates"],
        median_hours=round(median(sums.spans) / HOUR, 3) if sums.spans else None,
        steps=counts["steps"],
        steps_due=counts["steps_due"],
        steps_late=counts["steps_late"],
        parents=counts["parents"],
        children=counts["children"],
        parents_missing=len(broods),
        early=counts["early"],
        unsaid=counts["unsaid"],
        early_parents=tuple(sums.early),
        units=tuple(
            UnitOfLog(unit=unit, cases=of["cases"], due=of["due"], late=of["late"]) for unit, of in sorted(sums.units.items())
        ),
    )


def _cases(facts: Facts, log: str) -> Iterator[tuple[Fact, CaseImported]]:
    for fact in facts():
        if isinstance(fact.body, CaseImported) and fact.body.log == log:
            yield fact, fact.body


def _first(facts: Facts, log: str) -> tuple[set[int], dict[str, _Brood]]:
    """Facts that a newer one took the place of, and the children that name their parent themselves."""
    past: set[int] = set()
    children: list[tuple[int, CaseImported]] = []
    for fact, case in _cases(facts, log):
        past.update(int(before.rpartition("-")[2]) for before in fact.because[1:])
        if case.parent:
            children.append((fact.seq, case))
    broods: dict[str, _Brood] = {}
    for seq, case in children:
        if seq not in past:
            broods.setdefault(case.parent, _Brood()).add(case.foreign, case.closed_at, open=case.state == "open")
    return past, broods


def _count(sums: _Sums, fact: Fact, case: CaseImported, broods: dict[str, _Brood]) -> None:
    """Count one case; its brood is taken out of `broods`, where in the end those are left whose parent is not there."""
    unit = sums.units.setdefault(case.unit, Counter())
    closed = case.closed_at
    late = closed is not None and case.due is not None and closed > case.due
    said = {
        "cases": 1,
        "closed": case.state == "closed",
        "no_time": case.state == "closed" and closed is None,
        "backwards": closed is not None and closed < case.opened_at,
        "due": closed is not None and case.due is not None,
        "late": late,
        "duplicates": case.duplicate,
        "steps": len(case.steps),
        "steps_due": sum(step.due is not None for step in case.steps),
        "steps_late": sum(step.due is not None and step.at > step.due for step in case.steps),
    }
    sums.counts.update(said)
    unit.update({name: said[name] for name in ("cases", "due", "late")})
    if closed is not None:
        sums.spans.append(closed - case.opened_at)
    brood = broods.pop(case.foreign, None) or _Brood()
    for child in case.children:
        brood.add(child.foreign, child.closed_at, open=False)
    if brood.count:
        _hold(sums, fact, case, brood)


def _hold(sums: _Sums, fact: Fact, case: CaseImported, brood: _Brood) -> None:
    """A parent held against its children."""
    sums.counts.update({"parents": 1, "children": brood.count})
    if case.closed_at is None:
        return
    if brood.open:
        early = _early(fact, case, brood.open, None, "open")
    elif brood.last_at is not None and brood.last_at > case.closed_at:
        early = _early(fact, case, brood.last, brood.last_at, "later")
    elif brood.unsaid:
        early = _early(fact, case, brood.unsaid, None, "unsaid")
    else:
        return
    sums.counts["unsaid" if early.why == "unsaid" else "early"] += 1
    if len(sums.early) < MOST_LISTED:
        sums.early.append(early)


def _early(
    fact: Fact, case: CaseImported, child: str, child_at: int | None, why: Literal["later", "open", "unsaid"]
) -> EarlyParent:
    assert case.closed_at is not None
    return EarlyParent(foreign=case.foreign, fact=fact.id, closed_at=case.closed_at, child=child, child_at=child_at, why=why)
