"""What becomes of a source once its archived copy is proven: kept, tagged, moved, or put into the trash.

It is touched only where the ledger says that exactly the approved bytes stand in the archive, where a look at the archive
shows them there now, where the source still holds them, and where no legal hold stands. What the account is not known to be
able to do is left, and said to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dambridge.engine.delivery.describing import read_target
from dambridge.engine.delivery.fetching import digest_of
from dambridge.engine.delivery.proving import prove_bytes
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.steps import Errand, Step, StepJournal
from dambridge.mapping import to_canonical
from dambridge.model.actions import Leave
from dambridge.model.identity import RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Missing, NativeRecord
from dambridge.model.submissions import Disposal, Submission
from dambridge.planning.handoff import bytes_changed, may_be_other_bytes
from dambridge.ports.errors import MovedOn, Unclear
from dambridge.ports.ledger import AuditEntry


@dataclass(frozen=True, slots=True)
class Disposed:
    """How it ended, and what stands of the submission now."""

    submission: Submission
    leave: Leave


async def dispose(parts: HandoffParts, submission: Submission) -> Disposed:
    """See to the source of an archived submission. Raises what the systems raise; harmless to repeat."""
    hold = (await parts.ledger.holds([submission.key])).get(submission.key)
    if hold is not None:
        return _waits(submission, Reason.of(Code.LEGAL_HOLD, by=hold.by, why=hold.why), parts.handoff.coordinator)
    wanted = parts.handoff.disposition.kind
    if wanted is Disposal.KEEP:
        return await _ended(parts, submission, Disposal.KEEP, kept_for="")
    journal = await StepJournal(parts.ledger, parts.clock, parts.errand(Errand.DISPOSITION, submission)).load()
    native = await _source(parts, submission)
    if isinstance(native, Missing):
        ours = wanted is Disposal.TRASH and journal.intent(Step.DISPOSE) is not None
        if ours and journal.outcome(Step.DISPOSE) is None:
            await journal.close(Step.DISPOSE, {"as": str(wanted)})
        kept = "" if ours else f"it is not there any more ({native.absence})"
        return await _ended(parts, submission, wanted if ours else Disposal.KEEP, kept_for=kept)
    if _stands(parts, native) and journal.intent(Step.DISPOSE) is not None:
        await journal.close(Step.DISPOSE, {"as": str(wanted)})
        return await _ended(parts, submission, wanted, native=native)
    return await _touch(parts, submission, native, journal)


async def _touch(parts: HandoffParts, submission: Submission, native: NativeRecord, journal: StepJournal) -> Disposed:
    lacking = _lacks(parts, native)
    if lacking:
        return await _ended(parts, submission, Disposal.KEEP, kept_for=lacking)
    if (no_proof := await unproven(parts, submission)) is not None:
        return _waits(submission, no_proof, parts.handoff.coordinator)
    if may_be_other_bytes(submission, to_canonical(native, parts.source.map)):
        found = await digest_of(parts.reader, submission.key.remote_id, lane=parts.lane)
        if found.sha256 != submission.digest.sha256:
            return _waits(submission, bytes_changed(submission, found), parts.handoff.coordinator)
    wanted = parts.handoff.disposition

    async def work() -> Mapping[str, Any]:
        await _still_there(parts, native)
        await _DO[wanted.kind](parts, native)
        again = await _source(parts, submission)
        if not (isinstance(again, Missing) if wanted.kind is Disposal.TRASH else _stands(parts, again)):
            raise Unclear(f"The source {submission.key} is not seen as it was to be; it is looked at again.")
        return {"as": str(wanted.kind)}

    intent = {"as": str(wanted.kind), "sha256": submission.digest.sha256, "from": [it.path for it in native.containers]}
    await journal.run(Step.DISPOSE, intent, work)
    after = await _source(parts, submission)
    return await _ended(parts, submission, wanted.kind, native=after if isinstance(after, NativeRecord) else None)


async def _still_there(parts: HandoffParts, native: NativeRecord) -> None:
    """The last look before it is touched, in one call. Raises `MovedOn` where it is not what was looked at."""
    now = await parts.reader.read(native.key.remote_id, groups=frozenset({"base"}), lane=parts.lane)
    if isinstance(now, Missing) or (now.modified, now.content_stamp) != (native.modified, native.content_stamp):
        raise MovedOn(f"The source {native.key} moved while its copy was looked at; it is looked at again.")


async def unproven(parts: HandoffParts, submission: Submission) -> Reason | None:
    """None where the ledger has the proof that the approved bytes are archived, and they are seen there now."""
    link_id = (await parts.ledger.links_of([submission.key])).get(submission.key)
    if link_id is None:
        return _no_proof("no archived copy is on record")
    link = (await parts.ledger.links([link_id])).get(link_id)
    agreed = (await parts.ledger.agreed([link_id])).get(link_id)
    copy = link.copy(parts.target_copy) if link is not None else None
    if copy is None or agreed is None or agreed.content is None:
        return _no_proof("no proof of the archived copy is on record")
    if agreed.content.sha256 != submission.digest.sha256 or not agreed.evidence.get(str(parts.target_copy)):
        return _no_proof("the proof on record is of other bytes")
    native = await read_target(parts, copy.remote_id)
    given = agreed.given(parts.target_copy) or agreed.content
    if native.size != given.size or await prove_bytes(parts, native, given) is None:
        return _no_proof("the archived copy does not hold the approved bytes now")
    return None


def _no_proof(text: str) -> Reason:
    return Reason.of(Code.SOURCE_KEPT, why=text)


async def _source(parts: HandoffParts, submission: Submission) -> NativeRecord | Missing:
    groups = parts.handoff.groups | {"custom"} if parts.handoff.disposition.field.startswith("custom.") else None
    return await parts.reader.read(submission.key.remote_id, groups=groups or parts.handoff.groups, lane=parts.lane)


def _stands(parts: HandoffParts, native: NativeRecord | Missing) -> bool:
    """Whether the source is as the disposition wants it."""
    wanted = parts.handoff.disposition
    if isinstance(native, Missing):
        return False
    if wanted.kind is Disposal.TAG:
        value = native.fields.get(wanted.field, "")
        return wanted.value in (value if isinstance(value, tuple) else (str(value),))
    paths = [it.path for it in native.containers]
    return wanted.gallery in paths and not any(
        parts.policy.selects_container(it) for it in paths if it != wanted.gallery
    )


def _lacks(parts: HandoffParts, native: NativeRecord) -> str:
    """What the account is not known to be able to do, in words; empty where nothing is lacking."""
    can, wanted = parts.source.archive.capabilities, parts.handoff.disposition
    match wanted.kind:
        case Disposal.TAG:
            fine = can.may_write(wanted.field, native.media_type).usable
        case Disposal.MOVE:
            fine = can.folders.usable and can.take_out.usable
        case _:
            fine = can.discard.usable and can.discard_recoverable.usable
    return "" if fine else f"nobody has shown that this account can {wanted.kind} it"


async def _tag(parts: HandoffParts, native: NativeRecord) -> None:
    wanted = parts.handoff.disposition
    held = native.fields.get(wanted.field)
    words = (*held, wanted.value) if isinstance(held, tuple) else (wanted.value,)
    await parts.source.archive.write(
        native.key.remote_id, attributes={wanted.field: words}, name=None, file_name=None, lane=parts.lane
    )


async def _move(parts: HandoffParts, native: NativeRecord) -> None:
    archive, lane = parts.source.archive, parts.lane
    path = parts.handoff.disposition.gallery
    into = await archive.folder_at(path, lane=lane) or await archive.ensure_folder(path, lane=lane)
    await archive.place(native.key.remote_id, into=RemoteId(into), out_of=None, lane=lane)
    for it in native.containers:
        if it.id != into and parts.policy.selects_container(it.path):
            await archive.take_out(native.key.remote_id, out_of=it.id, lane=lane)


async def _trash(parts: HandoffParts, native: NativeRecord) -> None:
    await parts.source.archive.discard(native.key.remote_id, lane=parts.lane)


_DO = {Disposal.TAG: _tag, Disposal.MOVE: _move, Disposal.TRASH: _trash}


async def _ended(
    parts: HandoffParts,
    submission: Submission,
    how: Disposal,
    *,
    kept_for: str = "",
    native: NativeRecord | None = None,
) -> Disposed:
    now = await parts.clock.now()
    done = replace(submission, disposed_as=how, disposed_at=now, kept_for=kept_for)
    if native is not None:
        done = replace(done, version=to_canonical(native, parts.source.map).version)
    detail = {"as": str(how), "sha256": done.digest.sha256, **({"kept_for": kept_for} if kept_for else {})}
    told = AuditEntry(
        at=now, actor=f"flow:{parts.flow}", event="source.disposed", subject=str(submission.key), detail=detail
    )
    (written,) = await parts.ledger.put_submissions([done], [told])
    kept = how is Disposal.KEEP
    reason = Reason.of(Code.SOURCE_KEPT, why=kept_for or "as configured")
    return Disposed(
        written,
        Leave(outcome=Outcome.DONE, reason=reason if kept else Reason.of(Code.SOURCE_DISPOSED, how=str(how))),
    )


def _waits(submission: Submission, reason: Reason, who: str) -> Disposed:
    return Disposed(submission, Leave(outcome=Outcome.WAITING, reason=reason, waits_for=who))
