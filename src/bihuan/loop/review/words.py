"""Review's words: how one task went against its plan. Improvements are sentences of the packs, named by id."""

from bihuan.loop.case import Task
from bihuan.model.facts import Held


def hold(task: Task) -> Held:
    """One task held against its clocks."""
    sent = task.sent
    sign_took = None if task.signed_at is None else task.signed_at - task.sent_at
    done_took = None if task.claimed_at is None else task.claimed_at - task.sent_at
    late = (sign_took is not None and sent.sign_by < task.sent_at + sign_took) or "done" in task.late
    if task.state in ("released", "returned"):
        verdict = "released"
    elif task.state == "heard":  # a call or a notice: that it was heard is all that was planned
        verdict = "late" if late else "as-planned"
    elif task.claimed_at is None:
        verdict = "not-done"
    elif task.sent_back:
        verdict = "sent-back"
    else:
        verdict = "late" if late else "as-planned"
    return Held(
        task=task.id,
        step=f"{sent.plan}/{sent.step}",
        unit=task.unit,
        sign_planned=sent.sign_by - task.sent_at,
        sign_took=sign_took,
        done_planned=sent.done_by - task.sent_at,
        done_took=done_took,
        verdict=verdict,
    )
