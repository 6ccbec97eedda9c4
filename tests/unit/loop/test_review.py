"""Review: what happened held against the plan, and what to do better."""

from tests.unit.loop.city import EAST_TOWN, GOOD_PROOF, HOUR, MINUTE, City

from bihuan.model.facts import Held, ReviewWritten

RAIN = f"rain@{EAST_TOWN}"


def _storm(city: City, *, slow: bool = False) -> ReviewWritten:
    """A storm over one town, answered and closed; answers the review."""
    proposal = city.rain()
    if slow:
        city.wait(11 * MINUTE)
    city.do("duty@11", "declare", proposal)
    if slow:
        city.wait(6 * MINUTE)  # the pumps had five minutes to sign
    for step in ("pumps", "town-watch", "report"):
        city.finish(city.task(step))
    city.keep_reading({RAIN: 0.0}, 15 * HOUR, every=15 * MINUTE)
    return city.of(ReviewWritten)[-1]


def _verdicts(review: ReviewWritten) -> dict[str, str]:
    return {held.step: held.verdict for held in review.held}


def _items(review: ReviewWritten) -> dict[str, object]:
    return {item.what: item.value for item in review.improvements}


def test_a_closed_case_is_held_against_its_plan() -> None:
    city = City()
    review = _storm(city)
    assert (review.case, review.place, review.peak) == (city.case("rainstorm").id, "11", "orange")
    assert _verdicts(review) == dict.fromkeys(("flood-iii/pumps", "flood-iii/town-watch", "flood-iii/report"), "as-planned")
    assert (review.conformance, review.median_sign, review.first_warning_to_dispatch) == (1.0, 4 * MINUTE, 0)
    assert _items(review) == {}


def test_planned_and_taken_times_stand_side_by_side() -> None:
    held = next(held for held in _storm(City()).held if held.step == "flood-iii/pumps")
    assert held == Held(
        task="cq-T000001",
        step="flood-iii/pumps",
        unit="11.drainage",
        sign_planned=5 * MINUTE,
        sign_took=2 * MINUTE,
        done_planned=3 * HOUR,
        done_took=6 * MINUTE,
        verdict="as-planned",
    )


def test_slow_answers_become_improvement_items_with_the_worst_figure() -> None:
    review = _storm(City(), slow=True)
    assert _verdicts(review)["flood-iii/pumps"] == "late"
    assert review.conformance is not None
    assert review.conformance < 1
    assert _items(review)["slow-dispatch"] == 11.0
    assert _items(review)["sign-late"] == 6.0, "town-watch had ten minutes and took sixteen"


def test_a_task_done_again_and_a_quick_claim_are_remembered() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    task = city.task("pumps")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
    city.do("checker@11.inspection", "send-back", task.id, text="no pump in sight")
    for step in ("pumps", "town-watch", "report"):
        city.finish(city.task(step))
    city.keep_reading({RAIN: 0.0}, 15 * HOUR, every=15 * MINUTE)
    (review,) = city.of(ReviewWritten)
    assert _verdicts(review)["flood-iii/pumps"] == "sent-back"
    items = {item.what: item.tasks for item in review.improvements}
    assert items["sent-back"] == items["claimed-at-once"] == (task.id,)


def test_a_task_given_to_another_unit_is_left_out_of_conformance() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.do("duty@1101", "return", city.task("town-watch").id, text="cut off")
    for step in ("pumps", "town-watch", "report"):
        city.finish(city.task(step))
    city.keep_reading({RAIN: 0.0}, 15 * HOUR, every=15 * MINUTE)
    (review,) = city.of(ReviewWritten)
    assert [(held.unit, held.verdict) for held in review.held if held.step == "flood-iii/town-watch"] == [
        ("1101", "released"),
        ("11.emergency", "as-planned"),
    ]
    assert review.conformance == 1.0


def test_gauges_that_fell_silent_meanwhile_are_counted() -> None:
    city = City()
    city.do("duty@11", "declare", city.rain())
    city.wait(30 * MINUTE)
    for step in ("pumps", "town-watch", "report", "restore-rain"):
        city.finish(city.task(step))
    city.keep_reading({RAIN: 0.0}, 15 * HOUR, every=15 * MINUTE)
    (review,) = city.of(ReviewWritten)
    assert _items(review)["silent-gauges"] == 1.0


def test_a_case_type_that_wants_no_review_gets_none() -> None:
    city = City()
    city.flood()
    city.finish(city.task("pump"))
    city.drain()
    assert not city.case().open
    assert city.of(ReviewWritten) == []


def test_a_relapse_is_in_the_second_review() -> None:
    city = City()
    _storm(city)
    again = _storm(city)
    assert city.case("rainstorm").reopened == 1
    assert _items(again)["relapse"] == 1.0
    assert len(again.held) == 6
