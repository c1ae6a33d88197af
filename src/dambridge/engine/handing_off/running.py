"""One run of flow handoff: what was cut off, what there is to see, what is approved into the archive, what follows from it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from dambridge.engine.accounting import account_for, ends_of_left
from dambridge.engine.batches import paused
from dambridge.engine.handing_off.attending import Attended, attend
from dambridge.engine.handing_off.disposing import dispose, unproven
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.handing_off.showing import show
from dambridge.engine.handing_off.telling import remind, tell
from dambridge.engine.running import RunResult, take_up_run
from dambridge.engine.taking_in.deciding import assemble, decide_sights
from dambridge.engine.taking_in.observing import Listing, look_around, remember_position
from dambridge.engine.taking_in.running import carry_plan
from dambridge.engine.together import for_each
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.identity import AssetKey, CommandId, RemoteId, RunId
from dambridge.model.lifecycle import Status
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import LeftItem, Plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.submissions import Submission
from dambridge.planning.handoff import stands
from dambridge.ports.errors import CannotGoOn, NextMove, Refused
from dambridge.ports.ledger import AuditEntry

PAGE = 200
log = structlog.get_logger()


async def run_handoff(parts: HandoffParts, *, command: CommandId | None, full: bool) -> RunResult:
    """Run the flow once, draining what there is. `full` looks at everything selected."""
    begun, calls_before = time.monotonic(), parts.calls()
    parts.progress.clear()
    earlier = await parts.ledger.unfinished_runs(parts.flow)
    started = await parts.clock.now()
    run = await parts.ledger.open_run(
        parts.flow, at=started, command=command, plan=None, configuration=parts.configuration
    )
    stopped: list[str] = []
    notes: list[Reason] = []
    try:
        for old in earlier:
            stopped += await take_up_run(parts, old.id, by=run)
        parts.progress.begin("looking")
        listing = await look_all_around(parts, full=full)
        notes += listing.notes
        parts.progress.begin("working", total=len(listing.ids))
        stopped += await _work_through(parts, run, listing, notes)
        if not stopped and not await paused(parts):
            await _follow_up(parts, run, since=started)
            notes += await remind(parts, run)
        if not stopped:
            await remember_position(parts, listing)
    except CannotGoOn as error:
        stopped.append(str(error))
    seconds = time.monotonic() - begun
    summary = await account_for(parts, run, seconds=seconds, calls_before=calls_before, notes=notes, stopped=stopped)
    counts = await parts.ledger.count_submissions(parts.flow)
    shoots: dict[str, dict[str, int]] = {}
    for (shoot, status), count in sorted(counts.items()):
        shoots.setdefault(shoot, {})[str(status)] = count
    summary["flows"][str(parts.flow)]["shoots"] = shoots
    state = "failed" if stopped else "ended"
    await parts.ledger.close_run(run, at=await parts.clock.now(), state=state, summary=summary)
    return RunResult(run, summary, stopped)


async def look_all_around(parts: HandoffParts, *, full: bool) -> Listing:
    """What intake would look at, and everything of which something follows that was not done yet."""
    listing = await look_around(parts, full=full)
    async for it in _unfinished(parts):
        listing.meet(it.key.remote_id)
    return listing


async def _unfinished(parts: HandoffParts) -> AsyncIterator[Submission]:
    """Page by page; one that is seen to meanwhile is met once."""
    after: AssetKey | None = None
    while page := await parts.ledger.unfinished(parts.flow, after=after, limit=PAGE):
        for it in page:
            yield it
        after = page[-1].key


async def attended(parts: HandoffParts, ids: Sequence[RemoteId], *, writes: bool = True) -> list[Attended]:
    """Every one of these files seen to up to its approval, as many at once as the settings allow."""
    keys = [AssetKey(parts.policy.source, it) for it in ids]
    known = await parts.ledger.submissions(parts.flow, keys)
    before = await parts.ledger.observations(parts.flow, keys)

    async def one(remote_id: RemoteId) -> Attended:
        key = AssetKey(parts.policy.source, remote_id)
        return await attend(parts, remote_id, known.get(key), before.get(key), writes=writes)

    return await for_each(ids, one, at_once=parts.settings.concurrency)


async def decide_attended(parts: HandoffParts, found: Sequence[Attended], *, changes_before: int, known: int) -> Plan:
    """The plan of what is approved: archived under the link of its turn, each bound to the bytes that were approved."""
    left = [item for it in found if (item := it.left()) is not None]
    approved = {it.key: it.submission for it in found if it.leave is None and it.submission is not None}
    sights = [it.sight for it in found if it.key in approved]
    actions, leaves = await decide_sights(parts, sights) if sights else ([], [])
    own: list[Action] = []
    for action in actions:
        submission = approved.get(action.source)
        if submission is None:
            continue
        if action.kind is ActionKind.CREATE:
            own.append(replace(action, link=submission.link, size=submission.digest.size))
        else:
            left.append(_archived_before(parts, action))
    left += [it for it in leaves if it.key in approved]
    return await assemble(parts, own, left, changes_before=changes_before, known=known)


def _archived_before(parts: HandoffParts, action: Action) -> LeftItem:
    reason = Reason.of(Code.ARCHIVED_BEFORE, link=action.link)
    leave = Leave(outcome=Outcome.WAITING, reason=reason, waits_for=parts.handoff.coordinator)
    return LeftItem(key=action.source, leave=leave, expects=None, file_name=action.file_name)


async def _work_through(parts: HandoffParts, run: RunId, listing: Listing, notes: list[Reason]) -> list[str]:
    changes = 0
    for serial, start in enumerate(range(0, len(listing.ids), parts.settings.tranche)):
        ids = listing.ids[start : start + parts.settings.tranche]
        found = await attended(parts, ids)
        await _known_already(parts, found)
        plan = await decide_attended(parts, found, changes_before=changes, known=len(listing.ids))
        changes += len(plan.actions)
        stopped = await carry_plan(parts, run, plan, serial=serial, notes=notes)
        if stopped:
            return stopped
    return []


async def _known_already(parts: HandoffParts, found: list[Attended]) -> None:
    """Approved files of which the archive holds exactly these bytes already, by the ledger's own proof: they are archived,
    and nothing is brought."""
    approved = {it.key: it.submission for it in found if it.leave is None and it.submission is not None}
    links = await parts.ledger.links_of(list(approved))
    agreed = await parts.ledger.agreed(list(links.values()))
    whole = await parts.ledger.links(list(links.values()))
    now = await parts.clock.now()
    for place, it in enumerate(found):
        link = links.get(it.key)
        known, submission = agreed.get(link) if link else None, approved.get(it.key)
        if link is None or submission is None or known is None or known.content is None:
            continue
        copied = link in whole and whole[link].copy(parts.target_copy) is not None
        if not copied or known.content.sha256 != submission.digest.sha256:
            continue
        done = replace(submission, status=Status.ARCHIVED, archived_at=now, why=None)
        detail = {"status": str(done.status), "turn": done.turn, "sha256": done.digest.sha256, "link": link}
        told = AuditEntry(
            at=now, actor=f"flow:{parts.flow}", event="submission.archived", subject=str(it.key), detail=detail
        )
        (written,) = await parts.ledger.put_submissions([done], [told])
        found[place] = replace(it, submission=written, leave=stands(written, parts.handoff, now))


async def _follow_up(parts: HandoffParts, run: RunId, *, since: datetime) -> None:
    """What follows from decisions: contributors hear of them, sources of what is archived are seen to. One that fails holds
    up no other; only `CannotGoOn` gets out. An item that this run archived keeps that for its end where all went well."""
    due = [it async for it in _unfinished(parts) if _due(it)]
    for start in range(0, len(due), PAGE):
        some = due[start : start + PAGE]
        ends = await for_each(some, lambda it: _followed_up(parts, it, since), at_once=parts.settings.concurrency)
        await ends_of_left(parts, run, [it for it in ends if it is not None])


def _due(submission: Submission) -> bool:
    """Whether something follows beside archiving."""
    return submission.status is not Status.APPROVED


async def _followed_up(parts: HandoffParts, submission: Submission, since: datetime) -> LeftItem | None:
    now = await parts.clock.now()
    try:
        shown, put_off = await _shown(parts, submission)
        if submission.status is Status.ARCHIVED:
            settled = shown.disposed_as is not None
            leave = stands(shown, parts.handoff, now) if settled else (await dispose(parts, shown)).leave
            if leave.outcome is Outcome.DONE and submission.archived_at is not None and submission.archived_at >= since:
                return None
        else:
            told = await tell(parts, shown)
            leave = stands(told, parts.handoff, now)
        if put_off is not None:
            leave = put_off
    except CannotGoOn:
        raise
    except NextMove as error:
        log.warning("submission.put_off", asset=str(submission.key), why=str(error))
        leave = _later(error)
    return LeftItem(key=submission.key, leave=leave, expects=submission.version, file_name=submission.file_name)


async def _shown(parts: HandoffParts, submission: Submission) -> tuple[Submission, Leave | None]:
    """The submission once its source shows it. What speaks against that holds up nothing else, and is looked at again."""
    try:
        if submission.status is Status.ARCHIVED and await unproven(parts, submission) is not None:
            return submission, None
        return await show(parts, submission), None
    except CannotGoOn:
        raise
    except Refused as error:
        log.warning("submission.put_off", asset=str(submission.key), why=str(error))
        reason = Reason.of(Code.REFUSED_BY_SYSTEM, text=str(error), said=error.code)
        return submission, Leave(outcome=Outcome.WAITING, reason=reason, waits_for=parts.handoff.coordinator)
    except NextMove as error:
        log.warning("submission.put_off", asset=str(submission.key), why=str(error))
        return submission, _later(error)


def _later(error: NextMove) -> Leave:
    return Leave(outcome=Outcome.WAITING, reason=Reason.of(Code.TRY_LATER, text=str(error)), waits_for="system")


async def preview_plan(parts: HandoffParts, *, full: bool) -> Plan:
    """The plan of what a run would archive now, stored; nothing is hashed, and nothing else written."""
    listing = await look_all_around(parts, full=full)
    found: list[Attended] = []
    for start in range(0, len(listing.ids), parts.settings.tranche):
        found += await attended(parts, listing.ids[start : start + parts.settings.tranche], writes=False)
    plan = await decide_attended(parts, found, changes_before=0, known=len(listing.ids))
    if listing.notes:
        plan = replace(plan, header=replace(plan.header, tripped=(*plan.header.tripped, *listing.notes)))
    await parts.ledger.save_plan(plan.id, parts.flow, at=await parts.clock.now(), lines=list(plan.lines()))
    return plan
