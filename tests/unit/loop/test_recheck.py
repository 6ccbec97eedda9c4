"""Looking again 回头看: drawn when the period is over, by nobody's choice; what is found undone is open again."""

import hashlib
from collections.abc import Mapping

import pytest
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, START, City
from tests.unit.loop.test_life import HOLES, local
from tests.unit.loop.test_life import packs as life_packs

from bihuan.loop.casebook import Casebook
from bihuan.loop.supervise.recheck import Closing, Closings, sample
from bihuan.loop.turn import Loop
from bihuan.model.errors import PackError
from bihuan.model.facts import (
    CaseClosed,
    CaseOverdue,
    CaseReminded,
    CaseReopened,
    CreditReversed,
    Fact,
    Proof,
    RecheckAsked,
    RecheckDone,
    RecheckDrawn,
    TaskSent,
)
from bihuan.model.times import DAY
from bihuan.pack.load import load
from bihuan.pack.schema import Limit, Recheck, Span

AUDIT = """\
departments:
  - {role: audit, words: {zh: 审计, en: Audit}, at: [city, district], checker: true}
"""
RECHECK = "    recheck: {role: audit, at: district, share: 0.2, least: 2, every: 1d, within: 4h}\n"


def packs(recheck: str = RECHECK) -> dict[str, Mapping[str, str]]:
    known = dict(life_packs())
    holes = HOLES.replace("    check: 4wh\n", "    check: 4wh\n    watch: 5d\n" + recheck)
    known["rain"] = {**known["rain"], "holes.yaml": holes, "audit.yaml": AUDIT}
    return known


RULES = load(packs())
RULE = Recheck(role="audit", at="district", share=0.1, least=3, every=Span(DAY), within=Limit(HOUR))


@pytest.fixture
def city() -> City:
    """Monday 1 September 2025, 09:00 in the city."""
    city = City(rules=RULES)
    city.wait(7 * HOUR)
    return city


def closed(city: City, *, flagged: bool = False, place: str = "1101") -> str:
    district = place[:2]
    city.do(f"duty@{place}", "report", "pothole", place=place, text="a hole", proof=Proof(lon=106.61, lat=29.51))
    id = list(city.loop.book.cases)[-1]
    city.do(f"duty@{district}.inspection", "register", id, choice="patch")
    task = list(city.loop.book.cases[id].tasks)[-1]
    city.do(f"crew@{district}.drainage", "sign", task)
    city.wait(10_000 if flagged else 10 * MINUTE)
    city.do(f"crew@{district}.drainage", "claim", task, proof=GOOD_PROOF)
    city.do(f"checker@{district}.inspection", "verify", task)
    assert not city.loop.book.cases[id].open
    return id


def to_midnight(city: City) -> None:
    city.wait(DAY - (city.now + 8 * HOUR) % DAY)


def drawn(city: City, cases: int = 5) -> list[RecheckAsked]:
    for _ in range(cases):
        closed(city)
    to_midnight(city)
    return city.of(RecheckAsked)


# --- drawing --------------------------------------------------------------------------------------------------


def test_nothing_is_drawn_before_the_period_is_over(city: City) -> None:
    for _ in range(5):
        closed(city)
    city.wait(DAY - (city.now + 8 * HOUR) % DAY - 1)
    assert city.of(RecheckDrawn) == []
    city.wait(1)
    (draw,) = city.of(RecheckDrawn)
    assert (draw.until, draw.open, draw.open_of, draw.case_type) == (city.now, 0, (), "pothole")
    (stratum,) = draw.strata
    assert (stratum.unit, stratum.flagged, stratum.closed, len(stratum.cases)) == ("11", False, 5, 2)
    assert [asked.unit for asked in city.of(RecheckAsked)] == ["11.audit"] * 2


def test_a_period_without_closings_draws_nothing_and_wakes_nobody(city: City) -> None:
    drawn(city)
    for asked in city.of(RecheckAsked):
        city.do("eye@11.audit", "found", asked.recheck, choice="sound")
    assert city.loop.next_due() is None or city.loop.next_due() > city.now
    city.wait(10 * DAY)
    assert len(city.of(RecheckDrawn)) == 1


def test_flagged_closings_stand_apart_and_are_all_looked_at(city: City) -> None:
    odd = {closed(city, flagged=True) for _ in range(4)}
    drawn(city)
    strata = {stratum.flagged: stratum for stratum in city.of(RecheckDrawn)[0].strata}
    assert set(strata[True].cases) == odd
    assert (strata[False].closed, len(strata[False].cases)) == (5, 2)


def test_anybody_can_draw_it_again_from_the_journal(city: City) -> None:
    drawn(city, 6)
    (draw,) = city.of(RecheckDrawn)
    closings = [fact for fact in city.facts if isinstance(fact.body, CaseClosed)]
    said = [f"cq pothole {draw.until}", *(f"{fact.body.case} {fact.id} {fact.at}" for fact in closings)]
    seed = hashlib.sha256("\n".join(said).encode()).hexdigest()
    assert draw.seed == seed
    cases = sorted((fact.body.case for fact in closings), key=lambda case: hashlib.sha256(f"{seed} {case}".encode()).digest())
    assert draw.strata[0].cases == tuple(cases[:2])


def test_one_closing_more_draws_all_anew_so_nobody_can_know_before() -> None:
    draws = []
    for more in (0, 1):
        city = City(rules=RULES)
        city.wait(7 * HOUR)
        drawn(city, 8 + more)
        draws.append(city.of(RecheckDrawn)[0])
    assert draws[0].seed != draws[1].seed


def test_a_closing_heard_of_late_is_in_the_period_in_which_it_was_heard_of() -> None:
    body = CaseClosed(
        case="C1", case_type="pothole", place="1101", unit="11", opened_at=0, on_time=True, verifiers=(), doers=(),
        green="none", watch_until=0,
    )  # fmt: skip
    late = Fact(seq=1, id="f1", at=START - 3 * DAY, recorded_at=START, actor="supervise", subject="C1", because=(), body=body)
    closings = Closings(RULES, Casebook())
    closings.fold(late)
    ends = closings.drawn_at("pothole", late.recorded_at)
    assert ends is not None
    assert START < ends <= START + DAY
    assert closings.of_period("pothole", START) == []
    assert [one.case for one in closings.of_period("pothole", ends)] == ["C1"]


def test_every_case_of_a_stratum_is_drawn_as_often_as_any_other() -> None:
    frame = [Closing(case=f"C{n}", at=n, unit="11", fact=f"f{n}") for n in range(30)]
    times = dict.fromkeys((one.case for one in frame), 0)
    for seed in range(2_000):
        for case in sample(frame, set(), RULE, f"seed {seed}")[0].cases:
            times[case] += 1
    # 200 each expected; seven standard deviations of a binomial with p 0.1
    assert all(106 < count < 294 for count in times.values()), times


def test_the_share_is_taken_of_each_stratum_and_never_fewer_than_the_least() -> None:
    frame = [
        Closing(case=f"{unit}-{n}", at=n, unit=unit, fact="f") for unit, size in (("11", 50), ("12", 2)) for n in range(size)
    ]
    assert [(one.unit, one.closed, len(one.cases)) for one in sample(frame, set(), RULE, "s")] == [("11", 50, 5), ("12", 2, 2)]


def test_what_was_reopened_before_the_draw_is_not_drawn(city: City) -> None:
    back = closed(city)
    city.do("duty@1", "reopen", back, text="the hole is there again")
    assert [(body.case, body.unit, body.reason) for body in city.of(CreditReversed)] == [(back, "11", "reopened")]
    drawn(city)
    assert city.of(RecheckDrawn)[0].strata[0].closed == 5
    assert city.of(RecheckDrawn)[0].open == 1


@pytest.mark.parametrize("looks", [True, False])
def test_a_case_closed_again_in_its_period_is_drawn_whoever_looked_meanwhile(city: City, looks: bool) -> None:
    """While it is open again nothing of the period counts, and who asks what is due next may drop the draw."""
    back = closed(city)
    city.now += DAY - (city.now + 8 * HOUR) % DAY - 20 * MINUTE
    city.turn()
    city.do("duty@1", "reopen", back, text="the hole is there again")
    city.do("duty@11", "add-task", back, to="11.drainage", text="fill it once more", span=2 * HOUR)
    if looks:
        assert city.loop.next_due() is not None
    task = list(city.loop.book.cases[back].tasks)[-1]
    for minutes, who, does in (
        (1, "crew@11.drainage", "sign"),
        (10, "crew@11.drainage", "claim"),
        (1, "checker@11.inspection", "verify"),
    ):
        city.now += minutes * MINUTE
        city.do(who, does, task, proof=GOOD_PROOF)
    assert not city.loop.book.cases[back].open
    city.now += 20 * MINUTE
    city.turn()
    (draw,) = city.of(RecheckDrawn)
    assert [stratum.cases for stratum in draw.strata] == [(back,)]


# --- what is found --------------------------------------------------------------------------------------------


def test_what_is_found_sound_changes_nothing(city: City) -> None:
    asked = drawn(city)[0]
    city.do("eye@11.audit", "found", asked.recheck, choice="sound")
    assert [body.found for body in city.of(RecheckDone)] == ["sound"]
    assert city.of(CreditReversed) == city.of(CaseReopened) == []
    refused = city.refused("eye@11.audit", "found", asked.recheck, choice="not-sound", text="no")
    assert "say what was found" in refused.what + refused.remedy or "Nothing more" in refused.remedy


def test_what_is_found_undone_takes_the_credit_back_and_sends_the_work_again(city: City) -> None:
    asked = drawn(city)[0]
    before = city.of(TaskSent)
    city.do("eye@11.audit", "found", asked.recheck, choice="not-sound", text="the hole is as deep as ever")
    assert [(body.case, body.unit, body.reason) for body in city.of(CreditReversed)] == [(asked.case, "11", "not-sound")]
    (reopened,) = city.of(CaseReopened)
    assert (reopened.case, reopened.reason) == (asked.case, "the hole is as deep as ever")
    (sent,) = [task for task in city.of(TaskSent) if task not in before]
    assert (sent.case, sent.unit, sent.step) == (asked.case, "11.drainage", "mend")
    city.wait(9 * HOUR)
    task = sent.task
    city.do("crew@11.drainage", "sign", task)
    city.wait(10 * MINUTE)
    city.do("crew@11.drainage", "claim", task, proof=GOOD_PROOF)
    city.do("checker@11.inspection", "verify", task)
    assert not city.loop.book.cases[asked.case].open


@pytest.mark.parametrize(
    ("who", "said", "what"),
    [
        ("duty@11", {"choice": "sound"}, "not 11's to found"),
        ("checker@11.inspection", {"choice": "sound"}, "not 11.inspection's"),
        ("eye@11.audit", {"choice": "not-sound"}, "needs a reason"),
        ("eye@11.audit", {"choice": "fine"}, "'fine' is nothing that can be found"),
        ("eye@11.audit", {}, "nothing that can be found"),
    ],
)
def test_only_who_was_asked_may_say_what_was_found_and_why(city: City, who: str, said: dict[str, str], what: str) -> None:
    asked = drawn(city)[0]
    assert what in city.refused(who, "found", asked.recheck, **said).what


def test_a_case_that_came_back_meanwhile_is_not_looked_at_any_more(city: City) -> None:
    asked = drawn(city)[0]
    city.do("duty@1", "reopen", asked.case, text="seen from the bus")
    assert "reopened since" in city.refused("eye@11.audit", "found", asked.recheck, choice="sound").what
    city.wait(5 * HOUR)
    assert asked.case not in {body.case for body in city.of(CaseOverdue)}


def test_a_look_again_that_nobody_takes_is_told_above_once(city: City) -> None:
    asked = drawn(city)
    city.do("eye@11.audit", "found", asked[0].recheck, choice="sound")
    city.wait(4 * HOUR)
    assert city.of(CaseOverdue) == []
    city.wait(2 * DAY)
    told = [(body.case, body.unit, body.to, body.clock) for body in city.of(CaseOverdue)]
    assert told == [(asked[1].case, "11.audit", "11", "recheck")]


def test_who_is_to_look_again_is_reminded_once_when_a_quarter_of_the_time_is_left(city: City) -> None:
    asked = drawn(city)  # at midnight, within 4h
    city.do("eye@11.audit", "found", asked[0].recheck, choice="sound")
    city.wait(3 * HOUR - 1)
    assert city.of(CaseReminded) == []
    city.wait(1)
    (told,) = city.of(CaseReminded)
    assert (told.case, told.unit, told.clock, told.due) == (asked[1].case, "11.audit", "recheck", asked[1].due)
    city.loop = Loop(rules=RULES, began=START)
    city.loop.restore(city.facts, city.batches.__getitem__)
    city.wait(2 * DAY)
    assert len(city.of(CaseReminded)) == 1, "not again after a restart"
    assert len(city.of(CaseOverdue)) == 1


def test_of_a_case_that_came_back_nobody_is_reminded(city: City) -> None:
    for asked in drawn(city):
        city.do("duty@1", "reopen", asked.case, text="seen from the bus")
    city.wait(5 * HOUR)
    assert city.of(CaseReminded) == []


def test_a_reminder_counts_working_time_where_the_look_again_does() -> None:
    city = City(packs(RECHECK.replace("within: 4h", "within: 4wh")))
    city.wait(7 * HOUR)
    asked = drawn(city)  # Tuesday at midnight; work is from 8 to 12
    city.wait(2 * DAY)
    reminded = [fact for fact in city.facts if isinstance(fact.body, CaseReminded)]
    assert [local(city, fact.at) for fact in reminded] == ["2025-09-02T11:00"] * 2
    assert local(city, asked[0].due) == "2025-09-02T12:00"


def test_a_restart_draws_the_same_and_nothing_twice(city: City) -> None:
    for _ in range(5):
        closed(city)
    twin = City(rules=RULES)
    twin.loop, twin.now, twin.facts = Loop(rules=RULES, began=START), city.now, list(city.facts)
    for fact in city.facts:
        twin.loop.fold(fact)
    for one in (city, twin):
        one.wait(3 * DAY)
    assert twin.facts == city.facts
    assert len(city.of(RecheckDrawn)) == 1


# --- the pack -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (RECHECK.replace("role: audit", "role: inspection"), "checked by 'inspection' already"),
        (RECHECK.replace("role: audit", "role: drainage"), "does tasks, so it cannot check"),
        (RECHECK.replace("share: 0.2", "share: 2"), "share"),
        (RECHECK.replace("every: 1d", "every: 0s"), "every"),
    ],
)
def test_a_pack_in_which_a_case_is_looked_at_again_by_its_own_checkers_is_refused(said: str, what: str) -> None:
    with pytest.raises(PackError, match=what):
        load(packs(said))
