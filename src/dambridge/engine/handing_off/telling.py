"""Contributors hear of what was decided about their files, reviewers of what waits too long.

A notice that was handed over cannot be looked for: one whose sending was cut off is sent again, for told twice is better than
never. Whoever cannot be reached is told by the coordinator, by whose name the file waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

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

REVIEW, ANSWER = "review", "answer"
"""The kinds of the rows that say when the review of a file is late, and when it is that its contributor was not told."""
MOST_LINES = 50
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


def due_of(parts: HandoffParts, submission: Submission) -> list[Due]:
    """The row that says when the review is late, or the answer that the coordinator has to give."""
    made, key = submission.decision, submission.key
    if submission.status in UNANSWERED and made is not None:
        kind, at = ANSWER, parts.handoff.queue.due(made.until)
    else:
        kind, at = REVIEW, submission.due_at if submission.status is Status.IN_REVIEW else None
    if at is None:
        return []
    payload = {"account": key.account, "id": key.remote_id}
    return [Due(at=at, kind=f"{kind}:{submission.flow}", key=str(key), payload=payload)]


async def remind(parts: HandoffParts, run: RunId) -> list[Reason]:
    """Tell whoever sees to a queue of what is late in it: of reviews the owner, and the deputy once they are late by as much
    again; of answers the coordinator. What is to be said of it, and of whom no way is known to."""
    now = await parts.clock.now()
    kinds = [f"{it}:{parts.flow}" for it in (REVIEW, ANSWER)]
    rows = await parts.ledger.take_due(now, kinds=kinds, limit=MOST_LATE, worker=run, lease=now + AGAIN)
    keys = [AssetKey(AccountId(it.payload["account"]), RemoteId(it.payload["id"])) for it in rows]
    known = await parts.ledger.submissions(parts.flow, keys)
    late = {
        row.key: known[key]
        for row, key in zip(rows, keys, strict=True)
        if key in known and _waits(known[key], row, now)
    }
    by_person: dict[str, list[Submission]] = defaultdict(list)
    for it in late.values():
        by_person[_who(parts, it, now)].append(it)
    told = {name: await _reminded(parts, name, files) for name, files in by_person.items()}
    for row in rows:
        waiting = late.get(row.key)
        following = None if waiting is None else _following(parts, now, sent=told[_who(parts, waiting, now)])
        await parts.ledger.finish_due(row.kind, row.key, worker=run, next_at=following)
    return [
        Reason.of(_TOLD[told[name]], files=len(files), who=name)
        for name, files in sorted(by_person.items())
        if told[name] is not Told.PUT_OFF
    ]


class Told(Enum):
    """What became of a reminder."""

    SENT = "sent"
    PUT_OFF = "put off"
    NO_WAY = "no way"


_TOLD = {Told.SENT: Code.REVIEW_OVERDUE, Told.NO_WAY: Code.REVIEW_UNTOLD}


def _waits(it: Submission, row: Due, now: datetime) -> bool:
    if row.kind.startswith(f"{ANSWER}:"):
        return it.status in UNANSWERED and it.told_at is None
    return it.status is Status.IN_REVIEW and it.due_at is not None and it.due_at <= now


def _following(parts: HandoffParts, now: datetime, *, sent: Told) -> datetime:
    if sent is Told.PUT_OFF:
        return now + parts.settings.retry_after
    return parts.handoff.queue.due(now) or now + AGAIN


def _who(parts: HandoffParts, submission: Submission, now: datetime) -> str:
    if submission.status in UNANSWERED:
        return parts.handoff.coordinator
    return parts.handoff.queue.whose(submission.due_at, now)


async def _reminded(parts: HandoffParts, name: str, files: Sequence[Submission]) -> Told:
    notifier = parts.people.get(folded(name))
    if notifier is None:
        return Told.NO_WAY
    answers = [it for it in files if it.status in UNANSWERED]
    shoots = sorted({it.shoot for it in files})
    lines = [f"{sum(it.shoot == one for it in files)} in {one}" for one in shoots]
    lines += [
        f"{it.file_name}: {it.contributor or 'its contributor'} has to hear that it is {it.status}" for it in answers
    ]
    what = "an answer to their contributors" if len(answers) == len(files) else "their review"
    title = f"{len(files)} files wait for {what} longer than agreed"
    try:
        await notifier.send(Notice(title=title, text="\n".join([*lines[:MOST_LINES], "See: dambridge review list"])))
    except NextMove as error:
        log.warning("review.unsent", who=name, why=str(error))
        return Told.PUT_OFF
    return Told.SENT
