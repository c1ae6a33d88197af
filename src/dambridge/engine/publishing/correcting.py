"""Correct: a file of ours is taken out of places that others put it in, and looked for there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dambridge.engine.publishing.ending import End, done
from dambridge.engine.publishing.tasks import Task
from dambridge.engine.publishing.withdrawing import LOOKS, URGENT
from dambridge.engine.steps import Step, StepJournal
from dambridge.model.identity import RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.ports.errors import MovedOn, Unclear


async def correct(task: Task, journal: StepJournal) -> End:
    """Out of those places, whoever opened them or put it there. The lag counts from when they were last found right."""
    known = task.known()
    if known.remote_id is None:
        raise MovedOn(f"Nothing stands of {task.source} in {task.outlet.name}. It is planned again.")
    file, places = known.remote_id, task.outward.places

    async def work() -> Mapping[str, object]:
        await _out_of(task, file, places)
        return {"places": list(places)}

    if journal.outcome(Step.LEAVE) is None:
        await journal.run(Step.LEAVE, {"file": file, "places": list(places)}, work)
    for _ in range(LOOKS):
        still = [it for it in await task.watch.places(file, URGENT) if it.container in places]
        if not still:
            break
        await _out_of(task, file, [it.container for it in still])  # an answer is no proof, and others may be at it
    else:
        raise Unclear(f"{task.site.account}:{file} is still shown in {still[0].path}; it is looked at again.")
    now = await task.now()
    reason = task.action.reasons[0] if task.action.reasons else Reason.of(Code.CORRECTED, places=())
    end = done(reason, replace(known, checked_at=now))
    return replace(end, since=known.checked_at or known.at)


async def _out_of(task: Task, file: RemoteId, places: Sequence[RemoteId]) -> None:
    for it in places:
        await task.site.archive.take_out(file, out_of=it, lane=URGENT)
