"""Looking for garbage, and what is not loaded: starts that wait for nothing they do not need."""

import gc
import subprocess
import sys

import pytest

from bihuan.app.collecting import no_collecting


def test_while_something_is_built_nobody_looks_for_garbage_and_afterwards_again() -> None:
    assert gc.isenabled()
    with no_collecting():
        with no_collecting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_cannot_be_built_leaves_the_collector_as_it_was() -> None:
    with pytest.raises(KeyError), no_collecting():
        raise KeyError
    assert gc.isenabled()


@pytest.mark.parametrize("room", ["bihuan.cli", "bihuan.app.commands.packs"])
def test_commands_that_only_read_packs_load_no_columns_of_numbers(room: str) -> None:
    code = f"import sys, {room}; print(sorted(set(sys.modules) & {{'numpy', 'numba', 'pyarrow', 'django', 'asyncio'}}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
