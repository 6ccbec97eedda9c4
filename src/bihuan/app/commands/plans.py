"""`bihuan plan explain|chart`: what a plan would do, and how it looks, without a server."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import msgspec

from bihuan.app.clock import WallClock
from bihuan.app.packs import rules as rules_of
from bihuan.loop.casebook import Casebook
from bihuan.loop.plan.explain import Explained, Would
from bihuan.loop.plan.explain import explain as dry_run
from bihuan.model.errors import SettingError
from bihuan.model.times import instant, iso
from bihuan.pack.plan_chart import chart as drawn
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Words
from bihuan.pack.trouble import known_names
from bihuan.views.archive import Archive
from bihuan.views.steps import why_of_step
from bihuan.views.words import NEEDS, Speech, join, span_words

MOST_NAMED = 6
"""Units of one step that are named one by one; of more the first and how many there are."""

SAID = {
    "starts": ("会启动", "would start"),
    "not": ("不会启动", "would not start"),
    "declared": ("由{}值守{}启动，{}内答复", "declared by the duty officer of {}{}, to be answered within {}"),
    "pressed": ("由{}值守{}启动", "started by the duty officer of {}{}"),
    "second": ("（另一岗位同意后）", " and agreed to by a second post"),
    "case": ("案件：{}，由{}主办", "Case: {}, held by {}"),
    "task": ("任务", "task"),
    "call": ("叫应", "call"),
    "notice": ("通知", "notice"),
    "sign": ("签收", "sign"),
    "answer": ("应答", "answer"),
    "read": ("知悉", "read"),
    "arrive": ("到场", "arrive"),
    "done": ("完成", "done"),
    "after": ("在{}之后发出，时限从发出起算", "sent after {}, clocks run from sending"),
    "proof": ("凭证：{}", "proof: {}"),
    "checked": ("核查：{}", "checked by {}"),
    "fallback": ("无人签收转{}", "if nobody signs, {}"),
    "if": ("条件：{}", "if {}"),
    "more": ("等 {} 个单位", "and {} more"),
    "left": ("不发出的步骤", "Steps that would not be sent"),
    "also": ("同时启动", "Started by the same"),
    "others": ("同一触发下不启动的预案", "Plans with this trigger that stay away"),
}


def explain(arguments: argparse.Namespace) -> int:
    rules = rules_of(arguments.pack.split(","), WallClock().now())
    now = WallClock().now() if arguments.at is None else _instant(arguments.at, rules)
    values = dict(_value(text) for text in arguments.value)
    found = dry_run(rules, arguments.plan, arguments.place, now, level=arguments.level, values=values)
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        for line in _lines(rules, found, arguments.lang):
            print(line)
    return 0 if found.starts else 1


def chart(arguments: argparse.Namespace) -> int:
    rules = rules_of(arguments.pack.split(","), WallClock().now())
    if arguments.plan not in rules.plans:
        raise SettingError(f"there is no plan '{arguments.plan}'.", remedy=known_names("plans", arguments.plan, rules.plans))
    print(drawn(rules, rules.plans[arguments.plan], arguments.lang))
    return 0


def _instant(text: str, rules: Rules) -> int:
    try:
        return instant(text, rules.zone)
    except ValueError as error:
        raise SettingError(f"'{text}' is no time.", where="--at", remedy="Write it as 2025-07-09T00:42.") from error


def _value(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError as error:
        raise SettingError(f"'{text}' is no value.", where="--value", remedy="Write it as ponding-depth=27.") from error


def _lines(rules: Rules, found: Explained, lang: str) -> Iterator[str]:
    speech = Speech(rules, Casebook(), Archive(rules))
    both = 0 if lang == "zh" else 1

    def say(key: str, *parts: str) -> str:
        return SAID[key][both].format(*parts)

    def unit(id: str) -> str:
        return f"{getattr(speech.unit(id), lang)} ({id})"

    def plan_of(id: str) -> str:
        return f"{getattr(speech.plan(id), lang)} ({id})"

    plan, comma = rules.plans[found.plan], "，" if lang == "zh" else ", "
    why = speech.matched(found.plan, found.level) if plan.trigger.warning and found.starts else speech.answers(found.plan)
    yield f"{plan_of(found.plan)} {say('starts' if found.starts else 'not')}: {getattr(why, lang)}"
    if found.starts:
        if found.declared_by:
            second = say("second") if found.eyes == 4 else ""
            span = getattr(span_words(plan.answer), lang)
            yield say("declared" if plan.declared_at else "pressed", unit(found.declared_by), second, span)
        yield say("case", getattr(speech.title(found.case_type, found.place), lang), unit(found.holder))
        for step, tasks in groupby(found.tasks, key=lambda task: task.step):
            yield ""
            yield from _step(rules, speech, found, step, list(tasks), lang, say)
    if found.left_out:
        yield from ("", say("left") + ":")
        for row in found.left_out:
            step, left = speech.step(f"{found.plan}/{row.plan}"), why_of_step(speech, row.why)
            yield f"  {getattr(step, lang)} ({row.plan}): {getattr(left, lang)}"
    if found.not_matched:
        yield from ("", say("others") + ":")
        yield from (f"  {plan_of(row.plan)}: {getattr(speech.answers(row.plan), lang)}" for row in found.not_matched)
    if found.also:
        yield from ("", f"{say('also')}: {comma.join(map(plan_of, found.also))}")


def _step(
    rules: Rules, speech: Speech, found: Explained, step: str, tasks: list[Would], lang: str, say: Callable[..., str]
) -> Iterator[str]:
    one = tasks[0]

    def named(words: Iterable[Words]) -> str:
        return str(getattr(join(list(words)), lang))

    yield f"{getattr(speech.step(f'{found.plan}/{step}'), lang)} ({step}, {say(one.form)})"
    for task in tasks[:MOST_NAMED]:
        yield f"  -> {getattr(speech.unit(task.unit), lang)} ({task.unit})"
    if len(tasks) > MOST_NAMED:
        yield f"  -> {say('more', str(len(tasks) - MOST_NAMED))}"
    first = {"task": "sign", "call": "answer", "notice": "read"}[one.form]
    clocks = [(first, one.sign_by)]
    clocks += [("arrive", one.arrive_by)] if one.arrive_by is not None else []
    clocks += [("done", one.done_by)] if one.form == "task" else []
    said = [f"{say(name)} {iso(by // 1000 * 1000, rules.zone)[5:16].replace('T', ' ')}" for name, by in clocks]
    said += [say("after", named(speech.step(f"{found.plan}/{step}") for step in one.after))] if one.after else []
    said += [say("proof", named(NEEDS[need] for need in one.proof))] if one.proof else []
    said += [say("checked", f"{named([speech.unit(one.verifier)])} ({one.verifier})")] if one.verifier else []
    said += [say("fallback", f"{named([speech.unit(one.fallback)])} ({one.fallback})")] if one.fallback else []
    said += [say("if", named([why_of_step(speech, condition)])) for condition in one.conditions]
    yield "     " + "; ".join(said)
