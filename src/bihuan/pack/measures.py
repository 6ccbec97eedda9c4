"""What a scorecard may measure. The evaluate stage computes these; their names and good directions are declared here."""

import re
from dataclasses import dataclass
from typing import Literal

from bihuan.pack.schema import Words

Direction = Literal["higher-is-better", "lower-is-better"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A share of what a unit did in the period, 0-1, with the direction that is good by its nature."""

    id: str
    words: Words
    direction: Direction
    formula: str


def _measure(id: str, zh: str, en: str, direction: Direction, formula: str) -> Measure:
    return Measure(id=id, words=Words(zh=zh, en=en), direction=direction, formula=formula)


MEASURES: dict[str, Measure] = {
    measure.id: measure
    for measure in (
        _measure(
            "signed_on_time_rate", "按时签收率", "Signed on time", "higher-is-better", "tasks signed by sign_by / tasks sent"
        ),
        _measure(
            "done_on_time_rate", "按时办结率", "Done on time", "higher-is-better", "tasks claimed by done_by / tasks sent"
        ),
        _measure("verified_rate", "核查通过率", "Verified", "higher-is-better", "tasks verified / tasks claimed"),
        _measure("closed_rate", "闭环率", "Closed", "higher-is-better", "cases closed and still closed / cases opened"),
        _measure(
            "first_pass_rate",
            "一次通过率",
            "Passed at the first check",
            "higher-is-better",
            "tasks verified, never sent back / tasks checked",
        ),
        _measure("reopened_rate", "复发率", "Reopened", "lower-is-better", "cases reopened within the watch / cases closed"),
        _measure("flagged_rate", "存疑率", "Flagged", "lower-is-better", "cases flagged / cases opened"),
    )
}

_COUNT = re.compile(r"(^|_)(raw|count|counts|number|total|sum|cases|tasks|reports|events|warnings)(_|$)")


def is_count(name: str) -> bool:
    """Whether an unknown measure looks like a bare count of work, which must never be scored."""
    return name not in MEASURES and bool(_COUNT.search(name.replace("-", "_")))


WHY_NO_COUNTS = (
    "A unit must never score better because fewer cases are on its list: "
    "the easiest way to have fewer is not to report, and then nobody comes when it matters."
)
