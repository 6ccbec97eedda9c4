"""What evaluate remembers: up to when each scorecard was published, and the closes since then."""

from bihuan.loop.casebook import Casebook
from bihuan.model.facts import CaseClosed, Fact, PacksLoaded, ScorePublished, TaskSent
from bihuan.model.times import local_floor
from bihuan.pack.rules import Rules


class State:
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.until: dict[str, int] = {}
        """Scorecard -> end of the last period published. Empty until the first task: there is nothing to score before."""
        self._published: set[str] = set()
        self.closes: list[tuple[int, str]] = []
        """(when, fact) of every close that may still lie in an unpublished period."""
        self.last_fact = ""

    def fold(self, fact: Fact) -> None:
        match fact.body:
            case ScorePublished() as body:
                self.until[body.scorecard] = body.until
                self._published.add(body.scorecard)
                oldest = min(self.until.values())
                self.closes = [(at, close) for at, close in self.closes if at > oldest]
            case TaskSent() if not self.until:
                self._begin(fact.at)
            case PacksLoaded() if self.until:
                self._begin(fact.at)
            case CaseClosed():
                self.closes.append((fact.at, fact.id))
            case _:
                pass
        if not isinstance(fact.body, ScorePublished):
            self.last_fact = fact.id

    def _begin(self, at: int) -> None:
        """A scorecard counts from the period in which the first task was sent, or the packs brought it."""
        for card in self.rules.scorecards.values():
            if card.id not in self._published:
                self.until[card.id] = local_floor(at, card.every, self.rules.zone)

    def next_due(self) -> int | None:
        cards = self.rules.scorecards
        return min((until + cards[card].every for card, until in self.until.items() if card in cards), default=None)
