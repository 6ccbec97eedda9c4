"""What whatever keeps readings at rest does: one suite for Parquet and, where its extra is installed, ClickHouse."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal_samples import START

from bihuan.history.contract import Readings
from bihuan.model.errors import JournalError
from bihuan.model.readings import QUALITIES, Batch, named
from bihuan.model.times import DAY, HOUR, MINUTE

Open = Callable[[Path], Readings]
Row = tuple[str, int, float]
EVER = (-(2**53), 2**53)


def batch(*rows: Row, quality: str = "good") -> Batch:
    """Rows of (series, milliseconds after START, value)."""
    return named(
        [name for name, _, _ in rows],
        at=np.array([START + after for _, after, _ in rows], np.int64),
        value=np.array([value for _, _, value in rows], np.float64),
        quality=np.full(len(rows), QUALITIES.index(quality), np.uint8),
    )


def content(readings: Readings, indicator: str = "rain") -> list[Row]:
    found = readings.read_indicator(indicator, *EVER)
    columns = zip(found.place.tolist(), found.at.tolist(), found.value.tolist(), strict=True)
    return [(found.places[place], at - START, value) for place, at, value in columns]


@pytest.fixture
def readings(open_readings: Open, tmp_path: Path) -> Iterator[Readings]:
    with closing(open_readings(tmp_path)) as opened:
        yield opened


def test_an_empty_folder_has_nothing(readings: Readings) -> None:
    assert readings.through == 0
    assert readings.days() == []
    assert content(readings) == []
    assert [len(column) for column in readings.read("rain", "a", *EVER)] == [0, 0, 0]
    assert readings.read_at("rain", START, DAY).places == ()


def test_what_was_added_is_read_the_same_from_memory_and_from_disk(readings: Readings) -> None:
    readings.add(1, batch(("rain@a", 5, 1.5), ("rain@b", 5, 9.0), ("rain@a", 10, np.inf), quality="estimated"))
    for _ in range(2):
        at, value, quality = readings.read("rain", "a", *EVER)
        assert (at.dtype, value.dtype, quality.dtype) == (np.int64, np.float64, np.uint8)
        assert (at.tolist(), value.tolist(), quality.tolist()) == ([START + 5, START + 10], [1.5, np.inf], [1, 1])
        assert content(readings) == [("a", 5, 1.5), ("a", 10, np.inf), ("b", 5, 9.0)]
        readings.flush()


def test_both_ends_of_the_time_asked_for_are_included(readings: Readings) -> None:
    readings.add(1, batch(*(("rain@a", minute * MINUTE, float(minute)) for minute in (0, 59, 60, 61))))
    for _ in range(2):
        found = readings.read("rain", "a", START + 59 * MINUTE, START + 60 * MINUTE)
        assert found[1].tolist() == [59.0, 60.0]
        assert len(readings.read("rain", "a", START + 60 * MINUTE, START)[0]) == 0
        readings.flush()


def test_of_two_readings_at_one_time_the_first_that_came_stays(readings: Readings) -> None:
    readings.add(1, batch(("rain@a", 5, 1.0), ("rain@a", 5, 2.0)))
    readings.flush()
    readings.add(2, batch(("rain@a", 5, 3.0)))
    assert content(readings) == [("a", 5, 1.0)]
    readings.flush()
    assert content(readings) == [("a", 5, 1.0)]
    readings.compact("2018-05-13")
    readings.add(3, batch(("rain@a", 5, 4.0), ("rain@a", 6, 5.0)))
    readings.flush()
    assert content(readings) == [("a", 5, 1.0), ("a", 6, 5.0)]


def test_values_keep_every_bit(readings: Readings) -> None:
    values = [0.1, -0.0, 5e-324, 1.7976931348623157e308, -np.inf, 1 / 3]
    readings.add(1, batch(*(("rain@a", number, value) for number, value in enumerate(values))))
    readings.flush()
    assert readings.read("rain", "a", *EVER)[1].tobytes() == np.array(values).tobytes()


def test_a_reading_that_says_missing_is_there_and_is_not_passed_over_for_an_older_one(readings: Readings) -> None:
    readings.add(1, batch(("rain@a", 0, 1.0)))
    readings.add(2, batch(("rain@a", MINUTE, np.nan), quality="missing"))
    for _ in range(2):
        found = readings.read_at("rain", START + HOUR, DAY)
        assert (found.places, found.quality.tolist()) == (("a",), [QUALITIES.index("missing")])
        assert np.isnan(found.value).all()
        readings.flush()


def test_of_each_place_the_newest_is_found_that_is_not_too_old(readings: Readings) -> None:
    readings.add(1, batch(("rain@a", 0, 1.0), ("rain@b", 0, 2.0), ("level@a", 0, 99.0)))
    readings.flush()
    readings.add(2, batch(("rain@b", HOUR, 3.0), ("rain@c", 3 * HOUR, 4.0)))
    found = readings.read_at("rain", START + 2 * HOUR, DAY)
    assert (found.places, found.value.tolist(), found.at.tolist()) == (("a", "b"), [1.0, 3.0], [START, START + HOUR])
    assert readings.read_at("rain", START + 2 * HOUR, HOUR).places == ("b",)


def test_names_of_any_script_and_quotes_are_kept(readings: Readings) -> None:
    readings.add(1, batch(("降雨量@渝中区", 0, 1.0), ("it's@o'neill \\ x", 0, 2.0)))
    readings.flush()
    assert content(readings, "降雨量") == [("渝中区", 0, 1.0)]
    assert readings.read("it's", "o'neill \\ x", *EVER)[1].tolist() == [2.0]


def test_it_goes_on_where_it_was_safe(open_readings: Open, tmp_path: Path) -> None:
    """Entries beyond `through` are added again from the intake log, those before never."""
    with closing(open_readings(tmp_path)) as readings:
        readings.add(1, batch(("rain@a", 0, 1.0)))
        readings.add(2, batch(("rain@a", 1, 2.0)))
        readings.flush()
        readings.add(3, batch(("rain@a", 2, 3.0)))
    with closing(open_readings(tmp_path)) as again:
        assert again.through == 2
        assert content(again) == [("a", 0, 1.0), ("a", 1, 2.0)]
        with pytest.raises(JournalError, match="but 3 is next"):
            again.add(2, batch(("rain@a", 1, 2.0)))
        again.add(3, batch(("rain@a", 2, 3.0)))
        assert content(again) == [("a", 0, 1.0), ("a", 1, 2.0), ("a", 2, 3.0)]


def test_an_empty_batch_counts_as_an_entry(open_readings: Open, tmp_path: Path) -> None:
    with closing(open_readings(tmp_path)) as readings:
        readings.add(1, batch())
        readings.flush()
    with closing(open_readings(tmp_path)) as again:
        assert again.through == 1


def test_a_compacted_day_reads_the_same(readings: Readings) -> None:
    for entry, after in enumerate((0, HOUR, DAY, 2 * HOUR), 1):
        readings.add(entry, batch(*((f"rain@{place}", after, float(entry)) for place in "abc"), ("rain@a", 0, 50.0)))
        readings.flush()
    before = content(readings)
    assert readings.days() == ["2018-05-13", "2018-05-14"]
    assert readings.compact("2018-05-13") == 9
    assert readings.compact("2018-05-13") == 0
    assert readings.compact("2018-05-20") == 0
    assert content(readings) == before


def test_readings_go_when_their_day_ended_longer_ago_than_they_are_kept(readings: Readings) -> None:
    days = [("rain@a", day * DAY + HOUR, float(day)) for day in range(3)]
    readings.add(1, batch(*days, *((name.replace("rain", "level"), at, value) for name, at, value in days)))
    readings.flush()
    readings.add(2, batch(("rain@b", 0, 7.0)))
    assert readings.retire({"rain": DAY}, START + 2 * DAY - 1) == 0
    assert readings.retire({"rain": DAY, "nothing": 0}, START + 2 * DAY) == 1
    assert content(readings) == [("a", DAY + HOUR, 1.0), ("a", 2 * DAY + HOUR, 2.0), ("b", 0, 7.0)]
    assert len(content(readings, "level")) == 3
    assert readings.retire({"rain": 0}, START + 2 * DAY + HOUR) == 1
    assert content(readings)[0] == ("a", 2 * DAY + HOUR, 2.0)


def test_a_period_is_held_against_the_last_one(readings: Readings) -> None:
    readings.add(1, batch(("rain@a", 0, 4.0), ("rain@b", HOUR, 1.0)))
    readings.flush()
    readings.add(2, batch(("rain@a", DAY, 6.0), ("rain@a", DAY + HOUR, 3.0)))
    found = readings.compare("rain", "day", START + DAY + 2 * HOUR, "sum", zone=UTC)
    assert found.places == ("a", "b")
    np.testing.assert_array_equal(found.this.value, [9.0, np.nan])
    np.testing.assert_array_equal(found.last.value, [4.0, 1.0])
    assert found.this.count.tolist() == [2, 0]


NAMES = [f"{indicator}@{place}" for indicator in ("rain", "level") for place in "ab"]
rows = st.tuples(st.sampled_from(NAMES), st.integers(-3, 30).map(lambda n: n * HOUR), st.integers(0, 9).map(float))
steps = st.one_of(
    st.lists(rows, max_size=6).map(tuple), st.sampled_from(["flush", "compact", "open again"]), st.just("open again")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(todo=st.lists(steps, max_size=10))
def test_whatever_happens_every_reading_is_there_once_and_the_first_counts(open_readings: Open, todo: list[object]) -> None:
    came: list[tuple[Row, ...]] = []
    with TemporaryDirectory() as name:
        readings = open_readings(Path(name))
        for step in todo:
            match step:
                case "flush":
                    readings.flush()
                case "compact":
                    for day in readings.days():
                        readings.compact(day)
                case "open again":
                    readings.close()
                    readings = open_readings(Path(name))
                    for entry in range(readings.through + 1, len(came) + 1):
                        readings.add(entry, batch(*came[entry - 1]))
                case tuple():
                    came.append(step)
                    readings.add(len(came), batch(*step))
        expected: dict[tuple[str, int], float] = {}
        for series, after, value in (row for group in came for row in group):
            expected.setdefault((series, after), value)
        for indicator in ("rain", "level"):
            wanted = [(series[-1], at, value) for (series, at), value in expected.items() if series.startswith(indicator)]
            assert content(readings, indicator) == sorted(wanted)
        readings.close()
