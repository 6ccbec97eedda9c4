"""Supervise's words: what the flags say."""

from bihuan.model.times import span_text


def at_once(after_signing: int, least: int) -> str:
    return f"claimed {span_text(after_signing)} after signing; less than {span_text(least)} is flagged"


NO_PROOF = "claimed without any proof"
