"""Evaluate (评价): what was done is scored by a declared formula, with every part of it in the fact."""

from bihuan.loop.evaluate.rules import decide
from bihuan.loop.evaluate.state import State

__all__ = ["State", "decide"]
