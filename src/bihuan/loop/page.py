"""The page a turn writes on: facts get their sequence, id and time here and are folded into every stage at once."""

from collections.abc import Callable, Sequence

from bihuan.model.commands import Command
from bihuan.model.facts import AnyBody, Commanded, CommandWasRefused, Fact
from bihuan.model.foreign import ForeignCases
from bihuan.model.readings import Batch


class Page:
    """What one turn was given and has written so far."""

    def __init__(
        self,
        *,
        origin: str,
        after: int,
        now: int,
        batches: Sequence[tuple[int, Batch]],
        fold: Callable[[Fact], None],
        foreign: Sequence[ForeignCases] = (),
    ) -> None:
        self.now = now
        self.newest: Callable[[str, str], float | None] = lambda indicator, place: None
        """Newest value of an indicator at a place or thing; None where there is none, or none that is fresh."""
        self.facts: list[Fact] = []
        self._heard: dict[str, Fact] = {}
        self._refused: set[str] = set()
        self._origin = origin
        self._seq = after
        self._batches = list(batches)
        self._foreign = list(foreign)
        self._fold = fold

    def write(
        self,
        body: AnyBody,
        *,
        because: Sequence[str] = (),
        subject: str = "",
        actor: str = "",
        at: int | None = None,
    ) -> Fact:
        """Make `body` a fact. The actor is the stage that owns the kind unless a person is named."""
        self._seq += 1
        fact = Fact(
            seq=self._seq,
            id=self.id_of(self._seq),
            at=self.now if at is None else at,
            recorded_at=self.now,
            actor=actor or body.stage,
            subject=subject,
            because=tuple(because),
            body=body,
        )
        self.facts.append(fact)
        self._fold(fact)
        return fact

    @property
    def last(self) -> str:
        """Id of the newest fact."""
        return self.id_of(self._seq)

    @property
    def next_seq(self) -> int:
        """What the next fact will have."""
        return self._seq + 1

    def id_of(self, seq: int) -> str:
        return f"{self._origin}-{seq}"

    def since(self, count: int) -> list[Fact]:
        """What was written after the first `count` facts, without commands that were refused at the door."""
        news = self.facts[count:]
        return [fact for fact in news if fact.id not in self._refused] if self._refused else news

    def heard(self, id: str) -> Fact | None:
        """The command of this turn that has this id."""
        return self._heard.get(id)

    def refuse(self, command: Fact, reason: str, remedy: str) -> None:
        """Answer a person's command with a no: why, and who may do what instead."""
        self._refused.add(command.id)
        said = command.body
        assert isinstance(said, Commanded)
        self.write(
            CommandWasRefused(key=said.key, does=said.does, target=said.target, reason=reason, remedy=remedy),
            because=(command.id,),
            actor=command.actor,
        )

    def take_batches(self) -> list[tuple[int, Batch]]:
        """The readings of this turn, once: sense has them in its first round."""
        taken, self._batches = self._batches, []
        return taken

    def take_foreign(self) -> list[ForeignCases]:
        """What an import brought, once: dispatch has it in its first round."""
        taken, self._foreign = self._foreign, []
        return taken

    def hear(self, command: Command) -> Fact:
        """Put a person's command on the page; the stage that owns the verb answers it."""
        body = Commanded(
            key=command.key,
            does=command.does,
            target=command.target,
            text=command.text,
            proof=command.proof,
            place=command.place,
            to=command.to,
            choice=command.choice,
            span=command.span,
        )
        fact = self.write(body, actor=command.actor)
        self._heard[fact.id] = fact
        return fact
