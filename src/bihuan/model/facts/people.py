"""What people at a desk did, and what was refused."""

from bihuan.model.facts.base import Body
from bihuan.model.facts.dispatch import Proof


class Commanded(Body, frozen=True, kw_only=True):
    """A person's command as it came in. What came of it follows with `because` pointing here."""

    key: str
    does: str
    target: str
    text: str = ""
    proof: Proof | None = None
    place: str = ""
    to: str = ""
    choice: str = ""
    span: int = 0


class CommandWasRefused(Body, frozen=True, kw_only=True):
    key: str
    does: str
    target: str
    reason: str
    remedy: str
