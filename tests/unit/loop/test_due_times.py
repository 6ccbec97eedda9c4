"""Working days through the whole loop: by the calendar of the State Council, from the report to the reminder."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.loop.city import HOUR, City
from tests.unit.loop.test_life import HOLES, at_work, opened, packs

from bihuan.loop.turn import Loop
from bihuan.model.facts import Body, Fact, TaskExtended, TaskOverdue, TaskReminded, TaskSent
from bihuan.model.times import DAY, instant, iso
from bihuan.pack.load import load

CALENDARS = (Path(__file__).parents[3] / "packs/base/calendars.yaml").read_text("utf-8")


def on_the_mainland() -> dict[str, Mapping[str, str]]:
    """The town of the life tests, with the kept calendar of public holidays; rebuilding takes one working day."""
    known = dict(packs())
    levels = "".join(
        line
        for line in known["base"]["levels.yaml"].splitlines(True)
        if "calendars:" not in line and "id: city, zone" not in line
    )
    known["base"] = {**known["base"], "levels.yaml": levels, "calendars.yaml": CALENDARS}
    known["rain"] = {**known["rain"], "holes.yaml": HOLES.replace("2wd", "1wd")}
    return known


RULES = load(on_the_mainland())


def town(at: str) -> City:
    """The town, where the loop begins at this time on its wall."""
    city = City(rules=RULES)
    city.now = instant(at, RULES.zone)
    city.loop = Loop(rules=RULES, began=city.now)
    return city


def local(at: int) -> str:
    return iso(at, RULES.zone)[:19]


def when(city: City, kind: type[Body], task: str) -> list[str]:
    """When this was said of a task about the work."""

    def about_the_work(fact: Fact) -> bool:
        return (
            isinstance(fact.body, kind) and getattr(fact.body, "task", "") == task and getattr(fact.body, "clock", "") == "done"
        )

    return [local(fact.at) for fact in city.facts if about_the_work(fact)]


@pytest.fixture
def city() -> City:
    """Wednesday, the day before the National Day holidays."""
    return town("2026-09-30T10:00")


def test_a_working_day_asked_for_before_the_holidays_ends_after_them(city: City) -> None:
    task = at_work(city, opened(city, "rebuild"))
    assert local(city.of(TaskSent)[-1].done_by) == "2026-10-08T10:00:00"
    city.wait(DAY)
    assert when(city, TaskOverdue, task) == [], "the first of October is no working day"
    city.wait(9 * DAY)
    assert when(city, TaskOverdue, task) == ["2026-10-08T10:00:00"], "at once after 10 o'clock, to the millisecond"
    (said,) = [late for late in city.of(TaskOverdue) if (late.task, late.clock) == (task, "done")]
    late = next(fact for fact in city.facts if fact.body is said)
    assert late.at == said.due + 1
    assert when(city, TaskReminded, task) == ["2026-09-30T18:00:00"], "with two of the eight working hours left"


@pytest.mark.parametrize(
    ("filed", "choice", "due"),
    [
        ("2026-10-09T17:00", "patch", "2026-10-10T11:00:00"),  # Saturday the 10th is worked in place of a holiday
        ("2026-10-09T10:00", "rebuild", "2026-10-10T10:00:00"),
        ("2026-10-10T10:00", "rebuild", "2026-10-12T10:00:00"),  # and Sunday is not
        ("2026-10-16T10:00", "rebuild", "2026-10-19T10:00:00"),  # an ordinary weekend
    ],
)
def test_a_worked_saturday_counts_and_other_weekends_do_not(filed: str, choice: str, due: str) -> None:
    city = town(filed)
    task = at_work(city, opened(city, choice))
    assert local(city.of(TaskSent)[-1].done_by) == due
    city.wait(5 * DAY)
    assert when(city, TaskOverdue, task) == [due]


def test_an_hour_held_is_a_working_hour_later_and_so_is_the_reminder(city: City) -> None:
    task = at_work(city, opened(city, "rebuild"))
    city.wait(HOUR)
    city.do("crew@11.drainage", "ask-hold", task, text="the gas company digs")
    city.do("duty@11", "grant", task)
    city.wait(HOUR)
    city.do("crew@11.drainage", "resume", task)
    assert local(city.loop.book.tasks[task].done_by) == "2026-10-08T11:00:00"
    city.wait(10 * DAY)
    assert when(city, TaskReminded, task) == ["2026-10-08T09:15:00"], "with a quarter of the seven hours left"
    assert when(city, TaskOverdue, task) == ["2026-10-08T11:00:00"]


def test_a_hold_over_the_holidays_costs_only_the_working_hours_in_it(city: City) -> None:
    task = at_work(city, opened(city, "rebuild"))
    city.wait(HOUR)
    city.do("crew@11.drainage", "ask-hold", task, text="nobody may dig in the holidays")
    city.do("duty@11", "grant", task)
    city.wait(instant("2026-10-08T08:00", RULES.zone) - city.now)
    city.do("crew@11.drainage", "resume", task)
    assert local(city.loop.book.tasks[task].done_by) == "2026-10-08T17:00:00", "all seven hours that were left"


def test_an_extension_adds_working_time_and_moves_the_reminder(city: City) -> None:
    task = at_work(city, opened(city, "rebuild"))
    city.do("crew@11.drainage", "ask-extension", task, span=3 * HOUR, text="asphalt is late")
    city.do("duty@11", "grant", task)
    assert local(city.of(TaskExtended)[-1].done_by) == "2026-10-08T15:00:00", "two hours before noon and one after it"
    city.wait(10 * DAY)
    assert when(city, TaskReminded, task) == ["2026-10-08T10:15:00"], "with a quarter of the eleven hours left"
    assert when(city, TaskOverdue, task) == ["2026-10-08T15:00:00"]


def test_what_ran_out_before_a_hold_is_late_again_after_it_before_it_goes_up(city: City) -> None:
    task = at_work(city, opened(city, "rebuild"))
    city.wait(9 * DAY)
    city.do("crew@11.drainage", "ask-hold", task, text="the gas company digs")
    city.do("duty@11", "grant", task)
    city.do("duty@11", "resume", task)
    said = [f.kind for f in city.facts if getattr(f.body, "task", "") == task and getattr(f.body, "clock", "") == "done"]
    assert said == ["task-reminded", "task-overdue", "task-overdue", "task-escalated"]


def test_more_time_for_the_work_says_nothing_anew_about_arriving(city: City) -> None:
    city.flood()
    task = city.task("pump").id
    city.do("crew@11.drainage", "sign", task)
    city.do("crew@11.drainage", "ask-extension", task, span=9 * HOUR, text="traffic")
    city.wait(5 * HOUR)
    city.do("duty@11", "grant", task)
    city.wait(HOUR)
    late = [(late.task, late.clock) for late in city.of(TaskOverdue)]
    assert late.count((task, "arrive")) == 1
