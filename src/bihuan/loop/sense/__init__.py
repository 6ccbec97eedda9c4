"""Sense (感知): readings become levels, silence becomes unknown."""

from bihuan.loop.sense.rules import decide
from bihuan.loop.sense.state import State

__all__ = ["State", "decide"]
