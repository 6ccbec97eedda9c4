"""A client at a window over a gate without a centre."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.unit.live.fakes import FakeGate

from bihuan.connectors import READERS
from bihuan.live import create


@pytest.fixture
def gate() -> FakeGate:
    return FakeGate()


@pytest.fixture
def client(gate: FakeGate) -> Iterator[TestClient]:
    with TestClient(create(gate, static=None, readers=READERS), raise_server_exceptions=False) as client:
        yield client
