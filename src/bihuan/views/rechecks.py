"""Draws of closed cases as they were made, and what came of each case that was to be looked at again."""

from dataclasses import dataclass, field

from bihuan.loop.hearing import Hearer, hears
from bihuan.model.facts import CreditReversed, Fact, RecheckAsked, RecheckDone, RecheckDrawn


@dataclass(kw_only=True)
class Rechecks(Hearer):
    """Folded by the archive."""

    draws: dict[str, RecheckDrawn] = field(default_factory=dict)
    found: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Draw -> case -> whether it was found sound; one that came back before anybody looked is not."""
    asked: dict[str, dict[str, tuple[RecheckAsked, int]]] = field(default_factory=dict)
    """Unit -> looks again that it is asked for, and since when."""
    _open: dict[str, RecheckAsked] = field(default_factory=dict)
    """Case -> the look again at it that nobody has done."""

    @hears(RecheckDrawn)
    def _draw(self, fact: Fact, body: RecheckDrawn) -> None:
        self.draws[body.draw] = body
        self.found[body.draw] = {}

    @hears(RecheckAsked)
    def _ask(self, fact: Fact, body: RecheckAsked) -> None:
        self.asked.setdefault(body.unit, {})[body.recheck] = body, fact.at
        self._open[body.case] = body

    @hears(RecheckDone)
    def _find(self, fact: Fact, body: RecheckDone) -> None:
        self._done(body.case, body.found == "sound")

    @hears(CreditReversed)
    def _reverse(self, fact: Fact, body: CreditReversed) -> None:
        if body.case in self._open:
            self._done(body.case, False)

    def _done(self, case: str, sound: bool) -> None:
        asked = self._open.pop(case)
        self.found[asked.draw][case] = sound
        del self.asked[asked.unit][asked.recheck]
