"""Centres that live until they are killed, saying in a file what they have acknowledged.

Everything is loaded once; then, for every number on standard input, a process is forked that opens the centre of the folder,
runs it, and has readings and commands come in from threads. Its pid is answered, and how it ended. Time runs fast, so that
clocks run out, gauges fall silent and periods end within seconds; every third life keeps the wall's time.
"""

import os
import random
import sys
import threading
import time
from pathlib import Path

from tests.packs_for_tests import small_pack
from tests.unit.loop.city import GOOD_PROOF, batch_of

from bihuan.app.centre import Centre
from bihuan.app.clock import Clock, DemoClock, WallClock
from bihuan.app.folder import About, DataFolder
from bihuan.loop.life import of_task
from bihuan.model.commands import Command
from bihuan.model.errors import CommandRefused
from bihuan.model.times import DAY
from bihuan.pack.load import load

RULES = load(small_pack())
SPEED = 7_200.0
PAUSE_SECONDS = 0.008
SERIES = ("rain@1101", "rain@1102", "rain@1201", "ponding-depth@LP-1101-1", "ponding-depth@LP-1201-1", "rain@1202")
"""The last one is heard in the first life only, and falls silent."""


class Life:
    def __init__(self, folder: Path, number: int) -> None:
        data = DataFolder(path=folder / "data")
        if not data.exists():
            data.found(About(packs=("rain",), began=WallClock().now()))
        self.acks = os.open(folder / f"acks-{number}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.number = number
        self.centre: Centre = data.open(RULES)
        start = max(self.centre.now, data.about().began)
        self.clock: Clock = WallClock() if number % 3 == 0 else DemoClock(start, SPEED, start + 365 * DAY)

    def live(self) -> None:
        for work in (self.send_readings, self.send_commands, self.take_snapshots):
            threading.Thread(target=work, daemon=True).start()
        self.say("ready")
        self.centre.run(self.clock)

    def say(self, line: str) -> None:
        os.write(self.acks, f"{line}\n".encode())

    def send_readings(self) -> None:
        draw = random.Random(f"{self.number}/readings")
        while True:
            now = max(self.clock.now(), self.centre.now)
            names = [*draw.sample(SERIES[:-1], 3), *(SERIES[-1:] if self.number == 0 else ())]
            rows = [(name, now, float(draw.choice((0, 0, 5, 20, 30, 60)))) for name in names]
            batch = batch_of(rows, source=f"life {self.number}")
            self.say(f"reading {self.centre.take_readings(batch)} {batch.digest}")
            time.sleep(PAUSE_SECONDS)

    def send_commands(self) -> None:
        draw = random.Random(f"{self.number}/commands")
        last: Command | None = None
        for count in range(1_000_000):
            command = last if last and count % 5 == 4 else self.something_to_do(draw, f"key-{self.number}-{count}")
            try:
                self.say(f"command {command.key} {' '.join(self.centre.submit(command))}")
            except CommandRefused:
                self.say(f"refused {command.key}")
            last = command
            time.sleep(PAUSE_SECONDS)

    def take_snapshots(self) -> None:
        """All the time, so that some are cut short."""
        draw = random.Random(f"{self.number}/snapshots")
        while True:
            self.centre.snapshot()
            time.sleep(draw.uniform(0.0, 0.1))

    def something_to_do(self, draw: random.Random, key: str) -> Command:
        """The next step of some task, a report, or something that must be refused."""
        with self.centre.lock:
            book = self.centre.loop.book
            mays = {id: of_task(RULES, book, task) for id, task in book.tasks.items()}
            open_tasks = [task for task in book.tasks.values() if mays[task.id]]
            proposals = [id for id, one in self.centre.loop.states[2].proposals.items() if one.open]
        if proposals and draw.random() < 0.5:
            return Command(key=key, actor="duty@1", does="declare", target=draw.choice(proposals))
        if open_tasks and draw.random() < 0.8:
            task = draw.choice(open_tasks)
            unit = task.sent.verifier if task.state == "claimed" else task.unit
            actor = f"crew@{unit}" if draw.random() < 0.9 else "crew@12.sensing"
            return Command(key=key, actor=actor, does=mays[task.id][0].does, target=task.id, text="so", proof=GOOD_PROOF)
        return Command(key=key, actor="duty@1101", does="report", target="ponding", place=draw.choice(("1101", "1102", "1201")))


def main(folder: Path) -> None:
    for line in sys.stdin:
        number = int(line)
        pid = os.fork()
        if pid == 0:
            Life(folder, number).live()
            os._exit(3)  # nobody stops it: it must be killed
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
