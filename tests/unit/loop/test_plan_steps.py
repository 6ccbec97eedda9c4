"""Steps of plans: what data ask for, whom a step falls back to, calls and notices, and plans that reach nobody."""

from collections.abc import Mapping

import pytest
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import GOOD_PROOF, HOUR, MINUTE, UNDERPASS, City

from bihuan.model.facts import (
    CaseClosed,
    PlanExtended,
    PlanPaused,
    PlanStarted,
    TaskEscalated,
    TaskHeld,
    TaskOverdue,
    TaskReleased,
    TaskResumed,
    TaskSent,
    TaskSigned,
)

DEPTH = f"ponding-depth@{UNDERPASS}"


def with_plan(steps: str, *, trigger: str = "report: {case: ponding}", more: str = "") -> dict[str, Mapping[str, str]]:
    """The small packs with one plan more, that opens cases of type `ponding`."""
    packs = dict(small_pack())
    lines = "\n".join(f"      - {{words: {{zh: 步, en: Step}}, {step}}}" for step in steps.split("\n"))
    text = f"plans:\n  - id: extra\n    words: {{zh: 加, en: Extra}}\n    trigger: {{{trigger}}}\n    case: ponding\n{more}"
    packs["rain"] = {**packs["rain"], "extra.yaml": f"{text}    steps:\n{lines}\n"}
    return packs


def on_rain(steps: str) -> City:
    """A plan of its own for rain over a district, which starts by itself."""
    return City(with_plan(steps, trigger="warning: {group: rainstorm, levels: [orange, red]}"))


def reported(steps: str, place: str = UNDERPASS) -> City:
    city = City(with_plan(steps))
    city.do("duty@1101", "report", "ponding", place=place)
    return city


def sent(city: City) -> list[tuple[str, str]]:
    return [(task.step, task.unit) for task in city.of(TaskSent) if task.plan == "extra"]


# --- conditions on data ---------------------------------------------------------------------------------------

WADE = (
    "id: wade, to: {role: drainage, at: district}, sign: 5m, done: 1h, "
    "when: [{indicator: ponding-depth, op: '>=', value: 10%s}]"
)


@pytest.mark.parametrize(("depth", "goes"), [(10.0, True), (12.5, True), (9.9, False)])
def test_a_step_with_a_condition_goes_out_only_where_the_data_meet_it(depth: float, goes: bool) -> None:
    city = City(with_plan(WADE % ""))
    city.read({DEPTH: depth})
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    assert (("wade", "11.drainage") in sent(city)) is goes


def test_what_was_left_out_says_what_was_asked_for_and_what_there_was() -> None:
    city = City(with_plan(WADE % ""))
    city.read({DEPTH: 9.5})
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    started = next(body for body in city.of(PlanStarted) if body.plan == "extra")
    assert [(one.plan, one.why) for one in started.not_now] == [
        ("wade", f"ponding-depth >= 10 is asked for, and it is 9.5 at {UNDERPASS}")
    ]


@pytest.mark.parametrize(("unknown", "goes"), [("", True), (", unknown: yes", True), (", unknown: no", False)])
def test_where_nothing_is_known_the_pack_says_whether_to_act(unknown: str, goes: bool) -> None:
    city = reported(WADE % unknown)
    assert (("wade", "11.drainage") in sent(city)) is goes


def test_a_silent_series_is_not_known_however_high_it_once_stood() -> None:
    city = City(with_plan(WADE % ", unknown: no"))
    city.read({DEPTH: 14.0})
    city.wait(21 * MINUTE)
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    assert ("wade", "11.drainage") not in sent(city)


def test_a_condition_looks_up_the_tree_for_the_nearest_series_there_is() -> None:
    steps = (
        "id: sandbags, to: {role: emergency, at: district}, sign: 5m, done: 1h, when: [{indicator: rain, op: '>', value: 3}]"
    )
    city = City(with_plan(steps))
    city.read({"rain@1101": 4.0, "rain@1102": 1.0})
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    assert sent(city) == [("sandbags", "11.emergency")]


def test_a_condition_that_comes_true_while_the_warning_is_on_brings_the_step() -> None:
    city = City(with_plan(WADE.replace("value: 10", "value: 30") % "", trigger="warning: {group: ponding, levels: [blue]}"))
    city.flood(20.0)
    assert [step for step, _ in sent(city)] == ["nobody-reached"]
    city.flood(32.0)
    (extended,) = [body for body in city.of(PlanExtended) if body.plan == "extra"]
    assert [(step.step, step.unit) for step in extended.steps] == [("wade", "11.drainage")]


# --- after, fall-back -----------------------------------------------------------------------------------------


def test_a_step_after_a_call_waits_until_the_call_is_answered() -> None:
    city = reported(
        "id: ask, to: {down: town}, sign: 3m, form: call\n"
        "id: go, to: {role: drainage, at: district}, sign: 5m, done: 1h, after: [ask]"
    )
    assert sent(city) == [("ask", "1101")]
    city.do("duty@1101", "sign", city.task("ask").id)
    assert sent(city) == [("ask", "1101"), ("go", "11.drainage")]


def test_a_task_nobody_signs_goes_to_the_fall_back_unit_with_fresh_clocks() -> None:
    city = reported("id: look2, to: {down: town}, sign: 10m, done: 1h, fallback: emergency")
    city.wait(21 * MINUTE)
    old, new = [task for task in city.loop.book.tasks.values() if task.sent.step == "look2"]
    assert (old.state, new.unit, new.state, new.sent.instead_of) == ("released", "11.emergency", "sent", old.id)
    assert new.sign_by - new.sent_at == 10 * MINUTE
    city.wait(60 * MINUTE)
    assert len([task for task in city.loop.book.tasks.values() if task.sent.step == "look2"]) == 2, (
        "there is no fall-back twice"
    )


# --- calls (叫应) ---------------------------------------------------------------------------------------------

CALL = "id: call, to: {down: town}, sign: 3m, form: call"


def test_answering_a_call_is_all_that_is_asked() -> None:
    city = reported(CALL)
    city.do("duty@1101", "sign", city.task("call").id)
    assert city.task("call").state == "heard"
    refused = city.refused("duty@1101", "claim", city.task("call").id, proof=GOOD_PROOF)
    assert "Nothing more is asked of anybody for this task" in refused.remedy
    city.wait(HOUR)
    assert [body.step for body in city.of(TaskSent) if body.step == "call"] == ["call"]


def test_a_call_nobody_answers_climbs_to_the_top_one_unit_after_the_other() -> None:
    city = reported(CALL)
    began = city.now
    city.wait(HOUR)
    calls = [task for task in city.loop.book.tasks.values() if task.sent.step == "call"]
    assert [task.unit for task in calls] == ["1101", "11", "1"]
    assert [task.sent_at - began for task in calls] == [0, 3 * MINUTE + 1, 6 * MINUTE + 2]
    assert [task.state for task in calls] == ["released", "released", "sent"]
    assert [task.sent.place for task in calls] == [UNDERPASS] * 3
    assert len([body for body in city.of(TaskOverdue) if body.task in {task.id for task in calls}]) == 3
    assert len([body for body in city.of(TaskEscalated) if body.task in {task.id for task in calls}]) == 3
    assert city.case().open, "the top is still asked"
    city.do("duty@1", "sign", calls[-1].id)
    assert calls[-1].state == "heard"


def test_a_call_with_a_fall_back_unit_tries_that_before_the_units_above() -> None:
    city = reported(f"{CALL}, fallback: emergency")
    city.wait(20 * MINUTE)
    assert [unit for step, unit in sent(city) if step == "call"] == ["1101", "11.emergency", "11", "1"]


def test_a_case_does_not_close_while_a_call_is_unanswered() -> None:
    city = reported(f"{CALL}\nid: mop, to: {{role: drainage, at: district}}, sign: 5m, done: 9h, proof: [text]")
    city.finish(city.task("mop"))
    city.finish(city.task("look"))
    assert not city.of(CaseClosed)
    city.do(f"duty@{city.task('call').unit}", "sign", city.task("call").id)
    assert len(city.of(CaseClosed)) == 1


# --- notices --------------------------------------------------------------------------------------------------


def test_a_notice_goes_to_all_affected_and_holds_no_case_open() -> None:
    city = City(
        with_plan(
            "id: tell, to: {role: emergency, at: district}, sign: 30m, form: notice\n"
            "id: mop, to: {role: drainage, at: district}, sign: 5m, done: 9h, proof: [text]"
        )
    )
    city.do("duty@1101", "report", "ponding", place=UNDERPASS)
    city.finish(city.task("mop"))
    city.finish(city.task("look"))
    assert len(city.of(CaseClosed)) == 1
    assert city.task("tell").state == "sent"
    city.do("duty@11.emergency", "sign", city.task("tell").id)  # it can still be read
    assert city.task("tell").state == "heard"
    assert len(city.of(TaskSigned)) == 3
    assert len(city.of(CaseClosed)) == 1


def test_a_notice_to_the_affected_reaches_those_affected_later_too() -> None:
    city = on_rain("id: tell, to: {down: town, affected: orange}, sign: 30m, form: notice")
    city.read({"rain@1101": 60.0})
    city.wait(5 * MINUTE)
    city.read({"rain@1102": 60.0})
    assert sent(city) == [("tell", "1101"), ("tell", "1102")]


def test_reading_all_notices_closes_nothing_before_the_warning_ends() -> None:
    city = on_rain("id: tell, to: {down: town, affected: orange}, sign: 30m, form: notice")
    city.read({"rain@1101": 60.0})
    city.do("duty@1101", "sign", city.task("tell").id)
    assert not city.of(CaseClosed)
    city.keep_reading({"rain@1101": 0.0}, 14 * HOUR, every=15 * MINUTE)
    assert len(city.of(CaseClosed)) == 1


# --- nobody ---------------------------------------------------------------------------------------------------


def test_a_plan_that_reaches_nobody_asks_the_holder_and_the_case_can_close() -> None:
    city = on_rain("id: ours, to: {down: town, affected: red}, sign: 5m, done: 1h")
    city.read({"rain@1101": 60.0})
    started = next(body for body in city.of(PlanStarted) if body.plan == "extra")
    assert [(one.plan, one.why) for one in started.not_now] == [
        ("ours", "no unit of level town at 11 that stands at red or worse")
    ]
    assert sent(city) == [("nobody-reached", "11")]
    city.keep_reading({"rain@1101": 0.0}, 14 * HOUR, every=15 * MINUTE)
    assert not city.of(CaseClosed), "nobody has looked yet"
    city.finish(city.task("nobody-reached"))
    (closed,) = city.of(CaseClosed)
    assert (closed.doers, closed.verifiers) == (("11",), ("11.inspection",))


# --- pause ----------------------------------------------------------------------------------------------------

TWO = (
    "id: first, to: {role: drainage, at: district}, sign: 10m, arrive: 30m, done: 2h\n"
    "id: then, to: {role: emergency, at: district}, sign: 10m, done: 2h, after: [first]"
)


def run_of(city: City) -> str:
    return next(body.run for body in city.of(PlanStarted) if body.plan == "extra")


def test_a_paused_plan_sends_no_step_until_it_goes_on() -> None:
    city = reported(TWO)
    task = city.task("first")
    for does in ("sign", "arrive", "claim"):
        city.do("crew@11.drainage", does, task.id, proof=GOOD_PROOF if does == "claim" else None)
        if does == "arrive":
            city.do("duty@11", "pause", run_of(city), text="wait for the geologists")
            city.do("duty@11", "go-on", run_of(city))
            city.do("duty@11", "pause", run_of(city), text="again")
            assert "cannot be 'claim'" in city.refused("crew@11.drainage", "claim", task.id).what
            city.do("duty@11", "go-on", run_of(city))
    assert [step for step, _ in sent(city)] == ["first", "then"]
    assert len(city.of(PlanPaused)) == 2


def test_a_step_whose_turn_comes_while_the_plan_is_paused_waits() -> None:
    city = City(with_plan("id: one, to: {down: town, affected: orange}, sign: 10m, done: 2h",
                          trigger="warning: {group: rainstorm, levels: [orange]}"))  # fmt: skip
    city.read({"rain@1101": 60.0})
    city.do("duty@1", "pause", run_of(city), text="the gauge is being looked at")
    city.wait(5 * MINUTE)
    city.read({"rain@1102": 60.0})
    assert sent(city) == [("one", "1101")]
    city.do("duty@11", "go-on", run_of(city))
    assert sent(city) == [("one", "1101"), ("one", "1102")]


def test_clocks_of_sent_steps_stand_still_for_as_long_as_the_plan_is_paused() -> None:
    city = reported(TWO)
    task = city.task("first")
    sign_by, arrive_by, done_by = task.sign_by, task.arrive_by, task.done_by
    assert arrive_by is not None
    city.wait(4 * MINUTE)
    city.do("duty@11", "pause", run_of(city), text="a second look")
    assert (task.state, city.of(TaskHeld)[-1].left) == ("held", 6 * MINUTE)
    city.wait(HOUR)
    assert not [body for body in city.of(TaskOverdue) if body.task == task.id]
    city.do("duty@11", "go-on", run_of(city))
    assert (task.state, task.sign_by, task.arrive_by, task.done_by) == (
        "sent", sign_by + HOUR, arrive_by + HOUR, done_by + HOUR,
    )  # fmt: skip
    city.do("crew@11.drainage", "sign", task.id)
    assert task.clock() == ("arrive", city.now, arrive_by + HOUR)
    city.do("crew@11.drainage", "arrive", task.id)
    assert task.clock() == ("done", city.now, done_by + HOUR)
    city.wait(3 * HOUR)
    (late,) = [body for body in city.of(TaskOverdue) if body.task == task.id]
    assert late.due == done_by + HOUR


def test_nobody_lets_one_task_of_a_paused_plan_go_on_alone() -> None:
    city = reported(TWO)
    city.do("duty@11", "pause", run_of(city), text="a second look")
    assert "cannot be 'resume'" in city.refused("crew@11.drainage", "resume", city.task("first").id).what


def test_what_was_on_hold_before_the_pause_stays_on_hold_after_it() -> None:
    city = reported(TWO)
    task = city.task("first")
    city.do("crew@11.drainage", "sign", task.id)
    city.do("crew@11.drainage", "ask-hold", task.id, text="the key is missing")
    city.do("duty@11", "grant", task.id)
    city.do("duty@11", "pause", run_of(city), text="a second look")
    city.do("duty@11", "go-on", run_of(city))
    assert task.state == "held"
    assert not city.of(TaskResumed)


def test_a_pause_answers_no_request() -> None:
    city = reported(TWO)
    task = city.task("first")
    city.do("crew@11.drainage", "sign", task.id)
    city.do("crew@11.drainage", "ask-extension", task.id, text="more water than said", span=HOUR)
    city.do("duty@11", "pause", run_of(city), text="a second look")
    city.do("duty@11", "go-on", run_of(city))
    city.do("duty@11", "grant", task.id)
    assert task.extensions == 1


@pytest.mark.parametrize(
    ("actor", "does", "text", "what", "remedy"),
    [
        ("duty@11", "pause", "", "needs a reason", "Say why"),
        ("crew@11", "pause", "why", "not crew@11's to pause", "The duty post of 11"),
        ("duty@12", "pause", "why", "not duty@12's to pause", "The duty post of 11"),
        ("duty@11.drainage", "pause", "why", "not duty@11.drainage's to pause", "The duty post of 11"),
        ("duty@11", "go-on", "", "'extra' is not paused", "may pause it"),
    ],
)
def test_who_may_not_pause_is_told_who_may(actor: str, does: str, text: str, what: str, remedy: str) -> None:
    city = reported(TWO)
    refused = city.refused(actor, does, run_of(city), text=text)
    assert what in refused.what
    assert remedy in refused.remedy


def test_a_plan_is_paused_once_and_not_after_its_case_is_closed() -> None:
    city = reported("id: mop, to: {role: drainage, at: district}, sign: 5m, done: 9h, proof: [text]")
    city.do("duty@11", "pause", run_of(city), text="wait")
    assert "paused already" in city.refused("duty@11", "pause", run_of(city), text="wait").what
    city.do("duty@1", "go-on", run_of(city))
    for step in ("mop", "look"):
        city.finish(city.task(step))
    assert "is closed" in city.refused("duty@11", "pause", run_of(city), text="wait").what


# --- tasks that no plan foresaw -------------------------------------------------------------------------------


def test_the_holder_adds_a_task_and_a_paused_plan_sends_it_later() -> None:
    city = reported(TWO)
    city.do("duty@11", "pause", run_of(city), text="wait")
    city.do("duty@11", "add-task", city.case().id, to="1102", text="bring sandbags", span=HOUR)
    city.do("duty@11", "go-on", run_of(city))
    added = city.task("added-1")
    assert (added.unit, added.sent.text, added.done_by - added.sent_at) == ("1102", "bring sandbags", HOUR)


def test_released_calls_are_never_asked_again() -> None:
    city = reported(CALL)
    city.wait(4 * MINUTE)
    first = next(task for task in city.loop.book.tasks.values() if task.sent.step == "call")
    assert [body.reason for body in city.of(TaskReleased)] == ["not answered: given to 11"]
    assert "released" in city.refused("duty@1101", "sign", first.id).what


def test_packs_that_dropped_the_place_of_a_running_plan_break_nothing() -> None:
    steps = "id: ours, to: {down: town, affected: orange}, sign: 5m, done: 1h, when: [{indicator: rain, op: '>', value: 9}]"
    packs = with_plan(steps, trigger="warning: {group: rainstorm, levels: [orange]}")
    city = City(packs)
    city.read({"rain@1201": 60.0})
    fewer = {name: dict(files) for name, files in packs.items()}
    for path, gone in (("places.csv", "12"), ("things.csv", "LP-1201")):
        rows = fewer["rain"][path].splitlines(keepends=True)
        fewer["rain"][path] = "".join(row for row in rows if not row.startswith(gone))
    again = City(fewer)
    for fact in city.facts:
        again.loop.fold(fact)
    again.now = city.now + MINUTE
    again.read({DEPTH: 45.0, "rain@1101": 60.0})
    assert [(body.place, body.plan) for body in again.of(PlanStarted)][-1][0] in ("11", UNDERPASS)
