"""Facts that only pass are let go, and read again from the journal: no page says another thing for it."""

import pytest
from tests.packs_for_tests import with_change
from tests.unit.views.city import City, LoopGauges, encoded

from bihuan.app.recalled import Recalled
from bihuan.journal.memory import MemoryJournal
from bihuan.pack.load import load
from bihuan.views import NotFound, Views
from bihuan.views.archive import PASSING


@pytest.fixture(scope="module")
def ups_and_downs() -> City:
    """A town whose rain comes and goes: yellow and orange, for which there is no plan here."""
    levels = "group: rainstorm, levels: [blue, yellow, orange, red]"
    city = City(load(with_change("rain/plans.yaml", levels, "group: rainstorm, levels: [red]")))
    for _ in range(4):
        city.rain({"1101": 5.0}, times=12)
        city.rain({}, times=150)
    return city


def seen_with(city: City, most: int, *, journal: bool = True) -> Views:
    """The views of a city that holds at most so many facts that pass."""
    kept = MemoryJournal()
    kept.append(city.facts)
    views = Views(city.rules, city.loop.book, LoopGauges(city.loop), recall=Recalled(kept) if journal else None)
    views.known.archive.most_passing = most
    by_turn: dict[int, list] = {}  # type: ignore[type-arg]
    for fact in city.facts:
        by_turn.setdefault(fact.recorded_at, []).append(fact)
    for facts in by_turn.values():
        views.fold(facts)
    return views


def test_nothing_says_another_thing_when_facts_were_let_go(story: City) -> None:
    whole, lean = seen_with(story, 1_000_000), seen_with(story, 3)
    gone = [fact for fact in story.facts if fact.id not in lean.known.archive.facts]
    assert len(gone) > 100, "the story has facts that pass"
    assert not [fact for fact in story.facts if fact.id not in whole.known.archive.facts]
    for case in story.loop.book.cases:
        assert encoded(lean.case(case, story.now)) == encoded(whole.case(case, story.now))
    subjects = {fact.subject for fact in story.facts if fact.subject}
    asked = [*subjects, *(fact.id for fact in story.facts)]
    differing = [id for id in asked if _told(lean, id) != _told(whole, id)]
    assert not differing
    assert encoded(lean.series_meta("rain", "1101")) == encoded(whole.series_meta("rain", "1101"))


def _told(views: Views, id: str) -> object:
    try:
        return encoded(views.explain(id))
    except NotFound as error:
        return error.what


def test_what_a_case_came_of_is_held_in_memory(story: City) -> None:
    lean = seen_with(story, 0, journal=False)
    facts = lean.known.archive.facts
    causes = {cause for fact in story.facts if type(fact.body) not in PASSING for cause in fact.because}
    assert causes <= facts.keys()
    (case,) = story.loop.book.cases
    assert "readings-received" in [link.kind for link in lean.explain(case).chain]


def test_warnings_that_led_to_nothing_do_not_pile_up(ups_and_downs: City) -> None:
    city = ups_and_downs
    ended = [fact.subject for fact in city.facts if fact.kind == "warning-cleared"]
    assert len(ended) >= 3
    assert not city.loop.book.cases
    archive = seen_with(city, 2).known.archive
    assert len(archive.warnings) <= 1
    assert len(archive.facts) <= 2 + sum(type(fact.body) not in PASSING for fact in city.facts)
    assert len(archive.subject) <= 3


def test_without_a_journal_what_was_let_go_is_not_known(ups_and_downs: City) -> None:
    city = ups_and_downs
    raised = next(fact for fact in city.facts if fact.kind == "warning-raised")
    assert seen_with(city, 2).explain(raised.id).chain
    with pytest.raises(NotFound):
        seen_with(city, 2, journal=False).explain(raised.id)
