"""The door of the intake: large batches stand in line at it while much waits for the loop; small ones go past."""

import asyncio
from collections.abc import Callable

from bihuan.model.errors import Behind, BihuanError

PATIENCE_SECONDS = 3.0
"""A batch stands at the door at most so long before it is sent away: longer than the longest turn, in which a whole city's
levels change at once."""

LOOK_SECONDS = 0.005
"""Whoever is first in line looks so often whether the door has opened: about what the shortest turn takes."""

MOST_STANDING = 200


class Door:
    """Used on the event loop's thread only. Who came first goes in first; a burst goes in one by one, and is not refused."""

    def __init__(self, shut: Callable[[], BihuanError | None]) -> None:
        """`shut` says what there is against letting in one more large batch now; it does not block."""
        self._shut = shut
        self._line = asyncio.Lock()  # wakes who waits for it in order
        self._standing = 0

    async def passed(self, until: float) -> None:
        """Wait until it is open, at most `until` by the event loop's clock. Raises what it was shut for."""
        shut = self._shut()
        if shut is None and not self._standing:
            return
        shut = shut or Behind("large batches stand in line", remedy="Keep it, and send it again.")
        if self._standing >= MOST_STANDING:
            raise shut
        self._standing += 1
        try:
            async with asyncio.timeout_at(until), self._line:
                while (found := self._shut()) is not None:
                    shut = found
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise shut from None
        finally:
            self._standing -= 1
