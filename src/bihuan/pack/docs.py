"""A pack as a page people read: what is watched, when it warns, who does what by when."""

from collections.abc import Iterator, Sequence

from bihuan.model.times import span_text
from bihuan.pack.check_ladders import rung_text
from bihuan.pack.plan_chart import chart
from bihuan.pack.polygons import Area
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Indicator, Ladder, Plan, StepRule, Trigger, Version

MOST_NAMED = 20
"""Areas of a file that are named one by one."""


def docs(rules: Rules) -> str:
    """Markdown of all indicators with their ladders and sources, all plans, case types, routes, areas and scorecards."""
    lines = ["# What these packs declare", ""]
    lines += [f"- {pack.urn} {pack.version} (`{pack.digest[:12]}`)" for pack in rules.packs]
    lines += ["", "## Indicators"]
    for indicator in rules.indicators.values():
        lines += _indicator(rules, indicator)
    lines += ["", "## Plans"]
    for plan in rules.plans.values():
        lines += _plan(rules, plan)
    lines += [
        "",
        "## Case types",
        "",
        "| case type | held at | checked by | check | relapse watched for |",
        "|---|---|---|---|---|",
    ]
    for case in rules.cases.values():
        checked = f"{case.verify} at {case.verify_at}"
        name = f"{case.words.zh} {case.words.en} (`{case.id}`)"
        lines.append(_row(name, case.holder, checked, str(case.check), span_text(case.watch)))
    if rules.routes:
        lines += ["", "## Routes", "", "The first that fits says which unit holds a case.", "", *_routes(rules)]
    if rules.areas:
        lines += ["", "## Areas", "", "| file of areas | areas | their names |", "|---|---|---|"]
        lines += [_row(f"`{file}`", f"{len(areas):,}", _names(areas)) for file, areas in rules.areas.items()]
    lines += ["", "## Scorecards"]
    for card in rules.scorecards.values():
        lines += ["", f"### {card.words.zh} {card.words.en} (`{card.id}`)", ""]
        lines += [f"Units of level {card.units}, every {card.every}.", "", "| item | measure | weight | good |"]
        lines += ["|---|---|---|---|"]
        lines += [_row(f"{i.words.zh} {i.words.en}", i.measure, f"{i.weight:g}", i.direction) for i in card.items]
    return "\n".join(lines) + "\n"


def _indicator(rules: Rules, indicator: Indicator) -> Iterator[str]:
    subject = indicator.subject
    about = f"places of level {', '.join(subject.levels)}" if subject.levels else f"things: {subject.things}"
    about += f", only {', '.join(subject.only)}" if subject.only else ""
    yield from ("", f"### {indicator.words.zh} {indicator.words.en} (`{indicator.id}`)", "")
    if plate := rules.plate_of(indicator):
        track = rules.track_of(indicator)
        yield f"{plate.words.en}{f' / {track.words.en}' if track else ''}."
    datum = f" above the datum {indicator.datum}" if indicator.datum else ""
    yield f"In {indicator.unit}{datum}; {about}; a reading every {span_text(indicator.cadence)}, "
    yield f"unknown after {span_text(indicator.stale_after)} without one; {indicator.origin} data."
    if indicator.retain:
        yield f"Readings are kept for {span_text(indicator.retain)}."
    if indicator.origin_note:
        yield f"{indicator.origin_note.en}."
    if (group := rules.group_of(indicator.id)) and group.least > 1:
        yield f"Warns where {group.least} series of `{group.id}` of one {group.at} stand at a level, or at a worse one."
    if ladder := rules.ladders.get(indicator.ladder):
        yield from _ladder(ladder, ladder)
        for version in ladder.versions:
            yield from _ladder(ladder, version)


def _ladder(ladder: Ladder, version: Ladder | Version) -> Iterator[str]:
    source = version.source
    yield from ("", "| level | raised when | for | cleared when | kept |", "|---|---|---|---|---|")
    for rung in version.rungs:
        clear = f"{rung.clear.op} {rung.clear.value:g}" if rung.clear else "no longer raised"
        yield _row(rung.level, rung_text(rung), span_text(rung.for_), clear, span_text(rung.keep))
    said = ", ".join(part for part in (source.issuer, source.document, source.version) if part)
    yield from ("", f"Ladder {ladder.words.zh} {ladder.words.en}. Source: {said}.")
    if source.confidence:
        yield f"Confidence: {source.confidence}."
    if source.note:
        yield f"{source.note}."
    if source.valid_from or source.valid_to:
        yield f"Holds from {source.valid_from or 'the beginning'} until {source.valid_to or 'something new is written'}."
    if version.overrides:
        yield f"{len(version.overrides)} values are set otherwise at single places."


def _plan(rules: Rules, plan: Plan) -> Iterator[str]:
    yield from ("", f"### {plan.words.zh} {plan.words.en} (`{plan.id}`)", "")
    who = (
        f" Response {plan.response}, declared at {plan.declared_at} within {span_text(plan.answer)}"
        + (", by two persons." if plan.four_eyes else ".")
        if plan.declared_at
        else ""
    )
    yield f"{_trigger(plan.trigger)} Opens a case of type `{plan.case}`.{who}"
    yield from ("", chart(rules, plan), "")
    yield from ("| step | to | sign | arrive | done | proof | after |", "|---|---|---|---|---|---|---|")
    for step in plan.steps:
        arrive = str(step.arrive) if step.arrive else ""
        name = f"{step.words.zh} {step.words.en}" + (f" ({step.form})" if step.form != "task" else "")
        done = str(step.done) if step.done else ""
        yield _row(name, _to(step), str(step.sign), arrive, done, ", ".join(step.proof), ", ".join(step.after))


def _trigger(trigger: Trigger) -> str:
    if trigger.warning:
        return f"On a warning of `{trigger.warning.group}` at {', '.join(trigger.warning.levels)}."
    if trigger.silent:
        return f"When a series of `{trigger.silent.indicator}` falls silent."
    if trigger.button:
        return f"By a person: the duty post of a unit of level {trigger.button.at}."
    assert trigger.report  # exactly one trigger is checked on loading
    return f"On a report of `{trigger.report.case}`."


def _routes(rules: Rules) -> Iterator[str]:
    yield from ("| | route | cases | levels | area | hours | held by |", "|---|---|---|---|---|---|---|")
    for number, route in enumerate(rules.routes.values(), 1):
        name = f"{route.words.zh} {route.words.en} (`{route.id}`)"
        cases, levels = ", ".join(route.cases) or "any", ", ".join(route.levels) or "any"
        held = f"{route.to.role or 'the unit'} at {route.to.at}"
        yield _row(str(number), name, cases, levels, route.area or "anywhere", route.hours or "any", held)


def _names(areas: Sequence[Area]) -> str:
    some = ", ".join(area.name for area in areas[:MOST_NAMED])
    return f"{some} and {len(areas) - MOST_NAMED:,} more" if len(areas) > MOST_NAMED else some


def _to(step: StepRule) -> str:
    if step.to.role:
        return f"{step.to.role} at {step.to.at}"
    return f"{step.to.down} units" + (f" affected at {step.to.affected}" if step.to.affected else "")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
