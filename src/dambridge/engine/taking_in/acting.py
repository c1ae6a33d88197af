"""One action from beginning to end: intent, recheck, write, read back, outcome; and what follows from each error."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from dambridge.engine.delivery.arriving import WaitsForPeople, final_folder, no_second
from dambridge.engine.delivery.delivering import Delivered, deliver
from dambridge.engine.delivery.describing import (
    NotAsWritten,
    NotSeenYet,
    NotWritable,
    canonical,
    hold,
    read_target,
)
from dambridge.engine.delivery.embedding import (
    EMBEDDED,
    copy_name,
    disagreeing,
    embedded_copy,
    for_target,
    proofs_of,
    send_embedded,
    wanted_print,
)
from dambridge.engine.delivery.fetching import BrokenOriginal
from dambridge.engine.delivery.proving import prove_bytes
from dambridge.engine.delivery.settling import End, held_back, settlement_of
from dambridge.engine.delivery.side_cars import fetch_with_words
from dambridge.engine.docking import Shipment
from dambridge.engine.parts import Parts
from dambridge.engine.steps import Step, StepJournal
from dambridge.engine.taking_in.numbering import final_name
from dambridge.engine.taking_in.shipping import ByItsOwnWord, SourceFile, all_wanted
from dambridge.engine.taking_in.untouched import can_be_left_alone, left_alone, remembered
from dambridge.engine.taking_in.updating import describe, filled_from, update_fields
from dambridge.engine.taking_in.versioning import bring_version, confirm_bytes
from dambridge.engine.terms import know_terms
from dambridge.engine.trying import tried
from dambridge.mapping import waiting_for
from dambridge.model.actions import Action, ActionKind
from dambridge.model.outcomes import ItemOutcome, Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, NativeRecord
from dambridge.planning.approving import by_its_own_word
from dambridge.policy.placing import settled_folder
from dambridge.ports.errors import MovedOn, Refused, Unclear
from dambridge.ports.files import NotEmbedded
from dambridge.ports.ledger import ActionRow, WorkStage

log = structlog.get_logger()


async def carry_out(parts: Parts, row: ActionRow, agreed: Agreed | None) -> ItemOutcome:
    """Do the action, answer its errors, write its end. Only `CannotGoOn` gets out, and then nothing was settled."""
    end = await _tried(parts, row, agreed)
    settlement = settlement_of(parts, row, end, agreed, now=await parts.clock.now())
    await parts.ledger.settle(settlement)
    if end.stage is not WorkStage.LEFT:
        await parts.spool.drop(row.action.id)
    await parts.spool.drop(copy_name(row.action))
    parts.progress.end_item(end.outcome, end.bytes_moved)
    return settlement.item


async def _tried(parts: Parts, row: ActionRow, agreed: Agreed | None) -> End:
    async def ended_by(error: Exception) -> End:
        if isinstance(error, NotSeenYet):
            # What was delivered stands in its place; its berth must not wait for days
            await parts.ledger.release_berth(parts.policy.target, row.action.id)
            return unseen(parts, error)
        return ended_by_error(row.action, error)

    return await tried(
        parts,
        row.action.id,
        lambda attempt: _once(parts, row, agreed, attempt),
        put_off=lambda error: put_off(parts, row, error),
        ended_by=ended_by,
    )


async def _once(parts: Parts, row: ActionRow, agreed: Agreed | None, attempt: int) -> End:
    action, journal = row.action, await StepJournal.of(parts, row, attempt)
    await know_terms(parts)
    try:
        return held_back(await _by_kind(parts, action, journal, agreed), action)
    except NotEmbedded as no:
        if not can_be_left_alone(parts, action):
            raise
        bare = left_alone(parts, action, no)
        log.info("file.untouched", action=action.id, why=no.why)
        return remembered(held_back(await _as_it_is(parts, bare, journal, agreed), bare), no)


async def _as_it_is(parts: Parts, bare: Action, journal: StepJournal, agreed: Agreed | None) -> End:
    """Without a word inside the file. A new version is sent only where the bytes are new: it may have been meant to carry
    fields alone."""
    if bare.kind is ActionKind.CREATE:
        return await create(parts, bare, journal)
    return await confirm_bytes(parts, bare, journal, agreed or Agreed())


async def _by_kind(parts: Parts, action: Action, journal: StepJournal, agreed: Agreed | None) -> End:
    match action.kind:
        case ActionKind.CREATE:
            return await create(parts, action, journal)
        case ActionKind.UPDATE_FIELDS:
            return await update_fields(parts, action, journal)
        case ActionKind.ADD_VERSION:
            return await bring_version(parts, action, journal, agreed or Agreed())
        case ActionKind.CONFIRM_BYTES:
            return await confirm_bytes(parts, action, journal, agreed or Agreed())
        case ActionKind.ACTIVATE:
            raise Refused("Links are activated with `dambridge match activate`.")
        case _:
            raise ValueError(f"intake knows no action {action.kind}")


async def _always() -> None:
    """Nothing speaks against filing it."""


async def create(
    parts: Parts,
    action: Action,
    journal: StepJournal,
    *,
    shipment: Shipment | None = None,
    still_wanted: Callable[[], Awaitable[None]] = _always,
) -> End:
    """Bring a new copy: intake's own, or another `shipment`. `still_wanted` raises where it is not to be filed any more; it
    is asked before anything is written to what arrived, and again right before it is filed."""
    delivered = await deliver(parts.dock, action, journal, shipment or SourceFile(parts, action))
    if delivered.foreign:
        return await _same_bytes(parts, action, delivered)
    action = replace(action, file_name=await final_name(parts, action, delivered.filled))
    native = await read_target(parts, delivered.remote_id)
    if parts.embeds(action):
        delivered = await _up_to_date(parts, action, journal, delivered, native)
        native = await read_target(parts, delivered.remote_id)
    proof = await prove_bytes(parts, native, delivered.digest)
    if proof is None:
        return await _wrong_bytes(parts, action, delivered, native)
    await still_wanted()
    filled = for_target(parts, action, filled_from(action, delivered.filled))
    await describe(parts, action, journal, native, filled=filled)
    folder = await _place(parts, action, journal, delivered, still_wanted)
    native = await read_target(parts, delivered.remote_id)
    await hold(parts, journal, {**action.fields, **filled}, action.cleared, native)
    embedded = delivered.embedded
    shown = canonical(parts, native)
    evidence = EMBEDDED if embedded else proof
    return End(
        outcome=Outcome.DONE,
        reason=Reason.of(Code.CREATED, folder=folder, evidence=evidence),
        target_id=delivered.remote_id,
        target_version=shown.version,
        digest=delivered.original,
        # What the target itself made of a field that waits is nobody's edit when the field comes to be written
        filled={**filled, **{name: shown.fields[name] for name in action.held if name in shown.fields}},
        evidence=evidence,
        proofs={
            **(proofs_of(delivered.digest, embedded["essence"], proof) if embedded else {}),
            **disagreeing(delivered.disagreements),
        },
        bytes_moved=delivered.digest.size,
        file_name=action.file_name,
        side_car=delivered.side_car,
        brought=delivered.brought,
    )


async def _up_to_date(
    parts: Parts, action: Action, journal: StepJournal, delivered: Delivered, native: NativeRecord
) -> Delivered:
    """What was delivered may say what an earlier try was to say: a copy that says the present fields takes its place."""
    wanted = all_wanted(parts, action, delivered.filled)
    if delivered.embedded.get("fields") == wanted_print(action, wanted):
        return delivered
    spooled, inside = await fetch_with_words(parts, action)
    it = await embedded_copy(parts, action, spooled, inside, wanted)
    await send_embedded(parts, action, journal, native, it, before={})
    return replace(delivered, digest=it.written, embedded=it.to_json())


async def _place(
    parts: Parts,
    action: Action,
    journal: StepJournal,
    delivered: Delivered,
    still_wanted: Callable[[], Awaitable[None]],
) -> str:
    """Out of the berth into its folder, which is named. What came straight stands there."""
    path = settled_folder(action.folder, delivered.filled)
    if delivered.berth is None:
        await no_second(parts.dock, action, journal, delivered.remote_id)
        return path
    if journal.outcome(Step.PLACE) is not None:
        return path
    folder = await final_folder(parts.dock, action, delivered.filled, make=True)
    await still_wanted()

    async def work() -> Mapping[str, object]:
        await parts.archive.place(delivered.remote_id, into=folder, out_of=delivered.berth, lane=parts.lane)
        return {"folder": folder}

    await journal.run(Step.PLACE, {"folder": path}, work)
    return path


async def _same_bytes(parts: Parts, action: Action, delivered: Delivered) -> End:
    native = await read_target(parts, delivered.remote_id)
    elsewhere = [it for it in native.containers if it.id != delivered.berth]
    if delivered.berth is not None and elsewhere:
        await parts.archive.place(delivered.remote_id, into=elsewhere[0].id, out_of=delivered.berth, lane=parts.lane)
    return End(
        outcome=Outcome.WAITING,
        reason=Reason.of(Code.SAME_BYTES_EXIST, existing=str(delivered.remote_id), name=native.name),
        waits_for="coordinator",
        stage=WorkStage.DONE,
        target_id=delivered.remote_id,
        target_version=canonical(parts, native).version,
        digest=delivered.original,
        observe_only=True,
    )


async def _wrong_bytes(parts: Parts, action: Action, delivered: Delivered, native: NativeRecord) -> End:
    if delivered.berth is not None:
        folder = await parts.archive.ensure_folder(parts.settings.quarantine, lane=parts.lane)
        await parts.archive.place(delivered.remote_id, into=folder, out_of=delivered.berth, lane=parts.lane)
    found = native.checksum.hexdigest if native.checksum else f"{native.size} bytes"
    return End(
        outcome=Outcome.QUARANTINED,
        reason=Reason.of(
            Code.BYTES_DIFFER, sent=delivered.digest.sha256, found=found, existing=str(delivered.remote_id)
        ),
        stage=WorkStage.DONE,
    )


def put_off(parts: Parts, row: ActionRow, error: Exception) -> End:
    """It is tried again later."""
    code = Code.UNCLEAR_OUTCOME if isinstance(error, Unclear) else Code.TRY_LATER
    return End(
        outcome=Outcome.WAITING,
        reason=Reason.of(code, text=str(error)),
        waits_for="system",
        stage=WorkStage.LEFT,
        retry_after=getattr(error, "after", None) or parts.settings.retry_after,
    )


def unseen(parts: Parts, error: NotSeenYet) -> End:
    """It waits for the target to show what was written."""
    return End(
        outcome=Outcome.WAITING,
        reason=error.reason,
        waits_for="system",
        stage=WorkStage.LEFT,
        retry_after=parts.settings.retry_after,
    )


def ended_by_error(action: Action, error: Exception) -> End:
    """What follows from an error after which nothing is tried again in this run."""
    match error:
        case MovedOn():
            return End(
                Outcome.WAITING, Reason.of(Code.MOVED_ON, text=str(error)), waits_for="next run", stage=WorkStage.LEFT
            )
        case ByItsOwnWord():
            left = by_its_own_word(error.word)
            return End(left.outcome, left.reason, waits_for=left.waits_for, stage=WorkStage.LEFT)
        case BrokenOriginal():
            code = Code.EMPTY_FILE if error.broken.empty else Code.BROKEN_FILE
            return End(Outcome.QUARANTINED, Reason.of(code, why=error.broken.why), stage=WorkStage.LEFT)
        case NotEmbedded():
            return End(Outcome.QUARANTINED, Reason.of(Code.NOT_EMBEDDED, why=error.why), stage=WorkStage.LEFT)
        case NotWritable():
            words = waiting_for(action.words or (), error.unknown)
            return End(
                Outcome.WAITING, error.reason, waits_for=error.waits_for, stage=WorkStage.LEFT, words=words or None
            )
        case WaitsForPeople():
            return End(Outcome.WAITING, error.reason, waits_for=error.waits_for, stage=WorkStage.LEFT)
        case NotAsWritten():
            return End(Outcome.QUARANTINED, error.reason, stage=WorkStage.LEFT)
        case Refused():
            reason = Reason.of(Code.REFUSED_BY_SYSTEM, text=str(error), said=error.code)
            return End(Outcome.QUARANTINED, reason, stage=WorkStage.LEFT)
    log.error("action.bug", action=action.id, traceback="".join(traceback.format_exception(error)))
    last = traceback.format_exception_only(error)[-1].strip()
    return End(Outcome.FAILED, Reason.of(Code.BUG, text=last[:300]), stage=WorkStage.LEFT)
