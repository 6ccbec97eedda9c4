"""What people may do, as data. The office and the link write these; stages answer them with facts."""

from bihuan.model.facts import Proof, Struct

DEEDS = ("declare", "decline", "sign", "arrive", "claim", "return", "verify", "send-back", "report")
"""What a command may do. Each verb belongs to one stage."""


class Command(Struct, frozen=True, kw_only=True):
    """A person's command. `key` is an idempotency key: the same key never has a second effect.

    `actor` is `post@unit`. `does` is one of DEEDS.
    `target` is the id of a task or proposal; for `report` it is a case type and `place` says where.
    """

    key: str
    actor: str
    does: str
    target: str
    text: str = ""
    proof: Proof | None = None
    place: str = ""

    @property
    def unit(self) -> str:
        return self.actor.partition("@")[2]
