"""When Python looks for garbage: not while what stays is being built, and seldom afterwards."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 50_000
"""New objects between two looks of the garbage collector. Python's 700 would have it look several times in each turn, and
nearly nothing here is a cycle: references are counted, and what requests leave behind is gone without it."""

OLDER = 4, 250
"""Looks at the young ones until those that survived are looked at, and of these until all are. What stays of a city's turns is
hundreds of thousands of objects a minute: to walk through a million of them would hold up an alarm for a third of a second."""


@contextmanager
def no_collecting() -> Iterator[None]:
    """Modules, packs and state become a million objects that stay: looking through them for garbage again and again while
    they come takes up to half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def settle() -> None:
    """What has been built by now stays: the collector need not walk through it for as long as the process lives.

    It is not asked for a last look, which takes a tenth of a second with a whole city and finds some dozen objects.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *OLDER)
