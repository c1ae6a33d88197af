"""One file that is, or may be, handed in: looked at, hashed where it has to be, and written down as it now stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from dambridge.engine.delivery.fetching import BrokenOriginal
from dambridge.engine.handing_off.archiving import call_back
from dambridge.engine.handing_off.hashing import hash_submission
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.handing_off.recalling import recalled
from dambridge.engine.handing_off.telling import due_of
from dambridge.engine.taking_in.observing import Sight
from dambridge.mapping import to_canonical
from dambridge.model.actions import Leave
from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.lifecycle import Status
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import LeftItem
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Missing, NativeRecord, Present, Seen, Unread
from dambridge.model.submissions import Submission
from dambridge.planning.handoff import (
    HandIn,
    Nothing,
    Stands,
    follows,
    handed_in,
    handed_in_again,
    heard_of,
    look,
    stands,
    still_brought,
    word_of,
)
from dambridge.policy.carriers import Shown
from dambridge.policy.intake import assess
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import AuditEntry, Observation

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attended:
    """A file as it was found: `leave` says how its item ends, None where it is approved and goes on to the archive."""

    key: AssetKey
    sight: Sight
    submission: Submission | None = None
    leave: Leave | None = None

    def left(self) -> LeftItem | None:
        if self.leave is None:
            return None
        record = self.sight.seen.record if isinstance(self.sight.seen, Present) else None
        name = record.file_name if record else self.submission.file_name if self.submission else ""
        return LeftItem(key=self.key, leave=self.leave, expects=record.version if record else None, file_name=name)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was read of a file just now."""

    key: AssetKey
    native: NativeRecord | None
    sight: Sight

    @property
    def record(self) -> AssetRecord | None:
        return self.sight.seen.record if isinstance(self.sight.seen, Present) else None


async def attend(
    parts: HandoffParts,
    remote_id: RemoteId,
    known: Submission | None,
    before: Observation | None,
    *,
    writes: bool = True,
) -> Attended:
    """See to one file up to its approval. Without `writes` nothing is hashed and nothing written down: it is said how it
    stands. Only `CannotGoOn` gets out."""
    key = AssetKey(parts.policy.source, remote_id)
    found = await _read(parts, key)
    try:
        return await _attend(parts, found, known, before, writes=writes)
    except CannotGoOn:
        raise
    except BrokenOriginal as broken:
        code = Code.EMPTY_FILE if broken.broken.empty else Code.BROKEN_FILE
        reason = Reason.of(code, why=broken.broken.why)
        return Attended(key, found.sight, known, Leave(outcome=Outcome.QUARANTINED, reason=reason))
    except NextMove as error:
        log.warning("submission.put_off", asset=str(key), why=str(error))
        reason = Reason.of(Code.TRY_LATER, text=str(error))
        return Attended(key, found.sight, known, Leave(outcome=Outcome.WAITING, reason=reason, waits_for="system"))


async def _read(parts: HandoffParts, key: AssetKey) -> _Look:
    try:
        native = await parts.reader.read(key.remote_id, groups=parts.handoff.groups, lane=parts.lane)
    except CannotGoOn:
        raise
    except NextMove as error:
        unread: Seen = Unread(Reason.of(Code.SOURCE_UNREAD, text=str(error)))
        return _Look(key, None, Sight(key, unread))
    if isinstance(native, Missing):
        return _Look(key, None, Sight(key, native))
    return _Look(key, native, Sight(key, Present(to_canonical(native, parts.source.map)), native.modified_at))


async def _attend(
    parts: HandoffParts, found: _Look, known: Submission | None, before: Observation | None, *, writes: bool
) -> Attended:
    now = await parts.clock.now()
    record = found.record
    if known is None and record is not None:
        assessed = assess(record, parts.policy, parts.programs, now)
        if isinstance(assessed, Leave):
            return Attended(found.key, found.sight, None, assessed)
    shown = Shown()
    if known is not None:
        known = replace(known, seen_at=max(known.seen_at, before.at if before is not None else known.seen_at))
        if found.native is not None:
            shown = look(found.native, parts.handoff.carriers, known.brought)
    match follows(known, found.sight.seen, shown, parts.handoff.queue, now):
        case HandIn(again=old) if record is not None and found.native is not None:
            if not writes:
                return _as_it_stands(parts, found, old, now)
            made = await _hand_in(parts, found, record, old, now)
            if old is None:
                return await _stands(
                    parts, found, made, _said_before(parts, found.native, record, made, now), now, writes=True
                )
            if made.turn != old.turn:
                return _as_it_stands(parts, found, made, now)
            # The same bytes: what the account says of them counts as ever
            return await _stands(parts, found, made, heard_of(made, shown, parts.handoff.queue, now), now, writes=True)
        case Stands() as it:
            return await _stands(parts, found, known, it, now, writes=writes)
        case HandIn() | Nothing():
            return Attended(found.key, found.sight, known, _nothing(found.sight.seen))


def _said_before(
    parts: HandoffParts, native: NativeRecord, record: AssetRecord, made: Submission, now: datetime
) -> Stands:
    """What its account says of a file that was just handed in: of these bytes, at some time since it was uploaded."""
    first = replace(made, seen_at=record.created_at or made.seen_at)
    said = look(native, parts.handoff.carriers, made.brought)
    it = heard_of(first, said, parts.handoff.queue, now) if made.status is Status.IN_REVIEW else Stands(made)
    return it if it.changed or it.illegal is not None else Stands(made)


def _nothing(seen: Seen) -> Leave:
    if isinstance(seen, Unread):
        return Leave(outcome=Outcome.WAITING, reason=seen.reason, waits_for="system")
    absence, evidence = (str(seen.absence), seen.evidence) if isinstance(seen, Missing) else ("never seen", "")
    return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.GONE_AT_SOURCE, absence=absence, evidence=evidence))


async def _stands(
    parts: HandoffParts, found: _Look, known: Submission | None, it: Stands, now: datetime, *, writes: bool
) -> Attended:
    submission = it.submission
    if it.illegal is not None:
        leave = Leave(outcome=Outcome.WAITING, reason=it.illegal, waits_for=parts.handoff.coordinator)
        return Attended(found.key, found.sight, submission, leave)
    brought = submission.brought if found.native is None else still_brought(found.native, submission.brought, now)
    news = replace(submission, brought=brought)
    if not writes or (not it.changed and (known is None or brought == known.brought)):
        return _as_it_stands(parts, found, submission, now)
    if known is not None and known.status is Status.APPROVED and submission.link != known.link:
        await call_back(parts, known)
    moved = known is not None and known.status is not submission.status
    told = [_decided(parts, news, now)] if moved else []
    await parts.ledger.add_due(due_of(parts, news) if moved else [])
    (written,) = await parts.ledger.put_submissions([news], told)
    return _as_it_stands(parts, found, written, now)


async def _hand_in(
    parts: HandoffParts, found: _Look, record: AssetRecord, old: Submission | None, now: datetime
) -> Submission:
    """Hash it and write it down. What stood for review before is taken back where its bytes are others by now."""
    hashed = await hash_submission(parts, found.key, file_name=record.file_name)
    if old is None:
        made = handed_in(record, hashed.digest, hashed.brought, parts.handoff, now)
        said = look(found.native, parts.handoff.carriers, made.brought) if found.native is not None else Shown()
        made = await recalled(parts, made, record, word=word_of(said))
    else:
        shown = look(found.native, parts.handoff.carriers, old.brought) if found.native is not None else Shown()
        word = word_of(shown) or old.heard
        queue = parts.handoff.queue
        made = handed_in_again(old, record, hashed.digest, brought=hashed.brought, word=word, queue=queue, now=now)
        if old.status is Status.APPROVED and made.link != old.link:
            await call_back(parts, old)
    anew = old is None or made.turn != old.turn
    event = "submission.handed_in" if old is None or made.why is None else "submission.voided"
    told = [_entry(parts, event, made, now)] if anew else []
    await parts.ledger.add_due(due_of(parts, made) if anew else [])
    return (await parts.ledger.put_submissions([made], told))[0]


def _as_it_stands(parts: HandoffParts, found: _Look, submission: Submission | None, now: datetime) -> Attended:
    if submission is None:
        reason = Reason.of(Code.IN_REVIEW, shoot="(not handed in yet)", due="any time")
        leave = Leave(outcome=Outcome.WAITING, reason=reason, waits_for=parts.handoff.queue.owner)
        return Attended(found.key, found.sight, None, leave)
    if isinstance(found.sight.seen, Unread):
        return Attended(found.key, found.sight, submission, _nothing(found.sight.seen))
    if submission.status is Status.APPROVED and found.record is not None:
        return Attended(found.key, found.sight, submission)
    return Attended(found.key, found.sight, submission, stands(submission, parts.handoff, now))


def _decided(parts: HandoffParts, it: Submission, now: datetime) -> AuditEntry:
    return _entry(parts, "submission.decided", it, now)


def _entry(parts: HandoffParts, event: str, it: Submission, now: datetime) -> AuditEntry:
    made = it.decision
    detail = {"status": str(it.status), "turn": it.turn, "sha256": it.digest.sha256, "shoot": it.shoot}
    detail |= {"contributor": it.contributor} if it.contributor else {}
    detail |= {"why": it.why.to_json()} if it.why is not None else {}
    detail |= {"decision": made.to_json()} if made is not None else {}
    return AuditEntry(at=now, actor=f"flow:{parts.flow}", event=event, subject=str(it.key), detail=detail)
