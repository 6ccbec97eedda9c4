"""What evaluate remembers: up to when each scorecard was published, and the closes since then."""

from bihuan.loop.casebook import Casebook
from bihuan.model.facts import CaseClosed, Fact, ScorePublished
from bihuan.model.times import local_floor
from bihuan.pack.rules import Rules


class State:
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.until = {card.id: local_floor(began, card.every, rules.zone) for card in rules.scorecards.values()}
        """Scorecard -> end of the last period published."""
        self.closes: list[tuple[int, str]] = []
        """(when, fact) of every close that may still lie in an unpublished period."""
        self.last_fact = ""

    def fold(self, fact: Fact) -> None:
        match fact.body:
            case ScorePublished() as body:
                self.until[body.scorecard] = body.until
                oldest = min(self.until.values())
                self.closes = [(at, close) for at, close in self.closes if at > oldest]
            case CaseClosed():
                self.closes.append((fact.at, fact.id))
            case _:
                pass
        if not isinstance(fact.body, ScorePublished):
            self.last_fact = fact.id

    def next_due(self) -> int | None:
        if not self.book.tasks:
            return None
        return min((until + self.rules.scorecards[card].every for card, until in self.until.items()), default=None)
