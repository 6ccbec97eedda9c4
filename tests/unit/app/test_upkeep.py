"""The nightly upkeep: each part does its own, whatever became of the others, and none of it can stop the loop."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.packs_for_tests import small_pack
from tests.unit.app.conftest import Bench, HandClock
from tests.unit.app.test_centre import DEPTH, eventually, reading
from tests.unit.loop.city import EAST_TOWN, HOUR, MINUTE, START, UNDERPASS

from bihuan.app.upkeep import Nights, minute_of_day, next_night, prunable, retention, retention_span, upkeep
from bihuan.model.errors import JournalError, SettingError
from bihuan.model.times import DAY, fixed_zone
from bihuan.pack.load import load

KEEP = 400 * DAY


def a_day(bench: Bench, day: int) -> int:
    """Some readings on a day; the end of it."""
    for hour in range(0, 24, 6):
        at = START + day * DAY + hour * HOUR
        bench.centre.step(at, [reading(at), reading(at, 1.0, DEPTH)])
    return START + (day + 1) * DAY


def short_lived(bench: Bench) -> None:
    packs = {name: dict(files) for name, files in small_pack().items()}
    text = packs["rain"]["indicators.yaml"]
    packs["rain"]["indicators.yaml"] = text.replace("    ladder: ponding\n", "    ladder: ponding\n    retain: 2d\n")
    bench.rules = load(packs)
    bench.crash()


def test_after_two_nights_the_log_begins_after_the_older_snapshot(bench: Bench) -> None:
    bench.segment_bytes = 1
    bench.crash()
    first = upkeep(bench.centre, a_day(bench, 0), KEEP)
    assert (first.snapshot, first.first, first.troubles) == (bench.centre.loop.seq, 1, [])
    older = bench.centre.loop.entry
    second = upkeep(bench.centre, a_day(bench, 1), KEEP)
    assert (second.first, second.troubles) == (older + 1, [])
    a_day(bench, 2)
    bench.crash()
    assert len(bench.centre.history.read("rain", EAST_TOWN, START, START + 9 * DAY)[0]) == 12
    assert bench.centre.upkeep_at is None


def test_finished_days_are_put_in_order_once(bench: Bench) -> None:
    now = a_day(bench, 0) + DAY
    assert upkeep(bench.centre, now, KEEP).compacted == 8
    assert upkeep(bench.centre, now, KEEP).compacted == 0
    assert bench.centre.upkeep_at == now


def test_readings_are_kept_as_long_as_their_indicator_says_or_else_the_centre(bench: Bench) -> None:
    short_lived(bench)
    assert retention(bench.centre, KEEP) == {"rain": KEEP, "ponding-depth": 2 * DAY}
    now = a_day(bench, 0)
    done = upkeep(bench.centre, now + 3 * DAY, KEEP)
    assert done.retired == 4
    assert len(bench.centre.history.read("ponding-depth", UNDERPASS, START, now)[0]) == 0
    assert len(bench.centre.history.read("rain", EAST_TOWN, START, now)[0]) == 4


@pytest.mark.parametrize("part", ["flush", "compact", "retire"])
def test_what_goes_wrong_in_one_part_is_said_and_the_others_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    now = a_day(bench, 0)

    def refuse(*given: object) -> None:
        raise JournalError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(bench.centre.history, part, refuse)
        done = upkeep(bench.centre, now, KEEP)
    assert [error.what for error in done.troubles] == ["the disk is full"]
    assert done.snapshot == bench.centre.loop.seq
    assert done.troubles[0] in bench.centre.troubles
    upkeep(bench.centre, now, KEEP)
    assert bench.centre.trouble is None


def test_a_defect_in_one_part_is_said_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.centre.history, "retire", stumble)
    done = upkeep(bench.centre, a_day(bench, 0), KEEP)
    assert ["ZeroDivisionError" in error.what for error in done.troubles] == [True]


def test_what_is_not_in_the_history_is_not_pruned(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    a_day(bench, 0)
    bench.centre.history.flush()
    monkeypatch.setattr(bench.centre.history, "flush", lambda: None)
    for day in (1, 2):
        a_day(bench, day)
        bench.centre.snapshot()
    assert (prunable(bench.centre), bench.centre.history.through) == (8, 8)


def test_one_snapshot_is_not_enough_to_prune(bench: Bench) -> None:
    a_day(bench, 0)
    bench.centre.history.flush()
    bench.centre.snapshot()
    assert prunable(bench.centre) == 0
    a_day(bench, 1)
    bench.centre.snapshot()
    assert prunable(bench.centre) == 8
    (newest, _) = sorted((bench.folder / "snapshots").glob("*.npz"), reverse=True)
    newest.write_bytes(newest.read_bytes()[:-100])
    assert prunable(bench.centre) == 0


def test_the_loop_turns_while_the_history_is_put_in_order(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    now = a_day(bench, 0)
    began, let = threading.Event(), threading.Event()

    def slow(day: str) -> int:
        began.set()
        assert let.wait(5)
        return 0

    monkeypatch.setattr(bench.centre.history, "compact", slow)
    work = threading.Thread(target=upkeep, args=(bench.centre, now, KEEP))
    bench.clock.at = now
    with bench.running():
        work.start()
        assert began.wait(5)
        bench.centre.take_readings(reading(now))
        eventually(lambda: bench.entries()[-1] == 9)
        let.set()
        work.join(5)
    assert bench.centre.upkeep_at == now


# --- when it is night -----------------------------------------------------------------------------------------


def test_the_night_is_by_the_centres_own_clock() -> None:
    zone = fixed_zone(8)
    half_past_three = minute_of_day("03:30")
    noon = round(datetime(2026, 11, 21, 12, tzinfo=zone).timestamp() * 1_000)
    night = next_night(noon, half_past_three, zone)
    assert datetime.fromtimestamp(night / 1_000, zone) == datetime(2026, 11, 22, 3, 30, tzinfo=zone)
    assert next_night(night - 1, half_past_three, zone) == night
    assert next_night(night, half_past_three, zone) == night + DAY


def test_a_day_of_another_length_moves_no_night() -> None:
    zone = ZoneInfo("Europe/Berlin")
    evening = round(datetime(2026, 3, 28, 20, tzinfo=zone).timestamp() * 1_000)
    night = next_night(evening, minute_of_day("03:30"), zone)
    assert datetime.fromtimestamp(night / 1_000, zone).strftime("%d %H:%M") == "29 03:30"
    assert datetime.fromtimestamp(night / 1_000, UTC) - datetime.fromtimestamp(evening / 1_000, UTC) == timedelta(hours=6.5)


@pytest.mark.parametrize("text", ["", "3:30", "24:00", "03:60", "03:30:00", "night"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="is no time of day"):
        minute_of_day(text)


def test_readings_are_kept_for_a_span_that_is_long_enough() -> None:
    assert retention_span("400d") == KEEP
    for text in ("400", "1d"):
        with pytest.raises(SettingError):
            retention_span(text)


def test_it_works_once_a_night_and_a_failure_is_tried_again_the_next(tmp_path: Path) -> None:
    clock, worked = HandClock(), list[int]()

    def work(now: int) -> None:
        worked.append(now)
        raise ZeroDivisionError

    nights = Nights(clock, UTC, 0, work)
    nights.start()
    for day in range(2):
        clock.at = next_night(clock.at, 0, UTC) + MINUTE
        eventually(lambda day=day: len(worked) == day + 1)  # type: ignore[misc]
    nights.stop()
    assert worked[1] - worked[0] == DAY
