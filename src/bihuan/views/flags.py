"""What a flag says was seen, in both languages, from its figures."""

from bihuan.model.facts import CaseFlagged, Figures
from bihuan.pack.schema import Words
from bihuan.views.words import Speech, number, span_words

NO_PROOF = Words(zh="报完成时没有附任何凭证", en="claimed without any proof")


def seen_in(speech: Speech, body: CaseFlagged) -> Words:
    """One line. Of facts from before there were figures it is the English sentence that they have."""
    known = body.figures
    if known is None:
        return Words(zh=f"原记录：{body.detail}", en=body.detail)
    match body.flag:
        case "claimed-at-once":
            seen, limit = span_words(int(known.seen or 0)), span_words(int(known.limit or 0))
            return Words(
                zh=f"签收后{seen.zh}即报完成，不足{limit.zh}的予以标记",
                en=f"claimed {seen.en} after signing; less than {limit.en} is flagged",
            )
        case "no-proof":
            return NO_PROOF
        case "same-photo":
            spot = _shown(speech, known.shown)
            return Words(zh=f"照片此前已用于{spot.zh}", en=f"the photo was shown before, for {spot.en}")
        case "far-away":
            away, most = number(known.seen or 0), number(known.limit or 0)
            return Words(
                zh=f"凭证拍摄于距案件地点 {away} 米处，超过 {most} 米的予以标记",
                en=f"the proof was taken {away} m from the place of the case; more than {most} m is flagged",
            )
        case _:
            return _habit(known)


def _shown(speech: Speech, id: str) -> Words:
    """A task or a case, with its id: steps of one name are many."""
    name = speech.task_step(id) if id in speech.book.tasks else speech.case_title(id)
    return Words(zh=f"“{name.zh}”（{id}）", en=f"'{name.en}' ({id})")


def _habit(known: Figures) -> Words:
    like = _like(known)
    seen, limit = f"{known.seen or 0:g}", f"{known.limit or 0:.1%}"
    return Words(
        zh=f"该单位此前 {known.claims} 次报完成中，{like.zh}的有 {seen} 次，低于 {limit} 的予以标记",
        en=f"{seen} of the unit's {known.claims} earlier claims were {like.en}; fewer than {limit} is flagged",
    )


def _like(known: Figures) -> Words:
    if known.near is not None:
        return Words(zh=f"在这一时刻前后 {known.near} 小时内", en=f"within {known.near} h of this hour")
    return Words(zh="在休息日", en="on days off") if known.off else Words(zh="在工作日", en="on working days")
