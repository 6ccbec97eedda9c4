"""What dispatch remembers: the casebook is enough."""

from bihuan.loop.casebook import Casebook
from bihuan.model.facts import Fact
from bihuan.pack.rules import Rules


class State:
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book

    def fold(self, fact: Fact) -> None:
        """Nothing of its own: the casebook is folded by the turn."""

    def next_due(self) -> int | None:
        return None
