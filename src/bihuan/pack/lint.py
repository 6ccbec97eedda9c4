"""Lint: how good is a pack? Bronze loads; silver can be read and argued with; gold is tested and looked after."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

from bihuan.model.errors import PackError
from bihuan.model.times import span_text
from bihuan.pack.check_ladders import versions_of
from bihuan.pack.checking import is_date
from bihuan.pack.draft import SECTIONS, Draft, Folders, Section
from bihuan.pack.formulas import share_of
from bihuan.pack.load import read_checked, rules_of
from bihuan.pack.rules import Rules
from bihuan.pack.scenario import check_scenario, read_scenario
from bihuan.pack.schema import Indicator, Ladder, Manifest, Plan, Rung, Words
from bihuan.pack.trouble import PackErrors, Troubles
from bihuan.pack.yaml_text import Path

Grade = Literal["none", "bronze", "silver", "gold"]
GRADES: tuple[Grade, ...] = ("none", "bronze", "silver", "gold")

_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to mend. `keeps_from` is the grade the pack cannot have with it."""

    level: Literal["error", "warning"]
    keeps_from: Grade
    where: str
    what: str
    remedy: str = ""

    @property
    def pack(self) -> str:
        """Folder name of the pack it was found in; empty where it is about all."""
        return self.where.removeprefix("packs/").partition("/")[0] if self.where.startswith("packs/") else ""

    def __str__(self) -> str:
        return f"{self.level} ({self.keeps_from}): {self.where}: {self.what} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Findings in the order of packs and checks, and the grade of every pack by folder name."""

    findings: tuple[Finding, ...]
    grades: Mapping[str, Grade]

    @property
    def grade(self) -> Grade:
        """The lowest grade of all."""
        return min(self.grades.values(), key=GRADES.index, default="none")

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "error")


def lint(folders: Folders, *, today: str = "") -> Report:
    """Grades every pack in `folders` (as for `load`). `today` (ISO date) tells which review dates are past.

    bronze: it loads. silver: words in both languages, an owner, a licence, and who set each threshold, in which version of
    which document. gold: scenario tests, a review date ahead, and no warning left. Without `today` no date is ever past.
    """
    try:
        draft = read_checked(folders)
    except PackErrors as errors:
        found = [
            Finding(level="error", keeps_from="bronze", where=e.where, what=e.what, remedy=e.remedy) for e in errors.errors
        ]
        return Report(findings=tuple(found), grades=dict.fromkeys(sorted(folders), "none"))
    rules = rules_of(draft, folders, "lint", today)
    findings = [
        *_manifests(draft, today),
        *_words(draft),
        *_names(draft),
        *_sources(draft),
        *_past(draft, rules, today),
        *_windows(draft),
        *_ratios(draft),
        *_unanswered(draft),
        *_never_enough(draft, rules),
        *_nobody_reached(draft, rules),
        *_scenarios(draft, rules, folders),
    ]
    return Report(findings=tuple(findings), grades={name: _grade(name, findings) for name in draft.manifests})


def _grade(pack: str, findings: list[Finding]) -> Grade:
    kept = [GRADES.index(finding.keeps_from) for finding in findings if finding.pack == pack]
    return GRADES[min(kept, default=len(GRADES)) - 1]


def _warn(keeps_from: Grade, where: str, what: str, remedy: str) -> Finding:
    return Finding(level="warning", keeps_from=keeps_from, where=where, what=what, remedy=remedy)


def _manifests(draft: Draft, today: str) -> Iterator[Finding]:
    for name, manifest in draft.manifests.items():
        where = f"packs/{name}/pack.yaml"
        for key in ("owner", "licence", "version", "urn"):
            if not getattr(manifest, key).strip():
                yield _warn("silver", where, f"pack '{name}' says no {key}.", f"Fill in '{key}'.")
        for problem in _word_problems(manifest.words):
            yield _warn("silver", where, f"the name of pack '{name}' {problem}.", "Say it in both languages.")
        yield from _review_by(name, manifest, where, today)


def _review_by(name: str, manifest: Manifest, where: str, today: str) -> Iterator[Finding]:
    if not is_date(manifest.review_by):
        has = f"'{manifest.review_by}', which is no date" if manifest.review_by else "none"
        yield _warn("gold", where, f"pack '{name}' needs a date by which somebody looks at it again, and has {has}.",
                    'Write review_by: "2027-05-01".')  # fmt: skip
    elif today and manifest.review_by < today:
        what = f"pack '{name}' was to be looked at again by {manifest.review_by}."
        yield _warn("gold", where, what, "Review it, then set the next date.")


def _sections(draft: Draft) -> Iterator[Section[Any]]:
    for name in SECTIONS:
        yield getattr(draft, name)


def _words(draft: Draft) -> Iterator[Finding]:
    for section in _sections(draft):
        for key, item in section.items.items():
            for path, words in _all_words(item, ()):
                for problem in _word_problems(words):
                    what = f"{section.what} '{key}' {problem}."
                    yield _warn("silver", section.where(key, *path), what, "Say it in both languages.")


def _all_words(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Words]]:
    """Every Words inside a declared value, with its path."""
    if isinstance(value, Words):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name, written in _fields(type(value)):
            yield from _all_words(getattr(value, name), (*path, written))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _all_words(item, (*path, index))


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Names of fields, in Python and as written in packs."""
    return tuple(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))


def _word_problems(words: Words) -> Iterator[str]:
    if not words.zh.strip():
        yield "has no Chinese words"
    if not words.en.strip():
        yield "has no English words"
    elif _HAN.search(words.en):
        yield f"has Chinese in its English words ('{words.en}')"


def _names(draft: Draft) -> Iterator[Finding]:
    """Rows without an English name: one finding a file, with how many."""
    sections: tuple[Section[Any], ...] = (draft.places, draft.things)
    for section in sections:
        bare: dict[str, list[str]] = {}
        rows: dict[str, int] = {}
        for key, item in section.items.items():
            file = section.where(key).rpartition(":")[0]
            rows[file] = rows.get(file, 0) + 1
            if not item.name_en:
                bare.setdefault(file, []).append(section.where(key))
        for file, lines in bare.items():
            what = f"{len(lines)} of {rows[file]} {section.what}s in this file have no English name, this one first."
            yield _warn("silver", lines[0], what, "Fill in name_en.")


def _sources(draft: Draft) -> Iterator[Finding]:
    for key, ladder in draft.ladders.items.items():
        for path, version in versions_of(ladder):
            for field in ("issuer", "document", "version"):
                if not getattr(version.source, field).strip():
                    what = f"ladder '{key}' does not say its source's {field}, so nobody can argue with it."
                    yield _warn("silver", draft.ladders.where(key, *path, "source"), what, f"Fill in '{field}'.")
    for key, indicator in draft.indicators.items.items():
        if indicator.origin != "real" and indicator.origin_note is None:
            what = f"indicator '{key}' is {indicator.origin}, and does not say from what."
            yield _warn("silver", draft.indicators.where(key, "origin"), what, "Say it in origin_note, in both languages.")


def _past(draft: Draft, rules: Rules, today: str) -> Iterator[Finding]:
    """Ladders whose last version has ended: they still warn, by thresholds nobody stands behind any more."""
    for key, ladder in rules.ladders.items():
        if today and ladder.source.valid_to and ladder.source.valid_to <= today:
            what = f"ladder '{key}' held until {ladder.source.valid_to}, and nothing has followed."
            yield _warn("gold", draft.ladders.where(key, "source"), what, "Add what holds now, or set a new date.")


def _windows(draft: Draft) -> Iterator[Finding]:
    for key, indicator in draft.indicators.items.items():
        ladder = draft.ladders.items.get(indicator.ladder)
        for path, index, rung in _rungs(ladder):
            if ladder and rung.window and rung.window.over % indicator.cadence:
                over, cadence = span_text(rung.window.over), span_text(indicator.cadence)
                what = f"ladder '{ladder.id}' looks at {over}, which is no multiple of the cadence {cadence} of '{key}'."
                where = draft.ladders.where(ladder.id, *path, "rungs", index, "window")
                yield _warn("gold", where, what, "Take a multiple, so that every window holds as many readings.")


def _ratios(draft: Draft) -> Iterator[Finding]:
    """Ratios of which nobody says of what: their parts cannot be added up, so above their own places there is no value."""
    indicators = draft.indicators.items
    bare = [key for key, one in indicators.items() if one.roll_up == "ratio" and not one.per and not _is_share(one)]
    for key, others in _by_file(draft.indicators, bare):
        what = f"indicator '{key}' rolls up as a ratio, and nobody says of what{others}: above its own places it has no value."
        remedy = (
            "Write 'per: <indicator>', or a formula over indicators that are counted: 100 * a / b, 100 * (a - b) / (a + c)."
        )
        yield _warn("gold", draft.indicators.where(key, "roll_up"), what, remedy)


def _is_share(indicator: Indicator) -> bool:
    return indicator.formula is not None and share_of(indicator.formula) is not None


def _rungs(ladder: Ladder | None) -> Iterator[tuple[Path, int, Rung]]:
    """Every rung of every version, with the version's path and the rung's number."""
    for path, version in versions_of(ladder) if ladder else ():
        for index, rung in enumerate(version.rungs):
            yield path, index, rung


def _unanswered(draft: Draft) -> Iterator[Finding]:
    """What nobody answers: levels without a plan, silences without an owner, ladders and groups nobody uses."""
    indicators, plans = draft.indicators.items, draft.plans.items.values()
    grouped = {name for group in draft.groups.items.values() for name in group.indicators}
    watched = {plan.trigger.silent.indicator for plan in plans if plan.trigger.silent}
    used = {indicator.ladder for indicator in indicators.values()}
    for key, indicator in indicators.items():
        if indicator.ladder and key not in grouped:
            what = f"indicator '{key}' has a ladder but is in no group, so it never warns."
            yield _warn("gold", draft.indicators.where(key), what, "Put it into a group.")
    alone = [key for key, indicator in indicators.items() if indicator.ladder and key not in watched]
    for key, others in _by_file(draft.indicators, alone):
        what = f"nobody has the duty to act when indicator '{key}' falls silent{others}."
        yield _warn("gold", draft.indicators.where(key), what, "Write a plan with 'trigger: {silent: {indicator: ...}}'.")
    for key in draft.ladders.items:
        if key not in used:
            yield _warn("gold", draft.ladders.where(key), f"no indicator uses ladder '{key}'.", "Use it or remove it.")
    yield from _unanswered_groups(draft)
    for key, case in draft.cases.items.items():
        if not case.watch:
            what = f"case type '{key}' watches for no relapse: the same trouble next day would be a new case with new credit."
            yield _warn("gold", draft.cases.where(key), what, "Write how long to watch: watch: 1d.")


def _by_file(section: Section[Any], keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The first of `keys` in each file, and in words how many there are besides: five hundred like it are one thing to do."""
    files: dict[str, list[str]] = {}
    for key in keys:
        files.setdefault(section.where(key).rpartition(":")[0], []).append(key)
    for first, *others in files.values():
        yield first, f" (and {len(others)} more in this file)" if others else ""


def _unanswered_groups(draft: Draft) -> Iterator[Finding]:
    indicators, plans = draft.indicators.items, draft.plans.items.values()
    bare: dict[str, list[str]] = {}
    for key, group in draft.groups.items.items():
        answered = {
            level
            for plan in plans
            if plan.trigger.warning and plan.trigger.warning.group == key
            for level in plan.trigger.warning.levels
        }
        ladders = [draft.ladders.items[indicators[name].ladder] for name in group.indicators]
        reached = {rung.level for ladder in ladders for rung in ladder.rungs}
        if lacking := [level for level in draft.levels.items if level in reached - answered]:
            bare.setdefault(", ".join(lacking), []).append(key)
    for levels, keys in bare.items():
        for key, others in _by_file(draft.groups, keys):
            what = f"no plan answers a warning of group '{key}' at {levels}{others}."
            yield _warn("gold", draft.groups.where(key), what, "Write a plan, or add these levels to one.")


def _never_enough(draft: Draft, rules: Rules) -> Iterator[Finding]:
    """Units with fewer series than their group wants at a level: there it never warns, however bad it gets."""
    for key, group in rules.groups.items():
        spots = [spot for name in group.indicators for spot in rules.subjects(rules.indicators[name])]
        found = Counter(rules.above(spot, group.at) for spot in spots) if group.least > 1 else {}
        if short := [place for place, count in found.items() if place and count < group.least]:
            others = f" and {len(short) - 1} more" if len(short) > 1 else ""
            what = f"group '{key}' wants {group.least} series at a level; at '{short[0]}'{others} it has fewer and never warns."
            remedy = "Warn at a higher place level, ask for fewer, or give these units more gauges."
            yield _warn("gold", draft.groups.where(key, "least"), what, remedy)


def _nobody_reached(draft: Draft, rules: Rules) -> Iterator[Finding]:
    """Places where no step of a plan reaches anybody: there its holder is left alone with it. Registered reports of a type
    that no plan answers: there nobody gets a task at all."""
    for key, plan in rules.plans.items():
        alone = [spot for spot in _trigger_spots(rules, plan) if not any(rules.reached(step.to, spot) for step in plan.steps)]
        if alone:
            others = f" and at {len(alone) - 1} more places" if len(alone) > 1 else ""
            what = f"plan '{key}' reaches nobody at '{alone[0]}'{others}: its holder gets one task, to close the case by hand."
            yield _warn("gold", draft.plans.where(key, "steps"), what, "Send a step to a unit that is there.")
    answered = {plan.trigger.report.case for plan in rules.plans.values() if plan.trigger.report}
    for key, case in rules.cases.items():
        if case.receive and key not in answered:
            what = f"reports of case type '{key}' are registered, but no plan answers them: nobody ever gets a task."
            yield _warn(
                "gold", draft.cases.where(key, "receive"), what, f"Write a plan with 'trigger: {{report: {{case: {key}}}}}'."
            )


def _trigger_spots(rules: Rules, plan: Plan) -> tuple[str, ...]:
    """Places and things that a plan may start for, as far as they are known beforehand."""
    trigger = plan.trigger
    if trigger.silent:
        return rules.subjects(rules.indicators[trigger.silent.indicator])
    if trigger.button:
        return tuple(place.code for place in rules.places.values() if place.level == trigger.button.at)
    if trigger.warning:
        group = rules.groups[trigger.warning.group]
        spots = (spot for name in group.indicators for spot in rules.subjects(rules.indicators[name]))
        if group.at != "subject":
            spots = (rules.above(spot, group.at) for spot in spots)
        return tuple(dict.fromkeys(spot for spot in spots if spot))
    return ()


def _scenarios(draft: Draft, rules: Rules, folders: Folders) -> Iterator[Finding]:
    for name in draft.manifests:
        tests = sorted(path for path in folders[name] if path.startswith("tests/") and path.endswith((".yaml", ".yml")))
        sections: tuple[Section[Any], ...] = (draft.ladders, draft.plans)
        acts = any(section.where(key).startswith(f"packs/{name}/") for section in sections for key in section.items)
        if acts and not tests:
            what = f"pack '{name}' has no scenario tests, so nobody knows what it does until it rains."
            yield _warn("gold", f"packs/{name}/tests", what, "Write one: tests/<name>.yaml.")
        for path in tests:
            yield from _scenario(rules, folders[name][path], f"packs/{name}/{path}")


def _scenario(rules: Rules, text: str, file: str) -> Iterator[Finding]:
    troubles = Troubles()
    found: tuple[PackError, ...] = ()
    try:
        check_scenario(read_scenario(text, file, rules.zone), rules, troubles)
        troubles.stop_if_any()
    except PackErrors as errors:
        found = errors.errors
    except PackError as error:
        found = (error,)
    for each in found:
        yield Finding(level="error", keeps_from="gold", where=each.where, what=each.what, remedy=each.remedy)
