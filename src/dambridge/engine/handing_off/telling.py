"""Contributors hear of what was decided about their files, reviewers of what waits too long.

A notice that was handed over cannot be looked for: one whose sending was cut off is sent again, for told twice is better than
never. Whoever cannot be reached is told by the coordinator, by whose name the file waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from dambridge.engine.handing_off.parts import HandoffParts, folded
from dambridge.engine.handing_off.replying import reply
from dambridge.engine.steps import Errand, Step, StepJournal
from dambridge.model.identity import AccountId, AssetKey, RemoteId, RunId
from dambridge.model.lifecycle import Status
from dambridge.model.reasons import Code, Reason
from dambridge.model.submissions import UNANSWERED, ReviewDecision, Submission
from dambridge.ports.errors import NextMove
from dambridge.ports.ledger import AuditEntry, Due
from dambridge.ports.notifying import Notice

REVIEW = "review"
"""The kind of the rows that say when the review of a file is late."""
MOST_LATE = 1000
AGAIN = timedelta(days=1)
log = structlog.get_logger()


async def tell(parts: HandoffParts, submission: Submission) -> Submission:
    """Tell the contributor of the decision that stands: by the way that is known to them, else by a note at the source, where
    that can be had; the submission as it then stands. Raises `TryLater` where no way took it."""
    made, notifier = submission.decision, parts.contributors.get(folded(submission.contributor))
    if made is None or submission.status not in UNANSWERED or submission.told_at is not None:
        return submission
    if notifier is None:
        if not await reply(parts, submission):
            return submission
        return await _on_record(
            parts, submission, made, f"{submission.contributor or 'whoever looks'}, by a note there"
        )
    errand = parts.errand(Errand.ANSWER, submission, str(made.status), made.until.isoformat())
    journal = await StepJournal(parts.ledger, parts.clock, errand).load()
    if journal.outcome(Step.TELL) is None:

        async def work() -> dict[str, str]:
            await notifier.send(_answer(submission, made.note))
            return {"to": submission.contributor}

        await journal.run(Step.TELL, {"to": submission.contributor, "status": str(made.status)}, work)
    return await _on_record(parts, submission, made, submission.contributor)


async def _on_record(parts: HandoffParts, submission: Submission, made: ReviewDecision, who: str) -> Submission:
    now = await parts.clock.now()
    told = replace(submission, told_at=now, told_to=who)
    entry = AuditEntry(
        at=now,
        actor=f"flow:{parts.flow}",
        event="submission.answered",
        subject=str(submission.key),
        detail={"contributor": submission.contributor, "status": str(made.status), "note": made.note, "to": who},
    )
    return (await parts.ledger.put_submissions([told], [entry]))[0]


def _answer(submission: Submission, note: str) -> Notice:
    asked = submission.status is Status.CHANGES_ASKED
    what = "Changes are asked for" if asked else "Not taken"
    title = f"{what}: {submission.file_name}"
    lines = [f"{submission.file_name} ({submission.shoot})", note or "No reason was given."]
    lines += ["Put the better file in the place of this one; it is looked at again by itself."] if asked else []
    return Notice(title=title, text="\n".join(lines))


# what waits too long ----------------------------------------------------------------------------------------------------


def due_of(submission: Submission) -> list[Due]:
    """The row that says when the review is late."""
    if submission.due_at is None:
        return []
    key = submission.key
    payload = {"account": key.account, "id": key.remote_id}
    return [Due(at=submission.due_at, kind=f"{REVIEW}:{submission.flow}", key=str(key), payload=payload)]


async def remind(parts: HandoffParts, run: RunId) -> list[Reason]:
    """Tell whoever sees to the queue of what is late, and the deputy once it is late by as much again; what to say of it."""
    now, kind = await parts.clock.now(), f"{REVIEW}:{parts.flow}"
    rows = await parts.ledger.take_due(now, kinds=[kind], limit=MOST_LATE, worker=run, lease=now + AGAIN)
    keys = [AssetKey(AccountId(it.payload["account"]), RemoteId(it.payload["id"])) for it in rows]
    known = await parts.ledger.submissions(parts.flow, keys)
    late = [it for it in known.values() if it.status is Status.IN_REVIEW and it.due_at is not None and it.due_at <= now]
    by_person: dict[str, list[Submission]] = defaultdict(list)
    for it in late:
        by_person[_who(parts, it, now)].append(it)
    unsent = {name for name, files in by_person.items() if not await _reminded(parts, name, files)}
    again = {it.key for it in late}
    for row, key in zip(rows, keys, strict=True):
        waits = key in again
        soon = waits and _who(parts, known[key], now) in unsent
        following = now + parts.settings.retry_after if soon else _following(parts, now) if waits else None
        await parts.ledger.finish_due(row.kind, row.key, worker=run, next_at=following)
    return [
        Reason.of(Code.REVIEW_OVERDUE, files=len(files), who=name)
        for name, files in sorted(by_person.items())
        if name not in unsent
    ]


def _following(parts: HandoffParts, now: datetime) -> datetime:
    return parts.handoff.queue.due(now) or now + AGAIN


def _who(parts: HandoffParts, submission: Submission, now: datetime) -> str:
    queue = parts.handoff.queue
    later = queue.due(submission.due_at) if submission.due_at is not None else None
    return queue.deputy if queue.deputy and later is not None and later <= now else queue.owner


async def _reminded(parts: HandoffParts, name: str, files: Sequence[Submission]) -> bool:
    """Whether the person was told; nobody is where no way to them is known."""
    notifier = parts.people.get(folded(name))
    if notifier is None:
        return True
    shoots = sorted({it.shoot for it in files})
    lines = [f"{sum(it.shoot == one for it in files)} in {one}" for one in shoots]
    title = f"{len(files)} files wait for their review longer than agreed"
    try:
        await notifier.send(Notice(title=title, text="\n".join([*lines, "See: dambridge review list"])))
    except NextMove as error:
        log.warning("review.unsent", who=name, why=str(error))
        return False
    return True
