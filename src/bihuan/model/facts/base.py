"""What every kind of fact is built on."""

from functools import cache
from typing import ClassVar

import msgspec

Struct = msgspec.Struct


def _kebab(name: str) -> str:
    return "".join("-" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("-")


class Body(Struct, frozen=True, kw_only=True, tag_field="kind", tag=_kebab, omit_defaults=True):
    """What a fact says. The tag is the kind: `LevelChanged` is `level-changed`."""

    stage: ClassVar[str] = ""


@cache
def named_in(body: type[Body], *names: str) -> tuple[str, ...]:
    """Those of `names` that are fields of a kind of fact, in this order."""
    return tuple(name for name in names if name in body.__struct_fields__)


@cache
def kind_of(body: type[Body]) -> str:
    """`LevelChanged` -> `level-changed`."""
    return str(body.__struct_config__.tag)
