"""Rules kept as bytes are the same rules."""

import pytest
from tests.packs_for_tests import small_pack

from bihuan.pack.kept import kept, key_of, taken
from bihuan.pack.load import load

FOLDERS = small_pack()
KEY = key_of(FOLDERS, b"program")


@pytest.mark.parametrize("today", ["", "2025-09-01"])
def test_what_is_kept_comes_back_as_it_was(today: str) -> None:
    rules = load(FOLDERS, today=today)
    assert taken(kept(load(FOLDERS), KEY), KEY, today) == rules


def test_rules_made_of_other_texts_or_by_another_program_are_not_taken() -> None:
    raw = kept(load(FOLDERS), KEY)
    other = {name: {path: text + "\n" for path, text in files.items()} for name, files in FOLDERS.items()}
    for key in (key_of(other, b"program"), key_of(FOLDERS, b"another")):
        assert taken(raw, key, "") is None


@pytest.mark.parametrize("position", [0, 40, 100, -1])
def test_damaged_bytes_are_not_taken(position: int) -> None:
    raw = bytearray(kept(load(FOLDERS), KEY))
    raw[position] ^= 1
    assert taken(bytes(raw), KEY, "") is None


def test_an_empty_file_is_not_taken() -> None:
    assert taken(b"", KEY, "") is None
