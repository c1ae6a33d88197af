"""The actions of one link from beginning to end, in their order; what follows from each error; one end for the item."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from dambridge.engine.by_link import in_order
from dambridge.engine.delivery.describing import NotWritable
from dambridge.engine.ended import Ended, worse
from dambridge.engine.mirroring.agreeing import agree, let_go
from dambridge.engine.mirroring.bringing import bring_version
from dambridge.engine.mirroring.deleting import delete, may_not
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.retiring import retire
from dambridge.engine.mirroring.settling import End, face_of, settlement_of
from dambridge.engine.mirroring.sighting import met_told, noting_looks
from dambridge.engine.mirroring.writing import update_copy
from dambridge.engine.steps import StepJournal
from dambridge.engine.trying import tried
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import Link
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.ports.errors import MovedOn, Refused, Unclear
from dambridge.ports.ledger import ActionRow, Observation, WorkStage

log = structlog.get_logger()
ORDER = (
    ActionKind.AGREE,
    ActionKind.LET_GO,
    ActionKind.UPDATE_FIELDS,
    ActionKind.ADD_VERSION,
    ActionKind.RETIRE,
    ActionKind.DELETE,
)
"""First what is agreed is written down, then it is carried to the copies; what takes something out of sight comes last."""


async def carry_out(parts: MirrorParts, link: Link, rows: Sequence[ActionRow], looked: Observation | None) -> None:
    """Do these open actions of one link. `looked` is what is on record of the link's item: from the look at it, or from
    actions of this run that ended before a crash. Only `CannotGoOn` gets out, and then nothing was settled of the action
    that raised it."""
    item: Ended | None = None
    if looked is not None and rows and looked.run == rows[0].run:
        item = Ended(looked.outcome, looked.reason, looked.waits_for)
    held: Ended | None = None
    for row in in_order(rows, ORDER):
        end = End(ended=held, stage=WorkStage.LEFT) if held is not None else await _noted(parts, link, row)
        end = await _settled(parts, link, row, end, item=item, looked=looked)
        item = worse(item, end.ended)
        if row.action.kind is ActionKind.AGREE and end.stage is not WorkStage.DONE:
            held = end.ended  # nothing may be written that was not agreed on
        await parts.spool.drop(row.action.id)
    if item is not None:
        parts.progress.end_item(item.outcome, item.bytes_moved)


async def _settled(
    parts: MirrorParts, link: Link, row: ActionRow, end: End, *, item: Ended | None, looked: Observation | None
) -> End:
    """Write the end. Where another writer changed an accord or an entry meanwhile, nothing of it holds: it is planned again."""
    now = await parts.clock.now()
    face = face_of(parts, link)
    for last in (False, True):
        whole = worse(item, end.ended)
        try:
            await parts.ledger.settle(settlement_of(parts, row, end, face=face, item=whole, looked=looked, now=now))
        except MovedOn as error:
            if last:
                raise
            log.info("action.moved_on", action=row.action.id, why=str(error))
            end = replace(_moved_on(error), audit=_met_in(end))
        else:
            break
    return end


async def _noted(parts: MirrorParts, link: Link, row: ActionRow) -> End:
    """The action tried, and what was met on the way of other people's put on record with its end."""
    with noting_looks() as looks:
        end = await _tried(parts, link, row)
    met = met_told(parts, link, row.action, looks)
    return replace(end, audit={**end.audit, **met}) if met else end


async def _tried(parts: MirrorParts, link: Link, row: ActionRow) -> End:
    async def ended_by(error: Exception) -> End:
        return _ended_by(row.action, error)

    return await tried(
        parts,
        row.action.id,
        lambda attempt: _once(parts, link, row, attempt),
        put_off=lambda error: _put_off(parts, error),
        ended_by=ended_by,
    )


async def _once(parts: MirrorParts, link: Link, row: ActionRow, attempt: int) -> End:
    action, journal = row.action, await StepJournal.of(parts, row, attempt)
    match action.kind:
        case ActionKind.AGREE:
            return await agree(parts, action)
        case ActionKind.LET_GO:
            return await let_go(parts, link, action)
        case ActionKind.UPDATE_FIELDS:
            return await update_copy(parts, action, journal)
        case ActionKind.ADD_VERSION:
            return await bring_version(parts, action, journal)
        case ActionKind.RETIRE:
            return await may_not(parts, link, action) or await retire(parts, link, action, journal)
        case ActionKind.DELETE:
            return await may_not(parts, link, action) or await delete(parts, link, action, journal)
        case _:
            raise ValueError(f"a flow that keeps fields in step knows no action {action.kind}")


def _met_in(end: End) -> dict[str, Any]:
    return {name: it for name, it in end.audit.items() if name == "met"}


def _put_off(parts: MirrorParts, error: Exception) -> End:
    code = Code.UNCLEAR_OUTCOME if isinstance(error, Unclear) else Code.TRY_LATER
    after = getattr(error, "after", None) or parts.settings.retry_after
    ended = Ended(Outcome.WAITING, Reason.of(code, text=str(error)), waits_for="system")
    return End(ended=ended, stage=WorkStage.LEFT, retry_after=after)


def _moved_on(error: Exception) -> End:
    ended = Ended(Outcome.WAITING, Reason.of(Code.MOVED_ON, text=str(error)), waits_for="next run")
    return End(ended=ended, stage=WorkStage.LEFT)


def _ended_by(action: Action, error: Exception) -> End:
    match error:
        case MovedOn():
            return _moved_on(error)
        case NotWritable():
            waits_for = "librarian" if error.reason.code is Code.UNKNOWN_TERM else "administrator"
            return End(ended=Ended(Outcome.WAITING, error.reason, waits_for=waits_for), stage=WorkStage.LEFT)
        case Refused():
            reason = Reason.of(Code.REFUSED_BY_SYSTEM, text=str(error), said=error.code)
            return End(ended=Ended(Outcome.QUARANTINED, reason), stage=WorkStage.LEFT)
    log.error("action.bug", action=action.id, traceback="".join(traceback.format_exception(error)))
    last = traceback.format_exception_only(error)[-1].strip()
    return End(ended=Ended(Outcome.FAILED, Reason.of(Code.BUG, text=last[:300])), stage=WorkStage.LEFT)
