"""Memory that is no longer used goes back to the machine: what the C library is told, once, where it is glibc."""

import ctypes
import threading
from collections.abc import Callable

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""Names of settings in glibc's malloc.h."""

LARGE = 1 << 20
"""Bytes of a block with memory of its own, which is gone when it is freed. Left to itself glibc raises that to 32 MiB, and
what batches of readings leave behind lies scattered in its heaps for good."""

ARENAS = 2
"""Heaps that threads share: one each would keep the most that each ever used."""

EVERY_SECONDS = 5.0
"""A trim takes about a millisecond for each ten megabytes that it gives back."""


def lean() -> None:
    """Hold on to little of what is freed, in this process, from now on. Call it before threads start."""
    try:
        library = ctypes.CDLL(None)
        for setting, value in ((TRIM_THRESHOLD, LARGE), (MMAP_THRESHOLD, LARGE), (ARENA_MAX, ARENAS)):
            library.mallopt(setting, value)
        trim: Callable[[int], int] = library.malloc_trim
    except (OSError, TypeError, AttributeError):  # not glibc
        return
    threading.Thread(target=_trim_now_and_then, args=(trim,), name="lean", daemon=True).start()


def _trim_now_and_then(trim: Callable[[int], int]) -> None:
    pause = threading.Event()
    while not pause.wait(EVERY_SECONDS):
        trim(0)
