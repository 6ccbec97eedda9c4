"""`bihuan run` killed at any moment, with everything coming over HTTP: what was answered with 2xx is there, once.

BIHUAN_HTTP_KILLS says how many times to try.
"""

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.flow.command import ENVIRONMENT, bihuan_says, write_packs
from tests.packs_for_tests import small_pack

from bihuan.app.folder import DataFolder
from bihuan.app.packs import rules
from bihuan.history.parquet import History
from bihuan.journal.verify import verify_folder
from bihuan.model.facts import Commanded, ReadingsReceived

KILLS = int(os.environ.get("BIHUAN_HTTP_KILLS", "6"))
SERIES = ("rain@1101", "rain@1102", "rain@1201", "ponding-depth@LP-1101-1", "ponding-depth@LP-1201-1")
JSON = {"content-type": "application/json"}


@dataclass
class Told:
    """What was answered with 2xx, in all lives."""

    batches: dict[int, list[tuple[str, int, float]]] = field(default_factory=dict)
    """By entry."""
    commands: dict[str, list[str]] = field(default_factory=dict)
    """Facts by key."""
    unanswered: list[str] = field(default_factory=list)
    """Keys whose answer did not come: they are sent again, with the same key."""


@dataclass
class Session:
    """Somebody who has logged in: cookies and token outlive the server."""

    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def ask(
        self, port: int, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            line.request(method, path, body, {"cookie": cookie, "x-csrftoken": self.token, **(headers or {})})
            answer = line.getresponse()
            for text in answer.headers.get_all("set-cookie", []):
                self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(text).items()})
            return answer.status, answer.read()
        finally:
            line.close()

    def log_in(self, port: int, name: str, password: str) -> None:
        form = {"content-type": "application/x-www-form-urlencoded"}
        self._renew(port)
        body = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": self.token})
        status, _ = self.ask(port, "POST", "/office/login/", body, form)
        assert status == 302
        self._renew(port)

    def _renew(self, port: int) -> None:
        self.token = json.loads(self.ask(port, "GET", "/office/me")[1])["csrf"]


class Life:
    """One run of the server, until it is killed."""

    def __init__(self, packs: Path, data: Path, number: int, told: Told) -> None:
        command = [
            sys.executable,
            "-m",
            "bihuan.cli",
            "run",
            "--data",
            str(data),
            "--packs",
            str(packs / "rain"),
            "--port",
            "0",
        ]
        environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": "1"}
        self.errors = data.parent / f"stderr-{number}.txt"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        self.number, self.told, self.dead = number, told, False
        self.port = self._port()
        self.threads: list[threading.Thread] = []

    def _port(self) -> int:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                return int(found[1])
        raise AssertionError(f"life {self.number} does not start: {self.errors.read_text()}")

    def wait_until_it_answers(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                assert Session().ask(self.port, "GET", "/live/health")[0] == 200
                return
            except OSError:
                assert time.monotonic() < until, self.errors.read_text()
                time.sleep(0.02)

    def wait_until_it_worked(self) -> None:
        """Until this life answered enough to lose: a slow machine takes longer, and proves the same."""
        batches, commands, until = len(self.told.batches) + 11, len(self.told.commands) + 2, time.monotonic() + 30
        while len(self.told.batches) < batches or len(self.told.commands) < commands:
            assert time.monotonic() < until, self.errors.read_text()
            time.sleep(0.005)

    def start(self, session: Session) -> None:
        for work in (self.send_readings, self.send_readings, lambda: self.send_commands(session)):
            self.threads.append(threading.Thread(target=work))
            self.threads[-1].start()

    def send_readings(self) -> None:
        draw = random.Random(f"{self.number}/{len(self.threads)}")
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        for count in range(1_000_000):
            at = time.time_ns() // 1_000_000
            rows = [(name, at - count % 3, float(draw.choice((0, 5, 20, 60)))) for name in draw.sample(SERIES, 3)]
            told = [
                dict(zip(("indicator", "place"), name.split("@"), strict=True), at=at, value=value) for name, at, value in rows
            ]
            try:
                line.request("POST", "/live/readings", json.dumps(told), JSON)
                answer = line.getresponse()
                body = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                break
            assert answer.status == 200, body
            assert body["entry"] not in self.told.batches, "an entry was given out twice"
            self.told.batches[body["entry"]] = rows
        line.close()
        assert self.dead or self.process.poll() is None

    def send_commands(self, session: Session) -> None:
        for count in range(1_000_000):
            key = self.told.unanswered.pop() if self.told.unanswered else f"key-{self.number:03}-{count:06}"
            asked = {"key": key, "does": "report", "target": "ponding", "place": ("1101", "1102", "1201")[count % 3]}
            try:
                status, body = session.ask(self.port, "POST", "/office/commands", json.dumps(asked), JSON)
            except (OSError, http.client.HTTPException):
                self.told.unanswered.append(key)
                return
            assert status == 200, body
            facts = json.loads(body)["facts"]
            assert self.told.commands.setdefault(key, facts) == facts

    def kill(self) -> None:
        self.dead = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def life(packs: Path, data: Path, number: int, told: Told) -> Iterator[Life]:
    one = Life(packs, data, number, told)
    try:
        one.wait_until_it_answers()
        yield one
    finally:
        one.kill()


@pytest.mark.slow
def test_what_was_answered_over_http_is_there_once_when_the_server_is_killed(tmp_path: Path) -> None:
    packs, data = write_packs(tmp_path / "packs", small_pack()), tmp_path / "data"
    draw, told, session = random.Random(20180513), Told(), Session()
    for number in range(KILLS):
        with life(packs, data, number, told) as one:
            if number == 0:
                said = bihuan_says("account", "chen", "--post", "duty@1101", "--data", data).out
                session.log_in(one.port, "chen", said.split()[1])
            one.start(session)
            one.wait_until_it_worked()
            time.sleep(draw.uniform(0.0, 0.5))
    assert len(told.batches) > 10 * KILLS
    assert len(told.commands) > KILLS

    folder = DataFolder(path=data)
    centre = folder.open(rules(folder.about().packs, time.time_ns() // 1_000_000))
    centre.step(centre.now)
    batches, facts = dict(centre.intake.read()), [entry.fact for entry in centre.journal.read()]
    centre.close()
    verify_folder(folder.journal)

    kept = {
        entry: list(zip(batches[entry].names(), batches[entry].at.tolist(), batches[entry].value.tolist(), strict=True))
        for entry in told.batches
    }
    assert kept == told.batches, "every acknowledged batch is in the intake log, as it was sent"
    receipts = [fact.body.entry for fact in facts if isinstance(fact.body, ReadingsReceived)]
    assert receipts == sorted(batches), "and in the journal, once"
    keys = Counter(fact.body.key for fact in facts if isinstance(fact.body, Commanded))
    assert told.commands.keys() <= keys.keys()
    assert set(keys.values()) == {1}, "a command that was sent again took effect once"
    assert {id for answer in told.commands.values() for id in answer} <= {fact.id for fact in facts}


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_leaves_nothing_to_make_up_for(tmp_path: Path) -> None:
    packs, data = write_packs(tmp_path / "packs", small_pack()), tmp_path / "data"
    for number in (1, 2):
        one = Life(packs, data, number, Told())
        try:
            one.wait_until_it_answers()
            row = {"indicator": "rain", "place": "1101", "at": time.time_ns() // 1_000_000, "value": 1.0}
            status, body = Session().ask(one.port, "POST", "/live/readings", json.dumps([row]), JSON)
            assert (status, json.loads(body)["entry"]) == (200, number)
            one.process.send_signal(signal.SIGTERM)
            assert one.process.wait(20) == 0, one.errors.read_text()
        finally:
            one.kill()
        assert History(data).through == number
        assert verify_folder(data / "journal").checkpointed > 0
        said = bihuan_says("upkeep", "--data", data).out
        assert "snapshot of journal entry" in said
        assert said.rstrip().endswith("the intake log begins with entry 1")
    assert len(list((data / "snapshots").glob("*.npz"))) == 2
