"""What the live window asks of a running centre. `app` gives it; tests give a small one."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from bihuan.live.broadcast import Subscription
from bihuan.model.errors import Behind
from bihuan.model.readings import Batch
from bihuan.pack.rules import Rules
from bihuan.views import Views
from bihuan.views.comparing import Comparable, ComparisonView, Period
from bihuan.views.score_file import ScoreFile

T = TypeVar("T")


class Demo(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """How a demo stands: `speed` times the wall's clock, playing `from` .. `until`."""

    speed: float
    paused: bool
    from_: int
    until: int
    seed: int
    ended: bool


class Ill(msgspec.Struct, frozen=True, kw_only=True):
    """Something an operator should look at."""

    what: str
    where: str
    remedy: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the centre is. `turning`: the loop does not stand still."""

    turning: bool
    now: int
    seq: int
    waiting: int
    """Rows of readings that no turn has applied yet."""
    upkeep_at: int | None
    """When it was last put in order, since the start."""
    troubles: tuple[Ill, ...]
    """The worst first."""


class Gate(Protocol):
    """All of it may block and is called from worker threads, but `subscribe`, `refusal` and `health`: from the event loop's."""

    @property
    def rules(self) -> Rules: ...

    def now(self) -> int: ...

    def read(self, look: Callable[[Views], T]) -> T:
        """Look at the views while no turn runs."""

    def readings(
        self, indicator: str, place: str, since: int, until: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
        """at, value, quality of a series from history, both ends included, sorted by time."""

    def compare(self, what: Comparable, period: Period, at: int) -> ComparisonView:
        """The period `at` lies in against others, over what history has."""

    def score(self, scorecard: str, period: str) -> ScoreFile:
        """The newest version of a published score with its seal; `period` as it is written, or `latest`. Raises NotFound."""

    def geo(self) -> bytes:
        """The TopoJSON of the places, as it is in its file."""

    def take_many(self, batches: Sequence[Batch]) -> list[int]:
        """Make batches durable, all or none, at best with one sync; their entries in the intake log, above 0.

        One thread calls at a time. Raises BihuanError when that cannot be.
        """

    def refusal(self, rows: int, coming: int = 0) -> Behind | None:
        """What there is against a batch of `rows` now, `coming` rows being on their way to `take_many`. Does not block: it is
        asked on the event loop's thread too."""

    def health(self) -> Health:
        """Does not block: it is asked when everything else does."""

    def demo(self) -> Demo | None:
        """None outside a demo."""

    def set_demo(self, *, speed: float | None, paused: bool | None) -> Demo:
        """Change what is not None and tell all listeners (`Broadcast.publish_demo`)."""

    def subscribe(self, after: int | None) -> Subscription:
        """As `Broadcast.subscribe`."""
