"""The journals under contract, by name."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

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
