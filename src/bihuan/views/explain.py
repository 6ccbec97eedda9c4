"""Why? From any colour, task or rate back to the readings, and on to the close, the score and the review.

The chain is given in the order of the loop, by kind; the case's timeline has the order of time.
"""

from collections.abc import Collection, Sequence
from typing import get_args

from bihuan.loop.case import Case
from bihuan.model.facts import (
    AnyBody,
    CheckAsked,
    Commanded,
    CommandWasRefused,
    Fact,
    LevelChanged,
    PacksLoaded,
    ReadingsReceived,
    ScorePublished,
    TaskArrived,
    TaskClaimed,
    TaskEscalated,
    TaskOverdue,
    TaskReleased,
    TaskReminded,
    TaskReturned,
    TaskSent,
    TaskSentBack,
    TaskSigned,
    TaskVerified,
    kind_of,
)
from bihuan.pack.schema import Words
from bihuan.views.archive import STAGES
from bihuan.views.details import details, score_of
from bihuan.views.known import Known, NotFound, level_in, warnings_of
from bihuan.views.sentences import counted, sentence
from bihuan.views.shapes import Explanation, Link

MOST_LINKS = 60
MOST_WALKED = 2_000
"""Facts looked at in one walk."""

OF_TASKS = (
    TaskSent, TaskSigned, TaskArrived, TaskClaimed, TaskReturned, TaskReleased, TaskReminded, TaskOverdue, TaskEscalated,
    CheckAsked, TaskVerified, TaskSentBack,
)  # fmt: skip
ASIDE = (Commanded, CommandWasRefused, PacksLoaded)
"""Not links of a chain, unless asked for or a report that started something."""

# AnyBody names the kinds in the order of the loop; checks come before flags and after claims.
ORDER = {kind_of(kind): number for number, kind in enumerate(get_args(AnyBody))}
ORDER["commanded"] = -1


class Explainer:
    def __init__(self, known: Known) -> None:
        self.known = known

    # asked by id

    def explain(self, id: str) -> Explanation:
        """The chain of a fact, case, warning, task, proposal, run, review or series. Raises NotFound."""
        known, archive = self.known, self.known.archive
        if (fact := archive.fact(id)) is not None:
            return Explanation(
                id=id,
                text=sentence(known.speech, fact),
                case=self._case_of([fact, *self._after(fact)]) or None,  # a command's is in what came of it
                chain=self._of_facts([fact]),
            )
        if id in archive.reviews:
            return self.explain_case(known.case(archive.facts[archive.reviews[id]].subject), id)
        if id in known.book.cases:
            return self.explain_case(known.book.cases[id], id)
        if id in archive.task:
            facts = [archive.facts[fact] for fact in archive.task[id]]
            return Explanation(
                id=id, text=sentence(known.speech, facts[-1]), case=self._case_of(facts) or None, chain=self._of_facts(facts)
            )
        if facts := archive.about(id):
            chain = self._of_facts(facts[-MOST_LINKS:])
            return Explanation(id=id, text=sentence(known.speech, facts[-1]), case=self._case_of(facts) or None, chain=chain)
        return self._of_calm_series(id)

    def explain_case(self, case: Case, id: str = "") -> Explanation:
        text = self.known.speech.case_title(case.id)
        return Explanation(id=id or case.id, text=text, case=case.id, chain=self.chain(case))

    def _of_calm_series(self, id: str) -> Explanation:
        indicator, _, spot = id.partition("@")
        board, speech = self.known.board, self.known.speech
        if not board.has_series(indicator, spot):
            raise NotFound(
                f"nothing is known by '{id}'",
                where=id,
                remedy="Give the id of a fact, case, warning, task, proposal, run or review, or a series as indicator@place.",
            )
        place, name = speech.place(spot), speech.indicator(indicator)
        if board.series_unknown(indicator, spot):
            text = Words(
                zh=f"{place.zh} {name.zh} 尚无数据，状态未知",
                en=f"{place.en}: {name.en} has not been heard, its state is unknown",
            )
        else:
            text = Words(zh=f"{place.zh} {name.zh} 一直正常", en=f"{place.en}: {name.en} has been normal all along")
        return Explanation(id=id, text=self._with_formula(text, indicator, spot), case=None, chain=())

    def _with_formula(self, text: Words, indicator: str, spot: str) -> Words:
        """What a series that is worked out is worked out from, as far as its inputs have been read."""
        formula = self.known.rules.indicators[indicator].formula
        if formula is None:
            return text
        newest = [(name, id, self.known.gauges.newest(id, spot)) for name, id in formula.of.items()]
        inputs = [(name, id, found[0]) for name, id, found in newest if found is not None]
        said = self.known.speech.formula(formula.expression, inputs)
        return Words(zh=f"{text.zh}；计算公式 {said.zh}", en=f"{text.en}; worked out as {said.en}")

    # the chain of a case

    def chain(self, case: Case) -> tuple[Link, ...]:
        """From the readings that started it to its score and review, with as many tasks as there is room for."""
        archive = self.known.archive
        own = archive.about(case.id)
        others = [fact for subject in (*warnings_of(case), *case.runs) for fact in archive.about(subject)]
        spine = self._back([fact for fact in own if not isinstance(fact.body, OF_TASKS)] + others)
        results = (*archive.scored.get(case.id, ()), archive.review_of.get(case.id, ""))
        spine.update((id, archive.facts[id]) for id in results if id)
        tasks = {fact.id: fact for fact in own if isinstance(fact.body, OF_TASKS)}
        return self._links(spine, tasks, case.id)

    def _after(self, fact: Fact) -> list[Fact]:
        return self.known.archive.came_of(fact)

    # the chain of anything else

    def _of_facts(self, facts: Sequence[Fact]) -> tuple[Link, ...]:
        """Back from `facts` to readings and forward to close, score and review, with all steps of the tasks they are about."""
        archive = self.known.archive
        asked = {fact.id: fact for fact in facts}
        about = dict.fromkeys(fact.body.task for fact in facts if isinstance(fact.body, OF_TASKS))
        steps = {id: archive.facts[id] for task in about for id in archive.task.get(task, ())}
        spine = self._back([*asked.values(), *steps.values()], asked=asked)
        spine.update(self._forward([*asked.values(), *steps.values()]))
        tasks = {id: fact for id, fact in (spine | steps).items() if isinstance(fact.body, OF_TASKS)}
        rest = {id: fact for id, fact in spine.items() if not isinstance(fact.body, OF_TASKS)} | asked
        steps_of = {id: fact for id, fact in tasks.items() if id not in asked}
        return self._links(rest, steps_of, self._case_of(facts), asked)

    def _case_of(self, facts: Sequence[Fact]) -> str:
        return next((case for fact in facts if (case := str(getattr(fact.body, "case", "")))), "")

    def _back(self, start: Sequence[Fact], asked: dict[str, Fact] | None = None) -> dict[str, Fact]:
        """Everything `start` is because of. Tasks lead back to tasks only, so that a close does not bring hundreds along."""
        out: dict[str, Fact] = {}
        todo = list(start)
        while todo and len(out) < MOST_WALKED:
            fact = todo.pop()
            if fact.id in out:
                continue
            out[fact.id] = fact
            if isinstance(fact.body, ScorePublished) and fact.id not in (asked or {}):
                continue
            for cause in fact.because:
                before = self.known.archive.fact(cause)
                if before is not None and self._leads(before, fact):
                    todo.append(before)
        return out

    def _leads(self, before: Fact, fact: Fact) -> bool:
        if isinstance(before.body, Commanded):
            return before.body.does == "report"
        return not isinstance(before.body, OF_TASKS) or isinstance(fact.body, OF_TASKS)

    def _forward(self, start: Sequence[Fact]) -> dict[str, Fact]:
        """What came of `start`, tasks left out: warnings, plans, cases, closes, scores, reviews. Receipts are not followed
        beyond the levels they changed."""
        out: dict[str, Fact] = {}
        todo = list(start)
        while todo and len(out) < MOST_WALKED:
            fact = todo.pop()
            if isinstance(fact.body, ScorePublished):
                continue
            for after in self._after(fact):
                if after.id not in out and not isinstance(after.body, (*OF_TASKS, *ASIDE)):
                    out[after.id] = after
                    todo.append(after)
        return out

    # links

    def _links(
        self, spine: dict[str, Fact], tasks: dict[str, Fact], case: str, asked: Collection[str] = ()
    ) -> tuple[Link, ...]:
        """The spine whole where it fits, then whole tasks, oldest first, while there is room; what is left out is counted."""
        spine = {id: fact for id, fact in spine.items() if id in asked or _is_link(fact)}
        kept = _thin(list(spine.values()))
        by_task: dict[str, list[Fact]] = {}
        for fact in tasks.values():
            by_task.setdefault(str(getattr(fact.body, "task", "")), []).append(fact)
        whole = sorted(by_task.values(), key=lambda facts: (-_closing(facts), facts[0].seq))
        for facts in whole:
            if len(kept) + len(facts) <= MOST_LINKS or not any(isinstance(fact.body, OF_TASKS) for fact in kept):
                kept.extend(facts)
        kept.sort(key=lambda fact: (ORDER[fact.kind], fact.seq))
        links = [self.link(fact, case) for fact in kept]
        shown = {fact.id for fact in kept}
        left = [fact for fact in (*spine.values(), *tasks.values()) if fact.id not in shown]
        return tuple(_with_left_out(links, left, case))

    def link(self, fact: Fact, case: str = "") -> Link:
        speech = self.known.speech
        rows = details(speech, fact)
        if isinstance(fact.body, ScorePublished) and case:
            rows = (*rows[:2], *score_of(speech, fact.body, case)) or rows
        return Link(
            id=fact.id,
            stage=fact.body.stage or "sense",
            kind=fact.kind,
            at=fact.at,
            actor=fact.actor,
            level=level_in(fact),
            text=sentence(speech, fact),
            detail=rows,
            because=fact.because,
        )


def _is_link(fact: Fact) -> bool:
    return not isinstance(fact.body, ASIDE) or (isinstance(fact.body, Commanded) and fact.body.does == "report")


def _closing(facts: Sequence[Fact]) -> bool:
    """Did the task run its whole way? Such a one shows every kind of step, so it comes first."""
    return any(isinstance(fact.body, TaskVerified) for fact in facts)


def _thin(facts: list[Fact]) -> list[Fact]:
    """The spine, with at most a few of a kind when it is long: the oldest ones and the newest one."""
    if len(facts) <= MOST_LINKS // 2:
        return facts
    by_kind: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=lambda fact: fact.seq):
        by_kind.setdefault(fact.kind, []).append(fact)
    few = max(2, MOST_LINKS // 2 // len(by_kind))
    out: list[Fact] = []
    for kind, some in by_kind.items():
        keep = few if kind not in (kind_of(LevelChanged), kind_of(ReadingsReceived)) else max(2, few // 2)
        out.extend(some if len(some) <= keep else [*some[: keep - 1], some[-1]])
    return out


def _with_left_out(links: list[Link], left: Sequence[Fact], case: str) -> list[Link]:
    """Say for each stage how many of its facts are not listed, after its last link."""
    out = list(links)
    for stage in STAGES:
        missing = [fact for fact in left if (fact.body.stage or "sense") == stage]
        if not missing:
            continue
        tasks = {task for fact in missing if (task := getattr(fact.body, "task", ""))}
        of_tasks = (
            Words(zh=f"（涉及 {len(tasks)} 项任务）", en=f" (of {counted(len(tasks), 'task')})")
            if tasks
            else Words(zh="", en="")
        )
        text = Words(
            zh=f"另有 {len(missing)} 条未列出{of_tasks.zh}",
            en=f"{len(missing)} more not listed here{of_tasks.en}",
        )
        place = max((number for number, link in enumerate(out) if STAGES.index(link.stage) <= STAGES.index(stage)), default=-1)
        newest = missing[-1]
        out.insert(
            place + 1,
            Link(
                id=f"{case or newest.id}:{stage}:left-out",
                stage=stage,
                kind="left-out",
                at=newest.at,
                actor=stage,
                level=None,
                text=text,
                detail=(),
                because=(),
            ),
        )
    return out
