"""A plan drawn as a flow chart: an SVG made from its declaration alone, readable in light and dark, the same every time."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from bihuan.model.times import span_text
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Plan, StepRule, Trigger, Words

Lang = Literal["zh", "en"]

WIDE, PAD, GAP, APART, EDGE, LINE = 232, 12, 18, 58, 16, 18
"""Of a card: its width, what is free inside it; between cards of a column, and between columns; around all; of a text line."""

FORMS = {
    "task": Words(zh="任务", en="Task"),
    "call": Words(zh="叫应", en="Call"),
    "notice": Words(zh="通知", en="Notice"),
}
FIRST = {
    "task": Words(zh="签收", en="sign"),
    "call": Words(zh="应答", en="answer"),
    "notice": Words(zh="知悉", en="read"),
}
PROOF = {
    "photo": Words(zh="照片", en="photo"),
    "text": Words(zh="文字", en="text"),
    "count": Words(zh="数量", en="count"),
    "position": Words(zh="位置", en="position"),
}

STYLE = """\
.plan-chart{--ink:#17212b;--soft:#4d5b6a;--card:#ffffff;--back:#f4f6f8;--line:#8593a2;--task:#1f5fbf;--call:#a8480f;
--notice:#4d5b6a;--ask:#7a3fa0;--end:#1d7a4f;
font:13px/18px "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif}
@media (prefers-color-scheme:dark){.plan-chart{--ink:#eef3f8;--soft:#b3c0cd;--card:#1f2933;--back:#141b22;--line:#74828f;
--task:#7db2ff;--call:#ffab73;--notice:#b3c0cd;--ask:#d0a2f2;--end:#6fd6a4}}
.plan-chart .back{fill:var(--back)}.plan-chart .card{fill:var(--card);stroke:var(--line)}
.plan-chart text{fill:var(--ink)}.plan-chart .soft{fill:var(--soft);font-size:12px}.plan-chart .name{font-weight:600}
.plan-chart .edge{fill:none;stroke:var(--line);stroke-width:1.5}.plan-chart .tip{fill:var(--line)}
.plan-chart .free{stroke-dasharray:4 4}
.plan-chart .task{fill:var(--task)}.plan-chart .call{fill:var(--call)}.plan-chart .notice{fill:var(--notice)}
.plan-chart .ask{fill:var(--ask)}.plan-chart .end{fill:var(--end)}.plan-chart .kind{font-size:11px;font-weight:600}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One box: what it is in a word, its name, and what is to be known about it."""

    look: str
    kind: str
    name: tuple[str, ...]
    about: tuple[str, ...]

    @property
    def height(self) -> int:
        return 2 * PAD + LINE * (1 + len(self.name) + len(self.about)) - 4


def chart(rules: Rules, plan: Plan, lang: Lang = "zh") -> str:
    """The whole SVG element, without a line that is empty: so it may stand inside Markdown."""
    draw = _Drawing(rules, plan, lang)
    return draw.svg()


class _Drawing:
    def __init__(self, rules: Rules, plan: Plan, lang: Lang) -> None:
        self.rules = rules
        self.plan = plan
        self.lang = lang
        self.levels = {level.id: level.words for level in rules.levels}
        self.place_levels = {level.id: level.words for level in rules.place_levels}
        self.ways: list[tuple[str, str, bool]] = []
        """The edges, cut at the lanes they pass."""

    def say(self, words: Words) -> str:
        return words.zh if self.lang == "zh" else words.en

    def low(self, words: Words) -> str:
        """A name in the middle of a sentence."""
        return words.zh if self.lang == "zh" else words.en[:1].lower() + words.en[1:]

    def pick(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    # what stands in the boxes

    def start(self) -> Card:
        return self.card("ask", self.pick("触发", "Trigger"), _trigger(self, self.plan.trigger), [])

    def asked(self) -> Card | None:
        plan = self.plan
        four = [self.pick("需另一岗位同意（四眼）", "a second post must agree")] if plan.four_eyes else []
        if plan.declared_at:
            at = self.say(self.place_levels[plan.declared_at])
            name = self.pick(f"{at}值守启动{plan.response}级响应", f"{at} duty officer declares response {plan.response}")
            within = self.pick(f"{span_text(plan.answer)} 内答复", f"answer within {span_text(plan.answer)}")
            return self.card("ask", self.pick("由人启动", "By a person"), name, [within, *four])
        return self.card("ask", self.pick("由人启动", "By a person"), four[0], []) if four else None

    def step(self, step: StepRule) -> Card:
        lines = [self.to(step), self.clocks(step)]
        if step.proof:
            lines.append(
                self.pick("凭证：", "proof: ") + self.pick("、", ", ").join(self.say(PROOF[one]) for one in step.proof)
            )
        if step.levels:
            names = self.pick("、", ", ").join(self.low(self.levels[level]) for level in step.levels)
            lines.append(self.pick(f"仅当预警为{names}", f"only at {names}"))
        for when in step.when:
            name = self.say(self.rules.indicators[when.indicator].words)
            unknown = (
                self.pick("，未知则等", ", waits if unknown")
                if when.unknown == "no"
                else self.pick("，未知亦发", ", or unknown")
            )
            lines.append(self.pick("仅当", "only if ") + f"{name} {when.op} {when.value:g}{unknown}")
        if step.fallback:
            role = self.say(self.rules.departments[step.fallback].words)
            lines.append(self.pick(f"无人签收转{role}", f"unsigned: to {role}"))
        if step.form == "call":
            lines.append(self.pick("无人应答逐级上呼", "unanswered: the unit above, up to the top"))
        return self.card(step.form, self.say(FORMS[step.form]), self.say(step.words), lines)

    def to(self, step: StepRule) -> str:
        to = step.to
        if to.role:
            role, at = self.say(self.rules.departments[to.role].words), self.low(self.place_levels[to.at])
            return f"→ {at} {role}" if self.lang == "zh" else f"→ {role}, {at}"
        level = self.low(self.place_levels[to.down])
        if not to.affected:
            return self.pick(f"↓ 各{level}", f"↓ every {level} below")
        affected = self.low(self.levels[to.affected])
        return self.pick(f"↓ {affected}及以上的{level}", f"↓ every {level} at {affected} or worse")

    def clocks(self, step: StepRule) -> str:
        parts = [(self.say(FIRST[step.form]), step.sign)]
        parts += [(self.pick("到场", "arrive"), step.arrive)] if step.arrive else []
        parts += [(self.pick("完成", "done"), step.done)] if step.form == "task" else []
        return " · ".join(f"{name}\u00a0{limit}" for name, limit in parts)

    def end(self) -> Card:
        case = self.rules.cases[self.plan.case]
        role, at = self.low(self.rules.departments[case.verify].words), self.low(self.place_levels[case.verify_at])
        lines = [self.pick(f"{at}{role}核查（{case.check}）", f"checked by {role}, {at} ({case.check})")]
        if self.plan.trigger.warning or self.plan.trigger.silent:
            lines.append(self.pick("且指标恢复", "and the indicator is green again"))
        if case.watch:
            lines.append(self.pick(f"复发观察 {span_text(case.watch)}", f"watched for relapse {span_text(case.watch)}"))
        return self.card("end", self.pick("办结", "Closing"), self.say(case.words), lines)

    def card(self, look: str, kind: str, name: str, about: Sequence[str]) -> Card:
        wrapped = tuple(line for text in about for line in wrap(text, WIDE - 2 * PAD - 6, 12))
        return Card(look=look, kind=kind, name=tuple(wrap(name, WIDE - 2 * PAD - 6, 13)), about=wrapped)

    # where they stand

    def columns(self) -> list[list["_Spot"]]:
        """Cards by how many come before them, with a lane through every column that an edge passes without stopping."""
        depth: dict[str, int] = {}
        steps = {step.id: step for step in self.plan.steps}

        def of(id: str) -> int:
            if id not in depth:
                depth[id] = 1 + max((of(other) for other in steps[id].after), default=-1)
            return depth[id]

        first = [_Spot(id="start", card=self.start())]
        columns = [first, *([[_Spot(id="asked", card=asked)]] if (asked := self.asked()) else [])]
        before = len(columns)
        columns += [[] for _ in range(1 + max(of(id) for id in steps))]
        for id, step in steps.items():
            columns[before + of(id)].append(_Spot(id=f"step-{id}", card=self.step(step)))
        columns.append([_Spot(id="end", card=self.end())])
        self._lanes(columns)
        return columns

    def _lanes(self, columns: list[list["_Spot"]]) -> None:
        """Put the lanes in, and every column in the order of what leads into it."""
        column_of = {spot.id: number for number, column in enumerate(columns) for spot in column}
        led: dict[str, list[str]] = {}
        for a, b, waits in self.edges():
            last = a
            for number in range(column_of[a] + 1, column_of[b]):
                lane = f"{a}>{b}@{number}"
                columns[number].append(_Spot(id=lane, card=None))
                led.setdefault(lane, []).append(last)
                self.ways.append((last, lane, waits))
                last = lane
            led.setdefault(b, []).append(last)
            self.ways.append((last, b, waits))
        for number in range(1, len(columns)):
            place = {spot.id: at for at, spot in enumerate(columns[number - 1])}
            middle = {
                spot.id: sum(place[a] for a in led[spot.id] if a in place) / max(1, sum(a in place for a in led[spot.id]))
                for spot in columns[number]
            }
            columns[number].sort(key=lambda spot: middle[spot.id])

    def edges(self) -> list[tuple[str, str, bool]]:
        """From, to, and whether what comes after waits for it."""
        first = "asked" if self.asked() else "start"
        out = [("start", "asked", True)] if first == "asked" else []
        led = {other for step in self.plan.steps for other in step.after}
        for step in self.plan.steps:
            if not step.after:
                out.append((first, f"step-{step.id}", True))
            out.extend((f"step-{other}", f"step-{step.id}", True) for other in step.after)
            if step.id not in led:
                out.append((f"step-{step.id}", "end", step.form != "notice"))
        return out

    def svg(self) -> str:
        columns = self.columns()
        tall = [sum(spot.height for spot in column) + GAP * (len(column) - 1) for column in columns]
        high, wide = max(tall) + 2 * EDGE, len(columns) * (WIDE + APART) - APART + 2 * EDGE
        at: dict[str, tuple[int, int, _Spot]] = {}
        for number, column in enumerate(columns):
            y = EDGE + (max(tall) - tall[number]) // 2
            for spot in column:
                at[spot.id] = (EDGE + number * (WIDE + APART), y, spot)
                y += spot.height + GAP
        title = escape(f"{self.say(self.plan.words)} ({self.plan.id})")
        tip = f"tip-{escape(self.plan.id)}"
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="plan-chart" viewBox="0 0 {wide} {high}" width="{wide}" '
            f'height="{high}" role="img" lang="{"zh-CN" if self.lang == "zh" else "en"}">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            f'<defs><marker id="{tip}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
            f'<rect class="back" width="{wide}" height="{high}" rx="8"/>',
        ]
        lines += [_edge(at[a], at[b], tip, waits) for a, b, waits in self.ways]
        lines += [line for x, y, spot in at.values() if spot.card for line in _box(x, y, spot.card)]
        return "\n".join([*lines, "</svg>"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A place in a column: of a card, or of an edge that passes."""

    id: str
    card: Card | None

    @property
    def height(self) -> int:
        return self.card.height if self.card else 0


def _trigger(draw: _Drawing, trigger: Trigger) -> str:
    rules = draw.rules
    if trigger.warning:
        group = draw.say(rules.groups[trigger.warning.group].words)
        levels = draw.pick("、", ", ").join(draw.low(draw.levels[level]) for level in trigger.warning.levels)
        return draw.pick(f"{group}预警：{levels}", f"{group} warning: {levels}")
    if trigger.silent:
        name = draw.say(rules.indicators[trigger.silent.indicator].words)
        return draw.pick(f"{name}中断", f"{name} silent")
    if trigger.button:
        at = draw.say(draw.place_levels[trigger.button.at])
        return draw.pick(f"{at}值守手动启动", f"{at} duty officer presses the button")
    assert trigger.report  # exactly one trigger is checked on loading
    name = draw.say(rules.cases[trigger.report.case].words)
    return draw.pick(f"上报：{name}", f"Report: {name}")


def _edge(a: tuple[int, int, _Spot], b: tuple[int, int, _Spot], tip: str, waits: bool) -> str:
    """From the right of one to the left of the next; a lane is passed straight through."""
    x1, y1, y2 = a[0] + WIDE, a[1] + a[2].height // 2, b[1] + b[2].height // 2
    x2 = b[0] - 2 if b[2].card else b[0]
    start = f"M{x1} {y1}" if a[2].card else f"M{a[0]} {y1}H{x1}"
    middle = (x1 + x2) // 2
    way = f"H{x2}" if y1 == y2 else f"C{middle} {y1} {middle} {y2} {x2} {y2}"
    end = f' marker-end="url(#{tip})"' if b[2].card else ""
    return f'<path class="edge{"" if waits else " free"}"{end} d="{start}{way}"/>'


def _box(x: int, y: int, card: Card) -> list[str]:
    out = [
        f'<rect class="card" x="{x}" y="{y}" width="{WIDE}" height="{card.height}" rx="6"/>',
        f'<rect class="{card.look}" x="{x}" y="{y}" width="5" height="{card.height}" rx="2"/>',
    ]
    line = y + PAD + 11
    out.append(f'<text class="kind {card.look}" x="{x + PAD + 4}" y="{line}">{escape(card.kind)}</text>')
    for kind, texts in (("name", card.name), ("soft", card.about)):
        for text in texts:
            line += LINE
            out.append(f'<text class="{kind}" x="{x + PAD + 4}" y="{line}">{escape(text)}</text>')
    return out


def wrap(text: str, room: int, size: int) -> list[str]:
    """Lines of `text` no wider than `room` pixels, as far as widths can be known without a font: a Han character is as wide
    as it is high, others a little more than half. Breaks between words, and anywhere between Han characters."""
    lines, line, used = [], "", 0.0
    for part in _parts(text):
        wide = sum(_width(char) for char in part) * size
        if line and used + wide > room:
            lines.append(line.rstrip())
            line, used, part = "", 0.0, part.lstrip()
        line, used = line + part, used + wide
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for char in text:
        stays = parts and _width(char) < 1 and _width(parts[-1][-1]) < 1 and not parts[-1].endswith(" ")
        # A closing mark never begins a line.
        if stays or (parts and char in "，。、）：；"):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _width(char: str) -> float:
    return 1.0 if ord(char) >= 0x2E80 else 0.53
