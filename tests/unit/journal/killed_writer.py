"""A process that takes readings and writes facts until it is killed, saying on its output what it has promised.

`taken 7`: intake entry 7 was acknowledged. `written 12`: the facts up to 12 were. It begins by mending what an earlier
life left open, as the owner of these rooms does.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "contract"))

from journal_samples import a_batch, a_fact, a_receipt

from bihuan.history.intake import IntakeLog
from bihuan.history.parquet import History
from bihuan.journal.checkpoints import Checkpoints
from bihuan.journal.sqlite import SqliteJournal
from bihuan.model.facts import ReadingsReceived


class Writer:
    def __init__(self, folder: Path) -> None:
        self.intake = IntakeLog(folder / "intake", segment_bytes=20_000)
        self.journal = SqliteJournal(folder, Checkpoints(folder, "cq", every=25))
        self.history = History(folder / "history", most_buffered=60)

    def mend(self) -> None:
        """Write the receipts that are missing, and give the history again what it had only in memory."""
        receipted = 0
        for entry in self.journal.read(kind="readings-received"):
            assert isinstance(entry.fact.body, ReadingsReceived)
            receipted = entry.fact.body.entry
        for number, batch in self.intake.read(after=receipted):
            self.journal.append([a_receipt(self.journal.head().seq + 1, number, batch)])
        for number, batch in self.intake.read(after=self.history.through):
            self.history.add(number, batch)

    def turn(self, size: int) -> None:
        first = self.intake.last + 1
        batches = [a_batch(number) for number in range(first, first + size)]
        numbers = self.intake.append(batches)
        say(f"taken {self.intake.last}")
        seq = self.journal.head().seq
        receipts = [a_receipt(seq + n, first + n - 1, batch) for n, batch in enumerate(batches, 1)]
        self.journal.append([*receipts, a_fact(seq + size + 1)])
        say(f"written {self.journal.head().seq}")
        for number, batch in zip(numbers, batches, strict=True):
            self.history.add(number, batch)


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def main(folder: Path) -> None:
    writer = Writer(folder)
    writer.mend()
    say("ready")
    for count in range(1_000_000):
        writer.turn(size=1 + count % 4)
        if count % 10 == 9:
            writer.history.compact(writer.history.days()[-1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
