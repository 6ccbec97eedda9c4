"""The journals and the keepers of readings under contract, by name."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bihuan.history.clickhouse import ClickHouse
from bihuan.history.contract import Readings
from bihuan.history.parquet import History
from bihuan.journal.contract import Journal
from bihuan.journal.memory import MemoryJournal
from bihuan.journal.sqlite import SqliteJournal

MAKERS: dict[str, Callable[[Path], Journal]] = {"memory": lambda _: MemoryJournal(), "sqlite": SqliteJournal}


@pytest.fixture(params=MAKERS)
def make_journal(request: pytest.FixtureRequest) -> Callable[[Path], Journal]:
    """Makes an empty journal of each kind in a folder."""
    return MAKERS[request.param]


@pytest.fixture
def journal(make_journal: Callable[[Path], Journal], tmp_path: Path) -> Iterator[Journal]:
    with closing(make_journal(tmp_path)) as made:
        yield made


# ClickHouse is an extra of 620 MB: without it there is nothing to collect, and pytest's head says so. CI installs it.
READINGS: dict[str, Callable[[Path], Readings]] = {"parquet": History}
if importlib.util.find_spec("chdb") is not None:
    READINGS["clickhouse"] = ClickHouse
collect_ignore = [] if "clickhouse" in READINGS else ["test_clickhouse.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "clickhouse" not in READINGS:
        said = "readings under contract: Parquet alone. For ClickHouse: pip install -c constraints.txt -e '.[clickhouse]'"
        terminalreporter.write_line(said)


@pytest.fixture(params=READINGS)
def open_readings(request: pytest.FixtureRequest) -> Callable[[Path], Readings]:
    """Opens, or makes, what each kind keeps in a folder. Close it: ClickHouse has one folder open at a time."""
    return READINGS[request.param]
