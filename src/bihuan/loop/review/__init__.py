"""Review (复盘): a closed case is held against its plan, and what to do better is written down."""

from bihuan.loop.review.rules import decide
from bihuan.loop.review.state import State

__all__ = ["State", "decide"]
