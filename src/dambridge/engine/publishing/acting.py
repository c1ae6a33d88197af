"""The actions of one link from beginning to end, in their order; what follows from each error; one end for the item."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace

import structlog

from dambridge.engine.by_link import in_order
from dambridge.engine.delivery.describing import NotWritable
from dambridge.engine.delivery.fetching import BrokenOriginal
from dambridge.engine.ended import Ended, worse
from dambridge.engine.publishing.correcting import correct
from dambridge.engine.publishing.ending import End, done, moved_on, settlement_of, unchanged, waits
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.replacing import bring_version, swap, update_fields
from dambridge.engine.publishing.showing import Shut, ask_again, put_off, show, was_begun
from dambridge.engine.publishing.staging import is_under_way, on_record, out_name, stage
from dambridge.engine.publishing.tasks import Task, task_of, turned
from dambridge.engine.publishing.withdrawing import leave_former, withdraw
from dambridge.engine.steps import StepJournal
from dambridge.engine.trying import tried
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import AssetKey, Copy, Link
from dambridge.model.outcomes import Outcome
from dambridge.model.publications import Outside, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import fields_to_json
from dambridge.ports.errors import MovedOn, Refused, Unclear
from dambridge.ports.files import NotEmbedded
from dambridge.ports.ledger import ActionRow, Observation, WorkStage
from dambridge.ports.outgoing import NotRendered

log = structlog.get_logger()
ORDER = (
    ActionKind.WITHDRAW,
    ActionKind.CORRECT,
    ActionKind.NOTE,
    ActionKind.STAGE,
    ActionKind.REPLACE,
    ActionKind.UPDATE_FIELDS,
    ActionKind.SHOW,
    ActionKind.PUBLISH,
)
"""What takes something out of sight comes first."""
BRINGS = frozenset({ActionKind.STAGE, ActionKind.PUBLISH, ActionKind.REPLACE})


async def carry_out(parts: PublishParts, face: AssetKey, rows: Sequence[ActionRow], looked: Observation | None) -> None:
    """Do these open actions of one link. `looked` is what is on record of its item. Only `CannotGoOn` gets out, and then
    nothing was settled of the action that raised it."""
    item: Ended | None = None
    if looked is not None and rows and looked.run == rows[0].run:
        item = Ended.of(looked)
    for row in in_order(rows, ORDER):
        end = await _tried(parts, row)
        end = await _settled(parts, face, row, end, item=item, looked=looked)
        item = worse(item, end.ended)
        await parts.spool.drop(row.action.id)
        await parts.spool.drop(out_name(row.action))
    if item is not None:
        parts.progress.end_item(item.outcome, item.bytes_moved)


async def _settled(
    parts: PublishParts, face: AssetKey, row: ActionRow, end: End, *, item: Ended | None, looked: Observation | None
) -> End:
    """Write the end. Where another writer changed the publication meanwhile nothing of it holds: it is planned again."""
    now = await parts.clock.now()
    whole = worse(item, end.ended)
    try:
        await parts.ledger.settle(settlement_of(parts, row, end, face=face, item=whole, looked=looked, now=now))
    except MovedOn as error:
        log.info("action.moved_on", action=row.action.id, why=str(error))
        end = moved_on(str(error))
        whole = worse(item, end.ended)
        await parts.ledger.settle(settlement_of(parts, row, end, face=face, item=whole, looked=looked, now=now))
    await parts.note_outside(Outside(source=row.action.source, publication=it) for it in end.publications)
    return end


async def _tried(parts: PublishParts, row: ActionRow) -> End:
    async def ended_by(error: Exception) -> End:
        return _ended_by(row.action, error)

    return await tried(
        parts,
        row.action.id,
        lambda attempt: _once(parts, row, attempt),
        put_off=lambda error: _put_off(parts, error),
        ended_by=ended_by,
    )


async def _once(parts: PublishParts, row: ActionRow, attempt: int) -> End:
    journal = await StepJournal.of(parts, row, attempt)
    task = await task_of(parts, row.action)
    try:
        return await _by_kind(task, journal)
    except Shut as shut:
        return put_off(shut)


async def _by_kind(task: Task, journal: StepJournal) -> End:
    match task.action.kind:
        case ActionKind.WITHDRAW:
            return await withdraw(task, journal)
        case ActionKind.CORRECT:
            return await correct(task, journal)
        case ActionKind.NOTE:
            return _note(task)
        case ActionKind.UPDATE_FIELDS:
            return await update_fields(task, journal)
        case ActionKind.SHOW:
            return await _show(task, journal)
        case kind if kind in BRINGS:
            return await _bring(task, journal)
        case _:
            raise ValueError(f"a flow that publishes knows no action {task.action.kind}")


def _note(task: Task) -> End:
    known, wanted = task.known(), task.outward
    if (known.until, known.kit) == (wanted.until, wanted.kit):
        return unchanged()
    return done(task.action.reasons[0], replace(known, until=wanted.until, kit=wanted.kit))


async def _show(task: Task, journal: StepJournal) -> End:
    """A file that stands there already, with what changed of its fields meanwhile written before anybody sees it."""
    if (task.action.fields or task.action.cleared) and task.known().stage is not Stage.VISIBLE:
        end = await update_fields(task, journal)
        (task,) = [await task.put(it) for it in end.publications] or [task]
    task = await show(task, journal)
    return done(task.action.reasons[0], turned(task.known(), Stage.VISIBLE, await task.now()))


async def _bring(task: Task, journal: StepJournal) -> End:
    """Stage and show, or replace; the master read first, and linked so that what goes out can be found from it."""
    await _linked(task)
    task = await on_record(task, journal)
    master, _ = await ask_again(task, shows=False)  # asked anew before it is shown
    task = await _without_older(task, journal)
    if task.action.kind is ActionKind.REPLACE:
        return await (bring_version if task.outward.in_place else swap)(task, journal, master)
    task = await stage(task, journal, master)
    size = master.size or 0
    if task.action.kind is ActionKind.STAGE:
        task = await leave_former(task, journal)
        return done(
            task.action.reasons[0], turned(task.known(), task.known().stage, await task.now()), bytes_moved=size
        )
    try:
        task = await show(task, journal)
    except Shut as shut:
        return await _stands_ready(task, journal, shut)
    task = await leave_former(task, journal)
    it = turned(task.known(), Stage.VISIBLE, await task.now())
    return done(task.action.reasons[0], it, bytes_moved=size, to=fields_to_json(it.fields), sha256=it.sha256)


async def _stands_ready(task: Task, journal: StepJournal, shut: Shut) -> End:
    """The next turn begins from there. What may be in its gallery already is no more than put off, and gone on with."""
    known = task.known()
    if known.former is None and was_begun(task, journal):
        return put_off(shut)
    stage = known.stage if known.former is not None else Stage.STAGED
    ready = turned(known, stage, await task.now())
    return replace(waits(shut.reason, shut.waits_for, ready), stage=WorkStage.DONE)


async def _without_older(task: Task, journal: StepJournal) -> Task:
    """A file whose place was to be taken by one that another file takes the place of by now: it goes first."""
    known = task.publication
    if known is None or known.former is None or (is_under_way(task) and known.master in {"", task.outward.master}):
        return task
    return await leave_former(task, journal)


async def _linked(task: Task) -> None:
    """Have a link that leads from what stands outside to its master."""
    action, ledger = task.action, task.parts.ledger
    if not await ledger.links([action.link]):
        record = Copy(task.parts.policy.source_copy, action.source.remote_id)
        await ledger.put_links([Link(action.link, task.parts.flow, (record,))], {})


def _put_off(parts: PublishParts, error: Exception) -> End:
    code = Code.UNCLEAR_OUTCOME if isinstance(error, Unclear) else Code.TRY_LATER
    after = getattr(error, "after", None) or parts.settings.retry_after
    return replace(waits(Reason.of(code, text=str(error)), "system"), retry_after=after)


def _ended_by(action: Action, error: Exception) -> End:
    match error:
        case MovedOn():
            return moved_on(str(error))
        case BrokenOriginal():
            return _quarantined(
                Reason.of(Code.EMPTY_FILE if error.broken.empty else Code.BROKEN_FILE, why=error.broken.why)
            )
        case NotEmbedded() | NotRendered():
            return waits(Reason.of(Code.NOT_EMBEDDED, why=error.why), "coordinator")
        case NotWritable():
            return waits(error.reason, error.waits_for)
        case Refused():
            return _quarantined(Reason.of(Code.REFUSED_BY_SYSTEM, text=str(error), said=error.code))
    log.error("action.bug", action=action.id, traceback="".join(traceback.format_exception(error)))
    last = traceback.format_exception_only(error)[-1].strip()
    return End(ended=Ended(Outcome.FAILED, Reason.of(Code.BUG, text=last[:300])), stage=WorkStage.LEFT)


def _quarantined(reason: Reason) -> End:
    return End(ended=Ended(Outcome.QUARANTINED, reason), stage=WorkStage.LEFT)
