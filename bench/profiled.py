"""A command of `bihuan` in this process, telling at its end where the CPU went: `python -m bench.profiled FILE COMMAND ...`.

Fifty times a second a thread looks what every other does. To the innermost function of ours on the stack of one that
does not wait goes the CPU-time it used since it was last seen so; C code weighs on whoever called it. An estimate, for about
1 % of a core, which is counted as the server's: what lasts shorter than twenty milliseconds is met by chance.
"""

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

EVERY_S = 0.02
WAITING = {"wait", "wait_for", "_worker", "_wait_for_tstate_lock", "run", "run_forever", "select", "get", "acquire"}
"""Functions of the standard library in which a thread waits, when they are the innermost of all."""
OURS = f"{os.sep}bihuan{os.sep}"


class Sampler(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="sampler", daemon=True)
        self.spent: Counter[str] = Counter()
        """Nanoseconds of CPU by `room/file.function`."""
        self._before: dict[int, int] = {}

    def told(self) -> str:
        """As `told`, of this process and up to now."""
        return in_a_line(dict(self.spent))

    def run(self) -> None:
        while True:
            time.sleep(EVERY_S)
            frames = sys._current_frames()
            for thread in threading.enumerate():
                frame = frames.get(thread.ident or 0)
                if thread is not self and frame is not None and not _waits(frame):
                    self.spent[_place(frame)] += self._used(thread.native_id or 0)

    def _used(self, thread: int) -> int:
        try:
            now = int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[0])
        except OSError:  # it has just ended
            return 0
        before = self._before.get(thread, 0)
        self._before[thread] = now
        return now - before


def _waits(frame: FrameType) -> bool:
    return frame.f_code.co_name in WAITING and OURS not in frame.f_code.co_filename


def _place(frame: FrameType | None) -> str:
    while frame is not None:
        name = frame.f_code.co_filename
        if OURS in name:
            return f"{name.rpartition(OURS)[2].removesuffix('.py')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "not ours"


def told(file: Path) -> str:
    """What a profiled process left there, in a line: the share of each room, and the five functions that took most."""
    if not file.is_file():
        return ""
    return in_a_line(json.loads(file.read_text()))


def in_a_line(spent: Mapping[str, int]) -> str:
    total = sum(spent.values()) or 1
    rooms: Counter[str] = Counter()
    for place, used in spent.items():
        rooms[place.partition("/")[0]] += used
    by_room = ", ".join(f"{room} {used / total:.0%}" for room, used in rooms.most_common(6))
    dearest = ", ".join(f"{place} {used / total:.0%}" for place, used in Counter(spent).most_common(5))
    return f"CPU by room: {by_room}; dearest: {dearest}"


def main() -> int:
    from bihuan.cli import main as command

    # To be told to stop ends it like Ctrl+C: what it leaves behind is written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sampler = Sampler()
    sampler.start()
    try:
        return command(sys.argv[2:])
    finally:
        Path(sys.argv[1]).write_text(json.dumps(sampler.spent))


if __name__ == "__main__":
    sys.exit(main())
