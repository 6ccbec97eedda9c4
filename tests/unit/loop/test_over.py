"""Warnings that are over and led to nothing are let go of; those that a case hangs on stay."""

from tests.packs_for_tests import with_change
from tests.unit.loop.city import City

from bihuan.loop.casebook import Casebook
from bihuan.loop.over import Over
from bihuan.model.times import HOUR


def test_a_warning_is_let_go_in_a_later_turn_and_once() -> None:
    over = Over(Casebook())
    over.add("W1", 10)
    over.add("W2", 20)
    assert list(over.let_go(10)) == []
    assert list(over.let_go(20)) == ["W1"]
    assert list(over.let_go(21)) == ["W2"]
    assert list(over.let_go(99)) == []


def test_a_warning_that_a_case_hangs_on_is_kept() -> None:
    book = Casebook()
    book.hang_on["W1"] = {"C1": None}
    over = Over(book)
    over.add("W1", 10)
    over.add("W2", 10)
    assert list(over.let_go(11)) == ["W2"]


def test_warnings_without_a_plan_leave_nothing_behind_in_the_stages() -> None:
    levels = "group: rainstorm, levels: [blue, yellow, orange, red]"
    city = City(with_change("rain/plans.yaml", levels, "group: rainstorm, levels: [red]"))
    for _ in range(3):
        city.keep_reading({"rain@1101": 5.0}, HOUR)
        city.keep_reading({"rain@1101": 0.0}, 14 * HOUR)
    ended = [fact for fact in city.facts if fact.kind == "warning-cleared"]
    assert len(ended) == 3
    supervise, review = city.loop.states[4], city.loop.states[6]
    assert list(supervise.cleared) == [ended[-1].subject]
    assert list(review.raised_at) == list(review.peak) == [ended[-1].subject]
