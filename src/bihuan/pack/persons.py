"""Things, places, tasks; never people: the ban on persons as the subject of an indicator, a thing or a case type.

The rule, for the ids and words of kinds of thing, indicators and case types:

1. What identifies a person (identity card, name, phone number, face, home address) is refused everywhere.
2. A word for a person (resident, employee, 居民, 人员) is refused where it is what something is about.
3. People counted or moved as a whole are no persons: "people moved", "转移人数", "affected residents" measure a place. So in
   indicators and case types a word for a person may stand beside a word of counting or sheltering; never in a kind of thing.
4. Buildings and institutions that carry such a word (居民楼, 人员密集场所, People's Square) are no persons either.
"""

import re

from bihuan.pack.checking import Check
from bihuan.pack.schema import Words

_IDENTIFIER = re.compile(
    r"身份证|姓名|人名|手机号|电话号码|人脸|护照|家庭住址|生日|车主|微信号"
    r"|\b(?:full ?names?|surnames?|first names?|last names?|names? of (?:a |the )?(?:person|resident|citizen|reporter)s?"
    r"|passports?|(?:identity|id) ?(?:cards?|numbers?)|faces?|facial|home address(?:es)?|birthdays?|dates? of birth"
    r"|(?:mobile|cell|tele)? ?phone numbers?|phones?(?! (?:lines?|network|masts?|calls?|outages?|service|coverage)))\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"人员(?!密集)|居民(?!楼|区|小区|点|委员会|社区|住宅|用水|用电|用气)|市民(?!中心|广场|服务)|公民|村民(?!委员会|小组)"
    r"|员工(?!宿舍)|职工(?!宿舍)|个人|老人(?!院)|儿童(?!医院|乐园|公园)|学生(?!宿舍)|患者|病人|嫌疑人|当事人|责任人|上访人|群众"
    r"|\b(?:persons?|people(?!'s)|individuals?|citizens?|residents?|villagers?|inhabitants?|employees?|staff|pupils?|students?"
    r"|patients?|suspects?|children|child|elderly|petitioners?|migrants?)\b(?! (?:hall|square|hospital|hostel|dormitory|home))",
    re.IGNORECASE,
)
_AS_A_WHOLE = re.compile(
    r"人数|人次|户数|总数|密度|转移|疏散|撤离|安置|受灾|受困|被困|滞留|避险|救助"
    r"|\b(?:count|counted|counts|number of|numbers|density|moved|moving|evacuat\w+|relocat\w+|shelter\w*|affected|trapped"
    r"|stranded|rescued?|share of|rate of)\b",
    re.IGNORECASE,
)

WHY = "Bihuan watches things, places and tasks, never people."


def check_persons(check: Check) -> None:
    draft = check.draft
    for key, kind in draft.thing_kinds.items.items():
        _refuse(check, "kind of thing", key, kind.words, draft.thing_kinds.where(key), as_a_whole=False)
    for key, indicator in draft.indicators.items.items():
        _refuse(check, "indicator", key, indicator.words, draft.indicators.where(key), as_a_whole=True)
    for key, case in draft.cases.items.items():
        _refuse(check, "case type", key, case.words, draft.cases.where(key), as_a_whole=True)


def about_a_person(text: str, *, as_a_whole: bool) -> str:
    """The word in `text` that makes it about a person, or nothing. `as_a_whole` lets people be counted and moved."""
    text = re.sub(r"[-_]", " ", text)
    if found := _IDENTIFIER.search(text):
        return found[0]
    found = _PERSON.search(text)
    if found and not (as_a_whole and _AS_A_WHOLE.search(text)):
        return found[0]
    return ""


def _refuse(check: Check, what: str, key: str, words: Words, where: str, *, as_a_whole: bool) -> None:
    for text in (key, words.en, words.zh):
        if word := about_a_person(text, as_a_whole=as_a_whole):
            remedy = "Make it about the place or thing; people may be counted as a whole (people moved, 转移人数)."
            check.say(where, f"{what} '{key}' is about a person ('{word}'). {WHY}", remedy)
            return
