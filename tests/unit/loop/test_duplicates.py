"""The same trouble twice: suspected once and merged by people, seconded without a new case, and known when it comes back."""

import random
from collections.abc import Mapping

import pytest
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, UNDERPASS, WEST_UNDERPASS, City
from tests.unit.loop.test_life import HOLES
from tests.unit.loop.test_life import packs as life_packs

from bihuan.loop.case import Case
from bihuan.loop.dispatch.near import Near
from bihuan.loop.turn import Loop
from bihuan.model.facts import (
    CaseMerged,
    CaseOpened,
    CaseReopened,
    CaseSeconded,
    CreditReversed,
    DuplicateSuspected,
    Proof,
    TaskSent,
)
from bihuan.model.positions import Position, metres_between
from bihuan.model.times import DAY

HERE = (106.61, 29.51)
METRE = 1 / 111_195
"""In degrees of latitude."""


def packs(rule: str = "same: {metres: 100, within: 2d}") -> dict[str, Mapping[str, str]]:
    known = dict(life_packs())
    lines = "".join(f"    {line}\n" for line in rule.splitlines())
    known["rain"] = {**known["rain"], "holes.yaml": HOLES.replace("    check: 4wh\n", f"    check: 4wh\n{lines}")}
    return known


def city_of(rule: str = "same: {metres: 100, within: 2d}") -> City:
    city = City(packs(rule))
    city.wait(7 * HOUR)
    return city


@pytest.fixture
def city() -> City:
    """Monday 1 September 2025, 09:00 in the city."""
    return city_of()


def report(city: City, metres: float | None = 0.0, place: str = "1101") -> str:
    """A hole so many metres north of HERE; None: without a position."""
    proof = None if metres is None else Proof(lon=HERE[0], lat=HERE[1] + metres * METRE)
    city.do("duty@1101", "report", "pothole", place=place, text="a hole", proof=proof)
    return list(city.loop.book.cases)[-1]


def closed(city: City, metres: float | None = 0.0, place: str = "1101") -> str:
    id = report(city, metres, place)
    city.do("duty@11.inspection", "register", id, choice="patch")
    finish(city, id)
    return id


def finish(city: City, case: str) -> None:
    task = list(city.loop.book.cases[case].tasks)[-1]
    city.do("crew@11.drainage", "sign", task)
    city.wait(10 * MINUTE)
    city.do("crew@11.drainage", "claim", task, proof=GOOD_PROOF)
    city.do("checker@11.inspection", "verify", task)
    assert city.loop.book.cases[case].standing == "closed"


# --- suspected ------------------------------------------------------------------------------------------------


def test_a_report_near_an_open_one_is_suspected_once_with_distance_and_age(city: City) -> None:
    first = report(city)
    city.wait(3 * HOUR)
    second = report(city, 60)
    (suspected,) = city.of(DuplicateSuspected)
    assert (suspected.case, suspected.other, suspected.metres, suspected.apart) == (second, first, 60.0, 3 * HOUR)
    city.do("duty@11.inspection", "register", second, choice="patch")
    city.wait(HOUR)
    assert len(city.of(DuplicateSuspected)) == 1
    assert not city.of(CaseMerged), "people merge, the loop does not"
    cases = city.loop.book.cases
    assert cases[first].suspected == cases[second].suspected == [suspected]


def test_the_receiver_may_merge_what_is_suspected(city: City) -> None:
    first, second = report(city), report(city, 60)
    city.do("duty@11.inspection", "merge", second, to=first)
    assert city.loop.book.cases[second].standing == "merged"
    report(city, 80)
    assert city.of(DuplicateSuspected)[-1].other == first, "what went on in another case is not suspected any more"


@pytest.mark.parametrize(("metres", "place"), [(101, "1101"), (None, "1102")])
def test_what_is_farther_or_elsewhere_is_not_suspected(city: City, metres: float | None, place: str) -> None:
    report(city)
    report(city, metres, place)
    assert not city.of(DuplicateSuspected)


def test_where_a_position_is_missing_the_same_place_is_near(city: City) -> None:
    first, second = report(city), report(city, None)
    assert [(one.case, one.other, one.metres) for one in city.of(DuplicateSuspected)] == [(second, first, None)]


def test_over_the_border_of_two_towns_a_distance_counts_and_no_place(city: City) -> None:
    first, second = report(city), report(city, 20, "1102")
    assert [(one.case, one.other) for one in city.of(DuplicateSuspected)] == [(second, first)]


def test_of_several_the_nearest_is_suspected(city: City) -> None:
    report(city, 90)
    near = report(city, 30)
    report(city, None)
    report(city, 0)
    assert (city.of(DuplicateSuspected)[-1].other, city.of(DuplicateSuspected)[-1].metres) == (near, 30.0)


def test_what_is_older_than_the_span_or_not_open_is_not_suspected(city: City) -> None:
    report(city)
    city.wait(2 * DAY + 1)
    fresh = report(city)
    city.do("duty@11.inspection", "reject", fresh, text="a shadow")
    report(city)
    closed(city, 300)
    report(city, 320)
    assert not city.of(DuplicateSuspected)


def test_things_near_each_other_are_suspected_when_a_plan_opens_the_second() -> None:
    known = packs()
    things = known["rain"]["things.csv"].replace("106.411,29.511", "106.6115,29.511")
    cases = known["rain"]["cases.yaml"].replace("  - id: ponding\n", "  - id: ponding\n    same: {metres: 100, within: 1h}\n")
    known["rain"] = {**known["rain"], "things.csv": things, "cases.yaml": cases}
    city = City(known)
    city.flood()
    city.flood(point="LP-1201-1")
    first, second = (opened.case for opened in city.of(CaseOpened))
    (suspected,) = city.of(DuplicateSuspected)
    assert (suspected.case, suspected.other, suspected.metres) == (second, first, 48.4)


def test_after_a_restart_the_same_is_suspected_and_nothing_twice(city: City) -> None:
    report(city)
    closed(city, 500)
    again = Loop(rules=city.rules, began=city.loop.began)
    for fact in city.facts:
        again.fold(fact)
    city.loop = again
    second = report(city, 10)
    assert [one.case for one in city.of(DuplicateSuspected)] == [second]


# --- me too ---------------------------------------------------------------------------------------------------


def test_me_too_raises_the_weight_once_for_everybody_who_says_so(city: City) -> None:
    id = report(city)
    for actor in ("duty@1102", "duty@1102", "duty@1101", "crew@1102"):
        city.do(actor, "second", id, text="still there")
    assert [said.weight for said in city.of(CaseSeconded)] == [2, 2, 2, 3]  # duty@1101 reported it
    assert len(city.loop.book.cases[id].seconds) == 4, "what they said is kept"
    assert len(city.loop.book.cases) == 1


def test_a_merged_case_counts_everybody_once_and_coming_apart_gives_back_what_was(city: City) -> None:
    first, second = report(city), report(city, 60)  # both by duty@1101
    cases = city.loop.book.cases
    city.do("crew@1102", "second", second, text="me too")
    assert (cases[first].weight, cases[second].weight) == (1, 2)
    city.do("duty@11.inspection", "merge", second, to=first)
    assert (cases[first].weight, cases[second].weight) == (2, 2)
    city.do("crew@1102", "second", first, text="and me")  # counted already, in the other one
    city.do("duty@1102", "second", first, text="and me")
    assert [said.weight for said in city.of(CaseSeconded)] == [2, 2, 3]
    city.do("duty@11.inspection", "register", first, choice="patch")
    city.do("duty@11", "unmerge", second, text="two holes")
    assert (cases[first].weight, cases[second].weight) == (3, 2), "each has those who spoke of it"


def test_two_troubles_that_nobody_reported_weigh_two(city: City) -> None:
    city.flood()
    city.flood(point=WEST_UNDERPASS)
    first, second = (case for case in city.loop.book.cases.values() if case.type == "ponding")
    city.do(f"duty@{second.unit}", "merge", second.id, to=first.id)
    assert first.weight == 2


def test_who_reported_what_needs_no_registering_is_counted_once_as_well() -> None:
    known = packs()
    case, _, rest = known["rain"]["holes.yaml"].partition("    receive:")
    known["rain"] = {**known["rain"], "holes.yaml": case + rest[rest.index("plans:") :]}
    city = City(known)
    city.do("duty@1101", "report", "pothole", place="1101", text="a hole")
    case = city.case("pothole")
    assert city.of(CaseOpened)[-1].reporter == "duty@1101"
    city.do("duty@1101", "second", case.id, text="still there")
    city.do("duty@1102", "second", case.id, text="me too")
    assert (case.weight, list(case.reporters)) == (2, ["duty@1101", "duty@1102"])


# --- come back ------------------------------------------------------------------------------------------------


def test_a_registered_report_near_what_was_closed_reopens_that_case_and_goes_on_in_it() -> None:
    city = city_of("watch: 5d\nwatch_metres: 50")
    old = closed(city)
    city.wait(DAY)
    new = report(city, 40)
    assert city.loop.book.cases[old].standing == "closed", "only who receives reports knows whether it is a case"
    city.do("duty@11.inspection", "register", new, choice="patch")
    case = city.loop.book.cases[old]
    (reopened,) = city.of(CaseReopened)
    assert (reopened.case, reopened.reason, case.standing, case.weight) == (old, f"{new}: a hole", "open", 1)
    assert (city.loop.book.cases[new].standing, city.loop.book.cases[new].merged_into) == ("merged", old)
    assert [credit.case for credit in city.of(CreditReversed)] == [old]
    assert city.of(TaskSent)[-1].case == old
    finish(city, old)


@pytest.mark.parametrize(("metres", "days"), [(60.0, 1), (40.0, 6), (None, 1)])
def test_what_is_farther_later_or_somewhere_in_town_is_a_case_of_its_own(metres: float | None, days: int) -> None:
    city = city_of("watch: 5d\nwatch_metres: 50")
    closed(city)
    city.wait(days * DAY)
    new = report(city, metres)
    city.do("duty@11.inspection", "register", new, choice="patch")
    assert not city.of(CaseReopened)
    assert city.loop.book.cases[new].standing == "open"


def test_a_report_about_the_same_thing_is_the_same_trouble_without_any_distance() -> None:
    city = city_of("watch: 5d")
    old = closed(city, None, UNDERPASS)
    new = report(city, None, UNDERPASS)
    city.do("duty@11.inspection", "register", new, choice="patch")
    assert city.of(CaseReopened)[-1].case == old


def test_if_the_trouble_was_another_one_the_holder_takes_it_apart_again() -> None:
    city = city_of("watch: 5d\nwatch_metres: 50")
    old = closed(city)
    new = report(city, 40)
    city.do("duty@11.inspection", "register", new, choice="patch")
    city.do("duty@11", "unmerge", new, text="another hole")
    city.do("duty@11.inspection", "register", new, choice="patch")
    assert [city.loop.book.cases[id].standing for id in (old, new)] == ["open", "open"]
    assert city.of(TaskSent)[-1].case == new


def test_trouble_at_a_thing_near_a_closed_one_reopens_that_and_more_of_it_joins() -> None:
    known = packs()
    things = known["rain"]["things.csv"].replace("106.411,29.511", "106.6115,29.511")
    cases = known["rain"]["cases.yaml"].replace("    watch: 1d\n", "    watch: 1d\n    watch_metres: 100\n")
    assert "watch_metres" in cases
    known["rain"] = {**known["rain"], "things.csv": things, "cases.yaml": cases}
    city = City(known)
    city.flood()
    old = city.case("ponding")
    for task in list(old.tasks.values()):
        city.finish(task)
    city.drain()
    assert old.standing == "closed"
    city.flood(point="LP-1201-1")
    assert [(reopened.case, reopened.place) for reopened in city.of(CaseReopened)] == [(old.id, "LP-1201-1")]
    assert len(city.of(CaseOpened)) == 1


def test_after_any_history_every_suspicion_is_the_one_that_measuring_all_cases_gives() -> None:
    city = city_of("same: {metres: 100, within: 6h}\nwatch: 1d\nwatch_metres: 40")
    dice, cases = random.Random(9), city.loop.book.cases
    for _ in range(250):
        city.wait(dice.choice([MINUTE, HOUR]))
        some = cases[dice.choice(list(cases))] if cases else None
        state = some.standing if some else ""
        if some is None or dice.random() < 0.4:
            before = {id: case for id, case in cases.items() if case.standing in ("reported", "open", "offered")}
            seen = len(city.of(DuplicateSuspected))
            new = cases[report(city, dice.choice([None, *range(0, 400, 25)]), dice.choice(["1101", "1102"]))]
            told = [(one.other, one.metres) for one in city.of(DuplicateSuspected)[seen:]]
            want = [found for case in before.values() if (found := measured(new, case))]
            nearest = min((float("inf") if metres is None else metres for _, metres in want), default=None)
            assert [float("inf") if metres is None else metres for _, metres in told] == ([] if nearest is None else [nearest])
            assert set(told) <= set(want)
        elif state == "reported":
            does = dice.choice(["register", "register", "reject"])
            city.do("duty@11.inspection", does, some.id, choice="patch", text="so it is")
        elif state == "merged":
            city.do(f"duty@{cases[some.merged_into].unit or '11.inspection'}", "unmerge", some.id, text="two")
        elif state == "open" and list(some.tasks.values())[-1].state == "sent":
            finish(city, some.id)
    assert len(city.of(DuplicateSuspected)) > 20
    assert len(city.of(CaseReopened)) > 3
    again = Loop(rules=city.rules, began=city.loop.began)
    for fact in city.facts:
        again.fold(fact)
    assert again.book.cases == cases


def measured(new: Case, old: Case) -> tuple[str, float | None] | None:
    """By definition: the same within 100 m and six hours, or at the same place where one has no position."""
    if new.opened_at - old.opened_at > 6 * HOUR:
        return None
    if new.position is None or old.position is None:
        return (old.id, None) if new.place == old.place else None
    metres = metres_between(new.position, old.position)
    return (old.id, round(metres, 1)) if metres < 100 else None


# --- the index ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lon", "lat"), [(106.5, 29.5), (180.0, 0.0), (0.0, 90.0)])
def test_the_index_finds_what_measuring_all_would(lon: float, lat: float) -> None:
    dice = random.Random(4)
    known: dict[str, Position] = {}
    near = Near(150)
    for number in range(400):
        at = (lon + dice.uniform(-0.01, 0.01) + 180) % 360 - 180, max(-90.0, min(90.0, lat + dice.uniform(-0.01, 0.01)))
        known[f"C{number}"] = at
        near.add(f"C{number}", "p", at)
    for number in range(0, 400, 3):
        near.remove(f"C{number}")
        del known[f"C{number}"]
    for asked in list(known.values())[:60]:
        want = {(case, metres) for case, at in known.items() if (metres := metres_between(asked, at)) < 150}
        assert set(near.around("elsewhere", asked)) == want
    for case in list(known):
        near.remove(case)
    assert (near._at, near._cells, near._places) == ({}, {}, {}), "nothing is left of what is gone"
