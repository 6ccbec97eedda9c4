"""Flags: what looks odd about a claim is said with what was seen and from where on it is odd. Nothing is hidden or refused."""

from collections.abc import Mapping

import msgspec
import pytest
from tests.unit.loop.city import HOUR, MINUTE, START, City
from tests.unit.loop.test_life import HOLES
from tests.unit.loop.test_life import packs as life_packs

from bihuan.loop.supervise.flags import Memory
from bihuan.loop.turn import Loop
from bihuan.model.facts import CaseFlagged, Fact, Figures, Proof, TaskClaimed
from bihuan.model.times import DAY
from bihuan.pack.load import load
from bihuan.pack.schema import OddHours

RULE = "    proof_metres: 300\n    odd_hours: {least: 12, share: 0.05, near: 1}\n"
HERE = (106.61, 29.51)
PHOTO, OTHER_PHOTO = "a" * 64, "b" * 64


def packs() -> dict[str, Mapping[str, str]]:
    known = dict(life_packs())
    known["rain"] = {**known["rain"], "holes.yaml": HOLES.replace("    check: 4wh\n", "    check: 4wh\n" + RULE)}
    return known


RULES = load(packs())
ODD = OddHours(least=12, share=0.05, near=1)


@pytest.fixture
def city() -> City:
    """Monday 1 September 2025, 09:00 in the city."""
    city = City(rules=RULES)
    city.wait(7 * HOUR)
    return city


def sent(city: City, *, photo: str = "", at: tuple[float, float] | None = HERE) -> str:
    lon, lat = at or (None, None)
    city.do("duty@1101", "report", "pothole", place="1101", text="a hole", proof=Proof(lon=lon, lat=lat, photo=photo))
    case = list(city.loop.book.cases)[-1]
    city.do("duty@11.inspection", "register", case, choice="patch")
    return list(city.loop.book.cases[case].tasks)[-1]


def claim(city: City, task: str, *, after: int = 20 * MINUTE, **proof: object) -> list[CaseFlagged]:
    """Sign and claim it; answers the flags that led to."""
    city.do("crew@11.drainage", "sign", task)
    city.wait(after)
    facts = city.do("crew@11.drainage", "claim", task, proof=Proof(text="mended", **proof))  # type: ignore[arg-type]
    for written in map(msgspec.json.encode, facts):
        assert msgspec.json.encode(msgspec.json.decode(written, type=Fact)) == written, "as after a restart"
    return [fact.body for fact in facts if isinstance(fact.body, CaseFlagged)]


# --- proof ----------------------------------------------------------------------------------------------------


def test_honest_work_is_not_flagged(city: City) -> None:
    assert claim(city, sent(city), photo=PHOTO, lon=106.6101, lat=29.5101) == []


def test_a_claim_right_after_signing_says_how_soon_it_was(city: City) -> None:
    (flag,) = claim(city, sent(city), after=29_000)
    assert (flag.flag, flag.figures) == ("claimed-at-once", Figures(seen=29_000, limit=MINUTE))


def test_a_photo_of_another_task_is_flagged_and_points_to_it(city: City) -> None:
    first = sent(city)
    claim(city, first, photo=PHOTO)
    (flag,) = claim(city, sent(city), photo=PHOTO)
    assert (flag.flag, flag.figures) == ("same-photo", Figures(shown=first))
    claimed = next(fact for fact in city.facts if isinstance(fact.body, TaskClaimed))
    flagged = next(fact for fact in city.facts if isinstance(fact.body, CaseFlagged))
    assert claimed.id in flagged.because
    assert claim(city, sent(city), photo=OTHER_PHOTO) == []


def test_the_photo_of_the_report_proves_nothing_done(city: City) -> None:
    task = sent(city, photo=PHOTO)
    (flag,) = claim(city, task, photo=PHOTO)
    assert flag.figures == Figures(shown=city.loop.book.tasks[task].sent.case)


def test_a_photo_shown_again_after_being_sent_back_is_flagged(city: City) -> None:
    task = sent(city)
    claim(city, task, photo=PHOTO)
    city.do("checker@11.inspection", "send-back", task, text="the hole is still there")
    city.wait(HOUR)
    facts = city.do("crew@11.drainage", "claim", task, proof=Proof(text="now it is", photo=PHOTO))
    assert [fact.body.flag for fact in facts if isinstance(fact.body, CaseFlagged)] == ["same-photo"]


def test_proof_from_far_away_says_how_far(city: City) -> None:
    (flag,) = claim(city, sent(city), lon=106.62, lat=29.51)
    assert (flag.flag, flag.figures) == ("far-away", Figures(seen=968, limit=300))


def test_a_report_without_a_position_is_where_its_place_is(city: City) -> None:
    assert claim(city, sent(city, at=None), lon=106.61, lat=29.51) == []
    assert [flag.flag for flag in claim(city, sent(city, at=None), lon=106.61, lat=29.6)] == ["far-away"]


def test_a_case_at_a_place_that_new_packs_dropped_is_nowhere(city: City) -> None:
    task = sent(city, at=None)
    case = city.loop.book.case_of(city.loop.book.tasks[task])
    case.place = "gone"
    assert claim(city, task, lon=106.61, lat=29.6) == []


def test_proof_without_a_position_is_not_far_away(city: City) -> None:
    assert claim(city, sent(city)) == []


# --- hours ----------------------------------------------------------------------------------------------------


def weeks_of_work(city: City, days: int = 14) -> None:
    """A claim at about ten on every working day: ten in two weeks, and two more each Monday."""
    for day in range(days):
        monday = day % 7 == 0
        if day % 7 < 5:
            for _ in range(3 if monday else 1):
                assert claim(city, sent(city)) == []
        city.wait(START + 7 * HOUR + (day + 1) * DAY - city.now)


def test_a_claim_when_the_unit_never_works_is_flagged_once_its_hours_are_known(city: City) -> None:
    weeks_of_work(city)
    task = sent(city)
    city.do("crew@11.drainage", "sign", task)
    city.wait(17 * HOUR)
    facts = city.do("crew@11.drainage", "claim", task, proof=Proof(text="mended"))
    (flag,) = [fact.body for fact in facts if isinstance(fact.body, CaseFlagged)]
    assert flag.flag == "odd-hours"
    assert flag.figures == Figures(seen=0, limit=0.05, claims=14, near=1)


def test_a_unit_that_was_sent_out_at_night_may_report_at_night(city: City) -> None:
    weeks_of_work(city)
    city.wait(17 * HOUR)
    assert claim(city, sent(city)) == []


def test_a_day_off_is_odd_for_a_unit_that_has_them_and_a_make_up_day_is_not() -> None:
    memory = Memory(RULES)
    for number in range(15):
        memory.fold(claimed(number, START + number % 5 * DAY + 7 * HOUR + number))
    saturday, makeup = START + 5 * DAY + 7 * HOUR, START + 40 * DAY + 7 * HOUR
    assert memory.odd("11.drainage", saturday, ODD) == Figures(seen=0, limit=0.05, claims=14, off=True)
    assert memory.odd("11.drainage", makeup, ODD) is None


def test_without_enough_history_no_hour_is_odd(city: City) -> None:
    assert claim(city, sent(city), after=17 * HOUR) == []


def claimed(number: int, at: int) -> Fact:
    body = TaskClaimed(task=f"T{number}", case="C1", unit="11.drainage", proof=Proof(), after_signing=HOUR)
    return Fact(
        seq=number, id=f"cq-{number}", at=at, recorded_at=at, actor="crew@11.drainage", subject="C1", because=(), body=body
    )


def test_claims_of_the_same_moment_do_not_teach_each_other() -> None:
    memory = Memory(RULES)
    for number in range(20):
        memory.fold(claimed(number, START))
    assert memory.odd("11.drainage", START + 12 * HOUR, ODD) is None
    memory.fold(claimed(20, START + 1))
    assert memory.odd("11.drainage", START + 12 * HOUR, ODD) == Figures(seen=0, limit=0.05, claims=20, near=1)
    assert memory.odd("11.drainage", START, ODD) is None
    assert memory.odd("12.drainage", START + 12 * HOUR, ODD) is None


def test_hours_go_round_at_midnight() -> None:
    memory = Memory(RULES)
    half_past_eleven = START + 21 * HOUR + 30 * MINUTE
    for number in range(13):
        memory.fold(claimed(number, half_past_eleven + number))
    assert memory.odd("11.drainage", half_past_eleven + HOUR, ODD) is None
    assert memory.odd("11.drainage", half_past_eleven + 2 * HOUR, ODD) is not None


def test_a_restart_remembers_photos_and_hours(city: City) -> None:
    weeks_of_work(city)
    claim(city, sent(city), photo=PHOTO)
    loop = Loop(rules=RULES, began=START)
    for fact in city.facts:
        loop.fold(fact)
    city.loop = loop
    assert [flag.flag for flag in claim(city, sent(city), photo=PHOTO)] == ["same-photo"]
