"""An approved file into the archive: exactly the bytes that were approved, or none.

Whatever its size it goes by way of the spool, so that not a byte is sent before all of them are known to be the approved ones.
That the source still holds them, and that nobody took the approval back, is looked at again before the file is sent, before
anything is written to what arrived, and right before it is filed. What arrived in vain is put aside, never deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from dambridge.engine.delivery.delivering import recall
from dambridge.engine.delivery.describing import NotSeenYet
from dambridge.engine.delivery.embedding import copy_name
from dambridge.engine.delivery.fetching import BrokenOriginal, digest_of
from dambridge.engine.delivery.settling import End, held_back, settlement_of
from dambridge.engine.delivery.side_cars import fetch_with_words
from dambridge.engine.docking import Facts
from dambridge.engine.handing_off.hashing import hash_submission
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.steps import StepJournal
from dambridge.engine.taking_in.acting import create, ended_by_error, put_off, unseen
from dambridge.engine.taking_in.shipping import from_spool
from dambridge.engine.taking_in.untouched import can_be_left_alone, left_alone, remembered
from dambridge.engine.terms import know_terms
from dambridge.engine.trying import tried
from dambridge.mapping import to_canonical
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import ActionId, derived_id
from dambridge.model.lifecycle import Status
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, Digest, NativeRecord
from dambridge.model.submissions import Submission
from dambridge.planning.handoff import bytes_changed, handed_in_again
from dambridge.ports.errors import MovedOn, NextMove
from dambridge.ports.files import NotEmbedded
from dambridge.ports.ledger import ActionRow, AuditEntry, WorkStage
from dambridge.ports.systems import Body

log = structlog.get_logger()


@dataclass(eq=False)
class NotAsApproved(Exception):
    """The source holds other bytes than were approved."""

    record: AssetRecord
    found: Digest


@dataclass(eq=False)
class NoLongerApproved(Exception):
    """The approval that this delivery is for does not stand any more; `submission` is what stands."""

    submission: Submission | None


def archive_action(parts: HandoffParts, submission: Submission) -> ActionId:
    """The action that archives this turn of a submission."""
    return ActionId(derived_id("ac", submission.link, str(parts.target_copy), str(ActionKind.CREATE)))


@dataclass(slots=True)
class ApprovedFile:
    """A file on its way whose every byte is known before the first is sent. `at` is the source's version at which it was
    last known to hold them."""

    parts: HandoffParts
    action: Action
    submission: Submission
    at: AssetVersion | None = None

    @asynccontextmanager
    async def bytes(self) -> AsyncIterator[tuple[Body, Facts]]:
        parts, action, approved = self.parts, self.action, self.submission.digest
        await parts.spool.drop(action.id)  # of an earlier try nobody knows whether the source still holds it
        before = await self.source()
        if before.size is not None and before.size != approved.size:
            raise NotAsApproved(before, await digest_of(parts.reader, action.source.remote_id, lane=parts.lane))
        spooled, inside = await fetch_with_words(parts, action)
        if spooled.digest.sha256 != approved.sha256:
            raise NotAsApproved(before, spooled.digest)
        self.at = before.version
        await self.still_wanted()
        yield await from_spool(parts, action, spooled, inside)

    async def digest(self) -> Digest:
        """What an earlier try sent is what was approved."""
        return self.submission.digest

    async def still_wanted(self) -> None:
        """Raises `NoLongerApproved` and `NotAsApproved`. A source that moved since its bytes were known is read whole."""
        parts, key = self.parts, self.action.source
        now = (await parts.ledger.submissions(parts.flow, [key])).get(key)
        if now is None or now.status is not Status.APPROVED or now.link != self.action.link:
            raise NoLongerApproved(now)
        record = await self.source()
        known = self.at or self.submission.version
        if (record.version.content, record.version.modified) == (known.content, known.modified):
            return
        found = await digest_of(parts.reader, key.remote_id, lane=parts.lane)
        if found.sha256 != self.submission.digest.sha256:
            raise NotAsApproved(record, found)
        self.at = record.version

    async def source(self) -> AssetRecord:
        """As it is now, in as few calls as tell whether it moved: what is read after the first could not tell any more."""
        native = await self.parts.reader.read(
            self.action.source.remote_id, groups=frozenset({"base"}), lane=self.parts.lane
        )
        if not isinstance(native, NativeRecord):
            raise MovedOn(f"{self.action.source} is not at its source any more ({native.evidence}).")
        return to_canonical(native, self.parts.source.map)


async def carry_out(parts: HandoffParts, row: ActionRow) -> None:
    """Do the action, answer its errors, write its end and what became of the submission as one. Only `CannotGoOn` gets out."""
    key = row.action.source
    submission = (await parts.ledger.submissions(parts.flow, [key])).get(key)
    fate: list[Submission] = []

    async def ended_by(error: Exception) -> End:
        match error:
            case NotSeenYet():
                await parts.ledger.release_berth(parts.policy.target, row.action.id)
                return unseen(parts, error)
            case NotAsApproved() if submission is not None:
                fate[:] = await _up_for_review(parts, submission, error)
                reason = bytes_changed(submission, error.found)
                return End(Outcome.WAITING, reason, waits_for=parts.handoff.queue.owner, stage=WorkStage.SUPERSEDED)
            case NoLongerApproved():
                status = str(error.submission.status) if error.submission is not None else "unknown"
                reason = Reason.of(Code.NO_LONGER_APPROVED, status=status)
                return End(Outcome.WAITING, reason, waits_for=parts.handoff.queue.owner, stage=WorkStage.SUPERSEDED)
        return ended_by_error(row.action, error)

    end = await tried(
        parts,
        row.action.id,
        lambda attempt: _once(parts, row, submission, attempt),
        put_off=lambda error: put_off(parts, row, error),
        ended_by=ended_by,
    )
    await _settle(parts, row, end, submission, fate)
    await parts.spool.drop(row.action.id)
    await parts.spool.drop(copy_name(row.action))
    parts.progress.end_item(end.outcome, end.bytes_moved)


async def _once(parts: HandoffParts, row: ActionRow, submission: Submission | None, attempt: int) -> End:
    action, journal = row.action, await StepJournal.of(parts, row, attempt)
    await know_terms(parts)
    if submission is None or submission.link != action.link:
        await recall(parts.dock, action, journal, into=parts.settings.quarantine)
        raise NoLongerApproved(submission)
    file = ApprovedFile(parts, action, submission)
    try:
        return held_back(await create(parts, action, journal, shipment=file, still_wanted=file.still_wanted), action)
    except NotEmbedded as no:
        if not can_be_left_alone(parts, action):
            raise
        bare = left_alone(parts, action, no)
        log.info("file.untouched", action=action.id, why=no.why)
        end = await create(parts, bare, journal, shipment=ApprovedFile(parts, bare, submission))
        return remembered(held_back(end, bare), no)
    except (NotAsApproved, NoLongerApproved):
        await recall(parts.dock, action, journal, into=parts.settings.quarantine)
        raise


async def _up_for_review(parts: HandoffParts, submission: Submission, error: NotAsApproved) -> list[Submission]:
    """The approval is void: the bytes that stand there now are what is up for review. What the account says of the file was
    said of the ones before. Empty where these cannot be looked into now: then all of it is found out again."""
    try:
        hashed = await hash_submission(parts, submission.key, file_name=error.record.file_name)
    except (NextMove, BrokenOriginal) as no:
        log.warning("submission.unread", asset=str(submission.key), why=str(no))
        return []
    return [
        handed_in_again(
            submission,
            error.record,
            hashed.digest,
            brought=hashed.brought,
            word=submission.heard,
            queue=parts.handoff.queue,
            now=await parts.clock.now(),
        )
    ]


async def _settle(
    parts: HandoffParts, row: ActionRow, end: End, submission: Submission | None, fate: list[Submission]
) -> None:
    """Once archived, a file is: what somebody decided at the same moment came too late, and is on record."""
    now = await parts.clock.now()
    settlement = settlement_of(parts, row, end, None, now=now)
    archived = end.outcome is Outcome.DONE or bool(end.held)
    if archived and submission is not None:
        fate[:] = [_archived(submission, now)]
    told = [_told(parts, it, row, now) for it in fate]
    try:
        await parts.ledger.settle(replace(settlement, submissions=tuple(fate), audit=(*settlement.audit, *told)))
    except MovedOn:
        fresh = (await parts.ledger.submissions(parts.flow, [row.action.source])).get(row.action.source)
        late = (_archived(fresh, now),) if archived and fresh is not None else ()
        await parts.ledger.settle(replace(settlement, submissions=late))


def _archived(submission: Submission, now: datetime) -> Submission:
    return replace(submission, status=Status.ARCHIVED, archived_at=now, why=None)


def _told(parts: HandoffParts, it: Submission, row: ActionRow, now: datetime) -> AuditEntry:
    event = "submission.archived" if it.status is Status.ARCHIVED else "submission.voided"
    detail = {"run": row.run, "status": str(it.status), "turn": it.turn, "sha256": it.digest.sha256}
    detail |= {"why": it.why.to_json()} if it.why is not None else {}
    return AuditEntry(at=now, actor=f"flow:{parts.flow}", event=event, subject=str(it.key), detail=detail)


async def call_back(parts: HandoffParts, submission: Submission) -> None:
    """Before an approval is given up: what its delivery has brought so far, unfiled, is put aside.

    Raises `TryLater` as long as something of it may still arrive; the approval stands until then, and is looked at again
    before anything is filed for it."""
    row = await parts.ledger.action(archive_action(parts, submission))
    if row is None or row.stage in {WorkStage.DONE, WorkStage.SUPERSEDED}:
        return
    journal = await StepJournal.of(parts, row)
    await recall(parts.dock, row.action, journal, into=parts.settings.quarantine)
    await parts.ledger.release_berth(parts.policy.target, row.action.id)
