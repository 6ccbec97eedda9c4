"""Why a step of a plan is or is not sent, in both languages and with names for ids.

Facts and dry runs say it in one set form of English (`loop/plan/words.py`); both languages are made from that, so that
journals of any age are read. What has no form here is shown as it was said; the tests go through all the forms.
"""

import re
from collections.abc import Callable, Iterable

from bihuan.pack.schema import Words
from bihuan.views.words import Speech, join, lower

_SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<"}
_ASKED = r"(\S+) (>=|>|<=|<) (\S+)"
_NOW = r" \((?:is (\S+)|(not known, so it goes))\)"

Parts = tuple[str, ...]


def why_of_step(speech: Speech, said: str) -> Words:
    """A reason for which a step was left out, or a condition that it has."""
    for form, say in _READ:
        if (found := form.fullmatch(said)) is not None:
            return say(speech, tuple(part or "" for part in found.groups()))
    return Words(zh=said, en=said)


def _condition(speech: Speech, indicator: str, sign: str, value: str) -> Words:
    """积水深度 ≥ 10 cm."""
    words, amount = speech.indicator(indicator), speech.amount(indicator, float(value))
    return Words(zh=f"{words.zh} {_SIGNS[sign]} {amount.zh}", en=f"{lower(words.en)} {_SIGNS[sign]} {amount.en}")


def _levels(speech: Speech, said: str) -> Words:
    return join([speech.level(level) for level in said.split(", ")], zh="、", en=" or ")


def _place_level(speech: Speech, id: str) -> Words:
    known = next((one.words for one in speech.rules.place_levels if one.id == id), None)
    return Words(zh=known.zh, en=lower(known.en)) if known else Words(zh=id, en=id)


def _other_level(speech: Speech, parts: Parts) -> Words:
    level, levels = speech.level(parts[0]), _levels(speech, parts[1])
    return Words(zh=f"等级为{level.zh}，仅在{levels.zh}时发出", en=f"it is {level.en}, and this is sent only at {levels.en}")


def _only_at(speech: Speech, parts: Parts) -> Words:
    levels = _levels(speech, parts[0])
    return Words(zh=f"等级为{levels.zh}", en=f"the level is {levels.en}")


def _unknown(speech: Speech, parts: Parts) -> Words:
    asked = _condition(speech, parts[0], parts[1], parts[2])
    return Words(zh=f"要求{asked.zh}，而此处没有数据", en=f"{asked.en} is asked for, and nothing is known of it")


def _unmet(speech: Speech, parts: Parts) -> Words:
    asked, now = _condition(speech, parts[0], parts[1], parts[2]), speech.amount(parts[0], float(parts[3]))
    place = speech.place(parts[4])
    return Words(zh=f"要求{asked.zh}，而{place.zh}为 {now.zh}", en=f"{asked.en} is asked for, and it is {now.en} at {place.en}")


def _no_role(speech: Speech, parts: Parts) -> Words:
    role, level, place = speech.rules.departments.get(parts[0]), _place_level(speech, parts[1]), speech.place(parts[2])
    words = Words(zh=role.words.zh, en=lower(role.words.en)) if role else Words(zh=parts[0], en=parts[0])
    return Words(zh=f"{place.zh}所属的{level.zh}没有“{words.zh}”", en=f"there is no {words.en} at the {level.en} of {place.en}")


def _no_unit(speech: Speech, parts: Parts) -> Words:
    level, place, worse = _place_level(speech, parts[0]), speech.place(parts[1]), speech.level(parts[2])
    if not parts[2]:
        return Words(zh=f"{place.zh}没有{level.zh}一级的单位", en=f"there is no unit of level {level.en} at {place.en}")
    return Words(
        zh=f"{place.zh}没有{level.zh}一级的单位达到{worse.zh}或更重",
        en=f"no unit of level {level.en} at {place.en} stands at {worse.en} or worse",
    )


def _holds(speech: Speech, parts: Parts) -> Words:
    asked = _condition(speech, parts[0], parts[1], parts[2])
    if parts[4]:
        return Words(zh=f"{asked.zh}（没有数据，照发）", en=f"{asked.en} (not known, so it goes)")
    now = speech.amount(parts[0], float(parts[3]))
    return Words(zh=f"{asked.zh}（现为 {now.zh}）", en=f"{asked.en} (it is {now.en})")


_FORMS: Iterable[tuple[str, Callable[[Speech, Parts], Words]]] = (
    (r"(\S+) is not one of (.*)", _other_level),
    (r"only at (.*)", _only_at),
    (_ASKED + r" is asked for, and nothing is known of it", _unknown),
    (_ASKED + r" is asked for, and it is (\S+) at (.*)", _unmet),
    (_ASKED + _NOW, _holds),
    (r"no '(.*)' at level (\S+) above (.*)", _no_role),
    (r"no unit of level (\S+) at (.*?)(?: that stands at (\S+) or worse)?", _no_unit),
)
_READ = tuple((re.compile(form), say) for form, say in _FORMS)
