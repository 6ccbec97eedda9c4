"""How fast turns finish readings, and whether one more batch would wait too long behind others."""

from math import ceil

from bihuan.model.errors import Behind

SMALL_ROWS = 1_000
"""A batch of up to so many rows, an alarm or what a station has seen, is taken however long larger ones would have to wait."""

MOST_WAIT_SECONDS = 0.02
"""The loop may need so long for what is ahead of a larger batch. From a reading to a screen it is 16 ms when nothing waits:
whatever is offered, an alarm that comes behind the last batch taken needs little more than twice that."""

NEARLY_NOTHING = 20_000
"""Rows that never count as waiting: a quarter of a second of a whole city, which a disk that pauses for as long must not turn
away."""

MOST_WAITING_ROWS = 1_000_000
MOST_WAITING = 10_000
"""Rows of readings, and batches or commands, that may wait for the loop at all. More is refused: senders keep it and come
again. They are counted apart: however many readings wait, a person's command is taken."""

TELLING_ROWS = 5_000
"""A turn with fewer is mostly the time of its commit, and says nothing about how long many rows take."""

FIRST_GUESS = 1_000_000.0
"""Rows a second before any turn has told."""

REMEMBERS = 0.8
"""How much of what is known each turn leaves: about the last five count."""

AWAY_AT_MOST_SECONDS = 60


class Pace:
    """Rows a second of the last turns with many rows. One thread turns; any may ask."""

    def __init__(self) -> None:
        self._rows = self._seconds = 0.0
        self._seconds_a_row = 1 / FIRST_GUESS

    def finished(self, rows: int, seconds: float) -> None:
        """A turn with so many rows took so long."""
        if rows < TELLING_ROWS:
            return
        self._rows = REMEMBERS * self._rows + rows
        self._seconds = REMEMBERS * self._seconds + seconds
        self._seconds_a_row = self._seconds / self._rows

    def seconds(self, rows: int) -> float:
        """How long turns will take for so many rows."""
        return rows * self._seconds_a_row

    def refusal(self, rows: int, ahead: int) -> Behind | None:
        """What there is against a batch of `rows` with `ahead` rows before it; it does not matter how large it is itself."""
        wait = self.seconds(ahead)
        far = ahead > NEARLY_NOTHING and wait > MOST_WAIT_SECONDS
        if ahead < MOST_WAITING_ROWS and not (far and rows > SMALL_ROWS):
            return None
        return behind(f"{ahead:,} rows of readings", wait)


def behind(what: str, wait: float = 0.0) -> Behind:
    """That `what` waits for the loop, which needs about `wait` seconds for it."""
    seconds = min(max(1, ceil(wait)), AWAY_AT_MOST_SECONDS)
    return Behind(
        f"the loop is behind: {what} wait for it",
        remedy="Keep it, and send it again when the time in Retry-After has passed.",
        seconds=seconds,
    )
