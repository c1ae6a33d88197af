"""Files that were handed in before the store was lost: what the archive still tells of them, and what nobody knows any more.

Our marks say which asset of the archive is a file's copy, and its bytes whether it is this very file. Who approved it, who was
told what, whether it stood under legal hold went with the store: so such a source is kept, and what is not archived is reviewed
anew, whatever its account says of bytes that nobody remembers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dambridge.engine.delivery.describing import LINK_FIELD, SOURCE_FIELD
from dambridge.engine.delivery.proving import holds
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.mapping import to_canonical
from dambridge.model.identity import Copy, FlowName, Link, LinkId
from dambridge.model.lifecycle import Status
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetRecord, NativeRecord
from dambridge.model.submissions import Disposal, Submission
from dambridge.model.values import FieldName
from dambridge.ports.ledger import AuditEntry, Ledger

LOST = f"forgotten:{FlowName.HANDOFF}"
"""The switch that says when the store was lost, or made anew: what is older than that may have been handed in before."""
UNKNOWN_HOLD = "the store was lost, and nobody knows whether it is under legal hold"


async def remember_loss(ledger: Ledger, at: datetime) -> None:
    """Put on record that what was handed in until now is not known any more."""
    await ledger.set_control(LOST, at.isoformat())


async def recalled(parts: HandoffParts, made: Submission, record: AssetRecord, *, word: str) -> Submission:
    """A file that is handed in for the first time as far as the store knows; `word` is what its account says of it. As it
    is, unless it may be older than a loss of the store."""
    told = await parts.ledger.control(LOST)
    lost = datetime.fromisoformat(told) if told else None
    if lost is None or (record.created_at is not None and record.created_at > lost):
        return made
    native = await _archived(parts, made)
    if native is None:
        return replace(made, heard=word, why=Reason.of(Code.REVIEW_FORGOTTEN, lost=lost.isoformat()))
    await _linked(parts, made, record, native)
    now = await parts.clock.now()
    kept = replace(made, disposed_as=Disposal.KEEP, disposed_at=now, kept_for=UNKNOWN_HOLD)
    reason = Reason.of(Code.ARCHIVED_FORGOTTEN, copy=str(native.key), lost=lost.isoformat())
    return replace(kept, status=Status.ARCHIVED, due_at=None, heard=word, why=reason, shown_as=Status.ARCHIVED)


async def _archived(parts: HandoffParts, made: Submission) -> NativeRecord | None:
    """The asset of the archive that is marked as this file's copy and holds exactly its bytes; None where there is none."""
    mark = parts.target.map.by_field.get(SOURCE_FIELD)
    if mark is None:
        return None
    ids = await parts.archive.find(mark.native, made.key.remote_id, lane=parts.lane)
    found = await parts.archive.read(ids, lane=parts.lane) if ids else {}
    for native in found.values():
        if not isinstance(native, NativeRecord) or _mark(parts, native, SOURCE_FIELD) != made.key.remote_id:
            continue
        if await holds(parts, native, made.digest):
            return native
    return None


async def _linked(parts: HandoffParts, made: Submission, record: AssetRecord, native: NativeRecord) -> None:
    """The link put back as its mark has it, where nothing else has brought it back."""
    name = _mark(parts, native, LINK_FIELD)
    if not name or await parts.ledger.links_of([made.key]):
        return
    copies = (Copy(parts.source_copy, made.key.remote_id), Copy(parts.target_copy, native.key.remote_id))
    link = Link(LinkId(name), parts.flow, copies)
    versions = {
        str(parts.source_copy): record.version,
        str(parts.target_copy): to_canonical(native, parts.target.map).version,
    }
    evidence = {str(parts.source_copy): "source", str(parts.target_copy): "read_back"}
    agreed = Agreed(versions=versions, content=made.digest, evidence=evidence)
    entry = AuditEntry(
        at=await parts.clock.now(),
        actor=f"flow:{parts.flow}",
        event="submission.recalled",
        subject=str(made.key),
        detail={"status": str(Status.ARCHIVED), "copy": str(native.key), "sha256": made.digest.sha256},
    )
    await parts.ledger.put_links([link], {link.id: agreed}, [entry])


def _mark(parts: HandoffParts, native: NativeRecord, field: FieldName) -> str:
    rule = parts.target.map.by_field.get(field)
    value = native.fields.get(rule.native) if rule is not None else None
    return str(value[0] if isinstance(value, tuple) and value else value or "")
