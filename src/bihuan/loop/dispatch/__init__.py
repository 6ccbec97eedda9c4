"""Dispatch (决策处置): a started plan becomes a case with tasks; units sign, arrive, report and return."""

from bihuan.loop.dispatch.rules import decide
from bihuan.loop.dispatch.state import State

__all__ = ["State", "decide"]
