"""What dispatch remembers: the casebook, which cases are near each other, and which foreign cases it has."""

from bihuan.loop.case import Task
from bihuan.loop.casebook import Casebook
from bihuan.loop.clocks import passed
from bihuan.loop.dispatch.foreign import Foreign
from bihuan.loop.dispatch.near import Neighbours
from bihuan.loop.hearing import Hearer
from bihuan.model.facts import Step
from bihuan.pack.rules import Rules


class State(Hearer):
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book
        self.foreign = Foreign()
        self.near = Neighbours(rules, book)
        self.parts = (self.foreign, self.near)

    def next_due(self) -> int | None:
        return None

    def next_case(self) -> str:
        return f"{self.rules.origin}-C{len(self.book.cases) + 1:05d}"

    def step_of(self, task: Task) -> Step:
        """The step as it was sent, for sending it again with fresh clocks."""
        sent = task.sent

        def span(by: int, clock: str) -> int:
            return passed(self.rules, task.sent_at, by, clock in sent.work)

        return Step(
            step=sent.step,
            unit=sent.unit,
            verifier=sent.verifier,
            fallback=sent.fallback,
            place=sent.place,
            sign_in=span(sent.sign_by, "sign"),
            arrive_in=span(sent.arrive_by, "arrive") if sent.arrive_by is not None else 0,
            done_in=span(sent.done_by, "done"),
            proof=sent.proof,
            form=sent.form,
            text=sent.text,
            work=sent.work,
        )
