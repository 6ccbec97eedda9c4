"""Facts have one canonical form: the same fact is the same bytes, whether it was just written or read back."""

from typing import get_args

import msgspec
import pytest

from bihuan.model.facts import AnyBody, Body

KINDS = get_args(AnyBody)
ONE_OF_A_KIND = ("", None, False, True, (), *range(257))
"""Values that Python has only once. A default is left out where the value *is* it, so another one would sometimes be left out
and sometimes not."""


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_what_is_left_out_of_a_fact_is_left_out_always(kind: type[Body]) -> None:
    defaults = [field.default for field in msgspec.structs.fields(kind) if field.default is not msgspec.NODEFAULT]
    assert all(value in ONE_OF_A_KIND for value in defaults), defaults
