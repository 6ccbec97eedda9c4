"""Plan (智能预案): a warning, a silence or a report is answered with steps for units."""

from bihuan.loop.plan.rules import decide
from bihuan.loop.plan.state import State

__all__ = ["State", "decide"]
