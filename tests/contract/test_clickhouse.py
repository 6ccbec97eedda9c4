"""What is ClickHouse's own: a flush cut short, and the SQL it is chosen for. Collected only where its extra is installed."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from journal_samples import START

from bihuan.history.clickhouse import ClickHouse, _Session
from bihuan.model.errors import JournalError
from bihuan.model.readings import Batch, named
from bihuan.model.times import HOUR


def batch(value: float, after: int = 0) -> Batch:
    at, quality = np.array([START + after]), np.zeros(1, np.uint8)
    return named(["rain@a"], at=at, value=np.array([value]), quality=quality)


def values(readings: ClickHouse) -> list[float]:
    found: list[float] = readings.read("rain", "a", 0, 2**50)[1].tolist()
    return found


def test_rows_of_a_flush_that_was_cut_short_are_there_once_when_they_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = _Session.ask

    def cut(self: _Session, statement: str, said: Mapping[str, object] | None = None) -> bytes:
        if statement.startswith("insert into bihuan.flushes"):
            raise JournalError("the power went")
        return ask(self, statement, said)

    with closing(ClickHouse(tmp_path)) as readings:
        readings.add(1, batch(1.0))
        monkeypatch.setattr(_Session, "ask", cut)
        with pytest.raises(JournalError, match="the power went"):
            readings.flush()
        assert values(readings) == [1.0]
        monkeypatch.undo()
    with closing(ClickHouse(tmp_path)) as again:
        assert (again.through, values(again)) == (0, [1.0])
        again.add(1, batch(1.0))
        again.add(2, batch(2.0))
        again.flush()
        assert values(again) == [1.0]
        assert again.compact("2018-05-13") == 1
        assert (again.through, values(again)) == (2, [1.0])


def test_memory_is_written_out_when_an_hour_is_over_or_it_holds_too_many_rows(tmp_path: Path) -> None:
    with closing(ClickHouse(tmp_path, most_buffered=3)) as readings:
        readings.add(1, batch(1.0))
        readings.add(2, batch(1.0, HOUR - 1))
        assert readings.through == 0
        readings.add(3, batch(1.0, HOUR))
        assert readings.through == 3
        for entry in (4, 5):
            readings.add(entry, batch(1.0, HOUR + entry))
        assert readings.through == 3
        readings.add(6, batch(1.0, HOUR + 6))
        assert readings.through == 6


def test_what_sql_asks_for_has_times_that_people_read(tmp_path: Path) -> None:
    with closing(ClickHouse(tmp_path)) as readings:
        readings.add(1, batch(1.5, HOUR))
        readings.flush()
    with closing(_Session(tmp_path / "clickhouse")) as session:
        asked = session.rows("select toString(time) as time, value, indicator from bihuan.readings final").to_pylist()
    assert asked == [{"time": "2018-05-13 01:00:00.000", "value": 1.5, "indicator": "rain"}]


def test_a_question_that_clickhouse_refuses_says_what_to_do(tmp_path: Path) -> None:
    with (
        closing(_Session(tmp_path / "clickhouse")) as session,
        pytest.raises(JournalError, match="ClickHouse refused") as caught,
    ):
        session.ask("select nothing from nowhere")
    assert "No reading is lost" in caught.value.remedy
