"""The office (Django): accounts, posts, log-in, and the one door through which people's commands come.

Nothing here touches Django until `start` is called; Django's settings are then what `start` was given.
"""

from bihuan.office.door import as_asgi
from bihuan.office.gate import Gate
from bihuan.office.start import create_account, start

__all__ = ["Gate", "as_asgi", "create_account", "start"]
