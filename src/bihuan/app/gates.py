"""What the office and the live window see of a running centre: narrow doors, opened here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bihuan.app.centre import Centre
from bihuan.app.clock import Clock, DemoClock
from bihuan.app.packs import areas
from bihuan.app.scores import published, score_file
from bihuan.history.compare import compared, piece_of
from bihuan.history.contract import IndicatorColumns
from bihuan.live.broadcast import Broadcast, Subscription
from bihuan.live.gate import Demo, Health, Ill
from bihuan.loop.sense.recalled import Recalled
from bihuan.model.commands import Command
from bihuan.model.errors import Behind
from bihuan.model.readings import Batch
from bihuan.model.times import DAY
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator, Words
from bihuan.replay.conductor import Conductor
from bihuan.views import Change, Views
from bihuan.views.comparing import Comparable, ComparisonView, Period
from bihuan.views.score_file import ScoreFile

T = TypeVar("T")

SPEED_AT_A_DESK = 12.0
"""When a person takes a post in the demo, the storm slows down to this: five minutes to sign are then 25 seconds."""


class OfficeGate:
    """Commands in, what came of them out."""

    def __init__(self, centre: Centre, took: Callable[[str], None] | None = None) -> None:
        self._centre = centre
        self._took = took

    def submit(self, command: Command) -> list[str]:
        return list(self._centre.submit(command))

    def unit(self, unit_id: str) -> tuple[Words, str] | None:
        unit = self._centre.rules.units.get(unit_id)
        return (unit.words, unit.level) if unit else None

    def took(self, unit_id: str) -> None:
        if self._took is not None:
            self._took(unit_id)


class Stage:
    """The demo's clock and cast, as people on the page may touch them."""

    def __init__(self, clock: DemoClock, conductor: Conductor, *, since: int, until: int, seed: int) -> None:
        self._clock = clock
        self._conductor = conductor
        self._since, self._until, self._seed = since, until, seed
        self.tell: Callable[[Demo], None] = lambda demo: None

    def set(self, *, speed: float | None = None, paused: bool | None = None) -> Demo:
        self._clock.set(speed=speed, paused=paused)
        demo = self.as_demo()
        self.tell(demo)
        return demo

    def person_at(self, unit: str) -> None:
        """A person sits down at a unit: the cast leaves its tasks alone, and time slows down to what a hand can follow."""
        self._conductor.cast.played_by_people.add(unit)
        if self._clock.speed > SPEED_AT_A_DESK:
            self.set(speed=SPEED_AT_A_DESK)

    def as_demo(self) -> Demo:
        return Demo(
            speed=self._clock.speed,
            paused=self._clock.paused,
            from_=self._since,
            until=self._until,
            seed=self._seed,
            ended=self._clock.now() >= self._until,
        )


class LiveGate:
    """Reads under the centre's lock, readings in, the demo's clock."""

    def __init__(self, centre: Centre, clock: Clock, packs: Sequence[str], stage: Stage | None = None) -> None:
        self._centre = centre
        self._clock = clock
        self._packs = packs
        self._stage = stage
        self.broadcast = Broadcast(centre.loop.seq)
        centre.listeners.append(self._tell)
        if stage is not None:
            stage.tell = self.broadcast.publish_demo

    @property
    def rules(self) -> Rules:
        return self._centre.rules

    def read(self, look: Callable[[Views], T]) -> T:
        return self._centre.read(look)

    def now(self) -> int:
        return max(self._clock.now(), self._centre.now)

    def take_many(self, batches: Sequence[Batch]) -> list[int]:
        return self._centre.take_many(batches)

    def refusal(self, rows: int, coming: int = 0) -> Behind | None:
        return self._centre.refusal(rows, coming)

    def health(self) -> Health:
        centre = self._centre
        return Health(
            turning=centre.standstill is None,
            now=self.now(),
            seq=centre.loop.seq,
            waiting=centre.rows_waiting,
            upkeep_at=centre.upkeep_at,
            troubles=tuple(Ill(what=one.what, where=one.where, remedy=one.remedy) for one in centre.troubles),
        )

    def readings(
        self, indicator: str, place: str, since: int, until: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
        declared = self._centre.rules.indicators.get(indicator)
        if declared is None or declared.formula is None:
            return self._centre.history.read(indicator, place, since, until)
        _, _, at, value, quality = self._reader(declared, [place])(indicator, since, until)
        return at, value, quality

    def compare(self, what: Comparable, period: Period, at: int) -> ComparisonView:
        read, piece = self._reader(what.indicator, what.spots), piece_of(what.rows_due(DAY))
        return what.view(compared(read, what.indicator.id, period, at, what.over_time, what.zone, {}, piece), period, at)

    def _reader(self, indicator: Indicator, spots: Sequence[str]) -> Callable[[str, int, int], IndicatorColumns]:
        """Readings at rest of one spot, or of any; what nobody sends is worked out from those of its inputs."""
        history = self._centre.history

        def of_one(id: str, since: int, until: int) -> IndicatorColumns:
            return IndicatorColumns.of_one(spots[0], history.read(id, spots[0], since, until))

        read = of_one if len(spots) == 1 else history.read_indicator
        if indicator.formula is None:
            return read
        recalled = Recalled(self._centre.rules.indicators, indicator.id, spots, read)
        return lambda _, since, until: IndicatorColumns(*recalled(since, until))

    def score(self, scorecard: str, period: str) -> ScoreFile:
        journal = Path(self._centre.journal.where).parent
        fact = published(journal, scorecard, period, self.rules.zone)
        file = score_file(journal, fact.id, self.rules)
        if file.sealed.note:
            return file
        self._centre.journal.checkpoint()
        return score_file(journal, fact.id, self.rules)

    def geo(self) -> bytes:
        return areas(self._packs)

    def demo(self) -> Demo | None:
        return self._stage.as_demo() if self._stage else None

    def set_demo(self, *, speed: float | None, paused: bool | None) -> Demo:
        assert self._stage is not None, "only a demo's clock can be set"
        return self._stage.set(speed=speed, paused=paused)

    def subscribe(self, after: int | None) -> Subscription:
        return self.broadcast.subscribe(after)

    def _tell(self, seq: int, now: int, change: Change) -> None:
        self.broadcast.publish(seq, change, now)


def web_root() -> Path | None:
    """The built screens, where there are any."""
    found = Path(__file__).parents[1] / "live" / "static"
    return found if (found / "index.html").is_file() else None
