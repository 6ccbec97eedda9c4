"""What a foreign log claims, counted: late, duplicates, parents and children."""

from collections.abc import Sequence

import msgspec
import pytest
from tests.packs_for_tests import small_pack

from bihuan.model.facts import CaseImported, Fact
from bihuan.model.times import DAY, HOUR
from bihuan.pack.load import load
from bihuan.views.archive import Archive
from bihuan.views.foreign import ForeignLog, foreign_log
from bihuan.views.wall import News

T = 1_735_689_600_000


def counted(*cases: dict[str, object], before: dict[int, int] | None = None) -> ForeignLog:
    """`before`: number of a case -> number of the one it takes the place of, from 1."""
    facts: Sequence[Fact] = [
        Fact(
            seq=seq,
            id=f"cq-{seq}",
            at=T,
            recorded_at=T,
            actor="log:l",
            subject="",
            because=("cq-0", f"cq-{before[seq]}") if before and seq in before else ("cq-0",),
            body=msgspec.convert({"log": "l", "case_type": "k", "state": "open", "opened_at": T} | said, CaseImported),
        )
        for seq, said in enumerate(cases, start=1)
    ]
    return foreign_log(lambda: facts, "l")


def closed(foreign: str, at: int | None = T + DAY, **said: object) -> dict[str, object]:
    return {"foreign": foreign, "state": "closed", "closed_at": at, **said}


def test_late_is_closed_after_due_and_at_due_is_in_time() -> None:
    log = counted(
        closed("1", due=T + DAY - 1, unit="Roads"),
        closed("2", due=T + DAY, unit="Roads"),
        closed("3", unit="Roads"),
        {"foreign": "4", "due": T, "unit": "Parks"},
    )
    assert (log.cases, log.closed, log.open, log.due, log.late) == (4, 3, 1, 2, 1)
    assert [(unit.unit, unit.cases, unit.due, unit.late) for unit in log.units] == [("Parks", 1, 0, 0), ("Roads", 3, 2, 1)]


def test_odd_times_are_counted_and_not_mended() -> None:
    log = counted(closed("1", None, due=T), closed("2", T - HOUR), closed("3", T + 3 * HOUR))
    assert (log.closed, log.no_time, log.backwards, log.late, log.median_hours) == (3, 1, 1, 0, 1.0)


def test_duplicates_and_steps_are_counted() -> None:
    steps = [{"activity": "a", "at": T}, {"activity": "b", "at": T, "due": T}, {"activity": "c", "at": T, "due": T - 1}]
    log = counted({"foreign": "1", "duplicate": True, "steps": steps}, {"foreign": "2"})
    assert (log.duplicates, log.steps, log.steps_due, log.steps_late) == (1, 3, 2, 1)


def test_of_a_case_that_changed_the_last_counts() -> None:
    log = counted({"foreign": "1", "parent": "2"}, closed("2"), closed("1", parent="2"), before={3: 1})
    assert (log.cases, log.closed, log.children, log.early) == (2, 2, 1, 0)


@pytest.mark.parametrize(
    ("child", "early", "unsaid", "why"),
    [
        (closed("c", T + DAY, parent="p"), 0, 0, None),
        (closed("c", T + DAY + 1, parent="p"), 1, 0, "later"),
        ({"foreign": "c", "parent": "p"}, 1, 0, "open"),
        (closed("c", None, parent="p"), 0, 1, "unsaid"),
    ],
)
@pytest.mark.parametrize("parent_first", [True, False])
def test_a_parent_that_closed_before_its_last_child_is_listed(
    child: dict[str, object], early: int, unsaid: int, why: str | None, parent_first: bool
) -> None:
    cases = [closed("p"), closed("b", T, parent="p"), child]
    log = counted(*(cases if parent_first else cases[::-1]))
    assert (log.parents, log.children, log.early, log.unsaid) == (1, 2, early, unsaid)
    assert [(one.foreign, one.child, one.why) for one in log.early_parents] == ([("p", "c", why)] if why else [])


def test_children_that_a_parent_tells_of_count_as_well() -> None:
    children = [{"foreign": "a", "closed_at": T + 2 * DAY}, {"foreign": "b", "opened_at": T}]
    log = counted(closed("p", children=children), closed("q", children=children[1:]), {"foreign": "r", "children": children})
    assert (log.parents, log.children, log.early, log.unsaid) == (3, 5, 1, 1)
    assert [(one.foreign, one.child, one.child_at, one.why) for one in log.early_parents] == [
        ("p", "a", T + 2 * DAY, "later"),
        ("q", "b", None, "unsaid"),
    ]


def test_a_parent_that_is_not_there_is_counted() -> None:
    log = counted(closed("c", parent="gone"), closed("d", parent="gone"))
    assert (log.parents, log.parents_missing) == (0, 1)


def test_views_do_not_keep_what_may_be_hundreds_of_thousands() -> None:
    archive, news = Archive(load(small_pack())), News()
    body = CaseImported(log="l", foreign="1", case_type="k", state="open", opened_at=T, place="nowhere of ours")
    fact = Fact(seq=7, id="cq-7", at=T, recorded_at=T, actor="log:l", subject="l/1", because=("cq-6",), body=body)
    archive.fold(fact)
    assert (archive.seq, archive.facts, archive.after, archive.subject) == (7, {}, {}, {})
    assert not news.add(fact)
