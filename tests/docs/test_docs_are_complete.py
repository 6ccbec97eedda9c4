"""Every command, fact kind and pack key is documented, and what is documented exists."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec

from bihuan.cli import _parser
from bihuan.model.facts import AnyBody, kind_of
from bihuan.pack import schema


def commands(parser: argparse.ArgumentParser, words: str = "bihuan") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    verbs = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not verbs:
        yield words, parser
    for action in verbs:
        for name, below in action.choices.items():
            yield from commands(below, f"{words} {name}")


def test_every_command_and_option_is_documented(root: Path) -> None:
    page = (root / "docs" / "commands.md").read_text("utf-8")
    for words, parser in commands(_parser()):
        assert f"`{words}" in page, f"{words} is missing in docs/commands.md"
        for action in parser._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or option in page, f"{words} {option} is missing in docs/commands.md"


def test_no_command_is_documented_that_does_not_exist(root: Path) -> None:
    known = {words for words, _ in commands(_parser())}
    said = re.findall(r"^\| `(bihuan(?: [a-z]+)+)", (root / "docs" / "commands.md").read_text("utf-8"), re.MULTILINE)
    assert said
    assert {words for words in said if not any(words.startswith(name) for name in known)} == set()


def test_every_kind_of_fact_is_documented_with_its_fields(root: Path) -> None:
    page = (root / "docs" / "facts.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|(.*)$", page, re.MULTILINE))
    assert set(rows) == {kind_of(body) for body in get_args(AnyBody)}
    for body in get_args(AnyBody):
        for field in body.__struct_fields__:
            assert f"`{field}`" in rows[kind_of(body)], f"{kind_of(body)}: field {field} is not documented"


def test_every_key_of_a_pack_is_documented(root: Path) -> None:
    page = (root / "docs" / "packs.md").read_text("utf-8")
    declared = [kind for kind in vars(schema).values() if isinstance(kind, type) and issubclass(kind, schema.Declared)]
    for kind in declared:
        for field in msgspec.structs.fields(kind):
            assert f"`{field.encode_name}`" in page, f"{kind.__name__}: key {field.encode_name} is missing in docs/packs.md"
