"""Plans as files: made by looking and deciding alone, carried out exactly or not at all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from dambridge.engine.by_link import carry_plan, hold_back
from dambridge.engine.fitting import Approval, refuse_unfit, still_to_do
from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.publishing.acting import ORDER
from dambridge.engine.publishing.deciding import Decided, capability_digest, decide_masters, policy_digest
from dambridge.engine.publishing.due import set_next
from dambridge.engine.publishing.looking import look_around
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.running import Tally, assemble, close_run, keeping_time
from dambridge.engine.running import RunResult
from dambridge.model.actions import Action
from dambridge.model.identity import AssetKey, LinkId, RunId
from dambridge.model.plans import Plan
from dambridge.model.reasons import Code, Reason
from dambridge.planning.moved import moved_copies
from dambridge.ports.errors import CannotGoOn, MovedOn
from dambridge.ports.ledger import AuditEntry

WAVES = 1000
"""Where the numbers of waves begin: those before are of what an instant asked for meanwhile."""


async def preview(parts: PublishParts, *, full: bool) -> Plan:
    """Look and decide over everything that a run would see now; write nothing but the plan itself."""
    found = await look_around(parts, full=full)
    whole = Decided()
    met = list(found.met)
    for start in range(0, len(met), parts.settings.tranche):
        keys = met[start : start + parts.settings.tranche]
        whole.add(await decide_masters(parts, keys, closely=found.closely, unproven=found.unproven))
    plan = await assemble(parts, whole, Tally(), known=len(met))
    if found.notes:
        plan = replace(plan, header=replace(plan.header, tripped=(*plan.header.tripped, *found.notes)))
    await parts.ledger.save_plan(plan.id, parts.flow, at=await parts.clock.now(), lines=list(plan.lines()))
    return plan


async def apply(parts: PublishParts, plan: Plan, approval: Approval) -> RunResult:
    """Carry out exactly this plan. Raises `Refused` or `MovedOn` before anything is done when it does not fit the world.

    A pilot stops after so many masters; waves can be paused between them. What an earlier apply of the same plan did is not
    done again."""
    begun, calls_before = time.monotonic(), parts.calls()
    parts.progress.clear()
    policy, capabilities = policy_digest(parts), capability_digest(parts)
    await refuse_unfit(parts, plan, approval, policy=policy, capabilities=capabilities)
    todo = await still_to_do(parts, plan.actions)
    await _nothing_moved(parts, plan, todo)
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
        async with keeping_time(parts, run, Tally()):
            stopped = await _in_waves(parts, run, plan, todo, approval=approval, notes=notes)
    except CannotGoOn as error:
        stopped.append(str(error))
    whole = not await still_to_do(parts, plan.actions)
    await parts.ledger.mark_plan(plan.id, state="applied" if whole else "made", approved_by=approval.by)
    await set_next(parts)
    seconds = time.monotonic() - begun
    return await close_run(parts, run, seconds=seconds, calls_before=calls_before, notes=notes, stopped=stopped)


async def _in_waves(
    parts: PublishParts, run: RunId, plan: Plan, todo: Sequence[Action], *, approval: Approval, notes: list[Reason]
) -> list[str]:
    """Whole masters at a time."""
    faces: dict[LinkId, AssetKey] = {it.link: it.source for it in plan.actions}
    order = sorted({it.link for it in todo})
    chosen = order[: approval.pilot] if approval.pilot else order
    size = approval.wave or len(chosen) or 1
    header, left = replace(plan.header, tripped=()), plan.left
    for serial, start in enumerate(range(0, len(chosen) or 1, size)):
        own = set(chosen[start : start + size])
        piece = Plan(header=header, actions=tuple(it for it in todo if it.link in own), left=left)
        left = ()
        stopped = await carry_plan(parts, run, piece, faces, order=ORDER, serial=WAVES + serial, notes=notes)
        if stopped:
            return stopped
    rest = [faces[it] for it in order[len(chosen) :]]
    await hold_back(parts, run, rest, Reason.of(Code.NOT_IN_WAVE, plan=plan.id))
    return []


async def _nothing_moved(parts: PublishParts, plan: Plan, todo: Sequence[Action]) -> None:
    """Read every master that the open actions expect something of, and what the ledger says of its publications. Raises
    `MovedOn` for the whole plan if anything is not what it was. What stands outside each action looks at itself."""
    place = str(parts.policy.source_copy)
    expecting = [replace(it, expects={place: it.expects[place]}) for it in todo if place in it.expects]
    seen = await read_copies(parts, {it.source for it in expecting})
    known = await parts.ledger.publications(sorted({it.link for it in todo}))
    moved = {link for link, _ in moved_copies(expecting, seen)}
    for it in todo:
        publication = known.get(it.link, {}).get(it.target)
        turn = publication.turn if publication is not None else 0
        if it.outward is not None and turn != it.outward.turn:
            moved.add(it.link)
    if moved:
        count = len({it.link for it in todo})
        raise MovedOn(
            f"{len(moved)} of {count} masters moved since plan {plan.id} was made; nothing was done. Plan again."
        )
