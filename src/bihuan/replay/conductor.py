"""The conductor: the storm's readings and the cast's commands, in order of virtual time. The demo is this."""

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.model.commands import Command
from bihuan.model.facts import CaseClosed, Fact, TaskArrived, TaskClaimed, TaskSent
from bihuan.model.readings import Batch
from bihuan.replay.cast import Cast
from bihuan.replay.feed import Feed


@dataclass(frozen=True, kw_only=True)
class Cues:
    """What happens at one instant."""

    at: int
    batches: tuple[Batch, ...]
    commands: tuple[Command, ...]


class Conductor:
    def __init__(self, feed: Feed, cast: Cast) -> None:
        self.feed = feed
        self.cast = cast
        self._sent: dict[str, TaskSent] = {}

    def next_at(self) -> int | None:
        """The next instant at which something happens by itself; None when the play is over."""
        moments = [moment for moment in (self.feed.next_at(), self.cast.next_at()) if moment is not None]
        return min(moments, default=None)

    def take(self, now: int) -> Cues:
        """Everything that happens up to and at `now`."""
        return Cues(at=now, batches=tuple(self.feed.take(now)), commands=tuple(self.cast.take(now)))

    def hear(self, facts: Sequence[Fact]) -> None:
        """Tell the cast and the feed what came of it: pumps lower the water, repaired gauges speak again."""
        self.cast.hear(facts)
        for fact in facts:
            match fact.body:
                case TaskSent() as body:
                    self._sent[body.task] = body
                case TaskArrived() as body:
                    if self._sent[body.task].step == "pump":
                        self.feed.pump(self._sent[body.task].place)
                case TaskClaimed() as body:
                    self._claimed(self._sent[body.task])
                case CaseClosed(case_type="ponding") as body:
                    self.feed.may_relapse(body.place, fact.recorded_at)
                case _:
                    pass

    def _claimed(self, sent: TaskSent) -> None:
        if sent.step == "pump":
            self.feed.stop_pump(sent.place)
        elif sent.step.startswith("restore-"):
            self.feed.repair(sent.place)
