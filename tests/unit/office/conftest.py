"""An office on a temporary folder, in front of a gate that remembers what came through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bihuan import office

from .cast import Gate, Visitor


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def centre(folder: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A running centre, no demo, no accounts; passwords hashed quickly, for speed."""
    office.start(folder, gate, demo=False, hosts=("testserver",))
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.test import override_settings

    from bihuan.office import views
    from bihuan.office.guards import Tries

    User.objects.all().delete()
    Session.objects.all().delete()
    monkeypatch.setattr(views, "_tries", Tries())
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield folder


@pytest.fixture
def demo(centre: Path, gate: Gate) -> Visitor:
    """Somebody looking at a demo."""
    office.start(centre, gate, demo=True, hosts=("testserver",))
    return Visitor()


@pytest.fixture
def stranger(centre: Path) -> Visitor:
    return Visitor()


@pytest.fixture
def officer(centre: Path) -> Visitor:
    """Duty officer of 500101, logged in."""
    password = office.create_account("li", "duty@500101")
    visitor = Visitor()
    assert visitor.form("/office/login/", username="li", password=password).status_code == 302
    return visitor
