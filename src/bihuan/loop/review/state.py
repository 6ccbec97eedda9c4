"""What review remembers: how each warning went, and which series were silent meanwhile."""

from bihuan.loop.casebook import Casebook
from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.over import Over
from bihuan.model.facts import Fact, ReviewWritten, SeriesSilent, WarningCleared, WarningRaised, WarningStepped
from bihuan.pack.rules import Rules


class State(Hearer):
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.raised_at: dict[str, int] = {}
        self.peak: dict[str, str] = {}
        self.silences: list[tuple[int, str]] = []
        """(when, place or thing) of every silence."""
        self.written = 0
        self._over = Over(book)

    @hears(WarningRaised)
    def _raise(self, fact: Fact, body: WarningRaised) -> None:
        for warning in self._over.let_go(fact.recorded_at):
            del self.raised_at[warning], self.peak[warning]
        self.raised_at[body.warning] = fact.at
        self.peak[body.warning] = body.level

    @hears(WarningStepped)
    def _step(self, fact: Fact, body: WarningStepped) -> None:
        self.peak[body.warning] = max(self.peak[body.warning], body.level, key=self.rules.rank)

    @hears(WarningCleared)
    def _clear(self, fact: Fact, body: WarningCleared) -> None:
        self._over.add(body.warning, fact.recorded_at)

    @hears(SeriesSilent)
    def _fall_silent(self, fact: Fact, body: SeriesSilent) -> None:
        self.silences.append((fact.at, body.place))

    @hears(ReviewWritten)
    def _write(self, fact: Fact, body: ReviewWritten) -> None:
        self.written += 1

    def next_due(self) -> int | None:
        return None
