"""What dispatch remembers: the casebook is enough."""

from bihuan.loop.casebook import Case, Casebook, Task
from bihuan.loop.clocks import passed
from bihuan.model.facts import Fact, Step
from bihuan.pack.rules import Rules


class State:
    def __init__(self, rules: Rules, began: int, book: Casebook) -> None:
        self.rules = rules
        self.book = book

    def fold(self, fact: Fact) -> None:
        """Nothing of its own: the casebook is folded by the turn."""

    def next_due(self) -> int | None:
        return None

    def next_case(self) -> str:
        return f"{self.rules.origin}-C{len(self.book.cases) + 1:05d}"

    def recurred(self, case_type: str, place: str, now: int) -> Case | None:
        """The case that was closed on the same trouble and is still watched."""
        known = self.book.cases.get(self.book.newest.get((case_type, place), ""))
        return known if known is not None and known.closed_at is not None and now <= known.watch_until else None

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
