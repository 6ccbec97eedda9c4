"""Warn (预警): levels of many series become one warning a group and place."""

from bihuan.loop.warn.rules import decide
from bihuan.loop.warn.state import State

__all__ = ["State", "decide"]
