"""What review remembers: how each warning went, and which series were silent meanwhile."""

from bihuan.loop.casebook import Casebook
from bihuan.model.facts import Fact, ReviewWritten, SeriesSilent, WarningRaised, WarningStepped
from bihuan.pack.rules import Rules


class State:
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.raised_at: dict[str, int] = {}
        self.peak: dict[str, str] = {}
        self.silences: list[tuple[int, str]] = []
        """(when, place or thing) of every silence."""
        self.written = 0

    def fold(self, fact: Fact) -> None:
        match fact.body:
            case WarningRaised() as body:
                self.raised_at[body.warning] = fact.at
                self.peak[body.warning] = body.level
            case WarningStepped() as body:
                self.peak[body.warning] = max(self.peak[body.warning], body.level, key=self.rules.rank)
            case SeriesSilent() as body:
                self.silences.append((fact.at, body.place))
            case ReviewWritten():
                self.written += 1
            case _:
                pass

    def next_due(self) -> int | None:
        return None
