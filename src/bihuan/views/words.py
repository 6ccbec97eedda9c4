"""How things are called in a sentence, in both languages: places, units, steps, spans, values, levels."""

from collections.abc import Iterable

from bihuan.loop.case import Task
from bihuan.loop.casebook import Casebook
from bihuan.loop.plan.words import NOBODY
from bihuan.model.facts import LevelChanged
from bihuan.model.times import DAY, HOUR, MINUTE, SECOND, iso, span
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Words
from bihuan.views.archive import Archive

NOTHING = Words(zh="", en="")
BY_HAND = Words(zh="预案未触达任何单位，由主办单位核实处置", en="The plan reached nobody: the holder looks and acts")

CLOCKS = {
    "sign": Words(zh="签收", en="signing"),
    "arrive": Words(zh="到场", en="arrival"),
    "done": Words(zh="完成", en="completion"),
    "check": Words(zh="核查", en="the check"),
    "answer": Words(zh="答复", en="the answer"),
    "register": Words(zh="立案", en="registering"),
    "recheck": Words(zh="回头看", en="looking again"),
    "appeal": Words(zh="申诉裁定", en="the decision of the appeal"),
}

VERBS = {
    "declare": Words(zh="启动响应", en="Declare"),
    "decline": Words(zh="暂不启动", en="Decline"),
    "start": Words(zh="启动预案", en="Start a plan"),
    "pause": Words(zh="暂停预案", en="Pause a plan"),
    "go-on": Words(zh="继续预案", en="Let a plan go on"),
    "sign": Words(zh="签收", en="Sign"),
    "arrive": Words(zh="报到场", en="Report arrival"),
    "claim": Words(zh="报完成", en="Report done"),
    "return": Words(zh="退回", en="Return"),
    "verify": Words(zh="核查通过", en="Verify"),
    "found": Words(zh="回头看结果", en="Say what was found"),
    "send-back": Words(zh="核查退回", en="Send back"),
    "report": Words(zh="上报", en="Report"),
    "register": Words(zh="立案", en="Register"),
    "reject": Words(zh="不予立案", en="Reject"),
    "offer": Words(zh="移交", en="Offer to another unit"),
    "accept": Words(zh="接收", en="Accept"),
    "give-back": Words(zh="退回移交", en="Give back"),
    "withdraw": Words(zh="撤回移交", en="Withdraw the offer"),
    "add-task": Words(zh="追加任务", en="Add a task"),
    "merge": Words(zh="并案", en="Merge"),
    "unmerge": Words(zh="撤销并案", en="Take the merge back"),
    "second": Words(zh="同样上报", en="Me too"),
    "reopen": Words(zh="重新打开", en="Reopen"),
    "ask-extension": Words(zh="申请延期", en="Ask for more time"),
    "ask-hold": Words(zh="申请挂账", en="Ask for a hold"),
    "grant": Words(zh="批准", en="Grant"),
    "deny": Words(zh="不批准", en="Deny"),
    "resume": Words(zh="恢复办理", en="Let it go on"),
    "appeal": Words(zh="申诉", en="Appeal"),
    "decide": Words(zh="裁定申诉", en="Decide the appeal"),
}

NEEDS = {
    "reason": Words(zh="理由", en="reason"),
    "unit": Words(zh="单位", en="unit"),
    "case": Words(zh="案件", en="case"),
    "span": Words(zh="时长", en="span"),
    "photo": Words(zh="照片", en="photo"),
    "text": Words(zh="文字", en="text"),
    "count": Words(zh="数量", en="count"),
    "position": Words(zh="位置", en="position"),
}
"""What a deed may ask for, of the command and of its proof."""

_FOLDS = {
    "sum": ("", "in {}"),
    "mean": ("平均", "on average over {}"),
    "max": ("最高", "at most in {}"),
    "min": ("最低", "at least in {}"),
    "delta": ("变化", "of change in {}"),
}

_PARTS = ((DAY, "天", "d"), (HOUR, "小时", "h"), (MINUTE, "分钟", "min"), (SECOND, "秒", "s"))


def span_words(milliseconds: int) -> Words:
    """A span as people say it, in its two largest parts: 6小时10分钟, 6 h 10 min."""
    zh, en, left = [], [], max(0, milliseconds)
    for size, zh_name, en_name in _PARTS:
        count, left = divmod(left, size)
        if count:
            zh.append(f"{count}{zh_name}")
            en.append(f"{count} {en_name}")
    return Words(zh="".join(zh[:2]) or "0秒", en=" ".join(en[:2]) or "0 s")


def number(value: float) -> str:
    """One decimal, two below ten; no trailing noughts."""
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def lower(text: str) -> str:
    """A label in the middle of an English sentence."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def join(parts: list[Words], zh: str = "、", en: str = ", ") -> Words:
    return Words(zh=zh.join(part.zh for part in parts), en=en.join(part.en for part in parts))


class Speech:
    """Names from the rules. What the packs no longer know is called by its id: old facts must stay readable."""

    def __init__(self, rules: Rules, book: Casebook, archive: Archive) -> None:
        self.rules = rules
        self.book = book
        self.archive = archive
        self._levels = {level.id: level.words for level in rules.levels} | {"unknown": Words(zh="未知", en="Unknown")}
        self._steps = {f"{plan.id}/{step.id}": step.words for plan in rules.plans.values() for step in plan.steps}

    # names

    def place(self, spot: str) -> Words:
        return self.rules.name(spot)

    def unit(self, unit: str) -> Words:
        """A unit in a sentence: a department stands after its place in both languages, Qianjiang drainage."""
        known = self.rules.units.get(unit)
        if known is None or not known.role:
            return self.rules.name(unit)
        place, role = self.place(known.place), self.rules.departments[known.role].words
        return Words(zh=known.words.zh, en=f"{place.en} {lower(role.en)}")

    def named_unit(self, id: str) -> Words | None:
        """The name of a unit; None where an id is none of a unit."""
        return self.unit(id) if id in self.rules.units else None

    def level(self, level: str) -> Words:
        words = self._levels.get(level)
        return Words(zh=words.zh, en=lower(words.en)) if words else Words(zh=level, en=level)

    def indicator(self, indicator: str) -> Words:
        known = self.rules.indicators.get(indicator)
        return known.words if known else Words(zh=indicator, en=indicator)

    def measure(self, indicator: str) -> str:
        """Unit of measure."""
        known = self.rules.indicators.get(indicator)
        return known.unit if known else ""

    def datum(self, indicator: str) -> Words:
        """What a height is above: 吴淞基面以上, above the Wusong datum. Packs say it in a sentence `datum-wusong`; nothing for
        what is no height."""
        known = self.rules.indicators.get(indicator)
        if known is None or not known.height_above:
            return NOTHING
        words = self.rules.sentences.get(f"datum-{known.height_above.lower()}")
        return words or Words(zh=f"{known.height_above}基面以上", en=f"above {known.height_above}")

    def amount(self, indicator: str, value: float, fold: str = "") -> Words:
        """A value with its unit, and of a height what it is above: 4.12 m above the Wusong datum. A change of one (a `delta`)
        is above nothing."""
        text = f"{number(value)} {self.measure(indicator)}".strip()
        above = NOTHING if fold == "delta" else self.datum(indicator)
        return Words(zh=f"{text}（{above.zh}）", en=f"{text} {above.en}") if above.zh else Words(zh=text, en=text)

    def formula(self, expression: str, inputs: Iterable[tuple[str, str, float]]) -> Words:
        """A formula with what stands for its names: 100 * c / d（c 结案数 4 件，d 应结案数 10 件）.

        Inputs are (name, indicator, value).
        """
        said = []
        for name, indicator, value in inputs:
            words, amount = self.indicator(indicator), self.amount(indicator, value)
            said.append(Words(zh=f"{name} {words.zh} {amount.zh}", en=f"{name}: {lower(words.en)} {amount.en}"))
        if not said:
            return Words(zh=expression, en=expression)
        parts = join(said, zh="，", en=", ")
        return Words(zh=f"{expression}（{parts.zh}）", en=f"{expression} ({parts.en})")

    def group(self, group: str) -> Words:
        known = self.rules.groups.get(group)
        return known.words if known else Words(zh=group, en=group)

    def plan(self, plan: str) -> Words:
        known = self.rules.plans.get(plan)
        return known.words if known else Words(zh=plan, en=plan)

    def answers(self, plan: str) -> Words:
        """What a plan answers: its trigger in words."""
        known = self.rules.plans.get(plan)
        if known is None:
            return Words(zh=plan, en=plan)
        if trigger := known.trigger.warning:
            group, levels = self.group(trigger.group), [self.level(level) for level in trigger.levels]
            at = join(levels, zh="、", en=" or ")
            return Words(zh=f"适用于{group.zh}{at.zh}预警", en=f"answers a {lower(group.en)} warning at {at.en}")
        if silence := known.trigger.silent:
            words = self.indicator(silence.indicator)
            return Words(zh=f"适用于{words.zh}中断", en=f"answers silence of {lower(words.en)}")
        if known.trigger.button:
            return Words(zh="由值班人员启动", en="is started by a duty officer")
        words = self.case_type(known.trigger.report.case if known.trigger.report else known.case)
        return Words(zh=f"适用于上报：{words.zh}", en=f"answers reports of {lower(words.en)}")

    def matched(self, plan: str, level: str = "") -> Words:
        """Why a plan matched: the level its warning stood at, where that is known."""
        known = self.rules.plans.get(plan)
        trigger = known.trigger.warning if known else None
        if trigger is None or level not in trigger.levels:
            return self.answers(plan)
        group, at = self.group(trigger.group), self.level(level)
        return Words(zh=f"{group.zh}预警为{at.zh}", en=f"{lower(group.en)} warning at {at.en}")

    def step(self, step: str) -> Words:
        """`step` is `plan/step`."""
        if step.endswith(f"/{NOBODY}"):
            return BY_HAND
        return self._steps.get(step) or Words(zh=step, en=step)

    def case_type(self, kind: str) -> Words:
        known = self.rules.cases.get(kind)
        return known.words if known else Words(zh=kind, en=kind)

    def scorecard(self, card: str) -> Words:
        known = self.rules.scorecards.get(card)
        return known.words if known else Words(zh=card, en=card)

    def sentence(self, key: str) -> Words:
        return self.rules.sentences.get(key) or Words(zh=key, en=key)

    # phrases

    def title(self, kind: str, spot: str) -> Words:
        """What a case is called."""
        words, place = self.case_type(kind), self.place(spot)
        return Words(zh=f"{place.zh} {words.zh}", en=f"{words.en}, {place.en}")

    def case_title(self, case: str) -> Words:
        known = self.book.cases.get(case)
        return self.title(known.type, known.place) if known else Words(zh=case, en=case)

    def case_by_id(self, case: str) -> Words:
        """With its id, where its title alone would not tell it from another one."""
        title = self.case_title(case)
        return title if title.en == case else Words(zh=f"{title.zh}（{case}）", en=f"{title.en} ({case})")

    def route(self, route: str) -> Words:
        """The rule by which a unit holds a case; empty: the case type's own."""
        known = self.rules.routes.get(route)
        own = Words(zh="按案件类型规定的层级", en="at the level its type says") if not route else Words(zh=route, en=route)
        return known.words if known else own

    def task_step(self, task: str) -> Words:
        known = self.book.tasks.get(task)
        return self.step_of(known) if known else Words(zh=task, en=task)

    def step_of(self, task: Task) -> Words:
        if task.sent.text:  # added by a person, so no plan says it
            return Words(zh=task.sent.text, en=task.sent.text)
        return self.step(f"{task.sent.plan}/{task.sent.step}")

    def actor(self, actor: str) -> Words:
        """`duty@500101` -> 万州区值守, duty officer of Wanzhou."""
        post, at, unit = actor.partition("@")
        if not at:
            return Words(zh=actor, en=actor)
        name = self.unit(unit)
        posts = {"duty": ("值守", "duty officer"), "crew": ("处置队", "crew"), "checker": ("核查员", "checker")}
        zh, en = posts.get(post, (post, post))
        return Words(zh=f"{name.zh}{zh}", en=f"{en} of {name.en}")

    def clock_time(self, at: int) -> str:
        """`02:10`, local."""
        return iso(at // SECOND * SECOND, self.rules.zone)[11:16]

    def moment(self, at: int) -> str:
        """`2018-05-13 02:10:00`, local."""
        return iso(at // SECOND * SECOND, self.rules.zone)[:19].replace("T", " ")

    def value(self, change: LevelChanged) -> Words:
        """The value a rule looked at: 6小时 53.2 mm, 53.2 mm in 6 h; of spans running, what the least of them holds."""
        fold, _, over = change.rule.window.partition(" ")
        over, _, times = over.partition(" x")
        said = self.amount(change.indicator, change.value, fold)
        if not over:
            return said
        try:
            window = span_words(span(over))
        except ValueError:
            window = Words(zh=over, en=over)
        zh, en = _FOLDS.get(fold, (fold, fold + " over {}"))
        if times:
            window = Words(zh=f"连续 {times} 个{window.zh}", en=f"each of the last {times} spans of {window.en}")
        return Words(zh=f"{window.zh}{zh} {said.zh}", en=f"{said.en} {en.format(window.en)}")
