"""Foreign logs in the loop: once each, as claims, and never a case of ours."""

import msgspec
from tests.unit.loop.city import START, City

from bihuan.loop.turn import Inputs, Loop
from bihuan.model.facts import CaseImported, Fact, LogReceived
from bihuan.model.foreign import ForeignCases
from bihuan.model.times import DAY, HOUR

LOG = LogReceived(log="town-311", file="f" * 64, map="a" * 64)


def case(foreign: str, **said: object) -> CaseImported:
    known = {
        "log": "town-311",
        "foreign": foreign,
        "case_type": "Pothole",
        "state": "open",
        "opened_at": START - DAY,
        "lon": 1.0,
    }
    return msgspec.convert(known | said, CaseImported)


def give(city: City, *cases: CaseImported, log: LogReceived = LOG) -> list[Fact]:
    facts = city.loop.turn(Inputs(foreign=[ForeignCases(log=log, cases=cases)]), city.now)
    city.facts += facts
    return [fact for fact in facts if fact.kind != "packs-loaded"]


def test_a_foreign_case_is_one_fact_because_of_its_log_at_its_own_time() -> None:
    city = City()
    log, first, second = give(city, case("1"), case("2"))
    assert (log.body, log.subject, log.actor) == (LOG, "town-311", "dispatch")
    assert (first.at, first.recorded_at) == (START - DAY, START)
    assert (first.subject, first.actor, first.because) == ("town-311/1", "log:town-311", (log.id,))
    assert (second.subject, second.because) == ("town-311/2", (log.id,))


def test_no_case_of_ours_comes_of_it_and_nothing_becomes_due() -> None:
    city = City()
    city.turn()
    due = city.loop.next_due()
    give(city, case("1", state="closed", closed_at=START, due=START - 1))
    assert not city.loop.book.cases
    assert city.loop.next_due() == due


def test_the_same_again_has_no_second_effect_in_whatever_pieces() -> None:
    city = City()
    give(city, case("1"), case("2"), case("2"), case("3"))
    assert len(city.of(CaseImported)) == 3
    assert give(city, case("3"), case("1")) == []
    assert give(city, case("2"), log=LogReceived(log="town-311", file="0" * 64, map="a" * 64)) == []


def test_after_a_restart_the_same_has_no_second_effect_either() -> None:
    city = City()
    give(city, case("1"))
    read_back = [msgspec.json.decode(msgspec.json.encode(fact), type=Fact) for fact in city.facts]
    city.loop = Loop(rules=city.rules, began=START)
    city.loop.restore(read_back, city.batches.__getitem__)
    assert give(city, case("1")) == []


def test_other_content_is_one_more_fact_because_of_the_one_before() -> None:
    city = City()
    log, first = give(city, case("1"))
    newer = LogReceived(log="town-311", file="1" * 64, map="a" * 64)
    again, second = give(city, case("1", state="closed", closed_at=START), log=newer)
    assert again.body == newer
    assert second.because == (again.id, first.id)
    (third,) = give(city, case("1"))
    assert third.because == (log.id, second.id)


def test_an_older_export_that_comes_in_later_changes_nothing() -> None:
    city = City()
    first = give(city, case("1", updated_at=START - HOUR), case("2", updated_at=START - HOUR))
    opened_again = case("1", updated_at=START, lat=2.0)
    (newer,) = give(city, opened_again)
    assert newer.because == (first[0].id, first[1].id)
    older = ForeignCases(log=LOG, cases=[case("1", updated_at=START - HOUR), case("1", updated_at=START - 1, lat=3.0)])
    assert city.loop.older(older) == 2
    assert give(city, *older.cases) == []
    assert len(give(city, case("1", updated_at=START, lat=4.0))) == 1, "of two of the same time the last one counts"


def test_where_no_time_of_a_change_is_said_the_newest_event_tells_which_is_older() -> None:
    city = City()
    begun, done = {"activity": "begun", "at": START - HOUR}, {"activity": "done", "at": START}
    child = {"foreign": "9", "opened_at": START - HOUR, "closed_at": START}
    give(city, case("1", steps=[begun, done]), case("2", children=[child]))
    assert give(city, case("1", steps=[begun]), case("2", children=[{**child, "closed_at": None}])) == []
    assert len(give(city, case("1", steps=[done]))) == 1, "not older: an event was taken out of the log"


def test_what_another_map_read_is_never_taken_for_older() -> None:
    city = City()
    give(city, case("1", updated_at=START))
    mended = LogReceived(log="town-311", file="f" * 64, map="b" * 64)  # its zone was wrong
    _, again = give(city, case("1", updated_at=START - 8 * HOUR), log=mended)
    assert isinstance(again.body, CaseImported)
    assert again.body.updated_at == START - 8 * HOUR


def test_after_a_restart_an_older_export_changes_nothing_either() -> None:
    city = City()
    give(city, case("1", updated_at=START))
    city.loop = Loop(rules=city.rules, began=START)
    city.loop.restore(city.facts, city.batches.__getitem__)
    assert give(city, case("1", updated_at=START - 1)) == []


def test_the_same_id_in_another_log_is_another_case() -> None:
    city = City()
    give(city, case("1"))
    other = LogReceived(log="other", file="f" * 64, map="a" * 64)
    assert [fact.subject for fact in give(city, case("1", log="other"), log=other)] == ["other", "other/1"]
