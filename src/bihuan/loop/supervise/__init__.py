"""Supervise (监督): clocks run, others check, and a case closes only when it is really over."""

from bihuan.loop.supervise.rules import decide
from bihuan.loop.supervise.state import State

__all__ = ["State", "decide"]
