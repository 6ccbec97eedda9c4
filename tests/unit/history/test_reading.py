"""One indicator over all places: at a time, over a time, and one period against another."""

from datetime import UTC
from pathlib import Path

import numpy as np
import pytest

from bihuan.history.compare import compared, piece_of, spans
from bihuan.history.contract import IndicatorColumns, Readings
from bihuan.history.files import GROUP_ROWS
from bihuan.history.parquet import History
from bihuan.model.errors import JournalError
from bihuan.model.readings import QUALITIES, Batch, named
from bihuan.model.times import DAY, HOUR, MINUTE, fixed_zone, instant

MAY = instant("2018-05-01T00:00", UTC)
CHINA = fixed_zone(8)


def batch(*rows: tuple[str, int, float], quality: str = "good") -> Batch:
    """Rows of (series, at, value)."""
    return named(
        [name for name, _, _ in rows],
        at=np.array([at for _, at, _ in rows], np.int64),
        value=np.array([value for _, _, value in rows]),
        quality=np.full(len(rows), QUALITIES.index(quality), np.uint8),
    )


def in_three_places(folder: Path, *batches: Batch) -> History:
    """The first batch in a compacted day, the second in hourly files, the rest in memory."""
    history = History(folder)
    for entry, rows in enumerate(batches, 1):
        history.add(entry, rows)
        if entry <= 2:
            history.flush()
        if entry == 1:
            for day in history.days():
                history.compact(day)
    return history


def test_the_newest_of_each_place_is_found_wherever_it_lies(tmp_path: Path) -> None:
    history = in_three_places(
        tmp_path,
        batch(("rain@a", MAY, 1.0), ("rain@b", MAY, 2.0), ("rain@c", MAY, 3.0), ("level@a", MAY + HOUR, 99.0)),
        batch(("rain@b", MAY + HOUR, 4.0)),
        batch(("rain@c", MAY + 2 * HOUR, 5.0), ("rain@d", MAY + 3 * HOUR, 6.0)),
    )
    found = history.read_at("rain", MAY + 2 * HOUR, DAY)
    assert found.places == ("a", "b", "c")
    assert found.value.tolist() == [1.0, 4.0, 5.0]
    assert found.at.tolist() == [MAY, MAY + HOUR, MAY + 2 * HOUR]
    assert history.read_at("rain", MAY + 2 * HOUR, HOUR).places == ("b", "c")
    assert history.read_at("rain", MAY + 2 * HOUR - 1, 0).places == ()


def test_a_reading_that_says_missing_is_not_passed_over_for_an_older_one(tmp_path: Path) -> None:
    history = in_three_places(tmp_path, batch(("rain@a", MAY, 1.0)), batch(("rain@a", MAY + 1, np.nan), quality="missing"))
    found = history.read_at("rain", MAY + HOUR, DAY)
    assert (np.isnan(found.value).tolist(), found.quality.tolist()) == ([True], [3])


def test_an_indicator_is_read_over_all_places_from_the_evening_into_the_night(tmp_path: Path) -> None:
    night = MAY + DAY
    history = in_three_places(
        tmp_path,
        batch(("rain@b", night - 1, 1.0), ("rain@b", night + 1, 2.0), ("rains@b", night, 9.0)),
        batch(("rain@a", night, 3.0), ("rain@b", night - 1, 8.0)),
        batch(("rain@c", night + 2, 4.0)),
    )
    found = history.read_indicator("rain", night - 1, night + 1)
    rows = [(found.places[place], at - night) for place, at in zip(found.place.tolist(), found.at.tolist(), strict=True)]
    assert rows == [("a", 0), ("b", -1), ("b", 1)]
    assert found.value.tolist() == [3.0, 1.0, 2.0]
    assert history.read_indicator("nothing", 0, night).places == ()


def test_a_series_is_found_in_row_groups_that_share_an_indicator_or_hold_many(tmp_path: Path) -> None:
    history = History(tmp_path, part_rows=40_000)
    places = [f"p{n:05}" for n in range(GROUP_ROWS + 5)]
    history.add(1, batch(*((f"big@{place}", MAY + n % 7, float(n)) for n, place in enumerate(places))))
    history.add(2, batch(*((f"small-{n % 50:02}@{place}", MAY, float(n)) for n, place in enumerate(places))))
    history.flush()
    for _ in range(2):
        for n in (0, 1, GROUP_ROWS // 2, GROUP_ROWS // 2 + 1, GROUP_ROWS, len(places) - 1):
            assert history.read("big", places[n], MAY, MAY + DAY)[1].tolist() == [n]
            assert history.read(f"small-{n % 50:02}", places[n], MAY, MAY + DAY)[1].tolist() == [n]
            assert history.read(f"small-{(n + 1) % 50:02}", places[n], MAY, MAY + DAY)[1].tolist() == []
        assert history.read_at("big", MAY + 6, DAY).value.tolist() == list(range(len(places)))
        history.compact("2018-05-01")


def test_values_keep_every_bit_whether_they_repeat_or_not(tmp_path: Path) -> None:
    dice = np.random.default_rng(5)
    odd = [-0.0, np.inf, -np.inf, 5e-324, 0.1 + 0.2]
    for folder, values in (("few", [*odd, 0.1] * 50), ("many", [*odd, *dice.normal(size=300).tolist()])):
        history = History(tmp_path / folder)
        history.add(1, batch(*(("rain@a", MAY + n, value) for n, value in enumerate(values))))
        history.flush()
        assert history.read("rain", "a", MAY, MAY + DAY)[1].tobytes() == np.array(values).tobytes()


def test_a_flipped_byte_in_a_file_is_not_read_as_a_value(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(1, batch(*(("rain@a", MAY + n, n / 7) for n in range(100))))
    history.flush()
    (path,) = tmp_path.rglob("*.parquet")
    good, values = path.read_bytes(), history.read("rain", "a", MAY, MAY + DAY)[1].tolist()
    refused = 0
    for position in range(4, len(good) - 8, 23):
        path.write_bytes(good[:position] + bytes([good[position] ^ 16]) + good[position + 1 :])
        try:
            assert History(tmp_path).read("rain", "a", MAY, MAY + DAY)[1].tolist() == values
        except JournalError:
            refused += 1
    assert refused > 10


def test_a_file_that_somebody_removed_is_named(tmp_path: Path) -> None:
    history = in_three_places(tmp_path, batch(("rain@a", MAY, 1.0)))
    (path,) = tmp_path.rglob("*.parquet")
    path.unlink()
    with pytest.raises(JournalError, match=r"day-000002-000.parquet: the file of readings is damaged"):
        history.read("rain", "a", MAY, MAY)
    with pytest.raises(JournalError, match=r"day-000002-000.parquet: it is gone"):
        History(tmp_path)


# --- comparing ---


@pytest.mark.parametrize(
    ("period", "at", "this", "last", "year"),
    [
        ("day", "2018-05-02T12:00", ("2018-05-02", "2018-05-02T12:00"), ("2018-05-01", "2018-05-01T12:00"), "2017-05-02"),
        ("day", "2020-02-29T12:00", ("2020-02-29", "2020-02-29T12:00"), ("2020-02-28", "2020-02-28T12:00"), None),
        ("week", "2018-05-03T00:00", ("2018-04-30", "2018-05-03"), ("2018-04-23", "2018-04-26"), "2017-05-01"),
        ("week", "2021-01-02T00:00", ("2020-12-28", "2021-01-02"), ("2020-12-21", "2020-12-26"), None),
        ("month", "2018-03-31T00:00", ("2018-03-01", "2018-03-31"), ("2018-02-01", "2018-03-01"), "2017-03-01"),
        ("month", "2018-03-01T00:00", ("2018-02-01", "2018-03-01"), ("2018-01-01", "2018-02-01"), "2017-02-01"),
        ("year", "2018-05-03T12:00", ("2018-01-01", "2018-05-03T12:00"), ("2017-01-01", "2017-05-03T12:00"), None),
        ("year", "2019-01-01T00:00", ("2018-01-01", "2019-01-01"), ("2017-01-01", "2018-01-01"), None),
        ("month", "2018-01-11T00:00", ("2018-01-01", "2018-01-11"), ("2017-12-01", "2017-12-11"), "2017-01-01"),
    ],
)
def test_periods_are_those_of_the_calendar_and_as_long_as_this_one_is_old(
    period: str, at: str, this: tuple[str, str], last: tuple[str, str], year: str | None
) -> None:
    """`at` is the first moment that no longer counts."""
    now, before, year_before = spans(period, instant(at, CHINA) - 1, CHINA)  # type: ignore[arg-type]
    assert now == tuple(instant(text, CHINA) for text in this)
    assert before == tuple(instant(text, CHINA) for text in last)
    assert (year_before and year_before[0]) == (None if year is None else instant(year, CHINA))


def compare_may(folder: Path) -> History:
    year = 365 * DAY
    rows = [("rain@a", MAY + DAY, 6.0), ("rain@a", MAY + 2 * DAY, 2.0), ("rain@new", MAY + DAY, 5.0), ("rain@b", MAY, 1.0)]
    rows += [("rain@a", MAY - 30 * DAY, 4.0), ("rain@b", MAY - 30 * DAY, 0.0), ("rain@gone", MAY - 30 * DAY, 7.0)]
    rows += [("rain@a", MAY - year, 16.0), ("rain@new", MAY - year, 1000.0), ("rain@a", MAY + 9 * DAY, 500.0)]
    return in_three_places(folder, batch(*rows), batch(("rain@b", MAY - year, np.nan), quality="missing"))


def test_what_is_missing_is_said_to_be_missing_and_is_never_nought(tmp_path: Path) -> None:
    history: Readings = compare_may(tmp_path)
    found = history.compare("rain", "month", MAY + 5 * DAY - 1, "sum", zone=UTC)
    assert found.places == ("a", "b", "gone", "new")
    np.testing.assert_array_equal(found.this.value, [8.0, 1.0, np.nan, 5.0])
    np.testing.assert_array_equal(found.last.value, [4.0, 0.0, 7.0, np.nan])
    assert found.year is not None
    np.testing.assert_array_equal(found.year.value, [16.0, np.nan, np.nan, 1000.0])
    assert found.this.count.tolist() == [2, 1, 0, 1]
    np.testing.assert_array_equal(found.change(found.last), [1.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.change(found.year), [-0.5, np.nan, np.nan, -0.995])
    assert found.totals(found.last) == (9.0, 4.0, ("gone", "new"))


def test_areas_that_did_not_exist_then_are_left_out_and_named(tmp_path: Path) -> None:
    lives = {"new": (MAY + HOUR, 2**60), "gone": (0, MAY)}
    found = compare_may(tmp_path).compare("rain", "month", MAY + 5 * DAY - 1, "sum", existed=lives)
    assert found.places == ("a", "b", "new")
    assert found.year is not None
    assert (found.this.left_out, found.last.left_out, found.year.left_out) == ((), ("new",), ("new",))
    np.testing.assert_array_equal(found.this.value, [8.0, 1.0, 5.0])
    np.testing.assert_array_equal(found.year.value, [16.0, np.nan, np.nan])
    assert found.totals(found.year) == (8.0, 16.0, ("b", "new"))


@pytest.mark.parametrize(("fold", "of_a"), [("mean", 4.0), ("max", 6.0), ("min", 2.0), ("last", 2.0), ("count", 2.0)])
def test_readings_of_a_period_are_folded(tmp_path: Path, fold: str, of_a: float) -> None:
    found = compare_may(tmp_path).compare("rain", "week", MAY + 3 * DAY, fold)  # type: ignore[arg-type]
    assert found.this.value[found.places.index("a")] == of_a


def test_there_is_no_year_before_a_leap_day_and_nothing_to_compare_without_readings(tmp_path: Path) -> None:
    found = History(tmp_path).compare("rain", "day", instant("2020-02-29T12:00", UTC), "sum")
    assert (found.places, found.year, found.change(None).tolist()) == ((), None, [])
    assert np.isnan(found.totals(found.last)[:2]).all()
    assert MINUTE < found.this.until - found.this.since <= DAY


@pytest.mark.parametrize(
    ("fold", "value"), [("sum", 31.0), ("mean", 7.75), ("max", 16.0), ("min", 1.0), ("last", 4.0), ("count", 4.0)]
)
def test_a_long_period_is_read_in_pieces_and_folded_as_one(fold: str, value: float) -> None:
    at = instant("2018-05-31T00:00", CHINA) - 1
    rows = [("2018-05-01", 1.0), ("2018-05-08", 10.0), ("2018-05-15", 16.0), ("2018-05-30", 4.0)]
    asked: list[int] = []

    def read(_: str, since: int, until: int) -> IndicatorColumns:
        asked.append(until - since)
        found = [(instant(day, CHINA), one) for day, one in rows if since <= instant(day, CHINA) <= until]
        times, values = [time for time, _ in found], [one for _, one in found]
        return IndicatorColumns.of_one(
            "a", (np.array(times, np.int64), np.array(values, float), np.zeros(len(found), np.uint8))
        )

    this = compared(read, "rain", "month", at, fold, CHINA, {}).this  # type: ignore[arg-type]
    assert (this.value.tolist(), this.count.tolist()) == ([value], [4])
    assert max(asked) < 7 * DAY


def test_a_piece_is_as_long_as_memory_allows_and_gives_the_same() -> None:
    assert [piece_of(rows) // HOUR for rows in (0, 288_000, 4_000_000, 1e12)] == [168, 166, 12, 1]
    at = instant("2018-05-31T00:00", CHINA) - 1
    times = at - np.arange(600, dtype=np.int64)[::-1] * 67 * MINUTE

    def read(_: str, since: int, until: int) -> IndicatorColumns:
        mine = times[(times >= since) & (times <= until)]
        return IndicatorColumns.of_one("a", (mine, mine % 1009 * 1.0, np.zeros(len(mine), np.uint8)))

    found = [compared(read, "rain", "month", at, "max", CHINA, {}, piece).this for piece in (7 * DAY, 5 * HOUR)]
    assert found[0].value.tolist() == found[1].value.tolist()
    assert found[0].count.tolist() == found[1].count.tolist() == [600]
