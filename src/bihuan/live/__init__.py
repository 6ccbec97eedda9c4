"""The live window: what is looked at or measured goes through here. Reads, events, intake of readings, the screens.

`create` makes the application; `Gate` is what it asks of a centre; `Broadcast` carries turns from the loop to listeners.
"""

from bihuan.live.broadcast import Broadcast, Subscription
from bihuan.live.gate import Demo, Gate
from bihuan.live.window import create

__all__ = ["Broadcast", "Demo", "Gate", "Subscription", "create"]
