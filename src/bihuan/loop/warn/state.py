"""What warn remembers: who stands where in each group, and the warnings that are on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bihuan.loop.casebook import Casebook
from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import Fact, LevelChanged, WarningCleared, WarningRaised, WarningStepped
from bihuan.pack.rules import Rules


@dataclass(kw_only=True)
class Episode:
    """A warning that is on."""

    warning: str
    level: str
    worst: str
    since: int
    facts: list[str] = field(default_factory=list)


class State(Hearer):
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.members: dict[tuple[str, str], dict[str, int]] = {}
        """(group, place) -> series above calm -> rank."""
        self.on: dict[tuple[str, str], Episode] = {}
        self.minted = 0

    def key(self, body: LevelChanged) -> tuple[str, str] | None:
        """The group and place a series warns for; None where its indicator is in no group."""
        group = self.rules.group_of(body.indicator)
        if group is None or (body.place not in self.rules.places and body.place not in self.rules.things):
            return None
        place = body.place if group.at == "subject" else self.rules.above(body.place, group.at)
        return (group.id, place) if place else None

    def reached(self, key: tuple[str, str], members: Mapping[str, int]) -> int:
        """Rank of the highest level that enough of a group's series stand at, or beyond, to be believed."""
        group = self.rules.groups.get(key[0])
        ranks = sorted(members.values(), reverse=True)
        return ranks[group.least - 1] if group is not None and len(ranks) >= group.least else 0

    @hears(LevelChanged)
    def _change(self, fact: Fact, body: LevelChanged) -> None:
        if (key := self.key(body)) is None:
            return
        members = self.members.setdefault(key, {})
        if body.level == self.rules.calm:
            members.pop(fact.subject, None)
        else:
            members[fact.subject] = self.rules.rank(body.level)

    @hears(WarningRaised)
    def _raise(self, fact: Fact, body: WarningRaised) -> None:
        self.minted += 1
        episode = Episode(warning=body.warning, level=body.level, worst=body.level, since=fact.at, facts=[fact.id])
        self.on[body.group, body.place] = episode

    @hears(WarningStepped)
    def _step(self, fact: Fact, body: WarningStepped) -> None:
        episode = self.on[body.group, body.place]
        episode.level = body.level
        episode.worst = max(episode.worst, body.level, key=self.rules.rank)
        episode.facts.append(fact.id)

    @hears(WarningCleared)
    def _clear(self, fact: Fact, body: WarningCleared) -> None:
        del self.on[body.group, body.place]

    def next_due(self) -> int | None:
        return None
