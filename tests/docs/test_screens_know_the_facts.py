"""The screens keep a list of their own of which stage writes what: it is complete, or events lose their mark."""

import re
from pathlib import Path
from typing import get_args

from bihuan.model.facts import AnyBody, kind_of

OF_NO_STAGE = "dispatch"
"""Where the screens put what people said: most of it is about tasks."""


def test_the_screens_know_the_stage_of_every_kind_of_fact(root: Path) -> None:
    text = (root / "cockpit" / "src" / "loop" / "kinds.ts").read_text("utf-8")
    rows = re.findall(r"^  (\w+): \[(.*?)\],$", text, re.MULTILINE | re.DOTALL)
    shown = {kind: stage for stage, kinds in rows for kind in re.findall(r"'([a-z-]+)'", kinds)}
    assert shown == {kind_of(body): body.stage or OF_NO_STAGE for body in get_args(AnyBody)}
