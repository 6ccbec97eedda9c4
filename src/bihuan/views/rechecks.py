"""Draws of closed cases as they were made, and what came of each case that was to be looked at again."""

from dataclasses import dataclass, field

from bihuan.model.facts import CreditReversed, Fact, RecheckAsked, RecheckDone, RecheckDrawn


@dataclass(kw_only=True)
class Rechecks:
    """Folded by the archive."""

    draws: dict[str, RecheckDrawn] = field(default_factory=dict)
    found: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Draw -> case -> whether it was found sound; one that came back before anybody looked is not."""
    asked: dict[str, dict[str, tuple[RecheckAsked, int]]] = field(default_factory=dict)
    """Unit -> looks again that it is asked for, and since when."""
    _open: dict[str, RecheckAsked] = field(default_factory=dict)
    """Case -> the look again at it that nobody has done."""

    def fold(self, fact: Fact) -> None:
        match fact.body:
            case RecheckDrawn() as body:
                self.draws[body.draw] = body
                self.found[body.draw] = {}
            case RecheckAsked() as body:
                self.asked.setdefault(body.unit, {})[body.recheck] = body, fact.at
                self._open[body.case] = body
            case RecheckDone() as body:
                self._done(body.case, body.found == "sound")
            case CreditReversed() as body if body.case in self._open:
                self._done(body.case, False)
            case _:
                pass

    def _done(self, case: str, sound: bool) -> None:
        asked = self._open.pop(case)
        self.found[asked.draw][case] = sound
        del self.asked[asked.unit][asked.recheck]
