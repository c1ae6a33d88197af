"""Plans of a two-way flow as files: made by looking and deciding alone, carried out exactly or not at all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from dambridge.engine.by_link import carry_plan, hold_back
from dambridge.engine.fitting import Approval, refuse_unfit, still_to_do
from dambridge.engine.mirroring.acting import ORDER
from dambridge.engine.mirroring.assembling import assemble
from dambridge.engine.mirroring.deciding import Decide, Decided, capability_digest, decide_links, policy_digest
from dambridge.engine.mirroring.looking import look_around, tranches
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.mirroring.running import close_run, count_links, faces_of
from dambridge.engine.running import RunResult
from dambridge.model.actions import Action
from dambridge.model.identity import Link, LinkId, RunId
from dambridge.model.plans import Plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Present
from dambridge.ports.errors import CannotGoOn, MovedOn
from dambridge.ports.ledger import AuditEntry

PREVIEW = RunId("preview")
"""Under which a preview's sweep notes what it met; it is no run."""


async def preview(parts: MirrorParts, *, full: bool, decide: Decide | None = None) -> Plan:
    """Look and decide over everything that a run would see now; write nothing outside, and nothing here but the plan and
    what of the past turned out."""
    found = await look_around(parts, PREVIEW, full=full)
    whole = Decided()
    async for ids in tranches(parts, found):
        whole.add(
            await (
                decide(ids, found.unproven) if decide is not None else decide_links(parts, ids, unproven=found.unproven)
            )
        )
    await parts.ledger.forget_sights(PREVIEW)
    known = max(len(whole.links), await count_links(parts) if found.swept else 0)
    plan = await assemble(parts, whole, before=Counter(), known=known)
    if found.notes:
        plan = replace(plan, header=replace(plan.header, tripped=(*plan.header.tripped, *found.notes)))
    await parts.ledger.save_plan(plan.id, parts.flow, at=await parts.clock.now(), lines=list(plan.lines()))
    return plan


async def apply(parts: MirrorParts, plan: Plan, approval: Approval) -> RunResult:
    """Carry out exactly this plan. Raises `Refused` or `MovedOn` before anything is done when it does not fit the world.

    `pilot` stops after so many links; `wave` works in waves of so many and can be paused between them. What an earlier
    apply of the same plan did is not done again."""
    begun, calls_before = time.monotonic(), parts.calls()
    parts.progress.clear()
    await _fits(parts, plan, approval)
    todo = await still_to_do(parts, plan.actions)
    known = await parts.ledger.links(sorted({it.link for it in plan.actions}))
    links = {it: parts.mine(link) for it, link in known.items()}
    await _nothing_moved(parts, plan, todo, links)
    now = await parts.clock.now()
    run = await parts.ledger.open_run(
        parts.flow, at=now, command=approval.command, plan=plan.id, configuration=parts.configuration
    )
    detail = {"run": run, "pilot": approval.pilot}
    await parts.ledger.audit(
        [AuditEntry(at=now, actor=approval.by, event="plan.approved", subject=plan.id, detail=detail)]
    )
    parts.progress.begin("working", total=len({it.link for it in todo}) + len(plan.left))
    stopped: list[str] = []
    notes: list[Reason] = []
    try:
        stopped = await _in_waves(parts, run, plan, todo, links, approval=approval, notes=notes)
    except CannotGoOn as error:
        stopped.append(str(error))
    whole = not await still_to_do(parts, plan.actions)
    await parts.ledger.mark_plan(plan.id, state="applied" if whole else "made", approved_by=approval.by)
    seconds = time.monotonic() - begun
    return await close_run(parts, run, seconds=seconds, calls_before=calls_before, notes=notes, stopped=stopped)


async def _in_waves(
    parts: MirrorParts,
    run: RunId,
    plan: Plan,
    todo: Sequence[Action],
    links: dict[LinkId, Link],
    *,
    approval: Approval,
    notes: list[Reason],
) -> list[str]:
    """Whole links at a time: an agreement and what follows from it belong together."""
    order = sorted({it.link for it in todo})
    chosen = order[: approval.pilot] if approval.pilot else order
    size = approval.wave or len(chosen) or 1
    header = replace(plan.header, tripped=())
    faces = faces_of(parts, links)
    left = plan.left
    for serial, start in enumerate(range(0, len(chosen) or 1, size)):
        own = set(chosen[start : start + size])
        piece = Plan(header=header, actions=tuple(it for it in todo if it.link in own), left=left)
        left = ()
        stopped = await carry_plan(parts, run, piece, faces, order=ORDER, serial=serial, notes=notes)
        if stopped:
            return stopped
    rest = [faces[it] for it in order[len(chosen) :]]
    await hold_back(parts, run, rest, Reason.of(Code.NOT_IN_WAVE, plan=plan.id))
    return []


async def _fits(parts: MirrorParts, plan: Plan, approval: Approval) -> None:
    policy, capabilities = policy_digest(parts), capability_digest(parts)
    await refuse_unfit(parts, plan, approval, policy=policy, capabilities=capabilities)


async def _nothing_moved(parts: MirrorParts, plan: Plan, todo: Sequence[Action], links: dict[LinkId, Link]) -> None:
    """Read every copy that the open actions expect something of, and what the ledger says of their links by now. Raises
    `MovedOn` for the whole plan if anything is not what it was when the plan was made (hazard P47)."""
    open_now = {it.id for it in todo}
    begun = {it.link for it in plan.actions if it.id not in open_now}
    fresh = [it for it in todo if it.link not in begun]  # what an earlier apply moved was meant
    seen = await read_copies(parts, [copy.key for it in fresh for copy in links[it.link].copies])
    moved: set[LinkId] = set()
    for action in fresh:
        link = links[action.link]
        now = {str(it.id): seen[it.key] for it in link.copies}
        found = {place: it.record.version for place, it in now.items() if isinstance(it, Present)}
        if found != dict(action.expects):
            moved.add(action.link)
    moved |= await _agreed_otherwise(parts, fresh)
    if moved:
        count = len({it.link for it in todo})
        raise MovedOn(
            f"{len(moved)} of {count} links moved since plan {plan.id} was made; nothing was done. Plan again."
        )


async def _agreed_otherwise(parts: MirrorParts, actions: Sequence[Action]) -> set[LinkId]:
    """Links of which an accord or an entry of the inbox was written since."""
    ids = sorted({it.link for it in actions})
    accords, entries = await parts.ledger.accords(ids), await parts.ledger.conflicts_of(ids)
    moved: set[LinkId] = set()
    for action in actions:
        known = {it.group: it.revision for it in accords.get(action.link, {}).values()}
        inbox = {it.id: it.revision for it in entries.get(action.link, {}).values()}
        if any(known.get(it.group, 0) != it.revision for it in action.accords):
            moved.add(action.link)
        if any(inbox.get(it.id, 0) != it.revision for it in action.conflicts):
            moved.add(action.link)
    return moved
