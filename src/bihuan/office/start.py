"""Starts Django on a data folder. Nothing is read from the environment, and nothing happens at import."""

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from bihuan.model.errors import SettingError
from bihuan.office.evidence import Evidence
from bihuan.office.gate import ClosedGate, Gate

Wsgi: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What the views need beside Django's own settings."""

    gate: Gate
    demo: bool
    evidence: Evidence


_running = Running(gate=ClosedGate(), demo=False, evidence=Evidence(Path("evidence")))
_lock = Lock()


def running() -> Running:
    return _running


def start(data_dir: Path, gate: Gate, *, demo: bool = False, hosts: Sequence[str] = (), https: bool = False) -> Wsgi:
    """The office as a WSGI application over `data_dir/office.sqlite`; answers `/office/...` with the whole path.

    `hosts` are the names the centre is reached by (`localhost` always is). With `https`, cookies travel only over TLS and a
    proxy in front must set `X-Forwarded-Proto`. Brings the database up to date. A process has one office: starting again
    moves it to the other folder and gate. Raises SettingError where the folder cannot be used.
    """
    global _running
    with _lock:
        try:
            secret = _secret(data_dir / "keys")
            (data_dir / "office.sqlite").touch(mode=0o600)
            evidence = Evidence(data_dir / "evidence")
            evidence.sweep()
        except OSError as error:
            raise SettingError(
                f"the office cannot keep its files there ({error.strerror}).",
                where=str(data_dir),
                remedy="Name a data folder that this user may write to.",
            ) from error
        _configure(data_dir / "office.sqlite", secret, [*hosts, "localhost", "127.0.0.1", "[::1]"], https=https)
        _running = Running(gate=gate, demo=demo, evidence=evidence)
        return _open()


def create_account(name: str, post: str = "", *, admin: bool = False) -> str:
    """Makes an account and returns its password, random and kept nowhere: show it once.

    `post` is `duty@500101`. Call after `start`. Raises SettingError when the name is taken or the post is none.
    """
    from django.contrib.auth.models import User
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from bihuan.office.models import Post

    password = secrets.token_urlsafe(12)
    account = User(username=name, is_staff=admin, is_superuser=admin)
    account.set_password(password)
    try:
        with transaction.atomic():
            account.full_clean(exclude=["password"])
            account.save()
            if post:
                kind, _, unit = post.partition("@")
                row = Post(account=account, kind=kind, unit=unit)
                row.full_clean()
                row.save()
    except ValidationError as error:
        raise SettingError(" ".join(error.messages), where=f"account '{name}'", remedy="Nothing was made.") from error
    return password


def _secret(keys: Path) -> str:
    """The key that signs sessions: made on first start, readable by this user only."""
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = keys / "office-secret"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
    secret = path.read_text()
    if len(secret) < 50:
        raise SettingError(
            "the office's secret is cut short.", where=str(path), remedy="Delete the file: a new one is made, all log in anew."
        )
    return secret


def _configure(database: Path, secret: str, hosts: list[str], *, https: bool) -> None:
    from django.conf import settings

    from bihuan.office.settings import settings_for

    wanted = settings_for(database=database, secret=secret, hosts=hosts, https=https)
    if not settings.configured:
        settings.configure(**wanted)
        return
    from django.db import connections

    connections.close_all()
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        setattr(settings, name, wanted[name])
    settings.SECURE_PROXY_SSL_HEADER = wanted["SECURE_PROXY_SSL_HEADER"]
    connections.settings["default"]["NAME"] = str(database)


def _open() -> Wsgi:
    """Sets Django up (once), brings the database up to date, drops ended sessions."""
    import django
    from django.apps import apps
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    if not apps.ready:
        django.setup()
    call_command("migrate", verbosity=0, interactive=False, stdout=sys.stderr)
    call_command("clearsessions")
    connections.close_all()
    application: Wsgi = get_wsgi_application()
    return application
