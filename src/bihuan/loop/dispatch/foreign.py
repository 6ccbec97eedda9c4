"""Cases of other systems' logs: taken in once each, as what their source claims. None of ours is opened or closed by it."""

from hashlib import blake2b
from typing import NamedTuple

import msgspec

from bihuan.loop.hearing import Hearer, hears
from bihuan.loop.page import Page
from bihuan.model.facts import CaseImported, Fact, LogReceived
from bihuan.model.foreign import ForeignCases

_ENCODER = msgspec.json.Encoder()


class Newest(NamedTuple):
    """The newest fact about a foreign case."""

    seq: int
    digest: bytes
    map: str
    """SHA-256 of the map it was read by."""
    told_at: int | None


class Foreign(Hearer):
    """What is known of foreign logs: a digest a case, so that the same content has no second effect."""

    def __init__(self) -> None:
        self.logs: dict[LogReceived, str] = {}
        self._maps: dict[str, str] = {}
        """Fact of a log -> the map it was read by."""
        self.newest: dict[str, Newest] = {}
        """By the subject of a foreign case."""

    @hears(CaseImported)
    def _import(self, fact: Fact, body: CaseImported) -> None:
        self.newest[subject_of(body)] = Newest(fact.seq, _digest(body), self._maps[fact.because[0]], body.told_at)

    @hears(LogReceived)
    def _receive(self, fact: Fact, body: LogReceived) -> None:
        self.logs[body] = fact.id
        self._maps[fact.id] = body.map

    def older(self, log: LogReceived, case: CaseImported) -> bool:
        """Whether a case is known as its source had it later. Another map may read other times, or the same ones in another
        zone: what was read by different maps is not compared."""
        before = self.newest.get(subject_of(case))
        if before is None or before.map != log.map or before.told_at is None or case.told_at is None:
            return False
        return case.told_at < before.told_at


def subject_of(case: CaseImported) -> str:
    """What a foreign case is looked up by. It has a slash, which no id of ours has."""
    return f"{case.log}/{case.foreign}"


def take(known: Foreign, page: Page, given: ForeignCases) -> None:
    """Write what is new; other content of a case that is known is one more fact because of the one before, unless it is
    older than that."""
    log = known.logs.get(given.log, "")
    for case in given.cases:
        before = known.newest.get(subject_of(case))
        if before is not None and (before.digest == _digest(case) or known.older(given.log, case)):
            continue
        log = log or page.write(given.log, subject=given.log.log).id
        because = (log,) if before is None else (log, page.id_of(before.seq))
        page.write(case, because=because, subject=subject_of(case), actor=f"log:{case.log}", at=case.opened_at)


def _digest(case: CaseImported) -> bytes:
    return blake2b(_ENCODER.encode(case), digest_size=12).digest()
