"""The gate: all the office asks of the running loop."""

from typing import Protocol

from bihuan.model.commands import Command
from bihuan.pack.schema import Words


class Gate(Protocol):
    """What `app` hands the office. Called from several threads at once."""

    def submit(self, command: Command) -> list[str]:
        """Ids of the facts the command led to; the same ids for a key seen before. Returns once they are in the journal.

        Raises CommandRefused with who may do what next, and TimeoutError where the loop does not answer in time.
        """
        ...

    def unit(self, unit_id: str) -> tuple[Words, str] | None:
        """Name and level of a unit that the packs declare, or None."""
        ...

    def took(self, unit_id: str) -> None:
        """A person sat down at a post of this unit."""
        ...


class ClosedGate:
    """Stands in where no loop runs: while accounts are managed from the command line."""

    def submit(self, command: Command) -> list[str]:
        raise TimeoutError

    def unit(self, unit_id: str) -> tuple[Words, str] | None:
        return None

    def took(self, unit_id: str) -> None:
        return None
