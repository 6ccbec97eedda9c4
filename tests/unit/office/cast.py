"""Who comes to the office in these tests, and the gate behind it."""

from typing import Any

from django.test import Client

from bihuan.model.commands import Command
from bihuan.model.errors import BihuanError, CommandRefused
from bihuan.pack.schema import Words

UNITS = {
    "500101": (Words(zh="万州区", en="Wanzhou"), "district"),
    "500101001": (Words(zh="高笋塘街道", en="Gaosuntang"), "town"),
    "500101.drainage": (Words(zh="排水所", en="Drainage"), "district"),
}
MINE = "task-1"
"""The one task there is: 500101's."""


class Gate:
    """Answers like the loop: one task of 500101, every key once."""

    def __init__(self) -> None:
        self.came: list[Command] = []
        self.answered: dict[str, list[str]] = {}
        self.asleep = False
        self.trouble: BihuanError | None = None
        self.sat_down: list[str] = []

    def took(self, unit_id: str) -> None:
        self.sat_down.append(unit_id)

    def submit(self, command: Command) -> list[str]:
        if self.asleep:
            raise TimeoutError
        if self.trouble:
            raise self.trouble
        if command.key in self.answered:
            return self.answered[command.key]
        if command.unit != "500101":
            raise CommandRefused(
                f"this task is not {command.unit}'s to sign", where=command.target, remedy="500101 may sign it now."
            )
        self.came.append(command)
        self.answered[command.key] = [f"cq-{len(self.came)}"]
        return self.answered[command.key]

    def unit(self, unit_id: str) -> tuple[Words, str] | None:
        return UNITS.get(unit_id)


class Visitor:
    """A browser with its cookies, that sends the session's token unless told not to."""

    def __init__(self) -> None:
        self.browser = Client(enforce_csrf_checks=True)

    def get(self, path: str, **extra: Any) -> Any:
        return self.browser.get(path, **extra)

    def me(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.get("/office/me").json()
        return answer

    def post(self, path: str, body: Any = None, **extra: Any) -> Any:
        token = self.me()["csrf"]
        return self.browser.post(path, body, content_type="application/json", headers={"X-CSRFToken": token}, **extra)

    def form(self, path: str, **fields: str) -> Any:
        return self.browser.post(path, {"csrfmiddlewaretoken": self.me()["csrf"], **fields})

    def take(self, post: str) -> Any:
        return self.post("/office/take", {"post": post})

    def command(self, **changes: Any) -> Any:
        return self.post("/office/commands", {"key": "0f9d6f7e-0001", "does": "sign", "target": MINE, **changes})
