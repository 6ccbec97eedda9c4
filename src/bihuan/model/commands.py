"""What people may do, as data. The office and the link write these; stages answer them with facts."""

from bihuan.model.facts import Proof, Struct

DEEDS = (
    "declare", "decline", "start", "pause", "go-on",
    "report", "register", "reject", "offer", "accept", "give-back", "withdraw",
    "add-task", "merge", "unmerge", "second", "reopen",
    "sign", "arrive", "claim", "return", "ask-extension", "ask-hold", "grant", "deny", "resume",
    "verify", "send-back", "found", "appeal", "decide",
)  # fmt: skip
"""What a command may do. Each verb belongs to one stage."""


class Command(Struct, frozen=True, kw_only=True):
    """A person's command. `key` is an idempotency key: the same key never has a second effect.

    `actor` is `post@unit`. `does` is one of DEEDS. `target` is the id of what it is about: a task, case, proposal, plan, run,
    look again or scorecard; for `report` a case type, and `place` says where. `to` is the unit or the case it is directed to,
    `choice` one of several (an opening condition, `sound` or `not-sound`, an item), `span` milliseconds asked for. Where the
    trouble is, and where proof was taken, stands in `proof`.
    """

    key: str
    actor: str
    does: str
    target: str
    text: str = ""
    proof: Proof | None = None
    place: str = ""
    to: str = ""
    choice: str = ""
    span: int = 0

    @property
    def unit(self) -> str:
        return self.actor.partition("@")[2]
