"""Loops: those of `kernel.py` and `city.py` as an engine runs them, compiled by numba where it is there."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from bihuan.engine import city, kernel


class Kernels(NamedTuple):
    """The loops an engine runs: all compiled, or the vectorised sweeps of `vector.py` and the rest as Python."""

    first_pass: Callable[..., tuple[int, int]]
    unsettled: Callable[..., tuple[int, int]]
    silences: Callable[..., int]
    sliding: Callable[..., int]
    window_values: Callable[..., None]
    second_pass: Callable[..., tuple[int, int]]
    look_again: Callable[..., tuple[int, int]]
    forget: Callable[..., None]
    move_in: Callable[..., None]
    add_up: Callable[..., None]
    penalise: Callable[..., None]


@cache
def compiled() -> Kernels:
    """All loops compiled by numba, kept on disk beside their file or in the user's cache. Raises ImportError without numba.

    What is kept is thrown away when the file of the loop changes: helpers live in the file of the loops they help.
    """
    from numba.extending import register_jitable

    for helper in (*kernel.HELPERS, *city.HELPERS):
        # Within the loop that calls it: a call hands over all forty arrays of a store, which takes longer than most helpers do.
        register_jitable(forceinline=True)(helper)
    plain = (getattr(kernel, name) for name in Kernels._fields if hasattr(kernel, name))
    return Kernels(*(compile_one(loop) for loop in plain), *(compile_one(loop, True) for loop in (city.add_up, city.penalise)))


def compile_one(loop: Any, allocates: bool = False) -> Any:
    """No fastmath and no threads: floats and order are part of the answer.

    Loops that allocate nothing need no counting of references, which would be most of their work: a row looks at forty arrays.
    """
    from numba import njit

    counting: Any = {"_nrt": allocates}
    try:
        return njit(cache=True, **counting)(loop)
    except RuntimeError:  # nowhere to keep what was compiled
        return njit(**counting)(loop)
